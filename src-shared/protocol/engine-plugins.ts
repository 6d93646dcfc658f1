// Engine requests about plugins: what is installed here, what a plugin in use says of itself, freezing; and the host children that the engine's owner
// forks on its behalf. Values are the plugin's own plain ones, by parameter id.
import { z } from 'zod'
import { pluginFormatSchema, type PluginFormat, type PluginStatus } from '../plugins/index.ts'
import type { Problem } from '../std/index.ts'
import { renderPlanSchema } from './render-plan.ts'
import { stemFileSchema } from './stem-file.ts'

const deviceId = z.string().min(1).max(200)
const hostId = z.string().min(1).max(200)
const parameterId = z.string().min(1).max(200)
const path = z.string().min(1).max(4_096)

/** Longest state of a plugin in base64, as documents hold it. Larger ones are refused with a sentence. */
const MAX_STATE_CHARS = 16 * 1024 * 1024
const state = z.string().max(MAX_STATE_CHARS)

export const enginePluginRequestSchemas = {
  /** All plugins of this machine; replaces what was known before. Plugins that play and are not in it any more play on. */
  'plugins.registry': z.object({
    entries: z
      .array(
        z.object({
          format: pluginFormatSchema,
          id: z.string().min(1).max(500),
          /** Binary (CLAP), bundle (LV2, VST3). */
          path,
          /** Always in a child of its own: it crashed before, or the user wants it so. */
          isIsolated: z.boolean(),
          /** Added to the environment of its child, which it then has for itself. */
          environment: z.record(z.string().max(200), z.string().max(4_096)),
          /** What its descriptor says: a block may be cut where a value changes. */
          takesShortBlocks: z.boolean().optional(),
        }),
      )
      .max(50_000),
  }),
  /** One child per track chain (the default), one for all, or one for each. Plugins that run are moved. */
  'plugins.grouping': z.object({ mode: z.enum(['chain', 'together', 'alone']) }),
  /** The plugin's own words for values, in the order asked. */
  'plugins.texts': z.object({ deviceId, values: z.array(z.object({ parameter: parameterId, value: z.number() })).max(500) }),
  'plugins.presets': z.object({ deviceId }),
  /** Loads a preset that came with the plugin into the running instance. */
  'plugins.loadPreset': z.object({ deviceId, presetId: z.string().min(1).max(1_000) }),
  'plugins.captureState': z.object({ deviceId }),
  /** Loads a state, then values, into the running instance: a preset of the user's. */
  'plugins.loadState': z.object({ deviceId, state: state.nullable(), params: z.record(parameterId, z.number()) }),
  /** Tries a plugin again that is disabled, missing or failed. */
  'plugins.reload': z.object({ deviceId }),
  /** How all plugins in use fare, for whoever comes late. */
  'plugins.statuses': z.object({}).strict(),
  /** Renders a track's clips and devices, before its fader, into the sound cache. Progress is `render`. `stems` are decoded where the cache lacks them. */
  'plugins.freeze': z.object({
    plan: renderPlanSchema,
    stems: z.array(stemFileSchema).max(10_000).readonly(),
    trackId: z.string().min(1).max(200),
  }),
  /** Takes frozen sounds that came with a remix into the cache, each only where it is the sound it is said to be. */
  'plugins.takeFrozen': z.object({ sounds: z.array(z.object({ path, sha256: z.string().regex(/^[0-9a-f]{64}$/) })).max(10_000) }),
  /** From the owner: a child it was asked to fork runs. `pid` is null where it is not known. */
  'plugins.hostStarted': z.object({ hostId, pid: z.int().min(1).nullable() }),
  /** From the owner: such a child ended, or could not be started. */
  'plugins.hostExited': z.object({ hostId, code: z.int().nullable() }),
} as const satisfies Record<string, z.ZodType>

/** What restores a plugin as it is now: load `state` where there is one, then set `params`. They take the place of all the device stored before. */
export interface PluginSnapshot {
  /** Base64; null where the plugin keeps nothing beyond its parameters. */
  readonly state: string | null
  /** Of the state's bytes; null without a state. */
  readonly stateSha256: string | null
  /** Empty where the state holds the parameters; otherwise those that are not at their default. */
  readonly params: Readonly<Record<string, number>>
}

/**
 * How a frozen track plays: its sound was made here (`kept`), but from what other tracks were then (`outdated`); it came with the remix, as a
 * plugin is missing (`elsewhere`); or there is none, and clips and devices play (`lost`).
 */
export type FrozenState = 'kept' | 'outdated' | 'elsewhere' | 'lost'

export interface EnginePluginReplies {
  'plugins.registry': null
  'plugins.grouping': null
  /** `values`: what all parameters that are not at the descriptor's default are at now, outputs left out. */
  'plugins.texts': { readonly texts: readonly (string | null)[]; readonly values: Readonly<Record<string, number>> }
  'plugins.presets': { readonly presets: readonly { readonly id: string; readonly name: string }[] }
  'plugins.loadPreset': PluginSnapshot
  'plugins.captureState': PluginSnapshot
  'plugins.loadState': PluginSnapshot
  'plugins.reload': null
  'plugins.statuses': { readonly devices: readonly PluginStatus[] }
  /** `key` names the frozen sound by everything that shaped it, `sha256` by its samples. */
  'plugins.freeze': { readonly key: string; readonly sha256: string }
  'plugins.takeFrozen': { readonly refused: readonly { readonly sha256: string; readonly problem: Problem }[] }
  'plugins.hostStarted': null
  'plugins.hostExited': null
}

export interface EnginePluginEvents {
  /** All plugins in use, at most five times a second and only where something changed. */
  'plugins.status': { readonly devices: readonly PluginStatus[] }
  /** How the frozen tracks of the remix play, by id; after every plan that changes it. */
  'plugins.frozen': { readonly tracks: Readonly<Record<string, FrozenState>> }
  /** A plugin changed its values or its state by itself, or has a state it did not have before: editors read them again. */
  'plugins.changed': { readonly deviceId: string }
  /** A plugin ended its child or hung: it runs alone from now on, and should be marked so. */
  'plugins.crashed': {
    readonly deviceId: string
    readonly format: PluginFormat
    readonly id: string
    readonly name: string
    readonly how: 'crashed' | 'hung'
  }
  /** To the owner alone: start the program `plugin-host`, and answer with `plugins.hostStarted` and once with `plugins.hostExited`. */
  'plugins.fork': {
    readonly hostId: string
    readonly args: readonly string[]
    readonly environment: Readonly<Record<string, string>>
  }
  /** To the owner alone: end it at once. */
  'plugins.kill': { readonly hostId: string }
}
