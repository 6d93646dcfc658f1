// What a producer relies on when the engine listens: right where it is sure, and a plain word where it is not. Songs are made by code, so that every
// beat, hit and key is known; the wider figures are in the `analysis` benchmark.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StatedMusic, stemAnalysisSchema, type WorkAnalysis, workAnalysisSchema } from '../../src-shared/protocol/index.ts'
import { noise } from '../kernels/testing/index.ts'
import { isSameKey } from './key.ts'
import { extractFeatures } from './stem-features.ts'
import { analyseStem, buildStemMusic } from './stem-music.ts'
import { memorySource } from './testing/memory-source.ts'
import { loadOneShots } from './testing/one-shots.ts'
import { makeSong, type OneShots, type Song, type SongStem } from './testing/songs.ts'
import { analyseWork } from './work-music.ts'

const dir = mkdtempSync(join(tmpdir(), 'stemma-music-'))
let shots: OneShots
beforeAll(async () => {
  shots = await loadOneShots(dir)
}, 60_000)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const musicOf = (left: Float32Array, right?: Float32Array) => {
  const features = extractFeatures(memorySource(left, right))
  if (!features) throw new Error('cancelled')
  return buildStemMusic(features)
}
const sha = 'a'.repeat(64)
const listen = (stems: readonly SongStem[], stated: StatedMusic | null = null): WorkAnalysis =>
  workAnalysisSchema.parse(
    analyseWork(
      stems.map(({ title, role, sound }) => ({ stem: { contentSha256: sha, role, title }, music: musicOf(sound), loudness: null })),
      stated,
    ),
  )
const statedOf = ({ milliBpm, key, meter }: Song): StatedMusic => ({ milliBpm, key, meter, sections: [] })
const alone = (left: Float32Array, right?: Float32Array) =>
  stemAnalysisSchema.parse(analyseStem(sha, musicOf(left, right), { loudness: null }))

describe('a steady song', () => {
  it('has its tempo, its bar line, its key and its parts', () => {
    const song = makeSong(3, shots, { style: 'rock' })
    const heard = listen(song.stems)
    expect(Math.abs((heard.tempo.detected?.milliBpm ?? 0) / song.milliBpm - 1)).toBeLessThan(0.005)
    expect(heard.tempo.detected?.isSteady).toBe(true)
    expect(heard.meter.detected).toMatchObject({ numerator: 4, denominator: 4 })
    const { beats } = heard
    const downbeat = beats?.frames[beats.firstDownbeat] ?? 0
    const bar = (4 * 60_000 * 48_000) / song.milliBpm
    const off = (downbeat - song.startFrame) / bar
    expect(Math.abs(off - Math.round(off)) * bar).toBeLessThan(48 * 15)
    if (heard.key.detected?.key) expect(isSameKey(heard.key.detected.key, song.key)).toBe(true)
    // Most borders are where they were written.
    const written = song.sections.map(({ startBar }) => startBar)
    const found = heard.sections.list.map(({ startBar }) => startBar)
    expect(written.filter((bar) => found.includes(bar)).length).toBeGreaterThanOrEqual(3)
    const bars = heard.sections.list.reduce((sum, { lengthBars }) => sum + lengthBars, 0)
    expect(bars).toBe(heard.bars.length)
  }, 60_000)

  it('gives the same answer twice', () => {
    const song = makeSong(8, shots, { lengthSeconds: 30 })
    expect(listen(song.stems)).toEqual(listen(song.stems))
  }, 60_000)

  it('offers half and double beside what it heard', () => {
    const song = makeSong(5, shots, { style: 'house', bpm: 124 })
    const heard = listen(song.stems).tempo.detected
    expect(heard?.candidates[0]).toMatchObject({ milliBpm: heard?.milliBpm, relation: 'detected' })
    expect(heard?.candidates.some(({ relation }) => relation === 'half' || relation === 'double')).toBe(true)
  }, 60_000)

  it('agrees with what the work states, and says when it does not', () => {
    const song = makeSong(6, shots, { style: 'hip-hop', bpm: 92 })
    expect(listen(song.stems, statedOf(song)).tempo).toMatchObject({ stated: 92_000, agrees: true })
    const wrong = listen(song.stems, { ...statedOf(song), milliBpm: 97_000 })
    expect(wrong.tempo).toMatchObject({ stated: 97_000, agrees: false })
    expect(wrong.notes.join(' ')).toMatch(/states 97 BPM; 92 BPM was heard.*The stated tempo is used/)
  }, 60_000)
})

