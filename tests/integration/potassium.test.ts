// A pack of real stems from the author's folder to synced receipts, by the command line alone: every step a process of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isOnPath } from '../../scripts/parts/project.mjs'
import { type Json, serve, type Stemma, stemmaIn } from '../rigs/cli-rig.ts'
import { appendChunk, editText, flip, flipSample, riffChunks, withoutChunks } from '../rigs/tamper.ts'
import { startTcpGate, type TcpGate } from '../rigs/tcp-gate.ts'
import { authorMaterial, material } from '../rigs/works.ts'

const source = material('potassium')
const hasFfmpeg = isOnPath('ffmpeg')

const EDITS = [
  { op: 'remix.set', title: 'Potassium Decay', key: 'A minor' },
  { op: 'track.add', id: 'bus:hall', kind: 'bus', name: 'Hall' },
  { op: 'device.add', id: 'dev:hall', trackId: 'bus:hall', kind: 'reverb', params: { decaySeconds: 3.5, mixPercent: 100 } },
  { op: 'clip.split', clipIds: ['@vox-lead'], atTick: '49.1.0', rightIds: ['clip:vox-2'] },
  { op: 'clip.split', clipIds: ['clip:vox-2'], atTick: '57.1.0', rightIds: ['clip:vox-3'] },
  { op: 'clip.move', clipIds: ['clip:vox-2'], byTicks: '-40 bars' },
  { op: 'clip.duplicate', clipIds: ['clip:vox-2'], byTicks: '8 bars', newIds: ['clip:vox-2b'] },
  { op: 'clip.set', clipIds: ['clip:vox-2', 'clip:vox-2b'], fadeInFrames: '30 ms', fadeOutFrames: '250 ms', gainDb: -1.5 },
  { op: 'clip.delete', clipIds: ['clip:vox-3'] },
  { op: 'clip.move', clipIds: ['@breakbeat'], toTick: '0:10.5' },
  { op: 'send.add', id: 'send:vox', fromTrackId: '@vox-lead', toTrackId: '@Hall', gainDb: -9 },
  { op: 'device.add', id: 'dev:lp', trackId: '@pad-bass', kind: 'filter', params: { cutoffHz: 800, resonance: 1.2 } },
  {
    op: 'automation.set',
    ownerId: 'dev:lp',
    param: 'cutoffHz',
    points: [
      { atTick: '1.1.0', value: 300, curve: 'linear' },
      { atTick: 'bar 17', value: 9_000 },
    ],
  },
  {
    op: 'automation.set',
    ownerId: '@mallet',
    param: 'pan',
    points: [
      { atTick: 0, value: -0.8, curve: 'linear' },
      { atTick: '20s', value: 0.8 },
    ],
  },
  { op: 'track.set', trackId: '@outro-drum', isMuted: true },
  { op: 'track.set', trackId: '@kick', gainDb: -2.5 },
  { op: 'device.add', trackId: 'track:master', kind: 'compressor', params: { thresholdDb: -20, ratio: 1.8 }, index: 0 },
]

