// Shared memory through which a worker hands finished tracks to the mix: a ring of cells per worker, counted with Atomics, never copied by message.
import { CELL_FRAMES } from './context.ts'

/** Cells a worker may be ahead: 2.7 s, so that uneven work evens out; a megabyte a track. */
const SLOTS = 32
/** A worker that fell asleep on a full ring is woken for this many free slots at once: waking costs more than a cell. */
const WAKE_SLOTS = 16
const COUNTERS = 4
const PRODUCED = 0
const CONSUMED = 1
const IS_AWAITED = 2
const IS_ENDED = 3
/** Consumed of a ring that has ended: more than a render has cells, so that no worker sleeps on it. */
const ALL_CELLS = 2 ** 31 - 1
/** Per track and slot: whether it sounds, and until when. */
const HEADER_DOUBLES = 2

export interface RingShape {
  /** For each of the worker's tracks: whether its signal before the fader is handed over too. */
  readonly hasPreFader: readonly boolean[]
}

export interface RingMemory extends RingShape {
  readonly buffer: SharedArrayBuffer
}

const channelsOf = (hasPreFader: boolean): number => (hasPreFader ? 4 : 2)

export const allocateRing = ({ hasPreFader }: RingShape): RingMemory => {
  const channels = hasPreFader.reduce((sum, has) => sum + channelsOf(has), 0)
  const bytes = COUNTERS * 4 + SLOTS * (hasPreFader.length * HEADER_DOUBLES * 8 + channels * CELL_FRAMES * 4)
  return { hasPreFader, buffer: new SharedArrayBuffer(bytes) }
}

/** One worker's ring, seen from either side. Cells are counted from 0 at the start of the render. */
export class TrackRing {
  readonly #counters: Int32Array
  readonly #headers: Float64Array
  readonly #samples: Float32Array
  readonly #offsets: number[] = []
  readonly #slotFloats: number
  readonly #tracks: number

  constructor({ buffer, hasPreFader }: RingMemory) {
    this.#tracks = hasPreFader.length
    let floats = 0
    for (const has of hasPreFader) {
      this.#offsets.push(floats)
      floats += channelsOf(has) * CELL_FRAMES
    }
    this.#slotFloats = floats
    const headerDoubles = SLOTS * this.#tracks * HEADER_DOUBLES
    this.#counters = new Int32Array(buffer, 0, COUNTERS)
    this.#headers = new Float64Array(buffer, COUNTERS * 4, headerDoubles)
    this.#samples = new Float32Array(buffer, COUNTERS * 4 + headerDoubles * 8)
  }

  /** Worker: sleeps until the cell's slot is free. False once nobody wants more. */
  waitForSlot(cell: number): boolean {
    let allowed = SLOTS - 1
    for (;;) {
      const consumed = Atomics.load(this.#counters, CONSUMED)
      if (cell - consumed <= allowed) return Atomics.load(this.#counters, IS_ENDED) === 0
      allowed = SLOTS - WAKE_SLOTS
      Atomics.wait(this.#counters, CONSUMED, consumed)
    }
  }

  /** Worker: the cell is complete. True where the mix sleeps and has to be woken. */
  publish(cell: number): boolean {
    Atomics.store(this.#counters, PRODUCED, cell + 1)
    return Atomics.exchange(this.#counters, IS_AWAITED, 0) === 1
  }

  writeHeader(cell: number, track: number, isRunning: boolean, soundsUntil: number): void {
    const at = this.#header(cell, track)
    this.#headers[at] = isRunning ? 1 : 0
    this.#headers[at + 1] = soundsUntil
  }

  /** Mix: whether the cell is there; where not, the worker will wake the mix once it is. */
  isReady(cell: number): boolean {
    if (Atomics.load(this.#counters, PRODUCED) > cell) return true
    Atomics.store(this.#counters, IS_AWAITED, 1)
    return Atomics.load(this.#counters, PRODUCED) > cell
  }

  /** Mix: the cells before this one are free again. */
  release(cell: number): void {
    Atomics.store(this.#counters, CONSUMED, cell)
    if (cell % WAKE_SLOTS === 0) Atomics.notify(this.#counters, CONSUMED)
  }

  /** Mix: nothing more is wanted; the worker leaves after the cell it is at. */
  end(): void {
    Atomics.store(this.#counters, IS_ENDED, 1)
    Atomics.store(this.#counters, CONSUMED, ALL_CELLS)
    Atomics.notify(this.#counters, CONSUMED)
  }

  isRunning(cell: number, track: number): boolean {
    return this.#headers[this.#header(cell, track)] === 1
  }

  soundsUntil(cell: number, track: number): number {
    return this.#headers[this.#header(cell, track) + 1]!
  }

  /** The cell's samples of one channel: 0 and 1 after the fader, 2 and 3 before it. */
  channel(cell: number, track: number, channel: number): Float32Array {
    const at = (cell % SLOTS) * this.#slotFloats + this.#offsets[track]! + channel * CELL_FRAMES
    return this.#samples.subarray(at, at + CELL_FRAMES)
  }

  #header(cell: number, track: number): number {
    return ((cell % SLOTS) * this.#tracks + track) * HEADER_DOUBLES
  }
}
