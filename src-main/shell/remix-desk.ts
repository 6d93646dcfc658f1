// The remix in the window: opened, edited, saved, recovered; every change reaches the engine's plan.
import { basename } from 'node:path'
import { type BrowserWindow, dialog } from 'electron'
import type { EditReply, PeaksReply, RecentRemix, RemixView } from '../../src-shared/protocol/index.ts'
import type { LicenceTerms } from '../../src-shared/provenance/index.ts'
import { randomUUID } from 'node:crypto'
import { applyEdits, compilePlan, decodeEditCommands, recordsOf, type RemixSnapshot } from '../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import {
  discardRecovery,
  listRecoverable,
  OpenRemix,
  recoverRemix,
  REMIX_EXTENSION,
  safeFileName,
  type Studio,
  termsOf,
} from '../studio/index.ts'

const FILTERS = [{ name: 'Stemma remix', extensions: [REMIX_EXTENSION.slice(1)] }]

export class RemixDesk {
  readonly #studio: Studio
  readonly #window: BrowserWindow
  #open: OpenRemix | undefined
  #isLoading = false
  #needsLoading = false
  /** What a running gesture sounds like; the document knows nothing of it. */
  #gesture: RemixSnapshot | undefined
  readonly #editListeners = new Set<(snapshot: RemixSnapshot) => void>()
  readonly #closeListeners = new Set<(remix: OpenRemix) => void>()

