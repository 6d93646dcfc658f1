// Edits of what spans all tracks: automation, loop, tempo, meter, key, title, markers.
import { err, fail, ok, type NewId, type Result } from '../../std/index.ts'
import { barTicks, type MeterPoint, secondsAt, type TempoPoint, tick, tickAtSeconds, ticks } from '../../time/index.ts'
import { type AnyRecord, type Automation, keySchema, type Marker, type RemixSnapshot } from '../records.ts'
import { automationOf, recordOf, recordsOf, remixOf } from '../snapshot.ts'
import { milliBpmAt } from '../warp.ts'
import { automationRange } from './devices.ts'
import { clampFades, endTick, freshId, MAX_TICK, withChanges } from './change.ts'

export interface AutomationPoint {
  readonly atTick: number
  readonly value: number
  readonly curve?: 'hold' | 'linear' | undefined
}

/** Replaces the points of one automated parameter. Points are sorted; of two at the same tick the later given stays. */
export const setAutomation = (
  snapshot: RemixSnapshot,
  { id: wanted, ownerId, param, points }: { id?: string | undefined; ownerId: string; param: string; points: readonly AutomationPoint[] },
  newId: NewId,
): Result<RemixSnapshot> => {
  const range = automationRange(snapshot, ownerId, param)
  if (!range.ok) return range
  const byTick = new Map<number, Automation['points'][number]>()
  for (const point of points) {
    if (point.value < range.value.min || point.value > range.value.max || !Number.isFinite(point.value)) {
      const { label, min, max } = range.value
      return fail('automation.out_of_range', `${label} runs from ${min} to ${max}; ${point.value} is outside.`, { min, max })
    }
    byTick.set(point.atTick, { atTick: tick(point.atTick), value: point.value, curve: point.curve ?? 'linear' })
  }
  const old = automationOf(snapshot, ownerId, param)
  if (byTick.size === 0) return ok(old ? withChanges(snapshot, [], [old.id]) : snapshot)
  const id = old ? ok(old.id) : freshId(snapshot, wanted ?? newId())
  if (!id.ok) return id
  const sorted = [...byTick.values()].sort((left, right) => left.atTick - right.atTick)
  return ok(withChanges(snapshot, [{ type: 'automation', id: id.value, ownerId, param, points: sorted }]))
}

/** Removes the automation of one parameter; its own value holds again. */
export const removeAutomation = (
  snapshot: RemixSnapshot,
  { ownerId, param }: { ownerId: string; param: string },
): Result<RemixSnapshot> => {
  const old = automationOf(snapshot, ownerId, param)
  return old
    ? ok(withChanges(snapshot, [], [old.id]))
    : fail('automation.none', `“${param}” of ${ownerId} is not automated.`, { ownerId, param })
}

/** Sets the loop, switches it, or removes it with null. */
export const setLoop = (
  snapshot: RemixSnapshot,
  { loop }: { loop: { readonly startTick: number; readonly lengthTicks: number; readonly isEnabled: boolean } | null },
): Result<RemixSnapshot> => {
  if (loop && loop.lengthTicks < 1) return fail('loop.empty', 'A loop needs a length; drag over the ruler to set one.')
  const record = loop && { startTick: tick(loop.startTick), lengthTicks: ticks(loop.lengthTicks), isEnabled: loop.isEnabled }
  return ok(withChanges(snapshot, [{ ...remixOf(snapshot), loop: record }]))
}

/**
 * Replaces the tempo map. `keep: 'audio'` (the usual: correcting a tempo must never re-time what is heard) leaves every sound at its
 * moment and moves the grid under it; `keep: 'grid'` leaves everything at its bar and beat; `keep: 'stretch'` does so too, and lets clips that did
 * not follow the tempo yet do so from here on.
 */
