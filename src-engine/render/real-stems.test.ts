// Real stems from real files: the mix at unity is their sum, sample by sample, in one thread and in two.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildKernels } from '../../scripts/build-kernels.mjs'
import { unwrap } from '../../src-shared/std/index.ts'
import { ensureDecoded, openDecoded } from '../files/index.ts'
import { hasMaterial, MATERIAL, sha256Of } from '../files/testing.ts'
import { renderPlan } from './render-plan.ts'
import { clip, plan, StemFolder, track } from './testing/plans.ts'

describe.skipIf(!hasMaterial)('real stems', () => {
  const folder = new StemFolder()
  beforeAll(() => void buildKernels())
  afterAll(() => folder.remove())

  it('mix to their exact sum', async () => {
    const dir = join(MATERIAL, 'potassium')
    const paths = readdirSync(dir)
      .filter((name) => name.endsWith('.m4a'))
      .sort()
      .slice(1, 4)
      .map((name) => join(dir, name))
    const from = 1_001
    const frames = 9_600_000
    const sum = new Float32Array(frames)
    const left = new Float32Array(frames)
    const right = new Float32Array(frames)
    const decoded = await Promise.all(
      paths.map(async (path) => unwrap(await ensureDecoded({ path, contentSha256: sha256Of(path), cacheDir: folder.cacheDir }))),
    )
    for (const { contentSha256, lengthFrames } of decoded) {
      folder.sources.push({
        stemId: contentSha256,
        workId: 'urn:work:real',
        role: 'other',
        title: contentSha256,
        contentSha256,
        sampleRate: 48_000,
        channels: 2,
        lengthFrames,
        isrc: null,
      })
      const source = unwrap(openDecoded(folder.cacheDir, contentSha256))
      source.read(from, frames, left, right)
      source.close()
      // Storing into the array rounds to 32 bits, as the mix does after every track.
      left.forEach((sample, i) => {
        sum[i]! += sample
      })
    }
    const of = plan(
      folder.sources,
      decoded.map(({ lengthFrames }, index) => track(`t${index}`, { clips: [clip(index, lengthFrames)] })),
    )
    for (const threads of [1, 2]) {
      const mix = new Float32Array(frames)
      const rendered = await renderPlan({
        plan: of,
        cacheDir: folder.cacheDir,
        fromFrame: from,
        toFrame: from + frames,
        threads,
        onBlock: (block, kernels) => mix.set(kernels.f32(block.left, block.frames), block.frame - from),
      })
      expect(rendered.ok).toBe(true)
      expect(mix.some((sample) => Math.abs(sample) > 0.01)).toBe(true)
      expect(mix.every((sample, i) => sample === sum[i])).toBe(true)
    }
  }, 60_000)
})
