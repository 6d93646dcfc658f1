// Where frozen sounds lie in the cache: those made here by what they were made of, with a note beside each; those that came with a remix by their own
// hash, so that no foreign sound ever stands under a name that says how it was made.
import { readFileSync, rmSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** Frozen sounds that were made on this machine. */
export const frozenDir = (cacheDir: string): string => join(cacheDir, 'frozen')

/** Frozen sounds that came from elsewhere, named by `hashSound`. */
export const givenDir = (cacheDir: string): string => join(cacheDir, 'frozen', 'given')

const noteSchema = z.object({
  v: z.literal(1),
  /** What the track is made of, as far as the plan can always tell it again. */
  shape: z.string().max(64),
  /** What its plugins listened to on other tracks; absent in notes of before that was told. */
  heard: z.string().max(64).exactOptional(),
  /** `hashSound` of the sound. */
  sha256: z.string().max(64),
})
export type FrozenNote = Omit<z.infer<typeof noteSchema>, 'v'>

const notePath = (cacheDir: string, key: string): string => join(frozenDir(cacheDir), `${key}.json`)

/** What was noted when a sound was frozen here; undefined where it was not, or the note is damaged. */
export const readFrozenNote = (cacheDir: string, key: string): FrozenNote | undefined => {
  try {
    const path = notePath(cacheDir, key)
    if (statSync(path).size > 1_000) return undefined
    const note = noteSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return note.success ? note.data : undefined
  } catch {
    return undefined
  }
}

/** Written after the sound, so that a sound without a note was never finished. */
export const writeFrozenNote = (cacheDir: string, key: string, { shape, heard, sha256 }: FrozenNote): void =>
  writeFileSync(notePath(cacheDir, key), JSON.stringify({ v: 1, shape, heard, sha256 }))

/** Removes the notes of sounds that are gone. */
export const trimFrozenNotes = (cacheDir: string): void => {
  const names = readdirSync(frozenDir(cacheDir))
  const kept = new Set(names.filter((name) => name.endsWith('.pcm')).map((name) => name.slice(0, 64)))
  for (const name of names) if (/^[0-9a-f]{64}\.json$/.test(name) && !kept.has(name.slice(0, 64))) rmSync(join(frozenDir(cacheDir), name))
}
