// Worker thread entry: decodes files one after another so that two cores decode two stems at once and playback never waits for a decoder.
import { basename } from 'node:path'
import { parentPort } from 'node:worker_threads'
import type { Problem } from '../../src-shared/std/index.ts'
import { type DecodeRequest, decodeFile } from './decode-file.ts'
import { problemFrom } from './problems.ts'

export type ToDecodeWorker =
  | { readonly kind: 'decode'; readonly id: number; readonly request: DecodeRequest }
  | { readonly kind: 'cancel'; readonly id: number }

export type FromDecodeWorker =
  | { readonly kind: 'progress'; readonly id: number; readonly done: number; readonly total: number | null }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: Problem }

const cancelled = new Set<number>()

const decode = async (id: number, request: DecodeRequest): Promise<FromDecodeWorker> => {
  try {
    await decodeFile(request, {
      onProgress: (done, total) => parentPort?.postMessage({ kind: 'progress', id, done, total } satisfies FromDecodeWorker),
      isCancelled: () => cancelled.has(id),
    })
    return { kind: 'done', id }
  } catch (thrown) {
    return { kind: 'failed', id, problem: problemFrom(thrown, `"${basename(request.path)}" could not be read`) }
  } finally {
    cancelled.delete(id)
  }
}

parentPort?.on('message', (message: ToDecodeWorker) => {
  if (message.kind === 'cancel') cancelled.add(message.id)
  else void decode(message.id, message.request).then((reply) => parentPort?.postMessage(reply))
})
