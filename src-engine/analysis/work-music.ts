// All that is told of a work: its stems together, beside what it states of itself. What is stated comes first; what does not fit it is said.
import {
  ANALYSIS_VERSION,
  type AnalysisStem,
  type KeyFinding,
  type LoudnessReport,
  type SectionFinding,
  type StatedMusic,
  type WorkAnalysis,
} from '../../src-shared/protocol/index.ts'
import type { Role } from '../../src-shared/remix/index.ts'
import { findKey, isRelatedKey, isSameKey, type KeyVoice, keyName, parseKey } from './key.ts'
import { findPulse, type Pulse } from './pulse.ts'
import { type BarView, findSections } from './sections.ts'
import { profileOf } from './spectral-profile.ts'
import { PROFILE_BANDS_HZ, STEP, TONAL_STEP_FRAMES } from './stem-features.ts'
import { driftNote, grooveOf, type StemMusic, worthwhile } from './stem-music.ts'

export interface WorkStem {
  readonly stem: AnalysisStem
  readonly music: StemMusic
  readonly loudness: LoudnessReport | null
}

/** How much a role says about the key. */
const KEY_WEIGHTS: Readonly<Record<Role, number>> = {
  drums: 0,
  bass: 1,
  keys: 1,
  synth: 1,
  guitar: 1,
  vocals: 0.5,
  other: 0.4,
  effects: 0.1,
}

const bpmText = (milliBpm: number): string => String(Math.round(milliBpm / 10) / 100)
const titleOf = ({ title, role }: AnalysisStem): string => (title ? `“${title}”` : `with the role ${role}`)

/** Bars of the timeline: as the work states them, else as they were heard. */
const barStarts = (
  pulse: Pulse | null,
  stated: StatedMusic | null,
  lengthFrames: number,
): { readonly frames: number[]; readonly isStated: boolean } => {
  if (stated?.milliBpm && stated.meter) {
    const barFrames = (60_000 * 48_000 * 4 * stated.meter.numerator) / (stated.milliBpm * stated.meter.denominator)
    const count = Math.min(20_000, Math.ceil(lengthFrames / barFrames - 0.01))
    return { frames: Array.from({ length: Math.max(0, count) }, (_, i) => Math.round(i * barFrames)), isStated: true }
  }
  if (!pulse) return { frames: [], isStated: false }
  const { frames, firstDownbeat, beatsPerBar } = pulse.beats
  return { frames: frames.filter((_, i) => i >= firstDownbeat && (i - firstDownbeat) % beatsPerBar === 0), isStated: false }
}

const totalPower = (music: StemMusic, fromFrame: number, toFrame: number): number => {
  const from = Math.floor(fromFrame / STEP)
  const to = Math.max(from + 1, Math.floor(toFrame / STEP))
  let sum = 0
  for (const curve of music.features.power) for (let i = from; i < Math.min(to, curve.length); i++) sum += curve[i]!
  return sum / (to - from)
}

const QUIET = 1e-7

const viewBars = (frames: readonly number[], stems: readonly WorkStem[], lengthFrames: number): BarView[] => {
  const powers = stems.map(({ music }) => frames.map((frame, i) => totalPower(music, frame, frames[i + 1] ?? lengthFrames)))
  // A stem's own loudest bars are its full level.
  const full = powers.map((row) => [...row].sort((a, b) => b - a)[Math.floor(row.length * 0.1)] ?? 0)
  return frames.map((frame, i) => {
    const end = frames[i + 1] ?? lengthFrames
    const chroma = new Array<number>(12).fill(0)
    for (const { stem, music } of stems) {
      const weight = KEY_WEIGHTS[stem.role]
      if (weight === 0) continue
      const { all, steps } = music.chroma
      for (let step = Math.floor(frame / TONAL_STEP_FRAMES); step < Math.min(steps, Math.floor(end / TONAL_STEP_FRAMES)); step++)
        for (let k = 0; k < 12; k++) chroma[k]! += weight * all[step * 12 + k]!
    }
    const size = Math.sqrt(chroma.reduce((sum, value) => sum + value * value, 0))
    const total = powers.reduce((sum, row) => sum + (row[i] ?? 0), 0)
    return {
      levels: powers.map((row, s) => {
        const [value, most] = [row[i] ?? 0, full[s] ?? 0]
        if (value <= QUIET || most <= QUIET) return 0
        return Math.max(0, Math.min(1, 1 + (10 * Math.log10(value / most)) / 30))
      }),
      chroma: chroma.map((value) => (size > 0 ? value / size : 0)),
      levelDb: total > QUIET / 10 ? Math.round(100 * Math.log10(total)) / 10 : null,
    }
  })
}

