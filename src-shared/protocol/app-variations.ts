// Renderer <-> main about variations: generated, listened to, marked, mixed, comped, applied. Spread into the one map of requests in app.ts.
import { z } from 'zod'
import { ROLES } from '../remix/index.ts'
import type { TransportState } from './engine.ts'

const uid = z.string().min(1).max(200)
const variationId = z.string().min(1).max(60)
const none = z.object({ uid })

export const MAX_VARIATIONS = 5_000

/** What a variation was marked with. Kept ones are stored; rejected ones teach, and are not shown again. */
export const VARIATION_MARKS = ['kept', 'rejected'] as const

const lanes = z
  .array(z.object({ fromTick: z.int().min(0), toTick: z.int().min(1), id: variationId.nullable() }))
  .min(1)
  .max(500)

export const variationRequestSchemas = {
  /** What is there for a remix: the last run, and what was kept in earlier ones. */
  'variations.list': none,
  /** Generates `count` variations of the remix as it is now. They arrive as `variations.changed`, rule-checked first and measured as they are rendered. */
  'variations.start': z.object({
    uid,
    count: z.int().min(1).max(MAX_VARIATIONS),
    seed: z.int().min(0).max(0xffffffff),
    /** Styles to draw from; empty draws from all that fit. */
    styles: z.array(z.string().max(100)).max(100),
    /** Roles that stay as they are. */
    keep: z.array(z.enum(ROLES)).max(ROLES.length),
    /** Lets what was kept and rejected steer what is generated. */
    isLearning: z.boolean(),
  }),
  'variations.stop': none,
  'variations.mark': z.object({ uid, id: variationId, mark: z.enum(VARIATION_MARKS).nullable() }),
  'variations.tag': z.object({ uid, id: variationId, tags: z.array(z.string().min(1).max(60)).max(20) }),
  /** Sections of one with the sound of another, as a new variation. */
  'variations.mix': z.object({ uid, sectionsOf: variationId, soundOf: variationId }),
  /** More that are likely to please, by a small model learned on this computer from what was kept and rejected. */
  'variations.more': z.object({ uid, count: z.int().min(1).max(200) }),
  /** Puts stretches of several variations together into the remix, as one undo step; `id` null is the remix as it is. */
  'variations.comp': z.object({ uid, lanes }),
  /** Turns the remix into the variation, as one undo step. */
  'variations.apply': z.object({ uid, id: variationId }),
  /** Saves a variation as a remix file of its own. Main asks where to; null where the dialog was closed. */
  'variations.save': z.object({ uid, id: variationId }),
  /** Plays a variation, or the remix as it is with `id` null. Without `atFrame` it takes over where another one plays. Loudness is matched to the original. */
  'audition.start': z.object({ uid, id: variationId.nullable(), atFrame: z.int().min(0).nullable() }),
  /** Plays what `variations.comp` would make of the remix, without making it. Without `atFrame` it takes over where something plays. */
  'audition.comp': z.object({ uid, lanes, atFrame: z.int().min(0).nullable() }),
  'audition.end': none,
} as const satisfies Record<string, z.ZodType>

/** One variation as the contact sheet shows it. */
export interface VariationRow {
  readonly id: string
  /** Number within the run, from 1. */
  readonly number: number
  /** What changed, in a line. */
  readonly summary: string
  readonly styles: readonly string[]
  /** What the licence or the material did not let the styles do, in sentences. */
  readonly leftOut: readonly string[]
  /** What needs the artist's yes before an export. */
  readonly asks: readonly string[]
  readonly lengthMs: number
  readonly bpm: number
  /** 0 is the original, 1 as far as a variation goes: in structure, and in sound once it was rendered. */
  readonly structureDistance: number
  readonly soundDistance: number | null
  /** Null until it was rendered. */
  readonly preview: {
    readonly integratedLufs: number | null
    readonly truePeakDb: number
    /** min, max pairs as signed steps of 1/127 over the preview's stretch. */
    readonly peaks: Int8Array
    /** The sound is on disk: listening starts at once. */
    readonly isReady: boolean
  } | null
  readonly mark: (typeof VARIATION_MARKS)[number] | null
  readonly tags: readonly string[]
  /** How likely it is to please, in percent, by what was kept and rejected; null while too little was marked. */
  readonly likelyPercent: number | null
}

export interface VariationRun {
  readonly uid: string
  readonly state: 'idle' | 'generating' | 'rendering' | 'done' | 'stopped'
  readonly wanted: number
  readonly shown: number
  /**
   * Dropped because a licence forbids them, their styles do not fit the remix (`unfit`), loudness or clipping spoke against them, or because they
   * were all but the same as another or the original.
   */
  readonly dropped: { readonly licence: number; readonly unfit: number; readonly loudness: number; readonly duplicates: number }
  readonly fraction: number
  /** The stretch of the timeline that previews play, in frames. */
  readonly range: { readonly fromFrame: number; readonly toFrame: number }
  /** The remix as it was, rendered over that stretch: what variations are matched to in loudness. Missing until then. */
  readonly original?: VariationRow['preview']
  /** Keeps and rejects the local model has learned from. */
  readonly learnedFrom: { readonly kept: number; readonly rejected: number }
  /** The remix was edited since: the variations are of how it was. */
  readonly isOutdated: boolean
  readonly problem: string | null
}

export interface VariationList {
  readonly run: VariationRun
  readonly rows: readonly VariationRow[]
}

/** What a comp is played with: where, and how much louder, to be as loud as the original. */
export interface CompAudition {
  readonly state: TransportState
  /** Null while something in it was not measured yet: then it plays as it is. */
  readonly gainDb: number | null
}

export interface VariationReplies {
  'variations.list': VariationList
  'variations.start': VariationRun
  'variations.stop': VariationRun
  'variations.mark': VariationRow
  'variations.tag': VariationRow
  'variations.mix': VariationRow
  'variations.more': VariationRun
  'variations.comp': null
  'variations.apply': null
  'variations.save': { readonly fileName: string } | null
  'audition.start': TransportState
  'audition.comp': CompAudition
  'audition.end': null
}

export interface VariationEvents {
  /** Rows that are new or changed, and how the run goes. At most some ten a second. */
  'variations.changed': { readonly run: VariationRun; readonly rows: readonly VariationRow[]; readonly removed: readonly string[] }
}
