// A remix that is open: its session, its file, its journal. Every committed change goes to the journal; saving is atomic and keeps backups.
import { basename } from 'node:path'
import type { EditReply, RemixView } from '../../src-shared/protocol/index.ts'
import type { EditCommand, RemixSnapshot } from '../../src-shared/remix/index.ts'
import { ok, type Problem, type Result } from '../../src-shared/std/index.ts'
import type { FrozenShelf } from './frozen-sounds.ts'
import { openRemixFile, RemixJournal, type RemixFileState, saveRemixFile } from './remix-files/index.ts'
import { type LicenceDesk, RemixSession } from './session/index.ts'

export interface OpenRemixTools {
  readonly journals: string
  readonly desk: LicenceDesk
  readonly onProblem: (problem: Problem) => void
  /** Frozen sounds beside remix files. */
  readonly frozen: Pick<FrozenShelf, 'keep' | 'take'>
}

export class OpenRemix {
  readonly session: RemixSession
  readonly #journal: RemixJournal
  #file: RemixFileState | null
  readonly #isRecovered: boolean
  readonly #tools: OpenRemixTools
  #warnings: readonly Problem[] = []
  /** What had to be put right in the file, one sentence each. */
  readonly repairs: readonly string[]

  private constructor(
    tools: OpenRemixTools,
    session: RemixSession,
    journal: RemixJournal,
    file: RemixFileState | null,
    repairs: readonly string[],
    isRecovered: boolean,
  ) {
    this.#tools = tools
    this.session = session
    this.#journal = journal
    this.#file = file
    this.#isRecovered = isRecovered
    this.repairs = repairs
  }

  static async #start(
    tools: OpenRemixTools,
    snapshot: RemixSnapshot,
    start: {
      readonly file: RemixFileState | null
      readonly isSaved: boolean
      readonly isReadOnly: boolean
      readonly repairs: readonly string[]
      readonly recoveredFrom?: string
    },
  ): Promise<Result<OpenRemix>> {
    const session = new RemixSession(snapshot, tools.desk, { isReadOnly: start.isReadOnly })
    const journal = await RemixJournal.start(tools.journals, {
      snapshot,
      path: start.file?.path ?? null,
      isSaved: start.isSaved,
      onProblem: tools.onProblem,
      ...(start.recoveredFrom === undefined ? {} : { recoveredFrom: start.recoveredFrom }),
    })
    if (!journal.ok) return journal
    if (start.isSaved) session.noteSaved()
    session.store.subscribe(journal.value.note)
    const remix = new OpenRemix(tools, session, journal.value, start.file, start.repairs, start.recoveredFrom !== undefined)
    if (start.file) remix.#tell(await tools.frozen.take(start.file.path, snapshot))
    return ok(remix)
  }

  /** A remix that was never saved. */
  static create(tools: OpenRemixTools, snapshot: RemixSnapshot): Promise<Result<OpenRemix>> {
    return OpenRemix.#start(tools, snapshot, { file: null, isSaved: false, isReadOnly: false, repairs: [] })
  }

  static async open(tools: OpenRemixTools, path: string): Promise<Result<OpenRemix>> {
    const opened = await openRemixFile(path)
    if (!opened.ok) return opened
    const { snapshot, isReadOnly, repairs, file } = opened.value
    return OpenRemix.#start(tools, snapshot, { file, isSaved: repairs.length === 0, isReadOnly, repairs })
  }

  /** Unsaved work of a run that ended early. `path` is where it was saved before, or null. */
  static async recover(
    tools: OpenRemixTools,
    snapshot: RemixSnapshot,
    { path, journal }: { readonly path: string | null; readonly journal: string },
  ): Promise<Result<OpenRemix>> {
    const onDisk = path === null ? null : await openRemixFile(path)
    const file = onDisk?.ok ? onDisk.value.file : null
    return OpenRemix.#start(tools, snapshot, { file, isSaved: false, isReadOnly: false, repairs: [], recoveredFrom: journal })
  }

  get path(): string | null {
    return this.#file?.path ?? null
  }

  get fileName(): string | null {
    return this.#file === null ? null : basename(this.#file.path)
  }

  edit(commands: readonly EditCommand[], label?: string): Result<EditReply> {
    return this.session.edit(commands, label)
  }

  view(missingStems: readonly string[]): RemixView {
    return this.session.view(this.fileName, missingStems)
  }

  /** What could not be done with its frozen sounds when it was last opened or saved. */
  get warnings(): readonly Problem[] {
    return this.#warnings
  }

  #tell(warnings: readonly Problem[]): void {
    this.#warnings = warnings
    for (const warning of warnings) this.#tools.onProblem(warning)
  }

  /** Saves to `path`, or where it was saved before. Codes: those of `saveRemixFile`. */
  async save(path: string): Promise<Result<RemixFileState>> {
    const { snapshot } = this.session
    const saved = await saveRemixFile(path, snapshot, { expected: this.#file?.path === path ? this.#file : null })
    if (!saved.ok) return saved
    this.#file = saved.value
    if (snapshot === this.session.snapshot) this.session.noteSaved()
    this.#tell(await this.#tools.frozen.keep(path, snapshot))
    const noted = await this.#journal.noteSaved(path, snapshot)
    return noted.ok ? saved : noted
  }

  /** Waits until every change is in the journal on disk. */
  flush(): Promise<Result<null>> {
    return this.#journal.flush()
  }

  /** Unsaved changes stay in the journal and can be recovered, unless they are discarded. A new remix that nobody touched is no work to keep. */
  close({ isDiscarded = false }: { readonly isDiscarded?: boolean } = {}): Promise<Result<null>> {
    const isUntouched = this.#file === null && !this.#isRecovered && this.session.store.history.entries.length === 0
    return this.#journal.close({ isDiscarded: isDiscarded || isUntouched })
  }
}