const keySentence = (stem: AnalysisStem, found: string, wanted: string, isStated: boolean): string =>
  `The stem ${titleOf(stem)} sounds like ${found}, but ${isStated ? `the work states ${wanted}` : `the other stems are in ${wanted}`}. Transpose it, or check that it belongs to this work.`

/** Whether a key found for sure is another than the one wanted, and not its relative. */
const outOfKey = (key: KeyFinding, wanted: string): boolean =>
  key.key !== null && !isSameKey(key.key, wanted) && !isRelatedKey(key.key, wanted)

/** Sure enough to say that a stem is in the wrong key: neighbours on the circle of fifths share too many notes. */
const STEM_KEY_CONFIDENCE = 0.5

const statedSections = (
  stated: StatedMusic,
  bars: readonly number[],
  views: readonly BarView[],
  lengthFrames: number,
): SectionFinding[] => {
  const levels = stated.sections.map(({ startBar, lengthBars }) => {
    const part = views.slice(startBar - 1, startBar - 1 + lengthBars).map(({ levelDb }) => levelDb ?? -60)
    return part.length === 0 ? -60 : part.reduce((a, b) => a + b, 0) / part.length
  })
  const low = Math.min(...levels)
  const high = Math.max(...levels)
  const names: string[] = []
  return stated.sections.flatMap(({ name, startBar, lengthBars }, i) => {
    const startFrame = bars[startBar - 1]
    if (startFrame === undefined) return []
    const end = bars[startBar - 1 + lengthBars] ?? lengthFrames
    if (!names.includes(name)) names.push(name)
    return [
      {
        name,
        label: String.fromCharCode(65 + (names.indexOf(name) % 26)),
        startBar,
        lengthBars,
        startFrame,
        lengthFrames: Math.max(0, end - startFrame),
        energy: high - low < 0.5 ? 1 : Math.round((((levels[i] ?? low) - low) / (high - low)) * 1_000) / 1_000,
        confidence: 1,
      },
    ]
  })
}

