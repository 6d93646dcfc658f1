// A whole sound through a model of the user's: cut into overlapping pieces, each through the model, crossfaded, mixed with the original by strength. The
// model's answers are checked: of the right length, numbers, and not louder than sound can be.
import type { OwnModelFacts } from '../../src-shared/protocol/index.ts'
import { err, ok, type Problem, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { createResampler, loadKernels, type Resampler } from '../kernels/index.ts'
import { type LoadedModel, openModel, type Patience } from './model-process.ts'
import { STEM_RATE } from './read-mono.ts'
import type { ReadSound, SoundBlock, SoundBlocks } from '../sound-blocks.ts'

export interface ModelRun {
  readonly path: string
  /** What the document names; a file with other content is not run. */
  readonly modelSha256: string
  readonly read: ReadSound
  /** At 48 kHz; the result is as long. */
  readonly lengthFrames: number
  /** 0 is the sound as it was, 1000 the model's alone. */
  readonly strengthPermille: number
  readonly signal?: AbortSignal | undefined
  /** 0..1, rising. */
  readonly onProgress?: ((fraction: number) => void) | undefined
  readonly patience?: Patience | undefined
}

/** Seconds a model that takes any length is given at a time. */
const PIECE_SECONDS = 5
const MOST_OVERLAP_SECONDS = 0.25
/** 40 dB above full scale: no model means that. */
const LOUDEST = 100

/**
 * Runs the model over the sound. Throws `ProblemError`: `ai.cancelled`, `ai.model_changed`, `ai.model_refused`, `ai.model_slow`, `ai.model_failed`,
 * `ai.model_output`.
 */
export async function* runModel(job: ModelRun): SoundBlocks {
  const model = await openModel(job.path, job.signal, job.patience)
  try {
    if (model.sha256 !== job.modelSha256)
      throw new ProblemError({
        code: 'ai.model_changed',
        message: 'The model file is another one than the remix names. Choose the right file, or make the sound anew with this one.',
      })
    const strength = Math.max(0, Math.min(1, job.strengthPermille / 1_000))
    let done = 0
    const dry = { left: new Float32Array(0), right: new Float32Array(0) }
    for await (const wet of wetBlocks(model, job)) {
      if (dry.left.length < wet.frames) {
        dry.left = new Float32Array(wet.frames)
        dry.right = new Float32Array(wet.frames)
      }
      job.read(done, wet.frames, dry.left, dry.right)
      mix(wet.left, dry.left, strength, wet.frames)
      mix(wet.right, dry.right, strength, wet.frames)
      done += wet.frames
      job.onProgress?.(done / job.lengthFrames)
      yield wet
    }
  } finally {
    await model.close()
  }
}

const mix = (wet: Float32Array, dry: Float32Array, strength: number, frames: number): void => {
  for (let i = 0; i < frames; i++) wet[i] = (wet[i] as number) * strength + (dry[i] as number) * (1 - strength)
}

/** Channels the model works on at once, and how often it is asked for stereo. */
const channelsOf = ({ port }: LoadedModel): 1 | 2 => port.channels ?? 2

async function* wetBlocks(model: LoadedModel, { read, lengthFrames }: ModelRun): SoundBlocks {
  const { sampleRate, frames: fixedFrames } = model.port
  const kernels = loadKernels()
  const into = sampleRate === STEM_RATE ? undefined : createResampler(kernels, STEM_RATE, sampleRate)
  const out = sampleRate === STEM_RATE ? undefined : createResampler(kernels, sampleRate, STEM_RATE)
  try {
    const total = Math.round((lengthFrames * sampleRate) / STEM_RATE)
    const size = fixedFrames ?? Math.min(sampleRate * PIECE_SECONDS, Math.max(sampleRate, total))
    const overlap = Math.min(size >> 2, Math.round(sampleRate * MOST_OVERLAP_SECONDS))
    const input = new Intake(read, lengthFrames, into)
    // What the piece before gave for the stretch that the next one gives too.
    let tail: readonly [Float32Array, Float32Array] | undefined
    let given = 0
    const hop = size - overlap
    for (let at = 0; at < total || at === 0; at += hop) {
      const piece = await throughModel(model, input.piece(at, size), size)
      if (tail) crossfade(tail, piece, overlap)
      const isLast = at + hop >= total
      const keep = isLast ? Math.max(0, total - at) : hop
      tail = [piece[0].slice(hop), piece[1].slice(hop)]
      if (!out) yield { frames: keep, left: piece[0].slice(0, keep), right: piece[1].slice(0, keep) }
      else
        for (const block of resampled(out, piece, keep, isLast)) {
          const frames = Math.min(block.frames, lengthFrames - given)
          given += frames
          if (frames > 0) yield { frames, left: block.left.subarray(0, frames), right: block.right.subarray(0, frames) }
        }
      if (isLast) break
    }
    if (out && given < lengthFrames) {
      const frames = lengthFrames - given
      yield { frames, left: new Float32Array(frames), right: new Float32Array(frames) }
    }
  } finally {
    into?.dispose()
    out?.dispose()
  }
}

const resampled = (out: Resampler, piece: Stereo, frames: number, isLast: boolean): readonly SoundBlock[] => {
  const blocks: SoundBlock[] = []
  const take = ([left, right]: readonly Float32Array[], count: number): void => {
    if (left)
      blocks.push({
        frames: count,
        left: left.slice(0, count) as Float32Array<ArrayBuffer>,
        right: (right ?? left).slice(0, count) as Float32Array<ArrayBuffer>,
      })
  }
  out.write([piece[0], piece[1]], frames, take)
  if (isLast) out.finish(take)
  return blocks
}

type Stereo = readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>]

