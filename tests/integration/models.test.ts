// Trained models from the file a user adds to the credits of an export: what ran is named, with what it did, and nothing else is.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gainModel } from '../../src-engine/ai/onnx-writer.fixture.ts'
import { OpenRemix, proposeStyle } from '../../src-main/studio/index.ts'
import { verifyOwn } from '../../src-main/studio/verify/own/index.ts'
import { BUILT_IN_MODELS } from '../../src-shared/provenance/index.ts'
import { decodeEditCommands, type EditCommand, ownModelUrn, recordsOf, type RemixSnapshot } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { stemmaIn } from '../rigs/cli-rig.ts'
import { orderOf, remixOfWork, startStudioRig, type StudioRig } from '../rigs/studio-rig.ts'

const STEMS = [
  { title: 'Lead', role: 'vocals', hz: 440 },
  { title: 'Piano', role: 'keys', hz: 261.63, isStruck: true },
  { title: 'Bass', role: 'bass', hz: 110 },
]

let rig: StudioRig
let modelPath: string

beforeAll(async () => {
  rig = await startStudioRig([
    // The two channels of a stereo tone cancel each other out, and a model listens to their sum.
    { title: 'Open', stems: STEMS, channels: 1 },
    { title: 'Unheard', stems: STEMS, grant: { transform: { rules: [{ roles: ['vocals'], op: 'ai.analyse', effect: 'deny' }] } } },
    { title: 'No voices', stems: STEMS, grant: { transform: { rules: [{ roles: ['vocals'], op: 'ai.restyle', effect: 'deny' }] } } },
  ])
  unwrap(await rig.pull('Open'))
  unwrap(await rig.pull('No voices'))
  unwrap(await rig.pull('Unheard'))
  modelPath = join(rig.dir, 'halver.onnx')
  writeFileSync(modelPath, gainModel(0.5, {}))
}, 60_000)
afterAll(() => rig.close())

const styled = async (title: string, style: string, params: Record<string, string | number>): Promise<RemixSnapshot> => {
  const snapshot = await remixOfWork(rig.studio, title)
  const run = unwrap(await proposeStyle(rig.studio.factTools(snapshot), snapshot, { style, params, seed: 1 }))
  return run.snapshot
}

/** Exports, verifies, and returns what the file, its manifest and its receipt say about models. */
const exported = async (snapshot: RemixSnapshot, name: string) => {
  const path = join(rig.out, name)
  const made = unwrap(await rig.studio.export(orderOf(snapshot, { [path]: 'wav16' })))
  const report = unwrap(await rig.studio.verify(path))
  const own = await verifyOwn(path, { anchors: rig.studio.anchors, now: Date.now() })
  const [file] = made.files
  const entry = unwrap(rig.studio.ledger.show(file?.receiptId ?? ''))
  if (entry.receipt.type === 'void') throw new Error('the export was voided')
  return {
    report,
    receipt: entry.receipt,
    disclosures: (own.manifest?.assertions ?? []).filter(({ label }) => label.startsWith('c2pa.ai-disclosure')).map(({ data }) => data),
    models: report.ingredients.filter(({ role }) => role === 'model').map(({ title, urn }) => ({ title, urn })),
    modelOps: entry.receipt.stems.flatMap(({ role, ops }) =>
      ops.flatMap((one) => (one.model === undefined ? [] : [{ role, op: one.op, model: one.model }])),
    ),
  }
}

