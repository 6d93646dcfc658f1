// What the host offers an instance: the list of LV2 features, built once per instance. Callbacks are shared by all instances of the process and
// find theirs by its handle.
import koffi from 'koffi'
import { Arena, type Pointer } from '../native/index.ts'
import { LAYOUT, PROTOTYPES } from './abi.ts'
import { nativeCallback } from './callbacks.ts'
import { cLibrary, type MaybePointer } from './lilv.ts'
import { urid, uriPointer } from './urids.ts'
import { ATOM, LV2 } from './uris.ts'

/** What callbacks reach of the instance that caused them. */
export interface HostSide {
  readonly schedule: (data: Uint8Array<ArrayBuffer>) => void
  readonly respond: (data: Uint8Array<ArrayBuffer>) => void
  /** Absolute path of a new file, its folder made. */
  readonly makePath: (path: string) => string
  readonly toAbstract: (path: string) => string
  readonly toAbsolute: (path: string) => string
}

export interface FeatureOptions {
  readonly sampleRate: number
  readonly maxFrames: number
  /** Promise that every run has exactly `maxFrames`; only for plugins that do not work otherwise. */
  readonly isFixedLength: boolean
}

export interface Features {
  /** For instantiate. */
  readonly all: Pointer
  /** For a plugin's own save and restore. */
  readonly state: Pointer
  /** For lilv's restore, which brings its own paths. */
  readonly preset: Pointer
  /** Callback by which a plugin's `work` answers, and the handle it must be given. */
  readonly respond: Pointer
  readonly handle: Pointer
  /** Holds the lists: collected with the features, not before. */
  readonly memory: Arena
  release(): void
}

/** Work handed over in one call may not be larger. */
const MOST_WORK_BYTES = 64 * 1024 * 1024
/** Room for events in and out of a plugin in one run. */
export const SEQUENCE_BYTES = 65_536
const FEATURE_ARENA_BYTES = 16_384
const WORKER_ERR_UNKNOWN = 1
const WORKER_ERR_NO_SPACE = 2

/** Bytes native code shows us during a call, copied. */
export const copyFromNative = (pointer: MaybePointer, size: number): Uint8Array<ArrayBuffer> => {
  if (!pointer || size === 0) return new Uint8Array(0)
  return Uint8Array.from(koffi.decode(pointer, 'uint8', size) as ArrayLike<number>)
}

const hosts = new Map<bigint, HostSide>()
let nextHandle = 1n

const hostOf = (handle: MaybePointer): HostSide => {
  const host = handle === null ? undefined : hosts.get(handle)
  if (!host) throw new Error('the plugin called its host with a handle it never got')
  return host
}

const registerCallbacks = () => {
  const handOver = (take: (host: HostSide) => (data: Uint8Array<ArrayBuffer>) => void) =>
    nativeCallback(PROTOTYPES.schedule, WORKER_ERR_UNKNOWN, (handle: MaybePointer, size: number, data: MaybePointer) => {
      if (size > MOST_WORK_BYTES) return WORKER_ERR_NO_SPACE
      take(hostOf(handle))(copyFromNative(data, size))
      return 0
    })
  const path = (choose: (host: HostSide) => (path: string) => string) =>
    nativeCallback(PROTOTYPES.path, null, (handle: MaybePointer, text: string | null) =>
      text === null ? null : cLibrary().duplicate(choose(hostOf(handle))(text)),
    )
  const map = nativeCallback(PROTOTYPES.map, 0, (_handle: MaybePointer, uri: string | null) => (uri === null ? 0 : urid(uri)))
  return {
    map,
    unmap: nativeCallback(PROTOTYPES.unmap, null, (_handle: MaybePointer, id: number) => uriPointer(id)),
    uriToId: nativeCallback(PROTOTYPES.uriToId, 0, (_handle: MaybePointer, _context: string | null, uri: string | null) =>
      uri === null ? 0 : urid(uri),
    ),
    eventRef: nativeCallback(PROTOTYPES.eventRef, 0, () => 0),
    schedule: handOver((host) => host.schedule),
    respond: handOver((host) => host.respond),
    // Arguments of a C format cannot be read back from here; plugins' words are not needed either.
    log: nativeCallback(PROTOTYPES.log, 0, () => 0),
    makePath: path((host) => host.makePath),
    abstractPath: path((host) => host.toAbstract),
    absolutePath: path((host) => host.toAbsolute),
    freePath: nativeCallback(PROTOTYPES.freePath, undefined, (_handle: MaybePointer, text: MaybePointer) => cLibrary().free(text)),
  }
}

