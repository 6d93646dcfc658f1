// Worker thread entry: renders one stem after another, so that two cores make two at once and the window never waits.
import { writeFile } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import type { Problem } from '../../../../src-shared/std/index.ts'
import { fileProblem } from '../../file-problems.ts'
import { renderStem } from './render-stem.ts'

export interface RenderJob {
  readonly workId: string
  readonly stem: string
  readonly path: string
}

export type WorkerReply =
  | { readonly kind: 'progress'; readonly fraction: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly problem: Problem }

const post = (reply: WorkerReply): void => parentPort?.postMessage(reply)

const run = async ({ workId, stem, path }: RenderJob): Promise<WorkerReply> => {
  const bytes = await renderStem(workId, stem, (fraction) => post({ kind: 'progress', fraction }))
  try {
    await writeFile(path, bytes)
    return { kind: 'done' }
  } catch (error) {
    return { kind: 'failed', problem: fileProblem(error, path) }
  }
}

parentPort?.on('message', (job: RenderJob) => void run(job).then(post))
