// Spreads the audio tracks of a render over threads. Which thread renders a track changes nothing: the mix sums them in plan order.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { REMIX_SAMPLE_RATE, type PlanTrack, type RenderPlan } from '../../src-shared/remix/index.ts'
import { type Problem, ProblemError } from '../../src-shared/std/index.ts'
import type { Kernels } from '../kernels/index.ts'
import type { StereoBlock } from './channel.ts'
import { CELL_FRAMES, type MakeDevice } from './context.ts'
import type { TrackFeed } from './track-feed.ts'
import { allocateRing, TrackRing } from './track-ring.ts'
import type { FromWorker, WorkerJob } from './worker.ts'

/** A `.ts` beside this file in source; one flat folder of `.js` when bundled, where this module may sit in a chunk below it. */
const workerEntry = (): string => {
  const here = import.meta.dirname
  if (import.meta.filename.endsWith('.ts')) return join(here, 'worker.ts')
  const beside = join(here, 'engine-worker.js')
  return existsSync(beside) ? beside : join(dirname(here), 'engine-worker.js')
}

/** A track that a worker renders. */
class RemoteTrack implements TrackFeed {
  readonly outputLatency: number
  soundsUntil = Number.NEGATIVE_INFINITY
  isRunning = false
  readonly #kernels: Kernels
  readonly #ring: TrackRing
  readonly #index: number
  readonly #fromFrame: number
  #cell = 0

  constructor(kernels: Kernels, ring: TrackRing, index: number, fromFrame: number, outputLatency: number) {
    this.#kernels = kernels
    this.#ring = ring
    this.#index = index
    this.#fromFrame = fromFrame
    this.outputLatency = outputLatency
  }

  beginCell(frame: number): void {
    this.#cell = (frame - this.#fromFrame) / CELL_FRAMES
    this.isRunning = this.#ring.isRunning(this.#cell, this.#index)
    this.soundsUntil = this.#ring.soundsUntil(this.#cell, this.#index)
  }

  render(block: StereoBlock, preFader: StereoBlock | undefined, frame: number, frames: number): void {
    const offset = (frame - this.#fromFrame) % CELL_FRAMES
    const pointers = preFader ? [block.left, block.right, preFader.left, preFader.right] : [block.left, block.right]
    pointers.forEach((to, channel) => {
      this.#kernels.f32(to, frames).set(this.#ring.channel(this.#cell, this.#index, channel, offset, frames))
    })
  }
}

export interface TrackWorkersOptions {
  readonly plan: RenderPlan
  readonly cacheDir: string
  readonly fromFrame: number
  readonly threads: number
  readonly kernels: Kernels
  readonly makeDevice: MakeDevice
  readonly deviceModule: string | null
  readonly skipsSilence: boolean
  readonly onWarning: (problem: Problem) => void
}

export class TrackWorkers {
  readonly feeds = new Map<string, TrackFeed>()
  readonly #members: { readonly worker: Worker; readonly ring: TrackRing }[] = []
  #problem: unknown
  #wake: () => void = () => {}

  constructor(options: TrackWorkersOptions) {
    const { plan, kernels, fromFrame } = options
    for (const tracks of spread(plan, options.threads)) {
      const memory = allocateRing({ hasPreFader: tracks.map((track) => track.sends.some((send) => send.isPreFader)) })
      const ring = new TrackRing(memory)
      tracks.forEach((track, index) => {
        this.feeds.set(track.id, new RemoteTrack(kernels, ring, index, fromFrame, chainLatency(options, track)))
      })
      const job: WorkerJob = {
        plan: { ...plan, tracks },
        trackIds: tracks.map((track) => track.id),
        cacheDir: options.cacheDir,
        fromFrame,
        ring: memory,
        skipsSilence: options.skipsSilence,
        deviceModule: options.deviceModule,
      }
      const worker = new Worker(workerEntry(), { workerData: job })
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'warning') options.onWarning(message.problem)
        else if (message.kind === 'failed') this.#fail(new ProblemError(message.problem))
        else this.#wake()
      })
      worker.on('error', (error) => this.#fail(error))
      this.#members.push({ worker, ring })
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

  async dispose(): Promise<void> {
    await Promise.all(this.#members.map(({ worker }) => worker.terminate()))
  }

  #fail(problem: unknown): void {
    this.#problem ??= problem
    this.#wake()
  }
}

/** Latency is what the processors say; asked here, since the tracks themselves live in the workers. */
const chainLatency = ({ kernels, makeDevice }: TrackWorkersOptions, track: PlanTrack): number =>
  track.devices.reduce((sum, device) => {
    const processor = makeDevice(kernels, device, REMIX_SAMPLE_RATE)
    const { latencyFrames } = processor
    processor.dispose()
    return sum + latencyFrames
  }, 0)

/** Heaviest track first, always to the thread with least to do. */
const spread = (plan: RenderPlan, threads: number): PlanTrack[][] => {
  const weigh = (track: PlanTrack): number =>
    track.isAudible
      ? track.clips.reduce((sum, clip) => sum + clip.lengthFrames, 1) * (1 + 2 * track.devices.filter((device) => device.isEnabled).length)
      : 0
  const tracks = plan.tracks.filter((track) => track.kind === 'audio').map((track) => ({ track, weight: weigh(track) }))
  const groups = Array.from({ length: Math.min(threads, tracks.length) }, () => ({ weight: 0, tracks: [] as PlanTrack[] }))
  for (const { track, weight } of tracks.sort((a, b) => b.weight - a.weight)) {
    const lightest = groups.reduce((least, group) => (group.weight < least.weight ? group : least))
    lightest.weight += weight
    lightest.tracks.push(track)
  }
  return groups.map((group) => group.tracks)
}
