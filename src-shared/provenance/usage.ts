// What an export uses of each stem, read off the render plan that makes the sound: nothing is declared, everything is derived.
import {
  derivedLengthFrames,
  type PlanClip,
  type PlanDevice,
  type PlanSend,
  type PlanSource,
  type PlanTrack,
  type PlanValue,
  type RenderPlan,
} from '../remix/index.ts'
import type { MadeByPlugin, StemUsage, Usage, UsedOperation } from '../rights/index.ts'
import { pluginUrn } from './plugins.ts'

/** A stretch of the timeline, in frames at 48 kHz. */
export interface FrameRange {
  readonly fromFrame: number
  readonly toFrame: number
}

export interface UsageOptions {
  /** Only this stretch is exported; times in the usage count from its start. */
  readonly range?: FrameRange | undefined
  /** Each stem goes to a file of its own. */
  readonly isIsolated?: boolean | undefined
}

interface Interval {
  from: number
  to: number
}

/** A clip as it is heard. */
interface Heard extends Interval {
  readonly clip: PlanClip
  readonly source: PlanSource
  readonly track: PlanTrack
}

/** An operation and how far it goes, before its time is known. */
type Operation = Pick<UsedOperation, 'op' | 'ratioPermille' | 'cents' | 'model' | 'strengthPermille' | 'plugin'>

const SILENT_DB = -144
const FRAMES_PER_MS = 48

const isEverAbove = ({ value, points }: PlanValue, limit: number): boolean =>
  points && points.length > 0 ? points.some((point) => point.value > limit) : value > limit

const isMoving = ({ points }: PlanValue): boolean => (points?.length ?? 0) > 0
const isSet = (value: PlanValue): boolean => isMoving(value) || value.value !== 0

const mergeIntervals = (intervals: readonly Interval[]): readonly Interval[] => {
  const merged: Interval[] = []
  for (const { from, to } of [...intervals].sort((left, right) => left.from - right.from)) {
    const last = merged.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else merged.push({ from, to })
  }
  return merged
}

const extentOf = (intervals: readonly Interval[]): Interval => ({
  from: Math.min(...intervals.map((one) => one.from)),
  to: Math.max(...intervals.map((one) => one.to)),
})

/** Time both sides sound, as intervals. Both are merged and sorted. */
const overlapOf = (left: readonly Interval[], right: readonly Interval[]): readonly Interval[] => {
  const overlap: Interval[] = []
  let i = 0
  let j = 0
  for (let a = left[0], b = right[0]; a && b; a = left[i], b = right[j]) {
    const from = Math.max(a.from, b.from)
    const to = Math.min(a.to, b.to)
    if (from < to) overlap.push({ from, to })
    if (a.to < b.to) i++
    else j++
  }
  return overlap
}

/**
 * The operations a device is to a licence. A limiter only holds levels down: it counts as gain, or no remix could have a safe master. A generative
 * plugin is a plugin, and restyles with a model besides: what a grant says of either holds for it.
 */
const operationsOfDevice = (device: PlanDevice): readonly Operation[] => {
  if (device.kind !== 'plugin') return [{ op: device.kind === 'limiter' ? 'gain' : device.kind }]
  const { format, id, name, isGenerative } = device.plugin
  const plugin = { format, id, name }
  return [{ op: 'plugin', plugin }, ...(isGenerative ? [{ op: 'ai.restyle', model: pluginUrn(device.plugin), plugin }] : [])]
}

const isActive = (device: PlanDevice): boolean => {
  // What a plugin's parameters mean is not known here: one that is on counts.
  const mix = device.kind === 'plugin' ? undefined : device.params.mixPercent
  return device.isEnabled && (mix === undefined || isEverAbove(mix, 0))
}

const isOpen = (send: PlanSend): boolean => isEverAbove(send.gainDb, SILENT_DB)

/** Tracks a track's sound passes through: itself, the buses it is sent to, and the master. */
const pathOf = (track: PlanTrack, byId: ReadonlyMap<string, PlanTrack>, master: PlanTrack | undefined): readonly PlanTrack[] => {
  const path = new Set<PlanTrack>()
  const queue = [track]
  for (let at = queue.pop(); at; at = queue.pop()) {
    if (path.has(at) || !at.isAudible) continue
    path.add(at)
    for (const send of at.sends) {
      const to = byId.get(send.toTrackId)
      if (to && isOpen(send)) queue.push(to)
    }
  }
  if (master) path.add(master)
  return [...path]
}

const isHeard = (track: PlanTrack): boolean =>
  track.isAudible && (isEverAbove(track.gainDb, SILENT_DB) || track.sends.some((send) => send.isPreFader && isOpen(send)))

type Caused = { readonly used: Operation; readonly causeId: string }

const isAnyMoving = (params: PlanDevice['params']): boolean => {
  for (const name in params) if (isMoving(params[name] as PlanValue)) return true
  return false
}

