// The plugin formats there are. Each is loaded when it is first asked for: a child that hosts CLAP never needs liblilv.
import type { PluginFormat } from '../../src-shared/plugins/index.ts'
import type { PluginLoader } from './instance.ts'

const LOADERS: Readonly<Record<PluginFormat, () => Promise<PluginLoader>>> = {
  lv2: async () => (await import('./lv2/index.ts')).lv2Loader,
  clap: async () => (await import('./clap/index.ts')).clapLoader,
  vst3: async () => (await import('./vst3/index.ts')).vst3Loader,
}

/** The loader of a format. Throws where the format cannot be had on this machine. */
export const loaderOf = (format: PluginFormat): Promise<PluginLoader> => LOADERS[format]()
