// A sung voice without words: a sum of harmonics shaped by formants (after the tables of Rodet's CHANT and Klatt's synthesiser),
// breath noise through the same formants, and the small movements that make a line sound sung: scoops, portamento, late vibrato.
import { gaussian, type Random } from '../random.ts'
import type { Grid, Note } from '../score.ts'
import { midiToHz, panGains, SAMPLE_RATE, type Stereo } from './stereo.ts'

/** Five formants: frequency in Hz, bandwidth in Hz, level in dB. */
type Vowel = readonly (readonly [hz: number, bandwidthHz: number, db: number])[]

const VOWELS: Readonly<Record<string, Vowel>> = {
  a: [
    [800, 90, 0],
    [1180, 100, -5],
    [2800, 130, -20],
    [3600, 150, -26],
    [4950, 200, -42],
  ],
  e: [
    [450, 80, 0],
    [1750, 100, -18],
    [2700, 130, -24],
    [3400, 150, -28],
    [4950, 200, -44],
  ],
  i: [
    [350, 70, 0],
    [1900, 100, -20],
    [2800, 130, -24],
    [3700, 150, -28],
    [4950, 200, -46],
  ],
  o: [
    [480, 80, 0],
    [850, 90, -8],
    [2700, 130, -24],
    [3400, 150, -30],
    [4950, 200, -50],
  ],
  u: [
    [350, 70, 0],
    [720, 80, -13],
    [2500, 140, -30],
    [3400, 160, -36],
    [4950, 200, -56],
  ],
  m: [
    [260, 60, -5],
    [1000, 180, -30],
    [2200, 200, -40],
    [3200, 200, -50],
    [4500, 250, -60],
  ],
  n: [
    [260, 60, -5],
    [1400, 180, -28],
    [2400, 200, -36],
    [3200, 200, -46],
    [4500, 250, -58],
  ],
  l: [
    [360, 80, -4],
    [1250, 120, -18],
    [2700, 150, -30],
    [3400, 170, -36],
    [4800, 220, -50],
  ],
}

interface Syllable {
  /** What the mouth does before the vowel, for how long, and how loud. */
  readonly onset: string
  readonly onsetSeconds: number
  readonly from: string
  readonly to: string
  /** Noise at the start: seconds and level. */
  readonly breath: number
  readonly plosive: number
}

const plain = (vowel: string): Syllable => ({ onset: vowel, onsetSeconds: 0, from: vowel, to: vowel, breath: 0, plosive: 0 })

const SYLLABLES: Readonly<Record<string, Syllable>> = {
  ah: plain('a'),
  oh: plain('o'),
  oo: plain('u'),
  ee: plain('i'),
  mm: plain('m'),
  na: { ...plain('a'), onset: 'n', onsetSeconds: 0.07 },
  no: { ...plain('o'), onset: 'n', onsetSeconds: 0.07 },
  la: { ...plain('a'), onset: 'l', onsetSeconds: 0.06 },
  lo: { ...plain('o'), onset: 'l', onsetSeconds: 0.06 },
  ma: { ...plain('a'), onset: 'm', onsetSeconds: 0.08 },
  ha: { ...plain('a'), breath: 0.07 },
  da: { ...plain('a'), plosive: 1 },
  du: { ...plain('u'), plosive: 0.8 },
  wa: { ...plain('a'), onset: 'u', onsetSeconds: 0.09 },
  ya: { ...plain('a'), onset: 'i', onsetSeconds: 0.09 },
  ay: { ...plain('e'), to: 'i' },
  ow: { ...plain('a'), to: 'u' },
}

export interface Singer {
  /** Formants times this: 1 an alto, 0.86 a tenor, 1.12 a soprano. */
  readonly formantScale: number
  readonly vibratoHz: number
  readonly vibratoCents: number
  readonly breathiness: number
  /** Brightness of the glottis: the level of harmonic k is k^-tilt before the formants. */
  readonly tilt: number
  readonly pan: number
  /** Constant offset, for a second take. */
  readonly detuneCents: number
  /** Deviation of onsets, ms. */
  readonly timingMs: number
  /** Harmonics above this are left out: a choir in the distance needs fewer. */
  readonly topHz: number
  /** An audible breath before phrases. */
  readonly breathBefore: boolean
}

