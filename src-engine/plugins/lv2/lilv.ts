// liblilv and the C library, bound on first use: on machines without them everything but LV2 works.
import koffi from 'koffi'
import type { Pointer } from '../native/index.ts'

/** An address, or null for C's NULL. */
export type MaybePointer = Pointer | null

const P = 'void *'

// Names of lilv's shared library; only Linux has been tried.
const LILV_NAMES: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['liblilv-0.so.0'],
  darwin: ['liblilv-0.dylib', '/opt/homebrew/lib/liblilv-0.dylib', '/usr/local/lib/liblilv-0.dylib'],
  win32: ['lilv-0.dll'],
}
const C_LIBRARY_NAMES: Partial<Record<NodeJS.Platform, string>> = { linux: 'libc.so.6', darwin: 'libSystem.dylib', win32: 'ucrtbase.dll' }

const openLilv = (): ReturnType<typeof koffi.load> => {
  const reasons: string[] = []
  for (const name of LILV_NAMES[process.platform] ?? []) {
    try {
      return koffi.load(name)
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error))
    }
  }
  throw new Error(
    `LV2 plugins need the library lilv, which is not installed. On Debian and Ubuntu install the package liblilv-0-0 and scan again. (${reasons.join('; ') || `no name known on ${process.platform}`})`,
  )
}

const bind = () => {
  const library = openLilv()
  const fn = <A extends readonly unknown[], R>(name: string, result: string, args: string[]) =>
    library.func(`lilv_${name}`, result, args) as unknown as (...args: A) => R
  type N = MaybePointer
  return {
    worldNew: fn<[], N>('world_new', P, []),
    loadBundle: fn<[N, N], void>('world_load_bundle', 'void', [P, P]),
    loadSpecifications: fn<[N], void>('world_load_specifications', 'void', [P]),
    loadPluginClasses: fn<[N], void>('world_load_plugin_classes', 'void', [P]),
    loadResource: fn<[N, N], number>('world_load_resource', 'int', [P, P]),
    worldGet: fn<[N, N, N, N], N>('world_get', P, [P, P, P, P]),
    allPlugins: fn<[N], N>('world_get_all_plugins', P, [P]),
    pluginsBegin: fn<[N], N>('plugins_begin', P, [P]),
    pluginsNext: fn<[N, N], N>('plugins_next', P, [P, P]),
    pluginsIsEnd: fn<[N, N], boolean>('plugins_is_end', 'bool', [P, P]),
    pluginsGet: fn<[N, N], N>('plugins_get', P, [P, P]),
    pluginsByUri: fn<[N, N], N>('plugins_get_by_uri', P, [P, P]),
    newUri: fn<[N, string], N>('new_uri', P, [P, 'str']),
    newFileUri: fn<[N, string | null, string], N>('new_file_uri', P, [P, 'str', 'str']),
    nodeFree: fn<[N], void>('node_free', 'void', [P]),
    nodeString: fn<[N], string | null>('node_as_string', 'str', [P]),
    nodeIsUri: fn<[N], boolean>('node_is_uri', 'bool', [P]),
    nodeFloat: fn<[N], number>('node_as_float', 'float', [P]),
    nodesBegin: fn<[N], N>('nodes_begin', P, [P]),
    nodesNext: fn<[N, N], N>('nodes_next', P, [P, P]),
    nodesIsEnd: fn<[N, N], boolean>('nodes_is_end', 'bool', [P, P]),
    nodesGet: fn<[N, N], N>('nodes_get', P, [P, P]),
    nodesFree: fn<[N], void>('nodes_free', 'void', [P]),
    pluginUri: fn<[N], N>('plugin_get_uri', P, [P]),
    pluginBundle: fn<[N], N>('plugin_get_bundle_uri', P, [P]),
    pluginLibrary: fn<[N], N>('plugin_get_library_uri', P, [P]),
    pluginName: fn<[N], N>('plugin_get_name', P, [P]),
    pluginAuthor: fn<[N], N>('plugin_get_author_name', P, [P]),
    pluginValue: fn<[N, N], N>('plugin_get_value', P, [P, P]),
    pluginRelated: fn<[N, N], N>('plugin_get_related', P, [P, P]),
    pluginRequires: fn<[N], N>('plugin_get_required_features', P, [P]),
    pluginHasFeature: fn<[N, N], boolean>('plugin_has_feature', 'bool', [P, P]),
    pluginHasExtension: fn<[N, N], boolean>('plugin_has_extension_data', 'bool', [P, P]),
    pluginPortCount: fn<[N], number>('plugin_get_num_ports', 'uint32', [P]),
    pluginPort: fn<[N, number], N>('plugin_get_port_by_index', P, [P, 'uint32']),
    pluginRanges: fn<[N, Float32Array, Float32Array, Float32Array], void>('plugin_get_port_ranges_float', 'void', [P, P, P, P]),
    portSymbol: fn<[N, N], N>('port_get_symbol', P, [P, P]),
    portName: fn<[N, N], N>('port_get_name', P, [P, P]),
    portIsA: fn<[N, N, N], boolean>('port_is_a', 'bool', [P, P, P]),
    portHasProperty: fn<[N, N, N], boolean>('port_has_property', 'bool', [P, P, P]),
    portGet: fn<[N, N, N], N>('port_get', P, [P, P, P]),
    portSupportsEvent: fn<[N, N, N], boolean>('port_supports_event', 'bool', [P, P, P]),
    portScalePoints: fn<[N, N], N>('port_get_scale_points', P, [P, P]),
    scaleBegin: fn<[N], N>('scale_points_begin', P, [P]),
    scaleNext: fn<[N, N], N>('scale_points_next', P, [P, P]),
    scaleIsEnd: fn<[N, N], boolean>('scale_points_is_end', 'bool', [P, P]),
    scaleGet: fn<[N, N], N>('scale_points_get', P, [P, P]),
    scaleFree: fn<[N], void>('scale_points_free', 'void', [P]),
    scaleLabel: fn<[N], N>('scale_point_get_label', P, [P]),
    scaleValue: fn<[N], N>('scale_point_get_value', P, [P]),
    instantiate: fn<[N, number, Pointer], N>('plugin_instantiate', P, [P, 'double', P]),
    instanceFree: fn<[N], void>('instance_free', 'void', [P]),
    stateFromWorld: fn<[N, Pointer, N], N>('state_new_from_world', P, [P, P, P]),
    stateRestore: fn<[N, N, Pointer, N, number, Pointer], void>('state_restore', 'void', [P, P, P, P, 'uint32', P]),
    stateFree: fn<[N], void>('state_free', 'void', [P]),
  }
}

export type Lilv = ReturnType<typeof bind>

let bound: Lilv | undefined

/** Throws a sentence that names the package to install where the library is missing. */
export const lilv = (): Lilv => {
  bound ??= bind()
  return bound
}

const bindC = () => {
  const library = koffi.load(C_LIBRARY_NAMES[process.platform] ?? 'libc.so.6')
  return {
    /** Memory that plugins may `free`. */
    duplicate: library.func(process.platform === 'win32' ? '_strdup' : 'strdup', P, ['str']) as unknown as (text: string) => Pointer,
    free: library.func('free', 'void', [P]) as unknown as (pointer: MaybePointer) => void,
  }
}

let boundC: ReturnType<typeof bindC> | undefined

export const cLibrary = (): ReturnType<typeof bindC> => {
  boundC ??= bindC()
  return boundC
}