/** The analysis of a work from the music of its stems. */
export const analyseWork = (stems: readonly WorkStem[], stated: StatedMusic | null): WorkAnalysis => {
  const lengthFrames = stems.reduce((most, { music }) => Math.max(most, music.features.lengthFrames), 0)
  const sounding = stems.filter(({ music }) => !music.features.isSilent)
  const notes: string[] = []
  if (sounding.length === 0) notes.push('All stems are silent: there is nothing to hear in this work.')
  else for (const { stem, music } of stems) if (music.features.isSilent) notes.push(`The stem ${titleOf(stem)} is silent.`)

  const pulse = worthwhile(
    findPulse(
      sounding.map(({ stem, music }) => ({ features: music.features, role: stem.role, chroma: music.chroma, onsets: music.onsets })),
      stated?.meter ?? null,
    ),
  )
  const statedMilliBpm = stated?.milliBpm ?? null
  const tempoAgrees = statedMilliBpm === null || !pulse ? null : Math.abs(pulse.tempo.milliBpm / statedMilliBpm - 1) <= 0.005
  if (pulse && !pulse.tempo.isSteady) notes.push(driftNote(pulse))
  if (!pulse && sounding.length > 0)
    notes.push(
      statedMilliBpm === null
        ? 'No steady pulse was found. Tap the tempo, or type it in.'
        : `No steady pulse was found, so the stated ${bpmText(statedMilliBpm)} BPM could not be checked.`,
    )
  if (tempoAgrees === false && pulse && statedMilliBpm !== null) {
    const known = pulse.tempo.candidates.some(({ milliBpm }) => Math.abs(milliBpm / statedMilliBpm - 1) <= 0.005)
    notes.push(
      `The work states ${bpmText(statedMilliBpm)} BPM; ${bpmText(pulse.tempo.milliBpm)} BPM was heard${known ? ', with the stated tempo as another reading of the same beat' : ''}. The stated tempo is used.`,
    )
  }

  const voices = sounding
    .filter(({ stem }) => KEY_WEIGHTS[stem.role] > 0)
    .map(({ stem, music }): KeyVoice & { readonly tuning: StemMusic['tuning']; readonly amount: number } => ({
      chroma: music.chroma,
      weight: KEY_WEIGHTS[stem.role],
      isBass: stem.role === 'bass',
      tuning: music.tuning,
      amount: music.features.peaks.pitch.length * KEY_WEIGHTS[stem.role],
    }))
  const tuning = voices.reduce(
    (best, voice) =>
      voice.tuning.agreement * Math.sqrt(voice.amount) > best.agreement * Math.sqrt(best.amount)
        ? { ...voice.tuning, amount: voice.amount }
        : best,
    {
      cents: 0,
      agreement: 0,
      amount: 0,
    },
  )
  const key = findKey(voices, tuning)
  const statedKey = stated?.key ?? null
  const keyAgrees = statedKey === null || key.key === null ? null : isSameKey(statedKey, key.key)
  if (keyAgrees === false && key.key !== null && statedKey !== null)
    notes.push(`The work states ${statedKey}, but the stems together sound like ${key.key}. The stated key is used.`)
  else if (key.key === null && statedKey === null && sounding.length > 0) notes.push('The key is unsure: choose it by ear.')

  const stemRows = stems.map(({ stem, music, loudness }) => {
    const isTonal = KEY_WEIGHTS[stem.role] >= 0.4
    const own = findKey(
      [{ chroma: music.chroma, weight: 1, isBass: stem.role === 'bass' }],
      isTonal ? music.tuning : { cents: 0, agreement: 0 },
    )
    return { stem, music, loudness, own, isTonal }
  })
  const rows = stemRows.map(({ stem, music, loudness, own, isTonal }) => {
    const wanted = statedKey ?? key.key
    const isSure = isTonal && own.key !== null && own.confidence >= STEM_KEY_CONFIDENCE
    const doesFit = wanted === null || !isSure ? null : !outOfKey(own, wanted) || isNeighbourKey(own.key, wanted)
    if (doesFit === false && own.key !== null && wanted !== null) notes.push(keySentence(stem, own.key, wanted, statedKey !== null))
    return {
      contentSha256: stem.contentSha256,
      role: stem.role,
      isSilent: music.features.isSilent,
      onsets: music.onsets.length,
      key: own,
      keyAgrees: doesFit,
      integratedLufs: loudness?.integratedLufs ?? null,
      truePeakDb: loudness && Number.isFinite(loudness.truePeakDb) ? Math.max(-200, loudness.truePeakDb) : null,
      centroidHz: music.features.centroidHz,
    }
  })

  const bars = barStarts(pulse, stated, lengthFrames)
  const views = viewBars(bars.frames, sounding, lengthFrames)
  const hasStatedSections = stated !== null && stated.sections.length > 0 && bars.isStated
  const list = hasStatedSections
    ? statedSections(stated, bars.frames, views, lengthFrames)
    : findSections(
        views,
        sounding.map(({ stem }) => stem.role),
      ).map((section): SectionFinding => {
        const startFrame = bars.frames[section.startBar - 1] ?? 0
        const end = bars.frames[section.startBar - 1 + section.lengthBars] ?? lengthFrames
        // Borders are no surer than the bars they stand on.
        const trust = bars.isStated ? 1 : (pulse?.beats.downbeatConfidence ?? 0) * 0.5 + 0.5
        return {
          ...section,
          startFrame,
          lengthFrames: Math.max(0, end - startFrame),
          confidence: Math.round(section.confidence * trust * 1_000) / 1_000,
        }
      })

  const bands = PROFILE_BANDS_HZ.map((_, i) => sounding.reduce((sum, { music }) => sum + music.features.bands[i]!, 0))
  const weights = sounding.map(({ music }) => Math.sqrt(music.features.bands.reduce((sum, value) => sum + value, 0)))
  const weightSum = weights.reduce((a, b) => a + b, 0)
  const drums = sounding.filter(({ stem }) => stem.role === 'drums')
  return {
    version: ANALYSIS_VERSION,
    lengthFrames,
    tempo: { stated: statedMilliBpm, detected: pulse?.tempo ?? null, agrees: tempoAgrees },
    // The stated meter is what the beats were read with, so nothing was found that could disagree.
    meter: { stated: stated?.meter ?? null, detected: stated?.meter ? null : (pulse?.meter ?? null), agrees: null },
    key: { stated: statedKey, detected: key, agrees: keyAgrees },
    beats: pulse?.beats ?? null,
    sections: { origin: hasStatedSections ? 'stated' : 'detected', list },
    bars: bars.frames.map((startFrame, i) => ({ startFrame, levelDb: views[i]?.levelDb ?? null })),
    groove: grooveOf(
      pulse,
      (drums.length > 0 ? drums : sounding).flatMap(({ music }) => music.onsets),
    ),
    profile: profileOf(bands),
    centroidHz:
      weightSum === 0
        ? 0
        : Math.round(sounding.reduce((sum, { music }, i) => sum + music.features.centroidHz * (weights[i] ?? 0), 0) / weightSum),
    stems: rows,
    notes,
  }
}

/** One fifth apart, in the same mode or to the relative one: six of seven notes are shared, so a stem alone does not tell them apart. */
const isNeighbourKey = (a: string | null, b: string): boolean =>
  a !== null &&
  FIFTHS.some((shift) => {
    const from = parseKey(a)
    if (!from) return false
    const moved = keyName((from.tonic + shift) % 12, from.isMinor)
    return isSameKey(moved, b) || isRelatedKey(moved, b)
  })
const FIFTHS = [5, 7] as const
