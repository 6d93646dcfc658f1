// The whole promise once, on every work there is: a thousand variations rendered and judged, ten kept, one sent to its artist, sent back, changed,
// approved, exported, verified, and its use read off the artist's ledger. Takes most of an hour; `npm run rehearse` runs it.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inRoot } from '../../scripts/parts/project.mjs'
import { renderDemoCatalogue } from '../../src-main/studio/demo/catalogue/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { documentOf, type Json, serve, stemmaIn } from '../rigs/cli-rig.ts'
import { authorMaterial } from '../rigs/works.ts'

const COUNT = Number(process.env.STEMMA_REHEARSAL_COUNT ?? 1_000)
/** All of them, unless there is less time. */
const RENDERED = Number(process.env.STEMMA_REHEARSAL_RENDERED ?? COUNT)
const ONLY = process.env.STEMMA_REHEARSAL_WORK
const REPORT = process.env.STEMMA_REHEARSAL_REPORT
const HOUR = 3_600_000
const POTASSIUM = join(process.env.STEMMA_MATERIAL ?? inRoot('../shared/material'), 'potassium')
const WORKS = ['Glass Orchard', 'Harbour Lights', 'Paper Kites', 'Potassium'].filter(
  (title) => (ONLY === undefined || title === ONLY) && (title !== 'Potassium' || existsSync(POTASSIUM)),
)
/** Its bass is played from notes that a model writes down, so that there is AI to be told of. */
const REVOICED = 'Glass Orchard'

interface Row {
  readonly title: string
  readonly judgedSeconds: number
  readonly renderedSeconds: number
  readonly rendered: number
  readonly dropped: { readonly licence: number; readonly unfit: number; readonly loudness: number; readonly duplicates: number }
  readonly distance: readonly [number, number]
  readonly lufs: readonly [number, number]
  readonly operations: readonly string[]
  readonly ai: string
  readonly stems: number
  readonly usedSeconds: number
}

let dir: string
let service: Awaited<ReturnType<typeof serve>>
const rows: Row[] = []
const producer = () => stemmaIn(join(dir, 'producer'), { timeoutMs: HOUR })
const artist = () => stemmaIn(join(dir, 'artist'))

const timed = async (args: readonly string[]): Promise<{ readonly document: Json; readonly seconds: number }> => {
  const started = performance.now()
  const run = await producer().run(args)
  const document = documentOf(run)
  expect(run.code, run.stdout.slice(0, 2_000)).toBe(0)
  return { document, seconds: (performance.now() - started) / 1_000 }
}

/** The works as their label gives them out: with a yes of the artist's for every export, and the licence of Paper Kites, which has ended, renewed. */
const publish = async (approver: string): Promise<void> => {
  const approval = { required: true, approvers: [approver], slaHours: 48 }
  const folders = unwrap(await renderDemoCatalogue({ dir: join(dir, 'demo') })).map((one) => one.dir)
  for (const folder of folders) {
    const path = join(folder, 'work.json')
    const work = JSON.parse(readFileSync(path, 'utf8')) as { readonly grant: object }
    writeFileSync(path, JSON.stringify({ ...work, grant: { ...work.grant, approval } }))
  }
  if (existsSync(POTASSIUM)) folders.push(authorMaterial(join(dir, 'potassium'), POTASSIUM, 'Potassium', { approval }))
  const packOf = (folder: string): string => join(dir, 'packs', `${basename(folder)}.stemmapack`)
  for (const folder of folders) await producer().json(['pack', folder, '-o', packOf(folder)])
  await producer().json(['renew', packOf('paper-kites'), '--until', '2099-12-31'])
}

const range = (numbers: readonly number[]): readonly [number, number] => [Math.min(...numbers), Math.max(...numbers)]

