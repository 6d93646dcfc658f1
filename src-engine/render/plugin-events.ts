// What reaches a plugin beside sound: parameter changes and notes, to the frame, and where the music stands. Everything depends on absolute frames
// alone; what was sent before is known by the running plugin, since it outlives the mix.
import type { PlanNote, PlanPlugin, PlanTimeline } from '../../src-shared/remix/index.ts'
import { type NoteEvent, type ParameterEvent, PLUGIN_BLOCK_FRAMES, type PluginVoice, type Timeline } from '../plugins/rack/index.ts'
import { ValueReader } from './automation.ts'

/** A plugin follows a slope in steps of this many frames: some formats cut the block at each. */
const SLOPE_GRID_FRAMES = 64

interface Parameter {
  readonly id: string
  readonly reader: ValueReader
  readonly isMoving: boolean
}

/** Turns the values of a plan into events. */
export class ParameterEvents {
  #standing: readonly Parameter[] = []
  #moving: readonly Parameter[] = []
  #ids: ReadonlySet<string> = new Set()
  /** What the plugin had been sent when the standing values were all there, and by which instance; others are looked at again. */
  #settled = { epoch: -1, size: -1 }

  update({ params }: PlanPlugin): void {
    const all = Object.entries(params).map(
      ([id, value]): Parameter => ({ id, reader: new ValueReader(value), isMoving: (value.points?.length ?? 0) > 1 }),
    )
    this.#standing = all.filter((parameter) => !parameter.isMoving)
    this.#moving = all.filter((parameter) => parameter.isMoving)
    this.#ids = new Set(all.map((parameter) => parameter.id))
    this.#settled = { epoch: -1, size: -1 }
  }

