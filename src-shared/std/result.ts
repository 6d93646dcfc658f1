// Results for what a user can meet. Broken invariants throw; refusals and failures come back as values.

/** A value or a failure. `E` is a refusal code or a `Problem`. */
export type Result<T, E = Problem> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

/** Something a user can meet: a stable code (`export.stem_missing`) and a sentence that says what happened, to what, and what to do. */
export interface Problem {
  readonly code: string
  readonly message: string
  /** Machine-readable facts behind the sentence (ids, limits, paths relative to the home folder). JSON-safe. */
  readonly details?: Readonly<Record<string, unknown>>
}

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value })

export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error })

/** Builds a `Problem` failure. */
export const fail = (
  code: string,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): { readonly ok: false; readonly error: Problem } => err(details === undefined ? { code, message } : { code, message, details })

/** A `Problem` that has to travel through code that can only throw (streams, callbacks); unwrap it at the nearest border. */
export class ProblemError extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.message)
    this.name = 'ProblemError'
    this.problem = problem
  }
}

/** The value of a result, or throws its problem as a `ProblemError`. For tests and for code that has already checked. */
export const unwrap = <T>(result: Result<T, Problem>): T => {
  if (result.ok) return result.value
  throw new ProblemError(result.error)
}
