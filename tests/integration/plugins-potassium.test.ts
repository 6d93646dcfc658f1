// The real song with plugins of all three formats: made by the command line, played while its hosts are killed, exported to the same sound every time, and
// named with everything that took part.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createNodeProcessHost,
  fileSecretBox,
  type ForkOptions,
  openStudio,
  Plugins,
  type ProcessHost,
  type Studio,
} from '../../src-main/studio/index.ts'
import type { PluginStatus } from '../../src-shared/plugins/index.ts'
import { BUILT_IN_MODELS } from '../../src-shared/provenance/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import type { Json } from '../rigs/cli-rig.ts'
import { makePluginSong, type PluginSong, SONG_DEVICE_IDS, SONG_DEVICES, songHindrance } from '../rigs/plugin-song.ts'
import { REAL_PLUGINS } from '../rigs/real-plugins.ts'

const hindrance = songHindrance()
if (hindrance !== null) process.stderr.write(`5 tests of the real song with plugins are skipped: ${hindrance}\n`)

/** Four bars in which all of them have something to do. */
const RANGE = ['--from', '11', '--to', '15'] as const
const FROM_BAR = 13
/** How long playback is watched. */
const PLAY_MS = 4_000
const KILL_MS = 1_200
/** Played between the others; nothing of it may be missing. It has no plugin, and goes through none. */
const BYSTANDER = 'mallet'

interface PluginHosts extends ProcessHost {
  readonly running: ReadonlySet<number>
}

/** A process host that knows the process ids of the plugin hosts that run, oldest first. */
const watchingHost = (): PluginHosts => {
  const host = createNodeProcessHost()
  const running = new Set<number>()
  return {
    running,
    fork: (entry, options?: ForkOptions) => {
      const child = host.fork(entry, options)
      const { pid } = child
      if (entry === 'plugin-host' && pid !== undefined) {
        running.add(pid)
        child.onExit(() => running.delete(pid))
      }
      return child
    },
  }
}

const until = async (what: string, isTrue: () => boolean, look: () => Promise<void>): Promise<void> => {
  const deadline = Date.now() + 20_000
  while (!isTrue() && Date.now() < deadline) {
    await look()
    await delay(2)
  }
  expect(isTrue(), what).toBe(true)
}

