// Cutting clips and laying the pieces elsewhere: swing, chops, rolls, half-time. The grid is the remix's; words are not cut where phrases are known.
import {
  type Clip,
  type EditCommand,
  endTick,
  milliBpmAt,
  recordsOf,
  REMIX_SAMPLE_RATE,
  remixOf,
  sourceFramesBetween,
  type StemRecord,
} from '../../src-shared/remix/index.ts'
import { type Bar, tickOfSource } from './grid.ts'
import { isVoice, type Lane, offset48 } from './lanes.ts'
import type { Stage } from './stage.ts'

/** A stretch of what a lane plays, laid at another place. */
export interface Piece {
  readonly fromTick: number
  readonly lengthTicks: number
  readonly atTick: number
  readonly gainDb?: number
  /** Speed in thousandths: 500 is half-time. The piece then covers `lengthTicks` on the timeline and less or more of the source. */
  readonly speedPermille?: number
  /** URN of the model that said where to cut. */
  readonly foundBy?: string
}

/** Slices one style makes at most. */
export const MAX_SLICES = 1_200

const stemOfClip = (lane: Lane, clip: Clip): StemRecord | undefined => lane.stems.find((stem) => stem.id === clip.stemId)

/** Where in an ascending list the first number that is not below `at` is. */
const firstFrom = (sorted: readonly number[], at: number): number => {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < at) low = middle + 1
    else high = middle
  }
  return low
}

/** Replaces what a lane plays between two positions by pieces of what it played anywhere. Pieces outside of the lane's clips are silence. */
export const recut = (stage: Stage, lane: Lane, fromTick: number, toTick: number, pieces: readonly Piece[]): void => {
  if (stage.isFull || stage.isKept(lane)) return
  const { tempo } = remixOf(stage.snapshot)
  const sources = stage.clipsNow(lane)
  const added: EditCommand[] = []
  // The latest end among the clips up to each: where to begin to look for those that a piece touches.
  const ends: number[] = []
  for (const clip of sources) ends.push(Math.max(ends.at(-1) ?? 0, endTick(clip)))
  for (const piece of pieces) {
    const speed = (piece.speedPermille ?? 1000) / 1000
    const covered = piece.lengthTicks * speed
    for (let i = firstFrom(ends, piece.fromTick); i < sources.length; i++) {
      const clip = sources[i] as Clip
      if (clip.startTick >= piece.fromTick + covered) break
      const stem = stemOfClip(lane, clip)
      const start = Math.max(piece.fromTick, clip.startTick)
      const end = Math.min(piece.fromTick + covered, endTick(clip))
      if (!stem || end - start < 4) continue
      const into = sourceFramesBetween(tempo, clip, clip.startTick, Math.round(start))
      const sourceOffsetFrames = clip.sourceOffsetFrames + Math.round((into * stem.sampleRate) / REMIX_SAMPLE_RATE)
      if (sourceOffsetFrames >= stem.lengthFrames) continue
      const startTick = Math.round(piece.atTick + (start - piece.fromTick) / speed)
      const lengthTicks = Math.round((end - start) / speed)
      if (lengthTicks < 4 || startTick < 0) continue
      const source = clip.warp?.milliBpm ?? milliBpmAt(tempo, clip.startTick)
      const warp =
        speed === 1
          ? clip.warp
          : { milliBpm: Math.round(source / speed), cents: clip.warp?.cents ?? 0, keepsFormants: clip.warp?.keepsFormants ?? isVoice(lane) }
      const foundBy = piece.foundBy ?? clip.foundBy
      added.push({
        op: 'clip.add',
        id: stage.newId(),
        trackId: lane.track.id,
        stemId: clip.stemId,
        startTick,
        lengthTicks,
        sourceOffsetFrames,
        name: clip.name,
        gainDb: Math.max(-144, Math.min(36, Math.round((clip.gainDb + (piece.gainDb ?? 0)) * 10) / 10)),
        ...(warp ? { warp } : {}),
        ...(clip.soundId === undefined ? {} : { soundId: clip.soundId }),
        ...(foundBy === undefined ? {} : { foundBy }),
      })
    }
  }
  stage.rest(lane, fromTick, toTick)
  for (const command of added) stage.edit(command)
}

/** Whether the bars of the remix are the bars of its music, as far as anybody knows. Says what is left out where not. */
export const hasGrid = (stage: Stage, what: string): boolean => {
  const works = recordsOf(stage.snapshot, 'work')
  const [first] = stage.tempo
  if (works.some((work) => work.milliBpm !== null) || stage.tempo.length > 1 || first?.milliBpm !== 120_000) return true
  const heard = works.some((work) => {
    const found = stage.facts.works?.[work.id]?.tempo
    return found != null && found.confidence >= 0.5 && Math.abs(found.milliBpm - 120_000) < 1_200
  })
  if (!heard) stage.leaveOut(what, 'Nobody has stated the tempo of this work; detect or tap it, and cuts will fall on its beats.')
  return heard
}

const ascending = new WeakMap<readonly number[], readonly number[]>()

/** Numbers in ascending order, sorted once: the same facts are read for every variation. */
const sortedOnce = (numbers: readonly number[]): readonly number[] => {
  const known = ascending.get(numbers)
  if (known) return known
  const sorted = [...numbers].sort((left, right) => left - right)
  ascending.set(numbers, sorted)
  return sorted
}

