// Turns operating-system errors into sentences: what happened, to what, what to do.
import { basename } from 'node:path'
import { fail, type Problem, ProblemError } from '../../src-shared/std/index.ts'

interface ErrnoError extends Error {
  readonly code?: string
}

const SENTENCES: Readonly<Record<string, { readonly code: string; readonly say: (name: string) => string }>> = {
  ENOSPC: {
    code: 'disk.full',
    say: (name) => `The disk is full, so ${name} could not be written. Free some space and try again; nothing was lost.`,
  },
  EDQUOT: {
    code: 'disk.full',
    say: (name) => `Your disk quota is used up, so ${name} could not be written. Free some space and try again; nothing was lost.`,
  },
  EACCES: {
    code: 'disk.forbidden',
    say: (name) => `${name} may not be opened or written. Check its permissions or choose another folder.`,
  },
  EPERM: { code: 'disk.forbidden', say: (name) => `${name} may not be opened or written. Check its permissions or choose another folder.` },
  EROFS: { code: 'disk.read_only', say: (name) => `${name} lies on a read-only disk. Choose another folder.` },
  ENOENT: { code: 'file.missing', say: (name) => `${name} was not found. It may have been moved or deleted.` },
  EISDIR: { code: 'file.is_folder', say: (name) => `${name} is a folder, not a file.` },
  ENOTDIR: { code: 'file.missing', say: (name) => `${name} was not found: part of its path is a file, not a folder.` },
  EEXIST: { code: 'file.exists', say: (name) => `${name} is there already. Choose another name.` },
  EIO: { code: 'disk.failed', say: (name) => `The disk reported an error on ${name}. Check the disk and try again.` },
  EMFILE: { code: 'disk.too_many_files', say: (name) => `Too many files are open to reach ${name}. Close other programs and try again.` },
}

/** The problem behind an error from `node:fs` about `path`; a `ProblemError` passes through, anything unknown keeps its text. */
export const fileProblem = (error: unknown, path: string): Problem => {
  if (error instanceof ProblemError) return error.problem
  const code = (error as ErrnoError)?.code ?? ''
  const known = SENTENCES[code]
  if (known) return { code: known.code, message: known.say(basename(path)), details: { file: basename(path), errno: code } }
  return {
    code: 'file.failed',
    message: `${basename(path)} could not be read or written: ${error instanceof Error ? error.message : String(error)}.`,
    details: { file: basename(path), errno: code },
  }
}

/** `fileProblem` as a failed result. */
export const fileFailure = (error: unknown, path: string): ReturnType<typeof fail> => {
  const problem = fileProblem(error, path)
  return fail(problem.code, problem.message, problem.details)
}
