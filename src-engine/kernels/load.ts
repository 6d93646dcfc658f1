// Loads kernels.wasm: compiled once per thread or handed over, instantiated as often as asked, synchronously. The bundle carries the file beside it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert } from '../../src-shared/std/index.ts'
import type { KernelExports, WasmMemory } from './exports.ts'

// Declared here because @types/node leaves WebAssembly to the DOM's library, which this floor does not have.
interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}
const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly

/** One instance of the kernels with its own memory. */
export interface Kernels {
  readonly memory: WasmMemory
  /** The functions themselves; hot loops call these. */
  readonly raw: KernelExports
  /** Zeroed, 16-byte aligned; grows the memory when needed, which detaches views made before. */
  alloc(bytes: number): number
  release(ptr: number): void
  /** Fresh views on memory: use at once, since any `alloc` or device may grow the memory and detach them. */
  f32(ptr: number, length: number): Float32Array<ArrayBuffer>
  f64(ptr: number, length: number): Float64Array<ArrayBuffer>
  i16(ptr: number, length: number): Int16Array<ArrayBuffer>
  i32(ptr: number, length: number): Int32Array<ArrayBuffer>
  bytes(ptr: number, length: number): Uint8Array<ArrayBuffer>
}

/** The compiled kernels. Threads may share them: handing them over saves compiling anew. */
export type KernelsModule = object

let compiled: KernelsModule | undefined

/** The compiled kernels of this thread. */
export const kernelsModule = (): KernelsModule => {
  compiled ??= new Module(readFileSync(join(import.meta.dirname, 'kernels.wasm')))
  return compiled
}

/** A fresh instance of the audio kernels, of another thread's module where one is given. Needs `npm run build:kernels` to have run. */
export const loadKernels = (module: KernelsModule = kernelsModule()): Kernels => {
  const { exports } = new Instance(module, {
    env: {
      abort: () => {
        throw new Error('audio kernels aborted: out of memory')
      },
    },
  })
  const raw = exports as unknown as KernelExports
  const { memory } = raw
  return {
    memory,
    raw,
    alloc(bytes) {
      assert(Number.isSafeInteger(bytes) && bytes >= 0 && bytes < 2 ** 30, `cannot allocate ${bytes} bytes for audio`)
      return raw.alloc(bytes)
    },
    release: raw.free,
    f32: (ptr, length) => new Float32Array(memory.buffer, ptr, length),
    f64: (ptr, length) => new Float64Array(memory.buffer, ptr, length),
    i16: (ptr, length) => new Int16Array(memory.buffer, ptr, length),
    i32: (ptr, length) => new Int32Array(memory.buffer, ptr, length),
    bytes: (ptr, length) => new Uint8Array(memory.buffer, ptr, length),
  }
}
