import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { exportReceiptSchema } from '../receipts/index.ts'
import { applyEdits, compilePlan, decodeEditCommands, recordsOf, type RemixSnapshot, type RenderPlan } from '../remix/index.ts'
import { countingIds, PLUGIN, sampleRemix, SYNTH } from '../remix/remix.fixture.ts'
import { context, inForce, rule, sampleGrant } from '../rights/grant.fixture.ts'
import { type Grant, refusalsOf } from '../rights/index.ts'
import { canonicalBytes, type Sha256, toBase64, unwrap, utf8 } from '../std/index.ts'
import { aiSummaryOf } from './ai.ts'
import { doneToStems } from './done-to-stems.ts'
import { assessRemix, denialsOfEdit, type LicenceTerms, remedyFor } from './licence-check.ts'
import { buildManifestPlan } from './manifest-plan.ts'
import { modelLabel, modelsOf } from './models.ts'
import { buildReceiptPlugins, type PluginThatRan, pluginsOf, pluginUrn } from './plugins.ts'
import { buildReceiptStems } from './receipt-stems.ts'
import { usageOf } from './usage.ts'

const sha256: Sha256 = (...chunks) => {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return new Uint8Array(hash.digest())
}
const hex = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')
const edited = (snapshot: RemixSnapshot, ...commands: unknown[]): RemixSnapshot =>
  unwrap(applyEdits(snapshot, unwrap(decodeEditCommands(commands)), { newId: countingIds('n') })).snapshot
const remix = (...commands: unknown[]): RemixSnapshot => edited(sampleRemix(), ...commands)
const planOf = (...commands: unknown[]): RenderPlan => unwrap(compilePlan(remix(...commands)))
const ranIn = (plan: RenderPlan): readonly PluginThatRan[] => pluginsOf(plan, usageOf(plan), sha256)
const STATE = toBase64(utf8('kept'))
const ADD = { op: 'plugin.add', id: 'p', trackId: '@Bass', plugin: PLUGIN } as const
const GENERATIVE = { ...PLUGIN, id: 'urn:dream:machine', name: 'Dream Machine', version: '2', isGenerative: true }

describe('plugins that took part (provenance.plugin)', () => {
  it('are named with a hash of how they were set, whatever the document says of its state', () => {
    const params = { ratio: { value: 4 }, mix: { value: 0.5, points: [{ frame: 0, value: 0.5, curve: 'linear' }] } }
    const plan = planOf(
      { ...ADD, params: { ratio: 4 }, state: STATE, stateSha256: 'ab'.repeat(32) },
      { op: 'automation.set', ownerId: 'p', param: 'mix', points: [{ atTick: 0, value: 0.5 }] },
    )
    expect(ranIn(plan)).toEqual([
      {
        format: 'lv2',
        id: PLUGIN.id,
        name: 'Calf Compressor',
        vendor: 'Calf Studio Gear',
        version: '0.90.3',
        stateHash: `sha256:${hex(canonicalBytes({ params, stateSha256: hex('kept') }))}`,
        isGenerative: false,
      },
    ])
    expect(ranIn(planOf(ADD))[0]?.stateHash).toBe(`sha256:${hex('{"params":{},"stateSha256":null}')}`)
  })

  it('are those that are on and heard: on the track, on a bus it is sent to, on the master', () => {
    const names = (...commands: unknown[]) => ranIn(planOf(...commands)).map(({ name }) => name)
    expect(names({ ...ADD, isEnabled: false })).toEqual([])
    expect(names(ADD, { op: 'track.set', trackId: '@Bass', isMuted: true })).toEqual([])
    expect(names({ ...ADD, trackId: 'track:master' }, { ...ADD, id: 'q', plugin: SYNTH })).toEqual(['Calf Compressor', 'Calf Monosynth'])
    const bus = [
      { op: 'track.add', kind: 'bus', name: 'Room', id: 'room' },
      { ...ADD, trackId: 'room' },
    ]
    expect(names(...bus, { op: 'send.add', fromTrackId: '@Kick', toTrackId: 'room' })).toEqual(['Calf Compressor'])
    // One that is called mixPercent means something else than ours.
    expect(names({ ...ADD, params: { mixPercent: 0 } })).toEqual(['Calf Compressor'])
    expect(names(ADD, { op: 'track.freeze', trackId: '@Bass', key: 'ab'.repeat(32) })).toEqual(['Calf Compressor'])
  })

  it('are told to the artist by name, in the manifest in full, and stem by stem as what they are', () => {
    const plan = planOf(ADD)
    const usage = usageOf(plan)
    expect(doneToStems(usage).map(({ title, lines }) => [title, lines.map(({ text }) => text)])).toEqual([
      ['Lead', ['Made louder or quieter']],
      ['Kick', ['Made louder or quieter']],
      ['Bass', ['Run through Calf Compressor', 'Made louder or quieter']],
    ])
    const manifest = buildManifestPlan(plan, [inForce()], { title: 'T', sha256 })
    expect(manifest.actions.find(({ parameters }) => parameters['com.stemma.op'] === 'plugin')).toEqual({
      action: 'c2pa.edited',
      digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/humanEdits',
      description: 'Run through Calf Compressor',
      stems: ['urn:stemma:stem:3'],
      parameters: {
        'com.stemma.op': 'plugin',
        'com.stemma.plugin': 'Calf Compressor',
        'com.stemma.pluginFormat': 'lv2',
        'com.stemma.pluginId': PLUGIN.id,
      },
      region: { fromMs: 0, toMs: 60_000 },
    })
    expect(manifest.plugins.map(({ name }) => name)).toEqual(['Calf Compressor'])
    expect(manifest.ai).toEqual({
      containsAI: 'None',
      contributions: [],
      dst: 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeCapture',
    })
  })

  it('stand in receipts in a line that older readers take, however long their names', () => {
    const lines = exportReceiptSchema.shape.plugins
    const [line] = buildReceiptPlugins(ranIn(planOf(ADD)))
    expect(line).toMatch(
      /^Calf Compressor 0\.90\.3 by Calf Studio Gear \[lv2 http:\/\/calf\.sourceforge\.net\/plugins\/Compressor sha256:[0-9a-f]{64}\]$/,
    )
    const ran = (id: string, more: Partial<PluginThatRan> = {}): PluginThatRan => ({
      format: 'lv2',
      id,
      name: 'N'.repeat(200),
      vendor: 'V'.repeat(200),
      version: '1'.repeat(100),
      stateHash: `sha256:${'a'.repeat(64)}`,
      isGenerative: false,
      ...more,
    })
    const many = [
      ran('urn:x'),
      ran(`urn:${'i'.repeat(496)}`),
      ran(`urn:${'i'.repeat(496)}`, { name: 'x', version: '' }),
      ran('u'.repeat(100)),
    ]
    for (const text of buildReceiptPlugins(many)) expect(text).toMatch(/^.{1,129}sha256:a{64}\]$/)
    expect(buildReceiptPlugins(many)[0]).toContain('[lv2 urn:x sha256:')
    const crowd = buildReceiptPlugins(Array.from({ length: 300 }, (_, i) => ran(`urn:${i}`)))
    expect(lines.safeParse(crowd).success).toBe(true)
    expect(crowd.at(-1)).toBe('and 101 more, named in the file')
  })
})

