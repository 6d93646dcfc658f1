// The two-phase rule of exports. Intent (before signing the file) → commit (receipt, before the file gets its name) → finish (the file has its name).
// Whatever is left when a program dies is closed by the next one: an open intent becomes a signed void, a committed one gets its file or is withdrawn.
import { existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, parse } from 'node:path'
import { hashFile, syncFolder } from '../disk/index.ts'

/** What is about to be exported. Paths stay on this computer and are never signed. */
export interface IntentDraft {
  readonly issuer: string
  readonly account: string
  /** `sha256:…` of the remix document. */
  readonly project: string
  /** `sha256:…` of the render plan. */
  readonly plan: string
  readonly stems: readonly { readonly stem: string; readonly grant: string; readonly lease: string }[]
  /** File name as the ledger shows it. */
  readonly title: string
  /** Where the file is made, in the folder of its final place. */
  readonly partPath?: string
  readonly finalPath?: string
}

export interface LeftoverFile {
  readonly partPath: string | null
  readonly finalPath: string | null
}

const hashOf = async (path: string): Promise<string> => `sha256:${await hashFile(path)}`

/** Deletes the unfinished file of an export that never got a receipt. */
export const removePart = ({ partPath }: LeftoverFile): void => {
  if (partPath) rmSync(partPath, { force: true })
}

/** `name.wav`, or `name (2).wav` and so on: another file may have taken the name since. */
const freeName = (path: string): string => {
  const { dir, name, ext } = parse(path)
  let free = path
  for (let n = 2; existsSync(free); n++) free = join(dir, `${name} (${n})${ext}`)
  return free
}

/** Gives a file with a receipt its name, if it is still there and whole. False where neither part nor finished file is. */
export const publishPart = async ({ partPath, finalPath }: LeftoverFile, sha256Text: string): Promise<boolean> => {
  if (finalPath && existsSync(finalPath) && (await hashOf(finalPath)) === sha256Text) {
    if (partPath) rmSync(partPath, { force: true })
    return true
  }
  if (!partPath || !finalPath || !existsSync(partPath) || (await hashOf(partPath)) !== sha256Text) return false
  const path = freeName(finalPath)
  renameSync(partPath, path)
  await syncFolder(dirname(path))
  return true
}
