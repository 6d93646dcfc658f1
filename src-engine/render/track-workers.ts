// Spreads the audio tracks of a render over threads. Which thread renders a track changes nothing: the mix sums them in plan order.
import { Worker } from 'node:worker_threads'
import { type DeviceKind, type PlanTrack, REMIX_SAMPLE_RATE, type RenderPlan } from '../../src-shared/remix/index.ts'
import { type Problem, ProblemError } from '../../src-shared/std/index.ts'
import { type Kernels, kernelsModule } from '../kernels/index.ts'
import type { OfflinePlugins } from '../plugins/rack/index.ts'
import { SOUND_THREAD_LIMITS, workerEntry } from '../threads/index.ts'
import type { StereoBlock } from './channel.ts'
import { CELL_FRAMES, type MakeDevice } from './context.ts'
import { sidechainsOf } from './mix-order.ts'
import type { TrackFeed } from './track-feed.ts'
import { allocateRing, TrackRing } from './track-ring.ts'
import type { FromWorker, WorkerJob } from './engine-worker.ts'

/** A track that a worker renders. */
class RemoteTrack implements TrackFeed {
  readonly outputLatency: number
  soundsUntil = Number.NEGATIVE_INFINITY
  isRunning = false
  readonly #kernels: Kernels
  readonly #ring: TrackRing
  readonly #index: number
  readonly #fromFrame: number

  constructor(kernels: Kernels, ring: TrackRing, index: number, fromFrame: number, outputLatency: number) {
    this.#kernels = kernels
    this.#ring = ring
    this.#index = index
    this.#fromFrame = fromFrame
    this.outputLatency = outputLatency
  }

  beginCell(frame: number): void {
    const cell = (frame - this.#fromFrame) / CELL_FRAMES
    this.isRunning = this.#ring.isRunning(cell, this.#index)
    this.soundsUntil = this.#ring.soundsUntil(cell, this.#index)
  }

  render(block: StereoBlock, preFader: StereoBlock | undefined, frame: number, frames: number): void {
    const position = frame - this.#fromFrame
    const offset = position % CELL_FRAMES
    const cell = (position - offset) / CELL_FRAMES
    const pointers = preFader ? [block.left, block.right, preFader.left, preFader.right] : [block.left, block.right]
    for (const [channel, to] of pointers.entries()) {
      const samples = this.#ring.channel(cell, this.#index, channel)
      this.#kernels.f32(to, frames).set(samples.subarray(offset, offset + frames))
    }
  }
}

export interface TrackWorkersOptions {
  readonly plan: RenderPlan
  readonly cacheDir: string
  readonly fromFrame: number
  /** Tracks of each helper. */
  readonly groups: readonly (readonly PlanTrack[])[]
  /** Opened for the same groups. */
  readonly plugins: OfflinePlugins | undefined
  readonly kernels: Kernels
  readonly makeDevice: MakeDevice
  readonly deviceModule: string | null
  readonly skipsSilence: boolean
  readonly onWarning: (problem: Problem) => void
}

export class TrackWorkers {
  readonly feeds = new Map<string, RemoteTrack>()
  readonly #members: { readonly ring: TrackRing; readonly left: Promise<unknown> }[] = []
  #problem: unknown
  #wake: () => void = () => {}

