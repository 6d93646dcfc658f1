import { execFileSync, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, lstatSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  applyEdits,
  createRemixStore,
  encodeDocument,
  type EditCommand,
  type RemixSnapshot,
  type RemixStore,
  remixOf,
  tracksOf,
} from '../../../src-shared/remix/index.ts'
import { sampleRemix } from '../../../src-shared/remix/remix.fixture.ts'
import { ok, unwrap } from '../../../src-shared/std/index.ts'
import { discardRecovery, listRecoverable, openRemixFile, readJournal, recoverRemix, RemixJournal, saveRemixFile } from './index.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stemma-files-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const gain = (gainDb: number): EditCommand => ({ op: 'track.set', trackId: '@Kick', gainDb })
const run = (store: RemixStore, command: EditCommand): void => {
  unwrap(
    store.transact(command.op, (snapshot) => {
      const step = applyEdits(snapshot, [command], { newId: randomUUID })
      return step.ok ? ok(step.value.snapshot) : step
    }),
  )
}
const kickDb = (snapshot: RemixSnapshot) => tracksOf(snapshot).find((track) => track.name === 'Kick')?.gainDb
const journalled = async (path: string | null = null, isSaved = false) => {
  const store = createRemixStore(sampleRemix(randomUUID))
  const journal = unwrap(await RemixJournal.start(join(dir, 'journals'), { snapshot: store.snapshot, path, isSaved }))
  store.subscribe(journal.note)
  return { store, journal, folder: join(dir, 'journals') }
}

describe('remix files (file.save)', () => {
  it('read back what was saved, and saving it again writes nothing', async () => {
    const path = join(dir, 'Ríver.stemma')
    const file = unwrap(await saveRemixFile(path, sampleRemix(), { expected: null }))
    const opened = unwrap(await openRemixFile(path))
    expect(encodeDocument(opened.snapshot)).toBe(encodeDocument(sampleRemix()))
    expect(opened.file).toEqual(file)
    unwrap(await saveRemixFile(path, opened.snapshot, { expected: opened.file }))
    expect(readdirSync(dir)).toEqual(['Ríver.stemma'])
  })

  it('keep the last five states as numbered backups', async () => {
    const path = join(dir, 'R.stemma')
    const store = createRemixStore(sampleRemix())
    let expected = unwrap(await saveRemixFile(path, store.snapshot, { expected: null }))
    for (let db = 1; db <= 7; db++) {
      run(store, gain(-db))
      expected = unwrap(await saveRemixFile(path, store.snapshot, { expected }))
    }
    expect(readdirSync(dir).sort()).toEqual([
      'R.stemma',
      'R.stemma.bak1',
      'R.stemma.bak2',
      'R.stemma.bak3',
      'R.stemma.bak4',
      'R.stemma.bak5',
    ])
    expect(kickDb(unwrap(await openRemixFile(`${path}.bak1`)).snapshot)).toBe(-6)
    expect(kickDb(unwrap(await openRemixFile(`${path}.bak5`)).snapshot)).toBe(-2)
  })

  it('are not written over changes made elsewhere, unless that is wanted', async () => {
    const path = join(dir, 'R.stemma')
    const store = createRemixStore(sampleRemix())
    const file = unwrap(await saveRemixFile(path, store.snapshot, { expected: null }))
    run(store, gain(-9))
    writeFileSync(path, encodeDocument(store.snapshot))
    run(store, gain(-1))
    expect(await saveRemixFile(path, store.snapshot, { expected: file })).toMatchObject({
      ok: false,
      error: { code: 'remix_file.changed_on_disk' },
    })
    unwrap(await saveRemixFile(path, store.snapshot, { expected: file, isForced: true }))
    expect(kickDb(unwrap(await openRemixFile(`${path}.bak1`)).snapshot)).toBe(-9)
  })

  it('of a newer version open read-only and are not saved over', async () => {
    const path = join(dir, 'R.stemma')
    writeFileSync(path, encodeDocument(sampleRemix()).replace('"schemaVersion":3', '"schemaVersion":9'))
    const opened = unwrap(await openRemixFile(path))
    expect(opened.isReadOnly).toBe(true)
    expect(await saveRemixFile(path, opened.snapshot, { expected: opened.file })).toMatchObject({
      ok: false,
      error: { code: 'remix_file.read_only' },
    })
    unwrap(await saveRemixFile(join(dir, 'Copy.stemma'), opened.snapshot, { expected: opened.file }))
  })

  it('keep a symbolic link a link, and leave no part file behind when the folder is gone', async () => {
    const path = join(dir, 'R.stemma')
    unwrap(await saveRemixFile(path, sampleRemix(), { expected: null }))
    const linked = join(dir, 'L.stemma')
    symlinkSync(path, linked)
    const store = createRemixStore(sampleRemix())
    run(store, gain(-3))
    unwrap(await saveRemixFile(linked, store.snapshot, { expected: null }))
    expect(lstatSync(linked).isSymbolicLink()).toBe(true)
    expect(kickDb(unwrap(await openRemixFile(path)).snapshot)).toBe(-3)
    expect(await saveRemixFile(join(dir, 'gone', 'R.stemma'), store.snapshot, { expected: null })).toMatchObject({
      ok: false,
      error: { code: 'file.missing' },
    })
    expect(readdirSync(dir).filter((name) => name.includes('.part-'))).toEqual([])
  })

  it('that are no remixes are refused with a sentence', async () => {
    writeFileSync(join(dir, 'a.stemma'), Buffer.from([0xff, 0xfe, 0x00, 0x80]))
    expect(await openRemixFile(join(dir, 'a.stemma'))).toMatchObject({ ok: false, error: { code: 'remix_file.not_json' } })
    expect(await openRemixFile(dir)).toMatchObject({ ok: false, error: { code: 'remix_file.not_a_file' } })
    expect(await openRemixFile('/dev/zero')).toMatchObject({ ok: false, error: { code: 'remix_file.not_a_file' } })
    expect(await openRemixFile(join(dir, 'none.stemma'))).toMatchObject({ ok: false, error: { code: 'file.missing' } })
  })
})