let callbacks: ReturnType<typeof registerCallbacks> | undefined
let shared: { arena: Arena; map: Pointer } | undefined

const callbacksOf = () => {
  callbacks ??= registerCallbacks()
  return callbacks
}

/** The `LV2_URID_Map` lilv and plugins share. */
export const mapFeature = (): Pointer => {
  if (!shared) {
    const arena = new Arena(64)
    const offset = arena.alloc(LAYOUT.pair.size)
    arena.setPointer(offset + LAYOUT.pair.call, callbacksOf().map)
    shared = { arena, map: arena.pointerTo(offset) }
  }
  return shared.map
}

/** Builds the feature lists of one instance. The result must be kept until the instance is gone. */
export const buildFeatures = (host: HostSide, options: FeatureOptions): Features => {
  const arena = new Arena(FEATURE_ARENA_BYTES)
  const calls = callbacksOf()
  const handle = nextHandle
  nextHandle += 1n
  hosts.set(handle, host)

  const pointers = (...values: readonly bigint[]): Pointer => {
    const offset = arena.alloc(8 * values.length)
    values.forEach((value, index) => {
      arena.setPointer(offset + 8 * index, value)
    })
    return arena.pointerTo(offset)
  }
  const feature = (uri: string, data: Pointer = 0n): Pointer => {
    const offset = arena.alloc(LAYOUT.feature.size)
    arena.setPointer(offset + LAYOUT.feature.uri, arena.cString(uri))
    arena.setPointer(offset + LAYOUT.feature.data, data)
    return arena.pointerTo(offset)
  }
  const optionList = (values: readonly (readonly [string, 'int' | 'float', number])[]): Pointer => {
    const offset = arena.alloc(LAYOUT.option.size * (values.length + 1))
    values.forEach(([key, type, value], index) => {
      const at = offset + LAYOUT.option.size * index
      const cell = arena.alloc(8)
      if (type === 'int') arena.view.setInt32(cell, value, true)
      else arena.view.setFloat32(cell, value, true)
      arena.view.setUint32(at + LAYOUT.option.key, urid(key), true)
      arena.view.setUint32(at + LAYOUT.option.valueSize, 4, true)
      arena.view.setUint32(at + LAYOUT.option.type, urid(type === 'int' ? ATOM.Int : ATOM.Float), true)
      arena.setPointer(at + LAYOUT.option.value, arena.pointerTo(cell))
    })
    return arena.pointerTo(offset)
  }

  const common = [
    feature(LV2.map, mapFeature()),
    feature(LV2.unmap, pointers(handle, calls.unmap)),
    feature(LV2.uriMap, pointers(handle, calls.uriToId)),
    feature(LV2.event, pointers(handle, calls.eventRef, calls.eventRef)),
    feature(
      LV2.options,
      optionList([
        [LV2.minBlockLength, 'int', options.isFixedLength ? options.maxFrames : 0],
        [LV2.maxBlockLength, 'int', options.maxFrames],
        [LV2.nominalBlockLength, 'int', options.maxFrames],
        [LV2.sequenceSize, 'int', SEQUENCE_BYTES],
        [LV2.paramSampleRate, 'float', options.sampleRate],
      ]),
    ),
    feature(LV2.boundedBlockLength),
    ...(options.isFixedLength ? [LV2.fixedBlockLength, LV2.powerOf2BlockLength, LV2.coarseBlockLength].map((uri) => feature(uri)) : []),
    // Some plugins will not start without it, offline or not.
    feature(LV2.isLive),
    feature(LV2.schedule, pointers(handle, calls.schedule)),
    feature(LV2.log, pointers(handle, calls.log, calls.log)),
    feature(LV2.loadDefaultState),
    feature(LV2.threadSafeRestore),
  ]
  const paths = [
    feature(LV2.makePath, pointers(handle, calls.makePath)),
    feature(LV2.mapPath, pointers(handle, calls.abstractPath, calls.absolutePath)),
    feature(LV2.freePath, pointers(handle, calls.freePath)),
  ]
  const all = pointers(...common, ...paths, 0n)
  return {
    all,
    state: all,
    preset: pointers(...common, 0n),
    respond: calls.respond,
    handle,
    memory: arena,
    release: () => {
      hosts.delete(handle)
    },
  }
}
