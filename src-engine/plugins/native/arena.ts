// Memory that native code may read and write: one JavaScript ArrayBuffer and its address. Views over native memory abort Electron, so structs
// are laid out here by hand, and pointers stay valid as long as the arena is referenced.
import koffi from 'koffi'

/** Nothing in a plugin ABI needs more; audio buffers take it for SIMD loads. */
const WIDEST_ALIGNMENT = 64

/** A native address. */
export type Pointer = bigint

/** Floats that native code sees at `pointer`. */
export interface NativeFloats {
  readonly pointer: Pointer
  readonly samples: Float32Array<ArrayBuffer>
}

/** A bump allocator: nothing is released before the whole arena is dropped. */
export class Arena {
  readonly buffer: ArrayBuffer
  readonly view: DataView
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly #base: Pointer
  #top: number

  constructor(byteLength: number) {
    this.buffer = new ArrayBuffer(byteLength + WIDEST_ALIGNMENT)
    this.view = new DataView(this.buffer)
    this.bytes = new Uint8Array(this.buffer)
    this.#base = koffi.address(this.bytes) as Pointer
    this.#top = this.#alignmentGap(0, WIDEST_ALIGNMENT)
  }

  /** Offset of so many zeroed bytes. Throws when the arena is full: its size is the owner's sum of what it holds. */
  alloc(byteLength: number, alignment = 16): number {
    const offset = this.#top + this.#alignmentGap(this.#top, alignment)
    if (offset + byteLength > this.buffer.byteLength) throw new RangeError(`arena of ${this.buffer.byteLength} bytes is full`)
    this.#top = offset + byteLength
    return offset
  }

  pointerTo(offset: number): Pointer {
    return this.#base + BigInt(offset)
  }

  /** Offset of a pointer into this arena. */
  offsetOf(pointer: Pointer): number {
    return Number(pointer - this.#base)
  }

  floats(count: number): NativeFloats {
    const offset = this.alloc(count * 4, WIDEST_ALIGNMENT)
    return { pointer: this.pointerTo(offset), samples: new Float32Array(this.buffer, offset, count) }
  }

  /** A zero-terminated UTF-8 string. */
  cString(text: string): Pointer {
    const encoded = new TextEncoder().encode(text)
    const offset = this.alloc(encoded.length + 1, 8)
    this.bytes.set(encoded, offset)
    return this.pointerTo(offset)
  }

  setPointer(offset: number, value: Pointer): void {
    this.view.setBigUint64(offset, value, true)
  }

  #alignmentGap(offset: number, alignment: number): number {
    const over = Number((this.#base + BigInt(offset)) % BigInt(alignment))
    return over === 0 ? 0 : alignment - over
  }
}
