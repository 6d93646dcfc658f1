// Loads libFLAC (WebAssembly build, libflacjs). Its loader would fetch its wasm over HTTP when a global `fetch` exists, so it must not see one.
import { createRequire } from 'node:module'
import { assert } from '../../src-shared/std/index.ts'

/** The few functions of libflacjs that are used, with its own names. */
export interface LibFlac {
  isReady(): boolean
  on(event: 'ready', listener: () => void): void
  create_libflac_encoder(
    sampleRate: number,
    channels: number,
    bitDepth: number,
    compression: number,
    totalSamples: number,
    isVerified: boolean,
    blockSize: number,
  ): number
  init_encoder_stream(
    encoder: number,
    write: (bytes: Uint8Array, size: number, samples: number, frame: number) => void,
    metadata: ((data: unknown) => void) | undefined,
  ): number
  FLAC__stream_encoder_process_interleaved(encoder: number, samples: Int32Array, frames: number): boolean
  FLAC__stream_encoder_finish(encoder: number): boolean
  FLAC__stream_encoder_delete(encoder: number): void
}

let loading: Promise<LibFlac> | undefined

export const loadLibFlac = (): Promise<LibFlac> => {
  loading ??= load()
  return loading
}

const load = async (): Promise<LibFlac> => {
  const require = createRequire(import.meta.url)
  const { fetch } = globalThis
  Reflect.set(globalThis, 'fetch', undefined)
  try {
    const flac = require('libflacjs/dist/libflac.wasm.js') as LibFlac
    if (!flac.isReady()) await new Promise<void>((resolve) => flac.on('ready', resolve))
    assert(flac.isReady(), 'libFLAC loads')
    return flac
  } finally {
    Reflect.set(globalThis, 'fetch', fetch)
  }
}
