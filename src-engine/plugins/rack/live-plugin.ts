// A plugin that plays. It lives as long as its device is part of the plan, whatever becomes of the hosts it runs in, and remembers what a new one has to
// be given. Runs between two blocks on the engine's own thread: nothing here may take long or throw.
import type { PlanPlugin, PlanTrack } from '../../../src-shared/remix/index.ts'
import type { PluginDescriptor, PluginStatus } from '../../../src-shared/plugins/index.ts'
import type { OpenedPlugin, StepReport } from '../client/index.ts'
import type { NoteEvent, ParameterEvent } from '../instance.ts'
import type { RackHost } from './rack-host.ts'
import type { PluginVoice, VoiceBlock } from './voice.ts'

/** Notes kept for a plugin that is busy; beyond that it has missed its part. */
const MAX_PENDING_NOTES = 256

export interface LivePluginListener {
  /** How long a block may be waited for now, and what came of it. */
  deadlineMs(): number
  onLate(): void
  onNewLatency(plugin: LivePlugin): void
  onNewValues(plugin: LivePlugin): unknown
}

export class LivePlugin implements PluginVoice {
  readonly deviceId: string
  device: PlanPlugin
  track: Pick<PlanTrack, 'id' | 'name'>
  readonly #listener: LivePluginListener

  latencyFrames = 0
  tailFrames: number | null = null
  epoch = 0
  readonly sent = new Map<string, number>()
  readonly held = new Map<number, number>()

  state: PluginStatus['state'] = 'loading'
  message: string | null = null
  host: RackHost | null = null
  instance: number | null = null
  descriptor: PluginDescriptor | null = null
  /** Rises with every try to open it: an older one that comes late is dropped. */
  attempt = 0
  /** When it ended or hung a host, newest last. */
  crashes: number[] = []
  /** It ended a host once: it never shares one again. */
  isAlone = false
  /** It was opened while the host it belongs to played, and waits in another until that is quiet. */
  isGuest = false
  /** What the instance was given, and what the plan says. */
  stateSha256: string | null
  /** State that was captured and is expected to come back in the plan: then there is nothing to load. */
  captured: { readonly stateSha256: string | null; readonly values: ReadonlyMap<string, number> } | null = null

  #indexes: ReadonlyMap<string, number> = new Map()
  #base: ReadonlyMap<string, number> = new Map()
  #pendingParameters = new Map<number, number>()
  #pendingNotes: NoteEvent[] = []
  #isFresh = true
  #wantsOutputs = true
  #counts = { cpuMicroseconds: 0, frames: 0, late: 0, scrubbed: 0 }
  #outputs: Record<string, number> = {}

  constructor(device: PlanPlugin, track: PlanTrack, listener: LivePluginListener) {
    this.deviceId = device.deviceId
    this.device = device
    this.track = track
    this.stateSha256 = device.plugin.stateSha256
    this.#listener = listener
  }

  /** Plays from now on what was opened. `base` are the values without those of the plan, which are `sent`. */
  attach(host: RackHost, opened: OpenedPlugin, base: ReadonlyMap<string, number>, sent: Readonly<Record<string, number>>): void {
    this.host = host
    this.instance = opened.instance
    this.descriptor = opened.descriptor
    this.#indexes = new Map(opened.descriptor.parameters.map(({ id }, index) => [id, index]))
    this.rebase(base)
    for (const [id, value] of Object.entries(sent)) this.sent.set(id, value)
    this.held.clear()
    this.#pendingParameters.clear()
    this.#pendingNotes = []
    this.#isFresh = true
    this.epoch++
    this.state = 'ready'
    this.message = null
    this.retime(opened)
  }

  /** Other values were loaded: what the plan sets has to be set again. */
  rebase(base: ReadonlyMap<string, number>): void {
    this.#base = base
    this.sent.clear()
  }

  /** Sound goes past it until it is attached again. */
  detach(state: PluginStatus['state'], message: string | null): void {
    this.host?.plugins.delete(this)
    this.host = null
    this.instance = null
    this.state = state
    this.message = message
    this.held.clear()
  }

  retime({ latencyFrames, tailFrames }: { readonly latencyFrames: number; readonly tailFrames: number | null }): void {
    this.tailFrames = tailFrames
    if (latencyFrames === this.latencyFrames) return
    this.latencyFrames = latencyFrames
    this.#listener.onNewLatency(this)
  }

