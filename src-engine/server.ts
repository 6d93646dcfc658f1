// The answering side of the engine protocol: decodes every request, runs it, replies with a Result. One engine serves its owner and any windows.
import {
  type EngineEventName,
  type EngineEvents,
  type EngineProgress,
  type EngineReplies,
  type EngineRequest,
  type EngineRequestName,
  engineRequestSchemas,
  type FormatAvailability,
  type PlaybackPreparing,
  toEngineSchema,
  transportRequestSchemas,
  EXPORT_FORMATS,
} from '../src-shared/protocol/index.ts'
import type { RenderPlan } from '../src-shared/remix/index.ts'
import { fail, ok, type Problem, ProblemError, type Result } from '../src-shared/std/index.ts'
import { aiHandlers } from './ai/index.ts'
import { deriveHandlers, derivedSourcesOf, ensureDerived, PreparedPlayback } from './derive/index.ts'
import { analysisHandlers } from './analysis/requests/index.ts'
import { availableFormats, ensureDecoded } from './files/index.ts'
import type { MessageEnd } from './parent-port.ts'
import { hasPlugins, PluginDesk } from './plugins/rack/index.ts'
import { exportPlan, freezeTrack, frozenLost, readFrozenTracks, takeFrozen } from './render/index.ts'
import { previewHandlers } from './previews/index.ts'
import { measureStem, stemPeaks } from './stem-sound.ts'
import { type AudioOutput, openOutput, Transport } from './transport/index.ts'

interface Call {
  readonly signal: AbortSignal
  readonly onProgress: (progress: EngineProgress) => void
}

type Handlers = {
  readonly [N in EngineRequestName]: (payload: EngineRequest<N>, call: Call) => Result<EngineReplies[N]> | Promise<Result<EngineReplies[N]>>
}

interface Opened {
  readonly cacheDir: string
  readonly modelsDir: string | null
  readonly output: AudioOutput
  readonly transport: Transport
  /** Loads plans into the transport as their sounds become ready. */
  readonly playback: PreparedPlayback
  /** Plays previews, beside the remix. */
  readonly player: Transport
}

/** Events a window wants many times a second; the owner gets them only where there is no window. */
const FREQUENT: ReadonlySet<EngineEventName> = new Set(['transport.position', 'meters', 'audition.position'])
/** Events that no window has to do with. */
const FOR_OWNER: ReadonlySet<EngineEventName> = new Set(['plugins.fork', 'plugins.kill'])

export class EngineServer {
  readonly #owners = new Set<MessageEnd>()
  readonly #windows = new Set<MessageEnd>()
  #opened: Opened | undefined
  #preparing: PlaybackPreparing = { clipIds: [], fraction: 1, problem: null }

  /** The process that started the engine: may ask everything. */
  attachOwner(end: MessageEnd): void {
    this.#owners.add(end)
    this.#listen(end, engineRequestSchemas)
  }

