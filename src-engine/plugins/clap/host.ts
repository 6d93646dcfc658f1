// The host a CLAP plugin sees. One set of callbacks serves every plugin of the process (koffi has 8192): the host's address says whom they
// concern. Main and audio thread are the same thread here, which CLAP allows; `isAudio` says which of the two it is being.
import koffi, { type TypeObject } from 'koffi'
import { Arena, type Pointer } from '../native/index.ts'
import { HOST } from './abi.ts'

/** Shorter than any timer a plugin may ask for. */
const SHORTEST_TIMER_MS = 10
const MOST_TIMERS = 64
const RESCAN_VALUES = 1 << 0
const RESCAN_ALL = 1 << 3

interface Timer {
  readonly periodMs: number
  dueMs: number
}

/** What one plugin asked of its host since it was last looked at. */
export class HostSide {
  readonly pointer: Pointer
  readonly timers = new Map<number, Timer>()
  isAudio = false
  wantsMainThread = false
  wantsRestart = false
  wantsFlush = false
  hasNewLatency = false
  hasNewValues = false
  /** The last thing it complained about, for the sentence of a failure. */
  complaint: string | null = null
  #nextTimer = 0

  constructor() {
    this.pointer = hostStruct()
    hosts.set(this.pointer, this)
  }

  /** Runs a call that CLAP wants on the audio thread. */
  asAudio<T>(call: () => T): T {
    this.isAudio = true
    try {
      return call()
    } finally {
      this.isAudio = false
    }
  }

  addTimer(periodMs: number): number | null {
    if (this.timers.size >= MOST_TIMERS) return null
    const period = Math.max(SHORTEST_TIMER_MS, periodMs)
    this.timers.set(++this.#nextTimer, { periodMs: period, dueMs: performance.now() + period })
    return this.#nextTimer
  }

  /** Ids of timers that are due, each put off to its next time. */
  dueTimers(): readonly number[] {
    const now = performance.now()
    const due: number[] = []
    for (const [id, timer] of this.timers) {
      if (timer.dueMs > now) continue
      timer.dueMs = now + timer.periodMs
      due.push(id)
    }
    return due
  }

  close(): void {
    hosts.delete(this.pointer)
  }
}

const hosts = new Map<Pointer, HostSide>()
// Never released: a plugin's own thread may still look at its host after it was destroyed.
const structs: Arena[] = []

const P = 'void *'
const SHAPE = {
  void: koffi.proto('void', [P]),
  bool: koffi.proto('bool', [P]),
  u32: koffi.proto('uint32', [P]),
  flags: koffi.proto('void', [P, 'uint32']),
  asksFlag: koffi.proto('bool', [P, 'uint32']),
  clear: koffi.proto('void', [P, 'uint32', 'uint32']),
  log: koffi.proto('void', [P, 'int32', 'str']),
  extension: koffi.proto(P, [P, 'str']),
  addTimer: koffi.proto('bool', [P, 'uint32', P]),
} as const

/** A callback for native code; `otherwise` answers a plugin that is gone already. */
const register = <T>(shape: TypeObject, otherwise: T, call: (host: HostSide, ...args: never[]) => T): Pointer =>
  koffi.register((pointer: Pointer, ...args: never[]) => {
    const host = hosts.get(pointer)
    return host === undefined ? otherwise : call(host, ...args)
  }, koffi.pointer(shape)) as Pointer

interface Tables {
  readonly arena: Arena
  readonly extensions: ReadonlyMap<string, Pointer>
  readonly getExtension: Pointer
  readonly requestRestart: Pointer
  readonly requestProcess: Pointer
  readonly requestCallback: Pointer
  readonly name: Pointer
  readonly vendor: Pointer
  readonly url: Pointer
  readonly version: Pointer
}

const LOG_ERROR = 3

const buildTables = (): Tables => {
  const arena = new Arena(4_096)
  const table = (...calls: readonly Pointer[]): Pointer => {
    const offset = arena.alloc(8 * calls.length, 8)
    for (const [i, call] of calls.entries()) arena.setPointer(offset + 8 * i, call)
    return arena.pointerTo(offset)
  }
  const nothing = register(SHAPE.void, undefined, () => undefined)
  const extensions = new Map<string, Pointer>([
    [
      'clap.log',
      table(
        register(SHAPE.log, undefined, (host, severity: number, message: string | null) => {
          if (severity >= LOG_ERROR && message !== null) host.complaint = message.slice(0, 500)
        }),
      ),
    ],
    [
      'clap.thread-check',
      table(
        register(SHAPE.bool, false, (host) => !host.isAudio),
        register(SHAPE.bool, false, (host) => host.isAudio),
      ),
    ],
    [
      'clap.params',
      table(
        register(SHAPE.flags, undefined, (host, flags: number) => {
          // Names and ranges belong to the descriptor, which is read when a plugin starts.
          if (flags & (RESCAN_VALUES | RESCAN_ALL)) host.hasNewValues = true
        }),
        register(SHAPE.clear, undefined, () => undefined),
        register(SHAPE.void, undefined, (host) => {
          host.wantsFlush = true
        }),
      ),
    ],
    ['clap.state', table(nothing)],
    [
      'clap.latency',
      table(
        register(SHAPE.void, undefined, (host) => {
          host.hasNewLatency = true
        }),
      ),
    ],
    ['clap.tail', table(nothing)],
    [
      'clap.audio-ports',
      table(
        register(SHAPE.asksFlag, false, () => false),
        register(SHAPE.flags, undefined, () => undefined),
      ),
    ],
    [
      'clap.note-ports',
      table(
        register(SHAPE.u32, 0, () => 0b11),
        register(SHAPE.flags, undefined, () => undefined),
      ),
    ],
    [
      'clap.timer-support',
      table(
        register(SHAPE.addTimer, false, (host, periodMs: number, id: Pointer | null) => {
          const timer = id === null ? null : host.addTimer(periodMs)
          if (timer === null) return false
          koffi.encode(id, 'uint32', timer)
          return true
        }),
        register(SHAPE.asksFlag, false, (host, id: number) => host.timers.delete(id)),
      ),
    ],
  ])
  return {
    arena,
    extensions,
    getExtension: register(SHAPE.extension, null as Pointer | null, (_host, id: string | null) =>
      id === null ? null : (extensions.get(id) ?? null),
    ),
    requestRestart: register(SHAPE.void, undefined, (host) => {
      host.wantsRestart = true
    }),
    requestProcess: nothing,
    requestCallback: register(SHAPE.void, undefined, (host) => {
      host.wantsMainThread = true
    }),
    name: arena.cString('Stemma'),
    vendor: arena.cString('Stemma'),
    url: arena.cString(''),
    version: arena.cString('1'),
  }
}

let tables: Tables | undefined

const hostStruct = (): Pointer => {
  tables ??= buildTables()
  const arena = new Arena(HOST.byteLength)
  structs.push(arena)
  const offset = arena.alloc(HOST.byteLength)
  for (const [field, value] of [
    ['major', 1],
    ['minor', 2],
    ['revision', 2],
  ] as const)
    arena.view.setUint32(offset + HOST.at[field], value, true)
  for (const field of [
    'name',
    'vendor',
    'url',
    'version',
    'getExtension',
    'requestRestart',
    'requestProcess',
    'requestCallback',
  ] as const) {
    arena.setPointer(offset + HOST.at[field], tables[field])
  }
  return arena.pointerTo(offset)
}
