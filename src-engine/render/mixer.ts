// The mix: tracks and their sends into buses, everything into the master, all paths aligned to the latest. Sums run in plan order, whatever
// thread rendered a track. A limiter at the end of the master stays the last thing before the output: fader and loudness gain come before it.
import { DEVICE_PARAMETERS, type PlanDevice, type PlanTrack, type RenderPlan } from '../../src-shared/remix/index.ts'
import { Channel, type StereoBlock } from './channel.ts'
import { CELL_FRAMES, type RenderContext } from './context.ts'
import { DelayLine } from './delay-line.ts'
import { DeviceChain } from './device-chain.ts'
import { Gain } from './level.ts'
import { mixOrder, mixTopology, splitMaster, tappedTracks } from './mix-order.ts'
import type { Adopt, Running } from './slot.ts'
import { type Tap, Taps } from './taps.ts'
import { LocalTrack, type TrackFeed } from './track-feed.ts'

export interface MixerOptions {
  /** Gain before the master's limiter, for a loudness target; a limiter is added where the master has none. Null plays the plan as it is. */
  readonly loudnessGainDb: number | null
  /** Tracks rendered elsewhere, by track id; others are rendered here. */
  readonly feeds?: ReadonlyMap<string, TrackFeed>
  /** Hands over what already runs. */
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
  readonly tap: Tap | undefined
  readonly index: number
  readonly input: StereoBlock
  readonly channel: Channel
  readonly edges: Edge[]
  inputUntil: number
}

interface TrackNode {
  readonly tap: Tap | undefined
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
  /** Tracks and buses as they are rendered: each after what it hears. */
  readonly #nodes: (TrackNode | BusNode)[] = []
  readonly #master: BusNode
  readonly #output: DeviceChain
  #isOutputRunning = false
  readonly #loudnessGain: number
  readonly #block: StereoBlock
  readonly #preFader: StereoBlock
  readonly #delayed: StereoBlock
  readonly #locals: LocalTrack[] = []
  readonly #taps: Taps
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
    this.#taps = new Taps(context)
    this.#loudnessGain = options.loudnessGainDb === null ? 1 : context.kernels.raw.gainOfDb(options.loudnessGainDb)

