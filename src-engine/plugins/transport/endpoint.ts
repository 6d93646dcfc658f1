// Where an engine and the host it is starting meet: pipes and a leash in a private folder, and perhaps memory. All names are taken away as soon as both
// are there, so that whoever is killed leaves nothing behind.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LV2_FILES_PREFIX, sweepLeft } from '../native/index.ts'
import { libc } from './libc.ts'
import type { PipeIo } from './pipe-io.ts'
import { PosixPipes } from './posix-pipes.ts'
import { mapMemory, removeMemory, type SharedMemory } from './shared-memory.ts'
import {
  closeWindowsPipe,
  createWindowsPipe,
  hasCompany,
  openWindowsPipe,
  WindowsPipes,
  windowsPipeName,
  windowsPipePrefix,
} from './windows-pipes.ts'

export const TRANSPORTS = ['shm', 'pipe'] as const
export type TransportKind = (typeof TRANSPORTS)[number]

/** Where a host that is being started finds its engine. Plain data: it travels as an argument. */
export interface HostEndpoint {
  readonly transport: TransportKind
  /** Private folder with the pipes, removed as soon as both ends are open; on Windows, what their names begin with. */
  readonly folder: string
  /** Name of the shared memory; null with pipes alone. Gone as soon as both ends have mapped it. */
  readonly memory: string | null
  /** The host ends with this process. */
  readonly engineProcess: number
}

const IS_WINDOWS = process.platform === 'win32'
const IS_MACOS = process.platform === 'darwin'
const O_NONBLOCK = IS_MACOS ? 4 : 0x800
const O_CLOEXEC = IS_MACOS ? 0x1000000 : 0x80000
const O_WRONLY = 1

const PIPES = ['request', 'reply', 'leash'] as const

/** Negative where it cannot be opened, which with pipes means that nobody has the other end. */
const openEnd = (path: string, isWriting: boolean): number => libc().open(path, O_NONBLOCK | O_CLOEXEC | (isWriting ? O_WRONLY : 0), 0)

/** Descriptors of the engine's ends. Nothing is ever sent on the leash: it breaks when the engine ends. */
export interface EngineEnds {
  readonly request: number
  readonly reply: number
  readonly leash: number
}

const FOLDER_PREFIX = 'stemma-host-'
const MEMORY_PREFIX = 'stemma-mem-'

/** Removes what engines left that were killed, together with their host, in the moment before the names are taken away, and what their hosts left. */
const sweep = (): void => {
  sweepLeft(tmpdir(), FOLDER_PREFIX)
  sweepLeft(tmpdir(), LV2_FILES_PREFIX)
  sweepLeft('/dev/shm', MEMORY_PREFIX)
}

/** The engine's side of a meeting that has not taken place yet. */
export interface Rendezvous {
  readonly endpoint: HostEndpoint
  readonly memory: SharedMemory | null
  /** Null until the host is there. */
  tryOpen(): EngineEnds | null
  /** Takes the names away; called once both are there, or nobody will come. `isOver` also closes what is open. */
  dismantle(isOver: boolean): void
}

/** Closes what `EngineEnds` or `HostEnds` hold. */
export const closeEnd = (end: number): void => {
  if (IS_WINDOWS) closeWindowsPipe(end)
  else libc().close(end)
}

/** Both directions of one side. */
export const pipesOf = (read: number, write: number): PipeIo => (IS_WINDOWS ? new WindowsPipes(read, write) : new PosixPipes(read, write))

const prepareWindows = (): Rendezvous => {
  const folder = windowsPipePrefix(process.pid, randomBytes(8).toString('hex'))
  const request = createWindowsPipe(windowsPipeName(folder, 'request'), true)
  const reply = createWindowsPipe(windowsPipeName(folder, 'reply'), false)
  const leash = createWindowsPipe(windowsPipeName(folder, 'leash'), true)
  return {
    endpoint: { transport: 'pipe', folder, memory: null, engineProcess: process.pid },
    memory: null,
    // The host opens the one it replies on last.
    tryOpen: () => (hasCompany(reply) ? { request, reply, leash } : null),
    // The names go with the last handle.
    dismantle: (isOver) => {
      if (isOver) for (const end of [request, reply, leash]) closeEnd(end)
    },
  }
}

/** Prepares for a host. Memory where it is wanted and can be had. Throws where not even pipes can be made. */
export const prepareEndpoint = (transport: TransportKind): Rendezvous => {
  if (IS_WINDOWS) return prepareWindows()
  sweep()
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`))
  for (const which of PIPES) {
    if (libc().mkfifo(join(folder, which), 0o600) !== 0) throw new Error(`${folder} does not take pipes`)
  }
  const reply = openEnd(join(folder, 'reply'), false)
  if (reply < 0) throw new Error(`a pipe in ${folder} cannot be opened`)
  const name = `/${MEMORY_PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`
  let memory: SharedMemory | null = null
  if (transport === 'shm') {
    try {
      memory = mapMemory(name, true)
    } catch {
      // The pipe does for everything.
    }
  }
  let request = -1
  let leash = -1
  return {
    endpoint: { transport: memory ? 'shm' : 'pipe', folder, memory: memory ? name : null, engineProcess: process.pid },
    memory,
    tryOpen: () => {
      if (request < 0) request = openEnd(join(folder, 'request'), true)
      if (request >= 0 && leash < 0) leash = openEnd(join(folder, 'leash'), true)
      return request >= 0 && leash >= 0 ? { request, reply, leash } : null
    },
    dismantle: (isOver) => {
      rmSync(folder, { recursive: true, force: true })
      if (memory) removeMemory(name)
      if (!isOver) return
      memory?.release()
      for (const end of [request, reply, leash]) if (end >= 0) closeEnd(end)
    },
  }
}

export interface HostEnds {
  readonly request: number
  readonly reply: number
  readonly leash: number
  readonly memory: SharedMemory | null
}

/** The host's side. Throws where the engine has left. */
export const joinEndpoint = (endpoint: HostEndpoint): HostEnds => {
  const open = (which: (typeof PIPES)[number], isWriting: boolean): number =>
    IS_WINDOWS ? openWindowsPipe(windowsPipeName(endpoint.folder, which), isWriting) : openEnd(join(endpoint.folder, which), isWriting)
  const request = open('request', false)
  const leash = open('leash', false)
  // The last: on Windows the engine takes it as a sign that all are open.
  const reply = open('reply', true)
  if (reply < 0 || request < 0 || leash < 0) throw new Error('the engine is not there any more')
  let memory: SharedMemory | null = null
  if (endpoint.memory !== null) {
    try {
      memory = mapMemory(endpoint.memory, false)
    } catch {
      // The engine is told, and both stay with the pipe.
    }
  }
  return { request, reply, leash, memory }
}
