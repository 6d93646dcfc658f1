// Replaces a file so that a crash at any moment leaves the old one or the new one, whole.
import { randomBytes } from 'node:crypto'
import { open, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Makes a rename last: on Linux and macOS the folder itself has to be synced; elsewhere there is nothing to do. */
export const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Where a path really is, so that saving through a link keeps the link; the path itself if nothing is there yet. */
export const realTarget = async (path: string): Promise<string> => {
  try {
    return await realpath(path)
  } catch {
    return path
  }
}

/**
 * Writes to a temporary file in the same folder, syncs it, runs `beforeRename`, renames and syncs the folder. Throws the file system's
 * error after removing what it wrote; the old file is then untouched.
 */
export const writeAtomically = async (path: string, text: string, beforeRename?: () => Promise<void>): Promise<void> => {
  const part = join(dirname(path), `.${basename(path)}.part-${randomBytes(6).toString('hex')}`)
  try {
    const handle = await open(part, 'wx', 0o644)
    try {
      await handle.writeFile(text, 'utf8')
      await handle.sync()
    } finally {
      await handle.close()
    }
    await beforeRename?.()
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}