  indexOf(parameter: string): number | undefined {
    return this.#indexes.get(parameter)
  }

  baseValue(parameter: string): number | undefined {
    return this.#base.get(parameter)
  }

  run({ left, right, frames, parameters, notes, timeline, sidechain }: VoiceBlock): boolean {
    const { host, instance } = this
    if (host === null || instance === null || this.state !== 'ready') return false
    const sound = [left, right] as const
    const step = { instance, parameters: this.#withPending(parameters), notes: this.#pendingNotes.concat(notes), sidechain }
    const reply = host.run(
      this,
      { frames, input: sound, output: sound, steps: [step], timeline, wantsOutputs: this.#wantsOutputs },
      this.#listener.deadlineMs(),
    )
    if (reply.ok) {
      this.#forgetPending()
      this.#isFresh = false
      const [report] = reply.value.steps
      if (report) this.#take(report, frames)
      return true
    }
    this.#counts.late++
    if (reply.error.kind === 'late') this.#listener.onLate()
    if (reply.error.kind === 'busy') {
      for (const { parameter, value } of parameters) this.#pendingParameters.set(parameter, value)
      this.#pendingNotes = [...this.#pendingNotes, ...notes].slice(-MAX_PENDING_NOTES).map((note) => ({ ...note, frame: 0 }))
    } else {
      this.#forgetPending()
      if (reply.error.kind === 'refused') this.message = reply.error.message
    }
    return false
  }

  reset(): void {
    this.held.clear()
    this.#pendingNotes = []
    if (this.#isFresh || this.state !== 'ready') return
    this.#isFresh = true
    this.onReset?.(this)
  }

  /** Called where the instance has sound to forget. */
  onReset: ((plugin: LivePlugin) => void) | undefined

  /** Output values are asked for with the next block. */
  wantOutputs(): void {
    this.#wantsOutputs = true
  }

  /** How it fares since it was asked last. */
  status(): PluginStatus {
    const { cpuMicroseconds, frames, late, scrubbed } = this.#counts
    this.#counts = { cpuMicroseconds: 0, frames: 0, late, scrubbed }
    const playedMicroseconds = (frames / 48_000) * 1e6
    return {
      deviceId: this.deviceId,
      state: this.state,
      message: this.message?.slice(0, 1_000) ?? null,
      latencyFrames: this.latencyFrames,
      cpuPermille: playedMicroseconds === 0 ? 0 : Math.round((cpuMicroseconds / playedMicroseconds) * 1_000),
      lateBlocks: late,
      scrubbedSamples: scrubbed,
      outputs: this.#outputs,
    }
  }

  #withPending(parameters: readonly ParameterEvent[]): readonly ParameterEvent[] {
    if (this.#pendingParameters.size === 0) return parameters
    const overtaken = new Set(parameters.filter(({ frame }) => frame === 0).map(({ parameter }) => parameter))
    const pending = [...this.#pendingParameters].flatMap(([parameter, value]) =>
      overtaken.has(parameter) ? [] : [{ frame: 0, parameter, value }],
    )
    return [...pending, ...parameters]
  }

  #forgetPending(): void {
    if (this.#pendingParameters.size > 0) this.#pendingParameters.clear()
    if (this.#pendingNotes.length > 0) this.#pendingNotes = []
  }

  #take(report: StepReport, frames: number): void {
    this.#counts.cpuMicroseconds += report.cpuMicroseconds
    this.#counts.frames += frames
    this.#counts.scrubbed += report.scrubbedSamples
    if (this.#wantsOutputs) {
      this.#wantsOutputs = false
      const parameters = this.descriptor?.parameters ?? []
      this.#outputs = Object.fromEntries(
        report.outputs.flatMap(({ parameter, value }) => {
          const id = parameters[parameter]?.id
          return id !== undefined && Number.isFinite(value) ? [[id, value]] : []
        }),
      )
    }
    if (report.hasNewLatency || report.latencyFrames !== this.latencyFrames)
      this.retime({ latencyFrames: report.latencyFrames, tailFrames: this.tailFrames })
    if (report.hasNewValues) this.#listener.onNewValues(this)
  }
}
