// Plugins as the engine's owner meets them: it forks hosts when asked, edits, freezes, exports, and hears when something breaks.
import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { PluginStatus } from '../../../src-shared/plugins/index.ts'
import { EngineClient, type EngineEvents, type EnginePort, type ExportJob } from '../../../src-shared/protocol/index.ts'
import type { PlanPlugin, PlanTrack, RenderPlan } from '../../../src-shared/remix/index.ts'
import { type Problem, unwrap } from '../../../src-shared/std/index.ts'
import { buildFixtures, type ClapFixture, clapId, NO_FIXTURES } from '../../../tests/rigs/fixture-plugins.ts'
import { clip, noise, plan, plugin, StemFolder, track } from '../../render/testing/plans.ts'
import { registryEntries } from './rack-rig.fixture.ts'

const fixtures = await buildFixtures()
if (!fixtures) console.log(NO_FIXTURES)
const entries = registryEntries(fixtures, ['gain', 'echo', 'latency', 'on-demand', 'ducker', 'crash-in-process'])
const fixture = (name: ClapFixture, params: Parameters<typeof plugin>[2] = {}, more: Partial<PlanPlugin> = {}) =>
  plugin(more.deviceId ?? name, { format: 'clap', id: clapId(name) }, params, more)

const LENGTH = 144_000
const folder = new StemFolder()
let a = 0
let b = 0
beforeAll(async () => {
  a = await folder.add(noise(LENGTH, 7, 0.3))
  b = await folder.add(noise(LENGTH, 8, 0.3))
})
afterAll(() => folder.remove())

const children = new Map<string, ChildProcess>()
const engines: ChildProcess[] = []
afterEach(() => {
  for (const child of [...engines.splice(0), ...children.values()]) child.kill('SIGKILL')
  children.clear()
})

const HOST = join(import.meta.dirname, '../host/main.ts')

