// The mix: tracks and their sends into buses, everything into the master, all paths aligned to the latest. Sums run in plan order, whatever
// thread rendered a track. A limiter at the end of the master stays the last thing before the output: fader and loudness gain come before it.
import { DEVICE_PARAMETERS, type PlanDevice, type PlanTrack, type RenderPlan } from '../../src-shared/remix/index.ts'
import { type Adopt, Channel, type StereoBlock } from './channel.ts'
import { CELL_FRAMES, type RenderContext } from './context.ts'
import { DelayLine } from './delay-line.ts'
import { DeviceChain } from './device-chain.ts'
import { Gain } from './level.ts'
import { LocalTrack, type TrackFeed } from './track-feed.ts'

export interface MixerOptions {
  /** Gain before the master's limiter, for a loudness target; a limiter is added where the master has none. Null plays the plan as it is. */
  readonly loudnessGainDb: number | null
  /** Tracks rendered elsewhere, by track id; others are rendered here. */
  readonly feeds?: ReadonlyMap<string, TrackFeed>
  /** Hands over processors that already run. */
  readonly adopt?: Adopt
  /** Hears every running track after its fader, at its own latency. */
  readonly onTrack?: (index: number, block: StereoBlock, frames: number) => void
  /** Hears what each track adds to the master's input, aligned; silent tracks are not called. */
  readonly onStem?: (index: number, block: StereoBlock, frames: number) => void
}

interface Edge {
  readonly to: BusNode
  /** Undefined is the full signal into the master. */
  readonly gain: Gain | undefined
  readonly isPreFader: boolean
  readonly delay: DelayLine | undefined
  /** Sound in the delay line ends here. */
  soundsUntil: number
}

interface BusNode {
  readonly index: number
  readonly input: StereoBlock
  readonly channel: Channel
  readonly edges: Edge[]
  inputUntil: number
}

interface TrackNode {
  readonly index: number
  readonly feed: TrackFeed
  readonly edges: Edge[]
  readonly hasPreFader: boolean
}

/** The limiter a loudness target is driven into where the remix brings none. */
export const LOUDNESS_LIMITER: PlanDevice = {
  deviceId: 'loudness-limiter',
  kind: 'limiter',
  isEnabled: true,
  params: Object.fromEntries(DEVICE_PARAMETERS.limiter.map((parameter) => [parameter.name, { value: parameter.default }])),
}

export class Mixer {
  readonly #context: RenderContext
  readonly #options: MixerOptions
  readonly #tracks: TrackNode[] = []
  readonly #buses: BusNode[] = []
  readonly #master: BusNode
  readonly #output: DeviceChain
  #isOutputRunning = false
  readonly #loudnessGain: number
  readonly #block: StereoBlock
  readonly #preFader: StereoBlock
  readonly #delayed: StereoBlock
  readonly #locals: LocalTrack[] = []
  #plan: RenderPlan
  #nextCell: number
  #hasWarned = false

  constructor(context: RenderContext, plan: RenderPlan, options: MixerOptions) {
    this.#context = context
    this.#plan = plan
    this.#options = options
    this.#nextCell = context.fromFrame
    this.#block = this.#allocBlock()
    this.#preFader = this.#allocBlock()
    this.#delayed = this.#allocBlock()
    this.#loudnessGain = options.loudnessGainDb === null ? 1 : context.kernels.raw.gainOfDb(options.loudnessGainDb)

    const latencies = new Map<string, number>()
    const inputLatencies = new Map<string, number>()
    const note = (to: string, latency: number): void => void inputLatencies.set(to, Math.max(inputLatencies.get(to) ?? 0, latency))
    let masterLatency = 0
    const feeds = new Map<string, TrackFeed>()
    const channels = new Map<string, Channel>()
    for (const track of plan.tracks) {
      if (track.kind === 'master') continue
      let latency: number
      if (track.kind === 'audio') {
        const feed = options.feeds?.get(track.id) ?? this.#localTrack(track)
        feeds.set(track.id, feed)
        latency = feed.outputLatency
      } else {
        const channel = new Channel(context, track, track.devices, inputLatencies.get(track.id) ?? 0, options.adopt)
        channels.set(track.id, channel)
        latency = channel.outputLatency
      }
      latencies.set(track.id, latency)
      masterLatency = Math.max(masterLatency, latency)
      for (const send of track.sends) note(send.toTrackId, latency)
    }

    const masterTrack = plan.tracks[plan.tracks.length - 1]!
    const { inserts, final } = splitMaster(masterTrack, options.loudnessGainDb !== null)
    const masterChannel = new Channel(context, masterTrack, inserts, masterLatency, options.adopt)
    this.#output = new DeviceChain(context, masterTrack, final, masterChannel.outputLatency, options.adopt)
    this.#master = {
      index: plan.tracks.length - 1,
      input: this.#allocBlock(),
      channel: masterChannel,
      edges: [],
      inputUntil: Number.NEGATIVE_INFINITY,
    }

