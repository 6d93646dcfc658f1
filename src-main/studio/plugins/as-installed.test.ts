import { describe, expect, it } from 'vitest'
import type { PluginSummary } from '../../../src-shared/protocol/index.ts'
import { applyEdits, type EditCommand, recordOf, type RemixSnapshot } from '../../../src-shared/remix/index.ts'
import { sampleRemix } from '../../../src-shared/remix/remix.fixture.ts'
import { unwrap } from '../../../src-shared/std/index.ts'
import { asInstalled, completeEdits } from './as-installed.ts'

const SYNTH: PluginSummary = {
  format: 'lv2',
  id: 'urn:example:dreamer',
  name: 'Dreamer',
  vendor: 'Example',
  version: '2.1',
  category: 'instrument',
  tags: [],
  isInstrument: true,
  hasSidechain: false,
  parameterCount: 3,
  isFavourite: false,
  isGenerative: true,
  isIsolated: false,
}
const installed = (plugin: PluginSummary) => (ref: { readonly id: string }) => (ref.id === plugin.id ? plugin : undefined)
const add = (plugin: object): EditCommand => ({
  op: 'plugin.add',
  id: 'p',
  trackId: '@Bass',
  plugin: { format: 'lv2', id: SYNTH.id, ...plugin },
})
const edited = (...commands: readonly EditCommand[]): RemixSnapshot =>
  unwrap(applyEdits(sampleRemix(), commands, { newId: () => 'new' })).snapshot
const used = (snapshot: RemixSnapshot) => recordOf(snapshot, 'device', 'p')?.plugin

describe('plugins that are installed here', () => {
  it('fill in what an edit leaves out about them, and stay generative whatever it says', () => {
    const commands = completeEdits([add({ name: 'My dreams', isGenerative: false })], installed(SYNTH))
    expect(used(edited(...commands))).toMatchObject({
      name: 'My dreams',
      vendor: 'Example',
      version: '2.1',
      isInstrument: true,
      isGenerative: true,
    })
    const unknown = [add({})]
    expect(completeEdits(unknown, () => undefined)).toEqual(unknown)
  })

  it('are what an export says of a remix from elsewhere: the version that runs, and generative where it is marked so here', () => {
    const elsewhere = edited(add({ name: 'Dreamer', version: '1.0' }))
    expect(used(asInstalled(elsewhere, installed(SYNTH)))).toMatchObject({ version: '2.1', isGenerative: true })
    expect(asInstalled(elsewhere, () => undefined)).toBe(elsewhere)
    // What the remix says is not denied by what is not marked here.
    const generative = edited(add({ version: '2.1', isGenerative: true }))
    expect(asInstalled(generative, installed({ ...SYNTH, isGenerative: false }))).toBe(generative)
  })
})
