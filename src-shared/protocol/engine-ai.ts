// Engine requests that run trained models: notes of a stem, vocal phrases of a stem, facts about a model file of the user's.
import { z } from 'zod'
import type { Note } from '../remix/index.ts'

const contentSha256 = z.string().regex(/^[0-9a-f]{64}$/)

export const aiRequestSchemas = {
  /** Notes of one decoded stem. Cached by content. */
  'ai.transcribe': z.object({ contentSha256 }),
  /** Vocal phrases of one decoded stem. Cached by content. */
  'ai.phrases': z.object({ contentSha256 }),
  /** Reads an ONNX file of the user's and tries it on a little sound. */
  'ai.probeModel': z.object({ path: z.string().min(1).max(4_096) }),
} as const satisfies Record<string, z.ZodType>

/** A trained model as documents, manifests and receipts name it. */
export interface ModelIdentity {
  /** `urn:stemma:model:<name>:<sha256>`. */
  readonly urn: string
  readonly name: string
  readonly version: string
  /** SPDX id where there is one. */
  readonly licence: string
  readonly sha256: string
}

export interface Transcription {
  readonly model: ModelIdentity
  readonly notes: readonly Note[]
}

/** A stretch in which somebody sings or speaks, in frames at 48 kHz of the stem's own time. Its edges lie where it is quiet or quietest. */
export interface Phrase {
  readonly startFrame: number
  readonly endFrame: number
  /** How sure the model was at its surest, in thousandths. */
  readonly confidencePermille: number
}

export interface PhraseReport {
  readonly model: ModelIdentity
  readonly phrases: readonly Phrase[]
}

/** What an ONNX file says of itself and what it did with a little sound. */
export interface OwnModelFacts {
  readonly sha256: string
  readonly bytes: number
  /** From the file's metadata `stemma.name`, `stemma.version`, `stemma.licence`; null where it states none: then the user has to. */
  readonly declared: { readonly name: string | null; readonly version: string | null; readonly licence: string | null }
  /** 1 or 2 as the file fixes it; null where it takes any number. */
  readonly channels: 1 | 2 | null
  /** Frames per call where the file fixes them; null where it takes any number. */
  readonly frames: number | null
  /** Rate the file declares with `stemma.sampleRate`; 48,000 where it declares none. */
  readonly sampleRate: number
  /** Seconds of sound per second of computing, of the first call after warming up. */
  readonly timesRealtime: number
}

export interface AiReplies {
  'ai.transcribe': Transcription
  'ai.phrases': PhraseReport
  'ai.probeModel': OwnModelFacts
}
