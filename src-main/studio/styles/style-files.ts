// Style files on disk: opened to be run, saved from what is laid out or from what a remix was made with. docs/formats/recipe.md.
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  decodeOwnStyle,
  MAX_OWN_STYLE_BYTES,
  type OwnStyle,
  ownStyleOf,
  type RecipeOrder,
  recipesOf,
  styleById,
} from '../../../src-engine/styles/index.ts'
import type { RemixSnapshot } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { writeAtomically } from '../disk/index.ts'
import { fileFailure } from '../file-problems.ts'

/** Codes: `style.own_*`, `file.*`, `disk.*`. */
export const readStyleFile = async (path: string): Promise<Result<OwnStyle>> => {
  try {
    const found = await stat(path)
    if (!found.isFile() || found.size > MAX_OWN_STYLE_BYTES)
      return fail('style.own_too_large', `${basename(path)} is no style: a style file has at most ${MAX_OWN_STYLE_BYTES >> 10} KB.`)
    return decodeOwnStyle(await readFile(path, 'utf8'), styleById)
  } catch (error) {
    return fileFailure(error, path)
  }
}

/** A style of the user's own out of these orders, or with null out of all that a remix was made with. Codes: `style.nothing_to_save`, `style.own_*`. */
export const styleToSave = (name: string, orders: readonly RecipeOrder[] | null, snapshot: RemixSnapshot): Result<OwnStyle> =>
  ownStyleOf(name, orders ?? recipesOf(snapshot), styleById)

/** Writes a style file whole or not at all. Codes: `file.*`, `disk.*`. */
export const writeStyleFile = async (path: string, style: OwnStyle): Promise<Result<null>> => {
  try {
    await writeAtomically(path, `${JSON.stringify(style, null, 2)}\n`)
    return ok(null)
  } catch (error) {
    return fileFailure(error, path)
  }
}
