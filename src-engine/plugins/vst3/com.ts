// VST3 objects over koffi: calling a plugin's through their tables, and offering ours. Tables are made once per interface and find the
// JavaScript object behind a call by its pointer: koffi can register only so many callbacks, and a queue per parameter would use them up.
import koffi from 'koffi'
import type { TypeObject } from 'koffi'
import { Arena } from '../native/index.ts'
import type { Pointer } from '../native/index.ts'
import { IID, UID_BYTES, uidBytes, uidHex } from './uids.ts'
import type { InterfaceName } from './uids.ts'

export const IS_COM = process.platform === 'win32'

/** Results of calls; anything but `ok` is a refusal. */
export const RESULT = {
  ok: 0,
  no: 1,
  invalidArgument: IS_COM ? 0x8007_0057 | 0 : 2,
  notImplemented: IS_COM ? 0x8000_4001 | 0 : 3,
  internalError: IS_COM ? 0x8000_4005 | 0 : 4,
  noInterface: IS_COM ? 0x8000_4002 | 0 : -1,
} as const

export type Signature = TypeObject
export type NativeFunction = (...args: readonly (number | bigint | null)[]) => number | bigint | null

/** A function type; arguments after the object itself. */
export const signature = (result: string, ...args: readonly string[]): Signature => koffi.proto(result, ['void *', ...args])

const QUERY = signature('int32', 'void *', 'void *')
const COUNT = signature('uint32')

/** Cells for results that native code writes: 32 bytes for `query` and `createInstance`, apart so that neither spoils the other. */
const memory = new Arena(4096)
const queryCell = memory.alloc(8)

const iidPointers = new Map<string, Pointer>()

/** Address of a UID, kept for the life of the process. */
export const uidPointer = (hex: string): Pointer => {
  let pointer = iidPointers.get(hex)
  if (pointer === undefined) {
    const arena = new Arena(UID_BYTES)
    const offset = arena.alloc(UID_BYTES)
    arena.bytes.set(uidBytes(hex, IS_COM), offset)
    pointer = arena.pointerTo(offset)
    kept.push(arena)
    iidPointers.set(hex, pointer)
  }
  return pointer
}
/** Memory that native code may look at until the process ends. */
const kept: Arena[] = []

export const readBytes = (pointer: Pointer, length: number): Uint8Array =>
  length > 0 ? new Uint8Array(koffi.decode(pointer, 'uint8', length) as ArrayLike<number>) : new Uint8Array(0)
export const writeBytes = (pointer: Pointer, bytes: Uint8Array): void => {
  if (bytes.length > 0) koffi.encode(pointer, 'uint8', bytes, bytes.length)
}
export const readUint32 = (pointer: Pointer): number => koffi.decode.uint32(pointer)
export const readPointer = (pointer: Pointer): Pointer | null => koffi.decode(pointer, 'void *') as Pointer | null
export const writePointer = (pointer: Pointer, value: Pointer): void => koffi.encode(pointer, 'void *', value)
export const writeInt32 = (pointer: Pointer, value: number): void => koffi.encode(pointer, 'int32', value)
export const writeInt64 = (pointer: Pointer, value: number | bigint): void => koffi.encode(pointer, 'int64', value)
export const writeDouble = (pointer: Pointer, value: number): void => koffi.encode(pointer, 'double', value)
/** Zero-terminated UTF-8, empty where there is none. */
export const readText = (pointer: Pointer | null): string => (pointer === null ? '' : koffi.decode.string(pointer))

/** A plugin's object. Holds one reference, given back by `release`. */
export class NativeObject {
  readonly pointer: Pointer
  readonly #table: Pointer

  constructor(pointer: Pointer) {
    const table = readPointer(pointer)
    if (table === null) throw new Error('the plugin gave an object without functions')
    this.pointer = pointer
    this.#table = table
  }

  /** The function in a slot of the table; slots count from 0, the first three are those of every object. */
  method(slot: number, type: Signature): (...args: readonly (number | bigint | null)[]) => number {
    const address = readPointer(this.#table + BigInt(8 * slot))
    if (address === null) throw new Error('the plugin lacks a function that it must have')
    const call = koffi.decode(address, type) as NativeFunction
    const pointer = this.pointer
    return (...args) => call(pointer, ...args) as number
  }

  /** The same object by another interface, or null where it has none such. */
  query(name: InterfaceName): NativeObject | null {
    memory.setPointer(queryCell, 0n)
    const result = this.method(0, QUERY)(uidPointer(IID[name]), memory.pointerTo(queryCell))
    const pointer = memory.view.getBigUint64(queryCell, true)
    return result === RESULT.ok && pointer !== 0n ? new NativeObject(pointer) : null
  }

  release(): void {
    this.method(2, COUNT)()
  }
}

// biome-ignore lint/suspicious/noConfusingVoidType: a method that answers nothing has done what it was asked.
type Answer = number | bigint | null | undefined | void

/** One function of ours: `run` gets the object behind the pointer, then the arguments. Nothing returned is `ok`. */
export interface HostMethod<T> {
  readonly type: Signature
  readonly run: (self: T, ...args: never[]) => Answer
  /** Answered for an object that is gone, and where `run` throws. */
  readonly otherwise?: Answer
}

export interface HostInterfaceOptions<T> {
  readonly name: InterfaceName
  /** Interfaces that have the same functions in the same places. */
  readonly methods: readonly HostMethod<T>[]
  /** Other interfaces of the object. */
  readonly others?: Partial<Record<InterfaceName, (self: T) => Pointer>>
  readonly onGone?: (self: T) => void
}

const SLOT_BYTES = 16
const SLOTS_PER_ARENA = 4096

/** One of our interfaces: a table for native code, and the objects behind it. Lives as long as the process. */
export class HostInterface<T extends object> {
  readonly #table: Pointer
  readonly #objects = new Map<Pointer, { readonly self: T; readonly isOwned: boolean; references: number }>()
  readonly #onGone: ((self: T) => void) | undefined
  readonly #free: Pointer[] = []
  #slots: Arena | null = null
  #used = 0

