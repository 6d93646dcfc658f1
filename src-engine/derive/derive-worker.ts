// Worker thread entry: derives sounds one after another, so that playback never waits for a stretcher.
import { err, ok, type Problem, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { type JobTools, serveJobs } from '../threads/index.ts'
import { type DeriveJob, deriveSound } from './derive-sound.ts'
import { deriveProblem } from './problems.ts'

/** How often a job that waits for a model looks whether it shall go on. */
const LOOK_MS = 50

const problemOf = (thrown: unknown): Problem => {
  if (thrown instanceof ProblemError) return thrown.problem
  const code = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS')
    return {
      code: 'audio.cache_unwritable',
      message:
        'A changed sound could not be kept: the disk that holds decoded audio is full or read-only. Free some disk space or choose another folder for decoded audio.',
      details: { code },
    }
  return deriveProblem('derive.failed', { cause: String(thrown) })
}

const derive = async (job: DeriveJob, { isCancelled, onProgress }: JobTools<number>): Promise<Result<void>> => {
  const controller = new AbortController()
  const look = setInterval(() => isCancelled() && controller.abort(), LOOK_MS)
  try {
    await deriveSound(job, { signal: controller.signal, isCancelled, onProgress })
    return ok(undefined)
  } catch (thrown) {
    return err(isCancelled() ? deriveProblem('derive.cancelled') : problemOf(thrown))
  } finally {
    clearInterval(look)
  }
}

serveJobs(derive)