export const LEAD: Singer = {
  formantScale: 1.03,
  vibratoHz: 5.4,
  vibratoCents: 28,
  breathiness: 0.035,
  tilt: 0.32,
  pan: 0,
  detuneCents: 0,
  timingMs: 6,
  topHz: 7_500,
  breathBefore: true,
}

const CONTROL = 64
const FORMANTS = 5

/** Sings notes into `target`; notes without a rest between them are one breath. */
export const sing = (target: Stereo, singer: Singer, notes: readonly Note[], grid: Grid, random: Random, level = 1): void => {
  for (const phrase of splitPhrases(notes)) singPhrase(target, singer, phrase, grid, random, level)
}

const splitPhrases = (notes: readonly Note[]): readonly (readonly Note[])[] => {
  const phrases: Note[][] = []
  let end = Number.NEGATIVE_INFINITY
  for (const note of notes) {
    if (note.startBeat - end > 0.01 || phrases.length === 0) phrases.push([])
    phrases[phrases.length - 1]?.push(note)
    end = note.startBeat + note.lengthBeats
  }
  return phrases
}

/** Where the mouth and the pitch are to be at a time. */
interface Target {
  readonly at: number
  readonly end: number
  readonly midi: number
  readonly velocity: number
  readonly syllable: Syllable
  readonly isNewSyllable: boolean
}