  /** Events of a block. Values that the plan no longer sets go back to what they were without it. */
  take(voice: PluginVoice, frame: number, frames: number): readonly ParameterEvent[] {
    const isSettled = this.#settled.epoch === voice.epoch && this.#settled.size === voice.sent.size
    if (isSettled && this.#moving.length === 0) return NO_EVENTS
    const events: ParameterEvent[] = []
    if (!isSettled) {
      this.#giveBack(voice, events)
      for (const parameter of this.#standing) this.#send(voice, parameter, frame, 1, events)
    }
    for (const parameter of this.#moving) this.#send(voice, parameter, frame, frames, events)
    this.#settled = { epoch: voice.epoch, size: voice.sent.size }
    return events.length > 1 ? events.sort((a, b) => a.frame - b.frame) : events
  }

  #send(voice: PluginVoice, { id, reader }: Parameter, frame: number, frames: number, events: ParameterEvent[]): void {
    const index = voice.indexOf(id)
    if (index === undefined) return
    for (let at = frame; at < frame + frames; at = reader.nextStep(at, SLOPE_GRID_FRAMES)) {
      const value = reader.at(at)
      if (voice.sent.get(id) === value) continue
      voice.sent.set(id, value)
      events.push({ frame: at - frame, parameter: index, value })
    }
  }

  #giveBack(voice: PluginVoice, events: ParameterEvent[]): void {
    for (const id of [...voice.sent.keys()]) {
      if (this.#ids.has(id)) continue
      voice.sent.delete(id)
      const parameter = voice.indexOf(id)
      const value = voice.baseValue(id)
      if (parameter !== undefined && value !== undefined) events.push({ frame: 0, parameter, value })
    }
  }
}

const NO_EVENTS: readonly ParameterEvent[] = []

/** Plays the notes of a track. Notes under way where it begins are struck there: a chord that is held must not be missing. */
export class NoteEvents {
  #notes: readonly PlanNote[]
  /** What sounds, by pitch. */
  readonly #sounding = new Map<number, PlanNote>()
  #next = 0
  #isFresh = true

  constructor(notes: readonly PlanNote[]) {
    this.#notes = byStart(notes)
  }

  /** Takes other notes while playing: those that went end, those that stay sound on. */
  update(notes: readonly PlanNote[]): void {
    this.#notes = byStart(notes)
    this.#isFresh = true
  }

  /** The next block follows no other. */
  begin(): void {
    this.#isFresh = true
  }

  take(voice: PluginVoice, frame: number, frames: number): readonly NoteEvent[] {
    if (this.#notes.length === 0 && voice.held.size === 0) return NO_NOTES
    const events: NoteEvent[] = []
    const end = frame + frames
    if (this.#isFresh) this.#settle(voice, frame, events)
    for (; this.#next < this.#notes.length && this.#notes[this.#next]!.startFrame < end; this.#next++) {
      const note = this.#notes[this.#next]!
      this.#endUntil(voice, note.startFrame, frame, events)
      this.#strike(voice, note, note.startFrame - frame, events)
    }
    this.#endUntil(voice, end - 1, frame, events)
    // Ends before beginnings where both are on one frame: a note that is struck again must not be ended by its own past.
    return events.sort((a, b) => a.frame - b.frame || (a.kind === b.kind ? 0 : a.kind === 'off' ? -1 : 1))
  }

  /** Where notes or the position changed: ends what should not sound, strikes what should. */
  #settle(voice: PluginVoice, frame: number, events: NoteEvent[]): void {
    this.#isFresh = false
    this.#sounding.clear()
    const wanted = new Map<number, PlanNote>()
    this.#next = 0
    for (; this.#next < this.#notes.length && this.#notes[this.#next]!.startFrame < frame; this.#next++) {
      const note = this.#notes[this.#next]!
      if (endOf(note) > frame) wanted.set(note.pitch, note)
    }
    for (const [pitch, startFrame] of [...voice.held]) {
      const note = wanted.get(pitch)
      if (note?.startFrame === startFrame) this.#sounding.set(pitch, note)
      else this.#end(voice, pitch, 0, events)
    }
    for (const [pitch, note] of wanted) if (!voice.held.has(pitch)) this.#strike(voice, note, 0, events)
  }

  #endUntil(voice: PluginVoice, lastFrame: number, blockFrame: number, events: NoteEvent[]): void {
    for (const [pitch, note] of [...this.#sounding])
      if (endOf(note) <= lastFrame) this.#end(voice, pitch, Math.max(0, endOf(note) - blockFrame), events)
  }

  #strike(voice: PluginVoice, note: PlanNote, frame: number, events: NoteEvent[]): void {
    this.#end(voice, note.pitch, frame, events)
    events.push({ frame, kind: 'on', pitch: note.pitch, velocity: note.velocity / 127 })
    voice.held.set(note.pitch, note.startFrame)
    this.#sounding.set(note.pitch, note)
  }

  #end(voice: PluginVoice, pitch: number, frame: number, events: NoteEvent[]): void {
    if (voice.held.delete(pitch)) events.push({ frame, kind: 'off', pitch, velocity: 0 })
    this.#sounding.delete(pitch)
  }
}

/** A note sounds for a frame at least: its end must not come with its beginning. */
const endOf = (note: PlanNote): number => note.startFrame + Math.max(1, note.lengthFrames)

const NO_NOTES: readonly NoteEvent[] = []

const byStart = (notes: readonly PlanNote[]): readonly PlanNote[] =>
  notes.every((note, index) => index === 0 || notes[index - 1]!.startFrame <= note.startFrame)
    ? notes
    : [...notes].sort((a, b) => a.startFrame - b.startFrame)

/** Tempo and meter over time, as plugins are told. */
export class TimelineReader {
  readonly #tempo: PlanTimeline['tempo']
  readonly #meter: PlanTimeline['meter']

  constructor(timeline: PlanTimeline | undefined) {
    this.#tempo = timeline?.tempo.length ? timeline.tempo : [{ frame: 0, milliBpm: 120_000, quarter: 0 }]
    this.#meter = timeline?.meter.length ? timeline.meter : [{ frame: 0, numerator: 4, denominator: 4, bar: 0, quarter: 0 }]
  }

  at(frame: number, sampleRate: number): Timeline {
    const at = Math.max(0, frame)
    const tempo = lastBefore(this.#tempo, at)
    const meter = lastBefore(this.#meter, at)
    const bpm = tempo.milliBpm / 1_000
    const quarter = tempo.quarter + ((at - tempo.frame) / sampleRate) * (bpm / 60)
    const barLength = (meter.numerator * 4) / meter.denominator
    const bars = Math.max(0, Math.floor((quarter - meter.quarter) / barLength + 1e-9))
    return {
      frame: at,
      isPlaying: true,
      bpm,
      numerator: meter.numerator,
      denominator: meter.denominator,
      quarter,
      barQuarter: meter.quarter + bars * barLength,
      bar: meter.bar + bars,
    }
  }

  /** First plugin block of a stretch, after its first, that another tempo or meter is told with; the stretch's end where there is none. */
  nextChange(frame: number, frames: number): number {
    let next = frames
    for (const list of [this.#tempo, this.#meter]) {
      const change = list.find((point) => point.frame > frame && point.frame < frame + frames)
      if (change) next = Math.min(next, Math.ceil((change.frame - frame) / PLUGIN_BLOCK_FRAMES) * PLUGIN_BLOCK_FRAMES)
    }
    return next
  }
}

const lastBefore = <T extends { readonly frame: number }>(points: readonly T[], frame: number): T => {
  let found = points[0]!
  for (const point of points) {
    if (point.frame > frame) break
    found = point
  }
  return found
}
