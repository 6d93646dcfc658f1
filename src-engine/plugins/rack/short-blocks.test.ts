// Automation of a real VST3 plugin in renders: at its frame where blocks may be cut, with the next block where they may not.
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clip, noise, plan, plugin, StemFolder, track } from '../../render/testing/plans.ts'
import { PLUGIN_BLOCK_FRAMES } from '../instance.ts'
import { offlineTools, renderWith } from './rack-rig.fixture.ts'

const ZAM = { format: 'vst3', id: '2046504473616C633251455A00000000', path: '/usr/lib/vst3/ZamEQ2.vst3' } as const
const MASTER_GAIN = '13'
const LENGTH = 16 * PLUGIN_BLOCK_FRAMES
/** Inside a block. */
const TURN_AT = 5 * PLUGIN_BLOCK_FRAMES + 200

const stems = new StemFolder()
let hiss = 0
beforeAll(async () => {
  hiss = await stems.add(noise(LENGTH, 5, 0.3))
})
afterAll(() => stems.remove())

describe.skipIf(!existsSync(ZAM.path))('automation of a VST3 plugin', () => {
  const sound = async (takesShortBlocks: boolean | undefined, isTurned: boolean): Promise<Float32Array> => {
    const entry = { ...ZAM, isIsolated: false, environment: {}, ...(takesShortBlocks === undefined ? {} : { takesShortBlocks }) }
    const points = [
      { frame: 0, value: 0.4, curve: 'hold' as const },
      { frame: TURN_AT, value: 0.7, curve: 'hold' as const },
    ]
    const eq = plugin('eq', { format: ZAM.format, id: ZAM.id }, { [MASTER_GAIN]: isTurned ? { value: 0.4, points } : 0.4 })
    const song = plan(stems.sources, [track('a', { clips: [clip(hiss, LENGTH)], devices: [eq] })])
    return (await renderWith(song, stems.cacheDir, offlineTools([entry]))).left
  }
  const turnsAt = async (takesShortBlocks: boolean | undefined): Promise<number> => {
    const [still, turned] = [await sound(takesShortBlocks, false), await sound(takesShortBlocks, true)]
    return still.findIndex((sample, frame) => sample !== turned[frame])
  }

  it('comes at its frame where a scan found that blocks may be cut', async () => {
    expect(await turnsAt(true)).toBe(TURN_AT)
  }, 30_000)

  it('waits for a whole block where nothing is known or it may not', async () => {
    const at = await turnsAt(undefined)
    expect(at % PLUGIN_BLOCK_FRAMES).toBe(0)
    expect(Math.abs(at - TURN_AT)).toBeLessThan(PLUGIN_BLOCK_FRAMES)
    expect(await turnsAt(false)).toBe(at)
  }, 30_000)
})