  constructor(options: TrackWorkersOptions) {
    const { plan, kernels, fromFrame, plugins } = options
    for (const [group, tracks] of options.groups.entries()) {
      const memory = allocateRing({ hasPreFader: tracks.map((track) => track.sends.some((send) => send.isPreFader)) })
      const ring = new TrackRing(memory)
      tracks.forEach((track, index) => {
        this.feeds.set(track.id, new RemoteTrack(kernels, ring, index, fromFrame, chainLatency(options, track)))
      })
      const job: WorkerJob = {
        module: kernelsModule(),
        plan: { ...plan, tracks },
        trackIds: tracks.map((track) => track.id),
        cacheDir: options.cacheDir,
        fromFrame,
        ring: memory,
        skipsSilence: options.skipsSilence,
        deviceModule: options.deviceModule,
        ...(plugins ? { plugins: plugins.handOver(group) } : {}),
      }
      const worker = new Worker(workerEntry(import.meta, 'engine-worker'), { workerData: job, resourceLimits: SOUND_THREAD_LIMITS })
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'warning') options.onWarning(message.problem)
        else if (message.kind === 'failed') this.#fail(new ProblemError(message.problem))
        else this.#wake()
      })
      worker.on('error', (error) => this.#fail(error))
      this.#members.push({ ring, left: new Promise((resolve) => worker.once('exit', resolve)) })
    }
  }

  /** Resolves when every worker has delivered the cell; throws what one of them failed with. */
  async ready(cell: number): Promise<void> {
    for (;;) {
      if (this.#problem !== undefined) throw this.#problem
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      if (this.#members.every(({ ring }) => ring.isReady(cell))) return
      await woken
    }
  }

  release(cell: number): void {
    for (const { ring } of this.#members) ring.release(cell)
  }

  /** Threads leave by themselves: terminating one that is just starting can hang the process. */
  async dispose(): Promise<void> {
    for (const { ring } of this.#members) ring.end()
    await Promise.all(this.#members.map(({ left }) => left))
  }

  #fail(problem: unknown): void {
    this.#problem ??= problem
    this.#wake()
  }
}

/** Latency is what the processors say; asked here, since the tracks themselves live in the workers. */
const chainLatency = ({ kernels, makeDevice, plugins }: TrackWorkersOptions, track: PlanTrack): number =>
  track.devices.reduce((sum, device) => {
    if (device.kind === 'plugin') return sum + (plugins?.latencyOf(device.deviceId) ?? 0)
    const processor = makeDevice(kernels, device, REMIX_SAMPLE_RATE)
    const { latencyFrames } = processor
    processor.dispose()
    return sum + latencyFrames
  }, 0)

/** What a frame costs, in nanoseconds on the machine this was measured on; only the proportions matter, and only for speed. */
const READ_COST = 2
const HAND_OVER_COST = 1
const MASTER_COST = 14
const DEVICE_COSTS: Readonly<Record<DeviceKind | 'plugin', number>> = {
  eq: 4,
  compressor: 7,
  reverb: 21,
  delay: 5,
  saturation: 8,
  filter: 3,
  limiter: 9,
  plugin: 40,
}

const deviceCost = (track: PlanTrack): number =>
  track.devices.reduce((sum, device) => sum + (device.isEnabled ? DEVICE_COSTS[device.kind] : 0), 0)

/**
 * The tracks of each helper thread: heaviest first, always to the thread with least to do. The calling thread counts as one of them; what it
 * has to do anyway (buses, master, measuring) is its head start, and tracks that fall to it are in no group.
 */
export const spreadTracks = (plan: RenderPlan, threads: number): PlanTrack[][] => {
  const weigh = (track: PlanTrack): number =>
    track.isAudible ? track.clips.reduce((sum, clip) => sum + clip.lengthFrames, 0) * (READ_COST + deviceCost(track)) : 0
  const tracks = plan.tracks.filter((track) => track.kind === 'audio').map((track) => ({ track, weight: weigh(track) }))
  const mixing = plan.tracks.reduce((sum, track) => sum + (track.kind === 'audio' ? HAND_OVER_COST : deviceCost(track)), MASTER_COST)
  // Handing over what a track reads costs as much as reading it: only devices are worth another thread.
  // What listens to another track has to run beside it.
  const isLight = (track: PlanTrack): boolean => deviceCost(track) === 0 || sidechainsOf(track).length > 0
  const light = tracks.filter(({ track }) => isLight(track)).reduce((sum, { weight }) => sum + weight, 0)
  const here = { weight: mixing * plan.lengthFrames + light, tracks: [] as PlanTrack[] }
  const helpers = Array.from({ length: threads - 1 }, () => ({ weight: 0, tracks: [] as PlanTrack[] }))
  for (const { track, weight } of tracks.filter(({ track }) => !isLight(track)).sort((a, b) => b.weight - a.weight)) {
    const lightest = [...helpers, here].reduce((least, group) => (group.weight < least.weight ? group : least))
    lightest.weight += weight
    lightest.tracks.push(track)
  }
  return helpers.map((group) => group.tracks).filter((group) => group.length > 0)
}
