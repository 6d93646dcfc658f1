import './export.css'

export { ExportSheet } from './export-sheet.tsx'