const page = (): string => {
  const cells = (row: Row): string =>
    [
      row.title,
      `${row.rendered}`,
      `${row.dropped.licence} / ${row.dropped.unfit} / ${row.dropped.loudness} / ${row.dropped.duplicates}`,
      `${row.judgedSeconds.toFixed(0)} s`,
      `${(row.renderedSeconds / 60).toFixed(1)} min`,
      row.distance.map((one) => one.toFixed(2)).join(' to '),
      row.lufs.map((one) => one.toFixed(1)).join(' to '),
      row.operations.join(', '),
      row.ai,
      `${row.stems} stems, ${row.usedSeconds.toFixed(0)} s`,
    ].join(' | ')
  return [
    '# A rehearsal of the whole',
    '',
    'Written by `npm run rehearse -- --write`, which runs the commands a producer and an artist would, as processes of their own over a rights service, and stops at',
    'the first sentence that does not hold:',
    '',
    `1. ${COUNT} variations of each work are made and judged (\`vary --dry\`), then ${RENDERED === COUNT ? 'all of them' : `the first ${RENDERED}`} rendered, measured and sorted out`,
    '   (`vary`); ten, from the closest to the furthest, are kept as remix files.',
    '2. One of the ten cannot be exported before its artist said yes; it is submitted, sent back with a note, changed, submitted again, approved, exported.',
    '3. The file is verified: intact, trusted, with the approval; its manifest has an action for every operation of the receipt; its AI credits are none, but Basic',
    `   Pitch alone for ${REVOICED}, whose bass is played from notes that this model wrote down.`,
    '4. What the artist reads in the ledger is, stem by stem, to the millisecond, what the receipt says.',
    '',
    'Paper Kites stands here under a licence that its label renewed (`stemma renew`): the one it comes with ended on purpose. Dropped: by the licence, since a style did not fit, by loudness or clipping, as near-duplicates;',
    'what was dropped was drawn anew. Distance adds structure and sound. Times are those of this machine, with two cores.',
    '',
    '| work | rendered | dropped | judged in | rendered in | distance | LUFS | operations | AI | used, by receipt and ledger |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${cells(row)} |`),
    '',
  ].join('\n')
}

beforeAll(async () => {
  dir = mkdtempSync(join(process.env.STEMMA_REHEARSAL_DIR ?? tmpdir(), 'stemma-rehearsal-'))
  mkdirSync(join(dir, 'packs'))
  const { approver } = (await artist().json(['artist', 'init', '--name', 'Ada Stem'])) as { approver: string }
  await publish(approver)
  service = await serve(join(dir, 'operator'), [join(dir, 'packs')], [], WORKS.length * HOUR)
  expect(service.refusedPacks).toEqual([])
  await artist().json(['approvals', '--service', service.url])
}, HOUR)

afterAll(async () => {
  await service?.stop()
  if (REPORT !== undefined && rows.length > 0) writeFileSync(REPORT, page())
  rmSync(dir, { recursive: true, force: true })
})