export const setTempo = (
  snapshot: RemixSnapshot,
  { tempo, keep }: { tempo: readonly TempoPoint[]; keep: 'audio' | 'grid' | 'stretch' },
): Result<RemixSnapshot> => {
  if (tempo[0]?.atTick !== 0) return fail('tempo.no_start', 'The first tempo must be at the beginning of the remix.')
  for (const [i, point] of tempo.entries()) {
    const previous = tempo[i - 1]
    if (previous && point.atTick <= previous.atTick) return fail('tempo.not_sorted', 'Tempo changes must follow one another in time.')
    if (!Number.isInteger(point.milliBpm) || point.milliBpm < 20_000 || point.milliBpm > 400_000) {
      return fail('tempo.out_of_range', 'The tempo must be between 20 and 400 BPM.', { milliBpm: point.milliBpm })
    }
  }
  const remix = remixOf(snapshot)
  const moved: AnyRecord[] = []
  if (keep === 'audio') {
    const at = (position: number) => tickAtSeconds(tempo, secondsAt(remix.tempo, tick(position)))
    const span = (start: number, length: number) => ticks(Math.max(1, at(start + length) - at(start)))
    for (const record of snapshot.values()) {
      if (record.type === 'clip') {
        // A clip that follows the tempo keeps its speed: what was corrected is the tempo, of the source as well.
        const scaled =
          record.warp?.milliBpm == null
            ? {}
            : {
                warp: {
                  ...record.warp,
                  milliBpm: Math.round(
                    (record.warp.milliBpm * milliBpmAt(tempo, at(record.startTick))) / milliBpmAt(remix.tempo, record.startTick),
                  ),
                },
              }
        moved.push({ ...record, ...scaled, startTick: at(record.startTick), lengthTicks: span(record.startTick, record.lengthTicks) })
      } else if (record.type === 'automation') {
        const points = new Map(record.points.map((point) => [at(point.atTick), { ...point, atTick: at(point.atTick) }] as const))
        moved.push({ ...record, points: [...points.values()] })
      } else if (record.type === 'marker') {
        moved.push({
          ...record,
          atTick: at(record.atTick),
          lengthTicks: record.lengthTicks === null ? null : span(record.atTick, record.lengthTicks),
        })
      }
    }
    const loop = remix.loop && {
      ...remix.loop,
      startTick: at(remix.loop.startTick),
      lengthTicks: span(remix.loop.startTick, remix.loop.lengthTicks),
    }
    moved.push({ ...remix, tempo: [...tempo], loop })
    if (moved.some((record) => record.type === 'clip' && endTick(record) > MAX_TICK))
      return fail('clip.too_late', 'At that tempo the remix would be longer than the timeline.')
  } else {
    moved.push({ ...remix, tempo: [...tempo] })
    for (const clip of keep === 'stretch' ? recordsOf(snapshot, 'clip') : []) {
      if (clip.warp?.milliBpm != null) continue
      const isVoice = recordOf(snapshot, 'stem', clip.stemId)?.role === 'vocals'
      const { cents = 0, keepsFormants = isVoice } = clip.warp ?? {}
      moved.push({ ...clip, warp: { milliBpm: milliBpmAt(remix.tempo, clip.startTick), cents, keepsFormants } })
    }
  }
  return ok(
    withChanges(
      snapshot,
      moved.map((record) => (record.type === 'clip' ? clampFades(tempo, record) : record)),
    ),
  )
}

