// Where exported files go: whether they can be written there, and how they get their names.
import { constants, existsSync } from 'node:fs'
import { access, link, rename, rm, stat, statfs } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { fileFailure } from '../file-problems.ts'
import type { ExportOrder } from './order.ts'

/** Ending of an AI credits sheet. */
export const SHEET_ENDING = '.ddex.json'

/** Where the AI credits sheet of an exported file goes: formats that differ in their ending only share one. */
export const sheetPathOf = (path: string): string => join(dirname(path), `${basename(path, extname(path))}${SHEET_ENDING}`)

/** Whether a file of so many bytes can be written where it is to go. Codes: `disk.full`, and those of `fileFailure`. */
export const checkRoom = async (path: string, bytes: number): Promise<Result<null>> => {
  try {
    await access(dirname(path), constants.W_OK)
    const { bavail, blocks, bsize } = await statfs(dirname(path))
    // Some network volumes do not tell their size.
    if (blocks > 0 && bavail * bsize < bytes) throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
    return ok(null)
  } catch (error) {
    return fileFailure(error, path)
  }
}

/** Whether every file could be written, before anything is rendered. Codes: `export.exists`, `export.no_folder`, and those of `checkRoom`. */
export const checkPlaces = async ({ targets, creditsSheet, overwrites }: ExportOrder): Promise<Result<null>> => {
  const files = targets.map(({ path }) => path)
  for (const path of creditsSheet ? [...files, ...new Set(files.map(sheetPathOf))] : files) {
    if (!overwrites && existsSync(path))
      return fail('export.exists', `${basename(path)} is there already. Choose another name, or delete it first.`, { file: basename(path) })
    const folder = await stat(dirname(path)).catch(() => undefined)
    if (!folder?.isDirectory()) return fail('export.no_folder', `The folder for ${basename(path)} is not there. Choose another one.`)
    const room = await checkRoom(path, 0)
    if (!room.ok) return room
  }
  return ok(null)
}

/** Gives the finished file its name. A file that took the name while the render ran is left alone, unless it is meant to be replaced. */
export const publish = async (partPath: string, path: string, overwrites: boolean): Promise<void> => {
  if (!overwrites) {
    try {
      // A link never replaces; looking first and renaming then would.
      await link(partPath, path)
      await rm(partPath)
      return
    } catch (error) {
      if (existsSync(path)) throw error
      // This file system has no links.
    }
  }
  await rename(partPath, path)
}
