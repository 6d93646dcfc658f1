// The engine as its owner meets it: a process of its own that prepares, plays, exports, is cancelled, killed, and started again.
import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { EngineClient, type EnginePort, type ExportJob, type MeterFrame } from '../src-shared/protocol/index.ts'
import type { RenderPlan } from '../src-shared/remix/index.ts'
import { unwrap } from '../src-shared/std/index.ts'
import { bus, clip, device, noise, plan, send, StemFolder, track } from './render/testing/plans.ts'
import { EngineServer } from './server.ts'

const folder = new StemFolder()
const children: ChildProcess[] = []
const tags = { title: 'Test', artist: 'Nobody' }
let of: RenderPlan

beforeAll(async () => {
  const a = await folder.add(noise(480_000, 40, 0.2), { isDecoded: false })
  const b = await folder.add(noise(300_000, 41, 0.2), { isDecoded: false })
  of = plan(
    folder.sources,
    [
      track('a', {
        clips: [clip(a, 480_000), clip(a, 480_000, { startFrame: 4_000_000 })],
        devices: [device('eq', 'eq')],
        sends: [send('verb', -6)],
      }),
      track('b', { clips: [clip(b, 300_000, { startFrame: 100_000 })] }),
      bus('verb', { devices: [device('rev', 'reverb')] }),
    ],
    48_000,
  )
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => folder.remove())

const start = (): { readonly client: EngineClient; readonly child: ChildProcess } => {
  const child = fork(join(import.meta.dirname, 'engine.ts'), [], {
    serialization: 'advanced',
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  children.push(child)
  const port: EnginePort = {
    postMessage: (message) => {
      child.send(message as object, () => {})
    },
    onMessage: (listener) => {
      child.on('message', listener)
      return () => child.off('message', listener)
    },
    onExit: (listener) => {
      child.on('exit', listener)
      return () => child.off('exit', listener)
    },
  }
  return { client: new EngineClient(port), child }
}

const opened = async () => {
  const engine = start()
  const { output } = unwrap(await engine.client.request('engine.open', { cacheDir: folder.cacheDir, output: 'silent' }))
  expect(output.kind).toBe('silent')
  return engine
}

const exportJob = (path: string): ExportJob => ({
  plan: of,
  stems: folder.files,
  range: null,
  loudnessTargetLufs: null,
  threads: 2,
  outputs: [{ path, format: 'wav24', trackId: null, tags }],
})

const until = async (isTrue: () => boolean): Promise<void> => {
  const deadline = Date.now() + 10_000
  while (!isTrue() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(isTrue()).toBe(true)
}

describe('engine process', () => {
  it('prepares stems, draws them, measures them, plays and stops', async () => {
    const { client } = await opened()
    const stems = new Set<string | null>()
    const prepared = unwrap(await client.request('sources.prepare', { stems: folder.files }, { onProgress: ({ stem }) => stems.add(stem) }))
    expect(prepared.map(({ lengthFrames }) => lengthFrames)).toEqual([480_000, 300_000])
    expect([...stems].sort()).toEqual(['Stem 0', 'Stem 1'])
    const { contentSha256 } = folder.files[0]!
    const peaks = unwrap(await client.request('sources.peaks', { contentSha256 }))
    expect(peaks).toMatchObject({ framesPerPeak: 256, lengthFrames: 480_000 })
    expect(peaks.peaks.length).toBe(480_000 / 128)
    expect(Math.max(...peaks.peaks)).toBe(Math.ceil(0.2 * 127))
    expect(unwrap(await client.request('sources.measure', { contentSha256 })).samplePeakDb).toBeCloseTo(-14, 1)

    const frames: number[] = []
    const meters: MeterFrame[] = []
    client.on('transport.position', ({ frame }) => frames.push(frame))
    client.on('meters', (one) => meters.push(one))
    unwrap(await client.request('plan.load', { plan: of }))
    expect(unwrap(await client.request('transport.play', { fromFrame: null })).isPlaying).toBe(true)
    await until(() => (frames[frames.length - 1] ?? 0) > 24_000)
    expect(meters[meters.length - 1]!.tracks.map(({ trackId }) => trackId)).toEqual(['a', 'b', 'verb'])
    expect(meters[meters.length - 1]!.tracks[0]!.peakLeft).toBeGreaterThan(0.1)
    const stopped = unwrap(await client.request('transport.stop', {}))
    expect(stopped).toMatchObject({ isPlaying: false, endFrame: 4_528_000 })
    expect(stopped.frame).toBeGreaterThan(24_000)
  })

  it('exports what it measures, while playing too', async () => {
    const { client } = await opened()
    unwrap(await client.request('sources.prepare', { stems: folder.files }))
    const measured = unwrap(await client.request('plan.measure', { plan: of, range: null, threads: 1 }))
    unwrap(await client.request('plan.load', { plan: of }))
    unwrap(await client.request('transport.play', { fromFrame: 0 }))
    const reply = unwrap(await client.request('export.run', exportJob(join(folder.dir, 'played.wav'))))
    expect(reply.pcmSha256).toBe(measured.pcmSha256)
    expect(statSync(join(folder.dir, 'played.wav')).size).toBe(reply.files[0]!.bytes)
  })

  it('cancels an export and leaves no file', async () => {
    const { client } = await opened()
    const path = join(folder.dir, 'cancelled.wav')
    const controller = new AbortController()
    const result = await client.request('export.run', exportJob(path), {
      signal: controller.signal,
      onProgress: ({ step }) => step === 'render' && controller.abort(),
    })
    expect(result).toMatchObject({ ok: false, error: { code: 'export.cancelled' } })
    expect(existsSync(path)).toBe(false)
  })

  it('says that it is gone when it is killed in the middle of an export, and another one takes over', async () => {
    const { client, child } = await opened()
    const lost: string[] = []
    client.onLost(({ code }) => lost.push(code))
    const result = await client.request('export.run', exportJob(join(folder.dir, 'killed.wav')), {
      onProgress: ({ step }) => step === 'render' && child.kill('SIGKILL'),
    })
    expect(result).toMatchObject({ ok: false, error: { code: 'engine.lost' } })
    expect(lost).toEqual(['engine.lost'])
    expect(await client.request('transport.state', {})).toMatchObject({ ok: false, error: { code: 'engine.lost' } })
    const next = await opened()
    unwrap(await next.client.request('export.run', exportJob(join(folder.dir, 'second.wav'))))
  })

  it('refuses what it cannot use, in words', async () => {
    const { client, child } = start()
    expect(await client.request('transport.state', {})).toMatchObject({ ok: false, error: { code: 'engine.not_open' } })
    const bad = {
      ...of,
      tracks: of.tracks.map((one) => ({ ...one, sends: [{ sendId: 's', toTrackId: 'nowhere', gainDb: { value: 0 }, isPreFader: false }] })),
    }
    expect(await client.request('plan.load', { plan: bad })).toMatchObject({ ok: false, error: { code: 'engine.bad_request' } })
    child.send({ id: 'x' })
    child.send('noise')
    expect(await client.request('engine.formats', {})).toMatchObject({ ok: true })
  })
})

describe('window port', () => {
  it('takes transport commands and nothing else', async () => {
    const server = new EngineServer()
    const { port1, port2 } = new MessageChannel()
    server.attachWindow({
      postMessage: (message) => port1.postMessage(message),
      onMessage: (listener) => void port1.on('message', listener),
      onClose: (listener) => void port1.on('close', listener),
    })
    const client = new EngineClient({
      postMessage: (message) => port2.postMessage(message),
      onMessage: (listener) => {
        port2.on('message', listener)
        return () => port2.off('message', listener)
      },
      onExit: () => () => {},
    })
    expect(await client.request('engine.open', { cacheDir: folder.cacheDir, output: 'silent' })).toMatchObject({
      ok: false,
      error: { code: 'engine.unknown_request' },
    })
    expect(await client.request('transport.play', { fromFrame: null })).toMatchObject({ ok: false, error: { code: 'engine.not_open' } })
    port2.close()
  })
})
