// A plugin's own save and restore (lv2:state 1.3), called without lilv in between so that every byte comes back as it was.
import koffi from 'koffi'
import { Arena, type Pointer } from '../native/index.ts'
import { LAYOUT, PROTOTYPES } from './abi.ts'
import { fromPortable, toPortable } from './atoms.ts'
import { nativeCallback, throwRemembered } from './callbacks.ts'
import { copyFromNative } from './features.ts'
import type { MaybePointer } from './lilv.ts'
import { MOST_STATE_BYTES, type StateProperty } from './state-blob.ts'
import type { StateFiles } from './state-files.ts'
import { urid, uriOf } from './urids.ts'
import { ATOM } from './uris.ts'

const IS_POD = 1
const IS_PORTABLE = 2
const SUCCESS = 0
const UNKNOWN = 1
const NO_SPACE = 6
const REASONS: Readonly<Record<number, string>> = {
  2: 'a value has the wrong type',
  3: 'a value may not be kept this way',
  4: 'it needs something this program does not offer',
  6: 'there is not enough room',
}

const reasonOf = (status: number): string => REASONS[status] ?? `error ${status}`

interface Saving {
  readonly properties: Map<string, StateProperty>
  readonly files: StateFiles
  total: number
}

interface Restored {
  readonly pointer: Pointer
  readonly size: number
  readonly type: number
  readonly flags: number
}

let saving: Saving | undefined
let restoring: { readonly values: Map<number, Restored>; hasMissed: boolean } | undefined

const store = (key: number, value: MaybePointer, size: number | bigint, type: number, flags: number): number => {
  const keyUri = uriOf(key)
  const typeUri = uriOf(type)
  if (!saving || keyUri === null || typeUri === null || !value) return UNKNOWN
  const length = Number(size)
  saving.total += length
  if (saving.total > MOST_STATE_BYTES)
    throw new Error(`it keeps more than ${MOST_STATE_BYTES / 1024 / 1024} MB of settings, too much for a remix to carry`)
  let bytes = copyFromNative(value, length)
  if (typeUri === ATOM.Path) bytes = mapPath(bytes, (path) => saving?.files.toAbstract(path) ?? path)
  saving.properties.set(keyUri, { key: keyUri, type: typeUri, flags, ...toPortable(typeUri, bytes) })
  return SUCCESS
}

/** Plugins that leave out mapping give absolute paths; those that map give ours, which stay as they are. */
const mapPath = (bytes: Uint8Array<ArrayBuffer>, map: (path: string) => string): Uint8Array<ArrayBuffer> => {
  const text = Buffer.from(bytes).toString('utf8').replace(/\0+$/, '')
  const mapped = map(text)
  return mapped === text ? bytes : Uint8Array.from(Buffer.from(`${mapped}\0`, 'utf8'))
}

const retrieve = (key: number, size: MaybePointer, type: MaybePointer, flags: MaybePointer): MaybePointer => {
  const found = restoring?.values.get(key)
  if (!found) {
    if (restoring) restoring.hasMissed = true
    return null
  }
  if (size) koffi.encode(size, 'size_t', found.size)
  if (type) koffi.encode(type, 'uint32', found.type)
  if (flags) koffi.encode(flags, 'uint32', found.flags)
  return found.pointer
}

let calls: { readonly store: Pointer; readonly retrieve: Pointer } | undefined
const callsOf = () => {
  calls ??= {
    store: nativeCallback(
      PROTOTYPES.store,
      NO_SPACE,
      (_handle: MaybePointer, key: number, value: MaybePointer, size: number | bigint, type: number, flags: number) =>
        store(key, value, size, type, flags),
    ),
    retrieve: nativeCallback(
      PROTOTYPES.retrieve,
      null,
      (_handle: MaybePointer, key: number, size: MaybePointer, type: MaybePointer, flags: MaybePointer) => retrieve(key, size, type, flags),
    ),
  }
  return calls
}

type Call = (handle: MaybePointer, callback: Pointer, own: MaybePointer, flags: number, features: Pointer) => number

/** `LV2_State_Interface` of an instance. */
export class StateInterface {
  readonly #save: Call
  readonly #restore: Call
  readonly #handle: MaybePointer
  /** Values of the last restore: some plugins keep pointing at them. */
  readonly #values: Arena[] = []

  constructor(address: Pointer, handle: MaybePointer) {
    this.#handle = handle
    this.#save = koffi.decode(koffi.decode(address, LAYOUT.state.save, 'void *'), PROTOTYPES.save) as Call
    this.#restore = koffi.decode(koffi.decode(address, LAYOUT.state.restore, 'void *'), PROTOTYPES.restore) as Call
  }

  /** Throws a sentence where the plugin refuses. */
  save(files: StateFiles, features: Pointer): StateProperty[] {
    saving = { properties: new Map(), files, total: 0 }
    try {
      const status = this.#save(this.#handle, callsOf().store, null, IS_POD | IS_PORTABLE, features)
      throwRemembered()
      // Some call it an error to have nothing to save.
      if (status !== SUCCESS && saving.properties.size > 0) throw new Error(`it could not save its state: ${reasonOf(status)}`)
      return [...saving.properties.values()]
    } finally {
      saving = undefined
    }
  }

  restore(properties: readonly StateProperty[], files: StateFiles, features: Pointer): void {
    const values = properties.map((property) => {
      const bytes = fromPortable(property.type, property)
      return { property, bytes: property.type === ATOM.Path ? mapPath(bytes, (path) => files.toAbsolute(path)) : bytes }
    })
    const arena = new Arena(values.reduce((sum, { bytes }) => sum + bytes.length + 64, 64))
    restoring = { values: new Map(), hasMissed: false }
    try {
      for (const { property, bytes } of values) {
        const offset = arena.alloc(Math.max(1, bytes.length), 16)
        arena.bytes.set(bytes, offset)
        restoring.values.set(urid(property.key), {
          pointer: arena.pointerTo(offset),
          size: bytes.length,
          type: urid(property.type),
          flags: property.flags,
        })
      }
      const status = this.#restore(this.#handle, callsOf().retrieve, null, 0, features)
      throwRemembered()
      // Some call it an error to find nothing where nothing was saved.
      if (status !== SUCCESS && !restoring.hasMissed) throw new Error(`it could not restore its state: ${reasonOf(status)}`)
    } finally {
      restoring = undefined
      this.#values.splice(0, this.#values.length, arena)
    }
  }
}
