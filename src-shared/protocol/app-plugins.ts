// Window <-> main about plugins: what is installed, scanning, and what a plugin in use says of itself. Spread into `app.ts`.
import { z } from 'zod'
import type { PluginDescriptor, PluginParameter, PluginRef, PluginStatus } from '../plugins/index.ts'
import { pluginRefSchema } from '../plugins/index.ts'
import type { EditReply } from './app.ts'
import type { FrozenState } from './engine-plugins.ts'

const uid = z.string().min(1).max(200)
const deviceId = z.string().min(1).max(200)
const parameterId = z.string().min(1).max(200)

export const PLUGIN_GROUPINGS = ['chain', 'together', 'alone'] as const

export const pluginRequestSchemas = {
  'plugins.list': z.object({}).strict(),
  /** Everything of one plugin, its parameters and presets among it. */
  'plugins.describe': pluginRefSchema,
  /** Looks for new and changed plugins; `force` reads every one again, also those that failed. */
  'plugins.scan': z.object({ force: z.boolean() }),
  'plugins.cancelScan': z.object({}).strict(),
  /** Reads one file again that failed or is held back. */
  'plugins.rescan': z.object({ file: z.string().min(1).max(200) }),
  'plugins.mark': pluginRefSchema.extend({
    isFavourite: z.boolean().exactOptional(),
    /** Its sound comes from a trained model: counts as AI wherever it is used from now on. */
    isGenerative: z.boolean().exactOptional(),
    isIsolated: z.boolean().exactOptional(),
  }),
  /** Folders that are searched beside the usual ones; null picks one in a dialog. */
  'plugins.addFolder': z.object({}).strict(),
  'plugins.removeFolder': z.object({ folder: z.string().min(1).max(200) }),
  'plugins.group': z.object({ grouping: z.enum(PLUGIN_GROUPINGS) }),

  /** The plugin's own words for values. */
  'plugins.texts': z.object({ deviceId, values: z.array(z.object({ parameter: parameterId, value: z.number() })).max(500) }),
  'plugins.presets': z.object({ uid, deviceId }),
  'plugins.loadPreset': z.object({ uid, deviceId, presetId: z.string().min(1).max(1_000) }),
  'plugins.savePreset': z.object({ uid, deviceId, name: z.string().trim().min(1).max(100) }),
  'plugins.deletePreset': z.object({ presetId: z.string().min(1).max(1_000) }),
  /** Tries a plugin again that crashed or would not load. */
  'plugins.reload': z.object({ deviceId }),
  'plugins.freeze': z.object({ uid, trackId: z.string().min(1).max(200) }),
  'plugins.cancelFreeze': z.object({}).strict(),
} as const satisfies Record<string, z.ZodType>

/** A plugin as a list shows it. */
export interface PluginSummary extends PluginRef {
  readonly name: string
  readonly vendor: string
  readonly version: string
  readonly category: PluginDescriptor['category']
  readonly tags: readonly string[]
  readonly isInstrument: boolean
  readonly hasSidechain: boolean
  readonly parameterCount: number
  readonly isFavourite: boolean
  readonly isGenerative: boolean
  /** Kept in a process of its own, by the user or since it crashed. */
  readonly isIsolated: boolean
}

/** A file or bundle that gave no plugins. */
export interface PluginFailure {
  /** Handle of the file; the window never sees paths beyond the name. */
  readonly file: string
  readonly name: string
  readonly format: PluginRef['format']
  readonly state: 'failed' | 'crashed' | 'timed out'
  readonly reason: string
}

export interface PluginScan {
  readonly isRunning: boolean
  readonly done: number
  readonly total: number
  /** What is being read; null at rest. */
  readonly current: string | null
}

export interface PluginList {
  readonly plugins: readonly PluginSummary[]
  readonly failures: readonly PluginFailure[]
  readonly folders: readonly { readonly folder: string; readonly name: string; readonly isOwn: boolean }[]
  readonly grouping: (typeof PLUGIN_GROUPINGS)[number]
  readonly scan: PluginScan
  /** When all folders were last read; null before the first scan. */
  readonly scannedAt: string | null
}

export interface PluginPreset {
  readonly id: string
  readonly name: string
  /** Made by the user, and not by the plugin's author. */
  readonly isOwn: boolean
}

export interface PluginReplies {
  'plugins.list': PluginList
  'plugins.describe': PluginDescriptor & { readonly parameters: readonly PluginParameter[] }
  'plugins.scan': PluginList
  'plugins.cancelScan': null
  'plugins.rescan': PluginList
  'plugins.mark': PluginList
  'plugins.addFolder': PluginList
  'plugins.removeFolder': PluginList
  'plugins.group': PluginList
  'plugins.texts': { readonly texts: readonly (string | null)[]; readonly values: Readonly<Record<string, number>> }
  'plugins.presets': { readonly presets: readonly PluginPreset[] }
  'plugins.loadPreset': EditReply
  'plugins.savePreset': { readonly presets: readonly PluginPreset[] }
  'plugins.deletePreset': null
  'plugins.reload': null
  'plugins.freeze': EditReply
  'plugins.cancelFreeze': null
}

export interface PluginEvents {
  /** A plugin changed its values by itself: what an editor shows is asked for again. */
  'plugins.changed': { readonly deviceId: string }
  /** It ended or hung; playback went on without it, and it is being started again. */
  'plugins.crashed': { readonly deviceId: string; readonly name: string; readonly how: 'crashed' | 'hung' }
  'plugins.scanning': PluginScan
  'plugins.status': { readonly devices: readonly PluginStatus[] }
  /** How the frozen tracks of the open remix play, by id. */
  'plugins.frozen': { readonly tracks: Readonly<Record<string, FrozenState>> }
  'plugins.freezing': { readonly trackId: string; readonly fraction: number }
}
