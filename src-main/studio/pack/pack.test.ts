import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createWriteStream } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unwrap, type Result } from '../../../src-shared/std/index.ts'
import { fixture, flipByte, openRig, sha256, type Rig } from '../stamp/rig.ts'
import { verifyOwn } from '../verify/own/index.ts'
import { openPack, packFolder, type PackedWork, type PackFolderRequest } from './index.ts'

let rig: Rig
let folder: string
let made = 0

const WORK = {
  title: 'Tones',
  artists: ['Nobody', 'Else'],
  tempo: 90,
  key: 'C major',
  meter: '4/4',
  stems: [
    { file: 'tone.wav', title: 'Lead', role: 'vocals' },
    { file: 'tone.mp3', title: 'Drums', role: 'drums' },
    { file: 'tone.flac', title: 'Bass', role: 'bass' },
    { file: 'tone.m4a', title: 'Keys', role: 'keys', source: 'electronic' },
    { file: 'tone.ogg', title: 'Pad', role: 'synth' },
  ],
  grant: {
    licensor: [{ name: 'Tiny Label, Ltd', sharePermille: 1_000 }],
    validity: { notBefore: '2026-01-01T00:00:00Z', notAfter: '2036-01-01T00:00:00Z' },
  },
}

/** A folder with the tones and this work.json. */
const folderWith = (work: unknown): string => {
  const dir = rig.path(`folder-${made++}`)
  mkdirSync(dir)
  for (const name of ['tone.wav', 'tone.mp3', 'tone.flac', 'tone.m4a', 'tone.ogg']) copyFileSync(fixture(name), join(dir, name))
  writeFileSync(join(dir, 'work.json'), typeof work === 'string' ? work : JSON.stringify(work))
  return dir
}

const pack = (dir: string, out: string, more: Partial<PackFolderRequest> = {}): Promise<Result<PackedWork>> =>
  packFolder({ dir, out: rig.path(out), homeDir: rig.path('home'), signer: rig.signer, appVersion: '0.1.0', now: Date.now, ...more })

const unpack = async (path: string) => {
  const opened = unwrap(await openPack(path, 'test'))
  const dir = rig.path(`unpacked-${made++}`)
  mkdirSync(dir)
  for (const stem of opened.pack.stems) await pipeline(await opened.openStem(stem), createWriteStream(join(dir, stem.file)))
  opened.close()
  return { pack: opened.pack, dir }
}

beforeAll(async () => {
  rig = await openRig()
  folder = folderWith(WORK)
})
afterAll(() => rig.close())