    const nodes = new Map<string, BusNode>()
    plan.tracks.forEach((track, index) => {
      const channel = channels.get(track.id)
      if (channel) nodes.set(track.id, { index, input: this.#allocBlock(), channel, edges: [], inputUntil: Number.NEGATIVE_INFINITY })
    })
    plan.tracks.forEach((track, index) => {
      if (track.kind === 'master') return
      const latency = latencies.get(track.id)!
      const edges = track.sends.map((send) =>
        this.#edge(nodes.get(send.toTrackId)!, latency, new Gain(context, send.gainDb), send.isPreFader),
      )
      edges.push(this.#edge(this.#master, latency, undefined, false))
      if (track.kind === 'audio')
        this.#tracks.push({ index, feed: feeds.get(track.id)!, edges, hasPreFader: track.sends.some((send) => send.isPreFader) })
      else {
        const node = nodes.get(track.id)!
        node.edges.push(...edges)
        this.#buses.push(node)
      }
    })
  }

  /** Frames by which the output lags the timeline: the first so many frames out belong to nothing. */
  get latencyFrames(): number {
    return this.#master.channel.outputLatency + this.#output.latencyFrames
  }

  /** The same for what `onStem` hears. */
  get stemLatencyFrames(): number {
    return this.#master.channel.inputLatency
  }

  /** Most that any of the master's dynamics turned the last block down, in dB, 0 or negative. */
  gainReductionDb(): number {
    let most = 0
    for (const slot of [...this.#master.channel.chain.slots, ...this.#output.slots]) {
      if (slot.device.isEnabled) most = Math.max(most, slot.processor.gainReductionDb?.() ?? 0)
    }
    return -most
  }

  /** Renders the next block. It must not cross a cell: block lengths divide CELL_FRAMES. The pointers are valid until the next call. */
  render(frame: number, frames: number): StereoBlock {
    const { raw } = this.#context.kernels
    if (frame >= this.#nextCell) this.#beginCell(frame)
    const master = this.#master
    for (const node of [...this.#buses, master]) this.#clear(node.input, frames)
    for (const track of this.#tracks) {
      if (!track.feed.isRunning) {
        this.#drain(track.index, track.edges, frame, frames)
        continue
      }
      track.feed.render(this.#block, track.hasPreFader ? this.#preFader : undefined, frame, frames)
      this.#options.onTrack?.(track.index, this.#block, frames)
      this.#distribute(track.index, track.edges, this.#block, this.#preFader, frame, frames, track.feed.outputLatency)
    }
    for (const bus of this.#buses) {
      if (!bus.channel.isRunning) {
        this.#drain(bus.index, bus.edges, frame, frames)
        continue
      }
      bus.channel.processDevices(bus.input, frame, frames)
      const hasPreFader = bus.edges.some((edge) => edge.isPreFader)
      if (hasPreFader) {
        raw.copy(this.#preFader.left, bus.input.left, frames)
        raw.copy(this.#preFader.right, bus.input.right, frames)
      }
      bus.channel.processFader(bus.input, frame, frames)
      this.#options.onTrack?.(bus.index, bus.input, frames)
      this.#distribute(bus.index, bus.edges, bus.input, this.#preFader, frame, frames, bus.channel.outputLatency)
    }
    this.#scrub(master.input, frames)
    if (master.channel.isRunning) {
      master.channel.processDevices(master.input, frame, frames)
      master.channel.processFader(master.input, frame, frames)
    }
    if (this.#isOutputRunning || !this.#context.skipsSilence) {
      raw.scale(master.input.left, frames, this.#loudnessGain)
      raw.scale(master.input.right, frames, this.#loudnessGain)
      this.#output.process(master.input.left, master.input.right, frame, frames)
    }
    return master.input
  }

  /** Whether only values and clips differ: no devices, sends or tracks came or went. */
  canUpdate(plan: RenderPlan): boolean {
    return mixTopology(plan) === mixTopology(this.#plan)
  }

  /** Takes such a plan in place, gliding from the next block on. */
  update(plan: RenderPlan, fromFrame: number): void {
    this.#plan = plan
    const audio = plan.tracks.filter((track) => track.kind === 'audio')
    const hasLoudness = this.#options.loudnessGainDb !== null
    for (const [index, local] of this.#locals.entries()) local.update(plan, audio[index]!)
    for (const node of this.#tracks) updateSends(node.edges, plan.tracks[node.index]!)
    for (const node of this.#buses) {
      const track = plan.tracks[node.index]!
      node.channel.update(track, track.devices)
      updateSends(node.edges, track)
    }
    const masterTrack = plan.tracks[this.#master.index]!
    const { inserts, final } = splitMaster(masterTrack, hasLoudness)
    this.#master.channel.update(masterTrack, inserts)
    this.#output.update(final)
    // What was silent a block ago may sound now: decide again without waiting for the next cell.
    this.#nextCell = fromFrame
  }

  /** Gives running processors away, by device id; the caller disposes of what it does not take. */
  releaseDevices(): Map<string, { readonly kind: PlanDevice['kind']; readonly processor: DeviceChain['slots'][number]['processor'] }> {
    const devices = new Map<string, { kind: PlanDevice['kind']; processor: DeviceChain['slots'][number]['processor'] }>()
    for (const chain of this.#chains())
      for (const slot of chain.slots) devices.set(slot.device.deviceId, { kind: slot.device.kind, processor: slot.processor })
    return devices
  }

  dispose(): void {
    for (const chain of this.#chains()) chain.dispose()
  }

  #chains(): DeviceChain[] {
    return [
      ...this.#locals.map((local) => local.channel.chain),
      ...this.#buses.map((bus) => bus.channel.chain),
      this.#master.channel.chain,
      this.#output,
    ]
  }

  #localTrack(track: PlanTrack): LocalTrack {
    const local = new LocalTrack(this.#context, this.#plan, track, this.#options.adopt)
    this.#locals.push(local)
    return local
  }

  #beginCell(frame: number): void {
    const cellEnd = this.#context.cellEnd(frame + 1)
    this.#nextCell = cellEnd
    for (const { feed, edges } of this.#tracks) {
      feed.beginCell(frame, cellEnd)
      if (feed.isRunning) this.#announce(edges, feed.soundsUntil)
    }
    for (const bus of this.#buses) {
      bus.channel.beginCell(frame, bus.inputUntil)
      if (bus.channel.isRunning) this.#announce(bus.edges, bus.channel.soundsUntil)
    }
    const { channel } = this.#master
    channel.beginCell(frame, this.#master.inputUntil)
    const isRunning = frame < this.#context.cellEnd(channel.soundsUntil + this.#output.tailFrames())
    if (isRunning !== this.#isOutputRunning) this.#output.begin(frame)
    this.#isOutputRunning = isRunning
  }

  /** Tells the receiving ends how long there will be sound. */
  #announce(edges: readonly Edge[], soundsUntil: number): void {
    for (const edge of edges) {
      edge.soundsUntil = Math.max(edge.soundsUntil, soundsUntil + (edge.delay?.frames ?? 0))
      edge.to.inputUntil = Math.max(edge.to.inputUntil, edge.soundsUntil)
    }
  }

  #distribute(
    index: number,
    edges: readonly Edge[],
    block: StereoBlock,
    preFader: StereoBlock,
    frame: number,
    frames: number,
    latency: number,
  ): void {
    const { raw } = this.#context.kernels
    for (const edge of edges) {
      const from = edge.isPreFader ? preFader : block
      if (edge.delay === undefined) {
        if (edge.gain === undefined) this.#addToMaster(index, from, frames)
        else edge.gain.add(edge.to.input.left, edge.to.input.right, from.left, from.right, frame - latency, frames)
        continue
      }
      const delayed = this.#delayed
      this.#clear(delayed, frames)
      if (edge.gain === undefined) {
        raw.copy(delayed.left, from.left, frames)
        raw.copy(delayed.right, from.right, frames)
      } else edge.gain.add(delayed.left, delayed.right, from.left, from.right, frame - latency, frames)
      edge.delay.exchange(delayed.left, delayed.right, frames)
      if (edge.gain === undefined) this.#addToMaster(index, delayed, frames)
      else this.#add(edge.to.input, delayed, frames)
    }
  }

  /** A track that rests still has sound in its delay lines. */
  #drain(index: number, edges: readonly Edge[], frame: number, frames: number): void {
    for (const edge of edges) {
      if (edge.delay === undefined || frame >= edge.soundsUntil) continue
      this.#clear(this.#delayed, frames)
      edge.delay.exchange(this.#delayed.left, this.#delayed.right, frames)
      if (edge.gain === undefined) this.#addToMaster(index, this.#delayed, frames)
      else this.#add(edge.to.input, this.#delayed, frames)
    }
  }

  #addToMaster(index: number, block: StereoBlock, frames: number): void {
    this.#options.onStem?.(index, block, frames)
    this.#add(this.#master.input, block, frames)
  }

  #add(to: StereoBlock, from: StereoBlock, frames: number): void {
    const { raw } = this.#context.kernels
    raw.addScaled(to.left, from.left, frames, 1)
    raw.addScaled(to.right, from.right, frames, 1)
  }

  #edge(to: BusNode, latency: number, gain: Gain | undefined, isPreFader: boolean): Edge {
    const wait = to.channel.inputLatency - latency
    return { to, gain, isPreFader, delay: wait > 0 ? new DelayLine(this.#context, wait) : undefined, soundsUntil: Number.NEGATIVE_INFINITY }
  }

  /** Broken numbers must not reach the file or the ear. */
  #scrub(block: StereoBlock, frames: number): void {
    const { raw } = this.#context.kernels
    if (Number.isFinite(raw.energyOf(block.left, frames) + raw.energyOf(block.right, frames))) return
    for (const channel of [this.#context.kernels.f32(block.left, frames), this.#context.kernels.f32(block.right, frames)]) {
      channel.forEach((sample, index) => {
        if (!Number.isFinite(sample)) channel[index] = 0
      })
    }
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#context.onWarning({
      code: 'render.broken_numbers',
      message: 'The mix held samples that are not numbers; they were silenced. Look for a damaged stem.',
    })
  }

  #clear(block: StereoBlock, frames: number): void {
    const { raw } = this.#context.kernels
    raw.clear(block.left, frames)
    raw.clear(block.right, frames)
  }

  #allocBlock(): StereoBlock {
    return { left: this.#context.alloc(CELL_FRAMES), right: this.#context.alloc(CELL_FRAMES) }
  }
}

const updateSends = (edges: readonly Edge[], track: PlanTrack): void => {
  for (const [index, send] of track.sends.entries()) edges[index]?.gain?.update(send.gainDb)
}

/** The master's devices before and after its fader. */
const splitMaster = (
  track: PlanTrack,
  needsLimiter: boolean,
): { readonly inserts: readonly PlanDevice[]; readonly final: readonly PlanDevice[] } => {
  const last = track.devices[track.devices.length - 1]
  if (last?.kind === 'limiter' && (last.isEnabled || !needsLimiter)) return { inserts: track.devices.slice(0, -1), final: [last] }
  return { inserts: track.devices, final: needsLimiter ? [LOUDNESS_LIMITER] : [] }
}

/** Equal where a plan can take another's place without rebuilding: same tracks, devices and sends, in the same order. */
const mixTopology = (plan: RenderPlan): string =>
  JSON.stringify(
    plan.tracks.map(({ id, kind, devices, sends }) => [
      id,
      kind,
      devices.map((d) => [d.deviceId, d.kind]),
      sends.map((s) => [s.sendId, s.toTrackId, s.isPreFader]),
    ]),
  )
