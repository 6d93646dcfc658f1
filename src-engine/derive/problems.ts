// What can go wrong while a sound is derived, in words for a user.
import { type Problem, ProblemError } from '../../src-shared/std/index.ts'

const SENTENCES = {
  'derive.cancelled': 'Preparing the sound was stopped. Start it again when you like.',
  'derive.failed': 'Preparing a changed sound stopped unexpectedly. Try again; if it happens again, restart the program.',
  'derive.too_long': 'A clip is slowed down so much that its sound would last longer than six hours. Choose a faster tempo for it.',
  'derive.model_missing':
    'The model that one of the sounds is made with is not on this machine. Add its ONNX file again, or play the stem instead.',
} as const

export const deriveProblem = (code: keyof typeof SENTENCES, details?: Readonly<Record<string, unknown>>): Problem => ({
  code,
  message: SENTENCES[code],
  ...(details === undefined ? {} : { details }),
})

export const deriveError = (code: keyof typeof SENTENCES, details?: Readonly<Record<string, unknown>>): ProblemError =>
  new ProblemError(deriveProblem(code, details))
