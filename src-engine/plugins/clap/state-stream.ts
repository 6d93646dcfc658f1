// State as a CLAP plugin writes and reads it: a stream of bytes in pieces of its choosing, bounded because it goes into documents.
import koffi from 'koffi'
import { Arena, type Pointer } from '../native/index.ts'
import { STREAM } from './abi.ts'

/** Most bytes of state that are kept of one plugin: what a host child can send in one message, less what base64 adds. */
export const MAX_STATE_BYTES = 8 * 2 ** 20

const CALL = koffi.proto('int64', ['void *', 'void *', 'uint64'])

interface Streams {
  readonly arena: Arena
  readonly input: Pointer
  readonly output: Pointer
}

let streams: Streams | undefined
let written: { readonly pieces: Uint8Array[]; byteLength: number; isTooLarge: boolean } | undefined
let unread: Uint8Array | undefined

const write = (_stream: Pointer, from: Pointer | null, size: number | bigint): number => {
  const byteLength = Number(size)
  if (from === null || written === undefined) return -1
  if (written.byteLength + byteLength > MAX_STATE_BYTES) {
    written.isTooLarge = true
    return -1
  }
  if (byteLength > 0) written.pieces.push(koffi.decode(from, 'uint8', byteLength) as Uint8Array)
  written.byteLength += byteLength
  return byteLength
}

const read = (_stream: Pointer, into: Pointer | null, size: number | bigint): number => {
  if (into === null || unread === undefined) return -1
  const piece = unread.subarray(0, Math.min(Number(size), unread.length))
  if (piece.length > 0) koffi.encode(into, 'uint8', piece, piece.length)
  unread = unread.subarray(piece.length)
  return piece.length
}

const buildStreams = (): Streams => {
  const arena = new Arena(STREAM.byteLength * 4)
  const stream = (call: typeof read): Pointer => {
    const offset = arena.alloc(STREAM.byteLength)
    arena.setPointer(offset + STREAM.at.call, koffi.register(call, koffi.pointer(CALL)) as Pointer)
    return arena.pointerTo(offset)
  }
  return { arena, input: stream(read), output: stream(write) }
}

/** What the plugin wrote; `too large` beyond the bound, null where `save` says it failed. */
export const collectState = (save: (stream: Pointer) => boolean): Uint8Array | 'too large' | null => {
  streams ??= buildStreams()
  const sink = { pieces: [] as Uint8Array[], byteLength: 0, isTooLarge: false }
  written = sink
  try {
    const isSaved = save(streams.output)
    if (sink.isTooLarge) return 'too large'
    if (!isSaved) return null
  } finally {
    written = undefined
  }
  const state = new Uint8Array(sink.byteLength)
  let at = 0
  for (const piece of sink.pieces) {
    state.set(piece, at)
    at += piece.length
  }
  return state
}

/** Lets the plugin read `state` to its end; what `load` answers. */
export const offerState = (state: Uint8Array, load: (stream: Pointer) => boolean): boolean => {
  streams ??= buildStreams()
  unread = state
  try {
    return load(streams.input)
  } finally {
    unread = undefined
  }
}
