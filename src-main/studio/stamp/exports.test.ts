// Files as the encoders really write them, with every tag in place: signing must keep all of it, and a stripped copy must be found by its sound.
import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  availableFormats,
  createEncoder,
  hashFilePcm,
  readTags,
  type EncodeSettings,
  type TagSet,
} from '../../../src-engine/files/index.ts'
import { unwrap } from '../../../src-shared/std/index.ts'
import { locate, stripWav } from '../verify/hostile.ts'
import { verifyFile } from '../verify/index.ts'
import type { StampStem } from './index.ts'
import { openRig, type TONES, type Rig } from './rig.ts'

const TAGS: TagSet = {
  title: 'Harbour Lights (Zoë “Z” Remix) 💿',
  artist: 'Ana Ñ & The Quay',
  remixer: 'Zoë',
  originalArtist: 'Ana Ñ',
  originalTitle: 'Harbour Lights',
  rights: '© 2026 Tiny Label',
  licenceUrl: 'https://stemma.example/grants/1',
  sourceUrl: 'https://stemma.example/works/1',
  encoder: 'Stemma 0.1.0',
  comment: 'Contains nothing made by generative AI.\nZeile zwei.',
  digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeCapture',
  containsAi: 'None',
  sourceIsrcs: ['DEAB12345678', 'DEAB12345679'],
  receiptId: '01890000-0000-7000-8000-000000000001',
  extra: { STEMMA_PLAN: 'abc' },
}
const LOUDNESS = { integratedLufs: -14.1, rangeLu: 6.5, truePeakDbtp: -1.02, maxMomentaryLufs: -10, maxShortTermLufs: -12 }

const CASES: readonly {
  readonly name: string
  readonly container: (typeof TONES)[number]['container']
  readonly settings: EncodeSettings
}[] = [
  { name: 'wav16', container: 'wav', settings: { format: 'wav', bitDepth: 16 } },
  { name: 'wav24', container: 'wav', settings: { format: 'wav', bitDepth: 24 } },
  { name: 'wav32f', container: 'wav', settings: { format: 'wav', bitDepth: 32 } },
  { name: 'flac24', container: 'flac', settings: { format: 'flac', bitDepth: 24 } },
  { name: 'mp3', container: 'mp3', settings: { format: 'mp3' } },
  { name: 'm4a', container: 'm4a', settings: { format: 'm4a' } },
]
const canM4a = (await availableFormats()).find(({ format }) => format === 'm4a')?.isAvailable === true

let rig: Rig
let stem: StampStem
beforeAll(async () => {
  rig = await openRig()
  stem = await rig.stem('vocals', 'wav')
})
afterAll(() => rig.close())

const encode = async (name: string, settings: EncodeSettings): Promise<string> => {
  const path = rig.path(name)
  const sink = unwrap(await createEncoder({ ...settings, path, sampleRate: 48_000 }))
  const left = Float32Array.from({ length: 48_001 }, (_, i) => Math.sin(i * 0.031) * 0.2)
  await sink.write(left, left, left.length)
  unwrap(await sink.finish({ tags: TAGS, loudness: LOUDNESS }))
  return path
}

describe.each(CASES)('$name', ({ name, container, settings }) => {
  it.skipIf(settings.format === 'm4a' && !canM4a)(`keeps every tag${settings.format === 'm4a' ? ' (needs ffmpeg)' : ''}`, async () => {
    const inputPath = await encode(`${name}.${container}`, settings)
    const outputPath = rig.path(`${name}.signed.${container}`)
    unwrap(await rig.signer.stamp({ ...rig.request(name, container, [stem]), inputPath, outputPath }))
    const before = unwrap(await readTags(inputPath))
    expect(unwrap(await readTags(outputPath))).toEqual(before)
    const report = unwrap(
      await verifyFile(outputPath, {
        signer: rig.signer,
        anchors: rig.anchors,
        logKey: null,
        receipts: { find: async () => [] },
        revocations: null,
        now: Date.now,
      }),
    )
    expect(report.verdict).toBe('good')
    expect(report.tags.map(({ value }) => value)).toEqual(expect.arrayContaining([TAGS.title, TAGS.artist]))
    if (container === 'wav') {
      const shown = Object.fromEntries(report.tags.map((tag) => [tag.name, tag.value]))
      expect(shown).toMatchObject({ INAM: TAGS.title, IART: TAGS.artist, IEDT: TAGS.remixer, ICOP: TAGS.rights, ICMT: TAGS.comment })
    }
    if (name !== 'wav32f' && settings.format !== 'mp3' && settings.format !== 'm4a') {
      expect(unwrap(await hashFilePcm(outputPath))).toBe(unwrap(await hashFilePcm(inputPath)))
    }
    if (name === 'wav24') {
      const stripped = rig.path('stripped.wav')
      await writeFile(stripped, stripWav(await readFile(outputPath), await locate(outputPath)))
      expect(await rig.signer.hashSound(stripped)).toBe(unwrap(await hashFilePcm(inputPath)))
    }
  })
})
