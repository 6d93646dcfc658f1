// Worker thread entry: runs the models that come with Stemma, one job after another. Ended to cancel a job, and when it has been idle.
import { parentPort } from 'node:worker_threads'
import type { Phrase } from '../../src-shared/protocol/index.ts'
import type { Note } from '../../src-shared/remix/index.ts'
import { type Problem, ProblemError } from '../../src-shared/std/index.ts'
import type { PitchModel } from './basic-pitch.ts'
import { phrasesOf } from './phrases.ts'
import { VOICE_RATE } from './rates.ts'
import { peakOf, readMono } from './read-mono.ts'
import type { VoiceModel } from './voice-activity.ts'

export interface AiJobs {
  readonly transcribe: readonly Note[]
  readonly phrases: readonly Phrase[]
}
export type AiJobKind = keyof AiJobs

export interface ToAiWorker {
  readonly kind: AiJobKind
  readonly cacheDir: string
  readonly contentSha256: string
}

export type FromAiWorker =
  | { readonly kind: 'progress'; readonly fraction: number }
  | { readonly kind: 'done'; readonly value: AiJobs[AiJobKind] }
  | { readonly kind: 'failed'; readonly problem: Problem }

const send = (message: FromAiWorker): void => parentPort?.postMessage(message)
const onStep = async (fraction: number): Promise<void> => send({ kind: 'progress', fraction })

// Each model and its runtime is loaded only where it is asked for.
let pitchModel: Promise<PitchModel> | undefined
let voiceModel: Promise<VoiceModel> | undefined

const jobs: { readonly [K in AiJobKind]: (job: ToAiWorker) => Promise<AiJobs[K]> } = {
  transcribe: async (job) => {
    pitchModel ??= import('./basic-pitch.ts').then(({ loadPitchModel }) => loadPitchModel())
    const { transcribeStem } = await import('./transcribe.ts')
    return transcribeStem(await pitchModel, job, onStep)
  },
  phrases: async ({ cacheDir, contentSha256 }) => {
    voiceModel ??= import('./voice-activity.ts').then(({ loadVoiceModel }) => loadVoiceModel())
    const { samples, lengthFrames } = readMono(cacheDir, contentSha256, VOICE_RATE)
    const peak = peakOf(samples)
    if (peak < 1e-4) return []
    return phrasesOf(samples, await (await voiceModel).likelihoodsOf(samples, peak / 1_000, onStep), lengthFrames)
  },
}

parentPort?.on('message', (job: ToAiWorker) => {
  jobs[job.kind](job).then(
    (value) => send({ kind: 'done', value }),
    (thrown: unknown) =>
      send({
        kind: 'failed',
        problem:
          thrown instanceof ProblemError
            ? thrown.problem
            : { code: 'ai.failed', message: 'The analysis stopped unexpectedly. Try again.', details: { cause: String(thrown) } },
      }),
  )
})
