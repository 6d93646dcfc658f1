// What can be asked of a decoded stem with the models that come along: its notes, its vocal phrases. Kept by content; asked twice at once, computed once.
import { z } from 'zod'
import type { PhraseReport, Transcription } from '../../src-shared/protocol/index.ts'
import { noteSchema } from '../../src-shared/remix/index.ts'
import { ok, type Result } from '../../src-shared/std/index.ts'
import { type JobCall, runAiJob } from './ai-jobs.ts'
import type { AiJobKind, AiJobs } from './ai-worker.ts'
import { BASIC_PITCH, SILERO_VAD } from './models.ts'
import { keepResult, keptResult } from './result-cache.ts'
import { PHRASES_VERSION, TRANSCRIBE_VERSION } from './versions.ts'

export interface StemToAnalyse extends JobCall {
  readonly cacheDir: string
  readonly contentSha256: string
}

const frame = z
  .int()
  .min(0)
  .max(2 ** 34)
const notesSchema = z.array(noteSchema).max(100_000)
const phrasesSchema = z.array(z.object({ startFrame: frame, endFrame: frame, confidencePermille: z.int().min(0).max(1_000) })).max(100_000)

const QUESTIONS: { readonly [K in AiJobKind]: { readonly question: string; readonly schema: z.ZodType<AiJobs[K]> } } = {
  transcribe: { question: `notes ${TRANSCRIBE_VERSION} ${BASIC_PITCH.urn}`, schema: notesSchema },
  phrases: { question: `phrases ${PHRASES_VERSION} ${SILERO_VAD.urn}`, schema: phrasesSchema },
}

const answer = async <K extends AiJobKind>(kind: K, stem: StemToAnalyse): Promise<Result<AiJobs[K]>> => {
  const { question, schema } = QUESTIONS[kind]
  const { cacheDir, contentSha256 } = stem
  const key = { cacheDir, contentSha256, question }
  const kept = keptResult(key, schema as z.ZodType<AiJobs[K]>)
  if (kept) return ok(kept)
  const found = await runAiJob({ kind, cacheDir, contentSha256 }, stem)
  if (found.ok) keepResult(key, found.value)
  return found
}

/** Notes of a decoded stem, by start and pitch; none in silence or noise. */
export const transcribe = async (stem: StemToAnalyse): Promise<Result<Transcription>> => {
  const notes = await answer('transcribe', stem)
  return notes.ok ? ok({ model: BASIC_PITCH, notes: notes.value }) : notes
}

/** Vocal phrases of a decoded stem, in order; none where nobody sings. */
export const findPhrases = async (stem: StemToAnalyse): Promise<Result<PhraseReport>> => {
  const phrases = await answer('phrases', stem)
  return phrases.ok ? ok({ model: SILERO_VAD, phrases: phrases.value }) : phrases
}
