// The door to the encoders. M4A is a process of its own; the others run in a worker thread, except short WAVs, which are written sooner than one starts.
import { existsSync, rmSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { fail, ok, type Problem, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { SOUND_THREAD_LIMITS, workerEntry } from '../threads/index.ts'
import { BatchSender } from './batch-sender.ts'
import { createEncoderHere } from './create-encoder-here.ts'
import { findFfmpeg, hasAacEncoder, NO_FFMPEG } from './encode-m4a.ts'
import { refuseLongWav } from './encode-wav.ts'
import type { FromEncodeWorker, ToEncodeWorker } from './encode-worker.ts'
import type { AudioEncoderSink, EncodedInfo, EncodeRequest, ExportFormat } from './encoder.ts'
import { takenProblem } from './part-file.ts'

/** A minute. */
const LONG_WAV_FRAMES = 2_880_000

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
export const createEncoder = async (request: EncodeRequest): Promise<Result<AudioEncoderSink>> =>
  isWorthAWorker(request) ? createInWorker(request) : createEncoderHere(request)

/** Measured for 250 s: WAV costs its caller 180 ms, or 8 through a worker that takes 40 to start; FLAC 0.9 s, MP3 2 to 3 s. */
const isWorthAWorker = ({ format, expectedFrames }: EncodeRequest): boolean =>
  format === 'flac' || format === 'mp3' || (format === 'wav' && (expectedFrames ?? 0) > LONG_WAV_FRAMES)

const stopped = (): Problem => ({
  code: 'encode.worker_failed',
  message: 'The encoder stopped unexpectedly. Export again; if it happens again, restart the program.',
})

/** What is wrong with a file before any sound is there, if anything is. */
export const refuseFile = (request: EncodeRequest): Problem | undefined =>
  (request.format === 'wav' ? refuseLongWav(request) : undefined) ?? (existsSync(request.path) ? takenProblem(request.path) : undefined)

/** Does not wait for the worker to start: the first blocks are rendered meanwhile. What can be refused is refused here. */
const createInWorker = (request: EncodeRequest): Result<AudioEncoderSink> => {
  const refused = refuseFile(request)
  if (refused) return { ok: false, error: refused }
  const worker = new Worker(workerEntry(import.meta, 'encode-worker'), { workerData: request, resourceLimits: SOUND_THREAD_LIMITS })
  const sender = new BatchSender(worker)
  let problem: Problem | undefined
  /** Whether the file at the path is the worker's, to be removed when things go wrong. */
  let isOurs = false
  let finished: ((result: Result<EncodedInfo>) => void) | undefined
  let hasLeft = false
  let left: (() => void) | undefined
  worker.on('message', (message: FromEncodeWorker) => {
    if (message.kind === 'created') {
      isOurs = message.result.ok
      if (!message.result.ok) problem ??= message.result.error
    } else if (message.kind === 'finished') finished?.(message.result)
    else {
      problem ??= message.problem ?? undefined
      sender.takeBack(message)
      if (problem) sender.release()
    }
  })
  const leave = (): void => {
    problem ??= stopped()
    finished?.({ ok: false, error: problem })
    sender.release()
  }
  worker.on('error', leave)
  worker.on('exit', () => {
    hasLeft = true
    leave()
    left?.()
  })
  const abort = async (): Promise<void> => {
    // It is asked and waited for: ending a thread that is on its way out already can hang the process.
    if (!hasLeft) {
      await new Promise<void>((resolve) => {
        left = resolve
        worker.postMessage({ kind: 'abort' } satisfies ToEncodeWorker)
      })
    }
    if (isOurs) rmSync(request.path, { force: true })
  }
  return ok({
    write(left, right, count) {
      if (problem) throw new ProblemError(problem)
      return sender.write(left, right, count)
    },
    finish: (options) =>
      new Promise((resolve) => {
        if (problem) {
          const { code, message, details } = problem
          return void abort().then(() => resolve(fail(code, message, details)))
        }
        sender.flush()
        finished = resolve
        worker.postMessage({ kind: 'finish', options } satisfies ToEncodeWorker)
      }),
    abort,
  })
}
