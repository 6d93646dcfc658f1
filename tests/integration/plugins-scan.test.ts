// Reading plugins that do their worst: each costs a line in the list of failures, never the studio, never its neighbours, and never twice.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createNodeProcessHost, type ForkOptions, Plugins, type ProcessHost } from '../../src-main/studio/index.ts'
import type { PluginScan } from '../../src-shared/protocol/index.ts'
import { type Problem, unwrap } from '../../src-shared/std/index.ts'
import { stemmaIn, startCli } from '../rigs/cli-rig.ts'
import { buildFixtures, clapId, type FixturePlugins, lv2Uri, NO_FIXTURES, SCAN_CLAPS, SCANNED_ID } from '../rigs/fixture-plugins.ts'

const fixtures = await buildFixtures()
if (!fixtures) process.stderr.write(`${NO_FIXTURES}\n`)

/** Long enough for a child on a busy machine, short enough to wait for several that hang. */
const LIMIT_MS = 6_000

interface CountingHost extends ProcessHost {
  forks: number
  readonly pids: Set<number>
}

const countingHost = (): CountingHost => {
  const host = createNodeProcessHost()
  const counting: CountingHost = {
    forks: 0,
    pids: new Set(),
    fork: (entry, options?: ForkOptions) => {
      counting.forks++
      const child = host.fork(entry, options)
      if (child.pid !== undefined) counting.pids.add(child.pid)
      return child
    },
  }
  return counting
}

const isGroupAlive = (pid: number): boolean => {
  try {
    process.kill(-pid, 0)
    return true
  } catch {
    return false
  }
}

