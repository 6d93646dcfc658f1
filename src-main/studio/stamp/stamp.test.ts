import { readdir, readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unwrap } from '../../../src-shared/std/index.ts'
import { verifyOwn } from '../verify/own/index.ts'
import { fixture, flipByte, openRig, planFor, sha256, TONES, type Rig } from './rig.ts'
import type { StampStem } from './index.ts'

let rig: Rig
let stems: readonly StampStem[]

beforeAll(async () => {
  rig = await openRig()
  stems = [await rig.stem('vocals', 'wav'), await rig.stem('keys', 'm4a'), await rig.stem('drums', 'mp3'), await rig.stem('bass', 'flac')]
}, 60_000)
afterAll(() => rig.close())

describe('stamping', () => {
  it.each(TONES)('gives a trusted $container with its stems as ingredients', async ({ container }) => {
    const stamped = unwrap(await rig.signer.stamp(rig.request(`out-${container}`, container, stems)))
    const file = rig.path(`out-${container}.part`)
    const bytes = await readFile(file)
    expect(stamped).toMatchObject({ bytes: bytes.length, sha256: sha256(bytes) })

    const own = await verifyOwn(file, { anchors: rig.anchors, now: Date.now() })
    expect(own.findings).toEqual([])
    expect(own).toMatchObject({
      state: 'trusted',
      fileSha256: stamped.sha256,
      manifest: { label: stamped.c2paUrn, title: 'Tone (Test Remix)' },
    })
    expect(
      own.manifest?.ingredients.map(({ instanceId, manifest, range, relationship }) => [instanceId, manifest?.label, range, relationship]),
    ).toEqual(stems.map(({ id, c2pa }) => [id, c2pa, { fromMs: 0, toMs: 200 }, 'componentOf']))
    expect(await rig.signer.inspect({ path: file, mimeType: stems[0]?.mimeType ?? '', anchors: rig.anchors })).toBeDefined()
  })

  it('vouches for every assertion: none is merely gathered', async () => {
    unwrap(await rig.signer.stamp({ ...rig.request('model', 'wav', stems), manifest: planFor(stems, 'urn:stemma:model:restyle-1') }))
    const { manifest } = await verifyOwn(rig.path('model.part'), { anchors: rig.anchors, now: Date.now() })
    expect(manifest?.assertions.filter(({ isCreated }) => !isCreated)).toEqual([])
    expect(manifest?.assertions.map(({ label }) => label)).toEqual(
      expect.arrayContaining([
        'c2pa.actions.v2',
        'c2pa.ai-disclosure',
        'cawg.training-mining',
        'com.stemma.provenance',
        'c2pa.hash.data',
        'c2pa.ingredient.v3',
      ]),
    )
  })
  void readdir
  void writeFile
  void fixture
  void flipByte
})
