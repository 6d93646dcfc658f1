// Loads kernels.wasm: compiled once per thread, instantiated as often as asked, synchronously. The bundle carries the file beside it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert } from '../../src-shared/std/index.ts'
import type { KernelExports } from './exports.ts'

/** One instance of the kernels with its own memory. */
export interface Kernels {
  readonly memory: WebAssembly.Memory
  /** The functions themselves; hot loops call these. */
  readonly raw: KernelExports
  /** Zeroed, 16-byte aligned; grows the memory when needed, which detaches views made before. */
  alloc(bytes: number): number
  release(ptr: number): void
  /** Fresh views on memory: use at once, since any `alloc` or device may grow the memory and detach them. */
  f32(ptr: number, length: number): Float32Array<ArrayBuffer>
  f64(ptr: number, length: number): Float64Array<ArrayBuffer>
  i16(ptr: number, length: number): Int16Array<ArrayBuffer>
  bytes(ptr: number, length: number): Uint8Array<ArrayBuffer>
}

let compiled: WebAssembly.Module | undefined

const compile = (): WebAssembly.Module => {
  compiled ??= new WebAssembly.Module(readFileSync(join(import.meta.dirname, 'kernels.wasm')))
  return compiled
}

/** A fresh instance of the audio kernels. Needs `npm run build:kernels` to have run. */
export const loadKernels = (): Kernels => {
  const { exports } = new WebAssembly.Instance(compile(), {
    env: {
      abort: () => {
        throw new Error('audio kernels aborted: out of memory')
      },
    },
  })
  const raw = exports as unknown as KernelExports
  const { memory } = raw
  // WebAssembly.Memory types its buffer as possibly shared; ours never is.
  const buffer = (): ArrayBuffer => memory.buffer as ArrayBuffer
  return {
    memory,
    raw,
    alloc(bytes) {
      assert(Number.isSafeInteger(bytes) && bytes >= 0 && bytes < 2 ** 30, `cannot allocate ${bytes} bytes for audio`)
      return raw.alloc(bytes)
    },
    release: raw.free,
    f32: (ptr, length) => new Float32Array(buffer(), ptr, length),
    f64: (ptr, length) => new Float64Array(buffer(), ptr, length),
    i16: (ptr, length) => new Int16Array(buffer(), ptr, length),
    bytes: (ptr, length) => new Uint8Array(buffer(), ptr, length),
  }
}
