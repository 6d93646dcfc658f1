// Whether a process that says nothing hangs, or just gets no turn on a busy machine. Linux tells; elsewhere silence is a hang.
import { readFileSync } from 'node:fs'

/** Time a process has computed, in milliseconds, and whether it would go on if it could. Undefined where nobody tells. */
export interface Progress {
  readonly cpuMs: number
  readonly isRunnable: boolean
}

/** Linux counts in hundredths of a second on every machine. */
const TICK_MS = 10

export const readProgress = (processId: number): Progress | undefined => {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8')
    // The name comes second, in parentheses, and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state = '', user, system] = [fields[0], fields[11], fields[12]]
    return { cpuMs: (Number(user) + Number(system)) * TICK_MS, isRunnable: state === 'R' || state === 'D' }
  } catch {
    return undefined
  }
}

/** True where a process wanted to run but had less than half the time: it may still come round. */
export const wasStarved = (before: Progress | undefined, after: Progress | undefined, elapsedMs: number): boolean =>
  before !== undefined && after?.isRunnable === true && after.cpuMs - before.cpuMs < elapsedMs / 2
