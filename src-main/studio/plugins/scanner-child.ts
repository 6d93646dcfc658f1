// Starts one scanner child for one job and waits for what it says, or for how it ends. The child runs foreign code: it may crash, hang, fork, or say
// anything; whatever it does, this settles within the limit and the child and what it forked are gone.
import { platform } from 'node:process'
import {
  PLUGIN_ENVIRONMENT,
  type ScannerJob,
  type ScannerMessage,
  scannerMessageSchema,
  SCANNER_LEAVE,
  type TrialStep,
} from '../../../src-engine/plugins/index.ts'
import type { ProcessHost } from '../process-host/index.ts'

/** What came of a job. `at` is the step of a trial that was under way. */
export type ScannerOutcome =
  | { readonly kind: 'done'; readonly message: Extract<ScannerMessage, { kind: 'scanned' | 'tried' }> }
  | { readonly kind: 'failed'; readonly reason: string; readonly at: TrialStep | null }
  | { readonly kind: 'crashed'; readonly signal: string; readonly at: TrialStep | null }
  | { readonly kind: 'timed out'; readonly at: TrialStep | null }
  | { readonly kind: 'cancelled' }

const SIGNALS: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  14: 'SIGALRM',
  15: 'SIGTERM',
}

/** Electron gives the number of the signal for an exit code. */
const signalOf = ({ code, signal }: { readonly code: number | null; readonly signal?: string | null }): string => {
  if (signal) return signal
  if (code === null) return 'no process'
  return SIGNALS[code > 128 ? code - 128 : code] ?? `exit code ${code}`
}

/** Ends a child with all it forked; it leads a process group of its own once it has begun. */
const end = (pid: number | undefined): void => {
  if (pid === undefined) return
  for (const target of platform === 'win32' ? [pid] : [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL')
    } catch {
      // Gone already, or never led a group.
    }
  }
}

export interface ScannerOptions {
  readonly signal?: AbortSignal
  /** Added to the child's environment. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Runs one job in a child of its own. Never rejects. */
export const runScanner = (
  host: ProcessHost,
  job: ScannerJob,
  { signal, environment = {} }: ScannerOptions = {},
): Promise<ScannerOutcome> =>
  new Promise((resolve) => {
    if (signal?.aborted) {
      resolve({ kind: 'cancelled' })
      return
    }
    const child = host.fork('plugin-scanner', {
      title: 'Stemma plugin scanner',
      output: 'ignore',
      env: { ...PLUGIN_ENVIRONMENT, ...environment },
    })
    let at: TrialStep | null = null
    const settle = (outcome: ScannerOutcome): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
      stopListening()
      stopWaiting()
      child.postMessage(SCANNER_LEAVE)
      end(child.pid)
      resolve(outcome)
    }
    const cancel = (): void => settle({ kind: 'cancelled' })
    const timer = setTimeout(() => settle({ kind: 'timed out', at }), job.limitMs)
    signal?.addEventListener('abort', cancel)
    const stopListening = child.onMessage((message) => {
      const decoded = scannerMessageSchema.safeParse(message)
      if (!decoded.success) return settle({ kind: 'failed', reason: 'It answered in a way that makes no sense.', at })
      if (decoded.data.kind === 'step') at = decoded.data.step
      else if (decoded.data.kind === 'failed') settle({ kind: 'failed', reason: decoded.data.reason, at })
      else settle({ kind: 'done', message: decoded.data })
    })
    const stopWaiting = child.onExit((exit) => settle({ kind: 'crashed', signal: signalOf(exit), at }))
    child.postMessage(job)
  })
