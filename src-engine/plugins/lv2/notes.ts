// Notes on their way to a plugin. What does not fit into one run's buffer comes first in the next; what sounds is remembered, to be ended.
import type { NoteEvent } from '../instance.ts'
import { type EventBuffer, type MidiEvent, midiOfNote } from './sequences.ts'

const NOTE_OFF = 0x80
const CONTROLLER = 0xb0
const ALL_SOUND_OFF = 120
const ALL_NOTES_OFF = 123
const RELEASE = 64

export class NoteQueue {
  readonly #port: EventBuffer | null
  readonly #held = new Set<number>()
  #waiting: MidiEvent[] = []

  /** `port` is null for plugins that take no notes: what they are given is forgotten. */
  constructor(port: EventBuffer | null) {
    this.#port = port
  }

  add(note: NoteEvent): void {
    if (!this.#port) return
    this.#waiting.push(midiOfNote(note))
    if (note.kind === 'on') this.#held.add(note.pitch)
    else this.#held.delete(note.pitch)
  }

  /** Ends every note, first thing in the next run: not every plugin forgets its notes when it is activated again. */
  silence(): void {
    if (!this.#port) return
    this.#waiting = [...this.#held].map((pitch) => ({ frame: 0, status: NOTE_OFF, first: pitch, second: RELEASE }))
    for (const controller of [ALL_NOTES_OFF, ALL_SOUND_OFF])
      this.#waiting.push({ frame: 0, status: CONTROLLER, first: controller, second: 0 })
    this.#held.clear()
  }

  /** Puts what waits into the buffer of a run from `start` to `end` of the block. */
  send(start: number, end: number): void {
    if (this.#waiting.length === 0) return
    let sent = 0
    for (const event of this.#waiting) {
      // The last frame at most: an event on the end would be outside the run.
      if (this.#port?.addMidi(event, Math.max(0, Math.min(end - 1, event.frame) - start)) === false) break
      sent += 1
    }
    this.#waiting = this.#waiting.slice(sent).map((event) => ({ ...event, frame: 0 }))
  }
}
