// From a remix to its render plan. Pure and deterministic: the same records give the same bytes, whatever order they are stored in.
import { canonicalBytes, fail, ok, type Result } from '../std/index.ts'
import { frameAt, type TempoPoint } from '../time/index.ts'
import { notesOfClips, planPlugin, timelineOf } from './compile-plugins.ts'
import { layOutClips } from './crossfades.ts'
import { DEVICE_PARAMETERS } from './device-parameters.ts'
import { endTick } from './edits/index.ts'
import {
  MAX_PLAN_NOTES,
  PLAN_VERSION,
  type PlanBuiltIn,
  type PlanClip,
  type PlanDevice,
  type PlanSend,
  type PlanSource,
  type PlanTrack,
  type PlanValue,
  type PlanWarp,
  type RenderPlan,
} from './plan.ts'
import {
  type Automation,
  type Clip,
  type Device,
  type DeviceKind,
  isDeviceKind,
  REMIX_SAMPLE_RATE,
  type RemixSnapshot,
  type Send,
  type StemRecord,
  type Track,
} from './records.ts'
import { byId, byOrder, byStart, type Feed, feedsOf, recordOf, remixOf, tracksOf } from './snapshot.ts'
import { derivedFrameOf, derivedLengthFrames, planWarp } from './warp.ts'

/** Longest remix that is rendered: a day. Slow tempos stretch the timeline far beyond what anybody can mean. */
const MAX_LENGTH_FRAMES = 24 * 3600 * REMIX_SAMPLE_RATE
/** Longest tail an export may have, however long the delays feed back. */
const MAX_TAIL_SECONDS = 30

/** The records of a snapshot by what they belong to, read in one pass: a plan asks for each track, and a remix has thousands of clips. */
interface Shelves {
  readonly stems: ReadonlyMap<string, StemRecord>
  readonly clips: ReadonlyMap<string, Clip[]>
  readonly devices: ReadonlyMap<string, Device[]>
  readonly sends: readonly Send[]
  /** By owner and parameter. */
  readonly automation: ReadonlyMap<string, ReadonlyMap<string, Automation['points']>>
}

const shelve = (snapshot: RemixSnapshot): Shelves => {
  const stems = new Map<string, StemRecord>()
  const clips = new Map<string, Clip[]>()
  const devices = new Map<string, Device[]>()
  const sends: Send[] = []
  const automation = new Map<string, Map<string, Automation['points']>>()
  for (const record of snapshot.values()) {
    if (record.type === 'clip') pushTo(clips, record.trackId, record)
    else if (record.type === 'device') pushTo(devices, record.trackId, record)
    else if (record.type === 'stem') stems.set(record.id, record)
    else if (record.type === 'send') sends.push(record)
    else if (record.type === 'automation') {
      const known = automation.get(record.ownerId)
      if (known) known.set(record.param, record.points)
      else automation.set(record.ownerId, new Map([[record.param, record.points]]))
    }
  }
  return { stems, clips, devices, sends, automation }
}

const pushTo = <T>(lists: Map<string, T[]>, key: string, item: T): void => {
  const known = lists.get(key)
  if (known) known.push(item)
  else lists.set(key, [item])
}

type Values = (ownerId: string, param: string, value: number, min: number, max: number) => PlanValue

const valuesOf = (automation: Shelves['automation'], tempo: readonly TempoPoint[]): Values => {
  return (ownerId, param, value, min, max) => {
    const clamp = (number: number) => Math.max(min, Math.min(max, number))
    const points = automation.get(ownerId)?.get(param)
    if (!points || points.length === 0) return { value: clamp(value) }
    const byFrame = new Map<number, { frame: number; value: number; curve: 'hold' | 'linear' }>()
    for (const point of [...points].sort((left, right) => left.atTick - right.atTick)) {
      const frame: number = frameAt(tempo, point.atTick, REMIX_SAMPLE_RATE)
      byFrame.set(frame, { frame, value: clamp(point.value), curve: point.curve })
    }
    return { value: clamp(value), points: [...byFrame.values()] }
  }
}

const peakOf = ({ value, points }: PlanValue): number => Math.max(value, ...(points ?? []).map((point) => point.value))

