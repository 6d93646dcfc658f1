// The AI credits sheets of an export: one per mix or track, beside its files. The files are out and receipted by then, so nothing here can undo them.
import { rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ExportedFile } from '../../../src-shared/protocol/index.ts'
import { buildCreditsSheet } from '../../../src-shared/provenance/index.ts'
import { recordsOf } from '../../../src-shared/remix/index.ts'
import { syncFile, syncFolder } from '../disk/index.ts'
import { fileProblem } from '../file-problems.ts'
import type { ExportRun, Job } from './jobs.ts'
import { publish, sheetPathOf } from './places.ts'

export interface WrittenSheets {
  readonly sheetPaths: readonly string[]
  /** Why a sheet is missing, in words. */
  readonly sheetProblem: string | null
}

const writeSheet = async (path: string, text: string, overwrites: boolean): Promise<void> => {
  const partPath = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  try {
    await writeFile(partPath, text)
    await syncFile(partPath)
    await publish(partPath, path, overwrites)
  } finally {
    await rm(partPath, { force: true })
  }
  await syncFolder(dirname(path))
}

/** Writes the sheets of finished jobs; `files` in the order of `jobs`. Never throws: what could not be written is told. */
export const writeCreditsSheets = async (
  { order }: ExportRun,
  jobs: readonly Job[],
  files: readonly ExportedFile[],
): Promise<WrittenSheets> => {
  const works = recordsOf(order.snapshot, 'work')
  const sheets = new Map<string, { readonly job: Job; readonly file: ExportedFile }[]>()
  for (const [i, file] of files.entries()) {
    const job = jobs[i]
    if (!job) continue
    const path = sheetPathOf(job.target.path)
    sheets.set(path, [...(sheets.get(path) ?? []), { job, file }])
  }
  const sheetPaths: string[] = []
  const problems: string[] = []
  for (const [path, group] of sheets) {
    const [first] = group
    if (!first) continue
    const credited = group.map(({ file: { fileName, sha256, receiptId, c2pa } }) => ({ fileName, sha256, receiptId, c2pa }))
    try {
      const text = `${JSON.stringify(buildCreditsSheet(first.job.manifest, works, credited), null, 2)}\n`
      await writeSheet(path, text, order.overwrites ?? false)
      sheetPaths.push(path)
    } catch (error) {
      problems.push(fileProblem(error, path).message)
    }
  }
  const what = problems.length === 1 ? 'an AI credits sheet' : `${problems.length} AI credits sheets`
  return {
    sheetPaths,
    sheetProblem:
      problems.length === 0 ? null : `Everything was exported and has its receipt, but ${what} could not be written. ${problems[0]}`,
  }
}
