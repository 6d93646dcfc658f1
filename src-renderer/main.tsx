// Entry of the window.
import './theme/index.ts'
import { createRoot } from 'react-dom/client'
import { App, start } from './app/index.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
start()
createRoot(root).render(<App />)
