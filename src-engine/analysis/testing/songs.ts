// Songs made by code for judging the analysis: tempo, meter, key, sections, swing and every hit are known because they were written. Drums are CC0
// one-shots, the rest is synthesised; the same seed gives the same song. What is measured with them is what blind listening finds.
import { MINOR_STEPS, type Style, STYLES } from './song-styles.ts'

const RATE = 48_000

export interface SongStem {
  readonly title: string
  readonly role: 'drums' | 'bass' | 'keys' | 'synth' | 'vocals' | 'guitar'
  /** Mono at 48 kHz. */
  readonly sound: Float32Array
}

export interface SongHit {
  readonly frame: number
  readonly drum: 'kick' | 'snare' | 'hat'
}

export interface Song {
  readonly name: string
  readonly milliBpm: number
  readonly key: string
  readonly meter: { readonly numerator: number; readonly denominator: number }
  /** Frame of the first downbeat. */
  readonly startFrame: number
  readonly sections: readonly { readonly name: string; readonly startBar: number; readonly lengthBars: number }[]
  readonly stems: readonly SongStem[]
  readonly hits: readonly SongHit[]
  /** Share of a pair of sixteenths that the first takes. */
  readonly swing: number
  readonly style: string
}

/** One-shots by name, mono at 48 kHz, from their onset. */
export type OneShots = (name: string) => Float32Array

/** Numbers in [0, 1) from a seed (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

const TABLE = 2_048

const table = (harmonics: readonly number[]): Float32Array => {
  const out = new Float32Array(TABLE + 1)
  for (let i = 0; i <= TABLE; i++)
    for (let h = 0; h < harmonics.length; h++) out[i]! += (harmonics[h] ?? 0) * Math.sin((2 * Math.PI * i * (h + 1)) / TABLE)
  return out
}

const TABLES = {
  saw: table([1, 0.5, 0.33, 0.25, 0.2, 0.16, 0.12, 0.08]),
  hollow: table([1, 0, 0.3, 0, 0.15, 0, 0.05]),
  round: table([1, 0.25, 0.06]),
  voice: table([0.7, 1, 0.5, 0.3, 0.5, 0.2]),
}

interface Voice {
  readonly shape: keyof typeof TABLES
  readonly attackMs: number
  /** Seconds to fall to a third; 0 holds. */
  readonly decay: number
  readonly releaseMs: number
  readonly vibrato: number
  readonly gain: number
}

const play = (into: Float32Array, voice: Voice, midi: number, startSeconds: number, seconds: number, velocity: number): void => {
  const shape = TABLES[voice.shape]
  const from = Math.round(startSeconds * RATE)
  const held = Math.round(seconds * RATE)
  const release = Math.round((voice.releaseMs / 1_000) * RATE)
  const attack = Math.max(1, Math.round((voice.attackMs / 1_000) * RATE))
  const step = (440 * 2 ** ((midi - 69) / 12) * TABLE) / RATE
  const fall = voice.decay === 0 ? 1 : Math.exp(-1.1 / (voice.decay * RATE))
  let envelope = 1
  let phase = 0
  const total = Math.min(held + release, into.length - from)
  for (let i = 0; i < total; i++) {
    phase += step * (voice.vibrato === 0 ? 1 : 1 + voice.vibrato * Math.sin((i * 2 * Math.PI * 5.3) / RATE))
    while (phase >= TABLE) phase -= TABLE
    const at = phase | 0
    const sample = shape[at]! + (shape[at + 1]! - shape[at]!) * (phase - at)
    envelope *= fall
    const rise = i < attack ? i / attack : 1
    const end = i > held ? 1 - (i - held) / release : 1
    into[from + i]! += sample * envelope * rise * end * velocity * voice.gain
  }
}

const MAJOR_STEPS = [0, 2, 4, 5, 7, 9, 11]
const NAMES = {
  major: ['C', 'Db', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'],
  minor: ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'G#', 'A', 'Bb', 'B'],
}
/** Degrees of each progression, a bar each or shared out. */
const PROGRESSIONS = {
  major: [
    [0, 4, 5, 3],
    [0, 5, 3, 4],
    [0, 3, 4, 3],
    [5, 3, 0, 4],
    [0, 2, 3, 4],
    [1, 4, 0, 0],
    [0, 3, 0, 4],
  ],
  minor: [
    [0, 5, 2, 6],
    [0, 3, 4, 0],
    [0, 6, 5, 6],
    [0, 3, 6, 2],
    [0, 5, 3, 4],
    [0, 0, 3, 0],
  ],
}

const FORM = [
  ['Intro', 4],
  ['Verse', 8],
  ['Chorus', 8],
  ['Verse', 8],
  ['Chorus', 8],
  ['Outro', 4],
] as const

/** What a drifting song does to its tempo: a factor of time over beats, 0..1 through the song. */
export interface SongOptions {
  readonly style?: string
  readonly bpm?: number
  readonly key?: { readonly tonic: number; readonly isMinor: boolean }
  /** Slowest against fastest, 0 is steady. */
  readonly drift?: number
  readonly lengthSeconds?: number
}

