// Window <-> main about styles: what there is, what one would do, doing it, and how words are understood. Spread into `app.ts`.
import { z } from 'zod'
import type { Recipe } from '../remix/index.ts'
import type { EditReply } from './app.ts'

const uid = z.string().min(1).max(200)
const text = z.string().max(2_000)

/** A style with settings as the window asks for it; what is missing is at its default. */
export const styleOrderSchema = z.object({
  style: z.string().min(1).max(100),
  params: z.record(z.string().max(100), z.union([z.number(), text, z.boolean()])),
  seed: z.int().min(0).max(0xffffffff),
  /** What else it reads, as the recipe names it: the hash of a sound to match or of a model, or the URN of a work. */
  inputs: z.array(z.string().min(1).max(300)).max(4).exactOptional(),
})
export type StyleOrder = z.infer<typeof styleOrderSchema>

export const styleRequestSchemas = {
  'styles.list': z.object({}).strict(),
  /** What a style would change, in words; nothing is changed. */
  'styles.preview': z.object({ uid, order: styleOrderSchema }),
  'styles.apply': z.object({ uid, order: styleOrderSchema }),
  /** What a style uses beyond the remix with these settings, so that a model is named before it is asked. */
  'styles.needs': z.object({ uid, order: styleOrderSchema }),
  'styles.words': z.object({ uid, text }),
  /** Takes in an audio file to match: dropped (by token), or picked in a dialog. Its hash goes into `inputs` of an order for `match`. */
  'styles.reference': z.object({ token: z.string().max(200).nullable() }),
  /** Opens a style file: dropped (by token), or picked in a dialog. */
  'styles.open': z.object({ token: z.string().max(200).nullable() }),
  /** Saves the styles that were run on a remix, or one order, as a style of the user's own. */
  'styles.save': z.object({ uid, name: z.string().min(1).max(100), orders: z.array(styleOrderSchema).max(12).nullable() }),
} as const satisfies Record<string, z.ZodType>

/** One setting of a style, as a control shows it. */
export type StyleSetting =
  | {
      readonly kind: 'number'
      readonly name: string
      readonly label: string
      readonly unit: string
      readonly min: number
      readonly max: number
      readonly default: number
      readonly step: number
    }
  | { readonly kind: 'toggle'; readonly name: string; readonly label: string; readonly default: boolean }
  | {
      readonly kind: 'choice'
      readonly name: string
      readonly label: string
      readonly choices: readonly { readonly value: string; readonly label: string }[]
      readonly default: string
    }
  | { readonly kind: 'text'; readonly name: string; readonly label: string; readonly hint: string; readonly default: string }

export interface StyleInfo {
  readonly id: string
  readonly version: number
  readonly group: 'sound' | 'arrangement' | 'groove' | 'match' | 'revoice' | 'words' | 'own'
  readonly label: string
  readonly description: string
  readonly parameters: readonly StyleSetting[]
  /** The most it uses beyond the remix: `sections`, `beats`, `onsets`, `hits`, `phrases`, `notes`, `profile`, `reference`, `second-work`. */
  readonly needs: readonly string[]
}

/** What a style does or would do. */
export interface StyleReport {
  readonly recipe: Recipe
  readonly summary: string
  readonly leftOut: readonly { readonly what: string; readonly why: string }[]
  /** What needs the artist's yes before an export. */
  readonly asks: readonly string[]
  /** What could not be heard, and so was done without. */
  readonly notes: readonly string[]
  /** How many edits it makes. */
  readonly edits: number
}

/** How a wish was understood, stretch by stretch; `meaning` null where it was not. */
export interface WordsReport {
  readonly readings: readonly {
    readonly fromIndex: number
    readonly toIndex: number
    readonly text: string
    readonly meaning: string | null
  }[]
  readonly notUnderstood: readonly string[]
  /** Whether there is anything to do. */
  readonly isUsable: boolean
  /** What it would use beyond the remix, as in `StyleInfo`. */
  readonly needs: readonly string[]
}

export interface StyleReplies {
  'styles.list': { readonly styles: readonly StyleInfo[] }
  'styles.preview': StyleReport
  'styles.apply': { readonly report: StyleReport; readonly reply: EditReply }
  'styles.needs': { readonly needs: readonly string[] }
  'styles.words': WordsReport
  /** Null where the dialog was closed. */
  'styles.open': { readonly name: string; readonly order: StyleOrder } | null
  /** Null where the dialog was closed. */
  'styles.reference': { readonly sha256: string; readonly title: string } | null
  'styles.save': { readonly fileName: string } | null
}

/** Raised while a style listens to stems before it starts. */
export interface StyleEvents {
  'styles.progress': { readonly uid: string; readonly fraction: number; readonly label: string }
}