/** What a track does to all that passes through it. */
const trackOperations = (track: PlanTrack): readonly Caused[] => {
  const operations: Caused[] = []
  if (isSet(track.gainDb)) operations.push({ used: { op: 'gain' }, causeId: track.id })
  if (isSet(track.pan)) operations.push({ used: { op: 'pan' }, causeId: track.id })
  const devices = track.devices.filter(isActive)
  for (const device of devices) for (const used of operationsOfDevice(device)) operations.push({ used, causeId: device.deviceId })
  const isAutomated =
    isMoving(track.gainDb) ||
    isMoving(track.pan) ||
    track.sends.some((send) => isMoving(send.gainDb)) ||
    devices.some((device) => isAnyMoving(device.params))
  if (isAutomated) operations.push({ used: { op: 'automation' }, causeId: track.id })
  return operations
}

/** What a source's sound went through before it was placed. */
const sourceOperations = ({ make, warp }: PlanSource): readonly Operation[] => {
  const ops: Operation[] = []
  if (make?.kind === 'notes') ops.push(make.model === null ? { op: 'replace' } : { op: 'ai.transcribe', model: make.model })
  else if (make?.kind === 'hits') ops.push({ op: 'replace' })
  else if (make?.kind === 'model') ops.push({ op: 'ai.restyle', model: make.urn, strengthPermille: make.strengthPermille })
  const ratios = new Set<number>()
  for (const [i, [source, out]] of (warp?.anchors ?? []).entries()) {
    const last = warp?.anchors[i - 1]
    if (last && source - last[0] !== out - last[1]) ratios.add(Math.round(((source - last[0]) * 1000) / (out - last[1])))
  }
  for (const ratioPermille of [...ratios].sort((left, right) => left - right)) ops.push({ op: 'stretch', ratioPermille })
  if (warp && warp.cents !== 0) ops.push({ op: 'pitch', cents: warp.cents })
  return ops
}

const ORDINARY = new Set(['arrange', 'trim', 'gain', 'pan', 'fade', 'automation'])

/** An operation by the key under which it is told once. */
interface Keyed {
  readonly key: string
  readonly used: Operation
}

const keyed = (used: Operation): Keyed => {
  const { op, ratioPermille, cents, model, strengthPermille } = used
  return { key: ORDINARY.has(op) ? op : [op, ratioPermille, cents, model, strengthPermille].join('\n'), used }
}

const [ARRANGE, TRIM, GAIN, FADE] = [keyed({ op: 'arrange' }), keyed({ op: 'trim' }), keyed({ op: 'gain' }), keyed({ op: 'fade' })] as const

/** What the sources went through, worked out once for all clips of a source. */
type SourceOperations = (source: PlanSource) => readonly Keyed[]

/** What was done to a clip, in the order in which it is told. */
const clipOperations = ({ clip, source }: Heard, bySource: SourceOperations): readonly Keyed[] => {
  const ops = [...bySource(source)]
  if (clip.startFrame !== clip.sourceStartFrame) ops.push(ARRANGE)
  if (clip.lengthFrames < derivedLengthFrames(source)) ops.push(TRIM)
  if (clip.gainDb !== 0) ops.push(GAIN)
  if (clip.fadeInFrames > 0 || clip.fadeOutFrames > 0) ops.push(FADE)
  if (clip.foundBy !== undefined) ops.push(keyed({ op: 'ai.analyse', model: clip.foundBy }))
  return ops
}

/** Operations of one stem. Ordinary ones are told once per stem; a device is told on its own, so that a refusal can point at it. */
const operationsOf = (
  heard: readonly Heard[],
  paths: ReadonlyMap<PlanTrack, readonly Caused[]>,
  bySource: SourceOperations,
  toMs: (frame: number) => number,
): UsedOperation[] => {
  const found = new Map<string, { used: Operation; causeId: string } & Interval>()
  const note = (key: string, used: Operation, causeId: string, { from, to }: Interval): void => {
    const known = found.get(key)
    if (!known) found.set(key, { used, causeId, from, to })
    else {
      known.from = Math.min(known.from, from)
      known.to = Math.max(known.to, to)
    }
  }
  // All clips of a track take the same path: it is told at the first one, for as long as any of them sounds.
  const extents = new Map<PlanTrack, Interval>()
  for (const { track, from, to } of heard) {
    const known = extents.get(track)
    if (!known) extents.set(track, { from, to })
    else {
      known.from = Math.min(known.from, from)
      known.to = Math.max(known.to, to)
    }
  }
  for (const one of heard) {
    for (const { key, used } of clipOperations(one, bySource)) note(key, used, one.clip.clipId, one)
    const extent = extents.get(one.track)
    if (!extent) continue
    extents.delete(one.track)
    for (const { used, causeId } of paths.get(one.track) ?? [])
      note(ORDINARY.has(used.op) ? used.op : `${used.op}\n${causeId}`, used, causeId, extent)
  }
  return [...found.values()].map(({ used, causeId, from, to }) => ({ ...used, fromMs: toMs(from), toMs: toMs(to), causeId }))
}

