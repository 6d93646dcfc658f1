import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { assessRemix, type LicenceTerms } from '../../src-shared/provenance/index.ts'
import {
  applyEdits,
  checkSnapshot,
  compilePlan,
  createRemixStore,
  encodeDocument,
  recordsOf,
  type RemixSnapshot,
} from '../../src-shared/remix/index.ts'
import { refusalsOf } from '../../src-shared/rights/index.ts'
import { ok, unwrap } from '../../src-shared/std/index.ts'
import { createRandom, drawParams, runStyle, STYLES } from './index.ts'
import { factsUnder, HARBOUR_RULES, openTerms, songOf } from './styles.fixture.ts'

const never = (): string => {
  throw new Error('a style left an id to chance')
}

const remixes: readonly {
  readonly name: string
  readonly snapshot: RemixSnapshot
  readonly terms: (snapshot: RemixSnapshot) => LicenceTerms
}[] = [
  { name: 'a song in 4/4', snapshot: songOf({}), terms: (snapshot) => openTerms(snapshot) },
  { name: 'a restricted song', snapshot: songOf({ seconds: 97 }), terms: (snapshot) => openTerms(snapshot, HARBOUR_RULES) },
  {
    name: 'a song in 7/8 with tempo drift',
    snapshot: songOf({ meter: [7, 8], drift: true, key: 'D major' }),
    terms: (snapshot) => openTerms(snapshot),
  },
]

const seeds = 40

describe.each(remixes)('styles on $name (style.any)', ({ snapshot, terms }) => {
  const facts = factsUnder(terms(snapshot))
  it.each(STYLES.map((style) => [style.id, style] as const))(
    '%s: valid, legal, the same for the same seed, undone by one undo',
    (_, style) => {
      const before = encodeDocument(snapshot)
      const known = new Set(
        refusalsOf(unwrap(assessRemix(snapshot, facts.terms)).decisions).map((one) => `${one.code}${one.stem}${one.op}`),
      )
      const bytes = new Set<string>()
      for (let seed = 0; seed < seeds; seed++) {
        const params = drawParams(style, createRandom(`test/${seed}`))
        const run = runStyle(style, snapshot, { style: style.id, params, seed }, facts)
        if (!run.ok) {
          expect(run.error.message).toMatch(/^[“A-Z].+\.$/)
          expect(run.error.code).toMatch(/^style\./)
          continue
        }
        const { commands, leftOut, summary } = run.value
        expect(summary).toMatch(/\.$/)
        for (const left of leftOut) expect(left.why).toMatch(/\.$/)
        const applied = unwrap(applyEdits(snapshot, commands, { newId: never })).snapshot
        unwrap(checkSnapshot(applied))
        const document = encodeDocument(applied)
        expect(document).toBe(encodeDocument(run.value.snapshot))
        bytes.add(document)
        const after = unwrap(assessRemix(applied, facts.terms))
        const fresh = refusalsOf(after.decisions).filter(
          (one) => one.effect === 'deny' && (one.code === 'licence.too_long' || !known.has(`${one.code}${one.stem}${one.op}`)),
        )
        expect(fresh.map((one) => one.message)).toEqual([])
        if (seed % 10 === 0) {
          const again = unwrap(runStyle(style, snapshot, { style: style.id, params, seed }, facts))
          expect(encodeDocument(again.snapshot)).toBe(document)
          // Run on its own result: ids do not collide.
          const twice = runStyle(style, applied, { style: style.id, params, seed }, facts)
          if (twice.ok) unwrap(checkSnapshot(twice.value.snapshot))
          const store = createRemixStore(snapshot)
          unwrap(store.transact('style', () => ok(applied)))
          store.undo()
          expect(encodeDocument(store.snapshot)).toBe(before)
        }
      }
      expect(encodeDocument(snapshot)).toBe(before)
      if (!['stem-swaps'].includes(style.id)) expect(bytes.size).toBeGreaterThan(seeds / 5)
    },
  )
})

describe('a thousand recipes', () => {
  it('are generated, compiled and checked against the licence in two seconds', { timeout: 60_000 }, () => {
    const snapshot = songOf({ tracks: 19, seconds: 250 })
    const facts = factsUnder(
      openTerms(
        snapshot,
        HARBOUR_RULES.map((rule) => rule),
      ),
    )
    const byStyle = new Map<string, number>()
    const run = (count: number): number => {
      const from = performance.now()
      for (let i = 0; i < count; i++) {
        const random = createRandom(`vary/${i}`)
        const style = random.pick(STYLES)
        const start = performance.now()
        runStyle(style, snapshot, { style: style.id, params: drawParams(style, random), seed: i }, facts)
        byStyle.set(style.id, (byStyle.get(style.id) ?? 0) + performance.now() - start)
      }
      return performance.now() - from
    }
    run(100)
    byStyle.clear()
    const ms = run(1_000)
    console.log(
      `1,000 recipes: ${Math.round(ms)} ms`,
      [...byStyle]
        .sort((a, b) => b[1] - a[1])
        .map(([id, one]) => `${id} ${Math.round(one)}`)
        .join(', '),
    )
    expect(recordsOf(snapshot, 'clip').length).toBeGreaterThan(0)
    expect(unwrap(compilePlan(snapshot)).tracks.length).toBeGreaterThan(0)
    // The figure to reach is 2 s on an idle machine; this only catches what is out of hand.
    expect(ms).toBeLessThan(20_000)
  })
})