/** A song of a seed. */
export const makeSong = (seed: number, oneShots: OneShots, options: SongOptions = {}): Song => {
  const random = seeded(seed * 7_919 + 13)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const styles = options.style === undefined ? STYLES : STYLES.filter(({ name }) => name === options.style)
  const style = pick(styles.flatMap((one) => Array.from({ length: one.share }, () => one))) as Style
  const drawn = style.bpm[0] + random() * (style.bpm[1] - style.bpm[0])
  const bpm = options.bpm ?? (random() < 0.5 ? Math.round(drawn) : Math.round(drawn * 100) / 100)
  const drawnMinor = random() < 0.5
  const drawnTonic = Math.floor(random() * 12)
  const { isMinor, tonic } = options.key ?? { isMinor: drawnMinor, tonic: drawnTonic }
  const steps = isMinor ? MINOR_STEPS : MAJOR_STEPS
  const swing = style.swing === 0 ? 0.5 : 0.5 + style.swing * (0.5 + 0.5 * random())
  const { numerator, denominator } = style.meter
  const sixteenths = (numerator * 16) / denominator
  const quarter = 60 / bpm
  const start = random() < 0.5 ? 0 : Math.round(random() * 2_000) / 1_000
  const drift = options.drift ?? 0
  const wanted = options.lengthSeconds ?? 70
  const barSeconds = (sixteenths / 4) * quarter
  const scale = Math.max(0.5, Math.min(2.5, wanted / (40 * barSeconds)))
  let bars = 0
  const sections = FORM.map(([name, length]) => {
    const lengthBars = Math.max(2, Math.round((length * scale) / 2) * 2)
    const section = { name, startBar: bars + 1, lengthBars }
    bars += lengthBars
    return section
  })
  const totalSixteenths = bars * sixteenths
  /** Seconds of a sixteenth, swung where asked; drift bends the whole. */
  const timeOf = (sixteenth: number): number => {
    const unit = style.swingUnit
    const pair = Math.floor(sixteenth / (2 * unit) + 1e-9)
    const inside = (sixteenth - pair * 2 * unit) / (2 * unit)
    const bent = inside < 0.5 ? inside * 2 * swing : swing + (inside - 0.5) * 2 * (1 - swing)
    const at = (pair + bent) * 2 * unit
    const through = at / totalSixteenths
    return start + (at + (drift * totalSixteenths * (1 - Math.cos(2 * Math.PI * through))) / (2 * Math.PI)) * (quarter / 4)
  }
  const frames = Math.ceil((timeOf(totalSixteenths) + 2) * RATE)
  const stem = (): Float32Array => new Float32Array(frames)
  const human = (): number => (random() + random() - 1) * 0.004 * style.looseness

  const hits: SongHit[] = []
  const stems: SongStem[] = []
  const nameAt = (bar: number): string =>
    sections.find(({ startBar, lengthBars }) => bar >= startBar - 1 && bar < startBar - 1 + lengthBars)?.name ?? ''
  const hasDrums = style.kick.length > 0
  if (hasDrums) {
    const sounds = { kick: oneShots(pick(KICKS)), snare: oneShots(pick(SNARES)), hat: oneShots(pick(HATS)) }
    const separate = random() < 0.3
    const parts = separate ? { kick: stem(), snare: stem(), hat: stem() } : undefined
    const kit = stem()
    const strike = (drum: 'kick' | 'snare' | 'hat', sixteenth: number, velocity: number): void => {
      const frame = Math.max(0, Math.round((timeOf(sixteenth) + human()) * RATE))
      const into = parts ? parts[drum] : kit
      const sound = sounds[drum]
      for (let i = 0; i < sound.length && frame + i < frames; i++) into[frame + i]! += sound[i]! * velocity
      hits.push({ frame, drum })
    }
    for (let bar = 0; bar < bars; bar++) {
      const name = nameAt(bar)
      if (name === 'Intro' && !style.drumsFromStart) continue
      const isFill = nameAt(bar + 1) !== name && random() < 0.7
      for (const [at, velocity = 1] of style.kick) strike('kick', bar * sixteenths + at, 0.7 * velocity)
      for (const [at, velocity = 1] of style.snare) if (name !== 'Intro') strike('snare', bar * sixteenths + at, 0.5 * velocity)
      for (const [at, velocity = 1] of style.hat)
        if (name !== 'Outro' || at % 4 === 0) strike('hat', bar * sixteenths + at, 0.25 * velocity * (0.85 + 0.3 * random()))
      if (isFill)
        for (let at = sixteenths - 4; at < sixteenths; at++)
          if (random() < 0.7) strike('snare', bar * sixteenths + at, 0.3 + 0.1 * random())
    }
    if (parts)
      stems.push(
        { title: 'Kick', role: 'drums', sound: parts.kick },
        { title: 'Snare', role: 'drums', sound: parts.snare },
        { title: 'Hats', role: 'drums', sound: parts.hat },
      )
    else stems.push({ title: 'Drums', role: 'drums', sound: kit })
  }

  const modes = isMinor ? 'minor' : 'major'
  const verse = pick(PROGRESSIONS[modes])
  const chorus = pick(PROGRESSIONS[modes])
  const perChord = style.barsPerChord
  const chordAt = (bar: number): number => {
    const name = nameAt(bar)
    if (bar >= bars - 1) return 0
    const section = sections.find(({ startBar, lengthBars }) => bar >= startBar - 1 && bar < startBar - 1 + lengthBars)
    const into = bar - (section ? section.startBar - 1 : 0)
    const progression = name === 'Chorus' ? chorus : verse
    return progression[Math.floor(into / perChord) % progression.length] as number
  }
  const noteOf = (degree: number, near: number): number => {
    const octave = Math.floor(degree / 7)
    const pitchClass = (tonic + (steps[((degree % 7) + 7) % 7] as number)) % 12
    const base = near - ((((near - pitchClass) % 12) + 12) % 12)
    return (near - base > 6 ? base + 12 : base) + (octave > 0 ? 0 : 0)
  }
  const bassSound = stem()
  const chordSound = stem()
  const leadSound = stem()
  const bassVoice: Voice = {
    shape: pick(['saw', 'round', 'hollow'] as const),
    attackMs: 4,
    decay: 0.5,
    releaseMs: 40,
    vibrato: 0,
    gain: 0.22,
  }
  const chordVoice: Voice =
    style.chords === 'pad'
      ? { shape: 'saw', attackMs: 120, decay: 0, releaseMs: 200, vibrato: 0.001, gain: 0.05 }
      : { shape: pick(['saw', 'round', 'hollow'] as const), attackMs: 3, decay: 0.45, releaseMs: 60, vibrato: 0, gain: 0.08 }
  const leadVoice: Voice = { shape: 'voice', attackMs: 25, decay: 0, releaseMs: 50, vibrato: 0.006, gain: 0.07 }
  const rhythm = style.lead
  let degree = 7 + Math.floor(random() * 5)
  for (let bar = 0; bar < bars; bar++) {
    const name = nameAt(bar)
    const chord = chordAt(bar)
    const at = bar * sixteenths
    const secondsOf = (from: number, length: number): number => timeOf(from + length) - timeOf(from)
    if (name !== 'Intro' || !hasDrums)
      for (const [offset, length, step] of style.bass)
        play(
          bassSound,
          bassVoice,
          noteOf(chord + step, 38),
          timeOf(at + offset) + Math.abs(human()),
          secondsOf(at + offset, length) * 0.9,
          0.9,
        )
    for (const [offset, length] of style.comp)
      for (const [i, third] of [0, 2, 4].entries()) {
        const broken = style.chords === 'arp' ? i : -1
        if (broken >= 0 && (offset / 2) % 3 !== i) continue
        play(
          chordSound,
          chordVoice,
          noteOf(chord + third, 62),
          timeOf(at + offset) + Math.abs(human()),
          secondsOf(at + offset, length) * 0.92,
          name === 'Chorus' ? 1 : 0.7,
        )
      }
    if (name === 'Verse' || name === 'Chorus')
      for (const [offset, length] of rhythm) {
        if (random() < 0.25) continue
        const tones = [0, 2, 4].map((third) => (chord + third) % 7)
        degree += Math.floor(random() * 5) - 2
        degree = Math.max(5, Math.min(13, degree))
        // Strong places take chord tones.
        if (offset % 4 === 0)
          degree =
            degree -
            (degree % 7) +
            tones.reduce((best, tone) => (Math.abs(tone - (degree % 7)) < Math.abs(best - (degree % 7)) ? tone : best), tones[0] as number)
        const midi = noteOf(degree, name === 'Chorus' ? 74 : 69)
        play(
          leadSound,
          leadVoice,
          midi,
          timeOf(at + offset) + human() * 2 + 0.01,
          secondsOf(at + offset, length) * 0.85,
          name === 'Chorus' ? 1 : 0.75,
        )
      }
  }
  stems.push(
    { title: 'Bass', role: 'bass', sound: bassSound },
    { title: 'Chords', role: style.chords === 'pad' ? 'synth' : 'keys', sound: chordSound },
  )
  stems.push({ title: 'Lead', role: 'vocals', sound: leadSound })
  return {
    name: `${style.name} ${seed}`,
    milliBpm: Math.round(bpm * 1_000),
    key: `${NAMES[modes][tonic]} ${modes}`,
    meter: { numerator, denominator },
    startFrame: Math.round(start * RATE),
    sections,
    stems,
    hits: hits.sort((a, b) => a.frame - b.frame),
    swing,
    style: style.name,
  }
}

export const KICKS = ['bd_haus', 'bd_fat', 'bd_808', 'bd_klub', 'bd_tek', 'drum_heavy_kick', 'bd_zum', 'bd_ada'] as const
export const SNARES = ['sn_dub', 'sn_dolf', 'sn_zome', 'drum_snare_hard', 'elec_hi_snare', 'elec_snare'] as const
export const HATS = ['drum_cymbal_closed', 'hat_cab', 'hat_noiz', 'hat_tap', 'hat_zild', 'hat_gem', 'hat_bdu'] as const