describe.skipIf(!fixtures)('scanning plugins', { timeout: 150_000 }, () => {
  const { clapFolder, lv2Folder, clap, lv2Bundle } = (fixtures ?? {}) as FixturePlugins
  let dir: string
  let host: CountingHost
  let problems: Problem[]
  let opened: Plugins[]
  const open = (home = join(dir, 'plugins'), scanLimitMs = LIMIT_MS): Plugins => {
    const plugins = new Plugins({ dir: home, host, onProblem: (problem) => problems.push(problem), now: Date.now, scanLimitMs })
    opened.push(plugins)
    return plugins
  }

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-scan-'))
    host = countingHost()
    problems = []
    opened = []
  })
  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()))
    rmSync(dir, { recursive: true, force: true })
  })

  /** A folder with copies of some CLAP fixtures; a fixture acts by the name of its file. */
  const folderWith = (...names: Parameters<FixturePlugins['clap']>[0][]): string => {
    const folder = join(dir, 'clap')
    mkdirSync(folder, { recursive: true })
    for (const name of names) copyFileSync(clap(name), join(folder, `${name}.clap`))
    return folder
  }

  it('lists every way to fail with its reason, and everything else as usable', async () => {
    const plugins = open()
    const seen: PluginScan[] = []
    const counts = unwrap(await plugins.scan({ paths: [clapFolder, lv2Folder] }, { onProgress: (scan) => seen.push(scan) }))
    expect(counts.read).toBe(seen.at(-1)?.total)
    expect(seen.every(({ done, total }) => done <= total)).toBe(true)
    const list = plugins.list()
    const states = Object.fromEntries(list.failures.map(({ name, state }) => [name.replace(/\.clap$/, ''), state]))
    for (const name of SCAN_CLAPS) {
      if (name.startsWith('hang-in-')) expect(states[name], name).toBe('timed out')
      else if (name.startsWith('crash-in-') || name === 'quit-in-entry') expect(states[name], name).toBe('crashed')
      else if (/^refuse-|^no-|^empty$/.test(name)) expect(states[name], name).toBe('failed')
      // At exit, or only rude: what was read counts, for the child is not let go on.
      else expect(states[name], name).toBeUndefined()
    }
    expect(states['no-entry']).toBe('failed')
    expect(states['no-library']).toBe('failed')
    for (const { reason } of list.failures) {
      expect(reason).not.toBe('')
      expect(reason).not.toContain(clapFolder)
      expect(reason).not.toContain(lv2Folder)
    }
    const ids = new Set(list.plugins.map(({ id }) => id))
    for (const id of [SCANNED_ID, clapId('gain'), clapId('hostile-names'), lv2Uri('gain'), lv2Uri('hostile-names')])
      expect(ids).toContain(id)
    // Nothing a plugin calls itself can move a cursor or turn writing round.
    for (const plugin of list.plugins) {
      const descriptor = unwrap(plugins.descriptor(plugin))
      const texts = [descriptor.name, descriptor.vendor, ...descriptor.parameters.flatMap(({ name, group, unit }) => [name, group, unit])]
      expect(texts.filter((text) => /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(text))).toEqual([])
      for (const { min, max, default: value } of descriptor.parameters) expect(min <= value && value <= max).toBe(true)
    }
    expect(unwrap(plugins.descriptor({ format: 'clap', id: clapId('many-parameters') })).parameters).toHaveLength(10_000)
    expect(unwrap(plugins.descriptor({ format: 'lv2', id: lv2Uri('many-parameters') })).parameters).toHaveLength(10_000)
    // Neither children nor what they forked outlive the scan.
    await expect.poll(() => [...host.pids].filter(isGroupAlive), { timeout: 5_000 }).toEqual([])

    // Nothing is read twice: not what is fine, and not what crashed, hung or failed.
    const { forks } = host
    expect(unwrap(await plugins.scan({ paths: [clapFolder, lv2Folder] }))).toMatchObject({ read: 0, known: counts.read })
    const again = open()
    expect(unwrap(await again.scan({ paths: [clapFolder, lv2Folder] })).read).toBe(0)
    expect(host.forks).toBe(forks)
    expect(again.list().failures).toEqual(list.failures)
    expect(again.list().plugins).toEqual(list.plugins)
  })

  it('reads again what changed, what is asked for, and everything where it is forced', async () => {
    const folder = folderWith('sounds', 'crash-in-init')
    const plugins = open()
    expect(unwrap(await plugins.scan({ paths: [folder] })).read).toBe(2)
    utimesSync(join(folder, 'sounds.clap'), 1, 1)
    expect(unwrap(await plugins.scan({ paths: [folder] })).read).toBe(1)
    const [crashed] = plugins.failures()
    expect(crashed).toMatchObject({ name: 'crash-in-init.clap', state: 'crashed', reason: 'It crashed while it was read (SIGSEGV).' })
    // The user has put a version there that works; until it is read again it stays held back.
    expect(unwrap(await plugins.rescan(crashed!.file)).read).toBe(1)
    copyFileSync(clap('claims'), join(folder, 'crash-in-init.clap'))
    expect(unwrap(await plugins.scan({ paths: [folder], isForced: true })).read).toBe(2)
    expect(plugins.failures()).toEqual([])
    expect((await plugins.rescan('nothing')).ok).toBe(false)
  })

  it('forgets what is gone, and says which of two copies counts', async () => {
    const folder = folderWith('sounds')
    const other = join(dir, 'other')
    mkdirSync(other)
    copyFileSync(clap('sounds'), join(other, 'a-copy.clap'))
    const plugins = open()
    unwrap(await plugins.addFolder(folder))
    unwrap(await plugins.addFolder(other))
    await plugins.scan({ paths: [folder, other] })
    const ref = { format: 'clap', id: clapId('gain') } as const
    expect(unwrap(plugins.find(ref)).path).toBe(join(folder, 'sounds.clap'))
    expect(plugins.copies(ref)).toEqual([join(other, 'a-copy.clap')])
    rmSync(join(folder, 'sounds.clap'))
    await plugins.scan({ paths: [folder, other] })
    expect(unwrap(plugins.find(ref)).path).toBe(join(other, 'a-copy.clap'))
  })

  it('keeps what was read when a scan is cancelled, and suspects nobody', async () => {
    const folder = folderWith('sounds', 'slow-to-load', 'hang-in-load')
    const plugins = open()
    const stop = new AbortController()
    const scan = plugins.scan(
      { paths: [folder] },
      {
        signal: stop.signal,
        onProgress: ({ done }) => {
          if (done === 2) stop.abort()
        },
      },
    )
    expect(unwrap(await scan)).toMatchObject({ isCancelled: true, read: 2 })
    expect(plugins.find({ format: 'clap', id: clapId('gain') }).ok).toBe(true)
    expect(plugins.failures()).toEqual([])
    expect(open().failures()).toEqual([])
  })

  it('suspects what was being read when the app was killed, tries it once more alone, then holds it back', {
    timeout: 90_000,
  }, async () => {
    const folder = folderWith('sounds', 'hang-in-load')
    const home = join(dir, 'home')
    const stemma = stemmaIn(home, { env: { CLAP_PATH: folder, LV2_PATH: join(dir, 'none'), VST3_PATH: '', HOME: dir } })
    const killWhileReading = async (): Promise<void> => {
      const running = stemma.start(['plugins', 'scan'])
      const marks = join(home, 'plugins/scanning', `${running.child.pid}.json`)
      await expect
        .poll(
          () => existsSync(marks) && readFileSync(marks, 'utf8').includes('hang-in-load') && existsSync(join(home, 'plugins/scan.json')),
          {
            timeout: 60_000,
          },
        )
        .toBe(true)
      running.child.kill('SIGKILL')
      await running.done
    }
    await killWhileReading()
    const plugins = open(join(home, 'plugins'))
    const suspect = () => plugins.failures().find(({ name }) => name === 'hang-in-load.clap')
    expect(suspect()).toMatchObject({ state: 'failed', reason: 'Stemma ended while it was read.' })
    // What was done before the kill is still known.
    expect(plugins.find({ format: 'clap', id: clapId('gain') }).ok).toBe(true)
    await plugins.close()
    await killWhileReading()
    // Now it is held back: a scan does not touch it.
    const document = await stemma.json(['plugins', 'scan'])
    expect(document).toMatchObject({ ok: true, isCancelled: false })
    const held = (document.failures as readonly { readonly name: string; readonly reason: string }[]).filter(
      ({ name }) => name === 'hang-in-load.clap',
    )
    expect(held).toHaveLength(1)
    expect(held[0]?.reason).toContain('happened before')
  })

  it('starts anew where what it knew cannot be read, and keeps the file', async () => {
    const folder = folderWith('sounds')
    const home = join(dir, 'plugins')
    await open().scan({ paths: [folder] })
    for (const damage of [
      '{"v":1,"files":[{',
      JSON.stringify({ v: 1, scanner: 1, scannedAt: null, files: [{ path: '' }] }),
      '\0'.repeat(100),
    ]) {
      writeFileSync(join(home, 'scan.json'), damage)
      const plugins = open()
      expect(plugins.list().plugins).toEqual([])
      expect(problems.splice(0).map(({ code }) => code)).toContain('plugins.index_damaged')
      expect(readFileSync(join(home, 'scan.json.damaged'), 'utf8')).toBe(damage)
      expect(unwrap(await plugins.scan({ paths: [folder] })).read).toBe(1)
      await plugins.close()
    }
    for (const name of readdirSync(join(home, 'files'))) writeFileSync(join(home, 'files', name), '{')
    const plugins = open()
    const ref = { format: 'clap', id: clapId('gain') } as const
    expect(plugins.descriptor(ref)).toMatchObject({ ok: false, error: { code: 'plugin.unread' } })
    unwrap(await plugins.scan({ paths: [folder], isForced: true }))
    expect(unwrap(plugins.descriptor(ref)).name).toBe('Fixture Gain')
  })

  it('tries plugins out: what crashes, hangs or gives no numbers is told from what can be relied on', async () => {
    const plugins = open()
    await plugins.scan({ paths: [clap('sounds'), clap('troubles'), clap('claims'), lv2Bundle('stateful'), lv2Bundle('crash-in-run')] })
    const tried = async (id: string, format: 'clap' | 'lv2' = 'clap') => unwrap(await plugins.test({ format, id }, { limitMs: LIMIT_MS }))
    for (const name of ['gain', 'stateless', 'sine', 'latency', 'ducker', 'many-parameters'] as const)
      expect(await tried(clapId(name)), name).toMatchObject({ isFine: true, failures: [] })
    // A parameter of it that asks for a crash.
    expect((await tried(lv2Uri('stateful'), 'lv2')).failures).toEqual(['it crashed while its parameters moved (SIGSEGV)'])
    expect((await tried(clapId('crash-in-process'))).failures).toEqual(['it crashed while it played (SIGSEGV)'])
    expect((await tried(lv2Uri('crash-in-run'), 'lv2')).failures).toEqual(['it crashed while it played (SIGSEGV)'])
    expect((await tried(clapId('hang-in-process'))).failures[0]).toContain('no answer within')
    expect((await tried(clapId('crash-in-save'))).failures[0]).toContain('while its state was saved')
    expect((await tried(clapId('nan'))).failures[0]).toContain('are no numbers')
    expect((await tried(clapId('wrong-latency'))).notes.join()).toContain('frames of latency')
    expect((await tried(clapId('forks'))).isFine).toBe(true)
    // In use nobody waits for that either: the process is ended from outside.
    const destroyed = await tried(clapId('crash-in-destroy'))
    expect(destroyed).toMatchObject({ isFine: true })
    expect(destroyed.notes.join()).toContain('crashes when it is closed')
    await expect.poll(() => [...host.pids].filter(isGroupAlive), { timeout: 5_000 }).toEqual([])
  })

  describe('on the command line', () => {
    let home: string
    let stemma: ReturnType<typeof stemmaIn>
    beforeAll(() => {
      home = mkdtempSync(join(tmpdir(), 'stemma-scan-cli-'))
      const folder = join(home, 'clap')
      mkdirSync(folder)
      for (const name of ['sounds', 'crash-in-init', 'claims', 'troubles'] as const) copyFileSync(clap(name), join(folder, `${name}.clap`))
      stemma = stemmaIn(join(home, 'home'), { env: { CLAP_PATH: folder, LV2_PATH: join(home, 'none'), VST3_PATH: '', HOME: home } })
    })
    afterAll(() => rmSync(home, { recursive: true, force: true }))
    /** Whatever else this machine has of CLAP lies in system folders that no variable hides. */
    const own = (plugins: readonly { readonly id: string }[]) => plugins.filter(({ id }) => id.startsWith('stemma.fixture.'))

    it('scans, lists, describes and tries', async () => {
      const scanned = await stemma.json(['plugins', 'scan'])
      expect(scanned.failures).toMatchObject([{ format: 'clap', name: 'crash-in-init.clap', state: 'crashed' }])
      const listed = await stemma.json(['plugins', 'list', 'fixture gain', '--format', 'clap'])
      expect(own(listed.plugins).map(({ id }) => id)).toEqual([clapId('gain'), clapId('stateless')])
      const info = await stemma.json(['plugins', 'info', clapId('gain')])
      expect(info.plugin.parameters.length).toBe(5)
      expect(info.path).toBe(join(home, 'clap/sounds.clap'))
      const good = await stemma.json(['plugins', 'test', clapId('gain'), clapId('sine')])
      expect(good).toMatchObject({ ok: true, tried: 2, fine: 2, failed: 0 })
      const bad = await stemma.json(['plugins', 'test', clapId('gain'), clapId('crash-in-process')], 1)
      expect(bad).toMatchObject({ ok: false, tried: 2, fine: 1, failed: 1 })
      expect((await stemma.json(['plugins', 'info', 'nothing'], 1)).problem.code).toBe('plugin.missing')
      expect((await stemma.json(['plugins', 'test'], 2)).problem.code).toBe('usage')
      expect((await stemma.json(['plugins', 'list', '--format', 'vst2'], 2)).problem.code).toBe('usage')
    })

    it('shows hostile names as what they are', async () => {
      const run = await startCli(['plugins', 'info', clapId('hostile-names'), '--home', stemma.homeDir]).done
      expect(run.code).toBe(0)
      expect(run.stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u)
    })
  })
})
