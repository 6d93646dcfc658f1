// Instruments and kits: every note on its frame and at its pitch, the same bits every time, no clicks, no aliasing, and no end to what a score may ask.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { INSTRUMENTS, KITS } from '../../src-shared/music/index.ts'
import { DRUMS, type Hit, type Note } from '../../src-shared/remix/index.ts'
import { ProblemError } from '../../src-shared/std/index.ts'
import type { SoundBlocks } from '../sound-blocks.ts'
import { exp2, hzOfPitch, sinTurns } from './exact-math.ts'
import { renderHits, renderNotes } from './index.ts'

const RATE = 48_000

const collect = async (blocks: SoundBlocks, lengthFrames: number) => {
  const left = new Float32Array(lengthFrames)
  const right = new Float32Array(lengthFrames)
  let at = 0
  for await (const block of blocks) {
    left.set(block.left, at)
    right.set(block.right, at)
    at += block.frames
  }
  expect(at).toBe(lengthFrames)
  return { left, right }
}
const play = (notes: readonly Note[], name: string, lengthFrames: number, params: Record<string, number> = {}) =>
  collect(renderNotes(notes, { name, params }, lengthFrames), lengthFrames)

const note = (pitch: number, startFrame = 1_000, lengthFrames = RATE): Note => ({ startFrame, lengthFrames, pitch, velocity: 110 })
const peakOf = (samples: Float32Array): number => samples.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0)

/** Level in dB at a frequency over a Blackman-Harris window of a second, 0 dB is a full-scale sine. */
const levelAt = (samples: Float32Array, from: number, hz: number): number => {
  let re = 0
  let im = 0
  let sum = 0
  for (let n = 0; n < RATE; n++) {
    const w = (2 * Math.PI * n) / RATE
    const gain = 0.35875 - 0.48829 * Math.cos(w) + 0.14128 * Math.cos(2 * w) - 0.01168 * Math.cos(3 * w)
    re += gain * (samples[from + n] ?? 0) * Math.cos(w * hz)
    im += gain * (samples[from + n] ?? 0) * Math.sin(w * hz)
    sum += gain
  }
  return 20 * Math.log10((2 * Math.hypot(re, im)) / sum + 1e-12)
}

describe('exact mathematics', () => {
  it('agrees with the machine’s own to the last digits', () => {
    for (let n = -400; n < 400; n++) {
      const x = n / 37
      expect(Math.abs(exp2(x) / 2 ** x - 1)).toBeLessThan(1e-14)
      expect(Math.abs(sinTurns(x) - Math.sin(2 * Math.PI * x))).toBeLessThan(1e-13)
    }
    expect(hzOfPitch(69)).toBe(440)
  })
})

describe.each(INSTRUMENTS.map(({ name }) => name))('the instrument %s', (name) => {
  it('begins on its frame, ends by itself, and neither clicks nor clips', async () => {
    const { left, right } = await play([note(48, 1_000, 24_000)], name, RATE * 4)
    expect(peakOf(left.subarray(0, 1_000))).toBe(0)
    expect(peakOf(left.subarray(1_000, 25_000))).toBeGreaterThan(0.02)
    for (const side of [left, right]) {
      expect(peakOf(side)).toBeLessThan(0.5)
      expect(side[side.length - 1]).toBeCloseTo(0, 6)
    }
  })

  it('gives the same bits twice, in any order of notes', async () => {
    const chord = [note(60), note(64, 5_000), note(67, 9_001), note(72, 5_000, 100)]
    const one = await play(chord, name, 60_000)
    const two = await play([...chord].reverse(), name, 60_000)
    expect(two).toEqual(one)
  })
})