describe(`${COUNT} versions`, () => {
  it.each(WORKS)(
    'of %s: ten kept, one approved, exported and accounted for',
    async (title) => {
      const slug = title.toLowerCase().replaceAll(' ', '-')
      const at = (name: string): string => join(dir, `${slug}${name}`)
      const remix = at('.stemma')
      await producer().json(['pull', title, '--service', service.url])
      await producer().json(['new', title, '-o', remix])

      const judged = await timed(['vary', remix, '--count', `${COUNT}`, '--seed', '4', '--dry'])
      expect(judged.document.variations).toHaveLength(COUNT)
      const made = await timed(['vary', remix, '--count', `${RENDERED}`, '--seed', '4', '--top', '10', '-o', at('-ten')])
      const { run, variations, saved } = made.document
      expect(run.problem).toBeNull()
      expect(variations).toHaveLength(RENDERED)
      expect(variations.every((one: Json) => one.preview !== null && one.preview.truePeakDb <= 0)).toBe(true)
      expect(saved).toHaveLength(10)
      expect(readdirSync(at('-ten')).filter((name) => name.endsWith('.stemma'))).toHaveLength(10)

      const chosen = saved[4].path as string
      const early = await producer().json(['render', chosen, '-o', at('-early.wav')], 1)
      expect(early.problem.code).toBe('licence.needs_approval')
      const first = await producer().json(['submit', chosen, '--message', 'The fifth of ten'])
      await artist().json(['approvals'])
      await artist().json(['answer', first.requests[0], '--verdict', 'changes', '--note', '0:02-0:04 too loud'])
      if (title === REVOICED) await producer().json(['style', chosen, 'revoice', '--param', 'part=bass', '--seed', '3'])
      else {
        const shown = await producer().json(['show', chosen])
        const { id } = shown.tracks.find((one: Json) => one.kind === 'audio')
        writeFileSync(at('-edits.json'), JSON.stringify([{ op: 'track.set', trackId: id, gainDb: -4 }]))
        await producer().json(['edit', chosen, at('-edits.json')])
      }
      const second = await producer().json(['submit', chosen, '--message', 'Quieter now'])
      expect(second.requests[0]).not.toBe(first.requests[0])
      await artist().json(['approvals'])
      expect((await artist().json(['answer', second.requests[0], '--verdict', 'approve'])).isSent).toBe(true)
      await producer().json(['approvals'])
      const exported = await producer().json(['render', chosen, '-o', at('-final.wav')])

      const verified = await producer().json(['verify', at('-final.wav')])
      const [report] = verified.files
      expect(report).toMatchObject({ verdict: 'good', integrity: { state: 'intact' }, trust: { state: 'trusted' } })
      expect(report.findings.map((one: Json) => one.code)).toEqual(['approval.held'])
      const { receipt } = await producer().json(['receipts', 'show', exported.files[0].receiptId])
      expect(receipt.approvals).toMatchObject([{ verdict: 'approve' }])

      // Every operation of the receipt is an action of the manifest, in the words the artist's ledger uses.
      await producer().json(['sync'])
      const usage = await artist().json(['artist', 'usage'])
      const use = usage.uses.find((one: Json) => one.receipt === exported.files[0].receiptId)
      const told = report.actions.map((one: Json) => one.text as string).join('\n')
      const operations = new Set<string>()
      for (const stem of use.stems) {
        for (const { op, text } of stem.operations) {
          operations.add(op)
          expect(op === 'trim' ? 'Cut to length' : text, told).toSatisfy((words: string) => told.includes(words))
        }
      }
      expect([...operations].sort()).toEqual([...new Set(receipt.stems.flatMap((one: Json) => one.ops.map((of: Json) => of.op)))].sort())

      const models = receipt.ai.contributions.map((one: Json) => (one.model as string).split(':').slice(0, 4).join(':'))
      expect(receipt.ai.containsAI).toBe(title === REVOICED ? 'Partly' : 'None')
      expect(models).toEqual(title === REVOICED ? ['urn:stemma:model:basic-pitch'] : [])
      expect(report.ai).toMatchObject({ containsAI: receipt.ai.containsAI, contributions: receipt.ai.contributions })

      const byReceipt = receipt.stems.map((one: Json) => [one.stem, one.usedMs])
      expect(use.stems.map((one: Json) => [one.stem, one.usedMs])).toEqual(byReceipt)
      expect(
        byReceipt.every(([stem, ms]: [string, number]) => usage.sums.some((sum: Json) => sum.stem === stem && sum.usedMs === ms)),
      ).toBe(true)
      rows.push({
        title,
        judgedSeconds: judged.seconds,
        renderedSeconds: made.seconds,
        rendered: variations.length,
        dropped: run.dropped,
        distance: range(variations.map((one: Json) => one.structureDistance + one.soundDistance)),
        lufs: range(variations.map((one: Json) => one.preview.integratedLufs)),
        operations: [...operations],
        ai: receipt.ai.containsAI === 'None' ? 'none' : 'Basic Pitch',
        stems: byReceipt.length,
        usedSeconds: byReceipt.reduce((sum: number, [, ms]: [string, number]) => sum + ms, 0) / 1_000,
      })
    },
    HOUR,
  )
})
