// The way of a variation, by the command line alone: a thousand judged, some rendered and kept, one shown to the artist, changed, shown again, approved
// and exported; and what file, receipt and the artist's own list say of it in the end.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Json, serve, stemmaIn } from '../rigs/cli-rig.ts'
import { authorMaterial, material } from '../rigs/works.ts'

const source = material('potassium-24bars')

describe.skipIf(source === undefined)('variations of Potassium and the artist’s yes', { timeout: 280_000 }, () => {
  let dir: string
  let service: Awaited<ReturnType<typeof serve>>
  const at = (name: string): string => join(dir, name)
  const producer = () => stemmaIn(at('producer'))
  const artist = () => stemmaIn(at('artist'))

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-variations-'))
    mkdirSync(at('packs'))
    const made = await artist().json(['artist', 'init', '--name', 'Ada Stem'])
    const folder = authorMaterial(at('author'), source ?? '', 'Potassium')
    const path = join(folder, 'work.json')
    const work = JSON.parse(readFileSync(path, 'utf8')) as Json
    work.grant = {
      ...work.grant,
      approval: { required: true, approvers: [made.approver] },
      transform: {
        default: 'allow',
        maxUsedMs: 45_000,
        rules: [
          { roles: ['vocals'], op: 'pitch', effect: 'deny' },
          { roles: ['*'], op: 'stretch', ratioPermille: [850, 1_150] },
        ],
      },
    }
    writeFileSync(path, JSON.stringify(work))
    await producer().json(['pack', folder, '-o', at('packs/potassium.stemmapack')])
    service = await serve(at('operator'), [at('packs')])
    expect(service.refusedPacks).toEqual([])
    await producer().json(['pull', 'Potassium', '--service', service.url])
    await producer().json(['new', 'Potassium', '-o', at('r.stemma')])
  }, 120_000)

  afterAll(async () => {
    await service?.stop()
    if (dir) rmSync(dir, { recursive: true, force: true })
  })

  it('judges a thousand, the same ones for the same seed', async () => {
    const thousand = await producer().json(['vary', at('r.stemma'), '--count', '1000', '--seed', '4', '--dry'])
    expect(thousand.variations).toHaveLength(1_000)
    const few = await producer().json(['vary', at('r.stemma'), '--count', '20', '--seed', '4', '--dry'])
    const facts = (run: Json) =>
      run.variations.slice(0, 20).map(({ id, summary, lengthMs, structureDistance }: Json) => [id, summary, lengthMs, structureDistance])
    expect(facts(few)).toEqual(facts(thousand))
  })

  let chosen: string
  it('renders and measures some, and keeps ten spread from close to far', async () => {
    // Styles that keep the tempo: stretching is tested elsewhere, and takes its time.
    const style = 'radio,dub,chopped,acoustic-room,breakdown,minus-one,drop,edit-60s'
    const run = await producer().json([
      'vary',
      at('r.stemma'),
      '--count',
      '24',
      '--seed',
      '4',
      '--style',
      style,
      '--top',
      '10',
      '-o',
      at('ten'),
    ])
    expect(run.saved).toHaveLength(10)
    expect(run.variations.length).toBeGreaterThanOrEqual(18)
    for (const one of run.variations) {
      expect(one.preview.integratedLufs).toBeGreaterThan(-45)
      expect(one.preview.truePeakDb).toBeLessThanOrEqual(0)
      expect(one.soundDistance).toBeGreaterThanOrEqual(0)
    }
    const distances = run.variations.map((one: Json) => one.structureDistance + one.soundDistance)
    expect(Math.max(...distances) - Math.min(...distances)).toBeGreaterThan(0.2)
    chosen = run.saved[4].path
    const shown = await producer().json(['show', chosen])
    expect(shown.status.notices.filter((one: Json) => one.effect === 'deny')).toEqual([])
  })

  it('is submitted, sent back, changed, approved, exported, and told in full', async () => {
    expect((await producer().json(['render', chosen, '-o', at('early.wav')], 1)).problem.code).toBe('licence.needs_approval')
    const [first] = (await producer().json(['submit', chosen, '--message', 'Number five'])).requests as string[]
    await artist().json(['approvals', '--service', service.url])
    await artist().json(['answer', first ?? '', '--verdict', 'changes', '--note', '0:02-0:04 the snare is too loud'])
    writeFileSync(at('edits.json'), JSON.stringify([{ op: 'track.set', trackId: '@snare', gainDb: -4 }]))
    await producer().json(['edit', chosen, at('edits.json')])
    const [second] = (await producer().json(['submit', chosen])).requests as string[]
    await artist().json(['approvals'])
    await artist().json(['answer', second ?? '', '--verdict', 'approve'])
    await producer().json(['approvals'])
    const exported = await producer().json(['render', chosen, '-o', at('final.wav')])
    const verified = await producer().json(['verify', at('final.wav')])
    expect(verified.ok).toBe(true)
    const [file] = verified.files
    expect(file.findings.map(({ code }: Json) => code)).toContain('approval.held')
    expect(exported.ai).toMatchObject({ containsAI: 'None', contributions: [] })

    const { receipt } = await producer().json(['receipts', 'show', exported.files[0].receiptId])
    expect(receipt.approvals).toHaveLength(1)
    expect(receipt.ai.containsAI).toBe('None')
    const operations = new Set(receipt.stems.flatMap((stem: Json) => stem.ops.map(({ op }: Json) => op)))
    expect([...operations].some((op) => String(op).startsWith('ai.re'))).toBe(false)
    for (const stem of receipt.stems) expect(stem.usedMs).toBeLessThanOrEqual(45_000)

    // The artist's own list holds every second of each stem that the receipt tells of.
    await producer().json(['sync'])
    const usage = await artist().json(['artist', 'usage'])
    const told = Object.fromEntries(usage.sums.map(({ stem, usedMs }: Json) => [stem, usedMs]))
    expect(told).toEqual(Object.fromEntries(receipt.stems.map(({ stem, usedMs }: Json) => [stem, usedMs])))

    // Any later edit voids the yes, visibly.
    writeFileSync(at('more.json'), JSON.stringify([{ op: 'track.set', trackId: '@snare', gainDb: -5 }]))
    await producer().json(['edit', chosen, at('more.json')])
    expect((await producer().json(['approvals', '--remix', chosen])).standing[0].state).toBe('edited')
    expect((await producer().json(['render', chosen, '-o', at('late.wav')], 1)).ok).toBe(false)
  })
})
