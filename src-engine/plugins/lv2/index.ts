// LV2 plugins through liblilv. Nothing outside knows of LV2; hosts and scanners get it by its loader.
import type { PluginLoader } from '../instance.ts'
import { checkLayouts } from './abi.ts'
import { readModel, scanBundle } from './describe.ts'
import { Lv2Instance } from './instance.ts'
import { worldOf } from './world.ts'

/** Paths are bundle folders, ids plugin URIs. Throws a sentence that names the package to install where lilv is missing. */
export const lv2Loader: PluginLoader = {
  format: 'lv2',
  scan: (path) => scanBundle(path),
  open: (path, id, options) => {
    checkLayouts()
    const world = worldOf(path)
    const plugin = world.plugin(id)
    if (!plugin) throw new Error(`${path} has no plugin ${id}`)
    try {
      return new Lv2Instance(world, plugin, readModel(world, plugin), options)
    } catch (error) {
      throw new Error(`The LV2 plugin ${id} could not be started: ${error instanceof Error ? error.message : String(error)}.`, {
        cause: error,
      })
    }
  },
}