describe.skipIf(source === undefined)('Potassium by the command line', { timeout: 120_000 }, () => {
  let dir: string
  let stemma: Stemma
  let gate: TcpGate
  let service: Awaited<ReturnType<typeof serve>>
  let packed: Json
  const at = (name: string): string => join(dir, name)
  const remix = (): string => at('decay.stemma')

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-potassium-'))
    const label = stemmaIn(join(dir, 'label'))
    packed = await label.json(['pack', authorMaterial(at('author'), source ?? '', 'Potassium'), '-o', at('packs/potassium.stemmapack')])
    service = await serve(at('server'), [at('packs')])
    gate = await startTcpGate(service.url)
    stemma = stemmaIn(join(dir, 'home'))
  }, 60_000)

  afterAll(async () => {
    await gate?.close()
    await service?.stop()
    if (dir) rmSync(dir, { recursive: true, force: true })
  })

  it('is authored, packed and found in the catalogue', async () => {
    expect(packed).toMatchObject({ ok: true, title: 'Potassium', stems: 19 })
    expect(service.refusedPacks).toEqual([])
    const found = await stemma.json(['catalogue', 'potassium', '--service', gate.url])
    expect(found.works).toHaveLength(1)
    expect(found.works[0]).toMatchObject({ id: packed.work, milliBpm: 90_000, key: 'C major', pull: 'none', licence: { state: 'open' } })
    expect((await stemma.json(['catalogue', 'no such song'])).works).toEqual([])
  })

  it('continues a pull that was killed, without fetching twice what had arrived', async () => {
    const total = statSync(at('packs/potassium.stemmapack')).size
    gate.limit(8_000_000)
    const running = stemma.start(['pull', 'Potassium'])
    await gate.held
    const arrived = (): number =>
      readdirSync(join(stemma.homeDir, 'stems'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
    await expect.poll(arrived, { timeout: 30_000 }).toBeGreaterThan(6_000_000)
    running.child.kill('SIGKILL')
    await running.done
    gate.cut()
    gate.open()
    const kept = arrived()
    expect((await stemma.json(['catalogue'])).works[0].pull).toBe('paused')
    const refused = await stemma.json(['new', 'Potassium', '-o', remix()], 1)
    expect(refused.problem.code).toBe('work.not_pulled')
    expect(existsSync(remix())).toBe(false)

    const before = gate.downBytes
    const pulled = await stemma.json(['pull', 'Potassium'])
    expect(pulled).toMatchObject({ ok: true, stems: 19, work: packed.work })
    expect(gate.downBytes - before).toBeLessThan(total - kept + 500_000)
    expect((await stemma.json(['catalogue'])).works[0].pull).toBe('ready')
  })

  it('is rearranged by a list of edits, all or none', async () => {
    const made = await stemma.json(['new', 'potassium', '-o', remix()])
    expect(made.tracks.filter((track: Json) => track.kind === 'audio')).toHaveLength(19)
    expect(made.status.missingStems ?? []).toEqual([])
    const edits = at('edits.json')
    writeFileSync(edits, JSON.stringify([...EDITS, { op: 'clip.delete', clipIds: ['@nobody'] }]))
    const before = readFileSync(remix())
    const refused = await stemma.json(['edit', remix(), edits], 1)
    expect(refused.problem).toMatchObject({ code: 'edit.no_such_clip', details: { edit: EDITS.length + 1 } })
    expect(readFileSync(remix()).equals(before)).toBe(true)

    writeFileSync(edits, JSON.stringify({ edits: EDITS }))
    expect(await stemma.json(['edit', remix(), edits])).toMatchObject({ ok: true, edits: EDITS.length, title: 'Potassium Decay' })
    const shown = await stemma.json(['show', remix()])
    const vox = shown.tracks.find((track: Json) => track.name === 'vox-lead')
    expect(vox.clips.map((clip: Json) => [clip.start, clip.end])).toEqual([
      ['1.1.0', '49.1.0'],
      ['9.1.0', '17.1.0'],
      ['17.1.0', '25.1.0'],
    ])
    expect(shown).toMatchObject({ key: 'A minor', milliBpm: 90_000, repairs: [], isReadOnly: false })
    const again = await stemma.json(['new', 'potassium', '-o', remix()], 1)
    expect(again.problem.code).toBe('file.exists')
  })

  it('renders to all four formats at a loudness, stamped and receipted', async () => {
    const formats = hasFfmpeg ? ['wav', 'flac', 'mp3', 'm4a'] : ['wav', 'flac', 'mp3']
    const args = [
      'render',
      remix(),
      '-o',
      at('mix'),
      '--format',
      formats.join(','),
      '--from',
      'bar 9',
      '--to',
      '17.1.0',
      '--loudness',
      '-14',
    ]
    const made = await stemma.json([...args, '--threads', '2'])
    expect(made.files.map((file: Json) => file.fileName)).toEqual(formats.map((format) => `mix.${format}`))
    // Eight bars of 4/4 at 90.
    expect(made.durationMs).toBe(Math.round((8 * 4 * 60_000) / 90))
    expect(Math.abs(made.loudness.integratedLufs + 14)).toBeLessThan(0.6)
    expect(made.loudness.truePeakDb).toBeLessThanOrEqual(-0.9)
    expect(made.files.every((file: Json) => /^urn:c2pa:/.test(file.c2pa) && file.sha256.length === 64)).toBe(true)
    for (const file of made.files) {
      const { receipt, row, jws } = await stemma.json(['receipts', 'show', file.receiptId])
      expect(receipt.asset).toMatchObject({ sha256: `sha256:${file.sha256}`, pcmSha256: `sha256:${made.pcmSha256}`, c2pa: file.c2pa })
      expect(row.state).not.toBe('synced')
      expect(jws.split('.')).toHaveLength(3)
      expect(JSON.stringify(receipt)).not.toContain(dir)
    }
    const taken = await stemma.json([...args, '--threads', '2'], 1)
    expect(taken.problem.code).toBe('export.exists')
  })

  it('gives the same sound with one thread and with four', async () => {
    const hash = async (name: string, threads: string): Promise<string> =>
      (await stemma.json(['render', remix(), '-o', at(name), '--from', '12', '--to', '14', '--threads', threads])).pcmSha256
    expect(await hash('one.wav', '1')).toBe(await hash('four.flac', '4'))
  })

  it('renders the tracks as aligned stems', async () => {
    const shown = await stemma.json(['show', remix()])
    const isSounding = (clip: Json): boolean => clip.startTick < 50 * 4 * 960 && clip.startTick + clip.lengthTicks > 48 * 4 * 960
    const sounding = shown.tracks.filter((track: Json) => track.kind === 'audio' && !track.isMuted && track.clips.some(isSounding))
    const made = await stemma.json(['render', remix(), '-o', at('parts.wav'), '--stems', '--from', '49', '--to', '51', '--format', 'wav16'])
    // The lead was cut away from bar 49 on: a track that is silent in the range makes no file and stops no other.
    expect(sounding.map((track: Json) => track.name)).not.toContain('vox-lead')
    expect(made.paths.toSorted()).toEqual(sounding.map((track: Json) => at(`parts - ${track.name}.wav`)).toSorted())
    const lengths = new Set(made.paths.map((path: string) => riffChunks(readFileSync(path)).find(({ id }) => id === 'data')?.bytes))
    expect([...lengths]).toEqual([Math.round((2 * 4 * 60 * 48_000) / 90) * 4])
  })

  it('verifies: local first, synced with proof after', async () => {
    const files = readdirSync(dir)
      .filter((name) => name.startsWith('mix.'))
      .map(at)
    const local = await stemma.json(['verify', ...files])
    for (const file of local.files) {
      expect(file).toMatchObject({
        verdict: 'good',
        integrity: { state: 'intact' },
        trust: { state: 'trusted' },
        receipt: { state: 'local' },
      })
      expect(file.ingredients.length).toBeGreaterThan(10)
      expect(file.ingredients.every((one: Json) => one.state === 'trusted')).toBe(true)
      expect(file.ai.containsAI).toBe('None')
      expect(file.findings.filter((finding: Json) => finding.severity !== 'info')).toEqual([])
    }
    const synced = await stemma.json(['sync'])
    expect(synced).toMatchObject({ ok: true, remaining: 0, refused: [] })
    const proved = await stemma.json(['verify', ...files])
    for (const { receipt } of proved.files) expect(receipt).toMatchObject({ state: 'synced', matched: 'id', proof: { isValid: true } })
    const list = await stemma.json(['receipts', 'list'])
    expect(list.counts).toMatchObject({ local: 0, queued: 0, refused: 0, synced: list.receipts.length })
    expect(await stemma.json(['sync'])).toMatchObject({ ok: true, synced: 0, remaining: 0 })
  })

  it('catches whoever tampers with a file', async () => {
    const wav = readFileSync(at('mix.wav'))
    const flac = readFileSync(at('mix.flac'))
    const mp3 = readFileSync(at('mix.mp3'))
    const changed: Record<string, Buffer> = {
      'flipped.wav': flipSample(wav),
      'flipped.flac': flip(flac, flac.length - 20_000),
      'flipped.mp3': flip(mp3, mp3.length - 20_000),
      'retagged.wav': editText(wav, 'Potassium Decay'),
      'retagged.mp3': editText(mp3, 'Potassium Decay'),
      'appended.wav': appendChunk(wav),
      'appended.mp3': Buffer.concat([mp3, Buffer.from('TAG'.padEnd(128, ' '))]),
      'cut.wav': wav.subarray(0, wav.length - 50_000),
      'cut.flac': flac.subarray(0, flac.length - 50_000),
      ...(hasFfmpeg ? { 'flipped.m4a': flipInside(readFileSync(at('mix.m4a'))) } : {}),
    }
    for (const [name, bytes] of Object.entries(changed)) writeFileSync(at(name), bytes)
    const caught = await stemma.json(['verify', ...Object.keys(changed).map(at)], 1)
    expect(caught.ok).toBe(false)
    expect(caught.files.map((file: Json) => [file.fileName, file.verdict, file.integrity.state])).toEqual(
      // What was cut off a WAV is its credentials, and with them the end its header speaks of.
      Object.keys(changed).map((name) => [name, 'bad', name === 'cut.wav' ? 'unreadable' : 'changed']),
    )
    for (const file of caught.files) expect(file.findings.some((finding: Json) => finding.severity === 'error')).toBe(true)
    // One bad file among good ones is still exit code 1.
    expect((await stemma.json(['verify', at('mix.wav'), at('flipped.wav')], 1)).files[0].verdict).toBe('good')
  })

  it('recovers a stripped file through its receipt and calls it recovered, not intact', async () => {
    writeFileSync(at('stripped.wav'), withoutChunks(readFileSync(at('mix.wav')), ['C2PA']))
    writeFileSync(at('bare.wav'), withoutChunks(readFileSync(at('mix.wav')), ['C2PA', 'LIST', 'id3 ', 'ID3 ', 'bext', '_PMX', 'aXML']))
    const { files } = await stemma.json(['verify', at('stripped.wav'), at('bare.wav')], 1)
    for (const file of files) {
      expect(file).toMatchObject({ verdict: 'caution', integrity: { state: 'recovered' }, signer: null, receipt: { matched: 'sound' } })
      expect(file.receipt.state).toBe('synced')
    }
  })

  it.skipIf(!hasFfmpeg)('knows a lossless transcode by its sound and a lossy one by its fingerprint', async () => {
    spawnSync('ffmpeg', ['-v', 'error', '-i', at('mix.wav'), '-map_metadata', '-1', '-c:a', 'pcm_s24le', '-bitexact', at('again.wav')])
    spawnSync('ffmpeg', ['-v', 'error', '-i', at('mix.wav'), '-map_metadata', '-1', '-b:a', '128k', at('again.mp3')])
    const { files } = await stemma.json(['verify', at('again.wav'), at('again.mp3')], 1)
    expect(files[0]).toMatchObject({ verdict: 'caution', integrity: { state: 'recovered' }, receipt: { matched: 'sound' } })
    expect(files[1]).toMatchObject({
      verdict: 'caution',
      integrity: { state: 'recovered' },
      signer: null,
      trust: { state: 'none' },
      receipt: { matched: 'fingerprint' },
    })
  })

  it('is recovered on another machine too, which has no such receipt of its own', async () => {
    const other = stemmaIn(at('other-home'))
    await other.json(['pull', 'Potassium', '--service', gate.url])
    const { files } = await other.json(['verify', at('mix.flac'), at('bare.wav')], 1)
    expect(files[0]).toMatchObject({ verdict: 'good', receipt: { state: 'synced' } })
    expect(files[1]).toMatchObject({ verdict: 'caution', integrity: { state: 'recovered' } })
  })

  it('exports its ledger, withdraws a receipt and stays clean', async () => {
    const { receipts } = await stemma.json(['receipts', 'list'])
    const document = await stemma.json(['receipts', 'export'])
    expect(document).toMatchObject({ format: 'stemma-receipts', v: 1 })
    expect(document.receipts).toHaveLength(receipts.length)
    expect(document.receipts.every((one: Json) => one.proof.inclusion.length > 0)).toBe(true)
    expect(await stemma.json(['receipts', 'export', '-o', at('receipts.json')])).toMatchObject({ ok: true, receipts: receipts.length })
    expect(JSON.parse(readFileSync(at('receipts.json'), 'utf8'))).toEqual(document)

    const { id } = receipts.find((row: Json) => row.title === 'mix.flac')
    expect(await stemma.json(['receipts', 'void', id])).toMatchObject({ ok: true, voided: id })
    expect((await stemma.json(['receipts', 'void', id], 1)).problem.code).toBe('ledger.already_void')
    expect((await stemma.json(['verify', at('mix.flac')], 1)).files[0]).toMatchObject({ verdict: 'caution', receipt: { state: 'void' } })
    expect(await stemma.json(['sync'])).toMatchObject({ ok: true, synced: 1 })
    const checked = await stemma.json(['fsck'])
    expect(checked).toMatchObject({ ok: true, findings: [] })
    expect(checked.checked).toMatchObject({ receipts: receipts.length + 1, stems: 19 })
  })

  it('works on without the service', async () => {
    gate.cut({ isRefusing: true })
    expect(await stemma.json(['catalogue'])).toMatchObject({ isOffline: true, works: [{ pull: 'ready' }] })
    const made = await stemma.json(['render', remix(), '-o', at('offline.mp3'), '--from', '20s', '--to', '22s'])
    expect((await stemma.json(['verify', at('offline.mp3')])).files[0]).toMatchObject({ verdict: 'good', receipt: { state: 'local' } })
    const refused = await stemma.json(['sync'], 1)
    expect(JSON.stringify(refused)).toMatch(/service|reach/i)
    gate.open()
    expect(await stemma.json(['sync'])).toMatchObject({ ok: true, synced: 1 })
    expect((await stemma.json(['receipts', 'show', made.files[0].receiptId])).proof.verifiedAt).toBeTruthy()
  })

  it('renders the whole song from the m4a files', async () => {
    const made = await stemma.json(['render', remix(), '-o', at('whole.wav'), '--threads', '2'])
    expect(made.durationMs).toBeGreaterThan(249_000)
    expect((await stemma.json(['verify', at('whole.wav')])).files[0].verdict).toBe('good')
  })
})

/** Flips a byte of the sound: the middle of `mdat`, which is by far the largest box. */
const flipInside = (m4a: Buffer): Buffer => {
  const mdat = m4a.indexOf('mdat', 0, 'latin1')
  return flip(m4a, mdat + Math.floor(m4a.readUInt32BE(mdat - 4) / 2))
}
