// What a render says about its master: the hash that names the sound, its fingerprint, and its loudness.
import type { LoudnessReport } from '../../src-shared/protocol/index.ts'
import { storedFingerprint } from '../../src-shared/receipts/index.ts'
import { REMIX_SAMPLE_RATE } from '../../src-shared/remix/index.ts'
import { createFingerprinter, createLoudnessMeter, type Fingerprinter, type LoudnessMeter } from '../analysis/index.ts'
import type { Kernels } from '../kernels/index.ts'
import type { StereoBlock } from './channel.ts'
import { FloatHash } from './float-hash.ts'

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
/** Peaks of silence are given as the quietest level a fader knows. */
const SILENCE_DB = -144

export const reportLoudness = (meter: LoudnessMeter): LoudnessReport => ({
  integratedLufs: finite(meter.integratedLufs()),
  rangeLu: finite(meter.rangeLu()),
  momentaryMaxLufs: finite(meter.maxMomentaryLufs()),
  shortTermMaxLufs: finite(meter.maxShortTermLufs()),
  truePeakDb: Math.max(SILENCE_DB, meter.truePeakDb()),
  samplePeakDb: Math.max(SILENCE_DB, meter.samplePeakDb()),
})

/** What is said of a master. */
export interface MasterReport {
  readonly pcmSha256: string
  /** Null where there is too little to know the sound by. */
  readonly fingerprint: string | null
  readonly loudness: LoudnessReport
}

/** Listens to the master of a render that runs in the same kernels. */
export class MasterMeasure {
  readonly #hash: FloatHash
  readonly #meter: LoudnessMeter
  readonly #fingerprinter: Fingerprinter

  constructor(kernels: Kernels) {
    this.#hash = new FloatHash(kernels)
    this.#meter = createLoudnessMeter(kernels, REMIX_SAMPLE_RATE)
    this.#fingerprinter = createFingerprinter(kernels, REMIX_SAMPLE_RATE)
  }

  push(block: StereoBlock, frames: number): void {
    this.#hash.update(block, frames)
    this.#meter.push(block.left, block.right, frames)
    this.#fingerprinter.push(block.left, block.right, frames)
  }

  /** Once, at the end. */
  finish(): MasterReport {
    return {
      pcmSha256: this.#hash.digest(),
      fingerprint: storedFingerprint(this.#fingerprinter.finish()),
      loudness: reportLoudness(this.#meter),
    }
  }
}
