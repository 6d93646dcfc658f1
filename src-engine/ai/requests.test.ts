// The AI requests as the engine's owner sends them: to a process of its own, with progress, and answered while it plays.
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { EngineClient, type EngineProgress } from '../../src-shared/protocol/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { gainModel } from './onnx-writer.fixture.ts'

const dir = mkdtempSync(join(tmpdir(), 'stemma-ai-requests-'))
const child = fork(join(import.meta.dirname, '../engine.ts'), [], {
  serialization: 'advanced',
  execArgv: ['--disable-warning=ExperimentalWarning'],
})
afterAll(() => {
  child.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
})

it('transcribes, finds phrases and tries models for its owner', async () => {
  const client = new EngineClient({
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
  })
  const bytes = Buffer.alloc(44 + 48_000 * 4)
  bytes.write('RIFF\0\0\0\0WAVEfmt ', 0, 'latin1')
  bytes.writeUInt32LE(36 + 48_000 * 4, 4)
  for (const [at, value] of [
    [16, 16],
    [24, 48_000],
    [28, 96_000],
    [40, 48_000 * 4],
  ] as const)
    bytes.writeUInt32LE(value, at)
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    bytes.writeUInt16LE(value, at)
  bytes.write('data', 36)
  for (let n = 0; n < 96_000; n++)
    bytes.writeInt16LE(Math.round(9_000 * Math.sin((2 * Math.PI * 440 * n) / 48_000) * Math.exp(-n / 40_000)), 44 + n * 2)
  const path = join(dir, 'tone.wav')
  writeFileSync(path, bytes)
  const contentSha256 = createHash('sha256').update(readFileSync(path)).digest('hex')

  unwrap(await client.request('engine.open', { cacheDir: dir, output: 'silent' }))
  unwrap(await client.request('sources.prepare', { stems: [{ path, contentSha256, name: 'Tone' }] }))
  const progress: EngineProgress[] = []
  const { model, notes } = unwrap(await client.request('ai.transcribe', { contentSha256 }, { onProgress: (one) => progress.push(one) }))
  expect(model.name).toBe('Basic Pitch')
  expect(new Set(notes.map(({ pitch }) => pitch))).toEqual(new Set([69]))
  expect(progress.at(-1)).toEqual({ step: 'analyse', fraction: 1, stem: null })
  expect(unwrap(await client.request('ai.phrases', { contentSha256 })).phrases).toEqual([])

  const modelPath = join(dir, 'model.onnx')
  writeFileSync(modelPath, gainModel(0.5))
  expect(unwrap(await client.request('ai.probeModel', { path: modelPath })).declared.name).toBe('Halver')
  expect(await client.request('ai.probeModel', { path })).toMatchObject({ ok: false, error: { code: 'ai.model_refused' } })
}, 60_000)
