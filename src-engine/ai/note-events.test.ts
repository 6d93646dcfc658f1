// From likelihoods to notes: what counts as one note, two notes, a short stroke, and nothing.
import { describe, expect, it } from 'vitest'
import { notesOf } from './note-events.ts'
import { LOWEST_PITCH, PITCHES } from './rates.ts'

const COLUMNS = 100
const heard = () => {
  const onsets = new Float32Array(COLUMNS * PITCHES)
  const frames = new Float32Array(COLUMNS * PITCHES)
  const sound = (pitch: number, from: number, to: number, likelihood = 0.8, onset = 0.9): void => {
    for (let column = from; column < to; column++) frames[column * PITCHES + pitch - LOWEST_PITCH] = likelihood
    onsets[from * PITCHES + pitch - LOWEST_PITCH] = onset
  }
  return { posteriors: { columns: COLUMNS, onsets, frames }, sound }
}

describe('notes', () => {
  it('begin at an onset and last while they sound; a new onset is a new note', () => {
    const { posteriors, sound } = heard()
    sound(60, 10, 30)
    sound(60, 30, 50)
    sound(64, 10, 40)
    expect(notesOf(posteriors).map(({ from, to, pitch }) => [from, to, pitch])).toEqual([
      [10, 30, 60],
      [10, 40, 64],
      [30, 50, 60],
    ])
  })

  it('are found without an onset where they sound clearly', () => {
    const { posteriors, sound } = heard()
    for (let column = 20; column < 45; column++) sound(72, column, column + 1, Math.min(0.8, 0.1 * (column - 19)), 0)
    const [note, ...others] = notesOf(posteriors)
    expect(others).toEqual([])
    expect(note).toMatchObject({ pitch: 72 })
    expect(Math.abs((note?.from ?? 0) - 22)).toBeLessThan(4)
  })

  it('may be short strokes where nothing else sounds, and are not taken from what flickers beside a note', () => {
    const alone = heard()
    alone.sound(60, 40, 44, 0.22, 0.73)
    expect(notesOf(alone.posteriors)).toMatchObject([{ from: 40, pitch: 60, hasOnset: true }])
    const beside = heard()
    beside.sound(60, 40, 44, 0.22, 0.73)
    beside.sound(67, 20, 70)
    expect(notesOf(beside.posteriors).map(({ pitch }) => pitch)).toEqual([67])
  })

  it('are none where nothing was heard', () => {
    expect(notesOf(heard().posteriors)).toEqual([])
  })
})
