// What the studio and a scanner child say to each other. The child runs foreign code: the studio believes nothing of what it says.
import { z } from 'zod'
import type { PluginFormat } from '../../../src-shared/plugins/index.ts'

/** Changes whenever a scanner would describe the same file differently; every cached description is then read anew. */
export const SCANNER_VERSION = 2

/** What one child is started for. `limitMs`: it ends itself a little after, also where nobody is left to end it. */
export type ScannerJob =
  | { readonly kind: 'scan'; readonly format: PluginFormat; readonly path: string; readonly limitMs: number }
  | {
      readonly kind: 'try'
      readonly format: PluginFormat
      readonly path: string
      readonly id: string
      readonly takesShortBlocks: boolean
      readonly limitMs: number
    }

/** Ends the child: its reply has arrived. */
export const SCANNER_LEAVE = 'leave'

export const TRIAL_STEPS = ['open', 'process', 'sweep', 'state', 'latency', 'close'] as const
export type TrialStep = (typeof TRIAL_STEPS)[number]

const count = z.int().min(0)

/** What was found out about one plugin by running it for a few seconds. */
export const pluginTrialSchema = z.object({
  parameters: count,
  seconds: z.number().min(0),
  /** Samples that were no number or infinite, with every parameter at its default, and while parameters moved. */
  notFinite: z.object({ atDefaults: count, whileSwept: count }),
  /** Loudest sample at defaults and while swept, in dBFS; null is silence. Input is noise that peaks at -12 dBFS. */
  peakDb: z.object({ atDefaults: z.number().nullable(), whileSwept: z.number().nullable() }),
  /** Time spent inside the plugin, in thousandths of real time. */
  cpuPermille: z.number().min(0),
  state: z.object({
    /** Bytes of the state; null where the plugin keeps nothing beyond its parameters. */
    bytes: count.nullable(),
    /** Parameters whose value differs in a new instance that was given the state and, where there is none, the values. */
    wrong: z.array(z.object({ id: z.string().max(200), saved: z.number().nullable(), restored: z.number().nullable() })).max(20),
    wrongCount: count,
    /** Whether the restored instance gives the same bytes again. */
    isSameBytes: z.boolean().nullable(),
  }),
  latency: z.object({
    reported: count,
    /** Delay of the loudest match with the input; null where nothing like the input comes out. */
    measured: z.int().nullable(),
    /** How alike the output is to the delayed input, 0 to 1. */
    likeness: z.number().min(0).max(1),
  }),
  openMs: z.number().min(0),
})
export type PluginTrial = z.infer<typeof pluginTrialSchema>

/** Messages from a scanner child. `plugins` and `trial` are decoded one by one. */
export const scannerMessageSchema = z.discriminatedUnion('kind', [
  /** The program has started, and takes up its job: from now on time counts. */
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('step'), step: z.enum(TRIAL_STEPS) }),
  z.object({ kind: z.literal('scanned'), plugins: z.array(z.unknown()).max(5_000) }),
  z.object({ kind: z.literal('tried'), trial: z.unknown() }),
  /** After `tried`: every instance was closed, and the process outlived it. */
  z.object({ kind: z.literal('closed') }),
  z.object({ kind: z.literal('failed'), reason: z.string().max(2_000) }),
])
export type ScannerMessage = z.infer<typeof scannerMessageSchema>
