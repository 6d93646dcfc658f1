// Notes played by another instrument, heard before they are in the remix.
export { type NotesOrder, type NotesPlan, planNote, planNotes } from './notes-plan.ts'