/** Plugins on tracks that no stem passes through: an instrument that nobody gave notes may still make sound. */
const madeByPlugins = (plan: RenderPlan, carriers: ReadonlySet<PlanTrack>, lengthMs: number): readonly MadeByPlugin[] =>
  plan.tracks.flatMap((track) =>
    carriers.has(track) || !isHeard(track)
      ? []
      : track.devices.flatMap((device): MadeByPlugin[] => {
          if (device.kind !== 'plugin' || !device.isEnabled) return []
          const { format, id, name, isGenerative } = device.plugin
          const model = isGenerative ? { model: pluginUrn(device.plugin) } : {}
          return [{ plugin: { format, id, name }, role: track.role, ...model, fromMs: 0, toMs: lengthMs, causeId: device.deviceId }]
        }),
  )

/** Reads off a plan what it uses of each stem. Muted, silenced and faded-out tracks count nothing; overlaps of one stem count once. */
export const usageOf = (plan: RenderPlan, { range, isIsolated = false }: UsageOptions = {}): Usage => {
  const window = { from: range?.fromFrame ?? 0, to: range?.toFrame ?? plan.lengthFrames }
  const toMs = (frame: number): number => Math.round((frame - window.from) / FRAMES_PER_MS)
  const byId = new Map(plan.tracks.map((track) => [track.id, track]))
  const master = plan.tracks.find((track) => track.kind === 'master')
  const own = new Map(plan.tracks.map((track) => [track, trackOperations(track)]))
  const ways = new Map(plan.tracks.filter((track) => track.kind === 'audio').map((track) => [track, pathOf(track, byId, master)]))
  const paths = new Map([...ways].map(([track, way]) => [track, way.flatMap((one) => own.get(one) ?? [])]))
  const heardByStem = new Map<string, Heard[]>()
  const isSilentMaster = master !== undefined && !isHeard(master)
  for (const track of plan.tracks) {
    if (!isHeard(track) || isSilentMaster) continue
    for (const clip of track.clips) {
      const from = Math.max(window.from, clip.startFrame)
      const to = Math.min(window.to, clip.startFrame + clip.lengthFrames)
      const source = plan.sources[clip.source]
      if (from >= to || !source || clip.gainDb <= SILENT_DB) continue
      const heard = heardByStem.get(source.stemId)
      const item: Heard = { from, to, clip, source, track }
      if (heard) heard.push(item)
      else heardByStem.set(source.stemId, [item])
    }
  }
  const merged = new Map([...heardByStem].map(([stem, heard]) => [stem, mergeIntervals(heard)]))
  // A stem that is bent in several ways has several sources; to its licence it is one stem.
  const sources = new Map(plan.sources.toReversed().map((source) => [source.stemId, source]))
  const sourceOps = new Map(plan.sources.map((source) => [source, sourceOperations(source).map(keyed)]))
  const bySource: SourceOperations = (source) => sourceOps.get(source) ?? []
  const othersByWork = new Map<string, readonly Interval[]>()
  const othersOf = (workId: string): readonly Interval[] => {
    const known = othersByWork.get(workId)
    if (known) return known
    const others = mergeIntervals([...merged].filter(([other]) => sources.get(other)?.workId !== workId).flatMap(([, one]) => one))
    othersByWork.set(workId, others)
    return others
  }
  const stems: StemUsage[] = []
  for (const source of [...sources.values()].reverse()) {
    const heard = heardByStem.get(source.stemId)
    const intervals = merged.get(source.stemId)
    if (!heard || !intervals) continue
    const ops = operationsOf(heard, paths, bySource, toMs)
    const layered = overlapOf(intervals, othersOf(source.workId))
    if (layered.length > 0) ops.push({ op: 'layer', fromMs: toMs(extentOf(layered).from), toMs: toMs(extentOf(layered).to) })
    if (isIsolated || merged.size === 1)
      ops.push({ op: 'isolate', fromMs: toMs(extentOf(intervals).from), toMs: toMs(extentOf(intervals).to) })
    const frames = intervals.reduce((sum, { from, to }) => sum + to - from, 0)
    const { stemId: stem, role, title, contentSha256 } = source
    stems.push({ stem, role, title, contentSha256, usedMs: Math.round(frames / FRAMES_PER_MS), ops })
  }
  const lengthMs = Math.round((window.to - window.from) / FRAMES_PER_MS)
  const sounding = new Set([...heardByStem.values()].flatMap((heard) => heard.map(({ track }) => track)))
  const carriers = new Set([...sounding].flatMap((track) => ways.get(track) ?? []))
  const made = isSilentMaster ? [] : madeByPlugins(plan, carriers, lengthMs)
  return { lengthMs, stems, ...(made.length > 0 ? { made } : {}) }
}
