export { showStyles, startStyles, stylesStore, useStyles } from './styles-store.ts'
export { StylesPanel } from './styles-panel.tsx'