describe('drums', () => {
  it('are written down to within 5 ms, in a mix of all three', () => {
    const song = makeSong(117, shots, { style: 'rock', lengthSeconds: 40 })
    const drums = song.stems.find(({ title }) => title === 'Drums')
    if (!drums) throw new Error('this song has its drums in one stem')
    const { hits } = musicOf(drums.sound).drums
    for (const drum of ['kick', 'snare'] as const) {
      const written = song.hits.filter((hit) => hit.drum === drum)
      const found = hits.filter((hit) => hit.drum === drum)
      const near = written.filter(({ frame }) => found.some((hit) => Math.abs(hit.frame - frame) <= 240))
      expect(near.length / written.length, drum).toBeGreaterThan(0.9)
      expect(found.length / written.length, drum).toBeLessThan(1.1)
    }
  }, 60_000)

  it('give their swing', () => {
    const song = makeSong(9, shots, { style: 'hip-hop', lengthSeconds: 40 })
    const { groove } = listen(song.stems)
    expect(Math.abs((groove?.swingSixteenthPermille ?? 0) / 1_000 - song.swing)).toBeLessThan(0.02)
  }, 60_000)
})

describe('what cannot be told', () => {
  const nothing = new Float32Array(48_000 * 20)

  it('a silent stem', () => {
    const heard = alone(nothing)
    expect(heard).toMatchObject({ isSilent: true, tempo: null, beats: null, groove: null, centroidHz: 0 })
    expect(heard.key.key).toBeNull()
    expect(heard.onsets.frames).toEqual([])
    expect(heard.notes).toEqual(['This stem is silent: there is nothing to hear in it.'])
    const work = listen([{ title: 'Nothing', role: 'drums', sound: nothing }])
    expect(work).toMatchObject({ beats: null, bars: [], sections: { list: [] } })
    expect(work.notes[0]).toMatch(/All stems are silent/)
  })

  it('three seconds of noise', () => {
    const { left, right } = noise(48_000 * 3, 7, 0.3)
    const heard = alone(left, right)
    expect(heard.tempo).toBeNull()
    expect(heard.key.key).toBeNull()
    expect(heard.notes).toContain('No steady pulse was found in this stem. Tap the tempo, or type it in.')
    expect(heard.notes).toContain('The key of this stem is unsure.')
  })

  it('a minute of noise', () => {
    const { left, right } = noise(48_000 * 60, 8, 0.3)
    const heard = alone(left, right)
    expect(heard.tempo?.confidence ?? 0).toBeLessThan(0.3)
    expect(heard.key.key).toBeNull()
  })

  it('a 7/8 song that drifts says that it drifts, and by how much', () => {
    const song = makeSong(2, shots, { style: 'seven-eight', bpm: 120, drift: 0.08, lengthSeconds: 70 })
    const { tempo, notes } = listen(song.stems, { milliBpm: null, key: null, meter: { numerator: 7, denominator: 8 }, sections: [] })
    expect(tempo.detected?.isSteady ?? false).toBe(false)
    expect(tempo.detected?.confidence ?? 0).toBeLessThan(0.6)
    expect(notes.join(' ')).toMatch(/The tempo drifts between|No steady pulse was found/)
    const even = makeSong(2, shots, { style: 'seven-eight', bpm: 120 })
    expect(listen(even.stems, { ...statedOf(even), milliBpm: null }).tempo.detected?.isSteady).toBe(true)
  }, 60_000)

  it('a stem in another key than the work states', () => {
    const song = makeSong(12, shots, { style: 'house' })
    const other = makeSong(13, shots, { style: 'house', key: { tonic: 6, isMinor: false } })
    const home = makeSong(12, shots, { style: 'house', key: { tonic: 0, isMinor: false } })
    expect(song.stems.length).toBeGreaterThan(2)
    const chords = other.stems.find(({ title }) => title === 'Chords')
    if (!chords) throw new Error('every song has chords')
    const heard = listen([...home.stems, { ...chords, title: 'Stray keys' }], statedOf(home))
    expect(heard.notes.join(' ')).toMatch(/The stem “Stray keys” sounds like F# major, but the work states C major/)
    expect(heard.stems.at(-1)?.keyAgrees).toBe(false)
    expect(heard.notes.filter((note) => note.includes('sounds like'))).toHaveLength(1)
  }, 60_000)

  it('broken samples, a click, a constant, a length of one frame', () => {
    const broken = noise(48_000 * 8, 3, 0.2).left.slice()
    for (let i = 0; i < broken.length; i += 997) broken[i] = [Number.NaN, Number.POSITIVE_INFINITY, -1e30][i % 3] ?? 0
    const click = new Float32Array(48_000 * 8)
    click[100_000] = 1
    const constant = new Float32Array(48_000 * 8).fill(0.5)
    for (const sound of [broken, click, constant, new Float32Array(1), new Float32Array(0)]) {
      const heard = alone(sound)
      expect(JSON.stringify(heard)).not.toMatch(/NaN|Infinity/)
      listen([{ title: 'Odd', role: 'synth', sound }])
    }
  })

  it('a stem whose right side cancels its left', () => {
    const song = makeSong(4, shots, { style: 'rock', lengthSeconds: 30 })
    const [drums] = song.stems
    if (!drums) throw new Error('a rock song has drums')
    const heard = alone(
      drums.sound,
      drums.sound.map((value) => -value),
    )
    expect(heard.isSilent).toBe(false)
    expect(heard.onsets.frames.length).toBeGreaterThan(20)
  }, 60_000)
})
