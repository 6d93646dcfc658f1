// The last steps of every stem: no direct current, level, a ceiling, soft ends, 16 bits.
import { filter, fromDb, SAMPLE_RATE, type Stereo } from './synthesis/index.ts'

/** No stem goes above this. */
export const CEILING_DB = -3.2

/** Below this, for this long, is silence: exact zeros, which cost nothing to store or to play. */
const SILENCE = 2 ** -16
const SILENT_FRAMES = 4_800

export interface FinishedStem {
  readonly left: Int16Array
  readonly right: Int16Array
}

/** Masters a stem to 16 bits with triangular dither; `seed` makes the dither. */
export const finishStem = (stem: Stereo, gainDb: number, seed: string): FinishedStem => {
  filter(stem, 'highpass', 18)
  const frames = stem.left.length
  const gain = fromDb(gainDb)
  const ceiling = fromDb(CEILING_DB)
  const knee = ceiling * 0.75
  const fadeIn = Math.round(0.002 * SAMPLE_RATE)
  const fadeOut = Math.round(0.6 * SAMPLE_RATE)
  for (const channel of [stem.left, stem.right]) {
    for (let n = 0; n < frames; n++) {
      let value = (channel[n] as number) * gain
      if (n < fadeIn) value *= n / fadeIn
      if (frames - n <= fadeOut) value *= ((frames - n - 1) / fadeOut) ** 2
      const size = Math.abs(value)
      // Above the knee the curve bends towards the ceiling and never reaches it.
      if (size > knee) value = Math.sign(value) * (knee + (ceiling - knee) * Math.tanh((size - knee) / (ceiling - knee)))
      channel[n] = value
    }
  }
  const left = new Int16Array(frames)
  const right = new Int16Array(frames)
  let state = 1
  for (let i = 0; i < seed.length; i++) state = (Math.imul(state, 31) + seed.charCodeAt(i)) | 0
  // Two 16-bit halves of one step of a linear congruential generator, as one triangular value in ±1.
  const dither = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    const first = state >>> 16
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (first - (state >>> 16)) / 65536
  }
  for (let start = 0; start < frames; ) {
    let end = start
    while (end < frames && Math.abs(stem.left[end] as number) < SILENCE && Math.abs(stem.right[end] as number) < SILENCE) end++
    if (end - start >= SILENT_FRAMES) {
      start = end
      continue
    }
    end = Math.min(frames, Math.max(end, start + 1))
    for (; start < end; start++) {
      const a = stem.left[start] as number
      const b = stem.right[start] as number
      const noise = dither()
      left[start] = Math.floor(a * 32767 + noise + 0.5)
      // Where both sides are one, so is their dither: a mono stem stays mono.
      right[start] = a === b ? (left[start] as number) : Math.floor(b * 32767 + dither() + 0.5)
    }
  }
  return { left, right }
}
