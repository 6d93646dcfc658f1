// Replaces a file so that a crash at any moment leaves the old one or the new one, whole.
import { randomBytes } from 'node:crypto'
import { open, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncFolder } from './sync.ts'

export interface AtomicWriteOptions {
  /** Permissions of the file; 0o600 for secrets. */
  readonly mode?: number
  /** Runs when the new file is whole and on disk, before it takes the name. */
  readonly beforeRename?: () => Promise<void>
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
export const writeAtomically = async (
  path: string,
  text: string,
  { mode = 0o644, beforeRename }: AtomicWriteOptions = {},
): Promise<void> => {
  const part = join(dirname(path), `.${basename(path)}.part-${randomBytes(6).toString('hex')}`)
  try {
    const handle = await open(part, 'wx', mode)
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
