// `.stemma` files on disk: opened with bounds, saved atomically, with numbered backups, and never over someone else's changes.
import { createHash } from 'node:crypto'
import { copyFile, link, open, rename, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import {
  checkPluginStates,
  decodeDocument,
  encodeDocument,
  MAX_DOCUMENT_LENGTH,
  type RemixDocument,
  type RemixSnapshot,
} from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { fileFailure } from '../file-problems.ts'
import { sha256 } from '../identity/index.ts'
import { realTarget, writeAtomically } from '../disk/index.ts'

export const REMIX_EXTENSION = '.stemma'
/** Earlier states of a file that are kept beside it: `R.stemma.bak1` is the newest. */
export const BACKUPS = 5

/** What was on disk when it was last read or written: how a change by another program is noticed. */
export interface RemixFileState {
  readonly path: string
  /** SHA-256 of the file's bytes, hex. */
  readonly sha256: string
  readonly isReadOnly: boolean
}

export interface OpenedRemix extends RemixDocument {
  readonly file: RemixFileState
}

const sha256Of = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** Bytes of an ordinary file of at most `limit` bytes. Looks at the open file, not at the path: it cannot be swapped in between. */
const readBounded = async (path: string, limit: number): Promise<Result<Buffer>> => {
  const handle = await open(path, 'r')
  try {
    const facts = await handle.stat()
    if (!facts.isFile()) return fail('remix_file.not_a_file', `${basename(path)} is not a file that can be opened.`)
    if (facts.size > limit)
      return fail('remix_file.too_large', `${basename(path)} is larger than ${limit / 1024 / 1024} MB; that is no remix this program made.`)
    return ok(await handle.readFile())
  } finally {
    await handle.close()
  }
}

const decodeText = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** Opens a remix file. Problems: `remix_file.*` for what is in it, `file.*` and `disk.*` for the disk. */
export const openRemixFile = async (path: string): Promise<Result<OpenedRemix>> => {
  try {
    // A pipe or a device would hang the open: only what the folder calls a file is opened at all.
    if (!(await stat(path)).isFile()) return fail('remix_file.not_a_file', `${basename(path)} is not a file that can be opened.`)
    const bytes = await readBounded(path, MAX_DOCUMENT_LENGTH)
    if (!bytes.ok) return bytes
    const text = decodeText(bytes.value)
    if (text === null)
      return fail(
        'remix_file.not_json',
        `${basename(path)} is damaged: it is not text. A backup may lie beside it (${basename(path)}.bak1).`,
      )
    const document = decodeDocument(text)
    if (!document.ok) return fail(document.error.code, `${basename(path)}: ${document.error.message}`, document.error.details)
    const { snapshot, repairs } = checkPluginStates(document.value.snapshot, sha256)
    return ok({
      ...document.value,
      snapshot,
      repairs: [...document.value.repairs, ...repairs],
      file: { path, sha256: sha256Of(bytes.value), isReadOnly: document.value.isReadOnly },
    })
  } catch (error) {
    return fileFailure(error, path)
  }
}

/** SHA-256 of a file that may be missing. */
const hashOnDisk = async (path: string): Promise<string | null> => {
  try {
    const bytes = await readBounded(path, MAX_DOCUMENT_LENGTH)
    return bytes.ok ? sha256Of(bytes.value) : ''
  } catch {
    return null
  }
}

/** Moves backups up by one and puts the present file into the first place; it stays where it is as well. */
const rotateBackups = async (path: string): Promise<void> => {
  const backup = (n: number): string => `${path}.bak${n}`
  const moved = async (from: string, to: string): Promise<void> => {
    try {
      await rename(from, to)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  await rm(backup(BACKUPS), { force: true })
  for (let n = BACKUPS - 1; n >= 1; n--) await moved(backup(n), backup(n + 1))
  try {
    await link(path, backup(1))
  } catch {
    // File systems without hard links (FAT, many network shares) get a copy.
    await copyFile(path, backup(1))
  }
}

export interface SaveOptions {
  /** What was opened or saved last, when this saves over it; null for a new place, which the user has agreed to replace if it is taken. */
  readonly expected: RemixFileState | null
  /** Saves although the file was changed by another program; the other state becomes a backup. */
  readonly isForced?: boolean
}

/**
 * Saves a snapshot. Refuses to write over a file of a newer version (`remix_file.read_only`) and over changes made elsewhere
 * (`remix_file.changed_on_disk`). Saving what is already there writes nothing and makes no backup.
 */
export const saveRemixFile = async (
  path: string,
  snapshot: RemixSnapshot,
  { expected, isForced = false }: SaveOptions,
): Promise<Result<RemixFileState>> => {
  const name = basename(path)
  if (expected?.isReadOnly && expected.path === path) {
    return fail(
      'remix_file.read_only',
      `${name} was made by a newer version and is open for reading only. Save under another name, or update the program.`,
    )
  }
  const text = encodeDocument(snapshot)
  const sha256 = sha256Of(text)
  const state: RemixFileState = { path, sha256, isReadOnly: false }
  try {
    const target = await realTarget(path)
    const onDisk = await hashOnDisk(target)
    if (onDisk === sha256) return ok(state)
    if (onDisk !== null && expected?.path === path && onDisk !== expected.sha256 && !isForced) {
      return fail(
        'remix_file.changed_on_disk',
        `${name} was changed by another program since it was opened. Save under another name, or replace it: the other version is kept as a backup.`,
      )
    }
    await writeAtomically(target, text, onDisk === null ? {} : { beforeRename: () => rotateBackups(target) })
    return ok(state)
  } catch (error) {
    return fileFailure(error, path)
  }
}
