// Worker thread entry: runs one model of the user's. It lives for one run only; its starter ends it when it takes too long. The model's file is data from
// outside: it is checked before the runtime sees it, and the runtime is WebAssembly with bounded memory.
import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { type Problem, ProblemError } from '../../src-shared/std/index.ts'
import { readOnnx } from './onnx-file.ts'
import { loadOrt } from './ort.ts'
import { MAX_MODEL_BYTES, MAX_RUN_BYTES, type ModelPort, portOf } from './own-model.ts'

export type ToModelWorker =
  | { readonly kind: 'load'; readonly path: string }
  /** One row a channel, `frames` long each. */
  | { readonly kind: 'run'; readonly samples: Float32Array<ArrayBuffer>; readonly channels: number; readonly frames: number }

export type FromModelWorker =
  | { readonly kind: 'loaded'; readonly sha256: string; readonly bytes: number; readonly port: ModelPort }
  | { readonly kind: 'ran'; readonly samples: Float32Array<ArrayBuffer> }
  | { readonly kind: 'failed'; readonly problem: Problem }

const refuse = (message: string): never => {
  throw new ProblemError({ code: 'ai.model_refused', message })
}

const readFile = (path: string): Uint8Array<ArrayBuffer> => {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return refuse('The model file cannot be opened. Check that it is there and may be read.')
  }
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) return refuse('This is no file but a folder or a device. Choose an ONNX file.')
    if (stat.size > MAX_MODEL_BYTES)
      return refuse(
        `The model file has ${Math.ceil(stat.size / 2 ** 20)} MiB; Stemma runs models of up to ${MAX_MODEL_BYTES / 2 ** 20} MiB.`,
      )
    const bytes = new Uint8Array(stat.size)
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(file, bytes, at, Math.min(bytes.length - at, 2 ** 24), at)
      if (read === 0) return refuse('The model file became shorter while it was read. Try again.')
      at += read
    }
    return bytes
  } finally {
    closeSync(file)
  }
}

type Run = (samples: Float32Array<ArrayBuffer>, channels: number, frames: number) => Promise<Float32Array<ArrayBuffer>>
let run: Run | undefined

const load = async (path: string): Promise<FromModelWorker> => {
  const bytes = readFile(path)
  const port = portOf(readOnnx(bytes))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const ort = await loadOrt(MAX_RUN_BYTES)
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'], logSeverityLevel: 4 }).catch(
    (cause: unknown) => {
      throw new ProblemError({
        code: 'ai.model_refused',
        message: 'The model cannot be loaded: it uses steps that this version does not know, is damaged, or needs too much memory.',
        details: { cause: String(cause).slice(0, 500) },
      })
    },
  )
  run = async (samples, channels, frames) => {
    const shape = port.rank === 2 ? [1, frames] : [1, channels, frames]
    const results = await session.run({ [port.input]: new ort.Tensor('float32', samples, shape) })
    const output = results[port.output]
    const data = output?.data
    if (!output || !(data instanceof Float32Array) || output.dims.join() !== shape.join())
      throw new ProblemError({
        code: 'ai.model_output',
        message: `The model was given sound of shape [${shape.join(', ')}] and answered with [${output?.dims.join(', ') ?? 'nothing'}]. It cannot be used for sound.`,
      })
    const copy = new Float32Array(data)
    output.dispose()
    return copy
  }
  return { kind: 'loaded', sha256, bytes: bytes.length, port }
}

const answer = async (message: ToModelWorker): Promise<FromModelWorker> => {
  if (message.kind === 'load') return load(message.path)
  if (!run) throw new Error('no model is loaded')
  return { kind: 'ran', samples: await run(message.samples, message.channels, message.frames) }
}

parentPort?.on('message', (message: ToModelWorker) => {
  answer(message).then(
    (reply) => parentPort?.postMessage(reply, reply.kind === 'ran' ? [reply.samples.buffer] : []),
    (thrown: unknown) =>
      parentPort?.postMessage({
        kind: 'failed',
        problem:
          thrown instanceof ProblemError
            ? thrown.problem
            : {
                code: 'ai.model_failed',
                message:
                  'The model stopped with an error while it worked on the sound. It may be damaged, need more memory, or need another length of sound.',
                details: { cause: String(thrown).slice(0, 500) },
              },
      } satisfies FromModelWorker),
  )
})
