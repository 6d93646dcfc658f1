// Plays samples: pitched, shaped, panned, reversed; each is brought to full scale first, so that gains mean the same for all.
import { panGains, SAMPLE_RATE, type Stereo } from './stereo.ts'
import type { Sample } from './samples.ts'

export interface PlayOptions {
  readonly frame: number
  readonly gain: number
  readonly semitones?: number
  readonly pan?: number
  /** Seconds until it is faded out, over `fadeSeconds`; default the whole sample. */
  readonly holdSeconds?: number
  readonly fadeSeconds?: number
  readonly attackSeconds?: number
  /** Played backwards so that it ends at `frame`. */
  readonly isReversed?: boolean
  /** A one-pole low-pass, for softer hits. */
  readonly lowpassHz?: number
  /** Skip into the sample, in seconds after its onset. */
  readonly fromSeconds?: number
}

/** Adds a sample into `target`; its audible onset (or, reversed, its end) is at `frame`. Four-point Hermite interpolation. */
export const playSample = (target: Stereo, sample: Sample, options: PlayOptions): void => {
  const rate = (sample.sampleRate / SAMPLE_RATE) * 2 ** ((options.semitones ?? 0) / 12)
  const origin = sample.onset + (options.fromSeconds ?? 0) * sample.sampleRate
  const available = Math.floor((sample.left.length - 3 - origin) / rate)
  const fade = Math.round((options.fadeSeconds ?? 0.01) * SAMPLE_RATE)
  const frames = Math.min(available, options.holdSeconds === undefined ? available : Math.round(options.holdSeconds * SAMPLE_RATE) + fade)
  if (frames <= 0) return
  const [panLeft, panRight] = panGains(options.pan ?? 0)
  const gain = options.gain / sample.peak
  const attack = Math.max(
    sample.onset > 0 || options.fromSeconds !== undefined ? 16 : 1,
    Math.round((options.attackSeconds ?? 0) * SAMPLE_RATE),
  )
  const smooth = options.lowpassHz === undefined ? 1 : 1 - Math.exp((-2 * Math.PI * options.lowpassHz) / SAMPLE_RATE)
  let lowLeft = 0
  let lowRight = 0
  const start = options.isReversed === true ? options.frame - frames : options.frame
  for (let n = 0; n < frames; n++) {
    const at = start + n
    const played = options.isReversed === true ? frames - 1 - n : n
    const position = origin + played * rate
    const index = Math.floor(position)
    const part = position - index
    let envelope = 1
    if (played < attack) envelope = (played + 1) / (attack + 1)
    const rest = frames - played
    if (rest < fade) envelope *= rest / fade
    lowLeft += smooth * (hermite(sample.left, index, part) - lowLeft)
    lowRight += smooth * (hermite(sample.right, index, part) - lowRight)
    if (at < 0 || at >= target.left.length) continue
    target.left[at] = (target.left[at] as number) + lowLeft * envelope * gain * panLeft
    target.right[at] = (target.right[at] as number) + lowRight * envelope * gain * panRight
  }
}

const hermite = (data: Float32Array, index: number, part: number): number => {
  const a = index > 0 ? (data[index - 1] as number) : 0
  const b = data[index] as number
  const c = data[index + 1] as number
  const d = data[index + 2] as number
  const c1 = 0.5 * (c - a)
  const c2 = a - 2.5 * b + 2 * c - 0.5 * d
  const c3 = 0.5 * (d - a) + 1.5 * (b - c)
  return ((c3 * part + c2) * part + c1) * part + b
}
