// Random access to a file through one small window. Parsers ask for bytes they have bounded themselves; nothing here grows with the file.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { assert } from '../../src-shared/std/index.ts'

const WINDOW_BYTES = 256 * 1024
/** No parser may ask for more at once; a header that claims more is hostile. */
export const MAX_READ_BYTES = 32 * 1024 * 1024

export class FileBytes {
  readonly size: number
  readonly #fd: number
  readonly #window = new Uint8Array(WINDOW_BYTES)
  #windowStart = 0
  #windowLength = 0

  constructor(path: string) {
    this.#fd = openSync(path, 'r')
    this.size = fstatSync(this.#fd).size
  }

  /** Up to `length` bytes from `position`; shorter at the end of the file. The view is valid until the next call. */
  peek(position: number, length: number): Uint8Array {
    assert(length <= WINDOW_BYTES, 'a peek must fit the window')
    if (position < this.#windowStart || position + length > this.#windowStart + this.#windowLength) {
      this.#windowStart = position
      this.#windowLength = this.#fill(this.#window, position)
    }
    const offset = position - this.#windowStart
    return this.#window.subarray(offset, Math.min(offset + length, this.#windowLength))
  }

  /** Copies bytes into `target`; returns how many there were. */
  readInto(target: Uint8Array, position: number): number {
    return this.#fill(target, position)
  }

  /** A fresh copy of up to `length` bytes. */
  read(position: number, length: number): Uint8Array {
    assert(length >= 0 && length <= MAX_READ_BYTES, 'a read must be bounded')
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - position)))
    return bytes.subarray(0, this.#fill(bytes, position))
  }

  close(): void {
    closeSync(this.#fd)
  }

  #fill(target: Uint8Array, position: number): number {
    let done = 0
    while (done < target.length) {
      const count = readSync(this.#fd, target, done, target.length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }
}

export const ascii = (bytes: Uint8Array, offset: number, length: number): string => {
  let text = ''
  for (let i = offset; i < offset + length; i++) text += String.fromCharCode(bytes[i] ?? 0)
  return text
}

export const u16be = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
export const u24be = (bytes: Uint8Array, at: number): number => (u16be(bytes, at) << 8) | (bytes[at + 2] ?? 0)
export const u32be = (bytes: Uint8Array, at: number): number => u16be(bytes, at) * 65536 + u16be(bytes, at + 2)
export const u64be = (bytes: Uint8Array, at: number): number => u32be(bytes, at) * 2 ** 32 + u32be(bytes, at + 4)
export const u16le = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
export const u32le = (bytes: Uint8Array, at: number): number => u16le(bytes, at) + u16le(bytes, at + 2) * 65536
export const u64le = (bytes: Uint8Array, at: number): number => u32le(bytes, at) + u32le(bytes, at + 4) * 2 ** 32