/** Seconds until a device has rung out to -60 dB. */
const tailSeconds = (device: PlanDevice): number => {
  // How long a plugin rings is known where it runs: renders ask it.
  if (!device.isEnabled || device.kind === 'plugin') return 0
  const peak = (name: string): number => {
    const value = device.params[name]
    return value ? peakOf(value) : 0
  }
  if (peak('mixPercent') === 0) return 0
  if (device.kind === 'reverb') return peak('decaySeconds') + peak('preDelayMs') / 1000
  if (device.kind !== 'delay') return 0
  const feedback = peak('feedbackPercent') / 100
  const repeats = feedback <= 0.001 ? 1 : 1 + Math.ceil(Math.log(0.001) / Math.log(feedback))
  return (repeats * peak('timeMs')) / 1000
}

/** Tracks that sound. A mute always wins. With solos: the soloed ones, all that feeds them and all they feed. */
const audibleIds = (tracks: readonly Track[], sends: readonly Send[]): ReadonlySet<string> => {
  const soloed = tracks.filter((track) => track.isSoloed && track.kind !== 'master').map((track) => track.id)
  const heard = new Set<string>(soloed.length === 0 ? tracks.map((track) => track.id) : ['', ...soloed])
  const spread = (from: 'fromTrackId' | 'toTrackId', to: 'fromTrackId' | 'toTrackId'): void => {
    const queue = [...soloed]
    const seen = new Set(queue)
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      for (const send of sends) {
        if (send[from] !== at || seen.has(send[to])) continue
        seen.add(send[to])
        heard.add(send[to])
        queue.push(send[to])
      }
    }
  }
  spread('fromTrackId', 'toTrackId')
  spread('toTrackId', 'fromTrackId')
  return new Set(tracks.filter((track) => !track.isMuted && (track.kind === 'master' || heard.has(track.id))).map((track) => track.id))
}

/** Buses such that each comes after everything that feeds it; null if sends or sidechains run in a circle. */
const busOrder = (buses: readonly Track[], feeds: readonly Feed[]): readonly Track[] | null => {
  const waiting = [...buses]
  const ordered: Track[] = []
  while (waiting.length > 0) {
    const ready = waiting.findIndex(
      (bus) => !feeds.some((feed) => feed.toTrackId === bus.id && waiting.some((other) => other.id === feed.fromTrackId)),
    )
    if (ready < 0) return null
    ordered.push(...waiting.splice(ready, 1))
  }
  return ordered
}

/** The plan source that a clip plays. */
type SourceOf = (
  stem: StemRecord,
  clip: Clip,
) => { readonly index: number; readonly lengthFrames: number; readonly warp: PlanWarp | undefined }

const planClips = (
  clips: readonly Clip[],
  stems: ReadonlyMap<string, StemRecord>,
  sourceOf: SourceOf,
  tempo: readonly TempoPoint[],
): readonly PlanClip[] => {
  const planned: PlanClip[] = []
  /** Where in its source a clip ended, by source and timeline frame. */
  const ends: Map<number, number>[] = []
  for (const clip of clips) {
    const stem = stems.get(clip.stemId)
    if (clip.isMuted || !stem) continue
    const startFrame: number = frameAt(tempo, clip.startTick, REMIX_SAMPLE_RATE)
    const { index: source, lengthFrames: sourceFrames, warp } = sourceOf(stem, clip)
    let sourceStartFrame = derivedFrameOf(warp, Math.round((clip.sourceOffsetFrames * REMIX_SAMPLE_RATE) / stem.sampleRate))
    // Offsets in a 44.1 kHz or a stretched source cannot name every 48 kHz frame: a half left by a split is put back where the cut was.
    ends[source] ??= new Map()
    const endsHere = ends[source]
    const continued = endsHere.get(startFrame) ?? sourceStartFrame
    const steps = warp ? 2 + Math.ceil((warp.anchors.at(-1)?.[1] ?? 0) / Math.max(1, warp.anchors.at(-1)?.[0] ?? 1)) : 1
    if (Math.abs(continued - sourceStartFrame) <= steps) sourceStartFrame = continued
    const wanted = frameAt(tempo, endTick(clip), REMIX_SAMPLE_RATE) - startFrame
    const lengthFrames = Math.min(wanted, sourceFrames - sourceStartFrame)
    if (lengthFrames <= 0) continue
    endsHere.set(startFrame + lengthFrames, sourceStartFrame + lengthFrames)
    planned.push({
      clipId: clip.id,
      source,
      startFrame,
      lengthFrames,
      sourceStartFrame,
      gainDb: clip.gainDb,
      fadeInFrames: Math.min(clip.fadeInFrames, lengthFrames),
      fadeOutFrames: Math.min(clip.fadeOutFrames, Math.max(0, lengthFrames - clip.fadeInFrames)),
      fadeCurve: clip.fadeCurve,
      ...(clip.foundBy === undefined ? {} : { foundBy: clip.foundBy }),
    })
  }
  return layOutClips(planned)
}

