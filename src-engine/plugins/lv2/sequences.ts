// Events into and out of a plugin: atom sequences (lv2:atom 2.2) and the older event buffers. Runs in process: no allocation.
import type { NoteEvent, Timeline } from '../instance.ts'
import type { Arena, Pointer } from '../native/index.ts'
import { LAYOUT } from './abi.ts'
import { SEQUENCE_BYTES } from './features.ts'
import type { EventPort } from './ports.ts'
import { urid } from './urids.ts'
import { ATOM, LV2, TIME } from './uris.ts'

/** LSP's oscilloscopes send their window 50 MB at a time. */
const MOST_PORT_BYTES = 64 * 1024 * 1024
const OLD_EVENT_HEADER = 12
const MIDI_BYTES = 3

/** Three bytes of MIDI at a frame of the run. */
export interface MidiEvent {
  readonly frame: number
  readonly status: number
  readonly first: number
  readonly second: number
}

/** A note as MIDI on the first channel; velocities of 0 would be read as note off. */
export const midiOfNote = (note: NoteEvent): MidiEvent => {
  const pitch = Math.max(0, Math.min(127, Math.round(note.pitch)))
  const velocity = Math.max(1, Math.min(127, Math.round(note.velocity * 127)))
  return note.kind === 'on'
    ? { frame: note.frame, status: 0x90, first: pitch, second: velocity }
    : { frame: note.frame, status: 0x80, first: pitch, second: 64 }
}

const padded = (bytes: number): number => (bytes + 7) & ~7

/** Bytes an arena must have for a port's buffer. */
export const bytesOfEventPort = (port: EventPort): number => {
  if (port.minimumBytes > MOST_PORT_BYTES)
    throw new Error(`its port ${port.symbol} wants ${port.minimumBytes} bytes, more than a port may have`)
  return padded(Math.max(SEQUENCE_BYTES, port.minimumBytes)) + 64
}

/** One event port's buffer. `prepare` is called before each run, then events are added in ascending order. */
export class EventBuffer {
  readonly port: EventPort
  readonly pointer: Pointer
  readonly #arena: Arena
  readonly #offset: number
  readonly #data: number
  readonly #capacity: number
  readonly #ids: Readonly<Record<'sequence' | 'chunk' | 'midi' | 'object' | 'long' | 'float' | 'int' | 'double', number>>
  readonly #time: Readonly<Record<keyof typeof TIME, number>>
  #end = 0
  #count = 0

  constructor(arena: Arena, port: EventPort) {
    this.port = port
    this.#arena = arena
    this.#capacity = bytesOfEventPort(port) - 64
    this.#data = arena.alloc(this.#capacity, 8)
    this.#offset = port.kind === 'event' ? arena.alloc(LAYOUT.eventBuffer.size, 8) : this.#data
    this.pointer = arena.pointerTo(this.#offset)
    this.#ids = {
      sequence: urid(ATOM.Sequence),
      chunk: urid(ATOM.Chunk),
      midi: urid(LV2.MidiEvent),
      object: urid(ATOM.Object),
      long: urid(ATOM.Long),
      float: urid(ATOM.Float),
      int: urid(ATOM.Int),
      double: urid(ATOM.Double),
    }
    this.#time = Object.fromEntries(Object.entries(TIME).map(([name, uri]) => [name, urid(uri)])) as Record<keyof typeof TIME, number>
    this.prepare()
  }

