// Events and transport of one block as a CLAP plugin reads them: structs side by side in an arena, handed out by two callbacks that serve
// whichever plugin is being called, since only one is at a time.
import koffi from 'koffi'
import type { NoteEvent, Timeline } from '../instance.ts'
import { Arena, type Pointer } from '../native/index.ts'
import { EVENT, EVENT_LIST, FIXED_POINT_ONE, type Layout, MIDI_EVENT, NOTE_EVENT, PARAM_EVENT, TRANSPORT, TRANSPORT_HAS } from './abi.ts'

type HeaderField = 'byteLength' | 'time' | 'space' | 'type' | 'flags'

/** Room for the longest event; slots of one size make an index an address. */
const SLOT_BYTES = 64
const FIRST_SLOTS = 256
const ANY = -1

/** What takes a value that the plugin set itself. */
export type ValueSink = (parameter: number, value: number) => void

interface Lists {
  readonly arena: Arena
  readonly input: Pointer
  readonly output: Pointer
}

let current: { readonly events: EventQueue; readonly sink: ValueSink } | undefined
let lists: Lists | undefined

const P = 'void *'
const SIZE = koffi.proto('uint32', [P])
const GET = koffi.proto(P, [P, 'uint32'])
const PUSH = koffi.proto('bool', [P, P])

const buildLists = (): Lists => {
  const arena = new Arena(EVENT_LIST.byteLength * 4)
  const list = (...calls: readonly Pointer[]): Pointer => {
    const offset = arena.alloc(EVENT_LIST.byteLength)
    for (const [i, call] of calls.entries()) arena.setPointer(offset + EVENT_LIST.at.size + 8 * i, call)
    return arena.pointerTo(offset)
  }
  const size = koffi.register(() => current?.events.count ?? 0, koffi.pointer(SIZE)) as Pointer
  const get = koffi.register((_list: Pointer, index: number) => current?.events.pointerTo(index) ?? null, koffi.pointer(GET)) as Pointer
  const push = koffi.register((_list: Pointer, event: Pointer | null) => {
    if (event === null || current === undefined) return false
    if (koffi.decode(event, PARAM_EVENT.at.space, 'uint16') !== 0) return true
    if (koffi.decode(event, PARAM_EVENT.at.type, 'uint16') !== EVENT.parameter) return true
    current.sink(koffi.decode(event, PARAM_EVENT.at.parameter, 'uint32'), koffi.decode(event, PARAM_EVENT.at.value, 'double'))
    return true
  }, koffi.pointer(PUSH)) as Pointer
  return { arena, input: list(size, get), output: list(push) }
}

/** The two lists every call is given; what stands in them depends on `withEvents`. */
export const eventLists = (): { readonly input: Pointer; readonly output: Pointer } => {
  lists ??= buildLists()
  return lists
}

/** Runs a call during which the lists hold these events. */
export const withEvents = <T>(events: EventQueue, sink: ValueSink, call: () => T): T => {
  current = { events, sink }
  try {
    return call()
  } finally {
    current = undefined
  }
}

/** Events of the next call, in the order they are added: ascending by frame. */
export class EventQueue {
  #slots = FIRST_SLOTS
  #arena = new Arena(FIRST_SLOTS * SLOT_BYTES)
  #base = this.#arena.alloc(FIRST_SLOTS * SLOT_BYTES)
  count = 0

  clear(): void {
    this.count = 0
  }

  pointerTo(index: number): Pointer | null {
    return index < this.count ? this.#arena.pointerTo(this.#base + index * SLOT_BYTES) : null
  }

  parameter(frame: number, id: number, cookie: Pointer, value: number): void {
    const { at } = PARAM_EVENT
    const offset = this.#add(PARAM_EVENT, frame, EVENT.parameter)
    const { view } = this.#arena
    view.setUint32(offset + at.parameter, id, true)
    view.setBigUint64(offset + at.cookie, cookie, true)
    view.setInt32(offset + at.noteId, ANY, true)
    for (const field of ['port', 'channel', 'key'] as const) view.setInt16(offset + at[field], ANY, true)
    view.setFloat64(offset + at.value, value, true)
  }