/** Plans of devices that nothing automates, by record: the next plan of the same remix has most of them again. */
const plannedDevices = new WeakMap<Device, PlanDevice>()

const planBuiltIn = (device: Device, kind: DeviceKind, values: Values): PlanBuiltIn => {
  const params: Record<string, PlanValue> = {}
  for (const { name, min, max, default: standard } of DEVICE_PARAMETERS[kind]) {
    params[name] = values(device.id, name, device.params[name] ?? standard, min, max)
  }
  return { deviceId: device.id, kind, isEnabled: device.isEnabled, params }
}

const planDevices = (
  devices: readonly Device[],
  track: Track,
  isAudible: boolean,
  automation: Shelves['automation'],
  values: Values,
): Result<readonly PlanDevice[]> => {
  const planned: PlanDevice[] = []
  for (const device of devices) {
    const moves = automation.get(device.id)
    const known = moves ? undefined : plannedDevices.get(device)
    if (known) {
      planned.push(known)
      continue
    }
    if (device.plugin) {
      const plugin = planPlugin(device, device.plugin, moves, values)
      if (!moves) plannedDevices.set(device, plugin)
      planned.push(plugin)
      continue
    }
    if (!isDeviceKind(device.kind)) {
      if (!device.isEnabled || !isAudible) continue
      return fail(
        'plan.device_missing',
        `The device “${device.kind}” on ${track.name} is not installed here, so the remix cannot be rendered as it was made. Install it, or switch the device off.`,
        { deviceId: device.id, trackId: track.id, kind: device.kind },
      )
    }
    const builtIn = planBuiltIn(device, device.kind, values)
    if (!moves) plannedDevices.set(device, builtIn)
    planned.push(builtIn)
  }
  return ok(planned)
}

const isInstrument = (device: PlanDevice): boolean => device.kind === 'plugin' && device.isEnabled && device.plugin.isInstrument

const planSends = (sends: readonly Send[], values: Values): readonly PlanSend[] =>
  sends.map((send) => ({
    sendId: send.id,
    toTrackId: send.toTrackId,
    gainDb: values(send.id, 'gainDb', send.gainDb, -144, 36),
    isPreFader: send.isPreFader,
  }))

/** How long the loudest chain through tracks and buses rings on, in frames. */
const tailFrames = (tracks: readonly PlanTrack[]): number => {
  const tails = new Map<string, number>()
  const master = tracks.find((track) => track.kind === 'master')
  const own = (track: PlanTrack): number => track.devices.reduce((sum, device) => sum + tailSeconds(device), 0)
  // Backwards: a bus comes after what feeds it, so its tail is known first.
  for (const track of [...tracks].reverse()) {
    if (track.isAudible) tails.set(track.id, own(track) + Math.max(0, ...track.sends.map((send) => tails.get(send.toTrackId) ?? 0)))
  }
  const sounding = tracks.filter((track) => track.isAudible && track.kind === 'audio' && track.clips.length > 0)
  if (sounding.length === 0) return 0
  const seconds = Math.max(...sounding.map((track) => tails.get(track.id) ?? 0)) + (master ? own(master) : 0)
  return Math.ceil(Math.min(MAX_TAIL_SECONDS, seconds) * REMIX_SAMPLE_RATE)
}

/**
 * Compiles a remix to frames, gains and routing at 48 kHz. Fails only where the sound could not be what was made: a device that is
 * not installed, or sends in a circle.
 */