describe.skipIf(hindrance !== null)('Potassium with plugins', { timeout: 120_000 }, () => {
  let dir: string
  let song: PluginSong
  const hashes = new Set<string>()
  const at = (name: string): string => join(dir, name)

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-plugin-song-'))
    song = await makePluginSong(dir)
  }, 120_000)
  afterAll(() => {
    if (dir) rmSync(dir, { recursive: true, force: true })
  })

  it('holds all of them, described by what is installed here', () => {
    const tracks: readonly Json[] = song.shown.tracks
    for (const [id, { plugin, track }] of Object.entries(SONG_DEVICES)) {
      const device = tracks.find(({ name }) => name === track)?.devices.find((one: Json) => one.id === id)
      expect(device?.plugin, id).toMatchObject({
        format: REAL_PLUGINS[plugin].format,
        id: REAL_PLUGINS[plugin].id,
        isInstrument: id === 'piano',
        isGenerative: false,
      })
      expect(device.plugin.name, id).not.toBe(REAL_PLUGINS[plugin].id)
    }
    expect(song.shown.status.notices.filter(({ severity }: Json) => severity === 'error')).toEqual([])
  })

  it('plays on, with no gap in other tracks, when two hosts are killed, and both come back', async () => {
    const host = watchingHost()
    const studio: Studio = unwrap(await openStudio({ homeDir: song.homeDir, serviceUrl: null, host, secrets: fileSecretBox }))
    const remix = unwrap(await studio.openRemix(song.remix))
    try {
      const { snapshot } = remix.session
      const client = unwrap(await studio.engine.client())
      const plan = unwrap(remix.session.plan)
      const locate = studio.works.stemLocator(snapshot)
      const stems = plan.sources
        .flatMap(({ stemId }) => locate(stemId) ?? [])
        .map(({ path, contentSha256, name }) => ({ path, contentSha256, name }))
      unwrap(await client.request('sources.prepare', { stems }))
      unwrap(await client.request('plan.load', { plan }))

      const states = new Map<string, PluginStatus['state'][]>()
      const look = async (): Promise<void> => {
        for (const { deviceId, state } of unwrap(await client.request('plugins.statuses', {})).devices) {
          const known = states.get(deviceId) ?? []
          if (known.at(-1) !== state) states.set(deviceId, [...known, state])
        }
      }
      const allReady = (): boolean =>
        states.size === SONG_DEVICE_IDS.length && [...states.values()].every((list) => list.at(-1) === 'ready')
      await until('all plugins are ready', allReady, look)
      expect(host.running.size).toBeGreaterThanOrEqual(SONG_DEVICE_IDS.length)

      const bystander = plan.tracks.find(({ name }) => name === BYSTANDER)?.id
      const fromFrame = plan.timeline ? Math.round(((FROM_BAR - 1) * 4 * 60 * 48_000) / 90) : 0
      /** Plays for a while; what the bystander did, by frame, and where playback stood at the end. */
      const play = async (meanwhile: () => Promise<void>) => {
        const levels = new Map<number, number>()
        const stop = client.on('meters', ({ frame, tracks }) => {
          levels.set(frame, tracks.find(({ trackId }) => trackId === bystander)?.rmsLeft ?? -1)
        })
        const began = performance.now()
        unwrap(await client.request('transport.play', { fromFrame }))
        await meanwhile()
        await delay(PLAY_MS - (performance.now() - began))
        const { isPlaying, frame } = unwrap(await client.request('transport.state', {}))
        unwrap(await client.request('transport.stop', {}))
        stop()
        return { levels, isPlaying, playedMs: (frame - fromFrame) / 48 }
      }
      const undisturbed = await play(async () => {})
      expect([...undisturbed.levels.values()].some((level) => level > 0.001)).toBe(true)

      const crashed: string[] = []
      client.on('plugins.crashed', ({ deviceId }) => crashed.push(deviceId))
      let backMs = 0
      const { levels, isPlaying, playedMs } = await play(async () => {
        await delay(KILL_MS)
        const began = performance.now()
        const pids = [...host.running.keys()].slice(0, 2)
        for (const pid of pids) process.kill(pid, 'SIGKILL')
        await until(
          'both are started again',
          () => crashed.length === 2 && allReady() && crashed.every((id) => (states.get(id)?.length ?? 0) >= 3),
          look,
        )
        backMs = performance.now() - began
        expect(pids.filter((pid) => host.running.has(pid))).toEqual([])
      })
      process.stdout.write(`Two plugin hosts killed while playing: both back after ${backMs.toFixed(0)} ms\n`)
      expect(SONG_DEVICE_IDS).toEqual(expect.arrayContaining(crashed))
      for (const id of crashed) expect(states.get(id)?.slice(-2), id).toEqual(['restarting', 'ready'])
      for (const id of SONG_DEVICE_IDS) if (!crashed.includes(id)) expect(states.get(id)?.at(-1), id).toBe('ready')
      // Where both were metered at the same block, the other track sounded exactly as without crashes.
      const both = [...levels].filter(([frame]) => undisturbed.levels.has(frame))
      // Meters are left out where a machine is busy.
      expect(both.length).toBeGreaterThan(40)
      expect(both.filter(([frame, level]) => level !== undisturbed.levels.get(frame))).toEqual([])
      expect(isPlaying).toBe(true)
      expect(playedMs).toBeGreaterThan(PLAY_MS - 1_000)
    } finally {
      await remix.close()
      await studio.close()
    }
  })

  it('exports to the same sound three times, and with one thread', async () => {
    for (const [name, ...threads] of [['one'], ['two'], ['three'], ['alone', '--threads', '1']] as const)
      hashes.add((await song.stemma.json(['render', song.remix, '-o', at(`${name}.wav`), ...RANGE, ...threads])).pcmSha256)
    expect(hashes.size).toBe(1)
    // Without its plugins it is another sound: they did run.
    const bare = at('bare.stemma')
    copyFileSync(song.remix, bare)
    writeFileSync(at('off.json'), JSON.stringify(SONG_DEVICE_IDS.map((deviceId) => ({ op: 'device.set', deviceId, isEnabled: false }))))
    await song.stemma.json(['edit', bare, at('off.json')])
    expect(hashes).not.toContain((await song.stemma.json(['render', bare, '-o', at('bare.wav'), ...RANGE])).pcmSha256)
  })

  it('names every plugin with version, format and settings, and of AI only the model that wrote the notes down', async () => {
    const [file]: readonly Json[] = (await song.stemma.json(['verify', at('one.wav')])).files
    expect(file.verdict).toBe('good')
    const used = Object.values(SONG_DEVICES).map(({ plugin }) => REAL_PLUGINS[plugin])
    expect(file.plugins.map(({ format, id }: Json) => `${format} ${id}`).toSorted()).toEqual(
      used.map(({ format, id }) => `${format} ${id}`).toSorted(),
    )
    const { plugins: known } = await song.stemma.json(['plugins', 'list'])
    for (const plugin of file.plugins) {
      const installed = known.find(({ format, id }: Json) => format === plugin.format && id === plugin.id)
      expect(plugin).toMatchObject({ name: installed.name, vendor: installed.vendor, version: installed.version })
      expect(plugin.state).toMatch(/^sha256:[0-9a-f]{64}$/)
    }
    expect(file.plugins.filter(({ version }: Json) => version !== '').length).toBeGreaterThanOrEqual(4)
    const { receipt } = await song.stemma.json(['receipts', 'show', file.receipt.id])
    for (const { name, version, format, state } of file.plugins)
      expect(
        receipt.plugins.filter(
          (line: string) => line.startsWith(`${name} ${version}`.trim()) && line.includes(`[${format} `) && line.includes(state),
        ),
      ).toHaveLength(1)
    expect(receipt.plugins).toHaveLength(used.length)
    // Playing what was heard by a model counts, as far as it goes; effects and instruments do not.
    expect(file.ingredients.filter(({ role }: Json) => role === 'model').map(({ urn }: Json) => urn)).toEqual([
      BUILT_IN_MODELS.basicPitch.urn,
    ])
    const models = receipt.stems.flatMap(({ ops }: Json) => ops.flatMap(({ op, model }: Json) => (model ? [[op, model]] : [])))
    expect(models).toEqual([['ai.transcribe', BUILT_IN_MODELS.basicPitch.urn]])
    expect(
      file.ai.contributions.flatMap(({ model }: Json) => model ?? []).filter((urn: string) => urn !== BUILT_IN_MODELS.basicPitch.urn),
    ).toEqual([])
  })

  it('counts a plugin as AI that is marked as generative, also where the remix does not say so', async () => {
    const plugins = new Plugins({ dir: join(song.homeDir, 'plugins'), host: createNodeProcessHost(), onProblem: () => {}, now: Date.now })
    const { format, id } = REAL_PLUGINS[SONG_DEVICES.tilt.plugin]
    unwrap(await plugins.mark({ format, id }, { isGenerative: true }))
    await plugins.close()
    const made = await song.stemma.json(['render', song.remix, '-o', at('marked.wav'), ...RANGE])
    expect(hashes).toContain(made.pcmSha256)
    expect(made.ai.containsAI).toBe('Partly')
    const [file]: readonly Json[] = (await song.stemma.json(['verify', at('marked.wav')])).files
    const urn = `urn:stemma:plugin:${format}:${id}`
    expect(file.ingredients.filter(({ role }: Json) => role === 'model').map((one: Json) => one.urn)).toContain(urn)
    expect(file.ai.contributions.map(({ model }: Json) => model)).toContain(urn)
  })
})
