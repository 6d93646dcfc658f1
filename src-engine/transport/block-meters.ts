// Levels of what is played, gathered block by block and told when the block is heard.
import type { MeterFrame, TrackMeter } from '../../src-shared/protocol/index.ts'
import { type LoudnessMeter, createLoudnessMeter } from '../analysis/index.ts'
import type { Kernels } from '../kernels/index.ts'
import type { StereoBlock } from '../render/index.ts'
import { REMIX_SAMPLE_RATE, type RenderPlan } from '../../src-shared/remix/index.ts'

interface Level {
  peakLeft: number
  peakRight: number
  energyLeft: number
  energyRight: number
  frames: number
}

const newLevel = (): Level => ({ peakLeft: 0, peakRight: 0, energyLeft: 0, energyRight: 0, frames: 0 })
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
const rms = (energy: number, frames: number): number => (frames === 0 ? 0 : Math.sqrt(energy / frames))

export class BlockMeters {
  readonly #kernels: Kernels
  #loudness: LoudnessMeter
  #tracks: Level[] = []
  #master = newLevel()

  constructor(kernels: Kernels) {
    this.#kernels = kernels
    this.#loudness = createLoudnessMeter(kernels, REMIX_SAMPLE_RATE)
  }

  /** Playback starts anew: held values and integrated loudness start over. */
  restart(): void {
    this.#loudness.dispose()
    this.#loudness = createLoudnessMeter(this.#kernels, REMIX_SAMPLE_RATE)
    this.#tracks = []
    this.#master = newLevel()
  }

  track(index: number, block: StereoBlock, frames: number): void {
    this.#tracks[index] ??= newLevel()
    this.#add(this.#tracks[index], block, frames)
  }

  master(block: StereoBlock, frames: number): void {
    this.#add(this.#master, block, frames)
    this.#loudness.push(block.left, block.right, frames)
  }

  /** Everything since the last call. */
  take(plan: RenderPlan, frame: number, gainReductionDb: number): MeterFrame {
    const tracks: TrackMeter[] = []
    for (const [index, track] of plan.tracks.entries()) {
      if (track.kind === 'master') continue
      tracks.push({ trackId: track.id, ...describe(this.#tracks[index] ?? newLevel()) })
    }
    const master = describe(this.#master)
    this.#tracks = []
    this.#master = newLevel()
    const loudness = this.#loudness
    return {
      frame,
      tracks,
      master: {
        ...master,
        truePeakDb: finite(loudness.truePeakDb()),
        momentaryLufs: finite(loudness.momentaryLufs()),
        shortTermLufs: finite(loudness.shortTermLufs()),
        integratedLufs: finite(loudness.integratedLufs()),
        gainReductionDb,
      },
    }
  }

  #add(level: Level, block: StereoBlock, frames: number): void {
    const { raw } = this.#kernels
    level.peakLeft = Math.max(level.peakLeft, raw.peakOf(block.left, frames))
    level.peakRight = Math.max(level.peakRight, raw.peakOf(block.right, frames))
    level.energyLeft += raw.energyOf(block.left, frames)
    level.energyRight += raw.energyOf(block.right, frames)
    level.frames += frames
  }
}

const describe = (level: Level) => ({
  peakLeft: level.peakLeft,
  peakRight: level.peakRight,
  rmsLeft: rms(level.energyLeft, level.frames),
  rmsRight: rms(level.energyRight, level.frames),
})
