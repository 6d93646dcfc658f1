// The AI credits sheet of a real export: it says of the files what their receipts say, is refused where its place is taken, and never undoes an export.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gainModel } from '../../src-engine/ai/onnx-writer.fixture.ts'
import { type ExportOrder, proposeStyle } from '../../src-main/studio/index.ts'
import type { ExportFormat } from '../../src-shared/protocol/index.ts'
import type { CreditsSheet } from '../../src-shared/provenance/index.ts'
import { type RemixSnapshot, tracksOf } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { errorsOf, isWithoutGap, leftoversIn, orderOf, remixOfWork, startStudioRig, type StudioRig } from '../rigs/studio-rig.ts'

let rig: StudioRig
let plain: RemixSnapshot
let modelUrn: string

beforeAll(async () => {
  rig = await startStudioRig([{ title: 'Open', channels: 1, seconds: 3 }])
  unwrap(await rig.pull('Open'))
  plain = await remixOfWork(rig.studio, 'Open')
  const modelPath = join(rig.dir, 'halver.onnx')
  writeFileSync(modelPath, gainModel(0.5, {}))
  modelUrn = unwrap(await rig.studio.models.add(modelPath, { name: 'Halver', version: '2.1', licence: 'CC0-1.0' })).urn
}, 60_000)
afterAll(() => rig?.close())

const sheetAt = (path: string): CreditsSheet => JSON.parse(readFileSync(path, 'utf8'))

const exportTo = (snapshot: RemixSnapshot, files: Readonly<Record<string, ExportFormat>>, order: Partial<ExportOrder> = {}) =>
  rig.studio.export(orderOf(snapshot, files, { creditsSheet: true, ...order }))

describe('the AI credits sheet (provenance.credits_sheet)', { timeout: 120_000 }, () => {
  it('of two formats is one, and says what their receipts say, of the files as they lie there', async () => {
    const restyled = unwrap(
      await proposeStyle(rig.studio.factTools(plain), plain, { style: 'model', params: { part: 'vocals', strength: 80 }, seed: 1 }),
    ).snapshot
    const at = (name: string): string => join(rig.out, name)
    const done = unwrap(await exportTo(restyled, { [at('mix.wav')]: 'wav16', [at('mix.flac')]: 'flac16' }))
    expect(done).toMatchObject({ sheets: ['mix.ddex.json'], sheetPaths: [at('mix.ddex.json')], sheetProblem: null })

    const { SoundRecording: recording, Stemma: stemma } = sheetAt(at('mix.ddex.json'))
    expect(recording).toMatchObject({
      VersionType: 'RemixVersion',
      ContainsAI: 'Partly',
      Contributor: [{ SpecialContributor: 'GenerativeAI', Role: 'Vocalist', AiContribution: 'All', ProprietaryId: modelUrn }],
      RelatedResource: [{ ResourceRelationshipType: 'HasContentFrom', DisplayTitleText: 'Open' }],
    })
    expect(stemma.models).toEqual([{ urn: modelUrn, name: 'Halver', version: '2.1', uses: ['sound'] }])
    expect(stemma.files.map(({ fileName }) => fileName)).toEqual(['mix.wav', 'mix.flac'])
    for (const { fileName, sha256, receiptId, c2pa } of stemma.files) {
      expect(sha256).toBe(
        createHash('sha256')
          .update(readFileSync(at(fileName)))
          .digest('hex'),
      )
      const { receipt } = unwrap(rig.studio.ledger.show(receiptId))
      if (receipt.type === 'void') throw new Error('the export was voided')
      expect(receipt.asset).toMatchObject({ sha256: `sha256:${sha256}`, c2pa })
      expect({
        containsAI: recording.ContainsAI,
        contributions: recording.Contributor.map(({ Role, AiContribution, ProprietaryId }) => ({
          role: Role,
          value: AiContribution,
          model: ProprietaryId,
        })),
      }).toEqual({ containsAI: receipt.ai.containsAI, contributions: receipt.ai.contributions })
    }
  })

  it('of tracks is one each, and there is none where none was asked for', async () => {
    const tracks = tracksOf(plain).filter(({ kind }) => kind === 'audio')
    const targets = tracks.map(({ id, name }) => ({ trackId: id, format: 'wav16' as const, path: join(rig.out, `Track ${name}.wav`) }))
    const done = unwrap(await exportTo(plain, {}, { targets }))
    expect(done.sheets).toEqual(tracks.map(({ name }) => `Track ${name}.ddex.json`))
    for (const [i, { name }] of tracks.entries()) {
      const sheet = sheetAt(done.sheetPaths[i] ?? '')
      expect(sheet.SoundRecording).toMatchObject({ DisplayTitleText: expect.stringContaining(name), ContainsAI: 'None', Contributor: [] })
      expect(sheet.Stemma.files.map(({ fileName }) => fileName)).toEqual([`Track ${name}.wav`])
    }
    const without = unwrap(await exportTo(plain, { [join(rig.out, 'without.wav')]: 'wav16' }, { creditsSheet: false }))
    expect(without).toMatchObject({ sheets: [], sheetProblem: null })
    expect(existsSync(join(rig.out, 'without.ddex.json'))).toBe(false)
  })

  it('is refused before anything is rendered where its place is taken, and replaces what may be replaced', async () => {
    const path = join(rig.out, 'taken.wav')
    const sheetPath = join(rig.out, 'taken.ddex.json')
    writeFileSync(sheetPath, 'my own')
    const receipts = rig.studio.ledger.list({ limit: 100 }).length
    expect(await exportTo(plain, { [path]: 'wav16' })).toMatchObject({
      ok: false,
      error: { code: 'export.exists', message: expect.stringContaining('taken.ddex.json') },
    })
    expect([existsSync(path), readFileSync(sheetPath, 'utf8')]).toEqual([false, 'my own'])
    expect(rig.studio.ledger.list({ limit: 100 })).toHaveLength(receipts)
    const done = unwrap(await exportTo(plain, { [path]: 'wav16' }, { overwrites: true }))
    expect(sheetAt(sheetPath).Stemma.files[0]?.receiptId).toBe(done.files[0]?.receiptId)
  })

  it('that cannot be written leaves the export good, and is told', async () => {
    const path = join(rig.out, 'alone.wav')
    const order = orderOf(plain, { [path]: 'wav16' }, { creditsSheet: true })
    const done = unwrap(
      await rig.studio.export(order, {
        onProgress: (step) => {
          if (step === 'stamp') mkdirSync(join(rig.out, 'alone.ddex.json'), { recursive: true })
        },
      }),
    )
    expect(done.sheets).toEqual([])
    expect(done.sheetProblem).toMatch(/^Everything was exported.+alone\.ddex\.json is there already.+\.$/)
    expect(unwrap(await rig.studio.verify(path))).toMatchObject({ verdict: 'good', receipt: { matched: 'id' } })
    expect(unwrap(rig.studio.ledger.show(done.files[0]?.receiptId ?? '')).receipt.type).toBe('export')
    expect([await errorsOf(rig.studio), isWithoutGap(rig.studio), leftoversIn(rig.out)]).toEqual([[], true, []])
  })
})
