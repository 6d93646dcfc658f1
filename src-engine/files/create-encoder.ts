// The door to the encoders: WAV and M4A run here (one is cheap, the other a process of its own), FLAC and MP3 in a worker thread.
import { rmSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { fail, ok, type Problem, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { createEncoderHere } from './create-encoder-here.ts'
import { findFfmpeg, hasAacEncoder, NO_FFMPEG } from './encode-m4a.ts'
import type { FromEncodeWorker, ToEncodeWorker } from './encode-worker.ts'
import type { AudioEncoderSink, EncodedInfo, EncodeRequest, ExportFormat } from './encoder.ts'
import { workerEntry } from './worker-entry.ts'

/** Frames sent to the worker at once, and how many such batches may be under way: 1 MB in all. */
const BATCH_FRAMES = 16_384
const MAX_BATCHES = 8

export interface FormatAvailability {
  readonly format: ExportFormat
  readonly isAvailable: boolean
  /** Why not, as a sentence; null when it is. */
  readonly reason: string | null
}

/** Which export formats work on this machine, and why one does not. */
export const availableFormats = async (): Promise<readonly FormatAvailability[]> => {
  const ffmpeg = findFfmpeg()
  const hasAac = ffmpeg !== undefined && (await hasAacEncoder(ffmpeg))
  const always = (format: ExportFormat): FormatAvailability => ({ format, isAvailable: true, reason: null })
  return [always('wav'), always('flac'), always('mp3'), { format: 'm4a', isAvailable: hasAac, reason: hasAac ? null : NO_FFMPEG }]
}

/** Starts writing a file. Refusals (no ffmpeg, path taken, too long) come before any sound is asked for. */
export const createEncoder = (request: EncodeRequest): Promise<Result<AudioEncoderSink>> =>
  request.format === 'flac' || request.format === 'mp3' ? createInWorker(request) : createEncoderHere(request)

const stopped = (): Problem => ({
  code: 'encode.worker_failed',
  message: 'The encoder stopped unexpectedly. Export again; if it happens again, restart the program.',
})

interface Batch {
  readonly left: Float32Array
  readonly right: Float32Array
}

const createInWorker = async (request: EncodeRequest): Promise<Result<AudioEncoderSink>> => {
  const worker = new Worker(workerEntry('encode-worker'), { workerData: request })
  let problem: Problem | undefined
  let created: ((result: Result<null>) => void) | undefined
  let finished: ((result: Result<EncodedInfo>) => void) | undefined
  let aborted: (() => void) | undefined
  let room: (() => void) | undefined
  let underWay = 0
  const spare: Batch[] = []
  worker.on('message', (message: FromEncodeWorker) => {
    if (message.kind === 'created') created?.(message.result)
    else if (message.kind === 'finished') finished?.(message.result)
    else if (message.kind === 'aborted') aborted?.()
    else {
      problem ??= message.problem ?? undefined
      spare.push(message)
      underWay--
      room?.()
    }
  })
  const leave = (): void => {
    problem ??= stopped()
    created?.({ ok: false, error: problem })
    finished?.({ ok: false, error: problem })
    aborted?.()
    room?.()
  }
  worker.on('error', leave)
  worker.on('exit', leave)
  const start = await new Promise<Result<null>>((resolve) => {
    created = resolve
  })
  if (!start.ok) return start
  const newBatch = (): Batch => spare.pop() ?? { left: new Float32Array(BATCH_FRAMES), right: new Float32Array(BATCH_FRAMES) }
  let batch = newBatch()
  let batched = 0
  const send = (): void => {
    const { left, right } = batch
    worker.postMessage({ kind: 'write', left, right, frames: batched } satisfies ToEncodeWorker, [
      left.buffer as ArrayBuffer,
      right.buffer as ArrayBuffer,
    ])
    underWay++
    batch = newBatch()
    batched = 0
  }
  const abort = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      if (problem) return resolve()
      aborted = resolve
      worker.postMessage({ kind: 'abort' } satisfies ToEncodeWorker)
    })
    await worker.terminate()
    rmSync(request.path, { force: true })
  }
  return ok({
    write(left, right, count) {
      if (problem) throw new ProblemError(problem)
      for (let done = 0; done < count; ) {
        const part = Math.min(BATCH_FRAMES - batched, count - done)
        batch.left.set(left.subarray(done, done + part), batched)
        batch.right.set(right.subarray(done, done + part), batched)
        batched += part
        done += part
        if (batched === BATCH_FRAMES) send()
      }
      if (underWay <= MAX_BATCHES) return undefined
      return new Promise((resolve) => {
        room = () => {
          if (underWay > MAX_BATCHES / 2 && !problem) return
          room = undefined
          resolve()
        }
      })
    },
    finish: (options) =>
      new Promise((resolve) => {
        if (problem) {
          const { code, message, details } = problem
          return void abort().then(() => resolve(fail(code, message, details)))
        }
        if (batched > 0) send()
        finished = resolve
        worker.postMessage({ kind: 'finish', options } satisfies ToEncodeWorker)
      }),
    abort,
  })
}
