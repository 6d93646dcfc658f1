// Notes moved into keys and onto chords: degrees keep their place in the melody, times stay, nothing leaves the keyboard.
import { describe, expect, it } from 'vitest'
import { harmonise, nearestPitch, type PitchSet, readChord, readKey } from './index.ts'

const key = (text: string): PitchSet => readKey(text) ?? expect.fail(`${text} is a key`)
const chord = (text: string): PitchSet => readChord(text) ?? expect.fail(`${text} is a chord`)
const notes = (...pitches: readonly number[]) =>
  pitches.map((pitch, index) => ({ startFrame: index * 12_000, lengthFrames: 11_000, pitch, velocity: 90 }))
const pitches = (list: readonly { readonly pitch: number }[]): readonly number[] => list.map(({ pitch }) => pitch)

describe('keys and chords', () => {
  it('are read as musicians write them, and nothing else is', () => {
    expect(key('F# minor')).toEqual({ root: 6, intervals: [0, 2, 3, 5, 7, 8, 10] })
    expect(key('Bb major').root).toBe(10)
    expect(key('D dorian').root).toBe(2)
    expect(chord('Am7')).toEqual({ root: 9, intervals: [0, 3, 7, 10] })
    expect(chord('D/F#')).toEqual({ root: 2, intervals: [0, 4, 7] })
    for (const text of ['H minor', 'A', 'A mnior', '', 'constructor']) expect(readKey(text)).toBeUndefined()
    for (const text of ['Hm', 'Cfoo', '', 'C major']) expect(readChord(text)).toBeUndefined()
  })
})

describe('harmonising', () => {
  it('turns each degree into the same degree of the other key', () => {
    const scale = notes(60, 62, 64, 65, 67, 69, 71, 72)
    expect(pitches(harmonise(scale, { from: key('C major'), to: key('C minor') }))).toEqual([60, 62, 63, 65, 67, 68, 70, 72])
    expect(pitches(harmonise(scale, { from: key('C major'), to: key('A minor') }))).toEqual([57, 59, 60, 62, 64, 65, 67, 69])
    expect(pitches(harmonise(scale, { from: key('C major'), to: key('D major') }))).toEqual([62, 64, 66, 67, 69, 71, 73, 74])
  })

  it('takes each note to the nearest of the key where nobody knows what it was in', () => {
    expect(pitches(harmonise(notes(60, 61, 63, 66), { from: null, to: key('C major') }))).toEqual([60, 60, 62, 65])
    expect(nearestPitch(61, key('A minor pentatonic'))).toBe(60)
  })

  it('puts long notes on the chord that sounds and lets short ones pass', () => {
    const long = { startFrame: 30_000, lengthFrames: 40_000, pitch: 62, velocity: 90 }
    const short = { startFrame: 80_000, lengthFrames: 5_000, pitch: 62, velocity: 90 }
    const chords = [
      { fromFrame: 0, chord: chord('F') },
      { fromFrame: 24_000, chord: chord('C') },
    ]
    expect(pitches(harmonise([long, short], { from: null, to: key('C major'), chords }))).toEqual([60, 62])
  })

  it('keeps times and velocities, merges what falls together, and stays on the keyboard', () => {
    const together = [
      { startFrame: 0, lengthFrames: 100, pitch: 60, velocity: 50 },
      { startFrame: 0, lengthFrames: 900, pitch: 61, velocity: 70 },
    ]
    expect(harmonise(together, { from: null, to: key('C major') })).toEqual([{ startFrame: 0, lengthFrames: 900, pitch: 60, velocity: 70 }])
    const edges = harmonise(notes(0, 1, 126, 127), { from: null, to: key('F# major') })
    for (const { pitch } of edges) expect(pitch >= 0 && pitch <= 127).toBe(true)
  })
})
