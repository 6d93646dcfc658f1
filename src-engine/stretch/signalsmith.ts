// Signalsmith Stretch as a plain WebAssembly module: its own wrapper wants an audio worklet, is asynchronous and seeds its random numbers anew in
// every instance. Here one fixed seed makes the same bits of the same sound everywhere.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { assert } from '../../src-shared/std/index.ts'

// Declared here because @types/node leaves WebAssembly to the DOM's library, which this floor does not have.
interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}
interface WasmApi {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> }
}
const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly

/** The functions of the module, by the names its C++ source gives them. Lengths count frames; a frequency or rate is relative, as noted. */
interface SignalsmithExports {
  readonly main: (argc: number, argv: number) => number
  readonly configure: (channels: number, blockFrames: number, intervalFrames: number, splitsComputation: number) => void
  readonly reset: () => void
  readonly inputLatency: () => number
  readonly outputLatency: () => number
  /** Pointer to `channels` input blocks, then as many output blocks, of `frames` floats each. */
  readonly setBuffers: (channels: number, frames: number) => number
  /** Moves formants by a factor. */
  readonly setFormantFactor: (factor: number, compensatesPitch: number) => void
  /** Cycles a frame; 0 finds the pitch by itself. */
  readonly setFormantBase: (frequency: number) => void
  /** Takes the newest input without giving output; `rate` is input frames an output frame. */
  readonly seek: (inputFrames: number, rate: number) => void
  readonly process: (inputFrames: number, outputFrames: number) => void
}

const EXPORTS = [
  'main',
  'configure',
  'reset',
  'inputLatency',
  'outputLatency',
  'setBuffers',
  'setFormantFactor',
  'setFormantBase',
  'seek',
  'process',
] as const satisfies readonly (keyof SignalsmithExports)[]

const PAGE_BYTES = 65_536
const SEED = 0x53

interface Compiled {
  readonly module: object
  /** What the linker called each function. */
  readonly names: ReadonlyMap<string, string>
}

let compiled: Compiled | undefined

/** The package is one JavaScript file that carries the module as base64 and names its exports where it wraps them. */
const compile = (): Compiled => {
  const text = readFileSync(createRequire(import.meta.url).resolve('signalsmith-stretch'), 'utf8')
  const base64 = /"data:application\/octet-stream;base64,([A-Za-z0-9+/=]+)"/.exec(text)?.[1]
  assert(base64 !== undefined, 'signalsmith-stretch carries its module as it did in 1.3.2')
  const names = new Map([...text.matchAll(/Module\["_(\w+)"\]=wasmExports\["(\w+)"\]/g)].map((match) => [match[1] ?? '', match[2] ?? '']))
  return { module: new Module(Buffer.from(base64, 'base64')), names }
}

/** One running instance. */
export interface Signalsmith {
  readonly raw: SignalsmithExports
  /** A fresh view on memory: use at once. */
  f32(ptr: number, length: number): Float32Array<ArrayBuffer>
}

export interface SignalsmithSettings {
  readonly channels: 1 | 2
  readonly blockFrames: number
  /** From one block to the next, in output frames. */
  readonly hopFrames: number
}

/** A fresh instance. */
export const openSignalsmith = ({ channels, blockFrames, hopFrames }: SignalsmithSettings): Signalsmith => {
  compiled ??= compile()
  const { module, names } = compiled
  let memory: Memory | undefined
  const bytes = (): Uint8Array => new Uint8Array(memory?.buffer ?? new ArrayBuffer(0))
  // The linker's names: random numbers, growing the memory, copying, giving up.
  const { exports } = new Instance(module, {
    a: {
      a: (ptr: number, length: number) => {
        bytes().fill(SEED, ptr, ptr + length)
        return 0
      },
      b: (size: number) => {
        memory?.grow(Math.ceil((size - bytes().length) / PAGE_BYTES))
        return 1
      },
      c: (to: number, from: number, length: number) => bytes().copyWithin(to, from, from + length),
      d: () => {
        throw new Error('the stretcher ran out of memory')
      },
    },
  })
  memory = exports.e as Memory
  const construct = exports.f as () => void
  construct()
  const raw = Object.fromEntries(EXPORTS.map((name) => [name, exports[names.get(name) ?? '']])) as unknown as SignalsmithExports
  raw.main(0, 0)
  raw.configure(channels, blockFrames, hopFrames, 0)
  raw.reset()
  return { raw, f32: (ptr, length) => new Float32Array(memory.buffer, ptr, length) }
}
