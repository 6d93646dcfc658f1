import './export.css'

export { ExportSheet } from './export-sheet.tsx'
export { LOUDNESS_TARGETS } from './loudness-targets.ts'
