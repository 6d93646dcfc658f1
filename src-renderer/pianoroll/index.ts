export { RevoiceSheet } from './revoice-sheet.tsx'
export { openRevoice, playStemAgain } from './revoice-store.ts'
export { notesListening } from './revoice-audition.ts'
