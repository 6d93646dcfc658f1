// Makes what was written outlast a power cut. Throws the file system's errors.
import { open } from 'node:fs/promises'

/** Flushes a file that somebody else wrote. */
export const syncFile = async (path: string): Promise<void> => {
  const handle = await open(path, 'r+')
  await handle.sync().finally(() => handle.close())
}

/** Makes a rename last: on Linux and macOS the folder itself has to be synced; elsewhere there is nothing to do. */
export const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}
