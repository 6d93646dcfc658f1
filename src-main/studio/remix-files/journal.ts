// Every change of an open remix, appended to a file as it is made: what autosave and recovery live on. A line is its checksum and its JSON;
// a line that a crash tore does not match and is left out. Format: docs/formats/remix-file.md.
import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import {
  decodeDocument,
  encodeDocument,
  MAX_RECORDS,
  REMIX_FORMAT,
  REMIX_SCHEMA_VERSION,
  type RemixChange,
  type RemixSnapshot,
  remixOf,
} from '../../../src-shared/remix/index.ts'
import { fail, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import { fileFailure, fileProblem } from '../file-problems.ts'
import { writeAtomically } from '../disk/index.ts'

/** A journal grows to this many bytes of changes before it starts again from the present state. */
const COMPACT_BYTES = 8 * 1024 * 1024
const MAX_JOURNAL_BYTES = 512 * 1024 * 1024

const recordSchema = z.looseObject({ id: z.string().min(1).max(200) })
const diffSchema = z.object({
  added: z.array(recordSchema).max(MAX_RECORDS),
  updated: z.array(z.object({ after: recordSchema })).max(MAX_RECORDS),
  removed: z.array(recordSchema).max(MAX_RECORDS),
})
const baseSchema = z.object({
  type: z.literal('base'),
  v: z.literal(1),
  uid: z.string().min(1).max(200),
  /** Where the remix was last saved; null if it never was. */
  path: z.string().max(4_096).nullable(),
  /** Whether `document` is what is in that file. */
  isSaved: z.boolean(),
  /** Process that writes the journal. */
  pid: z.int().min(0),
  at: z.iso.datetime(),
  document: z.string().max(64 * 1024 * 1024),
})
const changeSchema = z.object({ type: z.literal('change'), at: z.iso.datetime(), label: z.string().max(1_000), diff: diffSchema })
const lineSchema = z.discriminatedUnion('type', [baseSchema, changeSchema])
type JournalLine = z.infer<typeof lineSchema>

const checksum = (json: string): string => createHash('sha256').update(json).digest('hex').slice(0, 16)
const encodeLine = (line: unknown): string => {
  const json = JSON.stringify(line)
  return `${checksum(json)} ${json}\n`
}

/** File name of a remix's journal: its UUID, or a hash where the file that was opened has another kind of uid. */
export const journalName = (uid: string): string => {
  const uuid = /^urn:uuid:([0-9a-f-]{36})$/i.exec(uid)?.[1]
  return `${uuid?.toLowerCase() ?? createHash('sha256').update(uid).digest('hex').slice(0, 36)}.jsonl`
}

const isRunning = (pid: number): boolean => {
  if (pid === process.pid || pid === 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** What a journal holds. */
export interface JournalContent {
  readonly file: string
  readonly uid: string
  readonly path: string | null
  readonly snapshot: RemixSnapshot
  /** Changes since the remix was last saved; 0 with `isSaved` means that nothing would be lost. */
  readonly changes: number
  readonly isSaved: boolean
  /** Label of the last change. */
  readonly lastLabel: string | null
  readonly lastChangeAt: string
  /** The program that writes it is still running. */
  readonly isInUse: boolean
  /** The last line was cut off by a crash; everything before it is here. */
  readonly isTorn: boolean
}

const readLine = (text: string): JournalLine | null => {
  const json = text.slice(17)
  if (text.charAt(16) !== ' ' || text.slice(0, 16) !== checksum(json)) return null
  try {
    const decoded = lineSchema.safeParse(JSON.parse(json))
    return decoded.success ? decoded.data : null
  } catch {
    return null
  }
}

/** Reads a journal and plays its changes back. What is after a damaged line is left out; the document is checked like any other. */
export const readJournal = async (file: string): Promise<Result<JournalContent>> => {
  try {
    const facts = await stat(file)
    if (!facts.isFile() || facts.size > MAX_JOURNAL_BYTES)
      return fail('journal.unreadable', `The recovery file ${basename(file)} is not one this program made.`)
    const parts = (await readFile(file, 'utf8')).split('\n')
    const rest = parts.pop()
    const base = readLine(parts[0] ?? '')
    if (base?.type !== 'base')
      return fail('journal.unreadable', `The recovery file ${basename(file)} is damaged from its beginning; nothing can be taken from it.`)
    const document = decodeDocument(base.document)
    if (!document.ok) return document
    const records = new Map<string, unknown>(document.value.snapshot)
    let changes = 0
    let last: Extract<JournalLine, { type: 'change' }> | null = null
    let isTorn = rest !== ''
    for (const part of parts.slice(1)) {
      const line = readLine(part)
      if (line?.type !== 'change') {
        isTorn = true
        break
      }
      for (const record of line.diff.removed) records.delete(record.id)
      for (const record of line.diff.added) records.set(record.id, record)
      for (const { after } of line.diff.updated) records.set(after.id, after)
      last = line
      changes++
    }
    const replayed = decodeDocument(
      JSON.stringify({ format: REMIX_FORMAT, schemaVersion: REMIX_SCHEMA_VERSION, records: [...records.values()] }),
    )
    if (!replayed.ok) return replayed
    return ok({
      file,
      uid: base.uid,
      path: base.path,
      snapshot: replayed.value.snapshot,
      changes,
      isSaved: base.isSaved && changes === 0,
      lastLabel: last?.label ?? null,
      lastChangeAt: last?.at ?? base.at,
      isInUse: isRunning(base.pid),
      isTorn,
    })
  } catch (error) {
    return fileFailure(error, file)
  }
}

export interface JournalStart {
  readonly snapshot: RemixSnapshot
  /** Where the remix is saved; null for one that never was. */
  readonly path: string | null
  readonly isSaved: boolean
  /** Name of the journal this remix was recovered from; it is replaced by this one, since everything in it is here. */
  readonly recoveredFrom?: string
  /** Told when a change could not be written; the changes are kept and tried again with the next one. */
  readonly onProblem?: (problem: Problem) => void
}

/** The journal of one open remix. Appends are queued and synced to disk in batches; `flush` waits for the disk. */
export class RemixJournal {
  readonly file: string
  readonly #onProblem: (problem: Problem) => void
  #handle: FileHandle
  #snapshot: RemixSnapshot
  #path: string | null
  #isSaved: boolean
  #pending: string[] = []
  #goodBytes: number
  #changeBytes = 0
  #work: Promise<void> = Promise.resolve()
  #isScheduled = false
  #isClosed = false

  private constructor(file: string, handle: FileHandle, size: number, start: JournalStart) {
    this.file = file
    this.#handle = handle
    this.#goodBytes = size
    this.#snapshot = start.snapshot
    this.#path = start.path
    this.#isSaved = start.isSaved
    this.#onProblem = start.onProblem ?? (() => undefined)
  }

  /** Starts a journal in `folder`. Unsaved work of an earlier run under the same name is kept aside, never overwritten. */
  static async start(folder: string, start: JournalStart): Promise<Result<RemixJournal>> {
    const file = join(folder, journalName(remixOf(start.snapshot).uid))
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      if (start.recoveredFrom !== basename(file)) await keepAside(file)
      const line = encodeLine(baseOf(start))
      await writeAtomically(file, line)
      if (start.recoveredFrom !== undefined && start.recoveredFrom !== basename(file))
        await rm(join(folder, basename(start.recoveredFrom)), { force: true })
      return ok(new RemixJournal(file, await open(file, 'a'), Buffer.byteLength(line), start))
    } catch (error) {
      return fileFailure(error, file)
    }
  }

  /** Listener for `store.subscribe`. */
  readonly note = (change: RemixChange): void => {
    if (this.#isClosed) return
    this.#snapshot = change.snapshot
    if (change.committed === null) return
    this.#isSaved = false
    const { label, diff } = change.committed
    const updated = diff.updated.map(({ after }) => ({ after }))
    const removed = diff.removed.map(({ id }) => ({ id }))
    const line = {
      type: 'change',
      at: new Date().toISOString(),
      label: change.kind === 'undo' ? `Undo ${label}` : label,
      diff: { added: diff.added, updated, removed },
    }
    this.#pending.push(encodeLine(line))
    this.#schedule()
  }

  /** Starts the journal anew after the remix was saved to `path`. */
  async noteSaved(path: string, snapshot: RemixSnapshot = this.#snapshot): Promise<Result<null>> {
    this.#path = path
    // What was changed while the file was being written is newer than the file.
    this.#isSaved = encodeDocument(snapshot) === encodeDocument(this.#snapshot)
    return this.#inTurn(() => this.#restart())
  }

  /** Waits until everything noted so far is on the disk. */
  async flush(): Promise<Result<null>> {
    return this.#inTurn(() => this.#drain())
  }

  /** Ends the journal. With nothing unsaved, or when the user lets the changes go, the file is removed. */
  async close({ isDiscarded = false }: { readonly isDiscarded?: boolean } = {}): Promise<Result<null>> {
    const flushed = isDiscarded ? ok(null) : await this.flush()
    if (this.#isClosed) return flushed
    this.#isClosed = true
    return this.#inTurn(async () => {
      await this.#handle.close()
      if (isDiscarded || (flushed.ok && this.#isSaved)) await rm(this.file, { force: true })
    })
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    // Changes of the same moment share one sync.
    setImmediate(() => {
      this.#isScheduled = false
      void this.flush().then((result) => {
        if (!result.ok) this.#onProblem(result.error)
      })
    })
  }

  #inTurn(work: () => Promise<void>): Promise<Result<null>> {
    const done = this.#work.then(work).then(
      () => ok(null),
      (error: unknown) => ({ ok: false as const, error: fileProblem(error, this.file) }),
    )
    this.#work = done.then(() => undefined)
    return done
  }

  async #drain(): Promise<void> {
    if (this.#pending.length === 0 || this.#isClosed) return
    // Counted now: more may be noted while this is being written.
    const count = this.#pending.length
    const bytes = Buffer.from(this.#pending.join(''), 'utf8')
    try {
      await this.#handle.appendFile(bytes)
      await this.#handle.datasync()
    } catch (error) {
      // A half-written line would hide all later ones: back to the last whole one, and the lines wait for another try.
      await this.#handle.truncate(this.#goodBytes).catch(() => undefined)
      throw error
    }
    this.#pending = this.#pending.slice(count)
    this.#goodBytes += bytes.length
    this.#changeBytes += bytes.length
    if (this.#changeBytes > COMPACT_BYTES) await this.#restart()
  }

  async #restart(): Promise<void> {
    const noted = this.#pending.length
    const line = encodeLine(baseOf({ snapshot: this.#snapshot, path: this.#path, isSaved: this.#isSaved }))
    await writeAtomically(this.file, line)
    await this.#handle.close()
    this.#handle = await open(this.file, 'a')
    this.#pending = this.#pending.slice(noted)
    this.#goodBytes = Buffer.byteLength(line)
    this.#changeBytes = 0
  }
}

const baseOf = ({ snapshot, path, isSaved }: Pick<JournalStart, 'snapshot' | 'path' | 'isSaved'>): z.infer<typeof baseSchema> => ({
  type: 'base',
  v: 1,
  uid: remixOf(snapshot).uid,
  path,
  isSaved,
  pid: process.pid,
  at: new Date().toISOString(),
  document: encodeDocument(snapshot),
})

const keepAside = async (file: string): Promise<void> => {
  const old = await readJournal(file)
  if (!old.ok && old.error.code === 'file.missing') return
  if (old.ok && old.value.isSaved) return
  const taken = new Set(await readdir(join(file, '..')))
  let n = 1
  while (taken.has(`${basename(file, '.jsonl')}.${n}.jsonl`)) n++
  await rename(file, file.replace(/\.jsonl$/, `.${n}.jsonl`))
}
