// What a pool and its threads say to one another. A thread has one job at a time, so that no message needs a number.
import type { Result } from '../../src-shared/std/index.ts'

export type ToThread<J> =
  | {
      readonly kind: 'job'
      readonly job: J
      /** One Int32; non-zero stops the job. Shared, since a busy thread reads no messages. */
      readonly stop: SharedArrayBuffer
    }
  | { readonly kind: 'close' }

export type FromThread<T, P> = { readonly kind: 'progress'; readonly progress: P } | { readonly kind: 'done'; readonly result: Result<T> }