describe('generative plugins (provenance.ai)', () => {
  it('are AI, credited by name, in the manifest, the credits and the receipt', () => {
    const plan = planOf({ ...ADD, plugin: GENERATIVE })
    const usage = usageOf(plan)
    const urn = pluginUrn(GENERATIVE)
    expect(urn).toBe('urn:stemma:plugin:lv2:urn:dream:machine')
    const ai = aiSummaryOf(usage)
    expect(ai).toEqual({
      containsAI: 'Partly',
      contributions: [{ role: 'BassGuitarist', value: 'All', model: urn }],
      dst: 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia',
    })
    expect(modelsOf(plan, usage)).toEqual([{ urn, name: 'Dream Machine', version: '2', licence: '', uses: ['sound'] }])
    expect(doneToStems(usage)[2]?.lines.map(({ text }) => text)).toContain(
      'Its sound was remade by Dream Machine, a plugin that generates sound with AI',
    )
    const manifest = buildManifestPlan(plan, [inForce()], { title: 'T', sha256 })
    expect(manifest.actions.find(({ parameters }) => parameters['com.stemma.model'] === urn)).toMatchObject({
      digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia',
    })
    const assets = recordsOf(sampleRemix(), 'stem').map(({ id, role, contentSha256 }) => ({
      stem: id,
      role,
      contentSha256,
      isrc: null,
      c2pa: null,
    }))
    const lines = unwrap(buildReceiptStems(usage, [inForce(sampleGrant({}, {}, { assets }))]))
    expect(lines[2]?.ops).toEqual([
      { op: 'plugin', fromMs: 0, toMs: 60_000 },
      { op: 'ai.restyle', fromMs: 0, toMs: 60_000, model: urn },
      { op: 'gain', fromMs: 0, toMs: 60_000 },
    ])
    expect(modelLabel('urn:stemma:plugin:lv2:http://a.example/plugins#dream')).toBe('dream')
  })

  it('are AI also where no stem runs through them, and not while they are off', () => {
    const track = [{ op: 'track.add', id: 't', kind: 'audio', name: 'Pad', role: 'keys' }] as const
    const plan = planOf(...track, { ...ADD, trackId: 't', plugin: { ...GENERATIVE, isInstrument: true } })
    const ai = aiSummaryOf(usageOf(plan))
    expect(ai).toMatchObject({ containsAI: 'Partly', contributions: [{ role: 'Keyboardist', value: 'All', model: pluginUrn(GENERATIVE) }] })
    const manifest = buildManifestPlan(plan, [inForce()], { title: 'T', sha256 })
    expect(manifest.plugins.map(({ name }) => name)).toEqual(['Dream Machine'])
    expect(manifest.models.map(({ name }) => name)).toEqual(['Dream Machine'])
    expect(manifest.actions.filter(({ parameters }) => parameters['com.stemma.model'] !== undefined)).toHaveLength(1)
    const human = aiSummaryOf(usageOf(planOf(...track, { ...ADD, trackId: 't', plugin: SYNTH })))
    expect(human).toEqual({ containsAI: 'None', contributions: [], dst: 'http://cv.iptc.org/newscodes/digitalsourcetype/composite' })
    const off = aiSummaryOf(usageOf(planOf({ ...ADD, plugin: GENERATIVE, isEnabled: false })))
    expect(off.containsAI).toBe('None')
  })
})

