// What a plan says of plugins: their values, the notes an instrument plays, and the timeline they may follow. Part of `compilePlan`: pure and deterministic.
import { barTicks, frameAt, type MeterPoint, type TempoPoint, TICKS_PER_QUARTER } from '../time/index.ts'
import type { PlanClip, PlanNote, PlanPlugin, PlanSource, PlanTimeline, PlanValue } from './plan.ts'
import { type Automation, type Device, MAX_PLUGIN_VALUE, type PluginUse, REMIX_SAMPLE_RATE } from './records.ts'
import type { Note } from './sound.ts'
import { derivedFrameOf } from './warp.ts'

/** What is left of a note at a cut is played if it is at least this long: 5 ms, the fade of a cut. */
const SHORTEST_REST_FRAMES = 240

/** Values as `compile-plan` reads them, automation included. */
type Values = (ownerId: string, param: string, value: number, min: number, max: number) => PlanValue

/** A plugin as the plan names it. Parameters in a fixed order: some plugins care which is set first. */
export const planPlugin = (
  device: Device,
  plugin: PluginUse,
  automation: ReadonlyMap<string, Automation['points']> | undefined,
  values: Values,
): PlanPlugin => {
  const moving = [...(automation ?? [])].flatMap(([param, points]) => (points.length > 0 ? [param] : []))
  const params: Record<string, PlanValue> = {}
  for (const param of [...new Set([...Object.keys(device.params), ...moving])].sort()) {
    const value = device.params[param] ?? automation?.get(param)?.[0]?.value ?? 0
    params[param] = values(device.id, param, value, -MAX_PLUGIN_VALUE, MAX_PLUGIN_VALUE)
  }
  return { deviceId: device.id, kind: 'plugin', isEnabled: device.isEnabled, params, plugin, state: device.state ?? null }
}

/** Notes of a sound by start; the same sound is played by many clips. */
const byStart = new WeakMap<readonly Note[], { readonly order: readonly number[]; readonly longest: number }>()

const ordered = (notes: readonly Note[]) => {
  const known = byStart.get(notes)
  if (known) return known
  const order = notes.map((_, i) => i).sort((a, b) => (notes[a]?.startFrame ?? 0) - (notes[b]?.startFrame ?? 0) || a - b)
  const made = { order, longest: notes.reduce((most, note) => Math.max(most, note.lengthFrames), 0) }
  byStart.set(notes, made)
  return made
}

interface Played {
  start: number
  end: number
  isCutAtEnd: boolean
  readonly pitch: number
  readonly velocity: number
}

/**
 * Notes of clips (laid out, in time order) whose sources are made of notes, on the timeline. A note that a clip begins in the middle of sounds from
 * there; one that a split runs through stays one. Null where there are more than `most`.
 */
export const notesOfClips = (clips: readonly PlanClip[], sources: readonly PlanSource[], most: number): readonly PlanNote[] | null => {
  const played: Played[] = []
  /** The last time each note of a sound was played. */
  const last = new Map<readonly Note[], Map<number, Played>>()
  for (const { source, startFrame, lengthFrames, sourceStartFrame } of [...clips].sort((a, b) => a.startFrame - b.startFrame)) {
    const { make, warp } = sources[source] ?? {}
    if (make?.kind !== 'notes') continue
    const { notes } = make
    const { order, longest } = ordered(notes)
    const lastHere = last.get(notes) ?? new Map<number, Played>()
    last.set(notes, lastHere)
    const heard = (frame: number): number => startFrame + derivedFrameOf(warp, frame) - sourceStartFrame
    const end = startFrame + lengthFrames
    const semitones = Math.round((warp?.cents ?? 0) / 100)
    let low = 0
    let high = order.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (heard((notes[order[middle] ?? 0]?.startFrame ?? 0) + longest) < startFrame) low = middle + 1
      else high = middle
    }
    for (const i of order.slice(low)) {
      const note = notes[i]
      if (!note) continue
      const from = heard(note.startFrame)
      if (from >= end) break
      const to = Math.max(from + 1, heard(note.startFrame + note.lengthFrames))
      const pitch = note.pitch + semitones
      if (to <= startFrame || pitch < 0 || pitch > 127) continue
      const before = lastHere.get(i)
      if (from < startFrame && before?.isCutAtEnd && before.end === startFrame && before.pitch === pitch) {
        before.end = Math.min(end, to)
        before.isCutAtEnd = to > end
        continue
      }
      if (from < startFrame && to - startFrame < SHORTEST_REST_FRAMES) continue
      const one = {
        start: Math.max(from, startFrame),
        end: Math.min(to, end),
        isCutAtEnd: to > end,
        pitch,
        velocity: note.velocity,
      }
      if (played.push(one) > most) return null
      lastHere.set(i, one)
    }
  }
  return played
    .map(({ start, end, pitch, velocity }) => ({ startFrame: start, lengthFrames: end - start, pitch, velocity }))
    .sort((a, b) => a.startFrame - b.startFrame || a.pitch - b.pitch || a.lengthFrames - b.lengthFrames || a.velocity - b.velocity)
}

/** Tempo and meter of a remix in frames, quarters and bars. */
export const timelineOf = (tempo: readonly TempoPoint[], meter: readonly MeterPoint[]): PlanTimeline => {
  const place = (atTick: TempoPoint['atTick']) => ({
    frame: frameAt(tempo, atTick, REMIX_SAMPLE_RATE) as number,
    quarter: atTick / TICKS_PER_QUARTER,
  })
  let bar = 0
  return {
    tempo: tempo.map(({ atTick, milliBpm }) => ({ ...place(atTick), milliBpm })),
    meter: meter.map((point, i) => {
      const before = meter[i - 1]
      if (before) bar += Math.ceil((point.atTick - before.atTick) / barTicks(before))
      return { ...place(point.atTick), numerator: point.numerator, denominator: point.denominator, bar }
    }),
  }
}
