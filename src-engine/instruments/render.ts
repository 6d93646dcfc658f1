// Notes and hits into sound, offline, block by block: the same score gives the same bits on every machine and for every block size.
import { setImmediate } from 'node:timers/promises'
import type { Hit, Note } from '../../src-shared/remix/index.ts'
import { ProblemError } from '../../src-shared/std/index.ts'
import type { SoundBlocks } from '../sound-blocks.ts'
import { gainOfDb } from './exact-math.ts'
import { type KitPiece, kitOf } from './kits.ts'
import { loadInstrument } from './patches.ts'
import { loadSample, type Sample } from './samples.ts'
import { parametersOf, sidesOf, type Voice } from './voice.ts'

export interface RenderCall {
  readonly signal?: AbortSignal | undefined
  /** 0..1, rising. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

export interface InstrumentChoice {
  readonly name: string
  readonly params: Readonly<Record<string, number>>
}

const BLOCK_FRAMES = 16_384
/** Above this a voice gives way. */
const MOST_VOICES = 48
/** What still sounds at the very end is faded. */
const END_FRAMES = 480

const cancelled = (): ProblemError => new ProblemError({ code: 'instrument.cancelled', message: 'Making the sound was cancelled.' })
const refuse = (code: string, message: string): never => {
  throw new ProblemError({ code, message })
}

/** Sum of blocks that something fills, with a fade at the very end. */
async function* blocksOf(
  lengthFrames: number,
  { signal, onProgress }: RenderCall,
  fill: (left: Float64Array, right: Float64Array, fromFrame: number, frames: number) => void,
): SoundBlocks {
  const left = new Float64Array(BLOCK_FRAMES)
  const right = new Float64Array(BLOCK_FRAMES)
  for (let from = 0; from < lengthFrames; from += BLOCK_FRAMES) {
    if (signal?.aborted) throw cancelled()
    const frames = Math.min(BLOCK_FRAMES, lengthFrames - from)
    left.fill(0)
    right.fill(0)
    fill(left, right, from, frames)
    const fade = Math.min(END_FRAMES, lengthFrames)
    for (let n = Math.max(0, lengthFrames - fade - from); n < frames; n++) {
      const gain = (lengthFrames - 1 - from - n) / fade
      left[n] = (left[n] as number) * gain
      right[n] = (right[n] as number) * gain
    }
    yield { frames, left: new Float32Array(left.subarray(0, frames)), right: new Float32Array(right.subarray(0, frames)) }
    onProgress?.((from + frames) / lengthFrames)
    await setImmediate()
  }
}

/** Sorted by when they start; equal ones by pitch, so that the order of a list does not matter. */
const inOrder = (notes: readonly Note[]): readonly Note[] =>
  [...notes].sort((a, b) => a.startFrame - b.startFrame || a.pitch - b.pitch || a.lengthFrames - b.lengthFrames || a.velocity - b.velocity)

/**
 * Plays notes on an instrument; the result is `lengthFrames` long, stereo at 48 kHz. Throws `ProblemError`: `instrument.unknown`,
 * `instrument.samples_missing`, `instrument.cancelled`.
 */
export async function* renderNotes(
  notes: readonly Note[],
  instrument: InstrumentChoice,
  lengthFrames: number,
  call: RenderCall = {},
): SoundBlocks {
  const makeVoice =
    (await loadInstrument(instrument.name)) ??
    refuse('instrument.unknown', `There is no instrument "${instrument.name.slice(0, 100)}" here. Choose another one for this sound.`)
  const parameters = parametersOf(instrument.params)
  const gain = gainOfDb(parameters.gainDb)
  const score = inOrder(notes)
  const sounding: { readonly voice: Voice; readonly endFrame: number }[] = []
  let next = 0
  yield* blocksOf(lengthFrames, call, (left, right, fromFrame, frames) => {
    let at = 0
    while (at < frames) {
      const now = fromFrame + at
      for (let note = score[next]; note && note.startFrame <= now; note = score[++next]) {
        const force = note.velocity / 127
        const pitch = Math.max(0, Math.min(127, note.pitch + Math.round(parameters.transpose)))
        const tone = { pitch, level: force * Math.sqrt(force) * gain, force, index: next }
        sounding.push({ voice: makeVoice(tone, parameters), endFrame: note.startFrame + note.lengthFrames })
        makeRoom(sounding)
      }
      // Up to the next start or end, so that both happen on their very frame.
      let until = Math.min(fromFrame + frames, score[next]?.startFrame ?? Number.POSITIVE_INFINITY)
      for (const { voice, endFrame } of sounding) {
        if (voice.isReleased) continue
        if (endFrame <= now) voice.release()
        else until = Math.min(until, endFrame)
      }
      const count = until - now
      for (const { voice } of sounding) voice.add(left, right, at, count)
      for (let index = sounding.length - 1; index >= 0; index--) if (sounding[index]?.voice.isDone) sounding.splice(index, 1)
      at += count
    }
  })
}

/** Above the limit the voice that began first gives way, one that was let go before one that is held. */
const makeRoom = (sounding: readonly { readonly voice: Voice }[]): void => {
  let over = sounding.length - MOST_VOICES
  for (const isReleased of [true, false]) {
    for (const { voice } of sounding) {
      if (over <= 0) return
      if (voice.isReleased !== isReleased) continue
      voice.stop()
      over--
    }
  }
}

interface Stroke {
  readonly sample: Sample
  readonly left: number
  readonly right: number
  readonly startFrame: number
  /** Where it is cut short by the next stroke on the same drum; fades from here on. */
  endFrame: number
}

/** Fade of a stroke that the next one on the same drum cuts. */
const CHOKE_FRAMES = 384

/** Plays hits on a kit; `lengthFrames` long, stereo at 48 kHz. Throws `ProblemError`: `kit.unknown`, `instrument.samples_missing`, `instrument.cancelled`. */
export async function* renderHits(hits: readonly Hit[], kitName: string, lengthFrames: number, call: RenderCall = {}): SoundBlocks {
  const kit =
    kitOf(kitName) ?? refuse('kit.unknown', `There is no drum kit "${kitName.slice(0, 100)}" here. Choose another one for this sound.`)
  const score = [...hits].sort((a, b) => a.frame - b.frame || (a.drum < b.drum ? -1 : a.drum > b.drum ? 1 : 0) || a.velocity - b.velocity)
  const samples = new Map<string, Sample>()
  for (const { drum } of score) {
    const { sample, soft } = kit[drum]
    for (const name of soft === undefined ? [sample] : [sample, soft]) if (!samples.has(name)) samples.set(name, await loadSample(name))
  }
  const strokes: Stroke[] = []
  const latest = new Map<Hit['drum'], Stroke>()
  for (const { frame, drum, velocity } of score) {
    const stroke = strokeOf(kit[drum], velocity / 127, frame, samples)
    const before = latest.get(drum)
    if (before) before.endFrame = Math.min(before.endFrame, frame)
    latest.set(drum, stroke)
    strokes.push(stroke)
  }
  let first = 0
  yield* blocksOf(lengthFrames, call, (left, right, fromFrame, frames) => {
    while (strokes[first] && isOver(strokes[first] as Stroke, fromFrame)) first++
    for (let index = first; index < strokes.length; index++) {
      const stroke = strokes[index] as Stroke
      if (stroke.startFrame >= fromFrame + frames) break
      addStroke(stroke, { left, right, fromFrame, frames })
    }
  })
}

const strokeOf = (piece: KitPiece, force: number, startFrame: number, samples: ReadonlyMap<string, Sample>): Stroke => {
  const name = piece.soft !== undefined && force < 0.5 ? piece.soft : piece.sample
  const sample = samples.get(name) as Sample
  // A soft recording is soft already.
  const level = name === piece.soft ? Math.min(1, force * 2) * 0.6 : force
  const gain = (gainOfDb(piece.gainDb) * level * Math.sqrt(level)) / Math.max(1e-3, sample.peak)
  const [left, right] = sidesOf(piece.place)
  return { sample, left: left * gain, right: right * gain, startFrame, endFrame: Number.POSITIVE_INFINITY }
}

const isOver = ({ sample, startFrame, endFrame }: Stroke, frame: number): boolean =>
  frame >= Math.min(startFrame + sample.left.length, endFrame + CHOKE_FRAMES)

interface BlockToFill {
  readonly left: Float64Array
  readonly right: Float64Array
  readonly fromFrame: number
  readonly frames: number
}

const addStroke = (stroke: Stroke, { left, right, fromFrame, frames }: BlockToFill): void => {
  const { sample, startFrame, endFrame } = stroke
  const last = Math.min(fromFrame + frames, startFrame + sample.left.length - sample.onset, endFrame + CHOKE_FRAMES)
  for (let frame = Math.max(fromFrame, startFrame); frame < last; frame++) {
    const at = frame - startFrame + sample.onset
    const fade = frame < endFrame ? 1 : 1 - (frame - endFrame) / CHOKE_FRAMES
    const n = frame - fromFrame
    left[n] = (left[n] as number) + (sample.left[at] as number) * stroke.left * fade
    right[n] = (right[n] as number) + (sample.right[at] as number) * stroke.right * fade
  }
}