describe('notes', () => {
  it.each(['lead', 'organ', 'strings', 'e-piano'])('alias below hearing on %s, high up', async (name) => {
    const pitch = 100
    const { left } = await play([note(pitch, 0, RATE * 2)], name, RATE * 3, { width: 0 })
    const hz = hzOfPitch(pitch)
    const loudest = levelAt(left, RATE / 2, hz)
    // Where partials beyond half the sample rate would fold back to, well away from real ones.
    const folded = [10, 11, 12, 13, 14, 15]
      .map((k) => Math.abs(RATE - hz * k))
      .filter((at) => at > 60 && Math.abs(at / hz - Math.round(at / hz)) * hz > 60)
    expect(folded.length).toBeGreaterThan(2)
    for (const at of folded) expect(levelAt(left, RATE / 2, at) - loudest).toBeLessThan(-60)
  })

  it('keep to the voices there are: a thousand at once neither hang nor clip the clock', async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => note(30 + (n % 60), n * 10, RATE))
    const startMs = performance.now()
    const { left } = await play(many, 'pluck', RATE)
    expect(performance.now() - startMs).toBeLessThan(20_000)
    expect(left.every(Number.isFinite)).toBe(true)
  })

  it('take strange parameters as the nearest sane ones', async () => {
    const { left } = await play([note(60)], 'warm-pad', 20_000, {
      attack: Number.NaN,
      release: -5,
      brightness: 1e9,
      width: 7,
      gainDb: 0,
      constructor: 3,
    })
    expect(left.every(Number.isFinite)).toBe(true)
  })

  it('are louder with velocity', async () => {
    const soft = await play([{ ...note(60), velocity: 30 }], 'e-piano', 20_000)
    const hard = await play([{ ...note(60), velocity: 127 }], 'e-piano', 20_000)
    expect(peakOf(hard.left) / peakOf(soft.left)).toBeGreaterThan(4)
  })

  it('stop when the user has enough of it', async () => {
    const controller = new AbortController()
    const blocks = renderNotes([note(60)], { name: 'lead', params: {} }, RATE * 60, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    })
    await expect(collect(blocks, RATE * 60)).rejects.toMatchObject({ problem: { code: 'instrument.cancelled' } })
  })

  it('on an instrument that is not here are refused by its name', async () => {
    const thrown = await play([note(60)], 'theremin', 1_000).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(ProblemError)
    expect((thrown as ProblemError).problem).toMatchObject({ code: 'instrument.unknown', message: expect.stringMatching(/"theremin"/) })
  })
})

describe.each(KITS.map(({ name }) => name))('the kit %s', (name) => {
  const hits: Hit[] = DRUMS.map((drum, index) => ({ frame: 500 + index * 20_000, drum, velocity: 110 }))

  it('has every drum, on its frame', async () => {
    const { left, right } = await collect(renderHits(hits, name, 140_000), 140_000)
    expect(peakOf(left.subarray(0, 500))).toBe(0)
    for (const { frame } of hits) {
      const before = peakOf(left.subarray(frame - 64, frame))
      const after = Math.max(peakOf(left.subarray(frame, frame + 4_000)), peakOf(right.subarray(frame, frame + 4_000)))
      expect(after).toBeGreaterThan(Math.max(0.02, before))
    }
    expect(Math.max(peakOf(left), peakOf(right))).toBeLessThan(1)
  })

  it('gives the same bits in any order of hits', async () => {
    const one = await collect(renderHits(hits, name, 140_000), 140_000)
    expect(await collect(renderHits([...hits].reverse(), name, 140_000), 140_000)).toEqual(one)
  })
})

/** Of the sound as other machines made it: changes only when an instrument is changed on purpose. */
const KNOWN: Readonly<Record<string, string>> = {
  'e-piano': '9a772ef5da77b057',
  organ: 'fbed6236a989b675',
  pluck: '3c895eda987abfbe',
  'warm-pad': '5b6f7b15cdd46bd8',
  strings: 'f00042b291fb11ad',
  lead: '68656c700e7de07f',
  'synth-bass': '21437b12433eb539',
  'sub-bass': 'bf98b3f2ae025706',
  bell: 'b9e0732032ec0405',
  'bass-round': 'f973833391f7dffa',
  'bass-wood': 'de8afad75bdc5f5f',
  'bass-trance': 'deaa005a64e9aae8',
  'bass-voice': '3e0465a6be002a8c',
  glass: 'a7249ff1657b48c6',
  'glass-hum': '4e93907e446699bb',
  'voice-tone': 'c398689dede0be27',
  'drum-tuned': 'bd7bc71d3b3abaea',
  'bell-short': 'f37d5a05eaa42460',
  acoustic: 'cd65b362e0d9d6f7',
  electronic: 'f5a562f59777ae40',
  'lo-fi': '22c5dfda8161b5a0',
  club: '3d84e3c0917d1316',
  tabla: '21ad343279f1e45d',
}

describe('the sound of a score', () => {
  it('is the same to the bit on every machine', async () => {
    const made: Record<string, string> = {}
    const hash = ({ left, right }: { readonly left: Float32Array; readonly right: Float32Array }): string =>
      createHash('sha256').update(new Uint8Array(left.buffer)).update(new Uint8Array(right.buffer)).digest('hex').slice(0, 16)
    for (const { name } of INSTRUMENTS) made[name] = hash(await play([note(52), note(59, 8_000), note(76, 12_345)], name, 40_000))
    for (const { name } of KITS)
      made[name] = hash(await collect(renderHits([{ frame: 10, drum: 'kick', velocity: 90 }], name, 20_000), 20_000))
    expect(made).toEqual(KNOWN)
  })
})
