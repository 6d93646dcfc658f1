// Engine requests for derived sounds: stems made anew and warped, rendered ahead so that playback and export only read them.
import { z } from 'zod'
import type { Problem } from '../std/index.ts'
import type { StemPeaks } from './engine.ts'
import { planSourceSchema } from './render-plan.ts'
import { stemFileSchema } from './stem-file.ts'

const stems = z.array(stemFileSchema).max(10_000).readonly()

export const deriveRequestSchemas = {
  /** Decodes and derives what is missing; progress over all. Sources that are stems as they are need nothing but decoding. */
  'sources.derive': z.object({ sources: z.array(planSourceSchema).max(10_000).readonly(), stems }),
  /** Waveform of what a clip plays before it is warped: of the made sound, or of the stem. Warped, it is the same waveform along the anchors. */
  'sources.derivedPeaks': z.object({ source: planSourceSchema, stems }),
} as const satisfies Record<string, z.ZodType>

export interface DerivedSource {
  /** Names the sound: equal for equal sound. */
  readonly key: string
  /** At 48 kHz. */
  readonly lengthFrames: number
}

export interface DeriveReplies {
  'sources.derive': readonly DerivedSource[]
  'sources.derivedPeaks': StemPeaks
}

/** What playback still waits for. */
export interface PlaybackPreparing {
  /** Clips that play as they were before the last change, or not at all if they are new, until their sound is ready. Empty: all is ready. */
  readonly clipIds: readonly string[]
  /** 0..1 over all of them. */
  readonly fraction: number
  /** Why some of them will not come; null while nothing failed. */
  readonly problem: Problem | null
}

export interface DeriveEvents {
  'playback.preparing': PlaybackPreparing
}
