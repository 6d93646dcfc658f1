// Noise, shaped: shakers, risers, falls, sea and wind.
import { gaussian, type Random } from '../random.ts'
import type { Grid } from '../score.ts'
import { panGains, SAMPLE_RATE, type Stereo } from './stereo.ts'

/** A band of noise whose centre and level move; `hzAt` and `levelAt` are asked with 0 … 1 over its length. */
export interface NoiseSweep {
  readonly startBeat: number
  readonly lengthBeats: number
  readonly hzAt: (part: number) => number
  readonly levelAt: (part: number) => number
  /** 0.5 broad … 4 narrow. */
  readonly q: number
  readonly width: number
  /** Pink noise has its highs tamed. */
  readonly isPink?: boolean
}

/** Adds a sweep into `target`. */
export const playSweep = (target: Stereo, sweep: NoiseSweep, grid: Grid, random: Random): void => {
  const start = grid.frameAt(sweep.startBeat)
  const frames = Math.min(target.left.length - start, Math.round(sweep.lengthBeats * grid.secondsPerBeat * SAMPLE_RATE))
  const state = new Float64Array(4)
  const pink = new Float64Array(6)
  let g = 0
  let level = 0
  let step = 0
  const k = 1 / sweep.q
  for (let n = 0; n < frames; n++) {
    if ((n & 63) === 0) {
      g = Math.tan((Math.PI * Math.min(18_000, Math.max(20, sweep.hzAt(n / frames)))) / SAMPLE_RATE)
      step = (sweep.levelAt(Math.min(1, (n + 64) / frames)) - level) / 64
    }
    level += step
    const common = random() * 2 - 1
    for (let side = 0; side < 2; side++) {
      let input = common * (1 - sweep.width) + (random() * 2 - 1) * sweep.width
      if (sweep.isPink === true) {
        // P. Kellet's economy filter.
        const o = side * 3
        pink[o] = 0.99765 * (pink[o] as number) + input * 0.099046
        pink[o + 1] = 0.963 * (pink[o + 1] as number) + input * 0.2965164
        pink[o + 2] = 0.57 * (pink[o + 2] as number) + input * 1.0526913
        input = ((pink[o] as number) + (pink[o + 1] as number) + (pink[o + 2] as number) + input * 0.1848) * 0.3
      }
      const a1 = 1 / (1 + g * (g + k))
      const v3 = input - (state[side * 2 + 1] as number)
      const v1 = a1 * ((state[side * 2] as number) + g * v3)
      const v2 = (state[side * 2 + 1] as number) + g * v1
      state[side * 2] = 2 * v1 - (state[side * 2] as number)
      state[side * 2 + 1] = 2 * v2 - (state[side * 2 + 1] as number)
      const channel = side === 0 ? target.left : target.right
      channel[start + n] = (channel[start + n] as number) + v1 * k * level
    }
  }
}

/** A shaker stroke: two grains of high noise, the second louder on accents. */
export const playShaker = (target: Stereo, beat: number, velocity: number, pan: number, grid: Grid, random: Random): void => {
  const start = Math.max(0, grid.frameAt(beat) + Math.round(gaussian(random) * 0.002 * SAMPLE_RATE))
  const frames = Math.min(target.left.length - start, Math.round(0.09 * SAMPLE_RATE))
  const [left, right] = panGains(pan)
  let low = 0
  let lower = 0
  const attack = 0.012 * SAMPLE_RATE
  for (let n = 0; n < frames; n++) {
    const white = random() * 2 - 1
    low += 0.75 * (white - low)
    lower += 0.42 * (low - lower)
    const rise = n < attack ? (n / attack) ** 2 : Math.exp(-(n - attack) / (0.014 * SAMPLE_RATE))
    const value = (low - lower) * rise * velocity * 0.5
    target.left[start + n] = (target.left[start + n] as number) + value * left
    target.right[start + n] = (target.right[start + n] as number) + value * right
  }
}
