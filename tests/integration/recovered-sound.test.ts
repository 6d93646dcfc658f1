// A stranger re-encodes an export and its credentials are gone: on the machine that made it, and through the service on any other, the music is known
// again, and never called intact (PROVENANCE 6.1).
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isOnPath } from '../../scripts/parts/project.mjs'
import { APP_VERSION, createNodeProcessHost, createSigner, packFolder, type Studio } from '../../src-main/studio/index.ts'
import { type RunningService, startService } from '../../src-service/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { openStudioAt, orderOf, remixOfWork } from '../rigs/studio-rig.ts'
import { authorMaterial, material } from '../rigs/works.ts'

const source = material('potassium-24bars')

const COPIES: readonly (readonly [string, string, ...string[]])[] = [
  ['MP3 at 128k', 'copy.mp3', '-map_metadata', '-1', '-b:a', '128k'],
  ['Ogg Vorbis', 'copy.ogg', '-map_metadata', '-1', '-c:a', 'libvorbis', '-q:a', '4'],
  ['AAC at 96k', 'copy.m4a', '-map_metadata', '-1', '-c:a', 'aac', '-b:a', '96k'],
  ['44.1 kHz', 'copy.flac', '-map_metadata', '-1', '-ar', '44100'],
  ['6 dB quieter', 'quiet.wav', '-map_metadata', '-1', '-af', 'volume=-6dB'],
  ['20 seconds of it', 'part.wav', '-map_metadata', '-1', '-ss', '22.2', '-t', '20'],
]

describe.skipIf(source === undefined || !isOnPath('ffmpeg'))('an export that was re-encoded', { timeout: 60_000 }, () => {
  let dir: string
  let service: RunningService
  let studio: Studio
  let stranger: Studio
  let receipts: readonly string[]
  const at = (name: string): string => join(dir, name)
  const ffmpeg = (...args: readonly string[]): Buffer => execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args])

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-recovered-'))
    mkdirSync(at('packs'))
    const signer = createSigner(createNodeProcessHost())
    const folder = authorMaterial(at('author'), source ?? '', 'Potassium')
    const out = at('packs/potassium.stemmapack')
    unwrap(await packFolder({ dir: folder, out, homeDir: at('label'), signer, appVersion: APP_VERSION, now: Date.now }))
    signer.dispose()
    service = await startService({ dataDir: at('service'), catalogueDirs: [at('packs')] })
    studio = unwrap(await openStudioAt(at('home'), service.url))
    unwrap(await studio.works.pull(unwrap(await studio.works.find('Potassium'))))
    const remix = await remixOfWork(studio, 'Potassium', [{ op: 'track.set', trackId: '@snare', gainDb: -3 }] as never)
    const made = unwrap(await studio.export(orderOf(remix, { [at('song.wav')]: 'wav24', [at('song.mp3')]: 'mp3' })))
    receipts = made.files.map((file) => file.receiptId)
    stranger = unwrap(await openStudioAt(at('stranger'), service.url))
  }, 120_000)

  afterAll(async () => {
    await stranger?.close()
    await studio?.close()
    await service?.close()
    if (dir) rmSync(dir, { recursive: true, force: true })
  })

  it('carried its fingerprint in the receipt', () => {
    const fingerprints = receipts.map((id) => {
      const { receipt } = unwrap(studio.ledger.show(id))
      return receipt.type === 'void' ? null : receipt.asset.fingerprint
    })
    expect(fingerprints[0]).toMatch(/^[\w+/]{1000,1200}={0,2}$/)
    expect(fingerprints[1]).toBe(fingerprints[0])
  })

  it.each(COPIES)('is known again: %s', async (_, name, ...args) => {
    ffmpeg('-i', at('song.wav'), ...args, at(name))
    const report = unwrap(await studio.verify(at(name)))
    expect(report).toMatchObject({
      verdict: 'caution',
      integrity: { state: 'recovered' },
      signer: null,
      trust: { state: 'none' },
      receipt: { matched: 'fingerprint', signatureIsValid: true },
    })
    expect(receipts).toContain(report.receipt?.id)
    expect(report.integrity.sentence).toContain(`sounds like the export of ${report.receipt?.issuedAt?.slice(0, 10)}`)
    expect(report.integrity.sentence).toContain('not the same file')
  })

  it('is known again after Opus, and as an MP3 whose tags were removed', async () => {
    ffmpeg('-i', at('song.wav'), '-c:a', 'libopus', '-b:a', '96k', at('song.opus'))
    ffmpeg('-i', at('song.opus'), '-map_metadata', '-1', at('opus.wav'))
    ffmpeg(
      '-i',
      at('song.mp3'),
      '-map',
      '0:a',
      '-map_metadata',
      '-1',
      '-c',
      'copy',
      '-id3v2_version',
      '0',
      '-write_id3v1',
      '0',
      at('bare.mp3'),
    )
    for (const name of ['opus.wav', 'bare.mp3'])
      expect(unwrap(await studio.verify(at(name))), name).toMatchObject({ verdict: 'caution', receipt: { matched: 'fingerprint' } })
  })

  it('is known through the service on a machine that never saw it, with a proof from the log', async () => {
    ffmpeg('-i', at('song.wav'), '-map_metadata', '-1', '-b:a', '128k', at('found.mp3'))
    expect(unwrap(await stranger.verify(at('found.mp3')))).toMatchObject({ verdict: 'none', integrity: { state: 'none' }, receipt: null })
    unwrap(await studio.sync())
    unwrap(await stranger.service.connect())
    const report = unwrap(await stranger.verify(at('found.mp3')))
    expect(report).toMatchObject({
      verdict: 'caution',
      integrity: { state: 'recovered' },
      receipt: { matched: 'fingerprint', state: 'synced', proof: { isValid: true } },
    })
  })

  it('is not mistaken for its stems, for noise or for silence', async () => {
    ffmpeg('-f', 'lavfi', '-i', 'anoisesrc=d=30:c=pink:r=48000', at('noise.wav'))
    ffmpeg('-f', 'lavfi', '-i', 'anullsrc=r=48000', '-t', '30', at('silence.wav'))
    const stems = ['vox-lead', 'mallet', 'breakbeat'].map((name) => join(source ?? '', `${name}.flac`))
    for (const path of [at('noise.wav'), at('silence.wav'), ...stems])
      expect(unwrap(await studio.verify(path)), path).toMatchObject({ verdict: 'none', integrity: { state: 'none' }, receipt: null })
  })

  it('cannot be asked for with what is no fingerprint', async () => {
    for (const fingerprint of ['', '!!!!', 'AAAA', 'A'.repeat(60_000), 7, null]) {
      const reply = await fetch(`${service.url}/v1/receipts/lookup/sound`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ fingerprint }),
      })
      expect(reply.status, String(fingerprint).slice(0, 10)).toBe(400)
    }
  })
})
