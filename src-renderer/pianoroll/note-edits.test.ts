import { describe, expect, it } from 'vitest'
import type { Note } from '../../src-shared/remix/index.ts'
import {
  addNote,
  deleteNotes,
  gridFrames,
  hitNote,
  moveNotes,
  neighbourNote,
  pitchName,
  pitchRange,
  resizeNotes,
  snapFrame,
} from './note-edits.ts'

const note = (startFrame: number, pitch: number, lengthFrames = 6_000): Note => ({ startFrame, lengthFrames, pitch, velocity: 80 })
const NOTES = [note(0, 60), note(12_000, 64), note(6_000, 67)]

describe('notes under the hand', () => {
  it('snap to sixteenths of the tempo', () => {
    expect(gridFrames(120_000)).toBe(6_000)
    expect(snapFrame(8_900, 6_000)).toBe(6_000)
    expect(snapFrame(9_100, 6_000)).toBe(12_000)
  })
  it('move together and keep their distances at the edges of the range', () => {
    const moved = moveNotes(NOTES, new Set([0, 1]), -50_000, 100)
    expect(moved.map(({ startFrame, pitch }) => [startFrame, pitch])).toEqual([
      [0, 123],
      [12_000, 127],
      [6_000, 67],
    ])
  })
  it('never get shorter than the grid, unless they were', () => {
    expect(resizeNotes(NOTES, new Set([0]), -9_000, 1_500)[0]?.lengthFrames).toBe(1_500)
    expect(resizeNotes([note(0, 60, 700)], new Set([0]), -9_000, 1_500)[0]?.lengthFrames).toBe(700)
  })
  it('are found by pointer and by key, added and deleted', () => {
    expect(hitNote(NOTES, 100, 60.3, 500)).toEqual({ index: 0, isEdge: false })
    expect(hitNote(NOTES, 5_900, 60, 500)).toEqual({ index: 0, isEdge: true })
    expect(hitNote(NOTES, 5_900, 62, 500)).toBeNull()
    expect(neighbourNote(NOTES, 0, 1)).toBe(2)
    expect(neighbourNote(NOTES, null, -1)).toBe(1)
    expect(addNote([], 8_999, 61.4, 6_000)).toEqual([{ startFrame: 6_000, lengthFrames: 6_000, pitch: 61, velocity: 90 }])
    expect(deleteNotes(NOTES, new Set([0, 2]))).toEqual([NOTES[1]])
  })
  it('have names, and rows around what is played', () => {
    expect([pitchName(60), pitchName(69), pitchName(0)]).toEqual(['C4', 'A4', 'C-1'])
    expect(pitchRange(NOTES).high - pitchRange(NOTES).low).toBeGreaterThanOrEqual(24)
  })
})
