// Window <-> main about hearing notes before they are in the remix. Nothing of the document changes by it. Spread into the one map of requests in app.ts.
import { z } from 'zod'
import type { TransportState } from './engine.ts'

const uid = z.string().min(1).max(200)
const id = z.string().min(1).max(300)
const frame = z
  .number()
  .min(0)
  .max(2 ** 40)

export const revoiceRequestSchemas = {
  /**
   * Plays the remix as these edits would make it, from where a frame of the stem (48 kHz) is heard. With `nowFrame`, the place on the timeline that
   * plays now, it goes on in place. What the licence would refuse is refused here too.
   */
  'revoice.play': z.object({
    uid,
    commands: z.array(z.unknown()).min(1).max(100),
    /** Clips that play the notes; the first one is preferred. */
    clips: z.array(id).min(1).max(10_000),
    /** Only these, without the rest of the remix. */
    isAlone: z.boolean(),
    fromFrame: frame,
    nowFrame: frame.nullable(),
  }),
  /** One short note, as a key of the roll gives it. */
  'revoice.playNote': z.object({
    uid,
    stem: id,
    instrument: z.object({ name: z.string().min(1).max(100), params: z.record(z.string().max(100), z.number()) }),
    pitch: z.int().min(0).max(127),
    velocity: z.int().min(1).max(127),
  }),
  'revoice.stop': z.object({ uid }),
} as const satisfies Record<string, z.ZodType>

/** A stretch of the timeline and the frames of the stem (48 kHz) that are heard in it, at one speed. */
export interface NotesPiece {
  readonly atFrame: number
  readonly lengthFrames: number
  readonly stemFrame: number
  readonly stemLengthFrames: number
}

export interface NotesAudition {
  readonly state: TransportState
  /** So far it plays; whoever listens on asks again before. */
  readonly untilFrame: number
  /** End of the last clip that plays the notes. */
  readonly endFrame: number
  /** Where on the timeline the notes are heard, ascending. */
  readonly pieces: readonly NotesPiece[]
}

export interface RevoiceReplies {
  'revoice.play': NotesAudition
  'revoice.playNote': TransportState
  'revoice.stop': null
}
