// Models of the user's: good ones do what they do to every sample, whatever their shape; bad ones end in a sentence, never in a crash or a hang.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ProblemError } from '../../src-shared/std/index.ts'
import type { ReadSound } from '../sound-blocks.ts'
import {
  DECLARED,
  externalConstant,
  gainModel,
  graph,
  loopingModel,
  onnxFile,
  smoothModel,
  tensorInfo,
  wholeConstant,
} from './onnx-writer.fixture.ts'
import { ownModelUrn } from '../../src-shared/remix/index.ts'
import { type ModelRun, probeModel, runModel } from './run-model.ts'

const dir = mkdtempSync(join(tmpdir(), 'stemma-model-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

let files = 0
const save = (bytes: Uint8Array): string => {
  const path = join(dir, `${files++}.onnx`)
  writeFileSync(path, bytes)
  return path
}
const shaOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const LENGTH = 48_000 * 13 + 77
const soundAt = (frame: number, side: number): number => Math.fround(frame < 0 || frame >= LENGTH ? 0 : 0.5 * Math.sin(frame * 0.01 + side))
const read: ReadSound = (from, frames, left, right) => {
  for (let n = 0; n < frames; n++) {
    left[n] = soundAt(from + n, 0)
    right[n] = soundAt(from + n, 1)
  }
}

const run = async (bytes: Uint8Array, more: Partial<ModelRun> = {}) => {
  const lengthFrames = more.lengthFrames ?? LENGTH
  const left = new Float32Array(lengthFrames)
  const right = new Float32Array(lengthFrames)
  let at = 0
  for await (const block of runModel({
    path: save(bytes),
    modelSha256: shaOf(bytes),
    read,
    lengthFrames,
    strengthPermille: 1_000,
    ...more,
  })) {
    left.set(block.left, at)
    right.set(block.right, at)
    at += block.frames
  }
  return { left, right, frames: at }
}
const problemOf = async (promise: Promise<unknown>) => {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(ProblemError)
  return (thrown as ProblemError).problem
}

describe('a model of the user’s', () => {
  it('is described from its file and named by its content', async () => {
    const bytes = gainModel(0.5)
    const probed = await probeModel(save(bytes))
    expect(probed).toMatchObject({
      ok: true,
      value: {
        sha256: shaOf(bytes),
        declared: { name: 'Halver', version: '1', licence: 'CC0-1.0' },
        channels: null,
        frames: null,
        sampleRate: 48_000,
      },
    })
    expect(ownModelUrn(shaOf(bytes))).toBe(`urn:stemma:model:own:${shaOf(bytes)}`)
  })

  it('changes every sample once, exactly, over any length', async () => {
    const progress: number[] = []
    const { left, right, frames } = await run(gainModel(0.5), { onProgress: (fraction) => progress.push(fraction) })
    expect(frames).toBe(LENGTH)
    for (let n = 0; n < LENGTH; n += 997) {
      expect(left[n]).toBeCloseTo(soundAt(n, 0) / 2, 6)
      expect(right[n]).toBeCloseTo(soundAt(n, 1) / 2, 6)
    }
    expect(left[LENGTH - 1]).toBeCloseTo(soundAt(LENGTH - 1, 0) / 2, 6)
    expect(progress.at(-1)).toBe(1)
  })

  it('is mixed with the original by strength', async () => {
    const { left } = await run(gainModel(0), { lengthFrames: 60_000, strengthPermille: 250 })
    for (let n = 0; n < 60_000; n += 501) expect(left[n]).toBeCloseTo(soundAt(n, 0) * 0.75, 6)
  })

  it('may take mono pieces of one length: seams are not heard', async () => {
    const { left, right } = await run(smoothModel(4_096), { lengthFrames: 100_000 })
    for (let n = 3; n < 99_997; n++) {
      const mean = [-2, -1, 0, 1, 2].reduce((sum, k) => sum + soundAt(n + k, 0), 0) / 5
      if (Math.abs((left[n] ?? 0) - mean) > 2e-4) expect.fail(`sample ${n} is ${left[n]}, not ${mean}`)
    }
    expect(right[50_000]).toBeCloseTo(soundAt(50_000, 1), 3)
  })

  it('may take [1, frames], and may work at a rate of its own', async () => {
    const flat = await run(gainModel(0.5, DECLARED, [1, 'frames']), { lengthFrames: 50_000 })
    expect(flat.left[20_000]).toBeCloseTo(soundAt(20_000, 0) / 2, 6)
    const { left, frames } = await run(gainModel(0.5, { ...DECLARED, 'stemma.sampleRate': '44100' }), { lengthFrames: 48_000 * 7 + 5 })
    expect(frames).toBe(48_000 * 7 + 5)
    for (let n = 2_000; n < 48_000 * 7 - 2_000; n += 1_003) expect(left[n]).toBeCloseTo(soundAt(n, 0) / 2, 3)
  })

  it('gives the same bits twice', async () => {
    const one = await run(smoothModel(4_096), { lengthFrames: 30_000 })
    const two = await run(smoothModel(4_096), { lengthFrames: 30_000 })
    expect(two.left).toEqual(one.left)
  })
})

const shape = [1, 'channels', 'frames'] as const
const one = (op: string, domain?: string): Uint8Array =>
  onnxFile({
    nodes: [{ op, inputs: ['sound'], outputs: ['made'], ...(domain ? { domain } : {}) }],
    inputs: [tensorInfo('sound', shape)],
    outputs: [tensorInfo('made', shape)],
  })

describe('a bad model', () => {
  it.each([
    ['text', Uint8Array.from(Buffer.from('this is no model at all, only text')), /damaged or no ONNX/],
    ['nothing', new Uint8Array(0), /damaged or no ONNX/],
    ['cut short', gainModel(0.5).slice(0, 60), /damaged or no ONNX/],
    ['steps nobody knows', one('Teleport'), /steps that this version does not know/],
    ['steps of somebody’s own', one('Relu', 'made.up'), /steps that this version does not know/],
    [
      'numbers in another file',
      onnxFile({
        nodes: [{ op: 'Mul', inputs: ['sound', 'gain'], outputs: ['made'] }],
        constants: [externalConstant('gain')],
        inputs: [tensorInfo('sound', shape)],
        outputs: [tensorInfo('made', shape)],
      }),
      /second file/,
    ],
    ['an image', gainModel(1, DECLARED, [1, 3, 224, 224]), /shape \[1, 3, 224, 224\]/],
    ['six channels', gainModel(1, DECLARED, [1, 6, 'frames']), /6 channels/],
    ['batches of four', gainModel(1, DECLARED, [4, 2, 'frames']), /shape \[4, 2, any\]/],
    ['a billion frames', gainModel(1, DECLARED, [1, 2, 2 ** 40]), /frames at a time/],
    ['a strange rate', gainModel(1, { 'stemma.sampleRate': '1e9' }), /sample rate/],
    [
      'two inputs',
      onnxFile({
        nodes: [{ op: 'Add', inputs: ['a', 'b'], outputs: ['made'] }],
        inputs: [tensorInfo('a', shape), tensorInfo('b', shape)],
        outputs: [tensorInfo('made', shape)],
      }),
      /2 inputs and 1 output/,
    ],
    [
      'whole numbers',
      onnxFile({
        nodes: [{ op: 'Identity', inputs: ['a'], outputs: ['b'] }],
        inputs: [tensorInfo('a', shape, 7)],
        outputs: [tensorInfo('b', shape, 7)],
      }),
      /float32/,
    ],
  ])('is refused in a sentence: %s', async (_what, bytes, sentence) => {
    const probed = await probeModel(save(bytes))
    expect(probed).toMatchObject({ ok: false, error: { code: 'ai.model_refused', message: expect.stringMatching(sentence) } })
  })

  it('is refused when it is nested without end', async () => {
    let inner = graph({ nodes: [{ op: 'Identity', inputs: ['a'], outputs: ['b'] }], inputs: [], outputs: [] })
    for (let depth = 0; depth < 200; depth++)
      inner = graph({ nodes: [{ op: 'If', inputs: ['c'], outputs: ['b'], graphs: { then_branch: inner } }], inputs: [], outputs: [] })
    const bytes = onnxFile({
      nodes: [{ op: 'If', inputs: ['c'], outputs: ['made'], graphs: { then_branch: inner } }],
      inputs: [tensorInfo('sound', shape)],
      outputs: [tensorInfo('made', shape)],
    })
    expect(await probeModel(save(bytes))).toMatchObject({ ok: false, error: { message: expect.stringMatching(/nested deeper/) } })
  })

  it('is refused when it is huge, missing, or no file', async () => {
    const huge = save(gainModel(1))
    truncateSync(huge, 600 * 1024 * 1024)
    expect(await probeModel(huge)).toMatchObject({ ok: false, error: { message: expect.stringMatching(/600 MiB.*up to 512 MiB/) } })
    expect(await probeModel(join(dir, 'gone.onnx'))).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/cannot be opened/) },
    })
    mkdirSync(join(dir, 'folder'))
    expect(await probeModel(join(dir, 'folder'))).toMatchObject({ ok: false, error: { message: expect.stringMatching(/folder/) } })
  })

  it('is stopped when it does not end', async () => {
    const startMs = performance.now()
    const probed = await probeModel(save(loopingModel(2 ** 40)), undefined, { loadMs: 30_000, callMs: 1_500 })
    expect(probed).toMatchObject({ ok: false, error: { code: 'ai.model_slow', message: expect.stringMatching(/no answer within 2 s/) } })
    expect(performance.now() - startMs).toBeLessThan(15_000)
  })

  it('is stopped when the user has enough of it', async () => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 1_500)
    const problem = await problemOf(run(loopingModel(2 ** 40), { signal: controller.signal }))
    expect(problem.code).toBe('ai.cancelled')
  })

  it('is stopped when its memory has no bound', async () => {
    const bytes = onnxFile({
      nodes: [
        { op: 'ConstantOfShape', inputs: ['size'], outputs: ['big'] },
        { op: 'ReduceSum', inputs: ['big'], outputs: ['sum'] },
        { op: 'Add', inputs: ['sound', 'sum'], outputs: ['made'] },
      ],
      constants: [wholeConstant('size', [4], [40, 1_000, 1_000, 100])],
      inputs: [tensorInfo('sound', shape)],
      outputs: [tensorInfo('made', shape)],
    })
    const probed = await probeModel(save(bytes))
    expect(probed.ok).toBe(false)
    if (!probed.ok) expect(['ai.model_failed', 'ai.model_refused']).toContain(probed.error.code)
  })

  it('is caught when it answers with what is no sound', async () => {
    const loud = await problemOf(run(gainModel(1e6), { lengthFrames: 48_000 }))
    expect(loud).toMatchObject({ code: 'ai.model_output', message: expect.stringMatching(/too loud/) })
    const broken = await problemOf(run(gainModel(Number.NaN), { lengthFrames: 48_000 }))
    expect(broken).toMatchObject({ code: 'ai.model_output', message: expect.stringMatching(/not a number/) })
    const short = onnxFile({
      nodes: [{ op: 'Slice', inputs: ['sound', 'from', 'to', 'axis'], outputs: ['made'] }],
      constants: [wholeConstant('from', [1], [0]), wholeConstant('to', [1], [100]), wholeConstant('axis', [1], [2])],
      inputs: [tensorInfo('sound', shape)],
      outputs: [tensorInfo('made', shape)],
    })
    expect(await problemOf(run(short, { lengthFrames: 48_000 }))).toMatchObject({
      code: 'ai.model_output',
      message: expect.stringMatching(/answered with \[1, 2, 100\]/),
    })
  })

  it('is not run when it is not the one the remix names', async () => {
    const problem = await problemOf(run(gainModel(0.5), { modelSha256: '0'.repeat(64) }))
    expect(problem.code).toBe('ai.model_changed')
  })
})
