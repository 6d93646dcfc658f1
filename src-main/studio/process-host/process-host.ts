// What the studio needs to start a child process, whoever starts it: plain Node (command line, tests) or Electron (the app).
// The studio never names Electron; the shell hands in a host made of `utilityProcess`.

/** Programs the studio may start. Each is a module of its own in source and `out/main/<name>.js` when bundled. */
export type ChildEntry = 'signer' | 'engine' | 'service' | 'plugin-host' | 'plugin-scanner'

export interface ForkOptions {
  /** Command line of the child. Never secrets: other users of the machine can read it. */
  readonly args?: readonly string[]
  /** Added to the environment of this process. Never secrets. */
  readonly env?: Readonly<Record<string, string>>
  /** Name shown by system monitors, where the platform has one. */
  readonly title?: string
  /** Where the child's output goes: `inherit` is this process's standard error. */
  readonly output?: 'inherit' | 'ignore'
}

/** How a child ended: `code` is null where it could not be started or a signal ended it; `signal` is its name, where the platform tells. */
export interface ChildExit {
  readonly code: number | null
  readonly signal?: string | null
}

/** The parent's end of a child. Messages are structured clones; order is kept; messages posted before the child listens wait for it. */
export interface ChildPort {
  /** Process id, undefined until the child has started or if it never did. */
  readonly pid: number | undefined
  postMessage(message: unknown): void
  onMessage(listener: (message: unknown) => void): () => void
  /** Called once, also when the child could not be started (`code` null). */
  onExit(listener: (exit: ChildExit) => void): () => void
  kill(): void
}

export interface ProcessHost {
  fork(entry: ChildEntry, options?: ForkOptions): ChildPort
}
