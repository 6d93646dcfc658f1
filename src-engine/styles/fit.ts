// Making a styled remix keep to its licence: stems that have to go, time caps, and what is left after that. Everything taken away is said.
import { assessRemix, type Assessment, denialsOfEdit } from '../../src-shared/provenance/index.ts'
import {
  type Clip,
  type EditCommand,
  endTick,
  REMIX_SAMPLE_RATE,
  type RemixSnapshot,
  remixOf,
  type StemRecord,
} from '../../src-shared/remix/index.ts'
import { type Decision, refusalsOf } from '../../src-shared/rights/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import { frameAt, tick } from '../../src-shared/time/index.ts'
import type { StyleFacts } from './facts.ts'
import type { Section } from './grid.ts'
import { isBass, isDrums, isVoice, type Lane, namesOf } from './lanes.ts'
import type { Stage } from './stage.ts'

/** Mutes what may be in nothing new. Fails where that is everything: `style.nothing_legal`. */
export const muteGone = (stage: Stage): Result<null> => {
  const gone: Clip[] = []
  let why = ''
  let heard = 0
  for (const lane of stage.lanes) {
    for (const clip of lane.clips) {
      const stem = lane.stems.find((one) => one.id === clip.stemId)
      const reason = stem ? stage.licence.gone(stem) : null
      heard++
      if (reason === null) continue
      gone.push(clip)
      why = reason
      stage.leaveOut(stem?.title ?? clip.name, reason)
    }
  }
  if (heard === 0)
    return fail(
      'style.silent',
      'Nothing is heard in this remix, so there is nothing a style could work on. Add clips or unmute tracks first.',
    )
  if (gone.length === heard) return fail('style.nothing_legal', `No style can be applied: ${why}`)
  if (gone.length > 0) stage.edit({ op: 'clip.set', clipIds: gone.map((clip) => clip.id), isMuted: true })
  return ok(null)
}

interface Span {
  from: number
  to: number
}

const merged = (spans: readonly Span[]): readonly Span[] => {
  const list: Span[] = []
  for (const { from, to } of [...spans].sort((left, right) => left.from - right.from)) {
    const last = list.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else list.push({ from, to })
  }
  return list
}

const lengthOf = (spans: readonly Span[]): number => spans.reduce((sum, { from, to }) => sum + to - from, 0)

/** How much of each block the spans cover. Both ascending and without overlaps. */
const coverOf = (spans: readonly Span[], blocks: readonly Span[]): readonly number[] => {
  let first = 0
  return blocks.map(({ from, to }) => {
    while ((spans[first]?.to ?? from + 1) <= from) first++
    let sum = 0
    for (let i = first; i < spans.length; i++) {
      const span = spans[i] as Span
      if (span.from >= to) break
      sum += Math.min(to, span.to) - Math.max(from, span.from)
    }
    return sum
  })
}

/** How much a stem is missed in a section: rhythm and voice carry the loud ones, chords the quiet ones. */
const wanted = (lane: Lane, { energy, kind }: Section): number => {
  if (isVoice(lane)) return kind === 'chorus' || kind === 'verse' || kind === 'pre' || kind === 'drop' ? 0.6 + energy : energy * 0.6
  if (isDrums(lane) || isBass(lane)) return energy * 1.4
  return 0.7 + energy * 0.3
}

/**
 * Keeps every stem within the time its licence allows in one export: it rests in whole sections, where it is missed least and others play. What is
 * over by less than a section is taken in bars.
 */