describe('what a licence says of plugins (licence.plugin)', () => {
  const terms = (transform: Partial<Grant['transform']>): LicenceTerms => {
    const stems = recordsOf(sampleRemix(), 'stem')
    const assets = stems.map(({ id, role, contentSha256 }) => ({ stem: id, role, contentSha256, isrc: null, c2pa: null }))
    return { grants: [inForce(sampleGrant(transform, {}, { assets }))], context: context({ purpose: 'edit' }) }
  }
  const decisionsOf = (snapshot: RemixSnapshot, under: LicenceTerms) => unwrap(assessRemix(snapshot, under)).decisions
  const denied = (under: LicenceTerms, ...commands: unknown[]) =>
    denialsOfEdit(decisionsOf(sampleRemix(), under), decisionsOf(remix(...commands), under))
  const NO_PLUGINS_ON_VOCALS = terms({ default: 'allow', rules: [rule(['vocals'], 'plugin', { effect: 'deny' })] })

  it('refuses one where the role may have none, by its name, also on a bus and the master, and says how to go on', () => {
    expect(denied(NO_PLUGINS_ON_VOCALS, ADD)).toEqual([])
    const [refused] = denied(NO_PLUGINS_ON_VOCALS, { ...ADD, trackId: '@Lead' })
    expect(refused).toMatchObject({
      code: 'licence.operation_denied',
      message: 'The licence for Lead rules out plugins (Calf Compressor).',
      alternative: { kind: 'remove', words: 'Take Calf Compressor off Lead.' },
      causeId: 'p',
    })
    expect(denied(NO_PLUGINS_ON_VOCALS, { ...ADD, trackId: 'track:master' })).toHaveLength(1)
    expect(
      denied(
        NO_PLUGINS_ON_VOCALS,
        { op: 'track.add', kind: 'bus', name: 'Room', id: 'room' },
        { op: 'send.add', fromTrackId: '@Lead', toTrackId: 'room' },
        { ...ADD, trackId: 'room' },
      ),
    ).toHaveLength(1)
    const before = remix({ ...ADD, trackId: '@Lead' })
    const remedy = refused && remedyFor(before, refused, NO_PLUGINS_ON_VOCALS)
    expect(remedy?.commands).toEqual([{ op: 'device.remove', deviceId: 'p' }])
  })

  it('offers to let a frozen track go before the plugin is taken off', () => {
    const before = remix({ ...ADD, trackId: '@Lead' }, { op: 'track.freeze', trackId: '@Lead', key: 'ab'.repeat(32) })
    const [refused] = refusalsOf(decisionsOf(before, NO_PLUGINS_ON_VOCALS))
    const remedy = refused && remedyFor(before, refused, NO_PLUGINS_ON_VOCALS)
    expect(remedy?.commands.map(({ op }) => op)).toEqual(['track.unfreeze', 'device.remove'])
    expect(refusalsOf(decisionsOf(edited(before, ...(remedy?.commands ?? [])), NO_PLUGINS_ON_VOCALS))).toEqual([])
  })

  it('holds a generative one to what it says of AI restyling: ruled out, limited to models, limited in strength', () => {
    const generative = { ...ADD, plugin: GENERATIVE }
    const cases: readonly (readonly [Grant['transform']['rules'][number], string])[] = [
      [rule(['*'], 'ai.restyle', { effect: 'deny' }), 'licence.operation_denied'],
      [rule(['*'], 'ai.restyle', { models: ['urn:m:1'] }), 'licence.model_not_allowed'],
      [rule(['*'], 'ai.restyle', { strengthMaxPermille: 400 }), 'licence.value_unknown'],
    ]
    for (const [one, code] of cases) {
      const under = terms({ default: 'allow', rules: [one] })
      const [refused, ...others] = denied(under, generative)
      expect(others).toEqual([])
      expect(refused).toMatchObject({ code, alternative: { kind: 'remove', words: 'Take Dream Machine off Bass.' } })
      expect(refused && remedyFor(remix(generative), refused, under)?.commands).toEqual([{ op: 'device.remove', deviceId: 'p' }])
      expect(denied(under, ADD)).toEqual([])
    }
    const allowed = terms({ default: 'allow', rules: [rule(['*'], 'ai.restyle', { models: [pluginUrn(GENERATIVE)] })] })
    expect(denied(allowed, generative)).toEqual([])
    // Marking it is an edit like any other.
    expect(
      denied(terms({ default: 'allow', rules: [rule(['*'], 'ai.restyle', { effect: 'deny' })] }), ADD, {
        op: 'plugin.set',
        deviceId: 'p',
        isGenerative: true,
      }),
    ).toHaveLength(1)
  })
})