describe('making a pack', () => {
  it('signs every stem that can carry credentials, lists all by hash, and opens again', async () => {
    const titles: string[] = []
    const packed = unwrap(await pack(folder, 'tones.stemmapack', { onProgress: ({ title }) => titles.push(title) }))
    expect(packed).toMatchObject({ title: 'Tones', label: 'Tiny Label, Ltd', stems: 5, bytes: statSync(packed.out).size })
    expect(titles).toEqual(['Lead', 'Drums', 'Bass', 'Keys', 'Pad', 'Tones'])

    const { pack: opened, dir } = await unpack(packed.out)
    expect(opened.work).toMatchObject({
      id: packed.work,
      title: 'Tones',
      artists: ['Nobody', 'Else'],
      tempo: 90,
      key: 'C major',
      meter: '4/4',
    })
    expect(opened.stems.map(({ mimeType, sampleRate, channels }) => [mimeType, sampleRate, channels])).toEqual(
      ['audio/wav', 'audio/mpeg', 'audio/flac', 'audio/mp4', 'audio/ogg'].map((mimeType) => [mimeType, 48_000, 1]),
    )
    expect(opened.stems.map(({ lengthFrames }) => lengthFrames).filter((frames) => frames !== 14_400).length).toBeLessThanOrEqual(1)
    for (const stem of opened.stems) {
      const path = join(dir, stem.file)
      expect(sha256(readFileSync(path))).toBe(stem.contentSha256)
      const own = await verifyOwn(path, { anchors: opened.label.anchors, now: Date.now() })
      if (stem.mimeType === 'audio/ogg') {
        expect([own.state, stem.c2pa]).toEqual(['none', null])
        continue
      }
      expect([own.state, own.manifest?.label, own.manifest?.signer?.name]).toEqual(['trusted', stem.c2pa, 'Tiny Label, Ltd'])
      expect(own.manifest?.assertions.find(({ label }) => label === 'com.stemma.stem')?.data).toEqual({
        v: 1,
        stem: stem.id,
        work: packed.work,
        role: stem.role,
        artists: ['Nobody', 'Else'],
      })
      expect(JSON.stringify(own.manifest?.assertions)).toContain(stem.title === 'Keys' ? 'digitalCreation' : 'digitalCapture')
      expect(own.manifest?.assertions.every(({ isCreated }) => isCreated)).toBe(true)
    }
    expect(readdirSync(rig.dir).filter((name) => name.includes('.stemmapack.part'))).toEqual([])
  })

  it('keeps ids, label and keys when the same folder is packed again', async () => {
    const first = await unpack(unwrap(await pack(folder, 'again-1.stemmapack')).out)
    const second = await unpack(unwrap(await pack(folder, 'again-2.stemmapack')).out)
    expect(second.pack.label).toEqual(first.pack.label)
    expect(second.pack.work).toEqual(first.pack.work)
    expect(second.pack.stems.map(({ id, bytes }) => [id, bytes])).toEqual(first.pack.stems.map(({ id, bytes }) => [id, bytes]))
    expect(statSync(join(rig.path('home'), 'labels')).mode & 0o077).toBe(0)
  })

  it('makes stems that an export can take in', async () => {
    const { pack: opened, dir } = await unpack(unwrap(await pack(folder, 'export.stemmapack')).out)
    const stems = opened.stems.map(({ id, file, mimeType, c2pa, contentSha256, title, role }) => ({
      id,
      path: join(dir, file),
      mimeType,
      c2pa,
      contentSha256,
      title,
      role,
    }))
    const request = rig.request('from-pack', 'flac', stems)
    const stamped = await rig.signer.stamp({ ...request, anchors: [...rig.anchors, ...opened.label.anchors] })
    expect(stamped).toMatchObject({ ok: true })
  })
})

