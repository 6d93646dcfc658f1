// Two FIFOs in a private folder, on Linux and macOS (macOS untried). Where Linux lets us, the other process is watched through a descriptor of its own:
// a plugin that forks keeps the pipes open past the death of its host.
import { addressOf, libc, POLLERR, POLLHUP, POLLIN, POLLOUT } from './libc.ts'
import type { Moved, PipeIo } from './pipe-io.ts'

const PIDFD_OPEN = 434
const PIDFD_SEND_SIGNAL = 424
const SIGKILL = 9

/** A descriptor that becomes readable when the process ends, or null where there is no such thing. */
export const watchProcess = (pid: number): number | null => {
  if (process.platform !== 'linux') return null
  const fd = libc().syscall(PIDFD_OPEN, pid, 0, 0, 0)
  return fd < 0 ? null : fd
}

/** Ends a process; through its descriptor if there is one, since its number may be another's by now. */
export const killProcess = (pid: number, watch: number | null): void => {
  // Zero would be every process of the group.
  if (pid < 1) return
  if (watch !== null) {
    libc().syscall(PIDFD_SEND_SIGNAL, watch, SIGKILL, 0, 0)
    return
  }
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

/** Both ends that one process holds, non-blocking. What is watched is closed with them. */
export class PosixPipes implements PipeIo {
  readonly #readFd: number
  readonly #writeFd: number
  #watch: number | null = null
  // struct pollfd[2]: int fd, short events, short revents.
  readonly #polled = new DataView(new ArrayBuffer(16))
  readonly #polledAddress: number
  readonly #libc = libc()

  constructor(readFd: number, writeFd: number) {
    this.#readFd = readFd
    this.#writeFd = writeFd
    this.#polledAddress = addressOf(new Uint8Array(this.#polled.buffer))
    this.#polled.setInt16(12, POLLIN, true)
    this.watch(null)
  }

  watch(watch: number | null): void {
    this.#watch = watch
    this.#polled.setInt32(8, watch ?? -1, true)
  }

  read(address: number, size: number): Moved {
    const count = this.#libc.read(this.#readFd, address, size)
    if (count > 0) return count
    // Neither an end of file (nobody has the other end open, perhaps not yet) nor a failure is told apart here: `wait` knows, and errno may be stale.
    return null
  }

  write(address: number, size: number): Moved {
    const count = this.#libc.write(this.#writeFd, address, size)
    return count >= 0 ? count : null
  }

  wait(isWriting: boolean, timeoutMs: number): 'ready' | 'late' | 'gone' {
    const until = timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : performance.now() + timeoutMs
    this.#polled.setInt32(0, isWriting ? this.#writeFd : this.#readFd, true)
    this.#polled.setInt16(4, isWriting ? POLLOUT : POLLIN, true)
    for (;;) {
      const left = until - performance.now()
      const count = this.#libc.poll(this.#polledAddress, 2, until === Number.POSITIVE_INFINITY ? -1 : Math.max(0, Math.ceil(left)))
      if (count === 0) return 'late'
      // A signal came.
      if (count < 0) continue
      const events = this.#polled.getInt16(6, true)
      // What was written before the end is still to be read.
      if (events & (isWriting ? POLLOUT : POLLIN) && !(isWriting && events & (POLLERR | POLLHUP))) return 'ready'
      return 'gone'
    }
  }

  close(): void {
    for (const fd of [this.#readFd, this.#writeFd, this.#watch]) {
      if (fd !== null) this.#libc.close(fd)
    }
  }
}
