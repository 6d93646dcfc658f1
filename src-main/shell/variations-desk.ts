// Variations in the window: one set per open remix; each request a thin call into the studio.
import { type BrowserWindow, dialog } from 'electron'
import type { AppReplies, VariationRun, variationRequestSchemas, VariationRow } from '../../src-shared/protocol/index.ts'
import { remixOf } from '../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import { type OpenRemix, REMIX_EXTENSION, safeFileName, saveRemixFile, type Studio, type Variations } from '../studio/index.ts'
import type { RequestHandlers, SendEvent } from './ipc-router.ts'
import type { RemixDesk } from './remix-desk.ts'

export type VariationHandlers = Pick<RequestHandlers, keyof typeof variationRequestSchemas>

/** Events are gathered this long: a thousand rows a second would only keep the window busy. */
const TELL_MS = 120

export class VariationsDesk {
  readonly #studio: Studio
  readonly #remixes: RemixDesk
  readonly #window: BrowserWindow
  readonly #send: SendEvent
  #open: { readonly remix: OpenRemix; readonly variations: Variations } | undefined
  #waiting: { run: VariationRun; rows: Map<string, VariationRow>; removed: Set<string> } | undefined
  #audition = new AbortController()

  constructor(tools: { studio: Studio; remixes: RemixDesk; window: BrowserWindow; send: SendEvent }) {
    this.#studio = tools.studio
    this.#remixes = tools.remixes
    this.#window = tools.window
    this.#send = tools.send
    this.#remixes.onEdited((snapshot) => {
      if (this.#open?.remix.session.uid === remixOf(snapshot).uid) this.#open.variations.noteEdited(snapshot)
    })
    this.#remixes.onClosed((remix) => {
      if (this.#open?.remix !== remix) return
      // A file opened later may bear the same uid: it gets a sheet of its own.
      this.stop()
      this.#audition.abort()
      const { run, rows } = this.#open.variations.list()
      this.#open = undefined
      this.#gather({ run: { ...run, state: 'idle', wanted: 0, shown: 0, problem: null }, rows: [], removed: rows.map(({ id }) => id) })
    })
  }

  stop(): void {
    this.#open?.variations.stop()
  }

  /** The variations of an open remix. */
  of(uid: string): Result<Variations> {
    const remix = this.#remixes.find(uid)
    if (!remix.ok) return remix
    if (this.#open?.remix !== remix.value) {
      this.stop()
      this.#open = {
        remix: remix.value,
        variations: this.#studio.variations(remix.value.session.snapshot, (change) => this.#gather(change)),
      }
    }
    return ok(this.#open.variations)
  }

  async apply(uid: string, id: string): Promise<Result<null>> {
    const variations = this.of(uid)
    if (!variations.ok) return variations
    const snapshot = variations.value.snapshotOf(id)
    if (!snapshot.ok) return snapshot
    const number = variations.value.list().rows.find((row) => row.id === id)?.number
    return this.#replace(uid, snapshot.value, `Variation ${number ?? ''}`.trim())
  }

  async comp(uid: string, lanes: Parameters<Variations['comp']>[0]): Promise<Result<null>> {
    const variations = this.of(uid)
    if (!variations.ok) return variations
    const snapshot = variations.value.comp(lanes)
    return snapshot.ok ? this.#replace(uid, snapshot.value, 'Comp variations') : snapshot
  }

  async save(uid: string, id: string): Promise<Result<{ readonly fileName: string } | null>> {
    const variations = this.of(uid)
    if (!variations.ok) return variations
    const snapshot = variations.value.remixOfItsOwn(id)
    if (!snapshot.ok) return snapshot
    const row = variations.value.list().rows.find((one) => one.id === id)
    const chosen = await dialog.showSaveDialog(this.#window, {
      title: 'Save variation',
      defaultPath: `${safeFileName(remixOf(snapshot.value).title)} - variation ${row?.number ?? ''}${REMIX_EXTENSION}`,
      filters: [{ name: 'Stemma remix', extensions: [REMIX_EXTENSION.slice(1)] }],
    })
    if (chosen.canceled || !chosen.filePath) return ok(null)
    const path = chosen.filePath.endsWith(REMIX_EXTENSION) ? chosen.filePath : `${chosen.filePath}${REMIX_EXTENSION}`
    const saved = await saveRemixFile(path, snapshot.value, { expected: null })
    if (!saved.ok) return saved
    const kept = await variations.value.mark(id, 'kept')
    return kept.ok ? ok({ fileName: path.split(/[\\/]/).at(-1) ?? path }) : kept
  }

  /** Plays; an audition that is still being prepared gives way to the newer one. */
  audition(uid: string, id: string | null, atFrame: number | null): Promise<Result<AppReplies['audition.start']>> {
    const variations = this.of(uid)
    if (!variations.ok) return Promise.resolve(variations)
    this.#audition.abort()
    this.#audition = new AbortController()
    return variations.value.audition(id, atFrame, this.#audition.signal)
  }

  auditionComp(
    uid: string,
    lanes: Parameters<Variations['comp']>[0],
    atFrame: number | null,
  ): Promise<Result<AppReplies['audition.comp']>> {
    const variations = this.of(uid)
    if (!variations.ok) return Promise.resolve(variations)
    this.#audition.abort()
    this.#audition = new AbortController()
    return variations.value.auditionComp(lanes, atFrame, this.#audition.signal)
  }

  async endAudition(): Promise<Result<null>> {
    this.#audition.abort()
    return this.#open ? this.#open.variations.endAudition() : ok(null)
  }

  #replace(uid: string, snapshot: Parameters<RemixDesk['replace']>[1], label: string): Result<null> {
    const reply = this.#remixes.replace(uid, snapshot, label)
    if (!reply.ok) return reply
    this.#send('remix.changed', { uid, reply: reply.value })
    return ok(null)
  }

  #gather({ run, rows, removed }: { run: VariationRun; rows: readonly VariationRow[]; removed: readonly string[] }): void {
    if (!this.#waiting) {
      this.#waiting = { run, rows: new Map(), removed: new Set() }
      setTimeout(() => {
        const told = this.#waiting
        this.#waiting = undefined
        if (told) this.#send('variations.changed', { run: told.run, rows: [...told.rows.values()], removed: [...told.removed] })
      }, TELL_MS)
    }
    this.#waiting.run = run
    for (const row of rows) this.#waiting.rows.set(row.id, row)
    for (const id of removed) {
      this.#waiting.rows.delete(id)
      this.#waiting.removed.add(id)
    }
  }
}