describe('a model of the user’s own (models.own)', { timeout: 120_000 }, () => {
  it('is refused without its name, and what is no model with a sentence', async () => {
    expect(await rig.studio.models.find('')).toMatchObject({ ok: false, error: { code: 'model.none' } })
    expect(await rig.studio.models.add(modelPath, {})).toMatchObject({ ok: false, error: { code: 'model.undeclared' } })
    const text = join(rig.dir, 'text.onnx')
    writeFileSync(text, 'no model at all')
    const refused = await rig.studio.models.add(text, { name: 'Text', version: '1', licence: 'MIT' })
    expect(refused.ok).toBe(false)
    expect(await rig.studio.models.list()).toEqual([])
  })

  it('is added and listed by the command line, by hash', async () => {
    const stemma = stemmaIn(rig.homeDir)
    const { model } = await stemma.json(['models', 'add', modelPath, '--name', 'Halver', '--version', '2.1', '--licence', 'CC0-1.0'])
    expect(model).toMatchObject({ name: 'Halver', version: '2.1', licence: 'CC0-1.0', urn: ownModelUrn(model.sha256) })
    expect(readFileSync(join(rig.studio.home.models, `${model.sha256}.onnx`)).equals(readFileSync(modelPath))).toBe(true)
    expect((await stemma.json(['models'])).models).toEqual([model])
    expect(await rig.studio.models.list()).toEqual([model])
  })

  it('makes a stem’s sound, and manifest, credits and receipt name it', async () => {
    const model = unwrap(await rig.studio.models.find('halver'))
    const snapshot = await styled('Open', 'model', { part: 'vocals', strength: 80 })
    const { report, receipt, disclosures, models, modelOps } = await exported(snapshot, 'restyled.wav')
    expect(report.verdict).toBe('good')
    expect(models).toEqual([{ title: 'Halver', urn: model.urn }])
    expect(disclosures).toEqual([
      expect.objectContaining({
        modelName: 'Halver',
        modelIdentifier: model.urn,
        'com.stemma.version': '2.1',
        'com.stemma.licence': 'CC0-1.0',
        'com.stemma.uses': ['sound'],
      }),
    ])
    expect(report.ai).toMatchObject({
      containsAI: 'Partly',
      contributions: [{ role: 'Vocalist', value: 'All', model: model.urn }],
      sentence: 'Contains parts made with generative AI (Vocalist).',
    })
    expect(receipt.ai).toMatchObject({ containsAI: 'Partly', contributions: [{ role: 'Vocalist', value: 'All', model: model.urn }] })
    expect(modelOps).toEqual([{ role: 'vocals', op: 'ai.restyle', model: model.urn }])
    expect(report.tags.some(({ value }) => value.includes('Halver 2.1'))).toBe(true)
  })

  it('is kept off roles whose grant forbids it, by style and by edit', async () => {
    const snapshot = await remixOfWork(rig.studio, 'No voices')
    const tools = rig.studio.factTools(snapshot)
    expect(await proposeStyle(tools, snapshot, { style: 'model', params: { part: 'vocals' } })).toMatchObject({
      ok: false,
      error: { code: 'style.nothing_legal' },
    })
    const all = unwrap(await proposeStyle(tools, snapshot, { style: 'model', params: { part: 'all' } }))
    expect(all.leftOut.map(({ what }) => what)).toEqual(['Halver on Lead'])
    expect(recordsOf(all.snapshot, 'sound')).toHaveLength(2)

    const { sha256, urn, name, version, licence } = unwrap(await rig.studio.models.find(''))
    const lead = recordsOf(snapshot, 'stem').find((stem) => stem.title === 'Lead')
    const make = { kind: 'model', modelSha256: sha256, urn, name, version, licence, strengthPermille: 1_000 } as const
    const edits: readonly EditCommand[] = [
      { op: 'sound.add', id: 'sound:ai', stemId: lead?.id ?? '', name: 'By a model', make },
      {
        op: 'clip.sound',
        clipIds: recordsOf(snapshot, 'clip').flatMap((clip) => (clip.stemId === lead?.id ? [clip.id] : [])),
        soundId: 'sound:ai',
      },
    ]
    const remix = unwrap(await OpenRemix.create(rig.studio.remixTools, snapshot))
    const refused = remix.edit(edits)
    expect(refused).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^licence\./) } })
    await remix.close({ isDiscarded: true })
  })
})

