// Plays one recording at any pitch: a windowed sinc that reads between the samples and, when it plays faster, leaves out what would alias.
import { Envelope, type EnvelopeShape } from './envelope.ts'
import { exp2, sinTurns } from './exact-math.ts'
import { loadSample, type Sample } from './samples.ts'
import { scaled } from './synth.ts'
import { type MakeVoice, type Parameters, RATE, type Tone, type Voice } from './voice.ts'

export interface SamplerPatch {
  readonly sample: string
  /** MIDI pitch of the recording as it is, measured once. */
  readonly root: number
  /** Seconds; the stretch that repeats while a note is held, joined by a crossfade. Null plays to the end. */
  readonly loop: { readonly from: number; readonly to: number; readonly fade: number } | null
  readonly amplitude: EnvelopeShape
  readonly gain: number
}

const HALF_TAPS = 8
const MOST_HALF_TAPS = 64
const PHASES = 512
const PI = Math.PI
const KAISER_BETA = 9

/** Modified Bessel function of the first kind, order 0. */
const besselI0 = (x: number): number => {
  let term = 1
  let sum = 1
  for (let n = 1; n < 40; n++) {
    term *= (x / (2 * n)) * (x / (2 * n))
    sum += term
  }
  return sum
}

interface Kernel {
  readonly half: number
  /** PHASES + 1 rows of 2 * half taps. */
  readonly taps: Float64Array
}

const kernels = new Map<number, Kernel>()

/** Taps for one speed; notes are whole semitones apart, so there are few. */
const kernelOf = (ratio: number): Kernel => {
  const cut = ratio > 1 ? 1 / ratio : 1
  const known = kernels.get(cut)
  if (known) return known
  const half = Math.min(MOST_HALF_TAPS, Math.ceil(HALF_TAPS / cut))
  const width = half * 2
  const taps = new Float64Array((PHASES + 1) * width)
  const scale = besselI0(KAISER_BETA)
  for (let phase = 0; phase <= PHASES; phase++) {
    let sum = 0
    for (let tap = 0; tap < width; tap++) {
      const x = tap - (half - 1) - phase / PHASES
      const edge = 1 - (x / half) * (x / half)
      const window = edge <= 0 ? 0 : besselI0(KAISER_BETA * Math.sqrt(edge)) / scale
      const y = x * cut * 0.94
      const value = (Math.abs(y) < 1e-9 ? 1 : sinTurns(y / 2) / (PI * y)) * window
      taps[phase * width + tap] = value
      sum += value
    }
    for (let tap = 0; tap < width; tap++) taps[phase * width + tap] = (taps[phase * width + tap] as number) / sum
  }
  const kernel = { half, taps }
  kernels.set(cut, kernel)
  return kernel
}

/** A recording laid out to be read: its onset at the front, its loop joined. */
interface Strip {
  readonly left: Float32Array
  readonly right: Float32Array
  readonly loopFrom: number
  readonly loopTo: number
}

/** Zeros before and after, so that the widest kernel may look there. */
const MARGIN = MOST_HALF_TAPS * 2

/** Some recordings were cut while they still sounded. */
const END_FADE = 480

const stripOf = (sample: Sample, { loop }: SamplerPatch): Strip => {
  const lay = (side: Float32Array): Float32Array => {
    const length = loop ? sample.onset + Math.round(loop.to * RATE) : side.length
    const strip = new Float32Array(MARGIN + length - sample.onset + MARGIN)
    strip.set(side.subarray(sample.onset, length), MARGIN)
    const end = MARGIN + length - sample.onset
    if (!loop) for (let n = 1; n <= END_FADE; n++) strip[end - n] = ((strip[end - n] ?? 0) * n) / END_FADE
    return strip
  }
  const left = lay(sample.left)
  const right = sample.right === sample.left ? left : lay(sample.right)
  if (!loop) return { left, right, loopFrom: 0, loopTo: 0 }
  const loopFrom = MARGIN + Math.round(loop.from * RATE)
  const loopTo = MARGIN + Math.round(loop.to * RATE)
  const fade = Math.round(loop.fade * RATE)
  for (const side of new Set([left, right])) {
    // The end of the loop becomes what comes before its start, so that going back is no seam; equal in power, since the two are not alike.
    for (let n = 0; n < fade; n++) {
      const share = (n + 1) / fade
      const at = loopTo - fade + n
      side[at] = (side[at] as number) * Math.sqrt(1 - share) + (side[loopFrom - fade + n] as number) * Math.sqrt(share)
    }
    // What the kernel sees beyond the end is the start again.
    for (let n = 0; n < MARGIN; n++) side[loopTo + n] = side[loopFrom + n] as number
  }
  return { left, right, loopFrom, loopTo }
}

