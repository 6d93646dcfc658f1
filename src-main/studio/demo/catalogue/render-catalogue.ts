// Renders the demo catalogue into a folder, once: works that are already there and complete are left alone.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { fail, ok, type Problem, type Result } from '../../../../src-shared/std/index.ts'
import { fileFailure, fileProblem } from '../../file-problems.ts'
import type { RenderJob, WorkerReply } from './demo-worker.ts'
import type { DemoWork } from './work.ts'
import { buildWorkFile } from './work-file.ts'
import { DEMO_WORKS } from './works/index.ts'

/** Raised whenever a score or a voice changes, so that an older rendering is replaced. */
export const CATALOGUE_VERSION = 1

/** One rendered work: a folder with `work.json` and its audio files, as `pack` takes it. */
export interface DemoWorkFolder {
  readonly id: string
  readonly title: string
  readonly dir: string
}

export interface RenderCatalogueOptions {
  /** Each work becomes a folder in here. */
  readonly dir: string
  /** `fraction` 0 … 1 never falls; `label` says what is being made. */
  readonly onProgress?: (fraction: number, label: string) => void
  readonly signal?: AbortSignal
}

const MARK = '.rendered'

const folderOf = (dir: string, work: DemoWork): DemoWorkFolder => ({ id: work.id, title: work.title, dir: join(dir, work.id) })

const isRendered = async (folder: string): Promise<boolean> => {
  try {
    return (await readFile(join(folder, MARK), 'utf8')) === String(CATALOGUE_VERSION)
  } catch {
    return false
  }
}

/** Renders the works that `dir` does not have yet. Codes: `demo.cancelled`, `demo.worker_failed`, those of the disk. */
export const renderDemoCatalogue = async ({ dir, onProgress, signal }: RenderCatalogueOptions): Promise<Result<DemoWorkFolder[]>> => {
  const missing: DemoWork[] = []
  for (const work of DEMO_WORKS) if (!(await isRendered(join(dir, work.id)))) missing.push(work)
  const partOf = (work: DemoWork): string => join(dir, `.${work.id}.part`)
  try {
    if (missing.length > 0) {
      for (const work of missing) {
        await rm(partOf(work), { recursive: true, force: true })
        await mkdir(partOf(work), { recursive: true })
      }
      const problem = await renderStems(missing, partOf, onProgress ?? (() => {}), signal)
      if (problem !== undefined) return fail(problem.code, problem.message, problem.details)
      for (const work of missing) {
        const part = partOf(work)
        await writeFile(join(part, 'work.json'), `${JSON.stringify(buildWorkFile(work), null, 2)}\n`)
        await writeFile(join(part, MARK), String(CATALOGUE_VERSION))
        await rm(join(dir, work.id), { recursive: true, force: true })
        // The folder appears whole or not at all.
        await rename(part, join(dir, work.id))
      }
    }
    onProgress?.(1, 'The demo catalogue is ready')
    return ok(DEMO_WORKS.map((work) => folderOf(dir, work)))
  } catch (error) {
    return fileFailure(error, dir)
  } finally {
    for (const work of missing) await rm(partOf(work), { recursive: true, force: true }).catch(() => {})
  }
}

const renderStems = async (
  works: readonly DemoWork[],
  partOf: (work: DemoWork) => string,
  onProgress: (fraction: number, label: string) => void,
  signal: AbortSignal | undefined,
): Promise<Problem | undefined> => {
  const jobs = works.flatMap((work) =>
    work.stems.map((stem) => ({
      job: { workId: work.id, stem: stem.file, path: join(partOf(work), `${stem.file}.flac`) } satisfies RenderJob,
      label: `Making ${work.title}: ${stem.title}`,
      cost: stem.role === 'vocals' ? 2.5 : 1,
    })),
  )
  // The long ones first, so that no thread is left with one at the end.
  const queue = [...jobs].sort((a, b) => b.cost - a.cost)
  const total = jobs.reduce((sum, one) => sum + one.cost, 0)
  const progress = new Map<object, number>()
  const report = (label: string): void => onProgress([...progress.values()].reduce((sum, part) => sum + part, 0) / total, label)
  let problem: Problem | undefined

  const runThread = async (): Promise<void> => {
    const worker = new Worker(join(import.meta.dirname, `demo-worker${extname(import.meta.filename)}`))
    try {
      for (let next = queue.shift(); next !== undefined && problem === undefined; next = queue.shift()) {
        const { job, label, cost } = next
        report(label)
        const failure = await runJob(worker, job, signal, (fraction) => {
          progress.set(job, fraction * cost)
          report(label)
        })
        if (failure !== undefined) problem ??= failure
      }
    } finally {
      await worker.terminate()
    }
  }
  const threads = Math.max(1, Math.min(4, availableParallelism(), queue.length))
  await Promise.all(Array.from({ length: threads }, runThread))
  return problem
}

const runJob = (
  worker: Worker,
  job: RenderJob,
  signal: AbortSignal | undefined,
  onFraction: (fraction: number) => void,
): Promise<Problem | undefined> =>
  new Promise((resolve) => {
    const settle = (problem?: Problem): void => {
      worker.off('message', onMessage)
      worker.off('error', onError)
      worker.off('exit', onExit)
      signal?.removeEventListener('abort', onAbort)
      resolve(problem)
    }
    const onMessage = (reply: WorkerReply): void => {
      if (reply.kind === 'progress') onFraction(reply.fraction)
      else if (reply.kind === 'failed') settle(reply.problem)
      else {
        onFraction(1)
        settle()
      }
    }
    const broken = (cause: string): Problem => ({
      code: 'demo.worker_failed',
      message: `The demo catalogue could not be made: rendering ${job.workId}/${job.stem} stopped (${cause}). Try again; if it happens again, reinstall.`,
      details: { work: job.workId, stem: job.stem, cause },
    })
    const onError = (error: unknown): void =>
      settle(error instanceof Error && 'code' in error ? fileProblem(error, job.path) : broken(String(error)))
    const onExit = (): void => settle(broken('its thread ended'))
    const onAbort = (): void =>
      settle({ code: 'demo.cancelled', message: 'Making the demo catalogue was cancelled. It starts over the next time it is needed.' })
    worker.on('message', onMessage)
    worker.on('error', onError)
    worker.on('exit', onExit)
    if (signal?.aborted === true) onAbort()
    else {
      signal?.addEventListener('abort', onAbort)
      worker.postMessage(job)
    }
  })
