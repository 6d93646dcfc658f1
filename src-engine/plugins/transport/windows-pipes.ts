// Named pipes of Windows behind the same interface. Untried: written from the documentation of kernel32, never run. There is no waiting with a deadline
// on such a pipe without overlapped calls, so waiting looks, and sleeps a little in between.
import koffi from 'koffi'
import type { Moved, PipeIo } from './pipe-io.ts'

const GENERIC_READ = 0x80000000
const GENERIC_WRITE = 0x40000000
const OPEN_EXISTING = 3
const ACCESS_INBOUND = 1
const ACCESS_OUTBOUND = 2
/** Nobody else may have made a pipe of that name before. */
const FIRST_PIPE_INSTANCE = 0x80000
const NO_WAIT = 1
const REJECT_REMOTE_CLIENTS = 8
const BUFFER_BYTES = 64 * 1024
const INVALID_HANDLE = -1

interface Kernel32 {
  createNamedPipe(
    name: string,
    open: number,
    mode: number,
    most: number,
    out: number,
    into: number,
    timeout: number,
    security: null,
  ): number
  createFile(name: string, access: number, share: number, security: null, creation: number, flags: number, template: null): number
  setNamedPipeHandleState(handle: number, mode: Uint32Array, collect: null, timeout: null): boolean
  peekNamedPipe(handle: number, into: null, size: number, read: null, available: Uint32Array, left: null): boolean
  readFile(handle: number, address: number, size: number, read: Uint32Array, overlapped: null): boolean
  writeFile(handle: number, address: number, size: number, written: Uint32Array, overlapped: null): boolean
  closeHandle(handle: number): boolean
  sleep(milliseconds: number): void
}

let loaded: { readonly library: ReturnType<typeof koffi.load>; readonly calls: Kernel32 } | undefined

const kernel32 = (): Kernel32 => {
  if (loaded) return loaded.calls
  const library = koffi.load('kernel32.dll')
  const calls = {
    createNamedPipe: library.func('CreateNamedPipeW', 'int64', [
      'str16',
      'uint32',
      'uint32',
      'uint32',
      'uint32',
      'uint32',
      'uint32',
      'void *',
    ]),
    createFile: library.func('CreateFileW', 'int64', ['str16', 'uint32', 'uint32', 'void *', 'uint32', 'uint32', 'void *']),
    setNamedPipeHandleState: library.func('SetNamedPipeHandleState', 'bool', ['int64', 'void *', 'void *', 'void *']),
    peekNamedPipe: library.func('PeekNamedPipe', 'bool', ['int64', 'void *', 'uint32', 'void *', 'void *', 'void *']),
    readFile: library.func('ReadFile', 'bool', ['int64', 'uint64', 'uint32', 'void *', 'void *']),
    writeFile: library.func('WriteFile', 'bool', ['int64', 'uint64', 'uint32', 'void *', 'void *']),
    closeHandle: library.func('CloseHandle', 'bool', ['int64']),
    sleep: library.func('Sleep', 'void', ['uint32']),
  } as unknown as Kernel32
  loaded = { library, calls }
  return calls
}

/** What names of pipes begin with, instead of a folder. */
export const windowsPipePrefix = (engineProcess: number, random: string): string => `\\\\.\\pipe\\stemma-host-${engineProcess}-${random}`

/** Name of one of the pipes. */
export const windowsPipeName = (prefix: string, which: 'request' | 'reply' | 'leash'): string => `${prefix}-${which}`

/** The engine's end. Throws where the name is taken. */
export const createWindowsPipe = (name: string, isWriting: boolean): number => {
  const open = (isWriting ? ACCESS_OUTBOUND : ACCESS_INBOUND) | FIRST_PIPE_INSTANCE
  const handle = kernel32().createNamedPipe(name, open, NO_WAIT | REJECT_REMOTE_CLIENTS, 1, BUFFER_BYTES, BUFFER_BYTES, 0, null)
  if (handle === INVALID_HANDLE) throw new Error('a named pipe cannot be made')
  return handle
}

/** The host's end; negative where nobody has made the pipe. */
export const openWindowsPipe = (name: string, isWriting: boolean): number => {
  const handle = kernel32().createFile(name, isWriting ? GENERIC_WRITE : GENERIC_READ, 0, null, OPEN_EXISTING, 0, null)
  if (handle !== INVALID_HANDLE) kernel32().setNamedPipeHandleState(handle, new Uint32Array([NO_WAIT]), null, null)
  return handle
}

const availableIn = (handle: number): number | null => {
  const available = new Uint32Array(1)
  return kernel32().peekNamedPipe(handle, null, 0, null, available, null) ? (available[0] as number) : null
}

/** Whether the host has opened its end of a pipe that the engine reads. */
export const hasCompany = (handle: number): boolean => availableIn(handle) !== null

export const closeWindowsPipe = (handle: number): void => {
  kernel32().closeHandle(handle)
}

export class WindowsPipes implements PipeIo {
  readonly #readHandle: number
  readonly #writeHandle: number
  readonly #moved = new Uint32Array(1)

  constructor(readHandle: number, writeHandle: number) {
    this.#readHandle = readHandle
    this.#writeHandle = writeHandle
  }

  /** The pipe itself breaks when the other process ends: nothing can hold on to it. */
  watch(): void {}

  read(address: number, size: number): Moved {
    const available = availableIn(this.#readHandle)
    if (available === null) return 'gone'
    if (available === 0) return null
    const isRead = kernel32().readFile(this.#readHandle, address, Math.min(size, available), this.#moved, null)
    return isRead ? (this.#moved[0] as number) : 'gone'
  }

  write(address: number, size: number): Moved {
    if (!kernel32().writeFile(this.#writeHandle, address, size, this.#moved, null)) return 'gone'
    return this.#moved[0] === 0 ? null : (this.#moved[0] as number)
  }

  wait(isWriting: boolean, timeoutMs: number): 'ready' | 'late' | 'gone' {
    const until = performance.now() + timeoutMs
    for (let look = 0; ; look++) {
      const available = availableIn(this.#readHandle)
      if (available === null) return 'gone'
      if (isWriting ? look > 0 : available > 0) return 'ready'
      if (performance.now() >= until) return 'late'
      // Zero gives way to others for the moment in which a reply is likely.
      kernel32().sleep(look < 1_000 ? 0 : 1)
    }
  }

  close(): void {
    kernel32().closeHandle(this.#readHandle)
    kernel32().closeHandle(this.#writeHandle)
  }
}