  note(note: NoteEvent): void {
    const { at } = NOTE_EVENT
    const offset = this.#add(NOTE_EVENT, note.frame, note.kind === 'on' ? EVENT.noteOn : EVENT.noteOff)
    const { view } = this.#arena
    view.setInt32(offset + at.noteId, ANY, true)
    view.setInt16(offset + at.port, 0, true)
    view.setInt16(offset + at.channel, 0, true)
    view.setInt16(offset + at.key, note.pitch, true)
    view.setFloat64(offset + at.velocity, note.velocity, true)
  }

  /** The same note for plugins that speak MIDI only. */
  midiNote(note: NoteEvent): void {
    const { at } = MIDI_EVENT
    const offset = this.#add(MIDI_EVENT, note.frame, EVENT.midi)
    const { view } = this.#arena
    view.setUint16(offset + at.port, 0, true)
    view.setUint8(offset + at.data, note.kind === 'on' ? 0x90 : 0x80)
    view.setUint8(offset + at.data + 1, note.pitch & 0x7f)
    // A note on with velocity 0 would be a note off.
    view.setUint8(offset + at.data + 2, Math.min(127, Math.max(note.kind === 'on' ? 1 : 0, Math.round(note.velocity * 127))))
  }

  #add(layout: Layout<HeaderField>, frame: number, type: number): number {
    if (this.count === this.#slots) this.#grow()
    const offset = this.#base + this.count++ * SLOT_BYTES
    this.#arena.bytes.fill(0, offset, offset + SLOT_BYTES)
    const { view } = this.#arena
    view.setUint32(offset + layout.at.byteLength, layout.byteLength, true)
    view.setUint32(offset + layout.at.time, frame, true)
    view.setUint16(offset + layout.at.type, type, true)
    return offset
  }

  #grow(): void {
    const from = this.#arena.bytes.subarray(this.#base, this.#base + this.#slots * SLOT_BYTES)
    this.#slots *= 2
    this.#arena = new Arena(this.#slots * SLOT_BYTES)
    this.#base = this.#arena.alloc(this.#slots * SLOT_BYTES)
    this.#arena.bytes.set(from, this.#base)
  }
}

const fixedPoint = (value: number): bigint => BigInt(Math.round((Number.isFinite(value) ? value : 0) * FIXED_POINT_ONE))
const positive = (value: number, otherwise: number): number => (Number.isFinite(value) && value >= 1 ? Math.min(value, 0xffff) : otherwise)

/** Writes the transport struct at `offset`. Tempo and meter are never zero, whatever the timeline says: plugins divide by them. */
export const writeTransport = (arena: Arena, offset: number, timeline: Timeline, sampleRate: number): void => {
  const { at, byteLength } = TRANSPORT
  const { view } = arena
  const has = TRANSPORT_HAS
  view.setUint32(offset + at.byteLength, byteLength, true)
  view.setUint16(offset + at.type, EVENT.transport, true)
  view.setUint32(offset + at.has, has.tempo | has.beats | has.seconds | has.meter | (timeline.isPlaying ? has.isPlaying : 0), true)
  view.setBigInt64(offset + at.beats, fixedPoint(timeline.quarter), true)
  view.setBigInt64(offset + at.seconds, fixedPoint(timeline.frame / sampleRate), true)
  view.setFloat64(offset + at.tempo, positive(timeline.bpm, 120), true)
  view.setBigInt64(offset + at.barStart, fixedPoint(timeline.barQuarter), true)
  view.setInt32(offset + at.bar, Math.trunc(timeline.bar), true)
  view.setUint16(offset + at.numerator, positive(timeline.numerator, 4), true)
  view.setUint16(offset + at.denominator, positive(timeline.denominator, 4), true)
}