const crossfade = (tail: readonly [Float32Array, Float32Array], piece: Stereo, overlap: number): void => {
  for (let side = 0; side < 2; side++) {
    const before = tail[side] as Float32Array
    const now = piece[side] as Float32Array
    // Both are the same sound through the same model, so the straight line keeps the level.
    for (let i = 0; i < overlap; i++) now[i] = (before[i] as number) + ((now[i] as number) - (before[i] as number)) * ((i + 0.5) / overlap)
  }
}

const throughModel = async (model: LoadedModel, piece: Stereo, size: number): Promise<Stereo> => {
  const [left, right] = piece
  if (channelsOf(model) === 2) {
    const both = new Float32Array(size * 2)
    both.set(left)
    both.set(right, size)
    const answer = await model.run(both, 2, size)
    check(answer)
    return [answer.slice(0, size), answer.slice(size)]
  }
  const isMono = isSame(left, right)
  const one = await model.run(left.slice(), 1, size)
  const other = isMono ? one.slice() : await model.run(right.slice(), 1, size)
  check(one)
  check(other)
  return [one, other]
}

const isSame = (left: Float32Array, right: Float32Array): boolean => {
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false
  return true
}

const check = (samples: Float32Array): void => {
  for (let i = 0; i < samples.length; i++) {
    const value = Math.abs(samples[i] as number)
    if (value <= LOUDEST) continue
    throw new ProblemError({
      code: 'ai.model_output',
      message: Number.isNaN(value)
        ? 'The model answered with something that is no sound (not a number). It cannot be used on this stem.'
        : 'The model answered with a sound that is more than 40 dB too loud. It cannot be used on this stem.',
    })
  }
}

/** The sound at the model's rate, in pieces that overlap: each is asked for once, in order. */
class Intake {
  readonly #read: ReadSound
  readonly #lengthFrames: number
  readonly #resampler: Resampler | undefined
  #from = 0
  #held: [Float32Array, Float32Array] = [new Float32Array(0), new Float32Array(0)]
  #fed = 0
  #isFinished = false

  constructor(read: ReadSound, lengthFrames: number, resampler: Resampler | undefined) {
    this.#read = read
    this.#lengthFrames = lengthFrames
    this.#resampler = resampler
  }

  piece(at: number, size: number): Stereo {
    const left = new Float32Array(size)
    const right = new Float32Array(size)
    if (!this.#resampler) {
      const frames = Math.max(0, Math.min(size, this.#lengthFrames - at))
      if (frames > 0) this.#read(at, frames, left, right)
      return [left, right]
    }
    while (!this.#isFinished && this.#from + this.#held[0].length < at + size) this.#feed(this.#resampler)
    const drop = Math.min(this.#held[0].length, at - this.#from)
    this.#held = [this.#held[0].slice(drop), this.#held[1].slice(drop)]
    this.#from += drop
    left.set(this.#held[0].subarray(0, size))
    right.set(this.#held[1].subarray(0, size))
    return [left, right]
  }

  #feed(resampler: Resampler): void {
    const parts: [Float32Array, Float32Array][] = [this.#held]
    const take = ([left, right]: readonly Float32Array[], count: number): void => {
      if (left) parts.push([left.slice(0, count), (right ?? left).slice(0, count)])
    }
    const frames = Math.min(STEM_RATE, this.#lengthFrames - this.#fed)
    if (frames > 0) {
      const left = new Float32Array(frames)
      const right = new Float32Array(frames)
      this.#read(this.#fed, frames, left, right)
      this.#fed += frames
      resampler.write([left, right], frames, take)
    } else {
      resampler.finish(take)
      this.#isFinished = true
    }
    const length = parts.reduce((sum, [left]) => sum + left.length, 0)
    const joined: [Float32Array, Float32Array] = [new Float32Array(length), new Float32Array(length)]
    let at = 0
    for (const [left, right] of parts) {
      joined[0].set(left, at)
      joined[1].set(right, at)
      at += left.length
    }
    this.#held = joined
  }
}

/** Reads a model file, loads it, and tries it on two seconds of a decaying tone. */
export const probeModel = async (path: string, signal?: AbortSignal, patience?: Patience): Promise<Result<OwnModelFacts>> => {
  try {
    const model = await openModel(path, signal, patience)
    try {
      const { port } = model
      const size = port.frames ?? port.sampleRate * 2
      const tone = new Float32Array(size)
      for (let i = 0; i < size; i++) tone[i] = 0.25 * Math.sin(i * 0.0288) * Math.exp(-i / port.sampleRate)
      await throughModel(model, [tone, tone.slice()], size)
      const startMs = performance.now()
      await throughModel(model, [tone, tone.slice()], size)
      const seconds = Math.max(1e-4, (performance.now() - startMs) / 1_000)
      return ok({
        sha256: model.sha256,
        bytes: model.bytes,
        declared: port.declared,
        channels: port.channels,
        frames: port.frames,
        sampleRate: port.sampleRate,
        timesRealtime: Math.round((size / port.sampleRate / seconds) * 10) / 10,
      })
    } finally {
      await model.close()
    }
  } catch (thrown) {
    if (thrown instanceof ProblemError) return err(thrown.problem satisfies Problem)
    throw thrown
  }
}
