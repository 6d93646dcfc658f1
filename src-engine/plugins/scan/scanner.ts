// Entry of the scanner: loads one plugin file, says what is in it, and is killed. Foreign code runs here and nowhere near the studio. It never ends
// politely: plugins hang in exit handlers.
import koffi from 'koffi'
import { ownerPort } from '../../parent-port.ts'
import { loaderOf } from '../loaders.ts'
import type { ScannerJob, TrialStep } from './messages.ts'
import { tryPlugin } from './trial.ts'

/** Ends this process at once, without exit handlers. */
const leave = (): void => {
  process.kill(process.pid, 'SIGKILL')
}

/**
 * A process group of its own, so that what the plugin forks can be ended with it, and an alarm of the kernel's that ends it even while native code hangs
 * and nobody is left to end it. Windows has neither: there the parent ends the process alone.
 */
const standApart = (limitMs: number): void => {
  if (process.platform === 'win32') return
  try {
    const libc = koffi.load(process.platform === 'darwin' ? '/usr/lib/libSystem.B.dylib' : 'libc.so.6')
    libc.func('int setpgid(int pid, int group)')(0, 0)
    libc.func('unsigned int alarm(unsigned int seconds)')(Math.ceil(limitMs / 1000) + 5)
  } catch {
    // Another C library: the parent's time-out is left.
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 2_000)

const port = ownerPort()

const run = async (job: ScannerJob): Promise<unknown> => {
  const loader = await loaderOf(job.format)
  if (job.kind === 'scan') return { kind: 'scanned', plugins: loader.scan(job.path) }
  const tell = (step: TrialStep): void => port.postMessage({ kind: 'step', step })
  const { trial, close } = tryPlugin(loader, job, tell)
  port.postMessage({ kind: 'tried', trial })
  // Closing is where most plugins crash or hang that do; what was found out is safe by then.
  tell('close')
  close()
  return { kind: 'closed' }
}

port.onClose(leave)
port.onMessage((message) => {
  if (typeof message === 'string') {
    leave()
    return
  }
  // Our own parent is the only one that can send here.
  const job = message as ScannerJob
  standApart(job.limitMs)
  port.postMessage({ kind: 'ready' })
  run(job)
    .catch((error: unknown) => ({ kind: 'failed', reason: reasonOf(error) }))
    .then((reply) => port.postMessage(reply))
})
