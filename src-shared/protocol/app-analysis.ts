// Renderer <-> main about listening: what is heard in a work, the notes of a stem, the wave of a made sound; and further works taken into a remix.
import { z } from 'zod'
import type { PeaksReply } from './app.ts'
import type { Transcription } from './engine-ai.ts'
import type { WorkAnalysis } from './engine-analysis.ts'

const uid = z.string().min(1).max(200)
const urn = z.string().min(1).max(300)

export const listeningRequestSchemas = {
  /** What is heard in a work of the remix. Nothing is changed by it. Progress comes as `listening.progress`. */
  'analysis.work': z.object({ uid, work: urn }),
  /** Notes of a stem, by a trained model. Refused where the licence rules that out. */
  'revoice.transcribe': z.object({ uid, stem: urn }),
  /** Stops listening; the request that runs answers `listening.cancelled`. */
  'listening.cancel': z.object({ uid }),
  /** Takes another work that is on this computer into the remix, as one undo step. */
  'remix.addWork': z.object({ uid, work: urn }),
  /** The waveform of the made sound a clip plays, before it is warped. */
  'remix.soundPeaks': z.object({ uid, clip: uid }),
} as const satisfies Record<string, z.ZodType>

export interface ListeningReplies {
  'analysis.work': WorkAnalysis
  'revoice.transcribe': Transcription
  'listening.cancel': null
  /** Why its clips came muted, in words; null where all of it may be used at once. */
  'remix.addWork': { readonly mutedBecause: string | null }
  'remix.soundPeaks': PeaksReply
}

export interface ListeningProgress {
  readonly uid: string
  /** The work or stem that is listened to. */
  readonly subject: string
  /** 0..1. */
  readonly fraction: number
  readonly label: string
}

export interface ListeningEvents {
  'listening.progress': ListeningProgress
}
