// From how likely somebody sings and how loud it is to phrases whose edges do not cut through words. Pure. The model tells that there is a voice; where
// it begins and ends is told by the level, which is finer in time and does not miss long vowels.
import type { Phrase } from '../../src-shared/protocol/index.ts'
import { VOICE_FRAME } from './rates.ts'

const STEM_FRAMES_PER_SAMPLE = 3
/** Levels are taken every 10 ms. */
export const LEVEL_HOP = 160
const ms = (value: number): number => Math.round(value / 10)

/** A voice starts above the first and ends below the second. */
const ON = 0.5
const OFF = 0.35
/** Shorter holes are breath or consonants within a phrase. */
const MERGE_MS = 300
/** Shorter finds are clicks or bleed. */
const SHORTEST_MS = 120
/** How far an edge may follow a sound that goes on beyond what the model heard. */
const REACH_MS = 1_200
/** An edge leaves this much room before the sound and after it. */
const BEFORE_MS = 30
const AFTER_MS = 60
/** Where it never becomes quiet, the edge goes to the quietest place this near. */
const SEARCH_MS = 250
/** Below the voice's own level by this factor it is quiet: 32 dB. */
const QUIET = 0.025

/** Root mean square of each 10 ms. */
export const levelsOf = (samples: Float32Array): Float32Array => {
  const levels = new Float32Array(Math.ceil(samples.length / LEVEL_HOP))
  for (let at = 0; at < levels.length; at++) {
    const to = Math.min(samples.length, (at + 1) * LEVEL_HOP)
    let sum = 0
    for (let i = at * LEVEL_HOP; i < to; i++) sum += (samples[i] as number) ** 2
    levels[at] = Math.sqrt(sum / LEVEL_HOP)
  }
  return levels
}

interface Span {
  readonly from: number
  readonly to: number
  readonly surest: number
}

/** Phrases in order, apart from one another, at 48 kHz. `samples` are at 16 kHz, `likelihoods` one a frame of the model. */
export const phrasesOf = (samples: Float32Array, likelihoods: Float32Array, lengthFrames: number): readonly Phrase[] => {
  const levels = levelsOf(samples)
  const heard = merge(spansOf(likelihoods), ms(MERGE_MS))
  const quiet = QUIET * voiceLevel(levels, heard)
  const edged = heard.map((span, index) => ({
    from: edge(levels, { start: span.from, stop: heard[index - 1]?.to ?? 0, step: -1, quiet }),
    to: edge(levels, { start: span.to, stop: heard[index + 1]?.from ?? levels.length, step: 1, quiet }),
    surest: span.surest,
  }))
  const toFrame = (level: number): number => Math.max(0, Math.min(lengthFrames, level * LEVEL_HOP * STEM_FRAMES_PER_SAMPLE))
  return merge(edged, ms(MERGE_MS / 3))
    .filter(({ from, to }) => to - from >= ms(SHORTEST_MS))
    .map(({ from, to, surest }) => ({ startFrame: toFrame(from), endFrame: toFrame(to), confidencePermille: Math.round(surest * 1_000) }))
    .filter(({ startFrame, endFrame }) => endFrame > startFrame)
}

/** Stretches above the thresholds, counted in levels. */
const spansOf = (likelihoods: Float32Array): readonly Span[] => {
  const spans: Span[] = []
  const levelsPerFrame = VOICE_FRAME / LEVEL_HOP
  let from = -1
  let surest = 0
  for (let frame = 0; frame <= likelihoods.length; frame++) {
    const value = likelihoods[frame] ?? 0
    if (from < 0 && value >= ON) {
      from = frame
      surest = value
    } else if (from >= 0 && (value < OFF || frame === likelihoods.length)) {
      spans.push({ from: Math.floor(from * levelsPerFrame), to: Math.ceil(frame * levelsPerFrame), surest })
      from = -1
    } else if (value > surest) surest = value
  }
  return spans
}

const merge = (spans: readonly Span[], gap: number): readonly Span[] => {
  const merged: Span[] = []
  for (const span of spans) {
    const last = merged.at(-1)
    if (last && span.from - last.to < gap)
      merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, span.to), surest: Math.max(last.surest, span.surest) }
    else merged.push(span)
  }
  return merged
}

/** Level that three of four heard moments stay below: the voice where it is clearly there. */
const voiceLevel = (levels: Float32Array, heard: readonly Span[]): number => {
  const all = heard.flatMap(({ from, to }) => [...levels.subarray(from, to)]).sort((a, b) => a - b)
  return all[Math.floor(all.length * 0.75)] ?? 0
}

interface Search {
  readonly start: number
  /** The neighbour's edge: never beyond. */
  readonly stop: number
  readonly step: 1 | -1
  readonly quiet: number
}

/** Follows the sound from `start` until it is quiet; where it never is, takes the quietest place near. */
const edge = (levels: Float32Array, { start, stop, step, quiet }: Search): number => {
  const level = (at: number): number => levels[step > 0 ? at : at - 1] ?? 0
  const isInside = (at: number): boolean => (step > 0 ? at < stop : at > stop)
  let at = start
  for (let moved = 0; moved < ms(REACH_MS) && isInside(at) && level(at) > quiet; moved++) at += step
  if (!isInside(at)) return stop
  if (level(at) <= quiet) {
    // The model looks a little ahead: where it is quiet already, go back to the sound first.
    while (at !== start + -step * ms(SEARCH_MS) && level(at - step) <= quiet) at -= step
    const room = at + step * ms(step > 0 ? AFTER_MS : BEFORE_MS)
    return step > 0 ? Math.min(stop, room) : Math.max(stop, room)
  }
  let best = start
  for (let near = start - step * ms(SEARCH_MS); isInside(near) && near !== start + step * ms(SEARCH_MS); near += step)
    if (level(near) < level(best)) best = near
  return best
}
