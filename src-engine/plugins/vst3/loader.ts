// VST3 as one of the plugin formats: descriptors of a bundle, and instances.
import type { PluginDescriptor } from '../../../src-shared/plugins/index.ts'
import { PLUGIN_BLOCK_FRAMES } from '../instance.ts'
import type { PluginLoader } from '../instance.ts'
import { loadModule } from './module.ts'
import { tryShortBlocks } from './trial.ts'
import { Vst3Instance } from './vst3-instance.ts'

const SCAN_OPTIONS = { sampleRate: 48_000, maxFrames: PLUGIN_BLOCK_FRAMES, isOffline: false } as const

/** VST3 3.x by its binary interface; ids are class ids in 32 hex digits. */
export const vst3Loader: PluginLoader = {
  format: 'vst3',
  scan: (path) => {
    const module = loadModule(path)
    const found: PluginDescriptor[] = []
    let failure: unknown
    for (const audioClass of module.classes) {
      try {
        const open = () => new Vst3Instance(module, audioClass, SCAN_OPTIONS)
        const instance = open()
        instance.close()
        found.push({ ...instance.descriptor, takesShortBlocks: tryShortBlocks(open) })
      } catch (cause) {
        failure ??= cause
      }
    }
    if (found.length === 0) throw failure
    return found
  },
  open: (path, id, options) => {
    const module = loadModule(path)
    const audioClass = module.classes.find((known) => known.id === id)
    if (audioClass === undefined) throw new Error(`${path} holds no plugin with the id ${id.slice(0, 100)}`)
    return new Vst3Instance(module, audioClass, options)
  },
}
