// All that is told of one stem by itself.
import { ANALYSIS_VERSION, type LoudnessReport, type StemAnalysis } from '../../src-shared/protocol/index.ts'
import type { Role } from '../../src-shared/remix/index.ts'
import { type Transcription, transcribeDrums } from './drums.ts'
import { findGroove } from './groove.ts'
import { type Chroma, chromaOf, findKey, tuningOf } from './key.ts'
import { findOnsets, type Onset } from './onsets.ts'
import { findPulse, type Pulse } from './pulse.ts'
import { profileOf } from './spectral-profile.ts'
import type { StemFeatures } from './stem-features.ts'

/** What is computed of a stem once and used for itself and for its work. */
export interface StemMusic {
  readonly features: StemFeatures
  readonly onsets: readonly Onset[]
  readonly chroma: Chroma
  readonly tuning: { readonly cents: number; readonly agreement: number }
  readonly drums: Transcription
}

export const buildStemMusic = (features: StemFeatures): StemMusic => {
  const tuning = tuningOf(features.peaks)
  return {
    features,
    onsets: findOnsets(features),
    tuning,
    chroma: chromaOf(features.peaks, tuning.cents),
    drums: transcribeDrums(features),
  }
}

/** The same without the envelopes that onsets were placed by, which are most of it. */
export const compactStemMusic = (music: StemMusic): StemMusic => {
  const none = new Float32Array(0)
  return { ...music, features: { ...music.features, fine: none, fineLow: none } }
}

/** Below this a tempo is not worth showing. */
export const LEAST_TEMPO_CONFIDENCE = 0.12

/** A pulse worth showing. */
export const worthwhile = (pulse: Pulse | null): Pulse | null => (pulse && pulse.tempo.confidence >= LEAST_TEMPO_CONFIDENCE ? pulse : null)

/** Onsets of several stems against the grid of a steady pulse. */
export const grooveOf = (pulse: Pulse | null, onsets: readonly Onset[]) => {
  if (!pulse?.tempo.isSteady) return null
  const { frames, firstDownbeat, beatsPerBar, beatsPerQuarter } = pulse.beats
  const startFrame = frames[firstDownbeat]
  if (startFrame === undefined) return null
  return findGroove(onsets, {
    startFrame,
    quarterFrames: (60_000 * 48_000) / pulse.tempo.milliBpm,
    slots: Math.round((beatsPerBar * 4) / beatsPerQuarter),
  })
}

/** The analysis of one stem. `role` is other where nobody says. */
export const analyseStem = (
  contentSha256: string,
  music: StemMusic,
  { role = 'other', loudness }: { readonly role?: Role; readonly loudness: LoudnessReport | null },
): StemAnalysis => {
  const { features, onsets, chroma, tuning, drums } = music
  const strongest = onsets.reduce((most, { strength }) => Math.max(most, strength), 0)
  const pulse = features.isSilent ? null : worthwhile(findPulse([{ features, role, chroma, onsets }], null))
  const key = findKey([{ chroma, weight: 1, isBass: role === 'bass' }], tuning)
  const notes: string[] = []
  if (features.isSilent) notes.push('This stem is silent: there is nothing to hear in it.')
  else {
    if (!pulse) notes.push('No steady pulse was found in this stem. Tap the tempo, or type it in.')
    else if (!pulse.tempo.isSteady) notes.push(driftNote(pulse))
    if (key.key === null) notes.push('The key of this stem is unsure.')
  }
  return {
    version: ANALYSIS_VERSION,
    contentSha256,
    lengthFrames: features.lengthFrames,
    isSilent: features.isSilent,
    onsets: {
      frames: onsets.map(({ frame }) => frame),
      strengths: onsets.map(({ strength }) => Math.round((strongest > 0 ? strength / strongest : 0) * 1_000) / 1_000),
    },
    tempo: pulse?.tempo ?? null,
    beats: pulse?.beats ?? null,
    key,
    drums: { hits: [...drums.hits], confidence: drums.confidence },
    groove: grooveOf(pulse, onsets),
    integratedLufs: loudness?.integratedLufs ?? null,
    truePeakDb: loudness && Number.isFinite(loudness.truePeakDb) ? Math.max(-200, loudness.truePeakDb) : null,
    centroidHz: features.centroidHz,
    profile: profileOf(features.bands),
    notes,
  }
}

const bpmText = (milliBpm: number): string => String(Math.round(milliBpm / 100) / 10)

export const driftNote = ({ tempo }: Pulse): string =>
  `The tempo drifts between ${bpmText(tempo.slowestMilliBpm)} and ${bpmText(tempo.fastestMilliBpm)} BPM, so ${bpmText(tempo.milliBpm)} BPM is only its middle.`