describe('models that come with Stemma (models.built-in)', { timeout: 120_000 }, () => {
  it('names the one that wrote a stem’s notes down, once, and claims no generative AI', async () => {
    const { basicPitch } = BUILT_IN_MODELS
    const snapshot = await styled('Open', 'revoice', { part: 'keys', instrument: 'e-piano' })
    const { report, receipt, disclosures, models, modelOps } = await exported(snapshot, 'revoiced.wav')
    expect(report.verdict).toBe('good')
    expect(models).toEqual([{ title: 'Basic Pitch', urn: basicPitch.urn }])
    expect(disclosures).toEqual([
      expect.objectContaining({
        modelName: 'Basic Pitch',
        modelIdentifier: basicPitch.urn,
        'com.stemma.version': basicPitch.version,
        'com.stemma.licence': 'Apache-2.0',
        'com.stemma.uses': ['notes'],
      }),
    ])
    const contributions = [{ role: 'Keyboardist', value: 'Partly', model: basicPitch.urn }]
    expect(report.ai).toMatchObject({
      containsAI: 'Partly',
      contributions,
      sentence: 'Contains parts played from notes that a model wrote down (Keyboardist).',
    })
    expect(report.actions.some(({ isGenerative }) => isGenerative)).toBe(false)
    expect(receipt.ai).toMatchObject({ containsAI: 'Partly', contributions })
    expect(modelOps).toEqual([{ role: 'keys', op: 'ai.transcribe', model: basicPitch.urn }])
  })

  it('names the one that only listened for phrases, without an AI credit', async () => {
    const { sileroVad } = BUILT_IN_MODELS
    const plain = await remixOfWork(rig.studio, 'Open')
    const lead = recordsOf(plain, 'clip').find((clip) => clip.name === 'Lead')
    const snapshot = await remixOfWork(
      rig.studio,
      'Open',
      unwrap(
        decodeEditCommands([
          { op: 'clip.delete', clipIds: ['@Lead'] },
          { op: 'clip.add', trackId: '@Lead', stemId: lead?.stemId ?? '', startTick: 0, lengthTicks: 3_840, foundBy: sileroVad.urn },
        ]),
      ),
    )
    const { report, receipt, disclosures, modelOps } = await exported(snapshot, 'phrases.wav')
    expect(report.verdict).toBe('good')
    expect(disclosures).toEqual([
      expect.objectContaining({ modelName: 'Silero VAD', modelIdentifier: sileroVad.urn, 'com.stemma.uses': ['analysis'] }),
    ])
    expect(report.ai).toMatchObject({ containsAI: 'None', contributions: [] })
    expect(receipt.ai).toMatchObject({ containsAI: 'None', contributions: [] })
    expect(modelOps).toEqual([{ role: 'vocals', op: 'ai.analyse', model: sileroVad.urn }])
  })

  it('shows none at all where a person arranged', async () => {
    const snapshot = await remixOfWork(
      rig.studio,
      'Open',
      unwrap(
        decodeEditCommands([
          { op: 'clip.move', clipIds: ['@Bass'], byTicks: '1 bar' },
          { op: 'device.add', trackId: '@Lead', kind: 'reverb' },
        ]),
      ),
    )
    const { report, receipt, disclosures, models, modelOps } = await exported(snapshot, 'human.wav')
    expect(report).toMatchObject({ verdict: 'good', ai: { containsAI: 'None', contributions: [] } })
    expect({ disclosures, models, modelOps }).toEqual({ disclosures: [], models: [], modelOps: [] })
    expect(receipt.ai).toMatchObject({ containsAI: 'None', contributions: [] })
    expect(readFileSync(join(rig.out, 'human.wav')).includes('urn:stemma:model')).toBe(false)
  })
})

describe('a voice without phrases (style.no_phrases)', { timeout: 120_000 }, () => {
  it('is told by the command line in words: nothing was heard in it, or nobody may listen to it', async () => {
    const stemma = stemmaIn(rig.homeDir)
    const chop = async (title: string) => {
      const file = join(rig.dir, `${title}.stemma`)
      await stemma.json(['new', title, '-o', file])
      return (await stemma.json(['style', file, 'vocal-chop'], 1)).problem
    }
    // A swelling tone is no voice, whatever its role says.
    expect(await chop('Open')).toMatchObject({ code: 'style.no_phrases', message: expect.stringContaining('heard nothing sung or spoken') })
    const { code, message } = await chop('Unheard')
    expect(code).toBe('style.needs_phrases')
    expect(message).toMatch(/^Lead was not listened to for phrases.+The licence for Lead rules out listening to it with a model/)
  })
})
