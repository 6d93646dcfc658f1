// Plugins in the window: choosing, editing, managing.
import './plugins.css'
export { DevicePicker } from './device-picker.tsx'
export { PluginEditor, PluginSheet } from './plugin-editor.tsx'
export { usePluginState } from './plugin-status.tsx'
export { PluginsSheet } from './plugins-sheet.tsx'
export { isPlugin } from './values.ts'
