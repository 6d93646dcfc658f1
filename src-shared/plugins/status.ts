// How a plugin that is in use fares; told by the engine a few times a second.
import { z } from 'zod'

export const PLUGIN_STATES = ['loading', 'ready', 'restarting', 'disabled', 'missing', 'failed'] as const

export const pluginStatusSchema = z.object({
  deviceId: z.string().max(200),
  /** `disabled`: crashed or hung twice, its state is kept; `missing`: not installed here; `failed`: would not load. */
  state: z.enum(PLUGIN_STATES),
  /** A sentence for states other than `loading` and `ready`; null otherwise. */
  message: z.string().max(1_000).nullable(),
  latencyFrames: z.int().min(0),
  /** Share of real time it takes, in thousandths of one core. */
  cpuPermille: z.number().min(0),
  /** Blocks that came too late and were bypassed, since it was loaded. */
  lateBlocks: z.int().min(0),
  /** Samples that were no number, infinite or absurdly loud, and were silenced. */
  scrubbedSamples: z.int().min(0),
  /** Values of output parameters by id. */
  outputs: z.record(z.string().max(200), z.number()),
})
export type PluginStatus = z.infer<typeof pluginStatusSchema>
