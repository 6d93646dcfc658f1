// What plugins on Linux ask of a host in place of an event loop: timers and files to be watched. Nothing runs by itself: `turn` is called
// between blocks and when the host is idle, on the one thread there is.
import koffi from 'koffi'
import { Arena } from '../native/index.ts'
import type { Pointer } from '../native/index.ts'
import { HostInterface, NativeObject, RESULT, signature } from './com.ts'

const ON_TIMER = signature('void')
const ON_FILE = signature('void', 'int32')
/** A plugin that registers more has lost count. */
const MOST_WATCHED = 256
const POLL_READABLE = 1

interface Timer {
  readonly handler: Pointer
  readonly fire: () => void
  readonly everyMs: number
  dueMs: number
}
interface WatchedFile {
  readonly handler: Pointer
  readonly file: number
  readonly fire: () => void
}

/** The one run loop of the process. */
class RunLoop {
  readonly timers: Timer[] = []
  readonly files: WatchedFile[] = []
  #poll: ((files: Pointer, count: number, timeoutMs: number) => number) | null = null
  readonly #arena = new Arena(8 * MOST_WATCHED)
  readonly #polled = this.#arena.alloc(8 * MOST_WATCHED)

  /** Runs what is due. */
  turn(nowMs: number): void {
    for (const timer of [...this.timers]) {
      if (timer.dueMs > nowMs || !this.timers.includes(timer)) continue
      timer.dueMs = nowMs + timer.everyMs
      timer.fire()
    }
    if (this.files.length > 0) this.#turnFiles()
  }

  #turnFiles(): void {
    this.#poll ??= koffi.load(null).func('poll', 'int', ['void *', 'ulong', 'int']) as (
      files: Pointer,
      count: number,
      timeoutMs: number,
    ) => number
    const watched = [...this.files]
    for (const [i, { file }] of watched.entries()) {
      this.#arena.view.setInt32(this.#polled + 8 * i, file, true)
      this.#arena.view.setUint32(this.#polled + 8 * i + 4, POLL_READABLE, true)
    }
    if (this.#poll(this.#arena.pointerTo(this.#polled), watched.length, 0) <= 0) return
    for (const [i, entry] of watched.entries()) {
      if (this.#arena.view.getUint16(this.#polled + 8 * i + 6, true) !== 0 && this.files.includes(entry)) entry.fire()
    }
  }
}

const loop = new RunLoop()

const drop = <T extends { readonly handler: Pointer }>(entries: T[], handler: Pointer): number => {
  const kept = entries.filter((entry) => entry.handler !== handler)
  const hasFound = kept.length < entries.length
  entries.splice(0, entries.length, ...kept)
  return hasFound ? RESULT.ok : RESULT.no
}

const runLoops = new HostInterface<RunLoop>({
  name: 'runLoop',
  methods: [
    {
      type: signature('int32', 'void *', 'int32'),
      run: (self, handler: Pointer | null, file: number) => {
        if (handler === null || self.files.length >= MOST_WATCHED) return RESULT.invalidArgument
        const onFile = new NativeObject(handler).method(3, ON_FILE)
        self.files.push({ handler, file, fire: () => onFile(file) })
        return RESULT.ok
      },
    },
    { type: signature('int32', 'void *'), run: (self, handler: Pointer) => drop(self.files, handler) },
    {
      type: signature('int32', 'void *', 'uint64'),
      run: (self, handler: Pointer | null, everyMs: number | bigint) => {
        if (handler === null || self.timers.length >= MOST_WATCHED) return RESULT.invalidArgument
        const wait = Math.max(1, Number(everyMs))
        const onTimer = new NativeObject(handler).method(3, ON_TIMER)
        self.timers.push({ handler, everyMs: wait, dueMs: performance.now() + wait, fire: () => onTimer() })
        return RESULT.ok
      },
    },
    { type: signature('int32', 'void *'), run: (self, handler: Pointer) => drop(self.timers, handler) },
  ],
})

export const runLoopPointer: Pointer = runLoops.offer(loop)

/** Fires timers that are due and files that can be read. */
export const turnRunLoop = (nowMs: number = performance.now()): void => {
  if (loop.timers.length > 0 || loop.files.length > 0) loop.turn(nowMs)
}
