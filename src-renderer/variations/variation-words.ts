// What is said about variations: the run, what was left out and why, how far one is from the original. Words only, no drawing.
import type { VariationRow, VariationRun } from '../../src-shared/protocol/index.ts'
import { countOf, formatLevel } from '../parts/index.ts'

/** Preview range of the run, in frames at 48 kHz. */
export type PreviewRange = VariationRun['range']

const FRAMES_PER_MS = 48

/** The stretch of its own timeline that a variation's preview plays: the run's, or its last part where it ends earlier. */
export const rangeOfRow = ({ fromFrame, toFrame }: PreviewRange, { lengthMs }: Pick<VariationRow, 'lengthMs'>): PreviewRange => {
  const end = Math.max(1, Math.min(toFrame, lengthMs * FRAMES_PER_MS))
  return { fromFrame: Math.max(0, Math.min(fromFrame, end - Math.min(toFrame - fromFrame, end))), toFrame: end }
}

/** 0..1 from the original over both axes of the map; by structure alone until the sound was measured. */
export const distanceOf = ({ structureDistance, soundDistance }: Pick<VariationRow, 'structureDistance' | 'soundDistance'>): number =>
  soundDistance === null ? structureDistance : Math.hypot(structureDistance, soundDistance) / Math.SQRT2

/** `close`, `near`, `far`: a word beside the number. */
export const distanceWord = (distance: number): 'close' | 'midway' | 'far' =>
  distance < 0.15 ? 'close' : distance < 0.4 ? 'midway' : 'far'

/** Both distances in words, for tooltips and screen readers. */
export const distanceSentence = ({ structureDistance, soundDistance }: VariationRow): string =>
  `${Math.round(structureDistance * 100)}% from the original in structure, ${soundDistance === null ? 'not measured yet' : `${Math.round(soundDistance * 100)}%`} in sound`

/** `2:14` of a variation's length. */
export const lengthText = (lengthMs: number): string => {
  const seconds = Math.round(lengthMs / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** `128` or `127.5`. */
export const bpmText = (bpm: number): string => (Math.abs(bpm - Math.round(bpm)) < 0.05 ? String(Math.round(bpm)) : bpm.toFixed(1))

/** `#412`. */
export const nameOf = ({ number }: Pick<VariationRow, 'number'>): string => `#${number}`

/** What was dropped and why; null where nothing was. */
export const droppedSentence = ({ licence, unfit, loudness, duplicates }: VariationRun['dropped']): string | null => {
  const parts = [
    ...(licence > 0 ? [`${licence.toLocaleString('en')} the licence does not allow`] : []),
    ...(unfit > 0 ? [`${unfit.toLocaleString('en')} that do not fit this remix`] : []),
    ...(loudness > 0 ? [`${loudness.toLocaleString('en')} too quiet or clipping`] : []),
    ...(duplicates > 0 ? [`${duplicates.toLocaleString('en')} all but the same as another or the original`] : []),
  ]
  return parts.length === 0 ? null : `Dropped: ${parts.join(', ')}.`
}

/** How a run stands, in a sentence. */
export const runSentence = ({ state, wanted, shown }: VariationRun): string => {
  const variations = countOf(shown, 'variation')
  switch (state) {
    case 'idle':
      return shown === 0 ? 'Nothing generated yet.' : `${variations} from before.`
    case 'generating':
      return `Drawing recipes and asking the licence: ${shown.toLocaleString('en')} of ${wanted.toLocaleString('en')}.`
    case 'rendering':
      return `Rendering and measuring previews: ${variations}.`
    case 'stopped':
      return `Stopped. ${variations} to listen to.`
    case 'done':
      return `${variations} to listen to.`
  }
}

/** Marks of each kind that the local model needs before it says anything. */
export const LEARNS_FROM = 3

/** What the model knows, honestly. */
export const learnedSentence = ({ kept, rejected }: VariationRun['learnedFrom']): string => {
  const marks = `${countOf(kept, 'keep')} and ${countOf(rejected, 'reject')}`
  return kept >= LEARNS_FROM && rejected >= LEARNS_FROM
    ? `Small model learned on this computer from ${marks}.`
    : `Small model, learned on this computer; it needs ${LEARNS_FROM} keeps and ${LEARNS_FROM} rejects, so far ${kept} and ${rejected}.`
}

/** Whether there is something to learn from. */
export const canLearn = ({ kept, rejected }: VariationRun['learnedFrom']): boolean => kept >= LEARNS_FROM && rejected >= LEARNS_FROM

const MOST_MATCH_DB = 18

/** Gain that makes a variation as loud as the original, in dB; 0 where one of them is too quiet to tell. */
export const matchedGainDb = (own: number | null | undefined, original: number | null | undefined): number =>
  own === null || own === undefined || original === null || original === undefined
    ? 0
    : Math.round(Math.max(-MOST_MATCH_DB, Math.min(MOST_MATCH_DB, original - own)) * 10) / 10

/** Everything about a card in one sentence, for screen readers. */
export const cardSentence = (row: VariationRow): string =>
  [
    `Variation ${row.number}`,
    row.summary,
    row.mark === 'kept' ? 'kept' : row.mark === 'rejected' ? 'rejected' : '',
    `${lengthText(row.lengthMs)}, ${bpmText(row.bpm)} BPM`,
    row.preview === null ? 'not rendered yet' : `${formatLevel(row.preview.integratedLufs)} LUFS`,
    distanceSentence(row),
    row.likelyPercent === null ? '' : `${row.likelyPercent}% likely to please`,
    row.asks.length > 0 ? 'asks the artist before an export' : '',
    row.leftOut.length > 0 ? `${countOf(row.leftOut.length, 'thing')} left out` : '',
    row.tags.length > 0 ? `tags ${row.tags.join(', ')}` : '',
  ]
    .filter(Boolean)
    .join(', ')
