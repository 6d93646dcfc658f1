// Worker thread entry: decodes files one after another so that two cores decode two stems at once and playback never waits for a decoder.
import { basename } from 'node:path'
import { err, ok, type Result } from '../../src-shared/std/index.ts'
import { type JobTools, serveJobs } from '../threads/index.ts'
import { collectDecoded } from './codec-chunks.ts'
import { type DecodeRequest, decodeFile } from './decode-file.ts'
import type { DecodeProgress } from './decode-pool.ts'
import { problemFrom } from './problems.ts'

/** A thread without work gives back what decoding took: it lives as long as the engine. */
const IDLE_MS = 200
let idle: NodeJS.Timeout | undefined

const decode = async (request: DecodeRequest, { isCancelled, onProgress }: JobTools<DecodeProgress>): Promise<Result<void>> => {
  clearTimeout(idle)
  try {
    await decodeFile(request, { onProgress: (done, total) => onProgress({ done, total }), isCancelled })
    return ok(undefined)
  } catch (thrown) {
    return err(problemFrom(thrown, `"${basename(request.path)}" could not be read`))
  } finally {
    idle = setTimeout(collectDecoded, IDLE_MS).unref()
  }
}

serveJobs(decode)
