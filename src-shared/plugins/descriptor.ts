// What a plugin says of itself, the same for every format. It comes from foreign code: every schema bounds what it can claim.
import { z } from 'zod'

export const PLUGIN_FORMATS = ['lv2', 'clap', 'vst3'] as const
export const pluginFormatSchema = z.enum(PLUGIN_FORMATS)
export type PluginFormat = z.infer<typeof pluginFormatSchema>

/** Names plugins without their folder: documents travel between machines. `id` is the LV2 URI, the CLAP id, or the VST3 class id in hex. */
export const pluginRefSchema = z.object({ format: pluginFormatSchema, id: z.string().min(1).max(500) })
export type PluginRef = z.infer<typeof pluginRefSchema>

/** Most parameters a descriptor may list. */
export const MAX_PARAMETERS = 20_000

const text = (length: number) => z.string().max(length)
const number = z.number()

/**
 * A parameter. Values are the plugin's own plain ones (VST3: 0 to 1, the format knows no others). Stable under `id`: the LV2 port symbol, or the
 * CLAP or VST3 id in decimal.
 */
export const pluginParameterSchema = z.object({
  id: text(200).min(1),
  name: text(200),
  /** Path of groups, outermost first, joined by `/`; empty where there is none. */
  group: text(300),
  min: number,
  max: number,
  default: number,
  /** Shown after the value where the plugin gives no text of its own; empty where there is none. */
  unit: text(40),
  isToggle: z.boolean(),
  isInteger: z.boolean(),
  isLogarithmic: z.boolean(),
  /** A value the plugin shows, such as a meter; cannot be set. */
  isOutput: z.boolean(),
  isHidden: z.boolean(),
  isAutomatable: z.boolean(),
  /** The plugin's own bypass. */
  isBypass: z.boolean(),
  /** Named values, ascending. */
  choices: z.array(z.object({ value: number, label: text(200) })).max(2_000),
  /** True where only the plugin itself can put a value into words (CLAP, VST3). */
  hasText: z.boolean(),
})
export type PluginParameter = z.infer<typeof pluginParameterSchema>

export const pluginBusSchema = z.object({ name: text(200), channels: z.int().min(0).max(64), isSidechain: z.boolean() })
export type PluginBus = z.infer<typeof pluginBusSchema>

export const PLUGIN_CATEGORIES = ['effect', 'instrument', 'analyser', 'note effect', 'other'] as const

export const pluginDescriptorSchema = pluginRefSchema.extend({
  name: text(200),
  vendor: text(200),
  version: text(100),
  category: z.enum(PLUGIN_CATEGORIES),
  /** The plugin's own words for what it is, such as `Compressor`. */
  tags: z.array(text(100)).max(50),
  inputs: z.array(pluginBusSchema).max(64),
  outputs: z.array(pluginBusSchema).max(64),
  takesNotes: z.boolean(),
  hasState: z.boolean(),
  /** It was tried and sounds the same whatever lengths it is asked for: only then may a block be cut where a value changes. */
  takesShortBlocks: z.boolean().optional(),
  parameters: z.array(pluginParameterSchema).max(MAX_PARAMETERS),
  /** Presets that came with it; `id` means something to the format only. */
  presets: z.array(z.object({ id: text(1_000), name: text(300) })).max(5_000),
})
export type PluginDescriptor = z.infer<typeof pluginDescriptorSchema>

/** An instrument plays notes into a track; everything else works on sound that comes in. */
export const isInstrument = (plugin: Pick<PluginDescriptor, 'category' | 'takesNotes' | 'outputs'>): boolean =>
  plugin.category === 'instrument' && plugin.takesNotes && plugin.outputs.some((bus) => bus.channels > 0)
