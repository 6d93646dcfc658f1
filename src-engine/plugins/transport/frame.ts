// One message between engine and host: 16 bytes of header, then its payload. The other side may have been corrupted by a plugin: nothing in a header
// is believed before it was checked, and nothing is allocated ahead of bytes that have arrived.
import { addressOf } from './libc.ts'

/** What a message is. `bell` only wakes whoever sleeps beside shared memory. */
export const FRAME = { command: 1, run: 2, done: 3, refused: 4, bell: 5 } as const

/** A plugin's state is part of a remix file, which holds 16 MiB of base64. */
export const MAX_STATE_BYTES = 12 * 1024 * 1024

/** Payload that is passed in place. Larger ones come over the pipe, in pieces. */
export const AREA_BYTES = 1024 * 1024
/** The largest payload: a descriptor of 20,000 parameters, or a state with its command. */
export const MAX_PAYLOAD_BYTES = 48 * 1024 * 1024

const MAGIC = 0x53544d48
export const HEADER_BYTES = 16
/** The payload is aligned for SIMD; the header lies right before it, so that both leave in one write. */
export const PAYLOAD_OFFSET = 64
const HEADER_OFFSET = PAYLOAD_OFFSET - HEADER_BYTES

export interface Header {
  readonly kind: number
  readonly sequence: number
  readonly length: number
}

/** Room for one message: a header and a payload of `AREA_BYTES`, and the same payload as every kind of number. */
export class FrameArea {
  readonly bytes: Uint8Array
  readonly ints: Int32Array
  readonly floats: Float32Array
  readonly doubles: Float64Array
  /** Address of the header. */
  readonly address: number
  readonly #header: Int32Array

  /** `offset` is a multiple of 64 in the buffer. */
  constructor(buffer: ArrayBufferLike, offset: number) {
    const payload = offset + PAYLOAD_OFFSET
    this.bytes = new Uint8Array(buffer, payload, AREA_BYTES)
    this.ints = new Int32Array(buffer, payload, AREA_BYTES / 4)
    this.floats = new Float32Array(buffer, payload, AREA_BYTES / 4)
    this.doubles = new Float64Array(buffer, payload, AREA_BYTES / 8)
    this.#header = new Int32Array(buffer, offset + HEADER_OFFSET, 4)
    this.address = addressOf(new Uint8Array(buffer, offset + HEADER_OFFSET, 1))
  }

  setHeader(kind: number, sequence: number, length: number): void {
    this.#header[0] = MAGIC
    this.#header[1] = kind
    this.#header[2] = sequence
    this.#header[3] = length
  }

  /** The header if it makes sense, read once. */
  header(): Header | null {
    return checked(this.#header[0] as number, this.#header[1] as number, this.#header[2] as number, this.#header[3] as number)
  }

  /** Forgets the first bytes from the header on, of so many that are filled. */
  shift(count: number, filled: number): void {
    const all = new Uint8Array(this.#header.buffer, this.#header.byteOffset, HEADER_BYTES + AREA_BYTES)
    all.copyWithin(0, count, filled)
  }
}

export const FRAME_AREA_BYTES = PAYLOAD_OFFSET + AREA_BYTES

const checked = (magic: number, kind: number, sequence: number, length: number): Header | null =>
  magic === MAGIC && kind >= FRAME.command && kind <= FRAME.bell && length >= 0 && length <= MAX_PAYLOAD_BYTES
    ? { kind, sequence, length }
    : null

/** A message that arrived. Valid until the next is asked for. */
export interface Frame extends Header {
  readonly payload: Uint8Array
  /** Where the payload lies, unless it was too large to be passed in place. */
  readonly area: FrameArea | null
}

/** A header on its own, for payloads that are in pieces elsewhere. */
export const headerBytes = (kind: number, sequence: number, length: number): Uint8Array =>
  new Uint8Array(new Int32Array([MAGIC, kind, sequence, length]).buffer)
