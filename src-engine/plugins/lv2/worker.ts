// lv2:worker 1.2, done synchronously: work runs right after the run that asked for it and its answers are given before the next, so that renders
// come out the same every time.
import koffi from 'koffi'
import type { Pointer } from '../native/index.ts'
import { LAYOUT, PROTOTYPES } from './abi.ts'
import type { MaybePointer } from './lilv.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** Work that answers lead to is done in the same block, but not for ever. */
const MOST_ROUNDS = 64

export class Worker {
  readonly #handle: MaybePointer
  readonly #work: (handle: MaybePointer, respond: Pointer, respondHandle: Pointer, size: number, data: Bytes | null) => number
  readonly #response: ((handle: MaybePointer, size: number, data: Bytes | null) => number) | null
  readonly #endRun: ((handle: MaybePointer) => number) | null
  readonly #asked: Bytes[] = []
  readonly #answers: Bytes[] = []
  readonly #respond: Pointer
  readonly #respondHandle: Pointer

  constructor(address: Pointer, handle: MaybePointer, answer: { readonly respond: Pointer; readonly handle: Pointer }) {
    const call = (offset: number): Pointer | null => koffi.decode(address, offset, 'void *') as Pointer | null
    const response = call(LAYOUT.worker.response)
    const endRun = call(LAYOUT.worker.endRun)
    this.#handle = handle
    this.#work = koffi.decode(call(LAYOUT.worker.work), PROTOTYPES.work) as never
    this.#response = response ? (koffi.decode(response, PROTOTYPES.workResponse) as never) : null
    this.#endRun = endRun ? (koffi.decode(endRun, PROTOTYPES.endRun) as never) : null
    this.#respond = answer.respond
    this.#respondHandle = answer.handle
  }

  get isBusy(): boolean {
    return this.#asked.length > 0 || this.#answers.length > 0
  }

  ask(data: Bytes): void {
    this.#asked.push(data)
  }

  answer(data: Bytes): void {
    this.#answers.push(data)
  }

  /** Does what was asked for; answers wait for the next run. */
  work(): void {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const data = this.#asked.shift()
      if (!data) return
      this.#work(this.#handle, this.#respond, this.#respondHandle, data.length, data.length > 0 ? data : null)
    }
  }

  /** After a run: work, answers, work that answers ask for. */
  finishRun(): void {
    for (let round = 0; round < MOST_ROUNDS && this.isBusy; round += 1) {
      this.work()
      for (let data = this.#answers.shift(); data; data = this.#answers.shift()) {
        this.#response?.(this.#handle, data.length, data.length > 0 ? data : null)
      }
    }
    this.#endRun?.(this.#handle)
  }
}
