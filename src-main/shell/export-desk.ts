// Export jobs of the window: where files go, progress, cancel, result.
import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { type BrowserWindow, dialog, shell } from 'electron'
import type { ExportFormat, ExportOptions, ExportRequest } from '../../src-shared/protocol/index.ts'
import { tracksOf } from '../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import {
  assess,
  type ExportTarget,
  extensionOf,
  freePath,
  noticesOf,
  type OpenRemix,
  safeFileName,
  SHEET_ENDING,
  type Studio,
  termsOf,
} from '../studio/index.ts'
import type { SendEvent } from './ipc-router.ts'

interface Job {
  readonly controller: AbortController
  paths: readonly string[]
}

const WORDS: Readonly<Record<ExportFormat, string>> = {
  wav16: '16-bit',
  wav24: '24-bit',
  wav32f: '32-bit float',
  flac16: '16-bit',
  flac24: '24-bit',
  mp3: 'mp3',
  m4a: 'm4a',
}

export class ExportDesk {
  readonly #studio: Studio
  readonly #window: BrowserWindow
  readonly #send: SendEvent
  readonly #jobs = new Map<string, Job>()

  constructor({ studio, window, send }: { studio: Studio; window: BrowserWindow; send: SendEvent }) {
    this.#studio = studio
    this.#window = window
    this.#send = send
  }

  async options(remix: OpenRemix): Promise<Result<ExportOptions>> {
    const engine = await this.#studio.engine.client()
    if (!engine.ok) return engine
    const available = await engine.value.request('engine.formats', {})
    if (!available.ok) return available
    const assessed = assess(remix.session.snapshot, this.#studio.desk, 'render')
    const context = this.#studio.desk.context('render')
    const grants = assessed.ok ? assessed.value.grants : []
    const licensed = (format: ExportFormat) =>
      grants.every(({ grant }) => (grant.use.formats as readonly string[]).includes(format.replace(/(16|24|32f)$/, '')))
    const depthAllowed = (format: ExportFormat) =>
      grants.every(({ grant }) => Number(/(16|24|32)/.exec(format)?.[1] ?? 0) <= grant.use.maxBitDepth)
    const capped = grants.find(({ grant }) => grant.use.exports !== null)?.grant
    return ok({
      formats: available.value.map(({ format, isAvailable, reason }) => {
        if (!isAvailable) return { format, isAvailable, reason }
        if (!licensed(format)) return { format, isAvailable: false, reason: 'The licence does not allow this format.' }
        return depthAllowed(format)
          ? { format, isAvailable, reason: null }
          : { format, isAvailable: false, reason: 'The licence does not allow this bit depth.' }
      }),
      suggestedFileName: safeFileName(remix.session.title),
      exportsUsed: capped ? (context.exportsUsed?.[capped.id] ?? 0) : 0,
      exportsMax: capped?.use.exports?.max ?? null,
      notices: assessed.ok
        ? noticesOf(remix.session.snapshot, assessed.value.decisions, termsOf(remix.session.snapshot, this.#studio.desk, 'render'))
        : [{ code: assessed.error.code, effect: 'deny', stem: null, clipIds: [], message: assessed.error.message, alternative: null }],
    })
  }

  #targets(remix: OpenRemix, { formats, stems, creditsSheet, fileName }: ExportRequest, dir: string): ExportTarget[] {
    const taken = new Set<string>()
    const place = (name: string, format: ExportFormat): string => {
      const path = freePath(dir, name, extensionOf(format), { taken, beside: creditsSheet ? [SHEET_ENDING] : [] })
      taken.add(path)
      return path
    }
    const base = safeFileName(fileName)
    const isTwin = (format: ExportFormat): boolean => formats.filter((one) => extensionOf(one) === extensionOf(format)).length > 1
    return formats.flatMap((format): ExportTarget[] => {
      const name = isTwin(format) ? `${base} ${WORDS[format]}` : base
      if (!stems) return [{ format, trackId: null, path: place(name, format) }]
      const plan = remix.session.plan
      const audible = new Set(
        plan.ok ? plan.value.tracks.filter((track) => track.isAudible && track.clips.length > 0).map((track) => track.id) : [],
      )
      return tracksOf(remix.session.snapshot)
        .filter((track) => track.kind === 'audio' && audible.has(track.id))
        .map((track) => ({ format, trackId: track.id, path: place(`${name} - ${safeFileName(track.name)}`, format) }))
    })
  }

  /** Asks for a folder and starts; null where the user closed the dialog. */
  async start(remix: OpenRemix, request: ExportRequest): Promise<Result<{ readonly job: string } | null>> {
    const { range } = request
    if (range && range.toFrame <= range.fromFrame) return fail('export.bad_range', 'The range to export is empty. Choose a later end.')
    const last = this.#studio.library.setting('export.folder')
    const chosen = await dialog.showOpenDialog(this.#window, {
      title: 'Export to',
      buttonLabel: 'Export here',
      properties: ['openDirectory', 'createDirectory'],
      ...(last === undefined ? {} : { defaultPath: last }),
    })
    const [dir] = chosen.filePaths
    if (chosen.canceled || dir === undefined) return ok(null)
    this.#studio.library.setSetting('export.folder', dir)
    const id = randomUUID()
    const job: Job = { controller: new AbortController(), paths: [] }
    this.#jobs.set(id, job)
    const snapshot = remix.session.snapshot
    void this.#studio
      .export(
        {
          snapshot,
          targets: this.#targets(remix, request, dir),
          range,
          loudnessTargetLufs: request.loudnessTargetLufs,
          creditsSheet: request.creditsSheet,
          threads: Math.min(4, availableParallelism()),
        },
        {
          signal: job.controller.signal,
          onProgress: (step, fraction, label) => this.#send('export.progress', { job: id, step, fraction, label }),
        },
      )
      .then(
        (result) => {
          if (result.ok) job.paths = result.value.paths
          this.#send('export.done', {
            job: id,
            result: result.ok ? ok((({ paths: _, sheetPaths: __, ...rest }) => rest)(result.value)) : result,
          })
        },
        (error: unknown) => {
          const why = error instanceof Error ? error.message : String(error)
          this.#send('export.done', {
            job: id,
            result: fail('export.failed', `The export stopped because of a defect (${why}). Nothing was written; your remix is safe.`),
          })
        },
      )
    return ok({ job: id })
  }

  cancel(id: string): void {
    this.#jobs.get(id)?.controller.abort()
  }

  /** Where a file of a finished export lies; `index` as in its result. */
  pathOf(id: string, index: number): Result<string> {
    const path = this.#jobs.get(id)?.paths[index]
    return path === undefined ? fail('export.unknown', 'This export is not known any more. Choose the file yourself.') : ok(path)
  }

  reveal(id: string): Result<null> {
    const path = this.pathOf(id, 0)
    if (!path.ok) return path
    shell.showItemInFolder(path.value)
    return ok(null)
  }

  stop(): void {
    for (const { controller } of this.#jobs.values()) controller.abort()
  }
}