    const latencies = new Map<string, number>()
    const inputLatencies = new Map<string, number>()
    const note = (to: string, latency: number): void => void inputLatencies.set(to, Math.max(inputLatencies.get(to) ?? 0, latency))
    let masterLatency = 0
    const feeds = new Map<string, TrackFeed>()
    const channels = new Map<string, Channel>()
    const order = mixOrder(plan)
    const tapped = tappedTracks(plan)
    const wiring = { adopt: options.adopt, taps: this.#taps, timeline: plan.timeline }
    for (const index of order) {
      const track = plan.tracks[index]!
      let latency: number
      if (track.kind === 'audio') {
        const feed = options.feeds?.get(track.id) ?? this.#localTrack(track)
        feeds.set(track.id, feed)
        latency = feed.outputLatency
      } else {
        const channel = new Channel(context, track, track.devices, inputLatencies.get(track.id) ?? 0, wiring)
        channels.set(track.id, channel)
        latency = channel.outputLatency
      }
      latencies.set(track.id, latency)
      masterLatency = Math.max(masterLatency, latency)
      if (tapped.has(track.id)) this.#taps.add(track.id, latency)
      for (const send of track.sends) note(send.toTrackId, latency)
    }

    const masterTrack = plan.tracks[plan.tracks.length - 1]!
    const { inserts, final } = splitMaster(masterTrack, this.#addedLimiter)
    const masterChannel = new Channel(context, masterTrack, inserts, masterLatency, wiring)
    this.#output = new DeviceChain(context, masterTrack, final, masterChannel.outputLatency, wiring)
    this.#master = {
      tap: undefined,
      index: plan.tracks.length - 1,
      input: this.#allocBlock(),
      channel: masterChannel,
      edges: [],
      inputUntil: Number.NEGATIVE_INFINITY,
    }

    const nodes = new Map<string, BusNode>()
    plan.tracks.forEach((track, index) => {
      const channel = channels.get(track.id)
      if (!channel) return
      const tap = this.#taps.get(track.id)
      nodes.set(track.id, { tap, index, input: this.#allocBlock(), channel, edges: [], inputUntil: Number.NEGATIVE_INFINITY })
    })
    for (const index of order) {
      const track = plan.tracks[index]!
      const latency = latencies.get(track.id)!
      const edges = track.sends.map((send) =>
        this.#edge(nodes.get(send.toTrackId)!, latency, new Gain(context, send.gainDb), send.isPreFader),
      )
      edges.push(this.#edge(this.#master, latency, undefined, false))
      if (track.kind === 'audio') {
        const tap = this.#taps.get(track.id)
        this.#nodes.push({ tap, index, feed: feeds.get(track.id)!, edges, hasPreFader: track.sends.some((send) => send.isPreFader) })
      } else {
        const node = nodes.get(track.id)!
        node.edges.push(...edges)
        this.#nodes.push(node)
      }
    }
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
      if (slot.device.isEnabled) most = Math.max(most, slot.gainReductionDb())
    }
    return -most
  }

  /** Renders the next block. It must not cross a cell: block lengths divide CELL_FRAMES. The pointers are valid until the next call. */
  render(frame: number, frames: number): StereoBlock {
    const { raw } = this.#context.kernels
    if (frame >= this.#nextCell) this.#beginCell(frame)
    const master = this.#master
    for (const node of this.#nodes) if (isBus(node)) this.#clear(node.input, frames)
    this.#clear(master.input, frames)
    for (const node of this.#nodes) this.#renderNode(node, frame, frames)
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

  /** Whether only values and clips differ: no devices, sends or tracks came or went, and no plugin has another latency than it had. */
  canUpdate(plan: RenderPlan): boolean {
    return mixTopology(plan) === mixTopology(this.#plan) && this.#chains().every((chain) => chain.slots.every((slot) => slot.isCurrent))
  }

  /** Takes such a plan in place, gliding from the next block on. */
  update(plan: RenderPlan, fromFrame: number): void {
    this.#plan = plan
    const audio = plan.tracks.filter((track) => track.kind === 'audio')
    for (const [index, local] of this.#locals.entries()) local.update(plan, audio[index]!)
    for (const node of this.#nodes) {
      const track = plan.tracks[node.index]!
      if (isBus(node)) node.channel.update(track, track.devices)
      updateSends(node.edges, track)
    }
    const masterTrack = plan.tracks[this.#master.index]!
    const { inserts, final } = splitMaster(masterTrack, this.#addedLimiter)
    this.#master.channel.update(masterTrack, inserts)
    this.#output.update(masterTrack, final)
    // What was silent a block ago may sound now: decide again without waiting for the next cell.
    this.#nextCell = fromFrame
  }

  /** Gives away what runs, by device id; the caller disposes of what it does not take. */
  releaseDevices(): Map<string, Running> {
    const devices = new Map<string, Running>()
    for (const chain of this.#chains()) for (const slot of chain.slots) devices.set(slot.device.deviceId, slot.release())
    return devices
  }

  dispose(): void {
    for (const chain of this.#chains()) chain.dispose()
  }

  #chains(): DeviceChain[] {
    return [
      ...this.#locals.map((local) => local.channel.chain),
      ...this.#nodes.filter(isBus).map((bus) => bus.channel.chain),
      this.#master.channel.chain,
      this.#output,
    ]
  }

  #localTrack(track: PlanTrack): LocalTrack {
    const local = new LocalTrack(this.#context, this.#plan, track, { adopt: this.#options.adopt, taps: this.#taps })
    this.#locals.push(local)
    return local
  }

  /** The limiter that a loudness target is driven into. */
  get #addedLimiter(): PlanDevice | null {
    return this.#options.loudnessGainDb === null ? null : LOUDNESS_LIMITER
  }

  #renderNode(node: TrackNode | BusNode, frame: number, frames: number): void {
    const { raw } = this.#context.kernels
    const { index, edges, tap } = node
    if (!(isBus(node) ? node.channel : node.feed).isRunning) {
      this.#drain(index, edges, frame, frames)
      if (tap) this.#clear(tap.block, frames)
      return
    }
    let block: StereoBlock
    if (isBus(node)) {
      block = node.input
      node.channel.processDevices(block, frame, frames)
      if (edges.some((edge) => edge.isPreFader)) {
        raw.copy(this.#preFader.left, block.left, frames)
        raw.copy(this.#preFader.right, block.right, frames)
      }
      node.channel.processFader(block, frame, frames)
    } else {
      block = this.#block
      node.feed.render(block, node.hasPreFader ? this.#preFader : undefined, frame, frames)
    }
    this.#options.onTrack?.(index, block, frames)
    if (tap) {
      raw.copy(tap.block.left, block.left, frames)
      raw.copy(tap.block.right, block.right, frames)
    }
    this.#distribute(index, edges, block, this.#preFader, frame, frames, isBus(node) ? node.channel.outputLatency : node.feed.outputLatency)
  }

  #beginCell(frame: number): void {
    const cellEnd = this.#context.cellEnd(frame + 1)
    this.#nextCell = cellEnd
    for (const node of this.#nodes) {
      if (isBus(node)) node.channel.beginCell(frame, node.inputUntil)
      else node.feed.beginCell(frame, cellEnd)
      const { isRunning, soundsUntil } = isBus(node) ? node.channel : node.feed
      if (isRunning) this.#announce(node.edges, soundsUntil)
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

const isBus = (node: TrackNode | BusNode): node is BusNode => 'channel' in node
