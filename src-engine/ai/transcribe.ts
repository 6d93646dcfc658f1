// One decoded stem into notes. Runs in the AI worker; pure but for reading the cache and running the model.
import type { Note } from '../../src-shared/remix/index.ts'
import type { PitchModel } from './basic-pitch.ts'
import { beginningOf } from './beginnings.ts'
import { withoutGhosts } from './ghost-notes.ts'
import { type NoteEvent, notesOf } from './note-events.ts'
import { HOP, PITCH_RATE } from './rates.ts'
import { peakOf, readMono, STEM_RATE } from './read-mono.ts'

/** As many as a document takes. */
const MAX_NOTES = 100_000
/** Below this a stem is silence. */
const SILENCE = 1e-4
/** Windows this far below the stem's peak hold nothing but noise, which the model would turn up. */
const FLOOR = 1 / 1_000

/** Notes of a stem in its own time at 48 kHz, by start and pitch. An empty list where nothing pitched was heard. */
export const transcribeStem = async (
  model: PitchModel,
  { cacheDir, contentSha256 }: { readonly cacheDir: string; readonly contentSha256: string },
  onStep: (fraction: number) => Promise<void>,
): Promise<readonly Note[]> => {
  const { samples, lengthFrames } = readMono(cacheDir, contentSha256, PITCH_RATE)
  return transcribeSamples(model, samples, lengthFrames, onStep)
}

export const transcribeSamples = async (
  model: PitchModel,
  samples: Float32Array,
  lengthFrames: number,
  onStep: (fraction: number) => Promise<void>,
): Promise<readonly Note[]> => {
  const peak = peakOf(samples)
  if (peak < SILENCE) return []
  const events = withoutGhosts(notesOf(await model.posteriorsOf(samples, peak * FLOOR, onStep)), samples)
  const beginnings = events.map((event) => beginningOf(event, samples))
  const levels = beginnings.map((beginning) => levelAfter(samples, beginning))
  const loud = [...levels].sort((a, b) => a - b)[Math.floor(levels.length * 0.95)] ?? 0
  return events
    .map((event, index) =>
      noteOf(event, { beginning: beginnings[index] as number, level: loud > 0 ? (levels[index] as number) / loud : 0, lengthFrames }),
    )
    .filter((note) => note !== undefined)
    .sort((a, b) => a.startFrame - b.startFrame || a.pitch - b.pitch)
    .slice(0, MAX_NOTES)
}

/** Root mean square of the 80 ms that follow. */
const levelAfter = (samples: Float32Array, from: number): number => {
  const to = Math.min(samples.length, from + 1_764)
  let sum = 0
  for (let i = from; i < to; i++) sum += (samples[i] as number) ** 2
  return to > from ? Math.sqrt(sum / (to - from)) : 0
}

const frameOf = (sample: number): number => Math.round((sample * STEM_RATE) / PITCH_RATE)

interface Heard {
  /** First sample at the model's rate. */
  readonly beginning: number
  /** Beside the stem's loudest notes, 1 is as loud. */
  readonly level: number
  readonly lengthFrames: number
}

/** Velocity is mostly how loud the sound is beside the loudest notes of the stem, and how sure the model was. */
const noteOf = (event: NoteEvent, { beginning, level, lengthFrames }: Heard): Note | undefined => {
  const startFrame = frameOf(beginning)
  const endFrame = Math.min(lengthFrames, frameOf(event.to * HOP))
  if (endFrame <= startFrame) return undefined
  const loudness = Math.min(1, Math.sqrt(Math.sqrt(level)) * 0.5 + Math.min(1, level) * 0.5)
  const velocity = Math.max(1, Math.min(127, Math.round(127 * (loudness * 0.6 + Math.min(1, event.strength) * 0.4))))
  return { startFrame, lengthFrames: endFrame - startFrame, pitch: event.pitch, velocity }
}
