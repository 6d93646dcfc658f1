// Approvals in the window: each request a thin call into the studio, files by dialogs main owns, and a quiet round of sending and fetching in the background.
import { readFile, stat, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { type BrowserWindow, dialog } from 'electron'
import { ANSWER_EXTENSION, buildReviewPage, MAX_REVIEW_LENGTH, REVIEW_EXTENSION } from '../../src-shared/approvals/index.ts'
import { type AppReplies, approvalRequestSchemas } from '../../src-shared/protocol/index.ts'
import { recordsOf } from '../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import { fileProblem, safeFileName, sha256, type Studio, verifyEd25519 } from '../studio/index.ts'
import type { RequestHandlers, SendEvent } from './ipc-router.ts'
import type { OfferedFiles } from './offered-files.ts'
import type { RemixDesk } from './remix-desk.ts'

export type ApprovalHandlers = Pick<RequestHandlers, keyof typeof approvalRequestSchemas>

/** Soon enough for a person, seldom enough for a service. */
const ROUND_MS = 30_000
const SETTLE_MS = 300
/** Lines of the artist's ledger that the window shows; the command line has all. */
const MAX_USES = 2_000
const FILES = [{ name: 'Review or answer', extensions: [REVIEW_EXTENSION.slice(1), ANSWER_EXTENSION.slice(1), 'html'] }]

export class ApprovalsDesk {
  readonly #studio: Studio
  readonly #remixes: RemixDesk
  readonly #window: BrowserWindow
  readonly #send: SendEvent
  readonly #offered: OfferedFiles
  readonly #submitting = new Map<string, AbortController>()
  #round: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  #stopListening: (() => void) | undefined

  constructor(tools: { studio: Studio; remixes: RemixDesk; window: BrowserWindow; send: SendEvent; offered: OfferedFiles }) {
    this.#studio = tools.studio
    this.#remixes = tools.remixes
    this.#window = tools.window
    this.#send = tools.send
    this.#offered = tools.offered
  }

  /** Sends and fetches every now and then, where this home has anything to do with approvals. */
  start(): void {
    const run = (): void => {
      if (!this.#studio.hasApprovals || this.#studio.service.url === null) return
      this.#listen()
      void this.#studio.approvals.sync({ isForced: false })
    }
    this.#round = setInterval(run, ROUND_MS)
    this.#round.unref()
    run()
  }

  stop(): void {
    clearInterval(this.#round)
    clearTimeout(this.#soon)
    this.#stopListening?.()
    for (const controller of this.#submitting.values()) controller.abort()
  }

  #listen(): void {
    if (this.#stopListening) return
    const { store, audio } = this.#studio.approvals
    const stops = [store, audio].map((one) => one.onChange(() => this.#send('approvals.changed', {})))
    this.#stopListening = () => {
      for (const stop of stops) stop()
    }
  }

  /** Passes a result on; what was just signed goes out at once. */
  #then<T>(result: Result<T>): Result<T> {
    if (!result.ok || this.#studio.service.url === null) return result
    clearTimeout(this.#soon)
    this.#soon = setTimeout(() => void this.#studio.approvals.sync({ isForced: false }), SETTLE_MS)
    this.#soon.unref()
    return result
  }

  async #save(title: string, defaultPath: string, content: string, mode = 0o666): Promise<Result<{ readonly fileName: string } | null>> {
    const chosen = await dialog.showSaveDialog(this.#window, { title, defaultPath })
    if (chosen.canceled || !chosen.filePath) return ok(null)
    try {
      await writeFile(chosen.filePath, content, { mode })
    } catch (error) {
      return { ok: false, error: fileProblem(error, chosen.filePath) }
    }
    return ok({ fileName: basename(chosen.filePath) })
  }

  #fileName(request: string, extension: string): string {
    const found = this.#studio.approvals.find(request)
    return `${safeFileName(found.ok ? found.value.thread.remix.title : 'Remix')}${extension}`
  }

  async #take(token: string | null): Promise<Result<AppReplies['approvals.import']>> {
    let path: string | undefined
    if (token !== null) {
      path = this.#offered.take(token)
      if (path === undefined) return fail('file.unknown', 'This file is not offered any more. Drop it again.')
    } else {
      const chosen = await dialog.showOpenDialog(this.#window, {
        title: 'Open a review or an answer',
        properties: ['openFile'],
        filters: FILES,
      })
      path = chosen.filePaths[0]
      if (chosen.canceled || path === undefined) return ok(null)
    }
    try {
      const facts = await stat(path)
      if (!facts.isFile() || facts.size > 2 * MAX_REVIEW_LENGTH)
        return fail('approval.file_unreadable', `“${basename(path)}” is neither a review nor an answer of Stemma.`)
      return this.#then(await this.#studio.approvals.takeIn(basename(path), await readFile(path, 'utf8')))
    } catch (error) {
      return { ok: false, error: fileProblem(error, path) }
    }
  }

  /** The handlers; `ready` waits for the studio. */
  get handlers(): ApprovalHandlers {
    const studio = this.#studio
    return {
      'approvals.list': async () => {
        if (!studio.hasApprovals) return ok({ threads: [], artist: null, sync: { queued: 0, message: null, nextAttemptAt: null } })
        this.#listen()
        const { approvals } = studio
        return ok({ threads: approvals.threads(), artist: approvals.artist(), sync: approvals.syncView() })
      },
      'approvals.standing': async ({ uid }) => {
        const remix = this.#remixes.find(uid)
        if (!remix.ok) return remix
        const { snapshot } = remix.value.session
        const grants = studio.desk.grantsFor(recordsOf(snapshot, 'stem').map(({ id }) => id))
        // Most works ask nobody; their remixes should not make a home take part in approvals.
        return grants.some(({ grant }) => grant.approval) ? studio.approvals.standing(snapshot) : ok([])
      },
      'approvals.submit': async ({ uid, message, range, loudnessTargetLufs }) => {
        const remix = this.#remixes.find(uid)
        if (!remix.ok) return remix
        if (this.#submitting.has(uid))
          return fail('approval.submitting', 'This remix is being submitted already. Wait until it is done, or cancel it.')
        const controller = new AbortController()
        this.#submitting.set(uid, controller)
        this.#listen()
        try {
          const done = await studio.approvals.submit({
            snapshot: remix.value.session.snapshot,
            message,
            range,
            loudnessTargetLufs,
            threads: Math.min(4, availableParallelism()),
            signal: controller.signal,
            onProgress: (fraction, label) => this.#send('approvals.progress', { uid, fraction, label }),
          })
          if (!done.ok) return controller.signal.aborted ? ok(null) : done
          return this.#then(ok({ requests: done.value.requests }))
        } finally {
          this.#submitting.delete(uid)
        }
      },
      'approvals.cancelSubmit': async ({ uid }) => {
        this.#submitting.get(uid)?.abort()
        return ok(null)
      },
      'approvals.answer': async (order) => this.#then(studio.approvals.answer(order)),
      'approvals.revoke': async (order) => this.#then(studio.approvals.revoke(order)),
      'approvals.comment': async (order) => this.#then(studio.approvals.comment(order)),
      'approvals.remind': async ({ request, text }) => this.#then(studio.approvals.comment({ request, text, kind: 'reminder' })),
      'approvals.audio': ({ request, which }) => studio.approvals.sound(request, which),
      'approvals.exportReview': async ({ request, format }) => {
        const review = await studio.approvals.review(request)
        if (!review.ok) return review
        if (format === 'stemma-review')
          return this.#save('Save the review', this.#fileName(request, REVIEW_EXTENSION), JSON.stringify(review.value))
        const page = buildReviewPage(review.value, { sha256, verify: verifyEd25519 })
        return page.ok ? this.#save('Save the review', this.#fileName(request, '.html'), page.value) : page
      },
      'approvals.exportAnswer': async ({ request }) => {
        const answers = studio.approvals.answerFile(request)
        if (!answers.ok) return answers
        return this.#save('Save the answer', this.#fileName(request, ANSWER_EXTENSION), JSON.stringify(answers.value))
      },
      'approvals.import': ({ token }) => this.#take(token),
      'approvals.makeArtist': async ({ name }) => {
        this.#listen()
        const artist = studio.approvals.makeArtist(name)
        this.#send('approvals.changed', {})
        return this.#then(ok(artist))
      },
      'approvals.exportArtistKey': async () => {
        const artist = studio.approvals.artist()
        if (!artist) return fail('approval.no_artist', 'This home has no artist’s key yet. Make one first.')
        return this.#save('Save the public key', `${safeFileName(artist.name)} key.json`, `${artist.approver}\n`)
      },
      'approvals.exportSigningKey': async () => {
        const artist = studio.identity.artist()
        if (!artist) return fail('approval.no_artist', 'This home has no artist’s key yet. Make one first.')
        const content = `${JSON.stringify({ ...artist.secretJwk(), kid: artist.kid, name: artist.name }, null, 2)}\n`
        return this.#save('Save the signing key', `${safeFileName(artist.name)} secret key.json`, content, 0o600)
      },
      'approvals.usage': () => studio.approvals.usage({ max: MAX_USES }),
      'approvals.sync': async () => {
        const done = await studio.approvals.sync()
        return done.ok ? ok(studio.approvals.syncView()) : done
      },
    }
  }
}

/** Handlers that wait for the desk: the window may ask before the studio is open. */
export const approvalHandlers = (desk: () => Promise<Result<ApprovalsDesk>>): ApprovalHandlers => {
  const names = Object.keys(approvalRequestSchemas) as (keyof ApprovalHandlers)[]
  const wait =
    (name: keyof ApprovalHandlers) =>
    async (payload: unknown): Promise<Result<unknown>> => {
      const ready = await desk()
      // Each name's payload was decoded by its own schema before it came here.
      return ready.ok ? (ready.value.handlers[name] as (payload: unknown) => Promise<Result<unknown>>)(payload) : ready
    }
  return Object.fromEntries(names.map((name) => [name, wait(name)])) as unknown as ApprovalHandlers
}