describe('the journal (file.recover)', () => {
  it('holds every change of a remix that was never saved, undo included', async () => {
    const { store, journal, folder } = await journalled()
    for (let db = 1; db <= 5; db++) run(store, gain(-db))
    store.undo()
    unwrap(await journal.flush())
    const { remixes } = await listRecoverable(folder)
    expect(remixes).toHaveLength(1)
    expect(remixes[0]).toMatchObject({ title: 'River', path: null, changes: 6, isTorn: false, lastLabel: 'Undo track.set' })
    expect(encodeDocument(remixes[0]!.snapshot)).toBe(encodeDocument(store.snapshot))
  })

  it('starts anew at a save, is removed at a clean close, and stays when there is unsaved work', async () => {
    const path = join(dir, 'R.stemma')
    const { store, journal, folder } = await journalled()
    run(store, gain(-1))
    unwrap(await saveRemixFile(path, store.snapshot, { expected: null }))
    unwrap(await journal.noteSaved(path))
    expect((await listRecoverable(folder)).remixes).toEqual([])
    run(store, gain(-2))
    unwrap(await journal.flush())
    const [unsaved] = (await listRecoverable(folder)).remixes
    expect(unsaved).toMatchObject({ path, changes: 1 })
    unwrap(await journal.close())
    expect((await listRecoverable(folder)).remixes).toHaveLength(1)
    unwrap(await discardRecovery(folder, unsaved!.journal))
    expect(readdirSync(folder)).toEqual([])
    const clean = await journalled(path, true)
    unwrap(await clean.journal.close())
    expect(readdirSync(folder)).toEqual([])
  })

  it('leaves out a torn last line and everything after a damaged one', async () => {
    const { store, journal } = await journalled()
    run(store, gain(-1))
    unwrap(await journal.flush())
    run(store, gain(-2))
    unwrap(await journal.flush())
    const whole = readFileSync(journal.file)
    for (let cut = whole.length - 1; cut > whole.length - 40; cut--) {
      writeFileSync(journal.file, whole.subarray(0, cut))
      expect(unwrap(await readJournal(journal.file))).toMatchObject({ changes: 1, isTorn: true })
    }
    const lines = whole.toString('utf8').split('\n')
    lines[1] = lines[1]!.replace('"gainDb":-1', '"gainDb":-7')
    writeFileSync(journal.file, lines.join('\n'))
    const damaged = unwrap(await readJournal(journal.file))
    expect([damaged.changes, damaged.isTorn, kickDb(damaged.snapshot)]).toEqual([0, true, 0])
    appendFileSync(journal.file, 'x')
    writeFileSync(journal.file, 'garbage\n')
    const list = await listRecoverable(join(dir, 'journals'))
    expect(list.unreadable).toHaveLength(1)
  })

  it('never overwrites unsaved work of an earlier run; what was recovered replaces it', async () => {
    const { store, journal, folder } = await journalled()
    run(store, gain(-4))
    unwrap(await journal.close())
    const [found] = (await listRecoverable(folder)).remixes
    const recovered = unwrap(await recoverRemix(folder, found!.journal))
    expect(kickDb(recovered.snapshot)).toBe(-4)
    const careless = unwrap(await RemixJournal.start(folder, { snapshot: sampleRemix(randomUUID), path: null, isSaved: true }))
    await careless.close()
    const again = unwrap(await RemixJournal.start(folder, { snapshot: store.snapshot, path: null, isSaved: false }))
    await again.close()
    expect((await listRecoverable(folder)).remixes).toHaveLength(2)
    const taken = unwrap(
      await RemixJournal.start(folder, { snapshot: recovered.snapshot, path: null, isSaved: false, recoveredFrom: found!.journal }),
    )
    expect(remixOf(recovered.snapshot).uid).toBe(found!.uid)
    await taken.close()
    expect((await listRecoverable(folder)).remixes).toHaveLength(2)
    expect(await recoverRemix(folder, '../secret.jsonl')).toMatchObject({ ok: false, error: { code: 'journal.no_such' } })
  })

  it('keeps what was done when the program is killed in the middle of writing', async () => {
    const script = `
      const { RemixJournal } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
      const { createRemixStore, applyEdits } = await import(${JSON.stringify(new URL('../../../src-shared/remix/index.ts', import.meta.url).href)})
      const { sampleRemix } = await import(${JSON.stringify(new URL('../../../src-shared/remix/remix.fixture.ts', import.meta.url).href)})
      const { randomUUID } = await import('node:crypto')
      const store = createRemixStore(sampleRemix(randomUUID))
      const journal = (await RemixJournal.start(process.argv[1], { snapshot: store.snapshot, path: null, isSaved: false })).value
      store.subscribe(journal.note)
      for (let n = 1; ; n++) {
        store.transact('Level ' + n, (s) => { const r = applyEdits(s, [{ op: 'track.set', trackId: '@Kick', gainDb: -n / 100 }], { newId: randomUUID }); return { ok: true, value: r.value.snapshot } })
        if (n === 50) { await journal.flush(); process.stdout.write('flushed') }
        if (n % 7 === 0) await new Promise(setImmediate)
        if (n === 120) process.kill(process.pid, 'SIGKILL')
      }`
    const folder = join(dir, 'journals')
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, folder], { encoding: 'utf8' })
    expect([child.signal, child.stdout]).toEqual(['SIGKILL', 'flushed'])
    const [found] = (await listRecoverable(folder)).remixes
    expect(found!.changes).toBeGreaterThanOrEqual(50)
    expect(kickDb(found!.snapshot)).toBe(-found!.changes / 100)
  })

  const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0
  it.skipIf(!hasPrlimit)('says so when it cannot write, stays readable, and catches up when it can', async () => {
    const script = `
      const { RemixJournal, readJournal } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
      const { createRemixStore, applyEdits } = await import(${JSON.stringify(new URL('../../../src-shared/remix/index.ts', import.meta.url).href)})
      const { sampleRemix } = await import(${JSON.stringify(new URL('../../../src-shared/remix/remix.fixture.ts', import.meta.url).href)})
      const { randomUUID } = await import('node:crypto')
      const { execFileSync } = await import('node:child_process')
      const store = createRemixStore(sampleRemix(randomUUID))
      const journal = (await RemixJournal.start(process.argv[1], { snapshot: store.snapshot, path: null, isSaved: false })).value
      store.subscribe(journal.note)
      const limit = (bytes) => execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=' + bytes + ':'])
      limit(9000)
      let failed = null
      let n = 0
      while (!failed && n < 200) {
        n++
        store.transact('Level ' + n, (s) => { const r = applyEdits(s, [{ op: 'track.set', trackId: '@Kick', gainDb: -n / 100 }], { newId: randomUUID }); return { ok: true, value: r.value.snapshot } })
        const flushed = await journal.flush()
        if (!flushed.ok) failed = flushed.error
      }
      const during = await readJournal(journal.file)
      limit('unlimited')
      const after = await journal.flush()
      const end = await readJournal(journal.file)
      process.stdout.write(JSON.stringify({ n, failed, during: during.ok && [during.value.changes, during.value.isTorn], after: after.ok, end: end.ok && [end.value.changes, end.value.isTorn] }))`
    const child = execFileSync(process.execPath, ['--input-type=module', '-e', script, join(dir, 'journals')], { encoding: 'utf8' })
    const seen = JSON.parse(child) as {
      n: number
      failed: { code: string }
      during: [number, boolean]
      after: boolean
      end: [number, boolean]
    }
    expect(seen.failed.code).toMatch(/^(file|disk)\./)
    expect(seen).toMatchObject({ during: [seen.n - 1, false], after: true, end: [seen.n, false] })
  })
})
