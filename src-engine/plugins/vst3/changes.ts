// What goes into and out of one block besides sound: parameter values at their places, and notes. Objects of ours that the plugin reads while
// it processes; made once per instance, since a block has no time for it.
import type { Pointer } from '../native/index.ts'
import { HostInterface, RESULT, readUint32, signature, writeBytes, writeDouble, writeInt32 } from './com.ts'
import { NOTE_ON } from './layouts.ts'
import type { NoteEvent } from '../instance.ts'

const COUNT = signature('int32')

/** Points of one parameter in a block. */
class Queue {
  id = 0
  count = 0
  readonly frames: number[] = []
  readonly values: number[] = []

  push(frame: number, value: number): void {
    this.frames[this.count] = frame
    this.values[this.count] = value
    this.count += 1
  }
}

const queues = new HostInterface<Queue>({
  name: 'parameterQueue',
  methods: [
    { type: signature('uint32'), run: (self) => self.id, otherwise: 0 },
    { type: COUNT, run: (self) => self.count, otherwise: 0 },
    {
      type: signature('int32', 'int32', 'void *', 'void *'),
      run: (self, index: number, frame: Pointer, value: Pointer) => {
        if (index < 0 || index >= self.count) return RESULT.invalidArgument
        writeInt32(frame, self.frames[index]!)
        writeDouble(value, self.values[index]!)
        return RESULT.ok
      },
    },
    {
      type: signature('int32', 'int32', 'double', 'void *'),
      run: (self, frame: number, value: number, index: Pointer | null) => {
        if (index !== null) writeInt32(index, self.count)
        self.push(frame, value)
        return RESULT.ok
      },
    },
  ],
})

/** A list of queues, filled by us or by the plugin, emptied after each block. */
export class ParameterChanges {
  readonly pointer: Pointer
  readonly #queues: Queue[] = []
  readonly #pointers: Pointer[] = []
  readonly #indexOf = new Map<number, number>()

  constructor() {
    this.pointer = changes.offer(this)
  }

  get count(): number {
    return this.#indexOf.size
  }

  /** Index of the queue of a parameter, which is added if it is not there. */
  indexOf(id: number): number {
    const known = this.#indexOf.get(id)
    if (known !== undefined) return known
    const index = this.#indexOf.size
    if (index === this.#queues.length) {
      const queue = new Queue()
      this.#queues.push(queue)
      this.#pointers.push(queues.offer(queue))
    }
    const queue = this.#queues[index]!
    queue.id = id
    queue.count = 0
    this.#indexOf.set(id, index)
    return index
  }

  pointerAt(index: number): Pointer {
    return index >= 0 && index < this.count ? this.#pointers[index]! : 0n
  }

  add(id: number, frame: number, value: number): void {
    this.#queues[this.indexOf(id)]!.push(frame, value)
  }

  /** Calls back with the last value of each parameter. */
  forEachLast(take: (id: number, value: number) => void): void {
    for (let i = 0; i < this.count; i++) {
      const queue = this.#queues[i]!
      if (queue.count > 0) take(queue.id, queue.values[queue.count - 1]!)
    }
  }

  clear(): void {
    this.#indexOf.clear()
  }

  close(): void {
    changes.withdraw(this.pointer)
    for (const pointer of this.#pointers) queues.withdraw(pointer)
  }
}

const changes = new HostInterface<ParameterChanges>({
  name: 'parameterChanges',
  methods: [
    { type: COUNT, run: (self) => self.count, otherwise: 0 },
    { type: signature('void *', 'int32'), run: (self, index: number) => self.pointerAt(index), otherwise: 0n },
    {
      type: signature('void *', 'void *', 'void *'),
      run: (self, id: Pointer, index: Pointer | null) => {
        const found = self.indexOf(readUint32(id))
        if (index !== null) writeInt32(index, found)
        return self.pointerAt(found)
      },
      otherwise: 0n,
    },
  ],
})

const KIND = { on: 0, off: 1 } as const
/** Velocity stands 4 bytes earlier in a note off, which has no tuning before it. */
const OFF_VELOCITY = NOTE_ON.at.tuning
const OFF_NOTE_ID = NOTE_ON.at.velocity

/** Notes of a block. What the plugin plays itself is not passed on. */
export class EventList {
  readonly pointer: Pointer
  readonly #events: Uint8Array[] = []
  #count = 0

  constructor() {
    this.pointer = events.offer(this)
  }

  get count(): number {
    return this.#count
  }

  at(index: number): Uint8Array | undefined {
    return index < this.#count ? this.#events[index] : undefined
  }

  /** `quarter` is where the block starts. */
  add(note: NoteEvent, frame: number, quarter: number): void {
    const event = this.#events[this.#count] ?? new Uint8Array(NOTE_ON.size)
    this.#events[this.#count] = event
    this.#count += 1
    const view = new DataView(event.buffer)
    event.fill(0)
    view.setInt32(NOTE_ON.at.frame, frame, true)
    view.setFloat64(NOTE_ON.at.quarter, quarter, true)
    view.setUint16(NOTE_ON.at.type, KIND[note.kind], true)
    view.setInt16(NOTE_ON.at.pitch, note.pitch, true)
    view.setFloat32(note.kind === 'on' ? NOTE_ON.at.velocity : OFF_VELOCITY, note.velocity, true)
    view.setInt32(note.kind === 'on' ? NOTE_ON.at.noteId : OFF_NOTE_ID, -1, true)
  }

  clear(): void {
    this.#count = 0
  }

  close(): void {
    events.withdraw(this.pointer)
  }
}

const events = new HostInterface<EventList>({
  name: 'eventList',
  methods: [
    { type: COUNT, run: (self) => self.count, otherwise: 0 },
    {
      type: signature('int32', 'int32', 'void *'),
      run: (self, index: number, out: Pointer) => {
        const event = self.at(index)
        if (event === undefined) return RESULT.invalidArgument
        writeBytes(out, event)
        return RESULT.ok
      },
    },
    { type: signature('int32', 'void *'), run: () => RESULT.ok },
  ],
})