  /** A window: transport commands only. */
  attachWindow(end: MessageEnd): void {
    this.#windows.add(end)
    end.onClose(() => this.#windows.delete(end))
    this.#listen(end, transportRequestSchemas)
    if (this.#opened) end.postMessage({ event: 'transport.changed', payload: this.#opened.transport.state })
    if (this.#preparing.clipIds.length > 0) end.postMessage({ event: 'playback.preparing', payload: this.#preparing })
  }

  async dispose(): Promise<void> {
    this.#opened?.playback.dispose()
    this.#opened?.transport.dispose()
    this.#opened?.player.dispose()
    this.#previews.disposePreviews()
    this.#plugins.dispose()
    this.#loaded = null
    await this.#opened?.output.close()
    this.#opened = undefined
  }

  #listen(end: MessageEnd, schemas: Partial<typeof engineRequestSchemas>): void {
    const running = new Map<number, AbortController>()
    end.onClose(() => {
      for (const controller of running.values()) controller.abort()
    })
    end.onMessage((message) => {
      const decoded = toEngineSchema.safeParse(message)
      // Without an id there is nobody to answer.
      if (!decoded.success) return
      if ('cancel' in decoded.data) {
        running.get(decoded.data.cancel)?.abort()
        return
      }
      const { id, name, payload } = decoded.data
      const controller = new AbortController()
      running.set(id, controller)
      const call: Call = { signal: controller.signal, onProgress: (progress) => end.postMessage({ id, progress }) }
      this.#run(schemas, name, payload, call)
        .then((result) => end.postMessage({ id, result }))
        .finally(() => running.delete(id))
    })
  }

  async #run(schemas: Partial<typeof engineRequestSchemas>, name: string, payload: unknown, call: Call): Promise<Result<unknown>> {
    const schema = Object.hasOwn(schemas, name) ? schemas[name as EngineRequestName] : undefined
    if (schema === undefined || !Object.hasOwn(this.#handlers, name))
      return fail(
        'engine.unknown_request',
        `The audio engine does not take "${name}" here. Update Stemma so that all its parts are of one version.`,
      )
    const decoded = schema.safeParse(payload)
    if (!decoded.success) {
      const [issue] = decoded.error.issues
      const where = issue ? `${issue.path.join('.')}: ${issue.message}` : ''
      return fail('engine.bad_request', `The audio engine was given something it cannot use (${name}; ${where}). The remix may be damaged.`)
    }
    try {
      const handler = this.#handlers[name as keyof Handlers] as (payload: unknown, call: Call) => Result<unknown> | Promise<Result<unknown>>
      return await handler(decoded.data, call)
    } catch (error) {
      if (error instanceof ProblemError) return { ok: false, error: error.problem }
      throw error
    }
  }

  #tell<N extends EngineEventName>(event: N, payload: EngineEvents[N]): void {
    const isForWindows = FREQUENT.has(event) && this.#windows.size > 0
    const windows = FOR_OWNER.has(event) ? [] : this.#windows
    for (const end of isForWindows ? this.#windows : [...this.#owners, ...windows]) end.postMessage({ event, payload })
  }

  #open(): Opened {
    if (this.#opened) return this.#opened
    const problem: Problem = { code: 'engine.not_open', message: 'The audio engine has not been opened yet. Restart Stemma.' }
    throw new ProblemError(problem)
  }

  #folders(): Pick<Opened, 'cacheDir' | 'modelsDir'> {
    const { cacheDir, modelsDir } = this.#open()
    return { cacheDir, modelsDir }
  }

  /** Counts plans, and what the newest one waits for. */
  #planTurn = 0
  #pluginsComing: Promise<void> = Promise.resolve()

  #loaded: RenderPlan | null = null

  #loadPlan(plan: RenderPlan | null): void {
    const { cacheDir, playback } = this.#open()
    const isNew = plan !== this.#loaded
    this.#loaded = plan
    const readable = plan && readFrozenTracks(plan, cacheDir, this.#plugins.isInstalled)
    playback.load(readable ? readable.plan : null)
    const states = readable?.states ?? {}
    const told = JSON.stringify(states)
    if (told !== this.#toldFrozen) this.#tell('plugins.frozen', { tracks: states })
    this.#toldFrozen = told
    if (isNew) for (const one of readable?.lost ?? []) this.#warnFrozenLost(frozenLost(one, 'playback.frozen_lost'))
  }

  #toldFrozen = '{}'

  /** What was told of lost sounds. */
  readonly #toldLost = new Set<string>()

  #warnFrozenLost(problem: Problem): void {
    if (this.#toldLost.has(problem.message)) return
    this.#toldLost.add(problem.message)
    this.#tell('playback.warning', problem)
  }

  #prepared(coming: Promise<void>): Promise<void> {
    this.#pluginsComing = coming
    return coming
  }

  #renders() {
    return { ...this.#folders(), plugins: this.#plugins.offline, isInstalled: this.#plugins.isInstalled }
  }

  readonly #plugins = new PluginDesk({
    tell: (event, payload) => this.#tell(event, payload as EngineEvents[typeof event]),
    onWarning: (problem) => this.#tell('playback.warning', problem),
    onRouting: (rack) => (rack === 'remix' ? this.#opened?.transport : this.#opened?.player)?.reroute(),
  })

  readonly #previews = previewHandlers({
    plugins: this.#plugins,
    cacheDir: () => this.#open().cacheDir,
    player: () => this.#open().player,
    silence: () => void this.#open().transport.stop(),
    derive: (plan, cacheDir, call) =>
      ensureDerived(derivedSourcesOf(plan), { cacheDir, modelsDir: this.#open().modelsDir, signal: call.signal, isFirst: call.isFirst }),
  })

  readonly #handlers: Handlers = {
    'engine.open': async ({ cacheDir, modelsDir = null, output: wanted, forks = 'engine' }) => {
      await this.dispose()
      this.#plugins.begin(forks)
      const output = await openOutput(wanted)
      const transport = new Transport({
        output,
        cacheDir,
        openVoice: this.#plugins.voices('remix'),
        listener: {
          onState: (state) => this.#tell('transport.changed', state),
          onPosition: (frame) => this.#tell('transport.position', { frame }),
          onMeters: (meters) => this.#tell('meters', meters),
          onWarning: (problem) => this.#tell('playback.warning', problem),
        },
      })
      const player = new Transport({
        output,
        cacheDir,
        openVoice: this.#plugins.voices('preview'),
        listener: {
          onState: (state) => this.#tell('audition.changed', state),
          onPosition: (frame) => this.#tell('audition.position', { frame }),
          onMeters: (meters) => this.#tell('meters', meters),
          onWarning: (problem) => this.#tell('playback.warning', problem),
        },
      })
      const playback = new PreparedPlayback({
        cacheDir,
        modelsDir,
        load: (plan) => {
          this.#plugins.load('remix', plan)
          transport.load(plan)
        },
        position: () => transport.state.frame,
        onPreparing: (state) => {
          this.#preparing = state
          this.#tell('playback.preparing', state)
        },
      })
      this.#opened = { cacheDir, modelsDir, output, transport, playback, player }
      this.#tell('transport.changed', transport.state)
      return ok({ pid: process.pid, output: output.state })
    },
    'engine.formats': async () => ok(await exportFormats()),
    'sources.prepare': async ({ stems }, { signal, onProgress }) => {
      const { cacheDir } = this.#open()
      const results = await Promise.all(
        stems.map(({ path, contentSha256, name }) =>
          ensureDecoded({
            path,
            contentSha256,
            cacheDir,
            signal,
            onProgress: (fraction) => onProgress({ step: 'decode', fraction, stem: name }),
          }),
        ),
      )
      const prepared = []
      for (const result of results) {
        if (!result.ok) return result
        const { contentSha256, lengthFrames, channels } = result.value
        prepared.push({ contentSha256, lengthFrames, channels })
      }
      return ok(prepared)
    },
    'sources.peaks': ({ contentSha256 }) => stemPeaks(this.#open().cacheDir, contentSha256),
    'sources.measure': ({ contentSha256 }, { signal }) => measureStem(this.#open().cacheDir, contentSha256, signal),
    'plan.load': async ({ plan }) => {
      const turn = ++this.#planTurn
      if (hasPlugins(plan)) await this.#prepared(this.#plugins.prepareFor(plan))
      // A newer plan may have overtaken this one while the first plugin was waited for.
      if (turn === this.#planTurn) this.#loadPlan(plan)
      return ok(null)
    },
    'plan.measure': ({ plan, range, threads }, call) =>
      exportPlan({ plan, stems: [], range, threads, loudnessTargetLufs: null, outputs: [] }, { ...this.#renders(), ...call }),
    ...aiHandlers(() => this.#open().cacheDir),
    ...analysisHandlers(() => this.#open().cacheDir),
    ...this.#previews,
    ...deriveHandlers({ folders: () => this.#folders(), peaks: stemPeaks }),
    'export.run': (job, call) => exportPlan(job, { ...this.#renders(), ...call }),
    ...this.#plugins.handlers,
    'plugins.freeze': ({ plan, stems, trackId }, call) => freezeTrack(plan, stems, trackId, { ...this.#renders(), ...call }),
    'plugins.takeFrozen': ({ sounds }, { signal }) => takeFrozen(sounds, { cacheDir: this.#open().cacheDir, signal }),
    'transport.play': async ({ fromFrame }) => {
      this.#open().player.stop()
      // A frozen sound may have gone since.
      if (this.#loaded?.tracks.some((track) => track.frozen)) this.#loadPlan(this.#loaded)
      this.#open().playback.refresh()
      await this.#pluginsComing
      await this.#plugins.ready('remix')
      return this.#open().transport.play(fromFrame)
    },
    'transport.stop': () => ok(this.#open().transport.stop()),
    'transport.seek': ({ frame }) => this.#open().transport.seek(frame),
    'transport.loop': ({ range }) => ok(this.#open().transport.loop(range)),
    'transport.state': () => ok(this.#open().transport.state),
  }
}

const exportFormats = async (): Promise<readonly FormatAvailability[]> => {
  const available = await availableFormats()
  return EXPORT_FORMATS.map((format) => {
    const container = available.find((one) => format.startsWith(one.format))
    return { format, isAvailable: container?.isAvailable ?? false, reason: container?.reason ?? null }
  })
}
