// Engine requests for previews: short renders that are measured and, where asked, kept for instant listening; and listening itself, beside playback.
import { z } from 'zod'
import type { LoudnessReport, TransportState } from './engine.ts'
import { renderPlanSchema } from './render-plan.ts'

const frame = z
  .int()
  .min(0)
  .max(2 ** 34)
const key = z.string().regex(/^[0-9a-f]{64}$/)
const gainDb = z.number().min(-60).max(24)
const stems = z
  .array(z.object({ path: z.string().min(1).max(4_096), contentSha256: z.string().regex(/^[0-9a-f]{64}$/), name: z.string().max(300) }))
  .max(10_000)
  .readonly()

/** Longest preview: longer ones are exports. */
export const MAX_PREVIEW_FRAMES = 120 * 48_000

export const previewRequestSchemas = {
  /** Renders a stretch of a plan in a preview thread and says what it sounds like. `keeps` leaves the sound in the cache, so that it plays at once. */
  'preview.render': z.object({
    plan: renderPlanSchema,
    stems,
    range: z
      .object({ fromFrame: frame, toFrame: frame })
      .refine(
        ({ fromFrame, toFrame }) => toFrame > fromFrame && toFrame - fromFrame <= MAX_PREVIEW_FRAMES,
        'a preview has 1 frame to 2 minutes',
      ),
    keeps: z.boolean(),
  }),
  /** Removes least recently heard previews until they fit. */
  'preview.trim': z.object({ maxBytes: z.number().min(0) }),
  /** Plays a preview that was kept, where it lies on the timeline. Without `fromFrame` it goes on where another one is playing. */
  'audition.preview': z.object({ key, fromFrame: frame, toFrame: frame, atFrame: frame.nullable(), gainDb }),
  /** Plays a plan that no preview was made of. */
  'audition.plan': z.object({
    plan: renderPlanSchema,
    stems,
    /** Only this stretch: less has to be prepared. */
    range: z.object({ fromFrame: frame, toFrame: frame }).exactOptional(),
    atFrame: frame.nullable(),
    gainDb,
  }),
  'audition.stop': z.object({}).strict(),
} as const satisfies Record<string, z.ZodType>

/** Bands and time segments of a signature. */
export const SIGNATURE_BANDS = 16
export const SIGNATURE_SEGMENTS = 8

/** What a preview sounds like. */
export interface PreviewReport {
  /** Names the sound: the same plan and stretch have the same key. */
  readonly key: string
  readonly isKept: boolean
  readonly loudness: LoudnessReport
  /** Waveform: min, max pairs of the louder channel in steps of 1/127. */
  readonly peaks: Int8Array
  /** Level in dB of `SIGNATURE_BANDS` bands in each of `SIGNATURE_SEGMENTS` equal stretches, band by band within a stretch. */
  readonly signature: readonly number[]
  /** Attacks a second. */
  readonly onsetsPerSecond: number
}

export interface PreviewReplies {
  'preview.render': PreviewReport
  'preview.trim': { readonly removed: number; readonly bytes: number }
  'audition.preview': TransportState
  'audition.plan': TransportState
  'audition.stop': TransportState
}

export interface PreviewEvents {
  /** The player for previews started, stopped or came to its end. */
  'audition.changed': TransportState
  'audition.position': { readonly frame: number }
}
