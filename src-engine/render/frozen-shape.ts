// What a frozen track is made of, as a hash: all that may not change while it is frozen, and nothing else, so that it can be worked out again from any
// later plan and held against what was frozen. What other tracks do to it (sidechains) may change meanwhile: that has a hash of its own.
import { createHash } from 'node:crypto'
import type { PlanClip, PlanDevice, PlanTrack, RenderPlan } from '../../src-shared/remix/index.ts'
import { canonicalBytes } from '../../src-shared/std/index.ts'
import { deriveKey } from '../derive-key.ts'
import { heardBy } from './mix-order.ts'

const clipShape = (plan: RenderPlan, { clipId: _, foundBy: _found, source, ...clip }: PlanClip): object => ({
  ...clip,
  source: deriveKey(plan.sources[source]!),
})

const deviceShape = (device: PlanDevice): object => {
  const { deviceId: _, ...rest } = device
  if (device.kind !== 'plugin') return rest
  const { format, id, isInstrument } = device.plugin
  const { kind, isEnabled, params, state } = device
  // States can be megabytes: they are hashed as they are.
  return {
    kind,
    isEnabled,
    params,
    format,
    id,
    isInstrument,
    state: state === null ? null : createHash('sha256').update(state).digest('hex'),
  }
}

/** SHA-256, lower-case hex. */
export const shapeOf = (plan: RenderPlan, track: Pick<PlanTrack, 'clips' | 'devices' | 'notes'>): string =>
  createHash('sha256')
    .update(
      canonicalBytes({
        clips: track.clips.map((clip) => clipShape(plan, clip)),
        devices: track.devices.map(deviceShape),
        notes: track.notes ?? null,
        timeline: track.devices.some(({ kind }) => kind === 'plugin') ? (plan.timeline ?? null) : null,
      }),
    )
    .digest('hex')

/** SHA-256, lower-case hex, of all that a track's plugins hear of other tracks; empty where they hear nothing. */
export const heardShapeOf = (plan: RenderPlan, trackId: string): string => {
  const heard = heardBy(plan, trackId)
  const others = plan.tracks.filter((track) => track.id !== trackId && heard.has(track.id))
  if (others.length === 0) return ''
  const shapes = others.map((track) => ({
    shape: shapeOf(plan, track),
    gainDb: track.gainDb,
    pan: track.pan,
    isAudible: track.isAudible,
    sends: track.sends.filter((send) => heard.has(send.toTrackId)).map(({ sendId: _, ...send }) => send),
  }))
  return createHash('sha256').update(canonicalBytes(shapes)).digest('hex')
}
