// A thread's end of a pool: does one job after another.
import { parentPort } from 'node:worker_threads'
import { assert, type Result } from '../../src-shared/std/index.ts'
import type { FromThread, ToThread } from './messages.ts'

export interface JobTools<P> {
  /** Whether nobody waits for the job any more. To be asked at every block. */
  readonly isCancelled: () => boolean
  readonly onProgress: (progress: P) => void
}

/** Does the jobs that come in by `run`. What it throws ends the thread. */
export const serveJobs = <J, T, P = never>(run: (job: J, tools: JobTools<P>) => Result<T> | Promise<Result<T>>): void => {
  const port = parentPort
  assert(port, 'runs as a worker')
  const tell = (message: FromThread<T, P>): void => port.postMessage(message)
  port.on('message', async (message: ToThread<J>) => {
    // Leaves by itself: terminating a thread on its way out can deadlock.
    if (message.kind === 'close') {
      port.close()
      return
    }
    const flag = new Int32Array(message.stop)
    const result = await run(message.job, {
      isCancelled: () => Atomics.load(flag, 0) !== 0,
      onProgress: (progress) => tell({ kind: 'progress', progress }),
    })
    tell({ kind: 'done', result })
  })
}
