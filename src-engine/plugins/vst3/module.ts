// A VST3 binary in this process: loaded once, started once, never unloaded (plugins leave threads and exit handlers behind; a host child ends
// by being ended).
import { realpathSync } from 'node:fs'
import koffi from 'koffi'
import type { LibraryHandle } from 'koffi'
import { Arena } from '../native/index.ts'
import type { Pointer } from '../native/index.ts'
import { IS_COM, NativeObject, RESULT, signature, uidPointer } from './com.ts'
import { bundleName, findProgram } from './bundle.ts'
import { hostPointer } from './host-application.ts'
import { CLASS_INFO, CLASS_INFO_2, CLASS_INFO_WIDE, FACTORY_INFO } from './layouts.ts'
import { foreignText } from '../foreign-text.ts'
import { fieldText } from './text.ts'
import { IID, uidHex } from './uids.ts'
import type { InterfaceName } from './uids.ts'

/** A class that makes sound; what a user calls a plugin. */
export interface AudioClass {
  /** 32 hex digits. */
  readonly id: string
  readonly name: string
  readonly vendor: string
  readonly version: string
  /** The plugin's own words, such as `Fx`, `Dynamics`. */
  readonly subCategories: readonly string[]
}

export interface Vst3Module {
  readonly path: string
  readonly classes: readonly AudioClass[]
  /** An instance of a class by its 32 hex digits, or null where the factory refuses. */
  readonly create: (classId: string, name: InterfaceName) => NativeObject | null
}

const AUDIO_CATEGORY = 'Audio Module Class'
const MOST_CLASSES = 1_000
const NOW = 2

const GET_INFO = signature('int32', 'void *')
const COUNT = signature('int32')
const CLASS_AT = signature('int32', 'int32', 'void *')
const CREATE = signature('int32', 'void *', 'void *', 'void *')

const memory = new Arena(4096)
const infoCell = memory.alloc(1024)
const createdCell = memory.alloc(8)

const modules = new Map<string, Vst3Module>()

/** The module of the bundle at `path`. Throws a sentence where it cannot be loaded. */
export const loadModule = (path: string): Vst3Module => {
  const program = realpathSync(findProgram(path))
  const known = modules.get(program)
  if (known) return known
  const name = bundleName(path, process.platform)
  const library = openLibrary(program, name)
  const getFactory = exported(library, 'GetPluginFactory', 'void *', [])
  if (getFactory === null) throw new Error(`${name} is no VST3 plugin: its program offers no plugin factory`)
  if (!startModule(library, path, program)) throw new Error(`${name} refused to start`)
  const factory = getFactory() as Pointer | null
  if (factory === null) throw new Error(`${name} gave no plugin factory`)
  const module = readFactory(program, name, new NativeObject(factory))
  modules.set(program, module)
  return module
}

const openLibrary = (program: string, name: string): LibraryHandle => {
  try {
    return koffi.load(program)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^Failed to load shared library: ?/, '') : String(cause)
    throw new Error(`${name} could not be loaded: ${foreignText(reason, 600)}`)
  }
}

const exported = (library: LibraryHandle, name: string, result: string, args: string[]): ((...args: unknown[]) => unknown) | null => {
  try {
    return library.func(name, result, args) as (...args: unknown[]) => unknown
  } catch {
    return null
  }
}

/** Each system has its own entry; the one on Windows may be absent. */
const startModule = (library: LibraryHandle, path: string, program: string): boolean => {
  if (process.platform === 'win32') return exported(library, 'InitDll', 'bool', [])?.() !== false
  if (process.platform === 'darwin') return exported(library, 'bundleEntry', 'bool', ['void *'])?.(coreFoundationBundle(path)) !== false
  const open = koffi.load(null).func('dlopen', 'void *', ['str', 'int'])
  return exported(library, 'ModuleEntry', 'bool', ['void *'])?.(open(program, NOW)) !== false
}

/** A `CFBundleRef`, which plugins on macOS use to find their resources. Untried. */
const coreFoundationBundle = (path: string): Pointer | null => {
  const foundation = koffi.load('/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation')
  const urlOf = foundation.func('CFURLCreateFromFileSystemRepresentation', 'void *', ['void *', 'str', 'long', 'bool'])
  const bundleOf = foundation.func('CFBundleCreate', 'void *', ['void *', 'void *'])
  return bundleOf(null, urlOf(null, path, Buffer.byteLength(path), true)) as Pointer | null
}

const readFactory = (path: string, name: string, factory: NativeObject): Vst3Module => {
  const factory3 = factory.query('factory3')
  factory3?.method(9, GET_INFO)(hostPointer)
  const factory2 = factory.query('factory2')
  const info = memory.pointerTo(infoCell)
  const at = memory.bytes.subarray(infoCell, infoCell + 1024)
  const asks = (call: () => number): boolean => {
    at.fill(0)
    return call() === RESULT.ok
  }
  const vendor = asks(() => factory.method(3, GET_INFO)(info)) ? fieldText(at, FACTORY_INFO.at.vendor, 64, 'utf-8', 200) : ''
  const classes: AudioClass[] = []
  const count = Math.min(MOST_CLASSES, factory.method(4, COUNT)())
  for (let i = 0; i < count; i++) {
    if (!asks(() => factory.method(5, CLASS_AT)(i, info))) continue
    if (fieldText(at, CLASS_INFO.at.category, 32, 'utf-8', 32) !== AUDIO_CATEGORY) continue
    const id = uidHex(at, IS_COM)
    if (classes.some((known) => known.id === id)) continue
    let found: AudioClass = { id, name: fieldText(at, CLASS_INFO.at.name, 64, 'utf-8', 200), vendor, version: '', subCategories: [] }
    if (factory3 && asks(() => factory3.method(8, CLASS_AT)(i, info))) found = detailed(found, at, CLASS_INFO_WIDE.at, 'utf-16le')
    else if (factory2 && asks(() => factory2.method(7, CLASS_AT)(i, info))) found = detailed(found, at, CLASS_INFO_2.at, 'utf-8')
    classes.push(found)
  }
  if (classes.length === 0) throw new Error(`${name} holds no plugin that works on sound`)
  const create = factory.method(6, CREATE)
  return {
    path,
    classes,
    create: (classId, interfaceName) => {
      memory.setPointer(createdCell, 0n)
      const result = create(uidPointer(classId), uidPointer(IID[interfaceName]), memory.pointerTo(createdCell))
      const pointer = memory.view.getBigUint64(createdCell, true)
      return result === RESULT.ok && pointer !== 0n ? new NativeObject(pointer) : null
    },
  }
}

const detailed = (
  plain: AudioClass,
  bytes: Uint8Array,
  at: { readonly name: number; readonly subCategories: number; readonly vendor: number; readonly version: number },
  encoding: 'utf-8' | 'utf-16le',
): AudioClass => {
  const size = encoding === 'utf-8' ? 64 : 128
  return {
    id: plain.id,
    name: fieldText(bytes, at.name, size, encoding, 200) || plain.name,
    vendor: fieldText(bytes, at.vendor, size, encoding, 200) || plain.vendor,
    version: fieldText(bytes, at.version, size, encoding, 100),
    subCategories: fieldText(bytes, at.subCategories, 128, 'utf-8', 128)
      .split('|')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  }
}
