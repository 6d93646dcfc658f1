// Tells whether a plugin's files are still those that were read: names, sizes and times; reading contents would take longer than asking the plugin.
import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const MAX_DEPTH = 6
const MAX_FILES = 5_000

/** A short text that changes with every file of a binary or bundle. Throws the file system's error where it is gone. */
export const stampOf = (path: string): string => {
  const hash = createHash('sha256')
  let files = 0
  const look = (one: string, name: string, depth: number): void => {
    const entry = depth === 0 ? statSync(one) : statSync(one, { throwIfNoEntry: false })
    if (!entry || files++ >= MAX_FILES) return
    if (!entry.isDirectory()) {
      hash.update(`${name}\0${entry.size}\0${Math.round(entry.mtimeMs)}\n`)
      return
    }
    // A folder's own time says nothing that its files do not, and some plugins write into their bundle.
    if (depth < MAX_DEPTH) for (const child of readdirSync(one).sort()) look(join(one, child), `${name}/${child}`, depth + 1)
  }
  look(path, '', 0)
  return hash.digest('hex').slice(0, 32)
}
