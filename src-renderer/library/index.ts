import './library.css'

export { LibraryHome } from './library-home.tsx'
export { LibraryPanel } from './library-panel.tsx'
