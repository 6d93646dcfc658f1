// The bridge between the sandboxed window and the app: one file, and the only names the window is given.
import { contextBridge } from 'electron'

contextBridge.exposeInMainWorld('stemma', { platform: process.platform })
