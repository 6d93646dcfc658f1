// What can be recovered after a crash: journals with unsaved work, of saved and of never-saved remixes.
import { readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { remixOf } from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { fileFailure } from '../file-problems.ts'
import { type JournalContent, readJournal } from './journal.ts'

/** A remix with unsaved work. */
export interface Recoverable extends JournalContent {
  /** Name of the journal file: what `recoverRemix` and `discardRecovery` take. */
  readonly journal: string
  readonly title: string
}

export interface RecoveryList {
  /** Newest first. */
  readonly remixes: readonly Recoverable[]
  /** Journals from which nothing can be taken, with the reason. */
  readonly unreadable: readonly { readonly journal: string; readonly reason: string }[]
}

/** Lists unsaved work. Journals of remixes that another running program has open are left alone. */
export const listRecoverable = async (folder: string): Promise<RecoveryList> => {
  let names: string[]
  try {
    names = await readdir(folder)
  } catch {
    return { remixes: [], unreadable: [] }
  }
  const remixes: Recoverable[] = []
  const unreadable: { journal: string; reason: string }[] = []
  for (const journal of names.filter((name) => name.endsWith('.jsonl')).sort()) {
    const content = await readJournal(join(folder, journal))
    if (!content.ok) unreadable.push({ journal, reason: content.error.message })
    else if (!content.value.isSaved && !content.value.isInUse)
      remixes.push({ ...content.value, journal, title: remixOf(content.value.snapshot).title })
  }
  remixes.sort((left, right) => (left.lastChangeAt < right.lastChangeAt ? 1 : left.lastChangeAt > right.lastChangeAt ? -1 : 0))
  return { remixes, unreadable }
}

const journalFile = (folder: string, journal: string): Result<string> =>
  journal === basename(journal) && journal.endsWith('.jsonl')
    ? ok(join(folder, journal))
    : fail('journal.no_such', 'There is no such recovery file.')

/** The remix of one journal, as it was at its last whole change. The journal stays until the work is journalled or saved again. */
export const recoverRemix = async (folder: string, journal: string): Promise<Result<JournalContent>> => {
  const file = journalFile(folder, journal)
  return file.ok ? readJournal(file.value) : file
}

/** Removes a journal: the user lets the work go, or has it safely elsewhere. */
export const discardRecovery = async (folder: string, journal: string): Promise<Result<null>> => {
  const file = journalFile(folder, journal)
  if (!file.ok) return file
  try {
    await rm(file.value, { force: true })
    return ok(null)
  } catch (error) {
    return fileFailure(error, file.value)
  }
}
