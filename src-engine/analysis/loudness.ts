// Loudness by ITU-R BS.1770-4 and EBU Tech 3341/3342, measured while blocks stream by. All arithmetic is in the kernels, so a loudness target
// leads to the same gain on every machine.
import type { Kernels } from '../kernels/index.ts'

/** Loudness of everything pushed so far. Silence is -Infinity. */
export interface LoudnessMeter {
  /** A stereo block in kernel memory; not changed. */
  push(left: number, right: number, frames: number): void
  integratedLufs(): number
  /** Of the last 400 ms. */
  momentaryLufs(): number
  /** Of the last 3 s. */
  shortTermLufs(): number
  maxMomentaryLufs(): number
  maxShortTermLufs(): number
  /** Loudness range in LU. */
  rangeLu(): number
  /** dBTP, by the four-times interpolator of BS.1770-4 Annex 2. */
  truePeakDb(): number
  samplePeakDb(): number
  dispose(): void
}

const MOMENTARY_STEPS = 4
const SHORT_TERM_STEPS = 30

/** A meter at zero. Works in 100 ms steps: what has not filled a step yet counts for the peaks only. */
export const createLoudnessMeter = (kernels: Kernels, sampleRate: number): LoudnessMeter => {
  const { raw } = kernels
  const meter = raw.loudnessCreate(sampleRate)
  let isDisposed = false
  return {
    push: (left, right, frames) => raw.loudnessPush(meter, left, right, frames),
    integratedLufs: () => raw.loudnessIntegrated(meter),
    momentaryLufs: () => raw.loudnessRecent(meter, MOMENTARY_STEPS),
    shortTermLufs: () => raw.loudnessRecent(meter, SHORT_TERM_STEPS),
    maxMomentaryLufs: () => raw.loudnessMaximum(meter, MOMENTARY_STEPS),
    maxShortTermLufs: () => raw.loudnessMaximum(meter, SHORT_TERM_STEPS),
    rangeLu: () => raw.loudnessRange(meter),
    truePeakDb: () => raw.dbOfGain(raw.loudnessTruePeak(meter)),
    samplePeakDb: () => raw.dbOfGain(raw.loudnessSamplePeak(meter)),
    dispose() {
      if (isDisposed) return
      isDisposed = true
      raw.loudnessDispose(meter)
    },
  }
}
