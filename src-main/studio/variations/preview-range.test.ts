import { describe, expect, it } from 'vitest'
import { factsUnder, heardFacts, openTerms, songOf } from '../../../src-engine/styles/styles.fixture.ts'
import { applyEdits, compilePlan, recordsOf, remixOf, type RemixSnapshot } from '../../../src-shared/remix/index.ts'
import { unwrap } from '../../../src-shared/std/index.ts'
import { frameAt, tick } from '../../../src-shared/time/index.ts'
import { PREVIEW_FRAMES, previewRange } from './preview-range.ts'

const rangeOf = (snapshot: RemixSnapshot) =>
  previewRange(snapshot, unwrap(compilePlan(snapshot)), factsUnder(openTerms(snapshot), heardFacts(snapshot)))

describe('the stretch that previews play', () => {
  const song = songOf({ seconds: 250 })

  it('does not hang on what records are called or in which order they are kept', () => {
    const turned: RemixSnapshot = new Map([...song].reverse())
    expect(rangeOf(turned)).toEqual(rangeOf(song))
    const { fromFrame, toFrame } = rangeOf(song)
    expect(toFrame - fromFrame).toBe(PREVIEW_FRAMES)
  })

  it('is where most is played: not where all but one stem rest', () => {
    const before = rangeOf(song)
    const { tempo } = remixOf(song)
    const at = (second: number): number => {
      let position = 0
      while (frameAt(tempo, tick(position), 48_000) < second * 48_000) position += 960
      return position
    }
    const from = before.fromFrame / 48_000
    const clipIds = recordsOf(song, 'clip').map(({ id }) => id)
    const commands = [{ op: 'clip.rest' as const, clipIds, spans: [{ fromTick: Math.max(0, at(from) - 960), toTick: at(from + 29) }] }]
    let id = 0
    const rested = unwrap(applyEdits(song, commands, { newId: () => `n${++id}` })).snapshot
    expect(rangeOf(rested).fromFrame).not.toBe(before.fromFrame)
  })
})