/** An engine in a process of its own, whose owner forks plugin hosts. */
const startEngine = async () => {
  const engine = fork(join(import.meta.dirname, '../../engine.ts'), [], {
    serialization: 'advanced',
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  engines.push(engine)
  const port: EnginePort = {
    postMessage: (message) => {
      if (engine.connected) engine.send(message as object, () => {})
    },
    onMessage: (listener) => {
      engine.on('message', listener)
      return () => engine.off('message', listener)
    },
    onExit: (listener) => {
      engine.on('exit', listener)
      return () => engine.off('exit', listener)
    },
  }
  const client = new EngineClient(port)
  const heard = {
    warnings: [] as Problem[],
    crashes: [] as EngineEvents['plugins.crashed'][],
    statuses: [] as readonly PluginStatus[],
    frozen: {} as EngineEvents['plugins.frozen']['tracks'],
  }
  client.on('playback.warning', (problem) => heard.warnings.push(problem))
  client.on('plugins.crashed', (crash) => heard.crashes.push(crash))
  client.on('plugins.status', ({ devices }) => {
    heard.statuses = devices
  })
  client.on('plugins.frozen', ({ tracks }) => {
    heard.frozen = tracks
  })
  client.on('plugins.fork', ({ hostId, args, environment }) => {
    const child = fork(HOST, [...args], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: { ...process.env, ...environment } })
    children.set(hostId, child)
    child.on('exit', (code) => {
      children.delete(hostId)
      void client.request('plugins.hostExited', { hostId, code })
    })
  })
  client.on('plugins.kill', ({ hostId }) => children.get(hostId)?.kill('SIGKILL'))
  unwrap(await client.request('engine.open', { cacheDir: folder.cacheDir, output: 'silent', forks: 'owner' }))
  unwrap(await client.request('plugins.registry', { entries }))
  return { client, heard }
}

const until = async (isTrue: () => boolean): Promise<void> => {
  const deadline = Date.now() + 15_000
  while (!isTrue() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(isTrue()).toBe(true)
}

const playing = (source: number, devices: PlanTrack['devices'], id: string, more: Partial<PlanTrack> = {}): PlanTrack =>
  track(id, { clips: [clip(source, LENGTH)], devices, ...more })
const job = (of: RenderPlan, path: string, threads = 2): ExportJob => ({
  plan: of,
  stems: folder.files,
  range: null,
  loudnessTargetLufs: null,
  threads,
  outputs: [{ path, format: 'wav24', trackId: null, tags: { title: 'Test', artist: 'Nobody' } }],
})

describe.skipIf(!fixtures)('an engine with plugins', () => {
  it('plays on when hosts are killed, tells of it, and exports the same sound three times', async () => {
    const { client, heard } = await startEngine()
    const song = plan(folder.sources, [
      playing(a, [fixture('gain', { 1: -3 })], 'a'),
      playing(b, [fixture('echo'), fixture('latency')], 'b'),
    ])
    unwrap(await client.request('plan.load', { plan: song }))
    unwrap(await client.request('transport.play', { fromFrame: 0 }))
    await until(() => heard.statuses.length === 3 && heard.statuses.every((status) => status.state === 'ready'))
    for (const child of [...children.values()].slice(0, 2)) child.kill('SIGKILL')
    await until(() => heard.crashes.length === 2)
    await until(() => heard.statuses.every((status) => status.state === 'ready'))
    expect((await client.request('transport.state', {})).ok && unwrap(await client.request('transport.state', {})).isPlaying).toBe(true)
    const hashes = new Set<string>()
    for (const threads of [1, 2, 4]) {
      const path = join(folder.dir, `out-${threads}.wav`)
      const done = unwrap(await client.request('export.run', job(song, path, threads)))
      hashes.add(done.pcmSha256)
      expect(done.durationFrames).toBeGreaterThanOrEqual(LENGTH)
      expect(done.files[0]!.bytes).toBe(readFileSync(path).length)
    }
    expect(hashes.size).toBe(1)
    // The extra that rings is part of the whole, and of nothing that was cut to a range.
    const cut = unwrap(await client.request('plan.measure', { plan: song, range: { fromFrame: 0, toFrame: 48_000 }, threads: 1 }))
    expect(cut.durationFrames).toBe(48_000)
  }, 60_000)

  it('fails an export by the names of plugin and track, and leaves no file', async () => {
    const { client } = await startEngine()
    const song = plan(folder.sources, [playing(a, [fixture('crash-in-process', {}, { deviceId: 'bad' })], 'Lead')])
    const path = join(folder.dir, 'never.wav')
    const failed = await client.request('export.run', job(song, path))
    expect(failed).toMatchObject({ ok: false, error: { code: 'export.plugin_failed', details: { deviceId: 'bad', trackId: 'Lead' } } })
    expect(() => readFileSync(path)).toThrow()
  }, 30_000)

  it('freezes a track to the sound it had, which then needs no plugin', async () => {
    const { client, heard } = await startEngine()
    const tracks = (frozen: PlanTrack['frozen']): readonly PlanTrack[] => [
      playing(a, [fixture('latency'), fixture('gain', { 1: -3 })], 'a', { gainDb: { value: -2 }, ...(frozen ? { frozen } : {}) }),
      playing(b, [], 'b'),
    ]
    const live = plan(folder.sources, tracks(undefined))
    const measure = async (of: RenderPlan) =>
      unwrap(await client.request('plan.measure', { plan: of, range: { fromFrame: 0, toFrame: LENGTH }, threads: 2 }))
    const before = await measure(live)
    const { key } = unwrap(await client.request('plugins.freeze', { plan: live, stems: folder.files, trackId: 'a' }))
    expect(unwrap(await client.request('plugins.freeze', { plan: live, stems: folder.files, trackId: 'a' })).key).toBe(key)
    const frozen = plan(folder.sources, tracks({ key }))
    unwrap(await client.request('plugins.registry', { entries: [] }))
    expect((await measure(frozen)).pcmSha256).toBe(before.pcmSha256)
    unwrap(await client.request('plan.load', { plan: frozen }))
    unwrap(await client.request('transport.play', { fromFrame: 0 }))
    expect(heard.warnings).toEqual([])
    unwrap(await client.request('transport.stop', {}))
    // Without its file it is what it was before, and says so.
    unwrap(await client.request('plugins.registry', { entries }))
    rmSync(join(folder.cacheDir, 'frozen'), { recursive: true })
    const again = await measure(frozen)
    expect(again.pcmSha256).toBe(before.pcmSha256)
    expect(again.warnings.map((warning) => warning.code)).toEqual(['export.frozen_lost'])
    expect(await client.request('plugins.freeze', { plan: live, stems: [], trackId: 'track:master' })).toMatchObject({
      ok: false,
      error: { code: 'freeze.not_an_audio_track' },
    })
  }, 60_000)

  it('tells when what a frozen track listens to has changed, until it is frozen again or that is undone', async () => {
    const { client, heard } = await startEngine()
    const song = (kickDb: number, frozen?: PlanTrack['frozen'], more: Partial<PlanPlugin> = {}): RenderPlan => {
      const ducker = fixture('ducker')
      const device = { ...ducker, plugin: { ...ducker.plugin, sidechainTrackId: 'kick' }, ...more }
      return plan(folder.sources, [
        playing(a, [device], 'pad', frozen ? { frozen } : {}),
        playing(b, [], 'kick', { gainDb: { value: kickDb } }),
        playing(b, [], 'other', frozen ? { gainDb: { value: -kickDb } } : {}),
      ])
    }
    const freeze = async (of: RenderPlan) =>
      unwrap(await client.request('plugins.freeze', { plan: of, stems: folder.files, trackId: 'pad' }))
    const load = async (of: RenderPlan) => {
      unwrap(await client.request('plan.load', { plan: of }))
      return heard.frozen
    }
    const first = await freeze(song(10))
    expect(await load(song(10, first)), 'another track is none of its business').toEqual({ pad: 'kept' })
    expect(await load(song(-40, first))).toEqual({ pad: 'outdated' })
    const second = await freeze(song(-40, first))
    expect(second.sha256).not.toBe(first.sha256)
    expect(await load(song(-40, second))).toEqual({ pad: 'kept' })
    expect(await load(song(-40, first)), 'undone').toEqual({ pad: 'outdated' })
    expect(await load(song(10, first))).toEqual({ pad: 'kept' })
    // The key was deleted: what was frozen still has its sound in it.
    const { plugin: use } = fixture('ducker')
    expect(await load(song(10, first, { plugin: { ...use, sidechainTrackId: null } }))).toEqual({ pad: 'outdated' })
    rmSync(join(folder.cacheDir, 'frozen'), { recursive: true })
    expect(await load(song(10, first))).toEqual({ pad: 'lost' })
    expect(await load(song(10))).toEqual({})
  }, 60_000)

  it('renders previews with their plugins', async () => {
    const { client } = await startEngine()
    const range = { fromFrame: 0, toFrame: 96_000 }
    const preview = async (gain: number) =>
      unwrap(
        await client.request('preview.render', {
          plan: plan(folder.sources, [playing(a, [fixture('gain', { 1: gain })], 'a')]),
          stems: folder.files,
          range,
          keeps: false,
        }),
      ).loudness.integratedLufs!
    expect((await preview(0)) - (await preview(-12))).toBeCloseTo(12, 1)
  }, 30_000)
})
