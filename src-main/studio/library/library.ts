// What this machine has: pulled works, recent remixes, finished exports, settings. SQLite, with one JSON recovery copy per work, so
// that a damaged database costs the list of recent files and nothing else.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { type WorkSummary, workSummarySchema } from '../../../src-shared/protocol/index.ts'

export interface RecentFile {
  readonly id: string
  readonly uid: string
  readonly title: string
  readonly path: string
  readonly openedAt: string
}

export interface ExportRow {
  readonly receiptId: string
  readonly path: string
  readonly sha256: string
  readonly format: string
  readonly title: string
  readonly createdAt: string
}

const SCHEMA = `
  create table if not exists work(id text primary key, summary text not null, pulled_at text not null);
  create table if not exists recent(id text primary key, uid text not null, title text not null, path text not null unique, opened_at text not null);
  create table if not exists export(receipt_id text primary key, path text not null, sha256 text not null, format text not null, title text not null, created_at text not null);
  create table if not exists setting(key text primary key, value text not null);
  pragma user_version = 1;
`

const openChecked = (path: string): Database.Database => {
  const db = new Database(path)
  try {
    db.pragma('journal_mode = WAL')
    const [check] = db.pragma('quick_check(1)') as { quick_check: string }[]
    if (check?.quick_check !== 'ok') throw new Error(check?.quick_check ?? 'no answer')
    db.exec(SCHEMA)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** A recovery copy, or undefined for one that is damaged too: its work can be pulled again. */
const readCopy = (path: string): WorkSummary | undefined => {
  try {
    return workSummarySchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data
  } catch {
    return undefined
  }
}

export class Library {
  readonly #db: Database.Database
  readonly #copies: string
  /** Name of the damaged database that was set aside when this one was opened, if any. */
  readonly setAside: string | null

  private constructor(db: Database.Database, copies: string, setAside: string | null) {
    this.#db = db
    this.#copies = copies
    this.setAside = setAside
  }

  /** Opens the library; a damaged database is set aside and rebuilt from the recovery copies. */
  static open(path: string): Library {
    const copies = join(dirname(path), 'works')
    mkdirSync(copies, { recursive: true, mode: 0o700 })
    try {
      const isNew = !existsSync(path) || statSync(path).size === 0
      const library = new Library(openChecked(path), copies, null)
      // A database that is gone or was cut to nothing opens as an empty one, without complaint.
      if (isNew) library.#rebuild()
      return library
    } catch (error) {
      if ((error as { code?: string }).code === 'SQLITE_CANTOPEN' || (error as { code?: string }).code === 'SQLITE_READONLY') throw error
      const aside = `${path}.damaged-${new Date().toISOString().replaceAll(':', '-')}`
      renameSync(path, aside)
      for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true })
      const library = new Library(openChecked(path), copies, aside)
      library.#rebuild()
      return library
    }
  }

  #rebuild(): void {
    for (const name of readdirSync(this.#copies)) {
      const work = readCopy(join(this.#copies, name))
      if (work) this.#insertWork(work)
    }
  }

  #copyPath(work: string): string {
    return join(this.#copies, `${createHash('sha256').update(work).digest('hex').slice(0, 32)}.json`)
  }

  #insertWork(work: WorkSummary): void {
    this.#db
      .prepare('insert into work(id, summary, pulled_at) values(?, ?, ?) on conflict(id) do update set summary = excluded.summary')
      .run(work.id, JSON.stringify(work), new Date().toISOString())
  }

  saveWork(work: WorkSummary): void {
    const path = this.#copyPath(work.id)
    writeFileSync(`${path}.tmp`, JSON.stringify(work))
    renameSync(`${path}.tmp`, path)
    this.#insertWork(work)
  }

  work(id: string): WorkSummary | undefined {
    const row = this.#db.prepare('select summary from work where id = ?').get(id) as { summary: string } | undefined
    return row && workSummarySchema.parse(JSON.parse(row.summary))
  }

  works(): WorkSummary[] {
    const rows = this.#db.prepare('select summary from work order by pulled_at').all() as { summary: string }[]
    return rows.map((row) => workSummarySchema.parse(JSON.parse(row.summary)))
  }

  noteRecent(file: Omit<RecentFile, 'id' | 'openedAt'>): void {
    const id = createHash('sha256').update(file.path).digest('hex').slice(0, 24)
    this.#db
      .prepare(
        'insert into recent(id, uid, title, path, opened_at) values(@id, @uid, @title, @path, @openedAt) on conflict(path) do update set uid = @uid, title = @title, opened_at = @openedAt',
      )
      .run({ ...file, id, openedAt: new Date().toISOString() })
  }

  recent(): (RecentFile & { readonly isMissing: boolean })[] {
    const rows = this.#db
      .prepare('select id, uid, title, path, opened_at as openedAt from recent order by opened_at desc limit 50')
      .all() as RecentFile[]
    return rows.map((row) => ({ ...row, isMissing: !existsSync(row.path) }))
  }

  forgetRecent(id: string): void {
    this.#db.prepare('delete from recent where id = ?').run(id)
  }

  noteExport(row: ExportRow): void {
    this.#db
      .prepare(
        'insert or replace into export(receipt_id, path, sha256, format, title, created_at) values(@receiptId, @path, @sha256, @format, @title, @createdAt)',
      )
      .run(row)
  }

  exports(): ExportRow[] {
    return this.#db
      .prepare('select receipt_id as receiptId, path, sha256, format, title, created_at as createdAt from export order by created_at')
      .all() as ExportRow[]
  }

  setting(key: string): string | undefined {
    return (this.#db.prepare('select value from setting where key = ?').get(key) as { value: string } | undefined)?.value
  }

  setSetting(key: string, value: string): void {
    this.#db.prepare('insert into setting(key, value) values(?, ?) on conflict(key) do update set value = excluded.value').run(key, value)
  }

  /** SQLite's own check; `ok` or what is wrong. */
  check(): string {
    const [row] = this.#db.pragma('quick_check(1)') as { quick_check: string }[]
    return row?.quick_check ?? 'no answer'
  }

  close(): void {
    this.#db.close()
  }
}
