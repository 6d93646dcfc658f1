import './app.css'

export { App } from './app.tsx'
export { start } from './start.ts'
