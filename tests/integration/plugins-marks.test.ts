// A plugin that is marked as generative while a remix with it is open: what the export will say changes at once, and so does what the licence says.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OpenRemix } from '../../src-main/studio/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { buildFixtures, clapId, NO_FIXTURES } from '../rigs/fixture-plugins.ts'
import { orderOf, remixOfWork, type StudioRig, startStudioRig } from '../rigs/studio-rig.ts'

const fixtures = await buildFixtures()
if (!fixtures) process.stderr.write(`${NO_FIXTURES}\n`)

describe.skipIf(!fixtures)('a mark on a plugin', { timeout: 120_000 }, () => {
  let rig: StudioRig
  beforeAll(async () => {
    rig = await startStudioRig([{ title: 'River' }])
    unwrap(await rig.pull('River'))
    unwrap(await rig.studio.plugins.scan({ paths: [fixtures!.clap('sounds')] }))
  }, 120_000)
  afterAll(() => rig?.close())

  it('counts in a remix that is open, as in its export, until it is taken back', async () => {
    const ref = { format: 'clap', id: clapId('gain') } as const
    const snapshot = await remixOfWork(rig.studio, 'River', [
      {
        op: 'plugin.add',
        id: 'device:gain',
        trackId: '@Lead',
        plugin: { ...ref, name: 'Gain', vendor: 'Stemma', version: '1.0.0', isInstrument: false, isGenerative: false },
      },
    ])
    const remix = unwrap(await OpenRemix.create(rig.studio.remixTools, snapshot))
    const { session } = remix
    const before = session.snapshot
    let changes = 0
    rig.studio.plugins.onChange(() => {
      changes++
      session.reassess()
    })
    const ai = () => session.status().says.ai
    expect(ai()).toMatchObject({ containsAI: 'None', contributions: [] })
    unwrap(await rig.studio.plugins.mark(ref, { isFavourite: true }))
    expect(changes).toBe(0)
    unwrap(await rig.studio.plugins.mark(ref, { isGenerative: true }))
    expect(changes).toBe(1)
    const marked = ai()
    expect(marked.containsAI).not.toBe('None')
    expect(marked.contributions).not.toEqual([])
    expect(session.snapshot, 'the remix itself is what it was').toBe(before)
    // What was said is what the export says.
    const path = join(rig.out, 'marked.wav')
    unwrap(await rig.studio.export(orderOf(session.snapshot, { [path]: 'wav16' })))
    const { receipt } = unwrap(rig.studio.ledger.show(rig.studio.ledger.list({ limit: 1 })[0]!.id))
    expect(JSON.stringify(receipt)).toContain(JSON.stringify(marked.containsAI))
    unwrap(await rig.studio.plugins.mark(ref, { isGenerative: false }))
    expect(ai()).toMatchObject({ containsAI: 'None', contributions: [] })
    await remix.close({ isDiscarded: true })
  })
})
