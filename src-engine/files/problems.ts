// Every refusal this floor can hand to a user: one place, so codes stay stable and each sentence says what to do.
import { type Problem, ProblemError } from '../../src-shared/std/index.ts'

/** Why a file could not be read as audio. */
export type AudioProblemCode =
  | 'audio.unreadable'
  | 'audio.unknown_format'
  | 'audio.unsupported_codec'
  | 'audio.too_many_channels'
  | 'audio.bad_header'
  | 'audio.truncated'
  | 'audio.damaged'
  | 'audio.empty'
  | 'audio.no_integer_samples'
  | 'audio.tags_unreadable'
  | 'audio.cancelled'
  | 'audio.cache_unwritable'
  | 'audio.cache_corrupt'
  | 'audio.worker_failed'

const ADVICE: Readonly<Record<AudioProblemCode, string>> = {
  'audio.unreadable': 'Check that the file still exists and that you may read it.',
  'audio.unknown_format': 'Use WAV, FLAC, MP3, AAC or ALAC in M4A, or Ogg Vorbis.',
  'audio.unsupported_codec': 'Convert it to WAV or FLAC and try again.',
  'audio.too_many_channels': 'Fold it down to stereo or mono and try again.',
  'audio.bad_header': 'The file is damaged or was made by a faulty program; get it again from its source.',
  'audio.truncated': 'Get the whole file again from its source.',
  'audio.damaged': 'Get the file again from its source.',
  'audio.empty': 'Choose a file that holds sound.',
  'audio.no_integer_samples': 'Only WAV with integer samples, FLAC and ALAC can be looked up by their sound.',
  'audio.tags_unreadable': 'The sound may still be whole; try another program for its tags.',
  'audio.cancelled': 'Start it again when you like.',
  'audio.cache_unwritable': 'Free some disk space or choose another folder for decoded audio.',
  'audio.cache_corrupt': 'It will be decoded again; try once more.',
  'audio.worker_failed': 'Try again; if it happens again, restart the program.',
}

/** A `Problem` whose sentence ends with what the user can do about it. */
export const audioProblem = (code: AudioProblemCode, what: string, details?: Readonly<Record<string, unknown>>): Problem => ({
  code,
  message: `${what} ${ADVICE[code]}`,
  ...(details === undefined ? {} : { details }),
})

/** The same, as an exception for code inside streams; `ensureDecoded` and the readers turn it back into a value. */
export const audioError = (code: AudioProblemCode, what: string, details?: Readonly<Record<string, unknown>>): ProblemError =>
  new ProblemError(audioProblem(code, what, details))

/** Turns whatever was thrown into a problem: our own stays, system errors become `audio.unreadable`. */
export const problemFrom = (thrown: unknown, what: string): Problem => {
  if (thrown instanceof ProblemError) return thrown.problem
  const code = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS')
    return audioProblem('audio.cache_unwritable', `${what}: the disk that holds decoded audio is full or read-only.`, { code })
  if (code !== undefined) return audioProblem('audio.unreadable', `${what} (${code}).`, { code })
  throw thrown
}