/** Positions at which a lane's onsets are heard, ascending; undefined where they are not known. */
export const onsetTicks = (stage: Stage, lane: Lane): readonly number[] | undefined => {
  const positions: number[] = []
  const { tempo } = stage
  let isKnown = false
  for (const clip of stage.clipsNow(lane)) {
    const stem = stemOfClip(lane, clip)
    const onsets = stem && stage.heard(stem).onsets
    if (!stem || !onsets) continue
    isKnown = true
    const offset = offset48(clip, stem)
    const sorted = sortedOnce(onsets)
    const tickAt = tickOfSource(clip, offset, tempo)
    for (let i = firstFrom(sorted, offset); i < sorted.length; i++) {
      const at = tickAt(sorted[i] ?? 0)
      if (at === undefined) break
      positions.push(at)
    }
  }
  return isKnown ? positions.sort((left, right) => left - right) : undefined
}

export interface HeardPhrase {
  readonly startTick: number
  readonly endTick: number
  readonly model: string
}

/** Vocal phrases of a lane on the timeline, ascending; undefined where they are not known. */
export const phrasesOf = (stage: Stage, lane: Lane): readonly HeardPhrase[] | undefined => {
  const found: HeardPhrase[] = []
  const { tempo } = stage
  let isKnown = false
  for (const clip of stage.clipsNow(lane)) {
    const stem = stemOfClip(lane, clip)
    const report = stem && stage.heard(stem).phrases
    if (!stem || !report) continue
    isKnown = true
    const offset = offset48(clip, stem)
    const tickAt = tickOfSource(clip, offset, tempo)
    for (const { startFrame, endFrame } of report.phrases) {
      if (endFrame <= offset) continue
      const startTick = tickAt(Math.max(startFrame, offset))
      const stop = tickAt(endFrame) ?? endTick(clip)
      if (startTick !== undefined && stop > startTick) found.push({ startTick, endTick: stop, model: report.model })
    }
  }
  return isKnown ? found.sort((left, right) => left.startTick - right.startTick) : undefined
}

/** The phrase a cut at this position would go through. */
export const phraseAt = (phrases: readonly HeardPhrase[] | undefined, at: number): HeardPhrase | undefined =>
  phrases?.find(({ startTick, endTick: end }) => at > startTick + 60 && at < end - 60)

/** The nearest position to a wanted one, at most `within` away, that is between words; the wanted one where nothing is known. */
export const betweenWords = (phrases: readonly HeardPhrase[] | undefined, at: number, within: number): number => {
  const hit = phraseAt(phrases, at)
  if (!hit) return at
  const before = at - hit.startTick
  const after = hit.endTick - at
  if (Math.min(before, after) > within) return at
  return before <= after ? hit.startTick : hit.endTick
}

const isNear = (sorted: readonly number[], at: number, within: number): boolean => {
  const found = sorted[firstFrom(sorted, at - within)]
  return found !== undefined && found <= at + within
}

/** How late each subdivision of a bar is played: `offsets[i]` ticks for the i-th of `offsets.length` equal parts. */
export interface Feel {
  readonly offsets: (bar: Bar) => readonly number[]
}

/** The feel of a swing: each second one of a pair of `unit` per beat (2 eighths, 4 sixteenths) comes later; 500 is straight. */
export const swingFeel = (swingPermille: number, perBeat: 2 | 4): Feel => ({
  offsets: ({ beatTicks, beats }) => {
    const unit = beatTicks / perBeat
    const late = Math.round((swingPermille / 1000) * 2 * unit - unit)
    return Array.from({ length: beats * perBeat }, (_, i) => (i % 2 === 1 ? late : 0))
  },
})

/**
 * Moves a lane's hits by the feel: it is cut before each hit that moves, and the cut-off piece is laid later or earlier. Only where something is
 * played, if that is known. Returns the number of slices; 0 where there was no room left.
 */
export const layFeel = (stage: Stage, lane: Lane, feel: Feel, budget: number): number => {
  const onsets = onsetTicks(stage, lane)
  const pieces: Piece[] = []
  const clips = stage.clipsNow(lane)
  const [first] = clips
  const last = clips.at(-1)
  if (!first || !last) return 0
  const from: number = first.startTick
  const to = clips.reduce((end, clip) => Math.max(end, endTick(clip)), 0)
  let open: number = from
  let shift = 0
  let slices = 0
  const close = (at: number, next: number): void => {
    if (at > open) {
      // A piece that is late gives way to what follows on time, one that is early leaves a breath.
      const length = Math.min(at - open, at + Math.min(0, next - shift) - open)
      if (length > 0) pieces.push({ fromTick: open, lengthTicks: length, atTick: open + shift })
      slices++
    }
    open = at
    shift = next
  }
  for (const bar of stage.bars(from, to)) {
    const offsets = feel.offsets(bar)
    const unit = bar.lengthTicks / Math.max(1, offsets.length)
    for (const [i, late] of offsets.entries()) {
      const at = Math.round(bar.startTick + i * unit)
      if (at <= from || at >= to || late === shift) continue
      if (late !== 0 && onsets && !isNear(onsets, at, unit / 2)) {
        if (shift !== 0) close(at, 0)
        continue
      }
      if (slices >= budget) break
      close(at, late)
    }
    if (slices >= budget) break
  }
  // What is left over plays on as it was.
  close(to, 0)
  if (pieces.every((piece) => piece.fromTick === piece.atTick)) return 0
  recut(stage, lane, from, to, pieces)
  return pieces.length
}
