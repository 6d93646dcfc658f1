// Private folders of processes that may be killed at any moment: named by their owner, so that whoever starts next can tell what is left over.
import { lstatSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Process that a name belongs to; null for names that nobody here gave. */
const ownerOf = (name: string, prefix: string): number | null => {
  const owner = name.startsWith(prefix) ? /^([1-9]\d{0,9})-/.exec(name.slice(prefix.length))?.[1] : undefined
  return owner === undefined ? null : Number(owner)
}

const swept = new Set<string>()

/** Removes what is named `prefix`, a process of this user that has ended, and a dash. Once in each process; never throws. */
export const sweepLeft = (folder: string, prefix: string): void => {
  if (swept.has(`${folder}\n${prefix}`)) return
  swept.add(`${folder}\n${prefix}`)
  let names: string[] = []
  try {
    names = readdirSync(folder)
  } catch {
    // A system without such a folder.
  }
  for (const name of names) {
    const owner = ownerOf(name, prefix)
    if (owner === null || isAlive(owner)) continue
    try {
      const path = join(folder, name)
      if (lstatSync(path).uid === (process.getuid?.() ?? lstatSync(path).uid)) rmSync(path, { recursive: true, force: true })
    } catch {
      // Somebody else was quicker.
    }
  }
}

/** A new private folder of this process. Removes what processes that have ended left of the kind. */
export const makePrivateFolder = (prefix: string): string => {
  sweepLeft(tmpdir(), prefix)
  return realpathSync(mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`)))
}

/** Files that LV2 plugins make for themselves. Their hosts are ended by force, so that an engine that starts looks for what they left, too. */
export const LV2_FILES_PREFIX = 'stemma-lv2-'