  constructor({ studio, window }: { studio: Studio; window: BrowserWindow }) {
    this.#studio = studio
    this.#window = window
    studio.engine.onStarted(() => void this.#loadPlan())
    studio.works.inUse = () => (this.#open ? recordsOf(this.#open.session.snapshot, 'stem').map(({ contentSha256 }) => contentSha256) : [])
  }

  get open(): OpenRemix | undefined {
    return this.#open
  }

  /** The open remix if it has this uid. */
  find(uid: string): Result<OpenRemix> {
    if (this.#open?.session.uid === uid) return ok(this.#open)
    return fail('remix.not_open', 'This remix is not open any more. Open it again.')
  }

  async #show(remix: OpenRemix): Promise<RemixView> {
    if (this.#open) this.#tellClosed(this.#open)
    await this.#open?.close()
    this.#gesture = undefined
    this.#open = remix
    await this.#loadPlan()
    return remix.view(this.#studio.works.missingStems(remix.session.snapshot))
  }

  /** Gives the engine the plan as it stands. Edits that come while it loads are joined into one. */
  async #loadPlan(): Promise<void> {
    if (this.#isLoading) {
      this.#needsLoading = true
      return
    }
    this.#isLoading = true
    try {
      do {
        this.#needsLoading = false
        const remix = this.#open
        const engine = await this.#studio.engine.client()
        if (!engine.ok || !remix) return
        const gesture = this.#gesture
        const plan = gesture ? compilePlan(gesture) : remix.session.plan
        const locate = this.#studio.works.stemLocator(remix.session.snapshot)
        if (!plan.ok || plan.value.sources.some((source) => locate(source.stemId) === undefined)) {
          await engine.value.request('plan.load', { plan: null })
          continue
        }
        if (gesture) {
          // The sources are those that play already: a knob must not wait for them to be looked through.
          await engine.value.request('plan.load', { plan: plan.value })
          continue
        }
        const stems = plan.value.sources
          .flatMap((source) => locate(source.stemId) ?? [])
          .map(({ path, contentSha256, name }) => ({ path, contentSha256, name }))
        const prepared = await engine.value.request('sources.prepare', { stems })
        if (prepared.ok) await engine.value.request('plan.load', { plan: plan.value })
      } while (this.#needsLoading)
    } finally {
      this.#isLoading = false
    }
  }

  async create(workId: string): Promise<Result<RemixView>> {
    const work = this.#studio.library.work(workId)
    if (!work) return fail('work.not_pulled', 'This work is not on this computer yet. Pull it first.')
    const snapshot = this.#studio.works.newRemix(work)
    if (!snapshot.ok) return snapshot
    const remix = await OpenRemix.create(this.#studio.remixTools, snapshot.value)
    return remix.ok ? ok(await this.#show(remix.value)) : remix
  }

  async openPath(path: string): Promise<Result<RemixView>> {
    if (this.#open?.path === path) return ok(this.#open.view(this.#studio.works.missingStems(this.#open.session.snapshot)))
    const remix = await this.#studio.openRemix(path)
    if (!remix.ok) return remix
    this.#studio.library.noteRecent({ uid: remix.value.session.uid, title: remix.value.session.title, path })
    return ok(await this.#show(remix.value))
  }

  async openWithDialog(): Promise<Result<RemixView | null>> {
    const chosen = await dialog.showOpenDialog(this.#window, { title: 'Open remix', filters: FILTERS, properties: ['openFile'] })
    const [path] = chosen.filePaths
    return chosen.canceled || path === undefined ? ok(null) : this.openPath(path)
  }

  async recents(): Promise<Result<readonly RecentRemix[]>> {
    const { remixes } = await listRecoverable(this.#studio.home.journals)
    const openUid = this.#open?.session.uid
    const recoverable = remixes.filter(({ uid }) => uid !== openUid)
    const files = this.#studio.library.recent()
    const waiting: RecentRemix[] = recoverable.map(({ uid, title, path, journal }) => ({
      recent: `journal:${journal}`,
      uid,
      title,
      fileName: path === null ? 'never saved' : basename(path),
      openedAt: files.find((file) => file.uid === uid)?.openedAt ?? new Date().toISOString(),
      isMissing: false,
      isRecoverable: true,
    }))
    return ok([
      ...waiting,
      ...files.map(({ id, uid, title, path, openedAt, isMissing }) => ({
        recent: id,
        uid,
        title,
        fileName: basename(path),
        openedAt,
        isMissing,
        isRecoverable: false,
      })),
    ])
  }

  async openRecent(id: string): Promise<Result<RemixView>> {
    const file = this.#studio.library.recent().find((one) => one.id === id)
    if (!file) return fail('recent.unknown', 'This remix is not in the list any more. Open it from its folder.')
    if (file.isMissing) return fail('file.missing', `${basename(file.path)} was moved or deleted. Open it from where it is now.`)
    return this.openPath(file.path)
  }

  async recover(uid: string, action: 'open' | 'discard'): Promise<Result<RemixView | null>> {
    const { remixes } = await listRecoverable(this.#studio.home.journals)
    const found = remixes.find((one) => one.uid === uid)
    if (!found) return fail('recovery.unknown', 'There is nothing left to recover of this remix.')
    if (action === 'discard') {
      const discarded = await discardRecovery(this.#studio.home.journals, found.journal)
      return discarded.ok ? ok(null) : discarded
    }
    const content = await recoverRemix(this.#studio.home.journals, found.journal)
    if (!content.ok) return content
    const remix = await OpenRemix.recover(this.#studio.remixTools, content.value.snapshot, {
      path: content.value.path,
      journal: found.journal,
    })
    return remix.ok ? ok(await this.#show(remix.value)) : remix
  }

  #changed(reply: Result<EditReply>): Result<EditReply> {
    this.#gesture = undefined
    if (reply.ok) void this.#loadPlan()
    if (reply.ok && this.#open) for (const listener of this.#editListeners) listener(this.#open.session.snapshot)
    return reply
  }

  /** Hears of every change of the open remix. */
  onEdited(listener: (snapshot: RemixSnapshot) => void): void {
    this.#editListeners.add(listener)
  }

  /** Hears of every remix that is closed, or gives way to another file. */
  onClosed(listener: (remix: OpenRemix) => void): void {
    this.#closeListeners.add(listener)
  }

  #tellClosed(remix: OpenRemix): void {
    for (const listener of this.#closeListeners) listener(remix)
  }

  /** Puts another state of the remix in its place, as one step. */
  replace(uid: string, snapshot: RemixSnapshot, label: string): Result<EditReply> {
    const remix = this.find(uid)
    return remix.ok ? this.#changed(remix.value.session.replace(snapshot, label)) : remix
  }

  edit(uid: string, commands: readonly unknown[], label: string | null): Result<EditReply> {
    const remix = this.find(uid)
    if (!remix.ok) return remix
    const decoded = decodeEditCommands(commands)
    if (!decoded.ok) return decoded
    return this.#changed(remix.value.edit(decoded.value, label ?? undefined))
  }

  /** Lets a gesture be heard while it runs, undecided: the next edit, or null, ends it. Refused edits are not heard. */
  hear(uid: string, commands: readonly unknown[] | null): Result<null> {
    const remix = this.find(uid)
    if (!remix.ok) return remix
    if (commands === null) {
      if (this.#gesture === undefined) return ok(null)
      this.#gesture = undefined
    } else {
      const decoded = decodeEditCommands(commands)
      if (!decoded.ok) return decoded
      const heard = applyEdits(remix.value.session.snapshot, decoded.value, { newId: randomUUID })
      if (!heard.ok) return heard
      this.#gesture = heard.value.snapshot
    }
    void this.#loadPlan()
    return ok(null)
  }

  undo(uid: string): Result<EditReply> {
    const remix = this.find(uid)
    return remix.ok ? this.#changed(remix.value.session.undo()) : remix
  }

  redo(uid: string): Result<EditReply> {
    const remix = this.find(uid)
    return remix.ok ? this.#changed(remix.value.session.redo()) : remix
  }

  jump(uid: string, index: number): Result<EditReply> {
    const remix = this.find(uid)
    return remix.ok ? this.#changed(remix.value.session.jump(index)) : remix
  }

  async save(uid: string, isNew: boolean): Promise<Result<{ readonly fileName: string } | null>> {
    const remix = this.find(uid)
    if (!remix.ok) return remix
    let path = remix.value.path
    if (path === null || isNew) {
      const chosen = await dialog.showSaveDialog(this.#window, {
        title: 'Save remix',
        filters: FILTERS,
        defaultPath: path ?? `${safeFileName(remix.value.session.title)}${REMIX_EXTENSION}`,
      })
      if (chosen.canceled || !chosen.filePath) return ok(null)
      path = chosen.filePath.endsWith(REMIX_EXTENSION) ? chosen.filePath : `${chosen.filePath}${REMIX_EXTENSION}`
    }
    const saved = await remix.value.save(path)
    if (!saved.ok) return saved
    this.#studio.library.noteRecent({ uid, title: remix.value.session.title, path })
    return ok({ fileName: basename(path) })
  }

  async close(uid: string): Promise<Result<null>> {
    const remix = this.find(uid)
    if (!remix.ok) return ok(null)
    this.#open = undefined
    this.#tellClosed(remix.value)
    const closed = await remix.value.close()
    const engine = await this.#studio.engine.client()
    if (engine.ok) await engine.value.request('plan.load', { plan: null })
    this.#studio.works.trimDecoded()
    return closed
  }

  async peaks(uid: string, stemId: string): Promise<Result<PeaksReply>> {
    const remix = this.find(uid)
    if (!remix.ok) return remix
    const file = this.#studio.works.stemLocator(remix.value.session.snapshot)(stemId)
    if (!file) return fail('stem.missing', 'This stem is not on this computer. Pull its work again.')
    const engine = await this.#studio.engine.client()
    if (!engine.ok) return engine
    const prepared = await engine.value.request('sources.prepare', {
      stems: [{ path: file.path, contentSha256: file.contentSha256, name: file.name }],
    })
    if (!prepared.ok) return prepared
    return engine.value.request('sources.peaks', { contentSha256: file.contentSha256 })
  }

  /** The terms the window judges a running drag by. Withdrawals of other works are left out: a list can be long. */
  terms(uid: string): Result<LicenceTerms> {
    const remix = this.find(uid)
    if (!remix.ok) return remix
    const { grants, context } = termsOf(remix.value.session.snapshot, this.#studio.desk, 'edit')
    const concerned = new Set(grants.flatMap(({ grant }) => [grant.id, ...grant.assets.map((asset) => asset.stem)]))
    const { revocations } = context
    return ok({
      grants: grants.map(({ grant, hash, lease }) => ({ grant, hash, lease })),
      context: {
        ...context,
        revocations: revocations && { ...revocations, entries: revocations.entries.filter((entry) => concerned.has(entry.id)) },
      },
    })
  }

  /** Asks the rights service for every licence of a remix anew. */
  async renewLicence(uid: string): Promise<Result<EditReply>> {
    const remix = this.find(uid)
    if (!remix.ok) return remix
    for (const work of recordsOf(remix.value.session.snapshot, 'work')) {
      const leased = await this.#studio.works.lease(work.id)
      if (!leased.ok) return leased
    }
    const reply = this.reassess()
    return reply ? ok(reply) : fail('remix.not_open', 'This remix is not open any more. Open it again.')
  }

  /** The licence may have changed (a lease renewed, an export made): tells the window how the remix stands now. */
  reassess(): EditReply | undefined {
    if (!this.#open) return undefined
    this.#open.session.reassess()
    const status = this.#open.session.status(this.#studio.works.missingStems(this.#open.session.snapshot))
    return {
      diff: { added: [], updated: [], removed: [] },
      history: this.#open.session.history,
      status,
      isDirty: this.#open.session.isDirty,
    }
  }

  async stop(): Promise<void> {
    await this.#open?.close()
    this.#open = undefined
  }
}