export const compilePlan = (snapshot: RemixSnapshot): Result<RenderPlan> => {
  const { tempo, meter } = remixOf(snapshot)
  const { stems, clips: clipsByTrack, devices: devicesByTrack, sends, automation } = shelve(snapshot)
  const values = valuesOf(automation, tempo)
  const sources: PlanSource[] = []
  const indexes = new Map<string, number>()
  const findSource: SourceOf = (stem, clip) => {
    const warp = planWarp(clip, stem, tempo)
    const make = clip.soundId === undefined ? undefined : recordOf(snapshot, 'sound', clip.soundId)?.make
    const key = warp || make ? `${stem.id}\n${clip.soundId ?? ''}\n${JSON.stringify(warp ?? null)}` : stem.id
    const known = indexes.get(key)
    const at = known ?? sources.length
    if (known === undefined) {
      const { id: stemId, workId, role, title, contentSha256, sampleRate, channels, lengthFrames, isrc } = stem
      indexes.set(key, at)
      const sound = { ...(make ? { make } : {}), ...(warp ? { warp } : {}) }
      sources.push({ stemId, workId, role, title, contentSha256, sampleRate, channels, lengthFrames, isrc, ...sound })
    }
    const source = sources[at]
    return { index: at, lengthFrames: source ? derivedLengthFrames(source) : 0, warp }
  }
  /** Under one tempo all clips that are bent alike share a source. By stem and sound, then the very same bend, which pieces of one clip share. */
  const bent = new Map<string, Map<Clip['warp'], ReturnType<SourceOf>>>()
  const sourceOf: SourceOf = (stem, clip) => {
    if (tempo.length > 1) return findSource(stem, clip)
    const key = clip.soundId === undefined ? stem.id : `${stem.id}\n${clip.soundId}`
    const byWarp = bent.get(key) ?? new Map<Clip['warp'], ReturnType<SourceOf>>()
    bent.set(key, byWarp)
    const source = byWarp.get(clip.warp) ?? findSource(stem, clip)
    byWarp.set(clip.warp, source)
    return source
  }
  const all = tracksOf(snapshot)
  const buses = busOrder(
    all.filter((track) => track.kind === 'bus'),
    feedsOf(snapshot),
  )
  if (!buses) return fail('plan.send_cycle', 'The sends of this remix feed a bus into itself; remove one of them.')
  const audible = audibleIds(all, sends)
  const tracks: PlanTrack[] = []
  let lengthFrames = 0
  let noteCount = 0
  for (const track of [...all.filter((one) => one.kind === 'audio'), ...buses, ...all.filter((one) => one.kind === 'master')]) {
    const isAudible = audible.has(track.id)
    const devices = planDevices((devicesByTrack.get(track.id) ?? []).sort(byOrder), track, isAudible, automation, values)
    if (!devices.ok) return devices
    let clips = track.kind === 'audio' ? planClips((clipsByTrack.get(track.id) ?? []).sort(byStart), stems, sourceOf, tempo) : []
    let notes: PlanTrack['notes']
    if (track.kind === 'audio' && devices.value.some(isInstrument)) {
      const found = notesOfClips(clips, sources, MAX_PLAN_NOTES - noteCount)
      if (!found)
        return fail('plan.too_many_notes', `Instruments of this remix would play more than ${MAX_PLAN_NOTES} notes; delete some clips.`)
      notes = found
      noteCount += found.length
      clips = clips.map((clip) => (sources[clip.source]?.make?.kind === 'notes' ? { ...clip, isPlayedByInstrument: true } : clip))
    }
    for (const clip of clips) lengthFrames = Math.max(lengthFrames, clip.startFrame + clip.lengthFrames)
    tracks.push({
      id: track.id,
      kind: track.kind,
      name: track.name,
      role: track.role,
      isAudible,
      clips,
      devices: devices.value,
      gainDb: values(track.id, 'gainDb', track.gainDb, -144, 36),
      pan: values(track.id, 'pan', track.pan, -1, 1),
      sends: planSends(sends.filter((send) => send.fromTrackId === track.id).sort(byId), values),
      ...(notes ? { notes } : {}),
      ...(track.frozen ? { frozen: track.frozen } : {}),
    })
  }
  if (lengthFrames > MAX_LENGTH_FRAMES) {
    return fail('plan.too_long', 'The remix is longer than 24 hours; move or delete the clips that lie that far out.', { lengthFrames })
  }
  const isTimed = tracks.some((track) => track.devices.some((device) => device.kind === 'plugin'))
  const timeline = isTimed ? { timeline: timelineOf(tempo, meter) } : {}
  return ok({
    v: PLAN_VERSION,
    sampleRate: REMIX_SAMPLE_RATE,
    lengthFrames,
    tailFrames: tailFrames(tracks),
    sources,
    tracks,
    ...timeline,
  })
}

/** The bytes whose SHA-256 names a plan: canonical JSON in UTF-8. */
export const canonicalPlan = (plan: RenderPlan): Uint8Array => canonicalBytes(plan)
