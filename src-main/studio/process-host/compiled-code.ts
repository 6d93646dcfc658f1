// Keeps compiled JavaScript on disk: parsing and compiling is a good part of a short command. Only where the runtime can (Node 22 and later).
import { existsSync } from 'node:fs'
import * as module from 'node:module'
import { join } from 'node:path'

/** Newer than the oldest runtime the app has to run on. */
const { enableCompileCache, flushCompileCache } = module as {
  readonly enableCompileCache?: (dir: string) => unknown
  readonly flushCompileCache?: () => void
}

/**
 * Keeps compiled code of this process and its children in a home folder that is there already: it is the user's own, and code from a folder that others
 * can write to must not be run. Bundled programs only.
 */
export const keepCompiledCode = (homeDir: string): void => {
  if (!enableCompileCache || !import.meta.filename.endsWith('.js') || process.env.NODE_COMPILE_CACHE || !existsSync(homeDir)) return
  const dir = join(homeDir, 'code')
  enableCompileCache(dir)
  process.env.NODE_COMPILE_CACHE = dir
}

const CHILD_FLUSH_MS = 1_000

/** Saves what a child has compiled: it is ended from outside, too late to do so itself. */
export const saveCompiledCode = (): void => {
  if (process.env.NODE_COMPILE_CACHE) setTimeout(() => flushCompileCache?.(), CHILD_FLUSH_MS).unref()
}