  /** An empty sequence in, or room for the plugin to write to. */
  prepare(): void {
    const { view } = this.#arena
    this.#count = 0
    if (this.port.kind === 'event') {
      this.#end = this.#data
      this.#arena.setPointer(this.#offset + LAYOUT.eventBuffer.data, this.#arena.pointerTo(this.#data))
      view.setUint16(this.#offset + LAYOUT.eventBuffer.headerSize, LAYOUT.eventBuffer.size, true)
      view.setUint16(this.#offset + LAYOUT.eventBuffer.stampType, 0, true)
      view.setUint32(this.#offset + LAYOUT.eventBuffer.capacity, this.#capacity, true)
      this.#finish()
    } else if (this.port.isInput) {
      this.#end = this.#offset + LAYOUT.sequence.size
      view.setUint32(this.#offset + LAYOUT.sequence.atomType, this.#ids.sequence, true)
      view.setUint32(this.#offset + LAYOUT.sequence.unit, 0, true)
      view.setUint32(this.#offset + LAYOUT.sequence.pad, 0, true)
      this.#finish()
    } else {
      view.setUint32(this.#offset + LAYOUT.sequence.atomSize, this.#capacity - 8, true)
      view.setUint32(this.#offset + LAYOUT.sequence.atomType, this.#ids.chunk, true)
    }
  }

  /** False where there is no room left in this run. */
  addMidi(event: MidiEvent, frame: number): boolean {
    const { view, bytes } = this.#arena
    const header = this.port.kind === 'event' ? OLD_EVENT_HEADER : LAYOUT.sequenceEvent.size
    const length = padded(header + MIDI_BYTES)
    if (this.#end + length > this.#data + this.#capacity) return false
    const at = this.#end
    if (this.port.kind === 'event') {
      view.setUint32(at, frame, true)
      view.setUint32(at + 4, 0, true)
      view.setUint16(at + 8, this.#ids.midi, true)
      view.setUint16(at + 10, MIDI_BYTES, true)
    } else {
      view.setBigInt64(at + LAYOUT.sequenceEvent.frames, BigInt(frame), true)
      view.setUint32(at + LAYOUT.sequenceEvent.bodySize, MIDI_BYTES, true)
      view.setUint32(at + LAYOUT.sequenceEvent.bodyType, this.#ids.midi, true)
    }
    bytes[at + header] = event.status
    bytes[at + header + 1] = event.first
    bytes[at + header + 2] = event.second
    this.#end += length
    this.#count += 1
    this.#finish()
    return true
  }

  /** A `time:Position` at the first frame of the run. */
  addPosition(timeline: Timeline): void {
    const { view } = this.#arena
    const start = this.#end
    const ids = this.#ids
    const time = this.#time
    const denominator = Math.max(1, timeline.denominator)
    let at = start + LAYOUT.sequenceEvent.size
    view.setUint32(at, 0, true)
    view.setUint32(at + 4, time.Position, true)
    at += 8
    const property = (key: number, size: 4 | 8, type: number): number => {
      view.setUint32(at, key, true)
      view.setUint32(at + 4, 0, true)
      view.setUint32(at + 8, size, true)
      view.setUint32(at + 12, type, true)
      const body = at + 16
      view.setUint32(body + 4, 0, true)
      at = body + 8
      return body
    }
    view.setBigInt64(property(time.frame, 8, ids.long), BigInt(Math.round(timeline.frame)), true)
    view.setFloat32(property(time.speed, 4, ids.float), timeline.isPlaying ? 1 : 0, true)
    view.setBigInt64(property(time.bar, 8, ids.long), BigInt(Math.round(timeline.bar)), true)
    view.setFloat32(property(time.barBeat, 4, ids.float), barBeatOf(timeline), true)
    view.setFloat64(property(time.beat, 8, ids.double), beatOf(timeline), true)
    view.setInt32(property(time.beatUnit, 4, ids.int), denominator, true)
    view.setFloat32(property(time.beatsPerBar, 4, ids.float), timeline.numerator, true)
    view.setFloat32(property(time.beatsPerMinute, 4, ids.float), timeline.bpm, true)
    view.setBigInt64(start + LAYOUT.sequenceEvent.frames, 0n, true)
    view.setUint32(start + LAYOUT.sequenceEvent.bodySize, at - start - LAYOUT.sequenceEvent.size, true)
    view.setUint32(start + LAYOUT.sequenceEvent.bodyType, ids.object, true)
    this.#end = at
    this.#finish()
  }

  #finish(): void {
    const { view } = this.#arena
    if (this.port.kind === 'event') {
      view.setUint32(this.#offset + LAYOUT.eventBuffer.count, this.#count, true)
      view.setUint32(this.#offset + LAYOUT.eventBuffer.used, this.#end - this.#data, true)
    } else {
      // The size leaves out the atom's own header of 8 bytes.
      view.setUint32(this.#offset + LAYOUT.sequence.atomSize, this.#end - this.#offset - 8, true)
    }
  }
}

/** Beats since the bar began, in the meter's own unit. */
export const barBeatOf = (timeline: Timeline): number => ((timeline.quarter - timeline.barQuarter) * Math.max(1, timeline.denominator)) / 4

/** Beats since the remix began, in the meter's own unit. */
export const beatOf = (timeline: Timeline): number => (timeline.quarter * Math.max(1, timeline.denominator)) / 4
