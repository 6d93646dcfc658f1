// What a click on half, double, the fifths, the bar line or the tap button does.
import { describe, expect, it } from 'vitest'
import { correctTempo, tempoOfTaps } from './tempo-corrections.ts'

describe('one-click corrections', () => {
  it('halves, doubles, and takes two thirds or three halves', () => {
    expect(correctTempo(180_000, 'half')).toBe(90_000)
    expect(correctTempo(90_000, 'double')).toBe(180_000)
    expect(correctTempo(120_000, 'two-thirds')).toBe(80_000)
    expect(correctTempo(80_000, 'three-halves')).toBe(120_000)
    expect(correctTempo(97_333, 'half')).toBe(48_667)
  })

  it('offers nothing a remix could not take', () => {
    expect(correctTempo(30_000, 'half')).toBeNull()
    expect(correctTempo(210_000, 'double')).toBeNull()
  })
})

describe('tap tempo', () => {
  const steady = (count: number, ms: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i * ms)

  it('needs three taps', () => {
    expect(tempoOfTaps([])).toBeNull()
    expect(tempoOfTaps(steady(2, 500))).toBeNull()
    expect(tempoOfTaps(steady(3, 500))?.milliBpm).toBe(120_000)
  })

  it('is exact for even taps and sure of eight', () => {
    expect(tempoOfTaps(steady(8, 60_000 / 97))).toEqual({ milliBpm: 97_000, confidence: 1, taps: 8 })
  })

  it('evens out a human hand', () => {
    const off = [3, -9, 12, -4, 8, -14, 5, 0, -7, 11, -2, 6]
    const tapped = tempoOfTaps(steady(12, 500).map((time, i) => time + (off[i] ?? 0)))
    expect(Math.abs((tapped?.milliBpm ?? 0) / 120_000 - 1)).toBeLessThan(0.005)
    expect(tapped?.confidence).toBeGreaterThan(0.8)
  })

  it('leaves out a tap that slipped in and counts one that was missed', () => {
    const times = steady(12, 500).filter((_, i) => i !== 5)
    times.splice(3, 0, 1_230)
    times.sort((a, b) => a - b)
    const tapped = tempoOfTaps(times)
    expect(tapped?.milliBpm).toBe(120_000)
    expect(tapped?.taps).toBe(11)
    expect(tapped?.confidence).toBeLessThan(1)
  })

  it('starts over after a pause', () => {
    expect(tempoOfTaps([...steady(8, 400), ...steady(6, 600, 20_000)])?.milliBpm).toBe(100_000)
  })

  it('says nothing of taps that make no tempo', () => {
    expect(tempoOfTaps([0, 0, 0, 0])).toBeNull()
    expect(tempoOfTaps([0, 5, 10, 15])).toBeNull()
    expect(tempoOfTaps([0, Number.NaN, 500, 1_000])).toBeNull()
    expect(tempoOfTaps([0, 2_999, 2_999 * 2, 2_999 * 3])?.milliBpm).toBe(20_007)
  })
})
