// A song at another tempo and pitch by the command line: stretched, not dry, and said so in manifest and receipt.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Json, serve, type Stemma, stemmaIn } from '../rigs/cli-rig.ts'
import { riffChunks } from '../rigs/tamper.ts'
import { authorMaterial, material } from '../rigs/works.ts'

const source = material('potassium-24bars')

describe.skipIf(source === undefined)('Potassium at another tempo', { timeout: 120_000 }, () => {
  let dir: string
  let stemma: Stemma
  let service: Awaited<ReturnType<typeof serve>>
  const at = (name: string): string => join(dir, name)
  const edit = async (edits: readonly Json[]): Promise<Json> => {
    writeFileSync(at('edits.json'), JSON.stringify(edits))
    return stemma.json(['edit', at('slow.stemma'), at('edits.json')])
  }
  const render = (name: string, more: readonly string[] = []): Promise<Json> =>
    stemma.json(['render', at('slow.stemma'), '-o', at(name), '--from', 'bar 5', '--to', 'bar 9', ...more])
  const receiptOf = async (file: Json): Promise<Json> => (await stemma.json(['receipts', 'show', file.receiptId])).receipt

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-tempo-'))
    await stemmaIn(at('label')).json([
      'pack',
      authorMaterial(at('author'), source ?? '', 'Potassium'),
      '-o',
      at('packs/potassium.stemmapack'),
    ])
    service = await serve(at('server'), [at('packs')])
    stemma = stemmaIn(at('home'))
    await stemma.json(['pull', 'Potassium', '--service', service.url])
    await stemma.json(['new', 'Potassium', '-o', at('slow.stemma')])
  }, 60_000)

  afterAll(async () => {
    await service?.stop()
    if (dir) rmSync(dir, { recursive: true, force: true })
  })

  it('exports at 81 BPM what was recorded at 90, with the ratio in the manifest and the receipt', async () => {
    await edit([{ op: 'tempo.set', bpm: 81, keep: 'stretch' }])
    const made = await render('slow.wav')
    expect(made.durationMs).toBe(Math.round((4 * 4 * 60_000) / 81))
    const [file] = made.files
    const { stems } = await receiptOf(file)
    const stretches = stems.flatMap((stem: Json) => stem.ops).filter((one: Json) => one.op === 'stretch')
    expect(stretches.length).toBeGreaterThan(3)
    expect(new Set(stretches.map((one: Json) => one.ratioPermille))).toEqual(new Set([900]))
    const bytes = readFileSync(at('slow.wav'))
    expect(bytes.includes('c2pa.changedSpeed')).toBe(true)
    expect(bytes.includes('com.stemma.ratioPermille')).toBe(true)
    const { files } = await stemma.json(['verify', at('slow.wav')])
    expect(files[0]).toMatchObject({ verdict: 'good', ai: { containsAI: 'None' } })
    const sound = riffChunks(bytes).find(({ id }) => id === 'data')
    expect(sound?.bytes).toBeGreaterThan(1_000_000)
  })

  it('finds its stretched sounds in the cache again, and gives the same bits without it and with other threads', async () => {
    const derived = join(stemma.homeDir, 'pcm', 'derived')
    const kept = readdirSync(derived).filter((name) => name.endsWith('.pcm'))
    expect(kept.length).toBeGreaterThan(3)
    const first = await render('again.flac', ['--threads', '2'])
    expect(
      readdirSync(derived)
        .filter((name) => name.endsWith('.pcm'))
        .toSorted(),
    ).toEqual(kept.toSorted())
    rmSync(derived, { recursive: true })
    const second = await render('anew.flac', ['--threads', '4'])
    expect(second.pcmSha256).toBe(first.pcmSha256)
    expect(existsSync(derived)).toBe(true)
  })

  it('derives anew what was damaged on disk', async () => {
    const before = await render('whole.flac')
    const derived = join(stemma.homeDir, 'pcm', 'derived')
    for (const name of readdirSync(derived)
      .filter((one) => one.endsWith('.pcm'))
      .slice(0, 2)) {
      const bytes = readFileSync(join(derived, name))
      bytes.fill(0x55, 4_096, 8_192)
      writeFileSync(join(derived, name), bytes)
    }
    expect((await render('healed.flac')).pcmSha256).toBe(before.pcmSha256)
  })

  it('transposes a voice and keeps its formants, told apart from the stretch', async () => {
    const shown = await stemma.json(['show', at('slow.stemma')])
    const vox = shown.tracks.find((track: Json) => track.name === 'vox-lead')
    await edit(vox.clips.map((clip: Json) => ({ op: 'clip.warp', clipIds: [clip.id], cents: -200, keepsFormants: true })))
    const { stems } = await receiptOf((await render('deep.wav', ['--from', 'bar 1'])).files[0])
    const ops = stems.flatMap((stem: Json) => stem.ops)
    expect(ops.filter((one: Json) => one.op === 'pitch').map((one: Json) => one.cents)).toEqual([-200])
    expect(readFileSync(at('deep.wav')).includes('c2pa.changedSpeed')).toBe(true)
  })
})