/** Loads the recording; the answer makes voices of it. */
export const sampled = async (patch: SamplerPatch): Promise<MakeVoice> => {
  const sample = await loadSample(patch.sample)
  const strip = stripOf(sample, patch)
  return (tone, parameters) => new SampledVoice(patch, { strip, peak: sample.peak, tone, parameters })
}

interface VoiceOf {
  readonly strip: Strip
  readonly peak: number
  readonly tone: Tone
  readonly parameters: Parameters
}

class SampledVoice implements Voice {
  readonly #strip: Strip
  readonly #ratio: number
  readonly #kernel: Kernel
  readonly #amplitude: Envelope
  readonly #gain: number
  readonly #own: number
  readonly #other: number
  /** One-pole low pass for dark settings; 1 lets everything through. */
  readonly #open: number
  #position = MARGIN
  #isOver = false
  #l = 0
  #r = 0

  constructor(patch: SamplerPatch, { strip, peak, tone, parameters }: VoiceOf) {
    this.#strip = strip
    this.#ratio = exp2((tone.pitch - patch.root) / 12)
    this.#kernel = kernelOf(this.#ratio)
    this.#amplitude = new Envelope(scaled(patch.amplitude, parameters), RATE)
    this.#gain = (patch.gain * tone.level) / Math.max(1e-3, peak)
    // Width 0 gives both sides to both; at 1 each keeps its own.
    this.#own = (1 + parameters.width) / 2
    this.#other = 1 - this.#own
    const softness = Math.max(0, -parameters.brightness) + 0.35 * (1 - tone.force) - Math.max(0, parameters.brightness) * 0.35
    this.#open = softness <= 0 ? 1 : 1 - exp2(-exp2(1.5 - 4 * softness))
  }

  get isDone(): boolean {
    return this.#isOver || this.#amplitude.isDone
  }

  get isReleased(): boolean {
    return this.#amplitude.isReleased
  }

  release(): void {
    this.#amplitude.release()
  }

  stop(): void {
    this.#amplitude.stop()
  }

  add(left: Float64Array, right: Float64Array, at: number, frames: number): void {
    const { left: inLeft, right: inRight, loopFrom, loopTo } = this.#strip
    const isMono = inLeft === inRight
    const { half, taps } = this.#kernel
    const width = half * 2
    const end = inLeft.length - MARGIN
    for (let n = at; n < at + frames && !this.isDone; n++) {
      const whole = Math.floor(this.#position)
      const place = (this.#position - whole) * PHASES
      const row = Math.floor(place)
      const share = place - row
      const first = row * width
      const start = whole - half + 1
      let l = 0
      let r = 0
      for (let tap = 0; tap < width; tap++) {
        const low = taps[first + tap] as number
        const weight = low + ((taps[first + width + tap] as number) - low) * share
        l += weight * (inLeft[start + tap] as number)
        if (!isMono) r += weight * (inRight[start + tap] as number)
      }
      if (isMono) r = l
      this.#l += (l - this.#l) * this.#open
      this.#r += (r - this.#r) * this.#open
      const gain = this.#amplitude.next() * this.#gain
      left[n] = (left[n] as number) + (this.#l * this.#own + this.#r * this.#other) * gain
      right[n] = (right[n] as number) + (this.#r * this.#own + this.#l * this.#other) * gain
      this.#position += this.#ratio
      if (loopTo > 0) {
        if (this.#position >= loopTo) this.#position -= loopTo - loopFrom
      } else if (this.#position >= end) this.#isOver = true
    }
  }
}
