// Memory that two processes see: pages of a SharedArrayBuffer are replaced by those of a shared memory object, so that plain typed arrays and Atomics
// work on them. Linux; macOS has the same calls and is untried, Windows has others and uses the pipe.
import { ftruncateSync } from 'node:fs'
import { FRAME_AREA_BYTES, FrameArea } from './frame.ts'
import { addressOf, libc } from './libc.ts'

/** The largest page of the platforms we know (macOS on ARM). */
const PAGE = 16_384
const WORDS_BYTES = PAGE
const SHARED_BYTES = Math.ceil((WORDS_BYTES + 2 * FRAME_AREA_BYTES) / PAGE) * PAGE

// Linux; macOS differs in O_CREAT, O_EXCL and MAP_ANONYMOUS.
const IS_MACOS = process.platform === 'darwin'
const O_RDWR = 2
const O_CREATE_NEW = IS_MACOS ? 0xa00 : 0xc0
const READ_AND_WRITE = 3
const SHARED_FIXED = 0x11
const PRIVATE_FIXED_ANONYMOUS = IS_MACOS ? 0x1012 : 0x32

/** Words for both sides, each on a cache line of its own. */
export const WORD = { requests: 0, replies: 16, isHostAsleep: 32, isEngineAsleep: 48, running: 64 } as const

export interface SharedMemory {
  readonly buffer: SharedArrayBuffer
  readonly words: Int32Array
  readonly request: FrameArea
  readonly reply: FrameArea
  /** Gives the pages back. Nothing of it may be touched afterwards. */
  release(): void
}

// A buffer that is collected while mapped would hand foreign pages to the allocator.
const mapped = new Set<SharedArrayBuffer>()

const firstPage = (address: number): number => (PAGE - (address % PAGE)) % PAGE

/** Views of memory that is mapped already, by this thread or another of this process. */
export const viewMemory = (buffer: SharedArrayBuffer): SharedMemory => {
  const base = addressOf(new Uint8Array(buffer))
  const offset = firstPage(base)
  mapped.add(buffer)
  return {
    buffer,
    words: new Int32Array(buffer, offset, WORDS_BYTES / 4),
    request: new FrameArea(buffer, offset + WORDS_BYTES),
    reply: new FrameArea(buffer, offset + WORDS_BYTES + FRAME_AREA_BYTES),
    release: () => {
      libc().mmap(base + offset, SHARED_BYTES, READ_AND_WRITE, PRIVATE_FIXED_ANONYMOUS, -1, 0)
      mapped.delete(buffer)
    },
  }
}

/** Lets another thread of this process take the memory over. */
export const letGo = (memory: SharedMemory): void => {
  mapped.delete(memory.buffer)
}

/** Maps memory of that name, made anew or by the other process. Throws where that is not possible. */
export const mapMemory = (name: string, isNew: boolean): SharedMemory => {
  const fd = libc().shmOpen(name, isNew ? O_RDWR | O_CREATE_NEW : O_RDWR, 0o600)
  if (fd < 0) throw new Error('no shared memory to be had')
  try {
    if (isNew) ftruncateSync(fd, SHARED_BYTES)
    const buffer = new SharedArrayBuffer(SHARED_BYTES + PAGE)
    const base = addressOf(new Uint8Array(buffer))
    const at = base + firstPage(base)
    if (Number(libc().mmap(at, SHARED_BYTES, READ_AND_WRITE, SHARED_FIXED, fd, 0)) !== at) throw new Error('shared memory cannot be mapped')
    return viewMemory(buffer)
  } catch (error) {
    if (isNew) removeMemory(name)
    throw error
  } finally {
    libc().close(fd)
  }
}

/** Takes the name away; those who have mapped it keep it. */
export const removeMemory = (name: string): void => {
  libc().shmUnlink(name)
}
