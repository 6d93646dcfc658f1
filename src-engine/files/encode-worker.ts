// Worker thread entry: one encoder per thread, so that FLAC and MP3 are made on another core while the renderer goes on.
import { parentPort, workerData } from 'node:worker_threads'
import { assert, ProblemError, type Problem, type Result } from '../../src-shared/std/index.ts'
import type { Batch, WriteBatch } from './batch-sender.ts'
import { createEncoderHere } from './create-encoder-here.ts'
import type { EncodedInfo, EncodeRequest, FinishOptions } from './encoder.ts'
import { encodeProblem } from './part-file.ts'

export type ToEncodeWorker = WriteBatch | { readonly kind: 'finish'; readonly options: FinishOptions } | { readonly kind: 'abort' }

export type FromEncodeWorker =
  | { readonly kind: 'created'; readonly result: Result<null> }
  /** The arrays come back to be filled again. */
  | (Batch & { readonly kind: 'written'; readonly problem: Problem | null })
  | { readonly kind: 'finished'; readonly result: Result<EncodedInfo> }

const port = parentPort
assert(port, 'runs as a worker')
const request = workerData as EncodeRequest
const reply = (message: FromEncodeWorker): void => port.postMessage(message)

const created = await createEncoderHere(request)
let problem: Problem | null = null
if (created.ok) {
  const sink = created.value
  // Messages are handled strictly one after another.
  let queue: Promise<void> = Promise.resolve()
  const handle = async (message: ToEncodeWorker): Promise<void> => {
    if (message.kind === 'write') {
      try {
        if (!problem) await sink.write(message.left, message.right, message.frames)
      } catch (thrown) {
        problem = thrown instanceof ProblemError ? thrown.problem : encodeProblem(thrown, request.path)
      }
      port.postMessage({ kind: 'written', left: message.left, right: message.right, problem } satisfies FromEncodeWorker, [
        message.left.buffer as ArrayBuffer,
        message.right.buffer as ArrayBuffer,
      ])
    } else if (message.kind === 'finish') {
      if (problem) await sink.abort()
      reply({ kind: 'finished', result: problem ? { ok: false, error: problem } : await sink.finish(message.options) })
      port.close()
    } else {
      await sink.abort()
      port.close()
    }
  }
  port.on('message', (message: ToEncodeWorker) => {
    queue = queue.then(() => handle(message))
  })
}
reply({ kind: 'created', result: created.ok ? { ok: true, value: null } : created })
if (!created.ok) port.close()