export const capUsedTime = (stage: Stage): void => {
  const { tempo, meter } = remixOf(stage.snapshot)
  const frames = (at: number): number => frameAt(tempo, tick(at), REMIX_SAMPLE_RATE)
  const byStem = new Map<string, { stem: StemRecord; lanes: Lane[]; spans: Span[] }>()
  for (const lane of stage.lanes) {
    for (const stem of lane.stems) {
      if (stage.licence.capMs(stem) === null) continue
      const known = byStem.get(stem.id) ?? { stem, lanes: [], spans: [] }
      byStem.set(stem.id, known)
      known.lanes.push(lane)
      for (const clip of lane.clips)
        if (clip.stemId === stem.id) known.spans.push({ from: frames(clip.startTick), to: frames(endTick(clip)) })
    }
  }
  if (byStem.size === 0 || meter.length === 0) return
  const random = stage.random.fork('cap')
  const sections = stage.sections
  const blocks: (Span & { section: Section; startTick: number; endTick: number; cover: number })[] = []
  for (const section of sections) {
    const bars = stage.bars(section.startTick, section.startTick + section.lengthTicks)
    for (let i = 0; i < bars.length; i += 4) {
      const first = bars[i]
      const last = bars[Math.min(bars.length, i + 4) - 1]
      if (!first || !last) continue
      const startTick = Math.max(section.startTick, first.startTick)
      const stop = Math.min(section.startTick + section.lengthTicks, last.startTick + last.lengthTicks)
      if (stop > startTick) blocks.push({ section, startTick, endTick: stop, from: frames(startTick), to: frames(stop), cover: 0 })
    }
  }
  for (const { stem, lanes, spans } of byStem.values()) {
    const cap = stage.licence.capMs(stem)
    const used = merged(spans)
    const [lane] = lanes
    if (cap === null || !lane) continue
    // A millisecond of room, for the rounding of positions to frames.
    const limit = (cap - 1) * 48
    const covers = coverOf(used, blocks)
    if (lengthOf(used) <= limit) {
      for (const [i, block] of blocks.entries()) if (covers[i]) block.cover++
      continue
    }
    const own = random.fork(stem.id)
    const ranked = blocks
      .flatMap((block, i) => {
        const length = covers[i] ?? 0
        if (length === 0) return []
        const score = wanted(lane, block.section) + own.next() * 0.35 - block.cover * 0.05 + (block.cover === 0 ? 0.25 : 0)
        return [{ block, length, score }]
      })
      .sort((left, right) => right.score - left.score || left.block.from - right.block.from)
    let room = limit
    const kept = new Set<(typeof blocks)[number]>()
    for (const { block, length } of ranked) {
      if (length > room) continue
      room -= length
      kept.add(block)
      block.cover++
    }
    const keptSpans = merged([...kept].map(({ startTick, endTick: to }) => ({ from: startTick, to })))
    const rests = new Set<string>()
    for (const [i, block] of blocks.entries()) if (!kept.has(block) && covers[i]) rests.add(block.section.name)
    const end = stage.endTick
    let at = 0
    const restSpans: { fromTick: number; toTick: number }[] = []
    for (const span of [...keptSpans, { from: end, to: end }]) {
      if (span.from > at) restSpans.push({ fromTick: at, toTick: span.from })
      at = span.to
    }
    restStem(stage, lanes, stem.id, restSpans)
    const seconds = Math.round(cap / 1000)
    stage.leaveOut(
      `${stem.title} in ${namesOf([...rests].slice(0, 3))}`,
      `Its licence allows ${seconds} s of each stem in one export, so it rests where it is missed least.`,
    )
  }
}

/** Takes a stem out of some stretches, ascending. */
const restStem = (stage: Stage, lanes: readonly Lane[], stemId: string, spans: readonly { fromTick: number; toTick: number }[]): void => {
  const clipIds: string[] = []
  for (const lane of lanes) for (const clip of stage.clipsNow(lane)) if (clip.stemId === stemId) clipIds.push(clip.id)
  if (clipIds.length > 0 && spans.length > 0) stage.edit({ op: 'clip.rest', clipIds, spans: [...spans] })
}

/** A proposal judged: all that is against it now and was not before, or breaks a cap. */
export const judgeProposal = (
  before: RemixSnapshot,
  after: RemixSnapshot,
  { terms }: StyleFacts,
): Result<{ readonly assessment: Assessment; readonly refused: readonly Decision[] }> => {
  const now = assessRemix(after, terms)
  if (!now.ok) return now
  const denied = refusalsOf(now.value.decisions).filter((one) => one.effect === 'deny')
  if (denied.length === 0) return ok({ assessment: now.value, refused: [] })
  const was = assessRemix(before, terms)
  if (!was.ok) return was
  const worse = new Set(denialsOfEdit(was.value.decisions, now.value.decisions))
  return ok({ assessment: now.value, refused: denied.filter((one) => worse.has(one) || one.code === 'licence.too_long') })
}

/** Commands without those that make or use an id, and all that leans on what they would have made. */
export const withoutCause = (commands: readonly EditCommand[], causeId: string): readonly EditCommand[] => {
  const gone = new Set([causeId])
  return commands.filter((command) => {
    const texts = Object.entries(command).flatMap(([key, value]) =>
      typeof value === 'string' && key !== 'op' && key !== 'name' ? [value] : [],
    )
    const isTouched = texts.some((value) => gone.has(value))
    if (isTouched && 'id' in command && typeof command.id === 'string') gone.add(command.id)
    return !isTouched
  })
}