const singPhrase = (target: Stereo, singer: Singer, phrase: readonly Note[], grid: Grid, random: Random, level: number): void => {
  const first = phrase[0]
  if (first === undefined) return
  const origin = first.startBeat * grid.secondsPerBeat + (gaussian(random) * singer.timingMs) / 1000
  let syllable = SYLLABLES.ah as Syllable
  const targets = phrase.map((note): Target => {
    const isNew = note.syllable !== undefined && note.syllable !== '-'
    if (isNew) {
      const found = SYLLABLES[note.syllable as string]
      if (found === undefined) throw new Error(`not a syllable: ${note.syllable}`)
      syllable = found
    }
    const at = (note.startBeat - first.startBeat) * grid.secondsPerBeat + (note === first ? 0 : (gaussian(random) * singer.timingMs) / 2000)
    return {
      at,
      end: at + note.lengthBeats * grid.secondsPerBeat,
      midi: note.midi,
      velocity: note.velocity,
      syllable,
      isNewSyllable: isNew,
    }
  })
  const release = 0.14
  const sungSeconds = (targets[targets.length - 1] as Target).end
  const start = Math.round(origin * SAMPLE_RATE)
  const frames = Math.min(target.left.length - start, Math.ceil((sungSeconds + release) * SAMPLE_RATE))
  if (start < 0 || frames <= 0) return
  const [panLeft, panRight] = panGains(singer.pan)
  if (singer.breathBefore) inhale(target, start, random, singer, level)

  const lowest = midiToHz(Math.min(...targets.map((one) => one.midi)) - 1)
  const harmonics = Math.min(64, Math.floor(singer.topHz / lowest))
  const amps = new Float64Array(harmonics + 1)
  const steps = new Float64Array(harmonics + 1)
  const formantHz = new Float64Array(FORMANTS)
  const formantBw = new Float64Array(FORMANTS)
  const formantDb = new Float64Array(FORMANTS)
  const formantLevel = new Float64Array(FORMANTS)
  const logs = amps.map((_, k) => Math.log(Math.max(1, k)))
  for (let i = 0; i < FORMANTS; i++) {
    const [hz, bw, db] = (VOWELS[(targets[0] as Target).syllable.onset] as Vowel)[i] as readonly [number, number, number]
    formantHz[i] = hz * singer.formantScale
    formantBw[i] = bw
    formantDb[i] = db
  }
  const breath = createBreath(random)
  let theta = 0
  let midi = (targets[0] as Target).midi - 0.7
  let loudness = 0
  let drift = 0
  let shimmer = 0
  let index = 0
  let vibratoPhase = random() * 6.28
  let gain = 0
  let lastHighest = 0
  for (let block = 0; block < frames; block += CONTROL) {
    const seconds = block / SAMPLE_RATE
    while (index + 1 < targets.length && seconds >= (targets[index + 1] as Target).at - 0.03) index++
    const now = targets[index] as Target
    const into = Math.max(0, seconds - now.at)
    const isOver = seconds > sungSeconds
    // The pitch goes to its note like a damped spring without overshoot: about 60 ms.
    midi += (now.midi - midi) * (1 - Math.exp(-CONTROL / SAMPLE_RATE / 0.022))
    drift += (gaussian(random) * 0.05 - drift) * 0.012
    shimmer += (gaussian(random) * 0.3 - shimmer) * 0.03
    vibratoPhase += (2 * Math.PI * singer.vibratoHz * (1 + drift) * CONTROL) / SAMPLE_RATE
    const length = now.end - now.at
    const vibratoGrowth = Math.max(0, Math.min(1, (into - 0.22) / 0.35)) * Math.min(1, length / 0.6)
    const bent = midi + drift + singer.detuneCents / 100 + (singer.vibratoCents / 100) * vibratoGrowth * Math.sin(vibratoPhase)
    const hz = midiToHz(bent)

    const consonant = now.isNewSyllable && into < now.syllable.onsetSeconds
    const progress = Math.min(1, into / Math.max(0.12, length))
    const vowel = consonant ? now.syllable.onset : progress > 0.6 ? now.syllable.to : now.syllable.from
    const glide = 1 - Math.exp(-CONTROL / SAMPLE_RATE / (consonant ? 0.012 : 0.03))
    const table = VOWELS[vowel] as Vowel
    for (let i = 0; i < FORMANTS; i++) {
      const [fHz, bw, db] = table[i] as readonly [number, number, number]
      // Singers open the mouth until the first formant is not below the note.
      const wanted = i === 0 && !consonant ? Math.max(fHz * singer.formantScale, hz * 1.03) : fHz * singer.formantScale
      formantHz[i] = (formantHz[i] as number) + (wanted - (formantHz[i] as number)) * glide
      formantBw[i] = (formantBw[i] as number) + (bw - (formantBw[i] as number)) * glide
      formantDb[i] = (formantDb[i] as number) + (db - (formantDb[i] as number)) * glide
    }

    // Each note swells a little and sinks towards its end; the phrase has its own arc.
    const swell = 0.82 + 0.18 * Math.sin(Math.PI * Math.min(1, into / Math.max(0.2, length)) ** 0.7)
    const arc = 0.9 + 0.1 * Math.sin((Math.PI * seconds) / Math.max(0.3, sungSeconds))
    let wantedLoudness = isOver ? 0 : now.velocity * swell * arc * (1 + shimmer * 0.12)
    if (consonant) wantedLoudness *= now.syllable.onset === 'n' || now.syllable.onset === 'm' || now.syllable.onset === 'l' ? 0.55 : 0.8
    if (now.isNewSyllable && now.syllable.plosive > 0 && into < 0.012 && index > 0) wantedLoudness = 0
    if (now.isNewSyllable && into < now.syllable.breath) wantedLoudness *= 0.15
    const speed = isOver ? 0.045 : seconds < 0.1 && now.syllable.plosive === 0 ? 0.03 : 0.012
    loudness += (wantedLoudness - loudness) * (1 - Math.exp(-CONTROL / SAMPLE_RATE / speed))

    // Louder is brighter: the glottis closes faster.
    const tilt = singer.tilt + 0.55 * (0.8 - loudness)
    const highest = Math.min(harmonics, Math.floor(singer.topHz / hz))
    // Those that have just gone over the top still fade out in this block.
    const sounding = Math.max(highest, lastHighest)
    lastHighest = highest
    for (let i = 0; i < FORMANTS; i++) formantLevel[i] = 10 ** ((formantDb[i] as number) / 20)
    let power = 0
    for (let k = 1; k <= sounding; k++) {
      let wanted = 0
      if (k <= highest) {
        const partialHz = k * hz
        for (let i = 0; i < FORMANTS; i++) {
          // Wide skirts: real formants sum to a spectrum without deep holes.
          const offset = (partialHz - (formantHz[i] as number)) / ((formantBw[i] as number) * 1.6)
          const root = Math.sqrt(1 + offset * offset)
          wanted += (formantLevel[i] as number) / (root * Math.sqrt(root))
        }
        wanted *= Math.exp(-tilt * (logs[k] as number))
      }
      power += wanted * wanted
      steps[k] = wanted
    }
    // Held at an even loudness whichever harmonics the formants happen to meet; half the difference is left in.
    const normal = 0.34 / Math.sqrt(power + 0.02) ** 0.75
    for (let k = 1; k <= sounding; k++) steps[k] = ((steps[k] as number) * normal - (amps[k] as number)) / CONTROL
    const gainStep = (loudness * level - gain) / CONTROL
    const thetaStep = (2 * Math.PI * hz) / SAMPLE_RATE
    const breathing = singer.breathiness * (isOver ? 2 : 1) + (now.isNewSyllable && into < now.syllable.breath ? 0.5 : 0)
    breath.tune(formantHz[0] as number, formantHz[1] as number, formantHz[2] as number)
    const plosiveGain = now.isNewSyllable && into > 0.006 && into < 0.03 ? now.syllable.plosive * 0.1 * now.velocity : 0
    const isBreathing = breathing > 0 || plosiveGain > 0
    const size = Math.min(CONTROL, frames - block)
    for (let n = 0; n < size; n++) {
      theta += thetaStep
      if (theta > 2 * Math.PI) theta -= 2 * Math.PI
      const sine = Math.sin(theta)
      const cosine = Math.cos(theta)
      const turn = 2 * cosine
      let before = 0
      let current = sine
      let sum = 0
      for (let k = 1; k <= sounding; k++) {
        const amp = (amps[k] as number) + (steps[k] as number)
        amps[k] = amp
        sum += amp * current
        const next = turn * current - before
        before = current
        current = next
      }
      gain += gainStep
      // Breath escapes while the glottis is open: once per period.
      const noise = isBreathing ? breath.next() * (breathing * (0.6 + 0.4 * cosine) * (gain + 0.02 * level) + plosiveGain * level) : 0
      const value = sum * gain + noise
      const at = start + block + n
      target.left[at] = (target.left[at] as number) + value * panLeft
      target.right[at] = (target.right[at] as number) + value * panRight
    }
  }
}

