// The bundled engine gives the bits of the source: on this Node, and on Electron 33 with its older engine, in one thread and in four.
import { fork } from 'node:child_process'
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KERNELS_WASM } from '../scripts/build-kernels.mjs'
import { EngineClient } from '../src-shared/protocol/index.ts'
import type { RenderPlan } from '../src-shared/remix/index.ts'
import { unwrap } from '../src-shared/std/index.ts'
import { derivedDir } from './derive-key.ts'
import { exportPlan } from './render/index.ts'
import { bus, clip, device, noise, plan, send, StemFolder, track } from './render/testing/plans.ts'

const ROOT = join(import.meta.dirname, '..')
const ELECTRON = join(ROOT, '.cache/electron-33.2.1/electron')
/** Inside the checkout, so that packages are found from there. */
const OUT = join(ROOT, '.cache/engine-bundle-test')

const folder = new StemFolder()
let of: RenderPlan
let expected: string

beforeAll(async () => {
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir: OUT,
      emptyOutDir: true,
      minify: false,
      rolldownOptions: {
        input: {
          engine: join(ROOT, 'src-engine/engine.ts'),
          'engine-worker': join(ROOT, 'src-engine/render/engine-worker.ts'),
          'decode-worker': join(ROOT, 'src-engine/files/decode-worker.ts'),
          'derive-worker': join(ROOT, 'src-engine/derive/derive-worker.ts'),
          'encode-worker': join(ROOT, 'src-engine/files/encode-worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunk-[name]-[hash].js' },
      },
    },
  })
  copyFileSync(KERNELS_WASM, join(OUT, 'kernels.wasm'))
  const stems = await Promise.all([50, 51, 52, 53].map((seed) => folder.add(noise(200_000, seed, 0.2))))
  // Stretched, transposed and with its formants kept: every runtime has to derive it by itself.
  const bent = folder.sources[stems[0]!]!
  folder.sources[stems[0]!] = {
    ...bent,
    warp: {
      anchors: [
        [0, 0],
        [90_000, 120_000],
        [200_000, 200_000],
      ],
      cents: -350,
      keepsFormants: true,
    },
  }
  const slope = (from: number, to: number) => ({
    value: from,
    points: [
      { frame: 1_000, value: from, curve: 'linear' as const },
      { frame: 150_000, value: to, curve: 'hold' as const },
    ],
  })
  of = plan(
    folder.sources,
    [
      track('a', {
        clips: [clip(stems[0]!, 200_000, { fadeInFrames: 9_000, fadeOutFrames: 9_000, fadeCurve: 'equal-power' })],
        devices: [device('eq', 'eq', { band3Db: slope(-6, 6) }), device('sat', 'saturation')],
        gainDb: slope(-20, 3),
        pan: slope(-1, 1),
        sends: [send('verb', -8)],
      }),
      track('b', { clips: [clip(stems[1]!, 200_000)], devices: [device('del', 'delay')], sends: [send('verb', -12, true)] }),
      track('c', {
        clips: [clip(stems[2]!, 90_000), clip(stems[2]!, 90_000, { startFrame: 110_001 })],
        devices: [device('fil', 'filter', { cutoffHz: 900 })],
      }),
      track('d', {
        clips: [clip(stems[3]!, 200_000)],
        devices: [device('comp', 'compressor', { thresholdDb: -30 }), device('lim1', 'limiter')],
      }),
      bus('verb', { devices: [device('rev', 'reverb')] }),
      track('track:master', { kind: 'master', devices: [device('mc', 'compressor'), device('ml', 'limiter', { inputDb: 6 })] }),
    ],
    48_000,
  )
  const here = { plan: of, stems: [], range: null, loudnessTargetLufs: -14, outputs: [] }
  const context = { cacheDir: folder.cacheDir, signal: new AbortController().signal, onProgress: () => {} }
  expected = unwrap(await exportPlan({ ...here, threads: 1 }, context)).pcmSha256
  expect(unwrap(await exportPlan({ ...here, threads: 4 }, context)).pcmSha256).toBe(expected)
}, 60_000)
afterAll(() => {
  folder.remove()
  rmSync(OUT, { recursive: true, force: true })
})

const hashIn = async (execPath: string, threads: number): Promise<string> => {
  rmSync(derivedDir(folder.cacheDir), { recursive: true, force: true })
  const child = fork(join(OUT, 'engine.js'), [], {
    execPath,
    execArgv: [],
    serialization: 'advanced',
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  })
  try {
    const client = new EngineClient({
      postMessage: (message) => void child.send(message as object, () => {}),
      onMessage: (listener) => {
        child.on('message', listener)
        return () => child.off('message', listener)
      },
      onExit: (listener) => {
        child.on('exit', listener)
        return () => child.off('exit', listener)
      },
    })
    unwrap(await client.request('engine.open', { cacheDir: folder.cacheDir, output: 'silent' }))
    const job = { plan: of, stems: [], range: null, loudnessTargetLufs: -14, threads, outputs: [] }
    return unwrap(await client.request('export.run', job)).pcmSha256
  } finally {
    child.kill('SIGKILL')
  }
}

describe('bundled engine', () => {
  it('gives the bits of the source', async () => {
    expect(await hashIn(process.execPath, 4)).toBe(expected)
  })
})

describe.skipIf(!existsSync(ELECTRON))('bundled engine in Electron 33', () => {
  it('gives the bits of Node, in one thread and in four', async () => {
    expect(await hashIn(ELECTRON, 1)).toBe(expected)
    expect(await hashIn(ELECTRON, 4)).toBe(expected)
  })
})
