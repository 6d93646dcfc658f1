import { describe, expect, it } from 'vitest'
import { formatBars, parsePosition, parseSpan } from './position-text.ts'
import { secondsAt, tickAtSeconds } from './tempo-map.ts'
import { tick } from './time.ts'

// 4/4 at 120 for two bars, then 3/4; the tempo halves at bar 3.
const maps = {
  tempo: [
    { atTick: tick(0), milliBpm: 120_000 },
    { atTick: tick(7_680), milliBpm: 60_000 },
  ],
  meter: [
    { atTick: tick(0), numerator: 4, denominator: 4 },
    { atTick: tick(7_680), numerator: 3, denominator: 4 },
  ],
}

describe('positions as people write them', () => {
  it.each([
    ['1.1.0', 0],
    ['2.3', 5_760],
    ['bar 3', 7_680],
    ['4.1.0', 10_560],
    ['4.3.959', 13_439],
    ['480t', 480],
    ['4s', 7_680],
    ['0:05', 8_640],
    ['500ms', 960],
  ])('%s', (text, expected) => expect(parsePosition(text, maps)).toBe(expected))

  it.each(['', '0.1.0', '1.5', '3.4.0', '1.1.960', 'soon', '-1s', '33', 'NaNs', '1e3s', '1:99x'])('refuses “%s”', (text) => {
    expect(parsePosition(text, maps)).toBeNull()
  })

  it.each([
    ['2 bars', 0, 7_680],
    ['1 bar', 7_680, 2_880],
    ['-1.5 beats', 0, -1_440],
    ['2s', 7_680, 1_920],
    ['-9s', 7_680, -7_680],
  ])('the span %s from %d', (text, from, expected) => expect(parseSpan(text, from, maps)).toBe(expected))

  it('writes bars the way it reads them, and finds its way over tempo changes', () => {
    for (const at of [0, 1, 959, 7_679, 7_680, 10_561, 99_999]) {
      expect(parsePosition(formatBars(tick(at), maps), maps)).toBe(at)
      expect(tickAtSeconds(maps.tempo, secondsAt(maps.tempo, tick(at)))).toBe(at)
    }
  })
})