  constructor(options: HostInterfaceOptions<T>) {
    this.#onGone = options.onGone
    const answers = new Map<string, ((self: T) => Pointer) | null>([
      [IID.unknown, null],
      [IID[options.name], null],
    ])
    for (const [name, other] of Object.entries(options.others ?? {})) answers.set(IID[name as InterfaceName], other)
    const query = (pointer: Pointer, iid: Pointer, out: Pointer): number => {
      const answer = answers.get(uidHex(readBytes(iid, UID_BYTES), IS_COM))
      const held = this.#objects.get(pointer)
      if (answer === undefined || held === undefined) {
        writePointer(out, 0n)
        return RESULT.noInterface
      }
      if (answer === null) held.references += 1
      writePointer(out, answer === null ? pointer : answer(held.self))
      return RESULT.ok
    }
    const functions = [
      register(QUERY, query, RESULT.noInterface),
      register(COUNT, (pointer: Pointer) => this.#count(pointer, 1), 1),
      register(COUNT, (pointer: Pointer) => this.#count(pointer, -1), 1),
      ...options.methods.map((method) => {
        const otherwise = method.otherwise === undefined ? RESULT.internalError : method.otherwise
        const run = method.run as (self: T, ...args: unknown[]) => Answer
        const call = (pointer: Pointer, ...args: unknown[]): Answer => {
          const held = this.#objects.get(pointer)
          return held === undefined ? otherwise : (run(held.self, ...args) ?? RESULT.ok)
        }
        return register(method.type, call, otherwise)
      }),
    ]
    const arena = new Arena(8 * functions.length)
    const table = arena.alloc(8 * functions.length)
    for (const [i, pointer] of functions.entries()) arena.setPointer(table + 8 * i, pointer)
    kept.push(arena)
    this.#table = arena.pointerTo(table)
  }

  /** A pointer for native code to an object that stays until it is withdrawn, however often it is released: plugins miscount. */
  offer(self: T): Pointer {
    const pointer = this.#takeSlot()
    this.#objects.set(pointer, { self, isOwned: true, references: 1 })
    return pointer
  }

  /** A pointer with the first reference for whoever asked; the object goes with the last. */
  give(self: T): Pointer {
    const pointer = this.#free.pop() ?? this.#takeSlot()
    this.#objects.set(pointer, { self, isOwned: false, references: 1 })
    return pointer
  }

  release(pointer: Pointer): void {
    this.#count(pointer, -1)
  }

  /** Lets go of the object whoever still holds it: calls to it are refused from then on, and its place is not used again. */
  withdraw(pointer: Pointer): void {
    this.#objects.delete(pointer)
  }

  #count(pointer: Pointer, step: number): number {
    const held = this.#objects.get(pointer)
    if (held === undefined) return 0
    if (held.isOwned) return 1
    held.references += step
    if (held.references > 0) return held.references
    this.#objects.delete(pointer)
    this.#free.push(pointer)
    this.#onGone?.(held.self)
    return 0
  }

  #takeSlot(): Pointer {
    if (this.#slots === null || this.#used === SLOTS_PER_ARENA) {
      this.#slots = new Arena(SLOT_BYTES * SLOTS_PER_ARENA)
      this.#used = 0
      kept.push(this.#slots)
    }
    this.#used += 1
    const offset = this.#slots.alloc(SLOT_BYTES)
    this.#slots.setPointer(offset, this.#table)
    return this.#slots.pointerTo(offset)
  }
}

const register = (type: Signature, run: (...args: never[]) => Answer, otherwise: Answer): Pointer => {
  const call = run as (...args: unknown[]) => Answer
  // An exception would end as a silent 0, which native code reads as success.
  const guarded = (...args: unknown[]): Answer => {
    try {
      return call(...args)
    } catch {
      return otherwise
    }
  }
  return koffi.register(guarded, koffi.pointer(type))
}
