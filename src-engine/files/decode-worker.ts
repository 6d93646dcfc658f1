// Worker thread entry: decodes files one after another so that two cores decode two stems at once and playback never waits for a decoder.
import { basename } from 'node:path'
import { parentPort } from 'node:worker_threads'
import type { Problem } from '../../src-shared/std/index.ts'
import { collectDecoded } from './codec-chunks.ts'
import { type DecodeRequest, decodeFile } from './decode-file.ts'
import { problemFrom } from './problems.ts'

export interface ToDecodeWorker {
  readonly id: number
  readonly request: DecodeRequest
  /** One Int32; non-zero stops the job. Shared, since a busy worker reads no messages. */
  readonly stop: SharedArrayBuffer
}

export type FromDecodeWorker =
  | { readonly kind: 'progress'; readonly id: number; readonly done: number; readonly total: number | null }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: Problem }

const decode = async ({ id, request, stop }: ToDecodeWorker): Promise<FromDecodeWorker> => {
  const flag = new Int32Array(stop)
  try {
    await decodeFile(request, {
      onProgress: (done, total) => parentPort?.postMessage({ kind: 'progress', id, done, total } satisfies FromDecodeWorker),
      isCancelled: () => Atomics.load(flag, 0) !== 0,
    })
    return { kind: 'done', id }
  } catch (thrown) {
    return { kind: 'failed', id, problem: problemFrom(thrown, `"${basename(request.path)}" could not be read`) }
  }
}

/** A thread without work gives back what decoding took: it lives as long as the engine. */
const IDLE_MS = 200
let idle: NodeJS.Timeout | undefined

parentPort?.on('message', (message: ToDecodeWorker) => {
  clearTimeout(idle)
  void decode(message).then((reply) => {
    parentPort?.postMessage(reply)
    idle = setTimeout(collectDecoded, IDLE_MS).unref()
  })
})
