// Hands a stream of stereo blocks to a worker thread in large batches: waking a thread costs more than a batch of this size is worth to anyone
// who waits. Arrays travel without being copied and come back to be filled again.
import type { Worker } from 'node:worker_threads'

/** 1.4 s of sound, and how many such batches may be under way: 2 MB in all. */
const BATCH_FRAMES = 65_536
const MAX_BATCHES = 4

export interface Batch {
  readonly left: Float32Array
  readonly right: Float32Array
}

/** What the worker is sent. It answers each with a message that holds the same arrays again. */
export interface WriteBatch extends Batch {
  readonly kind: 'write'
  readonly frames: number
}

export class BatchSender {
  readonly #worker: Worker
  readonly #spare: Batch[] = []
  #batch: Batch | undefined
  #batched = 0
  #underWay = 0
  #room: (() => void) | undefined

  constructor(worker: Worker) {
    this.#worker = worker
  }

  /** Takes frames; the arrays may be reused at once. A promise asks to wait until the worker has caught up. */
  write(left: Float32Array, right: Float32Array, count: number): Promise<void> | undefined {
    for (let done = 0; done < count; ) {
      this.#batch ??= this.#spare.pop() ?? { left: new Float32Array(BATCH_FRAMES), right: new Float32Array(BATCH_FRAMES) }
      const part = Math.min(BATCH_FRAMES - this.#batched, count - done)
      this.#batch.left.set(left.subarray(done, done + part), this.#batched)
      this.#batch.right.set(right.subarray(done, done + part), this.#batched)
      this.#batched += part
      done += part
      if (this.#batched === BATCH_FRAMES) this.flush()
    }
    if (this.#underWay <= MAX_BATCHES) return undefined
    return new Promise((resolve) => {
      this.#room = resolve
    })
  }

  /** Sends what is there. */
  flush(): void {
    if (this.#batch === undefined || this.#batched === 0) return
    const { left, right } = this.#batch
    const message: WriteBatch = { kind: 'write', left, right, frames: this.#batched }
    this.#worker.postMessage(message, [left.buffer as ArrayBuffer, right.buffer as ArrayBuffer])
    this.#underWay++
    this.#batch = undefined
    this.#batched = 0
  }

  /** The worker has done a batch. */
  takeBack({ left, right }: Batch): void {
    this.#spare.push({ left, right })
    this.#underWay--
    if (this.#underWay <= MAX_BATCHES / 2) this.release()
  }

  /** Lets whoever waits go on: there is room, or the worker will answer no more. */
  release(): void {
    this.#room?.()
    this.#room = undefined
  }
}
