// Messages over a pair of pipes. Everything is resumable: a caller that may not block pushes and takes what goes without waiting, one that may waits between.
import { type Frame, FrameArea, FRAME_AREA_BYTES, headerBytes, HEADER_BYTES, AREA_BYTES, type Header } from './frame.ts'
import { addressOf } from './libc.ts'
import type { PipeIo } from './pipe-io.ts'

/** One write of a payload that is sent in pieces. */
const PIECE_BYTES = 64 * 1024

interface Piece {
  readonly bytes: Uint8Array | null
  address: number
  left: number
}

/** A payload that does not fit, so far. */
interface Large {
  readonly header: Header
  readonly pieces: Uint8Array[]
  received: number
}

export class Pipe {
  readonly #io: PipeIo
  /** What goes out in one piece is laid out here. */
  readonly outgoing = new FrameArea(new ArrayBuffer(FRAME_AREA_BYTES), 0)
  readonly #incoming = new FrameArea(new ArrayBuffer(FRAME_AREA_BYTES), 0)
  #filled = 0
  #taken = 0
  #large: Large | null = null
  #queue: Piece[] = []

  constructor(io: PipeIo) {
    this.#io = io
  }

  /** Starts to send what lies in `outgoing`. */
  sendArea(kind: number, sequence: number, length: number): void {
    this.outgoing.setHeader(kind, sequence, length)
    this.#queue.push({ bytes: null, address: this.outgoing.address, left: HEADER_BYTES + length })
  }

  /** Starts to send a payload that lies in parts; they must not change until all is pushed. */
  sendParts(kind: number, sequence: number, parts: readonly Uint8Array[]): void {
    const length = parts.reduce((sum, part) => sum + part.byteLength, 0)
    for (const bytes of [headerBytes(kind, sequence, length), ...parts]) {
      if (bytes.byteLength > 0) this.#queue.push({ bytes, address: addressOf(bytes), left: bytes.byteLength })
    }
  }

  /** Whether nothing was read beyond the last message: to look for the next is in vain before something has come. */
  get isDrained(): boolean {
    return this.#filled === this.#taken
  }

  get isSending(): boolean {
    return this.#queue.length > 0
  }

  /** Moves on what is being sent: `done`, or `waiting` for the other side to read. */
  push(): 'done' | 'waiting' | 'gone' {
    for (;;) {
      const piece = this.#queue[0]
      if (!piece) return 'done'
      const moved = this.#io.write(piece.address, Math.min(piece.left, PIECE_BYTES))
      if (moved === 'gone') return 'gone'
      if (moved === null) return 'waiting'
      piece.address += moved
      piece.left -= moved
      if (piece.left === 0) this.#queue.shift()
    }
  }

  wait(isWriting: boolean, timeoutMs: number): 'ready' | 'late' | 'gone' {
    return this.#io.wait(isWriting, timeoutMs)
  }

  /** The next message if all of it is here; null if not yet. `broken`: what came is none. */
  take(): Frame | null | 'gone' | 'broken' {
    if (this.#taken > 0) {
      this.#filled -= this.#taken
      if (this.#filled > 0) this.#incoming.shift(this.#taken, this.#taken + this.#filled)
      this.#taken = 0
    }
    for (;;) {
      if (this.#large === null && this.#filled >= HEADER_BYTES) {
        const header = this.#incoming.header()
        if (header === null) return 'broken'
        const end = HEADER_BYTES + header.length
        if (header.length <= AREA_BYTES) {
          if (this.#filled >= end) {
            this.#taken = end
            return { ...header, payload: this.#incoming.bytes.subarray(0, header.length), area: this.#incoming }
          }
        } else {
          this.#large = { header, pieces: [], received: 0 }
          this.#keep(this.#filled - HEADER_BYTES)
        }
      }
      if (this.#large && this.#large.received === this.#large.header.length) return this.#join(this.#large)
      const room = this.#large
        ? Math.min(AREA_BYTES, this.#large.header.length - this.#large.received)
        : HEADER_BYTES + AREA_BYTES - this.#filled
      const into = this.#incoming.address + (this.#large ? HEADER_BYTES : this.#filled)
      const moved = this.#io.read(into, room)
      if (moved === 'gone') return 'gone'
      if (moved === null) return null
      if (this.#large) this.#keep(moved)
      else this.#filled += moved
    }
  }

  /** Copies what lies after the header away: pieces are as large as what has come, never as large as what was announced. */
  #keep(count: number): void {
    const large = this.#large
    if (large && count > 0) {
      large.pieces.push(this.#incoming.bytes.slice(0, count))
      large.received += count
    }
  }

  #join({ header, pieces, received }: Large): Frame {
    const payload = new Uint8Array(received)
    let offset = 0
    for (const piece of pieces) {
      payload.set(piece, offset)
      offset += piece.byteLength
    }
    this.#large = null
    this.#filled = 0
    return { ...header, payload, area: null }
  }

  close(): void {
    this.#io.close()
  }
}
