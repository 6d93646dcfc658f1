// A thousand variations of a restricted work, held against its grant by a second reading of the plans that does not ask decide().
import { describe, expect, it } from 'vitest'
import { STYLES, type StyleDescriptor } from '../../../src-engine/styles/index.ts'
import { factsUnder, HARBOUR_RULES, heardFacts, openTerms, songOf } from '../../../src-engine/styles/styles.fixture.ts'
import { encodeDocument, type RenderPlan } from '../../../src-shared/remix/index.ts'
import { unwrap } from '../../../src-shared/std/index.ts'
import { drawLike, drawVariation, mixVariations } from './draw.ts'
import { type Made, makeVariation, readOriginal } from './make.ts'

const snapshot = songOf({ seconds: 120 })
const original = unwrap(readOriginal(snapshot, factsUnder(openTerms(snapshot, HARBOUR_RULES), heardFacts(snapshot))))
const styles: readonly StyleDescriptor[] = STYLES.filter(
  (style) =>
    ['sound', 'arrangement', 'groove'].includes(style.group) && !style.needs.includes('reference') && !style.needs.includes('second-work'),
)
const draw = (seed: number, count: number): Made[] => {
  const made: Made[] = []
  for (let number = 1; made.length < count && number < count * 3; number++) {
    const one = makeVariation(original, drawVariation(number, { seed, styles, keep: [] }))
    if (one.ok) made.push(one.value)
  }
  return made
}

/** Milliseconds in which a stem is heard at all. */
const heardMs = (plan: RenderPlan, stemId: string): number => {
  const spans = plan.tracks
    .filter((track) => track.isAudible)
    .flatMap((track) => track.clips)
    .filter((clip) => plan.sources[clip.source]?.stemId === stemId)
    .map((clip) => [clip.startFrame, clip.startFrame + clip.lengthFrames] as const)
    .sort((left, right) => left[0] - right[0])
  let until = 0
  let sum = 0
  for (const [from, to] of spans) {
    sum += Math.max(0, to - Math.max(from, until))
    until = Math.max(until, to)
  }
  return sum / 48
}

/** What the restricted grant forbids, read off a plan. */
const breaches = (plan: RenderPlan): string[] => {
  const found: string[] = []
  for (const { stemId, role, warp, make } of plan.sources) {
    if (heardMs(plan, stemId) > 60_000) found.push(`${stemId} is heard for ${heardMs(plan, stemId)} ms`)
    if (make?.kind === 'model' && role === 'vocals') found.push(`${stemId} goes through a model`)
    if (!warp) continue
    if (role === 'vocals' && warp.cents !== 0) found.push(`${stemId} is pitched by ${warp.cents}`)
    if (Math.abs(warp.cents) > 300) found.push(`${stemId} is pitched by ${warp.cents}`)
    for (const [i, [source, out]] of warp.anchors.entries()) {
      const [lastSource, lastOut] = warp.anchors[i - 1] ?? [source, out]
      const permille = i === 0 ? 1000 : ((source - lastSource) * 1000) / (out - lastOut)
      if (permille < 849.5 || permille > 1150.5) found.push(`${stemId} runs at ${permille} permille`)
    }
  }
  return found
}

describe('a thousand variations of a restricted work (variations.legal)', () => {
  const thousand = draw(7, 1_000)

  it('are there, and none breaks its grant', () => {
    expect(thousand).toHaveLength(1_000)
    expect(thousand.flatMap(({ variation, plan }) => breaches(plan).map((breach) => `#${variation.number}: ${breach}`))).toEqual([])
  }, 60_000)

  it('reach from close to the original to far from it', () => {
    // Without a cap on used time, which alone takes half of every stem away.
    const open = unwrap(readOriginal(snapshot, factsUnder(openTerms(snapshot), heardFacts(snapshot))))
    const made = Array.from({ length: 200 }, (_, i) => makeVariation(open, drawVariation(i + 1, { seed: 7, styles, keep: [] })))
    const distances = made.flatMap((one) => (one.ok ? [one.value.structureDistance] : []))
    expect(distances.filter((one) => one < 0.15).length).toBeGreaterThan(20)
    expect(distances.filter((one) => one > 0.5).length).toBeGreaterThan(20)
    expect(new Set(thousand.map((one) => one.variation.recipes.map((recipe) => recipe.style).join('+'))).size).toBeGreaterThan(60)
  })

  it('are the same to the byte from the same seed, and others from another', () => {
    const again = draw(7, 40)
    for (const [i, one] of again.entries()) expect(encodeDocument(one.snapshot)).toBe(encodeDocument((thousand[i] as Made).snapshot))
    expect(draw(8, 5).map((one) => one.summary)).not.toEqual(again.slice(0, 5).map((one) => one.summary))
  })

  it('keep the roles they were asked to keep as they are', () => {
    const devices = (plan: RenderPlan) =>
      plan.tracks
        .filter((track) => track.role === 'vocals' && track.kind === 'audio')
        .map((track) => [track.devices, track.gainDb, track.sends])
    const kept = Array.from({ length: 60 }, (_, i) =>
      makeVariation(original, drawVariation(i + 1, { seed: 3, styles: styles.filter((one) => one.group === 'sound'), keep: ['vocals'] })),
    )
    const made = kept.flatMap((one) => (one.ok ? [one.value] : []))
    expect(made.length).toBeGreaterThan(40)
    for (const one of made) expect(devices(one.plan)).toEqual(devices(original.assessment.plan))
  })

  it('can be mixed and drawn nearby, within the grant as well', () => {
    const structural = thousand.find((one) =>
      one.variation.recipes.some(({ style }) => STYLES.find(({ id }) => id === style)?.group === 'arrangement'),
    ) as Made
    const sounding = thousand.find((one) =>
      one.variation.recipes.every(({ style }) => STYLES.find(({ id }) => id === style)?.group === 'sound'),
    ) as Made
    const mixed = unwrap(makeVariation(original, mixVariations(structural.variation, sounding.variation, { number: 1, styles: STYLES })))
    expect(mixed.summary).toContain(' · ')
    expect(breaches(mixed.plan)).toEqual([])
    for (let i = 0; i < 20; i++) {
      const like = makeVariation(original, drawLike(sounding.variation, i, { seed: 1, styles, keep: [] }))
      if (like.ok) expect(breaches(like.value.plan)).toEqual([])
    }
  })

  it('say in a sentence why a seed yields nothing legal', () => {
    const deny = openTerms(snapshot, [{ roles: ['*'], op: '*', effect: 'deny' }])
    const closed = readOriginal(snapshot, factsUnder(deny, heardFacts(snapshot)))
    const results = Array.from({ length: 12 }, (_, i) =>
      closed.ok ? makeVariation(closed.value, drawVariation(i + 1, { seed: 1, styles, keep: [] })) : closed,
    )
    for (const one of results) if (!one.ok) expect(one.error.message).toMatch(/^[“A-Z].*[.!]$/)
    expect(results.some((one) => !one.ok)).toBe(true)
  })
})