/** White noise through three band-passes. */
const createBreath = (random: Random): { readonly tune: (a: number, b: number, c: number) => void; readonly next: () => number } => {
  const state = new Float64Array(6)
  const g = new Float64Array(3)
  const mix = [0.5, 0.7, 1.1]
  return {
    tune: (a, b, c) => {
      g[0] = Math.tan((Math.PI * a) / SAMPLE_RATE)
      g[1] = Math.tan((Math.PI * b * 1.4) / SAMPLE_RATE)
      g[2] = Math.tan((Math.PI * c * 1.5) / SAMPLE_RATE)
    },
    next: () => {
      const input = random() * 2 - 1
      let sum = 0
      for (let i = 0; i < 3; i++) {
        const gi = g[i] as number
        const k = 0.5
        const a1 = 1 / (1 + gi * (gi + k))
        const v3 = input - (state[i * 2 + 1] as number)
        const v1 = a1 * ((state[i * 2] as number) + gi * v3)
        const v2 = (state[i * 2 + 1] as number) + gi * v1
        state[i * 2] = 2 * v1 - (state[i * 2] as number)
        state[i * 2 + 1] = 2 * v2 - (state[i * 2 + 1] as number)
        sum += v1 * (mix[i] as number)
      }
      return sum
    },
  }
}

/** A short breath drawn in before a phrase. */
const inhale = (target: Stereo, phraseStart: number, random: Random, singer: Singer, level: number): void => {
  const frames = Math.round((0.22 + random() * 0.12) * SAMPLE_RATE)
  const from = phraseStart - frames - Math.round(0.05 * SAMPLE_RATE)
  if (from < 0) return
  const breath = createBreath(random)
  breath.tune(700, 1500, 2900)
  const [left, right] = panGains(singer.pan)
  for (let n = 0; n < frames; n++) {
    const shape = Math.sin((Math.PI * n) / frames) ** 2 * (n / frames)
    const value = breath.next() * shape * 0.028 * level
    target.left[from + n] = (target.left[from + n] as number) + value * left
    target.right[from + n] = (target.right[from + n] as number) + value * right
  }
}
