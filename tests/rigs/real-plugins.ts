// Plugins made by other people, of a few Debian packages that the test set-up installs: which of them are here. Tests of those that are not are skipped by name.
import { existsSync } from 'node:fs'
import type { PluginRef } from '../../src-shared/plugins/index.ts'

export interface RealPlugin extends PluginRef {
  readonly path: string
  /** The Debian package it comes from. */
  readonly package: string
}

const lv2 = (id: string, bundle: string, from: string): RealPlugin => ({ format: 'lv2', id, path: `/usr/lib/lv2/${bundle}`, package: from })
const zam = (format: 'clap' | 'vst3', id: string, name: string): RealPlugin => ({
  format,
  id,
  path: `/usr/lib/${format}/${name}.${format}`,
  package: 'zam-plugins',
})

/** By what tests call them. */
export const REAL_PLUGINS = {
  lspEqualiser: lv2('http://lsp-plug.in/plugins/lv2/para_equalizer_x16_stereo', 'lsp-plugins.lv2', 'lsp-plugins-lv2'),
  lspLimiter: lv2('http://lsp-plug.in/plugins/lv2/limiter_stereo', 'lsp-plugins.lv2', 'lsp-plugins-lv2'),
  calfCompressor: lv2('http://calf.sourceforge.net/plugins/Compressor', 'calf.lv2', 'calf-plugins'),
  calfMonosynth: lv2('http://calf.sourceforge.net/plugins/Monosynth', 'calf.lv2', 'calf-plugins'),
  dragonflyHall: lv2('https://github.com/michaelwillis/dragonfly-reverb', 'DragonflyHallReverb.lv2', 'dragonfly-reverb-lv2'),
  mdaPiano: lv2('http://drobilla.net/plugins/mda/EPiano', 'mda.lv2', 'mda-lv2'),
  mdaAmbience: lv2('http://drobilla.net/plugins/mda/Ambience', 'mda.lv2', 'mda-lv2'),
  swhAmp: lv2('http://plugin.org.uk/swh-plugins/amp', 'amp-swh.lv2', 'swh-lv2'),
  swhMultibandEq: lv2('http://plugin.org.uk/swh-plugins/mbeq', 'mbeq-swh.lv2', 'swh-lv2'),
  x42Limiter: lv2('http://gareus.org/oss/lv2/dpl#stereo', 'dpl.lv2', 'x42-plugins'),
  rubberband: lv2('http://breakfastquay.com/rdf/lv2-rubberband#stereo', 'rubberband.lv2', 'rubberband-lv2'),
  zamClap: zam('clap', 'com.zamaudio.ZamCompX2', 'ZamCompX2'),
  zamMaximiserClap: zam('clap', 'com.zamaudio.ZaMaximX2', 'ZaMaximX2'),
  zamVst3: zam('vst3', '2046504473616C633251455A00000000', 'ZamEQ2'),
  zamMaximiserVst3: zam('vst3', '2046504473616C6332584D5A00000000', 'ZaMaximX2'),
} as const satisfies Record<string, RealPlugin>

export type RealPluginName = keyof typeof REAL_PLUGINS

export const hasReal = (...names: readonly RealPluginName[]): boolean => names.every((name) => existsSync(REAL_PLUGINS[name].path))

/** What is missing on this machine, with the package that has it; printed once by whoever skips. */
export const missingReal = (): readonly string[] =>
  Object.entries(REAL_PLUGINS)
    .filter(([, { path }]) => !existsSync(path))
    .map(([name, one]) => `${name} (${one.package})`)