describe('what a label gets wrong', () => {
  it.each([
    ['pack.work_not_json', '{ "title": ', 'not valid JSON'],
    ['pack.work_invalid', '[]', 'not an object'],
    ['pack.work_invalid', { ...WORK, title: '' }, '“title”'],
    ['pack.work_invalid', { ...WORK, artists: [] }, '“artists” must be a list of at least one name'],
    ['pack.work_invalid', { ...WORK, tempo: 5_000 }, '“tempo” must be beats per minute'],
    ['pack.work_invalid', { ...WORK, key: 'H minor' }, '“key” must be a key'],
    ['pack.work_invalid', { ...WORK, meter: 'three' }, '“meter” must be a meter'],
    ['pack.work_invalid', { ...WORK, stems: [] }, '“stems” must be a list'],
    ['pack.work_invalid', { ...WORK, stems: [{ ...WORK.stems[0], role: 'voice' }] }, '“stems.0.role” must be one of vocals, drums'],
    ['pack.work_invalid', { ...WORK, stems: [{ ...WORK.stems[0], file: '../secret.wav' }] }, '“stems.0.file” must be the plain name'],
    ['pack.work_invalid', { ...WORK, stems: [{ ...WORK.stems[0], file: 'CON.wav' }] }, '“stems.0.file”'],
    ['pack.work_invalid', { ...WORK, grant: { ...WORK.grant, validity: undefined } }, '“grant.validity” must be two times'],
    [
      'pack.work_invalid',
      { ...WORK, grant: { ...WORK.grant, validity: { notBefore: '2027-01-01T00:00:00Z', notAfter: '2026-01-01T00:00:00Z' } } },
      'ends before it begins',
    ],
    ['pack.shares', { ...WORK, grant: { ...WORK.grant, licensor: [{ name: 'A', sharePermille: 400 }] } }, 'add up to 400'],
    ['pack.file_twice', { ...WORK, stems: [WORK.stems[0], { ...WORK.stems[1], file: 'TONE.wav' }] }, '“TONE.wav”'],
    ['pack.stem_missing', { ...WORK, stems: [{ ...WORK.stems[0], file: 'gone.wav' }] }, '“gone.wav” is not in this folder'],
  ])('%s: %#', async (code, work, words) => {
    const refused = await pack(folderWith(work), 'wrong.stemmapack')
    expect(refused).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(words) } })
    expect(existsSync(rig.path('wrong.stemmapack'))).toBe(false)
  })

  it('names the stem whose file is no audio, empty, or signed already', async () => {
    const dir = folderWith(WORK)
    writeFileSync(join(dir, 'tone.flac'), 'fLaC and nothing else')
    expect(await pack(dir, 'bad.stemmapack')).toMatchObject({
      ok: false,
      error: { code: 'pack.stem_unreadable', message: expect.stringContaining('“Bass”') },
    })

    const signed = folderWith(WORK)
    const stem = await rig.stem('signed', 'wav')
    copyFileSync(stem.path, join(signed, 'tone.wav'))
    expect(await pack(signed, 'bad.stemmapack')).toMatchObject({
      ok: false,
      error: { code: 'pack.stem_has_credentials', message: expect.stringContaining('“Lead”') },
    })
    expect(existsSync(rig.path('bad.stemmapack'))).toBe(false)
    expect(readdirSync(rig.dir).filter((name) => name.includes('.stemmapack.part'))).toEqual([])
  })

  it('leaves an older pack alone when making the new one fails or is cancelled', async () => {
    const out = 'kept.stemmapack'
    unwrap(await pack(folder, out))
    const before = sha256(readFileSync(rig.path(out)))
    const dir = folderWith(WORK)
    writeFileSync(join(dir, 'tone.ogg'), 'nothing')
    expect((await pack(dir, out)).ok).toBe(false)
    expect(await pack(folder, out, { signal: AbortSignal.abort() })).toMatchObject({ ok: false, error: { code: 'pack.cancelled' } })
    expect(sha256(readFileSync(rig.path(out)))).toBe(before)
  })

  it('says so when the label’s keys are damaged, and does not make new ones', async () => {
    const home = rig.path('damaged-home')
    unwrap(await pack(folder, 'keys.stemmapack', { homeDir: home }))
    const [name] = readdirSync(join(home, 'labels'))
    writeFileSync(join(home, 'labels', name ?? ''), '{ half')
    expect(await pack(folder, 'keys.stemmapack', { homeDir: home })).toMatchObject({ ok: false, error: { code: 'pack.label_damaged' } })
  })

  it('catches a stem changed inside a finished pack', async () => {
    const { out } = unwrap(await pack(folder, 'tamper.stemmapack'))
    const at = readFileSync(out).indexOf('WAVEfmt') + 3_000
    await flipByte(out, rig.path('tampered.stemmapack'), at)
    await expect(unpack(rig.path('tampered.stemmapack'))).rejects.toThrow()
  })
})

const material = resolve(process.env.STEMMA_MATERIAL ?? join(import.meta.dirname, '../../../../shared/material'), 'potassium')

describe.skipIf(!existsSync(material))('Potassium, 19 real stems (needs the real stems beside the repository)', () => {
  it('becomes a pack whose stems are all signed', async () => {
    const files = readdirSync(material).filter((name) => name.endsWith('.m4a'))
    const dir = rig.path('potassium')
    mkdirSync(dir)
    for (const file of files) copyFileSync(join(material, file), join(dir, file))
    writeFileSync(
      join(dir, 'work.json'),
      JSON.stringify({ ...WORK, title: 'Potassium', stems: files.map((file) => ({ file, title: file, role: 'other' })) }),
    )
    const { pack: opened } = await unpack(unwrap(await pack(dir, 'potassium.stemmapack')).out)
    expect(opened.stems).toHaveLength(files.length)
    expect(opened.stems.every(({ c2pa }) => c2pa?.startsWith('urn:c2pa:'))).toBe(true)
    expect(new Set(opened.stems.map(({ lengthMs }) => Math.round(lengthMs / 100)))).toEqual(new Set([2_498]))
  }, 120_000)
})
