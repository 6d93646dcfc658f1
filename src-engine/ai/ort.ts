// Loads ONNX Runtime as WebAssembly: no native code, the same numbers on every machine, and a model that misbehaves stays inside its sandbox.
import { readFileSync } from 'node:fs'
import type * as Ort from 'onnxruntime-web/wasm'
import { modelPath } from './models.ts'

export type { InferenceSession, Tensor } from 'onnxruntime-web/wasm'

interface MemoryLimits {
  readonly initial: number
  readonly maximum?: number
  readonly shared?: boolean
}

const PAGE_BYTES = 65_536

/**
 * The runtime, on one thread. `maxBytes` bounds the memory of everything the runtime does in this thread from then on: it must be the first to load
 * it there. Needs a worker thread, since the bound is set on the thread's own WebAssembly.
 */
export const loadOrt = async (maxBytes?: number): Promise<typeof Ort> => {
  if (maxBytes !== undefined) boundMemory(Math.floor(maxBytes / PAGE_BYTES))
  const ort = await import('onnxruntime-web/wasm')
  ort.env.wasm.numThreads = 1
  ort.env.wasm.proxy = false
  ort.env.wasm.wasmBinary = new Uint8Array(readFileSync(modelPath('ort-wasm-simd-threaded.wasm'))).buffer
  ort.env.logLevel = 'fatal'
  return ort
}

const boundMemory = (maxPages: number): void => {
  const api = (globalThis as unknown as { WebAssembly: { Memory: new (limits: MemoryLimits) => object } }).WebAssembly
  const { Memory } = api
  api.Memory = class extends Memory {
    constructor(limits: MemoryLimits) {
      super({ ...limits, maximum: Math.min(limits.maximum ?? maxPages, maxPages) })
    }
  }
}
