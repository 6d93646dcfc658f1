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
  | { readonly kind: 'scanned'; readonly plugins: readonly unknown[] }
  /** `close` is null where it closed well, else what happened. */
  | { readonly kind: 'tried'; readonly trial: unknown; readonly close: string | null }
  | { readonly kind: 'failed'; readonly reason: string; readonly at: TrialStep | null }
  | { readonly kind: 'crashed'; readonly signal: string; readonly isSignal: boolean; readonly at: TrialStep | null }
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

const DRAIN_MS = 30
const START_MS = 30_000
/** Closing takes no plugin longer that comes to an end. */
const CLOSE_MS = 3_000

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
    let isSettled = false
    const settle = (outcome: ScannerOutcome): void => {
      if (isSettled) return
      isSettled = true
      clearTimeout(closing)
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
      stopListening()
      stopWaiting()
      child.postMessage(SCANNER_LEAVE)
      if (child.pid === undefined) child.kill()
      end(child.pid)
      resolve(outcome)
    }
    const cancel = (): void => settle({ kind: 'cancelled' })
    // Starting takes as long as the machine is busy, which is no fault of the plugin.
    let timer = setTimeout(() => settle({ kind: 'timed out', at }), START_MS + job.limitMs)
    signal?.addEventListener('abort', cancel)
    let tried: Extract<ScannerMessage, { kind: 'tried' }> | undefined
    let closing: NodeJS.Timeout | undefined
    const settleTried = (close: string | null): void => settle({ kind: 'tried', trial: tried?.trial, close })
    const stopListening = child.onMessage((message) => {
      const decoded = scannerMessageSchema.safeParse(message)
      if (!decoded.success) return settle({ kind: 'failed', reason: 'It answered in a way that makes no sense.', at })
      switch (decoded.data.kind) {
        case 'ready':
          clearTimeout(timer)
          timer = setTimeout(() => settle({ kind: 'timed out', at }), job.limitMs)
          break
        case 'step':
          at = decoded.data.step
          break
        case 'scanned':
          settle(decoded.data)
          break
        case 'tried':
          tried = decoded.data
          closing = setTimeout(() => settleTried('hangs'), CLOSE_MS)
          break
        case 'closed':
          settleTried(null)
          break
        case 'failed':
          if (tried) settleTried('fails')
          else settle({ kind: 'failed', reason: decoded.data.reason, at })
      }
    })
    const stopWaiting = child.onExit((exit) => {
      const how = signalOf(exit)
      // What it said last may arrive after the news of its end.
      setTimeout(() => {
        if (tried) settleTried('crashes')
        else settle({ kind: 'crashed', signal: how, isSignal: how.startsWith('SIG'), at })
      }, DRAIN_MS)
    })
    child.postMessage(job)
  })
