// Runs of a sheet one after another: what was kept, counted and told in one must not be another's. Nothing is rendered here.
import { mkdtempSync, rmSync, writeFileSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { STYLES, type StyleFacts } from '../../../src-engine/styles/index.ts'
import { factsUnder, heardFacts, openTerms, songOf } from '../../../src-engine/styles/styles.fixture.ts'
import type { VariationRow, VariationRun } from '../../../src-shared/protocol/index.ts'
import { checkSnapshot, encodeDocument, remixOf, ROLES, type RemixSnapshot } from '../../../src-shared/remix/index.ts'
import { applyEdits } from '../../../src-shared/remix/apply-edit.ts'
import { fail, unwrap } from '../../../src-shared/std/index.ts'
import { drawLike, drawVariation, mixVariations, variationId } from './draw.ts'
import { judgeVariation, readOriginal } from './make.ts'
import { MarkStore } from './marks.ts'
import { type VariationOrder, Variations } from './variations.ts'

const snapshot = songOf({ seconds: 60 })
const open = factsUnder(openTerms(snapshot), heardFacts(snapshot))
const closed = factsUnder(openTerms(snapshot, [{ roles: ['*'], op: '*', effect: 'deny' }]), heardFacts(snapshot))
const order = (more: Partial<VariationOrder> = {}): VariationOrder => ({
  count: 8,
  seed: 7,
  styles: ['radio', 'dub', 'minus-one', 'breakdown'],
  keep: [],
  isLearning: false,
  isDry: true,
  ...more,
})

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stemma-runs-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** Variations over the marks in `dir`, as after a start of the program. */
const opened = (facts: () => StyleFacts | Promise<StyleFacts> = () => open, base: RemixSnapshot = snapshot) => {
  const told: { readonly run: VariationRun; readonly rows: readonly VariationRow[] }[] = []
  const variations = new Variations(
    {
      engine: async () => fail('engine.lost', 'The sound engine stopped.'),
      stems: () => [],
      facts: async () => facts(),
      marks: new MarkStore(dir, 'urn:uuid:a', () => {}),
      onChanged: (change) => void told.push(change),
    },
    base,
  )
  return { variations, told }
}
const rowsOf = (variations: Variations): readonly VariationRow[] => variations.list().rows

describe('the id of a variation (variations.id)', () => {
  const styles = STYLES.filter(({ id }) => ['radio', 'dub', 'minus-one'].includes(id))
  const radio = styles.filter(({ id }) => id === 'radio')

  it('says what it is: the same for the same recipes, another for other styles or kept roles of the same seed', () => {
    const one = drawVariation(3, { seed: 7, styles, keep: [] })
    expect(one.id).toMatch(/^[0-9a-f]{16}$/)
    expect(drawVariation(3, { seed: 7, styles, keep: [] }).id).toBe(one.id)
    expect(drawVariation(3, { seed: 7, styles: radio, keep: [] }).id).not.toBe(one.id)
    expect(drawVariation(3, { seed: 7, styles, keep: ['vocals'] }).id).not.toBe(one.id)
    expect(variationId({ ...one, keep: ['bass', 'vocals'] })).toBe(variationId({ ...one, keep: ['vocals', 'bass'] }))
    const like = drawLike(one, 9, { seed: 7, styles, keep: [] })
    expect(like.id).toBe(variationId(like))
    const mixed = mixVariations(one, like, { number: 10, styles: STYLES })
    expect(mixed.id).toBe(variationId(mixed))
  })

  it('keeps marks from falling to what another run draws under the same number', async () => {
    const { variations } = opened()
    unwrap(await variations.start(order()))
    const [first] = rowsOf(variations)
    unwrap(await variations.mark(first?.id ?? '', 'kept'))
    unwrap(await variations.tag(first?.id ?? '', ['for the label']))
    unwrap(await variations.start(order({ keep: ['vocals'] })))
    const marked = rowsOf(variations).filter(({ mark, tags }) => mark !== null || tags.length > 0)
    expect(marked.map(({ id }) => id)).toEqual([first?.id])
    expect(rowsOf(variations).filter(({ number }) => number === first?.number)).toHaveLength(2)
  })

  it('is worked out anew for marks of earlier versions, which two variations could share', async () => {
    const { variations } = opened()
    unwrap(await variations.start(order()))
    const [first] = rowsOf(variations)
    unwrap(await variations.mark(first?.id ?? '', 'kept'))
    const [name = ''] = readdirSync(dir)
    const [kept] = new MarkStore(dir, 'urn:uuid:a', () => {}).all
    const { base: _, ...old } = { base: '', ...kept, id: 'l205', number: 205 }
    writeFileSync(join(dir, name), JSON.stringify({ v: 1, marked: [old] }))
    const again = opened().variations
    await again.open()
    expect(rowsOf(again)).toMatchObject([{ id: first?.id, number: 205, mark: 'kept', summary: first?.summary }])
    // A state that nobody noted is not said to be an earlier one.
    expect(rowsOf(again)[0]?.leftOut).toEqual(first?.leftOut)
  })

  it('goes on after the highest number that was kept, and what is kept is what was heard', async () => {
    const { variations } = opened()
    unwrap(await variations.start(order()))
    const rows = rowsOf(variations)
    for (const row of rows.slice(0, 3)) unwrap(await variations.mark(row.id, 'kept'))
    for (const row of rows.slice(3, 6)) unwrap(await variations.mark(row.id, 'rejected'))
    await variations.more(2)
    const fresh = rowsOf(variations).filter(({ id }) => !rows.some((row) => row.id === id))
    const highest = Math.max(...rows.map(({ number }) => number))
    expect(fresh.map(({ number }) => number)).toEqual([highest + 1, highest + 2])
    unwrap(await variations.mark(fresh[0]?.id ?? '', 'kept'))

    const again = opened().variations
    await again.open()
    await again.more(2)
    const later = rowsOf(again)
    expect(new Set(later.map(({ number }) => number)).size).toBe(later.length)
    expect(later.find(({ id }) => id === fresh[0]?.id)).toMatchObject({ mark: 'kept', summary: fresh[0]?.summary })
    for (const one of new MarkStore(dir, 'urn:uuid:a', () => {}).all) expect(variationId(one)).toBe(one.id)
  })
})

describe('a variation saved as a remix of its own (variations.save)', () => {
  it('has a uid of its own each time, and is the variation otherwise', async () => {
    const { variations } = opened()
    unwrap(await variations.start(order()))
    const [first, second] = rowsOf(variations)
    const made = unwrap(variations.snapshotOf(first?.id ?? ''))
    const saved = [first, second, first].map((row) => unwrap(variations.remixOfItsOwn(row?.id ?? '')))
    const uids = saved.map((one) => remixOf(one).uid)
    expect(new Set([remixOf(snapshot).uid, ...uids]).size).toBe(4)
    for (const one of saved) unwrap(checkSnapshot(one))
    const [own] = saved
    expect(encodeDocument(own ?? made).replace(uids[0] ?? '', remixOf(made).uid)).toBe(encodeDocument(made))
    expect(variations.remixOfItsOwn('gone')).toMatchObject({ ok: false, error: { code: 'variations.unknown' } })
  })
})

describe('what was kept of an earlier state (variations.kept)', () => {
  const keepFirst = async (): Promise<VariationRow> => {
    const { variations } = opened()
    unwrap(await variations.start(order()))
    const [first] = rowsOf(variations)
    return unwrap(await variations.mark(first?.id ?? '', 'kept'))
  }

  it('says so once the remix is another, and not before', async () => {
    const kept = await keepFirst()
    expect(kept.leftOut.join(' ')).not.toContain('earlier state')
    const quieter = unwrap(applyEdits(snapshot, [{ op: 'track.set', trackId: '@master', gainDb: -9 }], { newId: () => 'n' })).snapshot
    const { variations } = opened(() => open, quieter)
    unwrap(await variations.start(order({ seed: 8 })))
    const row = rowsOf(variations).find(({ id }) => id === kept.id)
    expect(row?.leftOut[0]).toContain('earlier state of the remix')
    // A tag judges nothing; keeping it anew does.
    expect(unwrap(await variations.tag(kept.id, ['late'])).leftOut[0]).toContain('earlier state of the remix')
    unwrap(await variations.mark(kept.id, null))
    expect(unwrap(await variations.mark(kept.id, 'kept')).leftOut).toEqual(kept.leftOut)
  })

  it('is named with its reason where it cannot be made any more, and counts as nothing the licence dropped', async () => {
    const kept = await keepFirst()
    const { variations, told } = opened(() => closed)
    await variations.open()
    expect(rowsOf(variations)).toEqual([])
    expect(told.at(-1)?.run.problem).toMatch(new RegExp(`^#${kept.number}, which you kept, cannot be made of the remix as it is: .+[.]$`))
    expect(variations.run.dropped).toEqual({ licence: 0, unfit: 0, loudness: 0, duplicates: 0 })
  })
})

describe('what a run leaves out (variations.dropped)', () => {
  it('is the licence’s where the licence refuses all, and the sentence quotes it', async () => {
    const { variations } = opened(() => closed)
    const run = await variations.start(order({ styles: ['radio', 'dub'] }))
    expect(run).toMatchObject({ ok: false, error: { code: 'variations.none' } })
    if (run.ok) return
    const { licence, unfit } = variations.run.dropped
    expect([licence, unfit]).toEqual([24, 0])
    expect(run.error.message).toMatch(/the licence refused 24\. Most often: “.+Choose other styles/)
    expect(variations.run).toMatchObject({ state: 'done', shown: 0, problem: run.error.message })
  })

  it('is no variation that is the original', async () => {
    const original = unwrap(readOriginal(snapshot, open))
    const nothing = drawVariation(1, { seed: 7, styles: STYLES.filter(({ id }) => id === 'dub'), keep: ROLES })
    expect(judgeVariation(original, nothing)).toMatchObject({ ok: true, value: { isUnchanged: true } })
    const slower = { recipes: [{ style: 'slowed-reverb', version: 1, params: {}, seed: 1, inputs: [] }], keep: [] }
    const judged = judgeVariation(original, { ...slower, id: variationId(slower), number: 1 })
    if (judged.ok) expect(judged.value.isUnchanged).toBe(false)
    const { variations } = opened()
    const run = await variations.start(order({ styles: ['dub'], keep: ROLES }))
    expect(run).toMatchObject({ ok: false, error: { code: 'variations.none' } })
    expect(variations.run.dropped).toMatchObject({ licence: 0, duplicates: 24 })
  })
})

describe('a run that was stopped (variations.stopped)', () => {
  it('writes nothing into the one that comes after it', async () => {
    const alone = opened().variations
    unwrap(await alone.start(order({ seed: 9 })))
    let release = (_: StyleFacts): void => {}
    const waits = [new Promise<StyleFacts>((resolve) => (release = resolve))]
    const { variations, told } = opened(() => waits.shift() ?? open)
    const first = variations.start(order({ seed: 4, count: 40 }))
    const second = variations.start(order({ seed: 9 }))
    release(open)
    unwrap(await first)
    unwrap(await second)
    expect(rowsOf(variations)).toEqual(rowsOf(alone))
    const begun = told.findIndex(({ run }) => run.wanted === 8)
    expect(told.slice(begun).every(({ run }) => run.wanted === 8 && run.state !== 'stopped')).toBe(true)
  })
})
