// What goes wrong outside: processes killed, disks full, networks cut, files damaged. After each the home is clean, nothing is lost, no file is
// without a receipt, and the user has read a sentence that says what to do.
import { spawn, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { childEnv, inRoot, node24 } from '../../scripts/parts/project.mjs'
import type { ExportStep } from '../../src-shared/protocol/index.ts'
import { encodeDocument, type RemixSnapshot } from '../../src-shared/remix/index.ts'
import { type Problem, type Result, unwrap } from '../../src-shared/std/index.ts'
import type { ExportHooks, Studio } from '../../src-main/studio/index.ts'
import { DEATHS, type DeathJob } from '../rigs/export-and-die.fixture.ts'
import { startWire } from '../rigs/service-rig.ts'
import {
  errorsOf,
  isWithoutGap,
  leftoversIn,
  openStudioAt,
  orderOf,
  remixOfWork,
  type StudioRig,
  startStudioRig,
} from '../rigs/studio-rig.ts'
import { flip } from '../rigs/tamper.ts'
import { startTcpGate } from '../rigs/tcp-gate.ts'

const WORK = 'Faults'
let rig: StudioRig
let snapshot: RemixSnapshot

beforeAll(async () => {
  rig = await startStudioRig([
    // At another rate than the remix, so that the stems are decoded into the cache and not read where they lie.
    { title: WORK, seconds: 5, sampleRate: 44_100 },
    { title: 'Large', seconds: 30 },
  ])
  unwrap(await rig.pull(WORK))
  snapshot = await remixOfWork(rig.studio, WORK, [{ op: 'device.add', trackId: '@Lead', kind: 'reverb' }])
}, 60_000)

afterAll(() => rig?.close())

const problemOf = (result: Result<unknown>): Problem => {
  if (result.ok) throw new Error('it went well')
  // One sentence or more, for a person: no error codes, no stack, nothing undefined.
  expect(result.error.message).toMatch(/^.{20,}[.…]$/s)
  expect(result.error.message).not.toMatch(/undefined|\[object|Error:|\bat .+:\d+:\d+/)
  return result.error
}

const exportTo = (studio: Studio, path: string, hooks: ExportHooks = {}) => studio.export(orderOf(snapshot, { [path]: 'wav24' }), hooks)

/** A folder for the exports of one test, empty. */
const folder = (name: string): string => {
  const dir = join(rig.out, name)
  mkdirSync(dir, { recursive: true })
  return dir
}

const expectClean = async (studio: Studio): Promise<void> => {
  expect(await errorsOf(studio)).toEqual([])
  expect(isWithoutGap(studio)).toBe(true)
  expect(leftoversIn(rig.out)).toEqual([])
}

/** Every audio file of a folder is intact, trusted and has its receipt. */
const expectReceipted = async (studio: Studio, dir: string): Promise<void> => {
  for (const name of readdirSync(dir).filter((file) => file.endsWith('.wav'))) {
    const report = unwrap(await studio.verify(join(dir, name)))
    expect(report).toMatchObject({ verdict: 'good', receipt: { matched: 'id' } })
    expect(['local', 'synced']).toContain(report.receipt?.state)
  }
}

const when = (step: ExportStep, act: () => void): ExportHooks => ({
  onProgress: (now) => {
    if (now === step) act()
  },
})

describe('an export that is killed', () => {
  it.each(DEATHS)('at “%s” leaves a whole file with a receipt or none, and a void in the ledger', { timeout: 40_000 }, async (at) => {
    await rig.studio.close()
    const out = folder(`killed-${at}`)
    const job: DeathJob = {
      homeDir: rig.homeDir,
      serviceUrl: rig.service.url,
      remix: join(rig.dir, 'killed.json'),
      out: join(out, 'mix.wav'),
      at,
    }
    writeFileSync(job.remix, encodeDocument(snapshot))
    writeFileSync(join(rig.dir, 'job.json'), JSON.stringify(job))
    const child = spawn(
      node24,
      ['--disable-warning=ExperimentalWarning', inRoot('tests/rigs/export-and-die.fixture.ts'), join(rig.dir, 'job.json')],
      { env: childEnv(), stdio: ['ignore', 'ignore', 'pipe'] },
    )
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const signal = await new Promise((resolve) => child.on('exit', (_code, by) => resolve(by)))
    expect(signal, stderr).toBe('SIGKILL')

    rig.studio = unwrap(await openStudioAt(rig.homeDir, rig.service.url))
    const [newest] = rig.studio.ledger.list({ limit: 1 })
    const hasReceipt = at === 'link' || at === 'named'
    expect(existsSync(job.out)).toBe(hasReceipt)
    if (hasReceipt) expect(newest).toMatchObject({ type: 'export', state: 'local', title: 'mix.wav' })
    else if (at !== 'check') expect(newest).toMatchObject({ type: 'void' })
    await expectReceipted(rig.studio, out)
    await expectClean(rig.studio)
    expect(readdirSync(rig.studio.home.temp)).toEqual([])
    // The same export goes through now.
    if (at === 'render') unwrap(await exportTo(rig.studio, join(out, 'again.wav')))
  })
})

describe('an export that is cancelled', () => {
  it.each(['prepare', 'render', 'stamp'] as const)('at “%s” writes nothing and says so', async (step) => {
    const out = folder('cancelled')
    const controller = new AbortController()
    const hooks = { signal: controller.signal, ...when(step, () => controller.abort()) }
    expect(problemOf(await exportTo(rig.studio, join(out, 'mix.wav'), hooks))).toMatchObject({
      code: 'export.cancelled',
      message: 'The export was cancelled. Nothing was written.',
    })
    expect(readdirSync(out)).toEqual([])
    expect(rig.studio.ledger.list({ limit: 1 })[0]).toMatchObject({ type: 'void' })
    await expectClean(rig.studio)
  })
})

describe('the destination', () => {
  it('keeps a file that was there, and one that took the name while the render ran', async () => {
    const out = folder('taken')
    writeFileSync(join(out, 'mine.wav'), 'my own')
    expect(problemOf(await exportTo(rig.studio, join(out, 'mine.wav'))).code).toBe('export.exists')
    const late = join(out, 'late.wav')
    const problem = problemOf(
      await exportTo(
        rig.studio,
        late,
        when('stamp', () => writeFileSync(late, 'came in between')),
      ),
    )
    expect(problem.code).toMatch(/exists$/)
    expect(readFileSync(late, 'utf8')).toBe('came in between')
    expect(readFileSync(join(out, 'mine.wav'), 'utf8')).toBe('my own')
    await expectClean(rig.studio)
    unwrap(await rig.studio.export(orderOf(snapshot, { [late]: 'wav24' }, { overwrites: true })))
    rmSync(join(out, 'mine.wav'))
    await expectReceipted(rig.studio, out)
  })

  it('that is gone, or is no folder, is told before anything is rendered', async () => {
    expect(problemOf(await exportTo(rig.studio, join(rig.out, 'no', 'where', 'mix.wav'))).code).toBe('export.no_folder')
    writeFileSync(join(rig.out, 'a-file'), '')
    expect(problemOf(await exportTo(rig.studio, join(rig.out, 'a-file', 'mix.wav'))).code).toBe('export.no_folder')
  })

  it('that vanishes while the render runs leaves a void and a sentence', async () => {
    const out = folder('vanishing')
    problemOf(
      await exportTo(
        rig.studio,
        join(out, 'mix.wav'),
        when('stamp', () => rmSync(out, { recursive: true, force: true })),
      ),
    )
    expect(rig.studio.ledger.list({ limit: 1 })[0]).toMatchObject({ type: 'void' })
    await expectClean(rig.studio)
  })
})

/** A disk of a size, as only root can make one. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0
const mounted: string[] = []
const mount = (dir: string, size: string): (() => void) => {
  mkdirSync(dir, { recursive: true })
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'stemma-test', dir], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`mount: ${stderr}`)
  mounted.push(dir)
  return () => {
    spawnSync('umount', ['-l', dir])
    mounted.splice(mounted.indexOf(dir), 1)
  }
}

/** Fills a disk but for `leaves` bytes. Returns how to free it again. */
const fill = (dir: string, leaves: number): (() => void) => {
  const path = join(dir, 'filler.bin')
  const block = Buffer.alloc(64 * 1024)
  const head = Buffer.alloc(leaves)
  if (leaves > 0) writeFileSync(`${path}.reserve`, head)
  writeFileSync(path, '')
  try {
    for (;;) writeFileSync(path, block, { flag: 'a' })
  } catch {
    // Full, which is the point.
  }
  rmSync(`${path}.reserve`, { force: true })
  return () => rmSync(path)
}

describe.skipIf(!canMount)('a disk that is full or read-only (needs root to mount one)', () => {
  afterEach(() => {
    for (const dir of mounted.splice(0)) spawnSync('umount', ['-l', dir])
  })

  it('at the destination: no file, a void, and room makes it work', { timeout: 30_000 }, async () => {
    const out = join(rig.out, 'small')
    const unmount = mount(out, '3m')
    const free = fill(out, 256 * 1024)
    const problem = problemOf(await exportTo(rig.studio, join(out, 'mix.wav')))
    expect(problem).toMatchObject({ code: expect.stringMatching(/full|disk/), message: expect.stringMatching(/mix\.wav.*Free some space/) })
    expect(readdirSync(out)).toEqual(['filler.bin'])
    expect(rig.studio.ledger.list({ limit: 1 })[0]).toMatchObject({ type: 'void' })
    free()
    unwrap(await exportTo(rig.studio, join(out, 'mix.wav')))
    await expectReceipted(rig.studio, out)
    unmount()
    await expectClean(rig.studio)
  })

  it('at the destination, read-only: told by name', async () => {
    const out = join(rig.out, 'sealed')
    const unmount = mount(out, '1m')
    spawnSync('mount', ['-o', 'remount,ro', out])
    const problem = problemOf(await exportTo(rig.studio, join(out, 'mix.wav')))
    expect(problem.code).toMatch(/read_only/)
    expect(problem.message).toMatch(/read-only.*another folder/)
    unmount()
    await expectClean(rig.studio)
  })

  it('on another volume is no obstacle', async () => {
    const out = join(rig.out, 'elsewhere')
    const unmount = mount(out, '20m')
    unwrap(await exportTo(rig.studio, join(out, 'mix.wav')))
    await expectReceipted(rig.studio, out)
    expect(leftoversIn(out)).toEqual([])
    unmount()
  })

  it.each(['pcmCache', 'temp'] as const)(
    'under %s: the export fails with a sentence and works once there is room',
    { timeout: 30_000 },
    async (place) => {
      const out = folder(`full-${place}`)
      const dir = rig.studio.home[place]
      await rig.studio.close()
      const unmount = mount(dir, '64k')
      rig.studio = unwrap(await openStudioAt(rig.homeDir, rig.service.url))
      const problem = problemOf(await exportTo(rig.studio, join(out, 'mix.wav')))
      expect(problem.message).toMatch(place === 'temp' ? /mix\.wav/ : /“?"?(Lead|Kick|Bass)/)
      expect(problem.message).toMatch(/(full|filled up).*Free some (disk )?space/i)
      expect(readdirSync(out)).toEqual([])
      await expectClean(rig.studio)
      await rig.studio.close()
      unmount()
      rig.studio = unwrap(await openStudioAt(rig.homeDir, rig.service.url))
      unwrap(await exportTo(rig.studio, join(out, 'mix.wav')))
      await expectReceipted(rig.studio, out)
    },
  )

  it.each([0, 24 * 1024, 600 * 1024])(
    'under everything with %i bytes left: nothing is lost and room makes it work',
    { timeout: 60_000 },
    async (leaves) => {
      const homeDir = join(rig.dir, `tiny-${leaves}`)
      const out = folder(`tiny-${leaves}`)
      const unmount = mount(homeDir, '24m')
      const studio = unwrap(await openStudioAt(homeDir, rig.service.url))
      unwrap(await studio.works.pull(unwrap(await studio.works.find(WORK))))
      unwrap(await exportTo(studio, join(out, 'first.wav')))
      rmSync(studio.home.pcmCache, { recursive: true, force: true })
      mkdirSync(studio.home.pcmCache)
      const before = studio.ledger.list().length
      const free = fill(homeDir, leaves)
      problemOf(await exportTo(studio, join(out, 'mix.wav')))
      expect(existsSync(join(out, 'mix.wav'))).toBe(false)
      await studio.close()
      // Starting on a disk that is still full must not harm the ledger either.
      const onFull = await openStudioAt(homeDir, rig.service.url)
      if (onFull.ok) {
        expect(onFull.value.ledger.list().length).toBeGreaterThanOrEqual(before)
        await onFull.value.close()
      } else problemOf(onFull)
      free()
      const reopened = unwrap(await openStudioAt(homeDir, rig.service.url))
      expect(reopened.ledger.list().length).toBeGreaterThanOrEqual(before)
      unwrap(await exportTo(reopened, join(out, 'mix.wav')))
      await expectReceipted(reopened, out)
      await expectClean(reopened)
      await reopened.close()
      unmount()
    },
  )

  it('during a pull: what arrived is kept and continued', { timeout: 30_000 }, async () => {
    const homeDir = join(rig.dir, 'tiny-pull')
    const unmount = mount(homeDir, '24m')
    const studio = unwrap(await openStudioAt(homeDir, rig.service.url))
    const work = unwrap(await studio.works.find('Large'))
    const free = fill(homeDir, 4_000_000)
    const problem = problemOf(await studio.works.pull(work))
    expect(problem.message).toMatch(/full.*Free some space/)
    free()
    expect(studio.works.puller.stateOf(work).stems.some(({ receivedBytes }) => receivedBytes > 0)).toBe(true)
    unwrap(await studio.works.pull(work))
    await expectClean(studio)
    await studio.close()
    unmount()
  })
})

describe('a network that is cut', () => {
  it('in the middle of a download: told as such, continued where it stopped, whole in the end', { timeout: 30_000 }, async () => {
    const gate = await startTcpGate(rig.service.url)
    const studio = unwrap(await openStudioAt(join(rig.dir, 'cut-home'), gate.url))
    const work = unwrap(await studio.works.find('Large'))
    const total = work.stems.reduce((sum, stem) => sum + stem.bytes, 0)
    gate.limit(3_000_000)
    const pulling = studio.works.pull(work)
    await gate.held
    gate.cut({ isRefusing: true })
    const problem = problemOf(await pulling)
    expect(problem.message).toMatch(/pull again|try again|reach/i)
    const { state, stems } = studio.works.puller.stateOf(work)
    const kept = stems.reduce((sum, stem) => sum + stem.receivedBytes, 0)
    expect(state).toBe('failed')
    expect(kept).toBeGreaterThan(1_000_000)
    gate.open()
    const before = gate.downBytes
    unwrap(await studio.works.pull(work))
    expect(gate.downBytes - before).toBeLessThan(total - kept + 200_000)
    await expectClean(studio)
    await studio.close()
    await gate.close()
  })

  it('after a sync whose answer was lost: the retry gets the same place in the log', { timeout: 30_000 }, async () => {
    const wire = await startWire(() => rig.service.url)
    const studio = unwrap(await openStudioAt(join(rig.dir, 'lost-home'), rig.service.url))
    unwrap(await studio.works.pull(unwrap(await studio.works.find(WORK))))
    studio.service.use(wire.url)
    const out = folder('lost')
    for (const name of ['one.wav', 'two.wav']) unwrap(await exportTo(studio, join(out, name)))
    let lost = 0
    let firstAnswer = ''
    wire.tamper = (path, body) => {
      if (path !== '/v1/receipts' || lost > 0) return {}
      lost++
      firstAnswer = body
      return 'lost'
    }
    const first = await studio.sync()
    expect(lost).toBe(1)
    if (first.ok) expect(first.value.remaining + first.value.synced).toBeGreaterThan(0)
    else problemOf(first)
    const second = unwrap(await studio.sync())
    expect(second).toMatchObject({ remaining: 0, refused: [] })
    const places = (JSON.parse(firstAnswer) as { results: { id: string; proof: { logIndex: number } }[] }).results
    expect(places.length).toBeGreaterThan(0)
    for (const { id, proof } of places) expect(studio.ledger.proof(id)?.logIndex).toBe(proof.logIndex)
    await expectReceipted(studio, out)
    await expectClean(studio)
    await studio.close()
    await wire.close()
  })

  it('by a service that only answers 500: receipts wait, and go once it is well', { timeout: 30_000 }, async () => {
    const wire = await startWire(() => rig.service.url)
    const studio = unwrap(await openStudioAt(join(rig.dir, 'lost-home'), wire.url))
    const out = folder('ill')
    unwrap(await exportTo(studio, join(out, 'mix.wav')))
    wire.tamper = () => ({ status: 500, body: 'internal' })
    const ill = await studio.sync()
    if (ill.ok) expect(ill.value).toMatchObject({ remaining: 1, synced: 0 })
    else problemOf(ill)
    problemOf(await studio.works.find('No such work'))
    wire.tamper = () => ({})
    expect(unwrap(await studio.sync())).toMatchObject({ remaining: 0, refused: [] })
    await expectReceipted(studio, out)
    await studio.close()
    await wire.close()
  })
})

/** Overwrites pages of a database in its middle, past the header. */
const spoilPages = (path: string): void => {
  const bytes = readFileSync(path)
  for (let at = 4096; at < bytes.length; at += 8192) bytes.fill(0xa5, at, Math.min(at + 4096, bytes.length))
  writeFileSync(path, bytes)
}

describe('a database that is damaged', () => {
  const damages: readonly (readonly [string, (path: string) => void])[] = [
    ['cut to nothing', (path) => truncateSync(path, 0)],
    ['full of rubbish', spoilPages],
    ['no database at all', (path) => writeFileSync(path, 'this is a text file, not a database'.repeat(200))],
    ['deleted', (path) => rmSync(path)],
    ['without its last transactions', () => {}],
  ]

  it.each(damages)('%s: the ledger is put back from its copy, no receipt is lost', { timeout: 30_000 }, async (name, damage) => {
    const out = folder(`ledger-${name}`)
    unwrap(await exportTo(rig.studio, join(out, 'mix.wav')))
    const before = rig.studio.ledger.list({ limit: 10_000 }).map(({ id }) => id)
    // A copy taken while the program runs, without the write-ahead log: what a careless backup brings back.
    const homeDir = join(rig.dir, `ledger-${damages.findIndex(([one]) => one === name)}`)
    if (name !== 'without its last transactions') rig.studio.ledger.db.pragma('wal_checkpoint(TRUNCATE)')
    cpSync(rig.homeDir, homeDir, { recursive: true })
    for (const suffix of ['-wal', '-shm']) rmSync(join(homeDir, `ledger.sqlite${suffix}`), { force: true })
    damage(join(homeDir, 'ledger.sqlite'))
    const studio = unwrap(await openStudioAt(homeDir, rig.service.url))
    expect(new Set(studio.ledger.list({ limit: 10_000 }).map(({ id }) => id))).toEqual(new Set(before))
    expect(await errorsOf(studio)).toEqual([])
    await expectReceipted(studio, out)
    // What was signed goes on: a pull brings the licence back, an export continues the chain, the service takes it all.
    unwrap(await studio.sync())
    unwrap(await studio.works.pull(unwrap(await studio.works.find(WORK))))
    unwrap(await exportTo(studio, join(out, 'after.wav')))
    expect(unwrap(await studio.sync())).toMatchObject({ remaining: 0, refused: [] })
    await studio.close()
  })

  it.each(damages.slice(0, 4))('%s: the library is rebuilt, its works and stems are there', { timeout: 30_000 }, async (name, damage) => {
    const homeDir = join(rig.dir, `library-${damages.findIndex(([one]) => one === name)}`)
    cpSync(rig.homeDir, homeDir, { recursive: true })
    for (const suffix of ['-wal', '-shm']) rmSync(join(homeDir, `library.sqlite${suffix}`), { force: true })
    copyFileSync(join(rig.homeDir, 'library.sqlite'), join(homeDir, 'library.sqlite'))
    damage(join(homeDir, 'library.sqlite'))
    const studio = unwrap(await openStudioAt(homeDir, null))
    expect(studio.library.works().map(({ title }) => title)).toEqual([WORK])
    expect(studio.service.url).toBe(rig.service.url)
    expect(await errorsOf(studio)).toEqual([])
    const out = folder(`library-${name}`)
    unwrap(await exportTo(studio, join(out, 'mix.wav')))
    await studio.close()
  })
})

describe('audio that is damaged on disk', () => {
  const stemFiles = async (studio: Studio): Promise<string[]> => (await studio.stems.list()).map(({ path }) => path)

  it('a stem: the export refuses by name, fsck tells, pulling again mends it', { timeout: 30_000 }, async () => {
    const out = folder('damaged-stem')
    const lead = unwrap(await rig.studio.works.find(WORK)).stems.find(({ title }) => title === 'Lead')
    const path = (await stemFiles(rig.studio)).find((one) => one.includes(lead?.contentSha256 ?? '-'))
    if (!path) throw new Error('no stem')
    const whole = readFileSync(path)
    writeFileSync(path, flip(whole, Math.floor(whole.length / 2)))
    const problem = problemOf(await exportTo(rig.studio, join(out, 'mix.wav')))
    expect(problem.message).toContain('Lead')
    expect(readdirSync(out)).toEqual([])
    const findings = await errorsOf(rig.studio)
    expect(findings.map(({ code }) => code)).toEqual(['fsck.stem_damaged'])
    rmSync(path)
    const missing = problemOf(await exportTo(rig.studio, join(out, 'mix.wav')))
    expect(missing).toMatchObject({ code: 'export.stem_missing', message: expect.stringMatching(/“Lead”.*Pull its work again/) })
    unwrap(await rig.pull(WORK))
    unwrap(await exportTo(rig.studio, join(out, 'mix.wav')))
    await expectReceipted(rig.studio, out)
    await expectClean(rig.studio)
  })

  it('a decoded stem in the cache: made again, the sound is the same', { timeout: 30_000 }, async () => {
    const out = folder('damaged-cache')
    const good = unwrap(await exportTo(rig.studio, join(out, 'before.wav')))
    const cached = (): string[] =>
      readdirSync(rig.studio.home.pcmCache, { recursive: true, encoding: 'utf8' })
        .map((name) => join(rig.studio.home.pcmCache, name))
        .filter((path) => path.endsWith('.pcm'))
    expect(cached().length).toBeGreaterThanOrEqual(3)
    const damages: readonly ((path: string) => void)[] = [
      (path) => writeFileSync(path, flip(readFileSync(path), Math.floor(statSync(path).size * 0.6))),
      (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
      (path) => truncateSync(path, 0),
    ]
    await rig.reopen()
    for (const [i, path] of cached().entries()) damages[i % damages.length]?.(path)
    const again = await exportTo(rig.studio, join(out, 'after.wav'))
    expect(unwrap(again).pcmSha256).toBe(good.pcmSha256)
    await expectReceipted(rig.studio, out)
    await expectClean(rig.studio)
  })
})
