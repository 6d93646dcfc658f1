// Tells whether the program that began an export is still running. Each program holds an exclusive SQLite lock on a file of its own; the operating
// system drops it when the program dies, however it dies, so no process ids have to be compared.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

export interface SessionLock {
  readonly id: string
  release(): void
}

const pathOf = (dir: string, id: string): string => join(dir, `${id}.lock`)

const removeFiles = (path: string): void => {
  for (const suffix of ['', '-journal']) rmSync(path + suffix, { force: true })
}

/** Takes the lock of a new session. `id` must be a plain file name. */
export const holdSession = (dir: string, id: string): SessionLock => {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const path = pathOf(dir, id)
  const db = new Database(path)
  db.pragma('journal_mode = MEMORY')
  db.exec('BEGIN EXCLUSIVE')
  return {
    id,
    release: () => {
      db.close()
      removeFiles(path)
    },
  }
}

/** Whether the program that holds a session is still there. Cleans up after one that is not. */
export const isSessionAlive = (dir: string, id: string): boolean => {
  if (!/^[\w-]+$/.test(id)) return false
  const path = pathOf(dir, id)
  let db: Database.Database
  try {
    db = new Database(path, { fileMustExist: true, timeout: 0 })
  } catch {
    return false
  }
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    return (error as { code?: string }).code === 'SQLITE_BUSY'
  } finally {
    db.close()
  }
  removeFiles(path)
  return false
}
