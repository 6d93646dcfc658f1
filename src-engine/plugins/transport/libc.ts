// The few system calls that Node does not offer, blocking the thread that makes them: a plugin's block cannot wait for an event loop.
// Addresses are plain numbers (48 bits): passing them costs a third of what a BigInt costs.
import koffi from 'koffi'

export const POLLIN = 1
export const POLLOUT = 4
export const POLLERR = 8
export const POLLHUP = 16

/** Address of an ArrayBuffer's bytes, valid as long as the buffer is. */
export const addressOf = (bytes: Uint8Array): number => Number(koffi.address(bytes) as bigint)

interface Libc {
  mkfifo(path: string, mode: number): number
  /** Not through `fs`: Node closes what a worker thread opened when that thread ends, and connections move between threads. */
  open(path: string, flags: number, mode: number): number
  close(fd: number): number
  read(fd: number, address: number, size: number): number
  write(fd: number, address: number, size: number): number
  poll(address: number, count: number, timeoutMs: number): number
  /** Integer arguments only. */
  fcntl(fd: number, command: number, argument: number): number
  dup2(from: number, to: number): number
  mmap(address: number, size: number, protection: number, flags: number, fd: number, offset: number): bigint
  shmOpen(name: string, flags: number, mode: number): number
  shmUnlink(name: string): number
  /** Category and a locale name or null, which asks. */
  setlocale(category: number, locale: string | null): string | null
  /** Linux only. */
  syscall(number: number, a: number, b: number, c: number, d: number): number
  setrlimit(resource: number, limits: Uint8Array): number
}

let loaded: Libc | undefined
/** Held on to: koffi unloads a library whose object was collected. */
const libraries: ReturnType<typeof koffi.load>[] = []

/** Loaded on first use: a thread that never talks to a plugin host pays nothing. Throws on Windows. */
export const libc = (): Libc => {
  if (loaded) return loaded
  const library = koffi.load(process.platform === 'darwin' ? '/usr/lib/libSystem.B.dylib' : 'libc.so.6')
  // Before glibc 2.34 shared memory was a library of its own.
  const memory = ((): ReturnType<typeof koffi.load> => {
    try {
      library.func('shm_open', 'int', ['str', 'int', 'uint32'])
      return library
    } catch {
      return koffi.load('librt.so.1')
    }
  })()
  libraries.push(library, memory)
  loaded = {
    mkfifo: library.func('mkfifo', 'int', ['str', 'uint32']),
    open: library.func('open', 'int', ['str', 'int', 'uint32']),
    close: library.func('close', 'int', ['int']),
    read: library.func('read', 'int64', ['int', 'uint64', 'uint64']),
    write: library.func('write', 'int64', ['int', 'uint64', 'uint64']),
    poll: library.func('poll', 'int', ['uint64', 'uint64', 'int']),
    fcntl: library.func('fcntl', 'int', ['int', 'int', 'int64']),
    dup2: library.func('dup2', 'int', ['int', 'int']),
    mmap: library.func('mmap', 'uint64', ['uint64', 'uint64', 'int', 'int', 'int', 'int64']),
    shmOpen: memory.func('shm_open', 'int', ['str', 'int', 'uint32']),
    shmUnlink: memory.func('shm_unlink', 'int', ['str']),
    setlocale: library.func('setlocale', 'str', ['int', 'str']),
    syscall: library.func('syscall', 'int64', ['int64', 'int64', 'int64', 'int64', 'int64']),
    setrlimit: library.func('setrlimit', 'int', ['int', 'void *']),
  } as unknown as Libc
  return loaded
}