/** Replaces the meter map; a change of meter must fall on a bar line of the meter before it. */
export const setMeter = (snapshot: RemixSnapshot, { meter }: { meter: readonly MeterPoint[] }): Result<RemixSnapshot> => {
  if (meter[0]?.atTick !== 0) return fail('meter.no_start', 'The first meter must be at the beginning of the remix.')
  const points: { atTick: MeterPoint['atTick']; numerator: number; denominator: 1 | 2 | 4 | 8 | 16 }[] = []
  for (const [i, point] of meter.entries()) {
    const { denominator } = point
    if (denominator !== 1 && denominator !== 2 && denominator !== 4 && denominator !== 8 && denominator !== 16) {
      return fail('meter.denominator', 'The lower number of a meter must be 1, 2, 4, 8 or 16.')
    }
    if (!Number.isInteger(point.numerator) || point.numerator < 1 || point.numerator > 32)
      return fail('meter.numerator', 'The upper number of a meter must be between 1 and 32.')
    const previous = meter[i - 1]
    if (previous && (point.atTick <= previous.atTick || (point.atTick - previous.atTick) % barTicks(previous) !== 0)) {
      return fail('meter.not_on_bar', 'A meter can only change at the beginning of a bar.', { atTick: point.atTick })
    }
    points.push({ atTick: point.atTick, numerator: point.numerator, denominator })
  }
  return ok(withChanges(snapshot, [{ ...remixOf(snapshot), meter: points }]))
}

/** States or clears the key; nothing is transposed. */
export const setKey = (snapshot: RemixSnapshot, { key }: { key: string | null }): Result<RemixSnapshot> => {
  if (key !== null && !keySchema.safeParse(key).success)
    return fail('key.unknown', `“${key}” is not a key; write it like “A minor” or “Bb major”.`)
  return ok(withChanges(snapshot, [{ ...remixOf(snapshot), key }]))
}

/** Changes the title of the remix. */
export const renameRemix = (snapshot: RemixSnapshot, { title }: { title: string }): Result<RemixSnapshot> => {
  const trimmed = title.trim()
  if (trimmed.length === 0) return fail('remix.no_title', 'A remix needs a title.')
  if (trimmed.length > 300) return fail('remix.title_too_long', 'A title can have up to 300 characters.')
  return ok(withChanges(snapshot, [{ ...remixOf(snapshot), title: trimmed }]))
}

/** Adds a marker, or with a length a section. */
export const addMarker = (
  snapshot: RemixSnapshot,
  args: { id?: string | undefined; name: string; atTick: number; lengthTicks?: number | null | undefined; color?: string | undefined },
  newId: NewId,
): Result<RemixSnapshot> => {
  const id = freshId(snapshot, args.id ?? newId())
  if (!id.ok) return id
  const marker: Marker = {
    type: 'marker',
    id: id.value,
    name: args.name,
    atTick: tick(args.atTick),
    lengthTicks: args.lengthTicks ? ticks(args.lengthTicks) : null,
    color: args.color ?? '',
  }
  return ok(withChanges(snapshot, [marker]))
}

const findMarker = (snapshot: RemixSnapshot, markerId: string): Result<Marker> => {
  const marker = recordOf(snapshot, 'marker', markerId)
  return marker ? ok(marker) : fail('edit.no_such_marker', `There is no marker ${markerId} in this remix.`, { markerId })
}

/** Changes name, place, length (null makes it a point) or colour of a marker. */
export const setMarker = (
  snapshot: RemixSnapshot,
  args: {
    markerId: string
    name?: string | undefined
    atTick?: number | undefined
    lengthTicks?: number | null | undefined
    color?: string | undefined
  },
): Result<RemixSnapshot> => {
  const marker = findMarker(snapshot, args.markerId)
  if (!marker.ok) return err(marker.error)
  const lengthTicks = args.lengthTicks === undefined ? marker.value.lengthTicks : args.lengthTicks === null ? null : ticks(args.lengthTicks)
  if (lengthTicks !== null && lengthTicks < 1) return fail('marker.empty', 'A section needs a length.')
  return ok(
    withChanges(snapshot, [
      {
        ...marker.value,
        name: args.name ?? marker.value.name,
        atTick: args.atTick === undefined ? marker.value.atTick : tick(args.atTick),
        lengthTicks,
        color: args.color ?? marker.value.color,
      },
    ]),
  )
}

export const removeMarker = (snapshot: RemixSnapshot, { markerId }: { markerId: string }): Result<RemixSnapshot> => {
  const marker = findMarker(snapshot, markerId)
  return marker.ok ? ok(withChanges(snapshot, [], [markerId])) : err(marker.error)
}
