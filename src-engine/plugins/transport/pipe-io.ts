// Raw ends of a pair of pipes, as both platforms have them: nothing blocks but `wait`, which has a deadline and notices when the other process ends.

/** Bytes moved; `null`: nothing can be moved right now; `gone`: the other end is closed. */
export type Moved = number | null | 'gone'

export interface PipeIo {
  read(address: number, size: number): Moved
  write(address: number, size: number): Moved
  /** Waits until something can be read, or with `isWriting` written. Milliseconds, infinite allowed. */
  wait(isWriting: boolean, timeoutMs: number): 'ready' | 'late' | 'gone'
  /** From here on, the end of a process (`watchProcess`) is the end of the connection. Closed with it. */
  watch(watch: number | null): void
  close(): void
}
