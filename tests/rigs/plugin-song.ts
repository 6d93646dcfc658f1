// A remix of the real song that plugins of all three formats work on, one on each of several tracks, one of them playing a re-voiced stem. Made by the
// command line alone; played and exported by whoever proves something with it.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createNodeProcessHost, Plugins } from '../../src-main/studio/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { type Json, serve, type Stemma, stemmaIn } from './cli-rig.ts'
import { hasReal, REAL_PLUGINS, type RealPluginName } from './real-plugins.ts'
import { authorMaterial, material } from './works.ts'

/** Which plugin works where, by device id. */
export const SONG_DEVICES = {
  eq: { plugin: 'lspEqualiser', track: 'vox-lead', params: { ft_0: 2, f_0: 180, ft_1: 1, f_1: 3_200, g_1: 2, q_1: 1 } },
  squeeze: { plugin: 'calfCompressor', track: 'end-drums', params: { threshold: 0.06, ratio: 6, makeup: 2 } },
  hall: { plugin: 'dragonflyHall', track: 'Hall', params: { dry_level: 0, late_level: 70, decay: 2.4 } },
  press: { plugin: 'zamClap', track: 'kick-hats', params: { 3: 6, 4: -24, 5: 4 } },
  tilt: { plugin: 'zamVst3', track: 'minilogue-synth', params: { 9: 0.55 } },
  piano: { plugin: 'mdaPiano', track: 'pad-bass', params: { hardness: 0.7, modulation: 0.6 } },
} as const satisfies Record<
  string,
  { readonly plugin: RealPluginName; readonly track: string; readonly params: Readonly<Record<string, number>> }
>

export type SongDevice = keyof typeof SONG_DEVICES
export const SONG_DEVICE_IDS = Object.keys(SONG_DEVICES) as SongDevice[]

const source = material('potassium-24bars')

/** Why the song cannot be played on this machine; null where it can. */
export const songHindrance = (): string | null => {
  if (source === undefined) return 'the real stems are not here'
  const missing = Object.values(SONG_DEVICES).filter(({ plugin }) => !hasReal(plugin))
  if (missing.length === 0) return null
  return `${missing.length} plugins are not installed (${missing.map(({ plugin }) => REAL_PLUGINS[plugin].package).join(', ')})`
}

const EDITS = [
  { op: 'track.add', id: 'bus:hall', kind: 'bus', name: 'Hall' },
  { op: 'send.add', id: 'send:hall', fromTrackId: '@vox-lead', toTrackId: '@Hall', gainDb: -8 },
  // Names, versions and what they are is left to whoever has them installed.
  ...Object.entries(SONG_DEVICES).map(([id, { plugin, track, params }]) => {
    const { format, id: pluginId } = REAL_PLUGINS[plugin]
    return { op: 'plugin.add', id, trackId: `@${track}`, plugin: { format, id: pluginId }, params }
  }),
  {
    op: 'automation.set',
    ownerId: 'tilt',
    param: '13',
    points: [
      { atTick: '13.1.0', value: 0.4, curve: 'linear' },
      { atTick: '14.2.100', value: 0.6 },
    ],
  },
]

/** Reads the plugins of the song, and no others, into the home's folder for plugins. */
export const scanSongPlugins = async (pluginsDir: string): Promise<void> => {
  const plugins = new Plugins({ dir: pluginsDir, host: createNodeProcessHost(), onProblem: () => {}, now: Date.now })
  const paths = new Set(Object.values(SONG_DEVICES).map(({ plugin }) => REAL_PLUGINS[plugin].path))
  unwrap(await plugins.scan({ paths: [...paths] }))
  await plugins.close()
}

export interface PluginSong {
  readonly pack: string
  readonly remix: string
  readonly homeDir: string
  readonly stemma: Stemma
  /** What `stemma show` says of it. */
  readonly shown: Json
}

/** Packs the song, pulls it, re-voices a stem and puts the plugins in. */
export const makePluginSong = async (dir: string): Promise<PluginSong> => {
  const pack = join(dir, 'packs/potassium.stemmapack')
  await stemmaIn(join(dir, 'label')).json(['pack', authorMaterial(join(dir, 'author'), source ?? '', 'Potassium'), '-o', pack])
  const homeDir = join(dir, 'home')
  const stemma = stemmaIn(homeDir)
  const service = await serve(join(dir, 'server'), [join(dir, 'packs')])
  try {
    await Promise.all([scanSongPlugins(join(homeDir, 'plugins')), stemma.json(['pull', 'Potassium', '--service', service.url])])
  } finally {
    await service.stop()
  }
  const remix = join(dir, 'plugins.stemma')
  await stemma.json(['new', 'Potassium', '-o', remix])
  await stemma.json(['style', remix, 'revoice', '--param', 'track=pad-bass'])
  const edits = join(dir, 'edits.json')
  writeFileSync(edits, JSON.stringify(EDITS))
  await stemma.json(['edit', remix, edits])
  return { pack, remix, homeDir, stemma, shown: await stemma.json(['show', remix]) }
}