type Ready = <T>(work: (desk: VariationsDesk) => Result<T> | Promise<Result<T>>) => Promise<Result<T>>

export const variationHandlers = (ready: Ready): VariationHandlers => {
  const within = <T>(uid: string, work: (variations: Variations) => Result<T> | Promise<Result<T>>): Promise<Result<T>> =>
    ready((desk) => {
      const variations = desk.of(uid)
      return variations.ok ? work(variations.value) : variations
    })
  return {
    'variations.list': ({ uid }) =>
      within(uid, (variations) => {
        // What was kept comes as rows, by events.
        void variations.open()
        return ok(variations.list())
      }),
    // Answers at once: what comes of it is told by events.
    'variations.start': ({ uid, ...order }) =>
      within(uid, (variations) => {
        void variations.start(order)
        return ok(variations.run)
      }),
    'variations.stop': ({ uid }) => within(uid, (variations) => ok(variations.stop())),
    'variations.mark': ({ uid, id, mark }) => within(uid, (variations) => variations.mark(id, mark)),
    'variations.tag': ({ uid, id, tags }) => within(uid, (variations) => variations.tag(id, tags)),
    'variations.mix': ({ uid, sectionsOf, soundOf }) => within(uid, (variations) => variations.mix(sectionsOf, soundOf)),
    'variations.more': ({ uid, count }) =>
      within(uid, (variations) => {
        const refusal = variations.refusesMore()
        if (refusal) return fail(refusal.code, refusal.message)
        void variations.more(count)
        return ok(variations.run)
      }),
    'variations.comp': ({ uid, lanes }) => ready((desk) => desk.comp(uid, lanes)),
    'variations.apply': ({ uid, id }) => ready((desk) => desk.apply(uid, id)),
    'variations.save': ({ uid, id }) => ready((desk) => desk.save(uid, id)),
    'audition.start': ({ uid, id, atFrame }) => ready((desk) => desk.audition(uid, id, atFrame)),
    'audition.comp': ({ uid, lanes, atFrame }) => ready((desk) => desk.auditionComp(uid, lanes, atFrame)),
    'audition.end': () => ready((desk) => desk.endAudition()),
  }
}
