// The chain of devices on a track, whatever they are.
import { ok, type NewId, type Result } from '../../std/index.ts'
import type { Device, RemixSnapshot } from '../records.ts'
import { devicesOf } from '../snapshot.ts'
import { findTrack, freshId, withChanges } from './change.ts'
import { placeAt } from './place.ts'

/** What a new device is before it is said which. It has no place yet. */
export const newDevice = (
  snapshot: RemixSnapshot,
  args: { readonly id?: string | undefined; readonly trackId: string; readonly isEnabled?: boolean | undefined },
  newId: NewId,
): Result<Pick<Device, 'type' | 'id' | 'trackId' | 'order' | 'isEnabled'>> => {
  const track = findTrack(snapshot, args.trackId)
  if (!track.ok) return track
  const id = freshId(snapshot, args.id ?? newId())
  if (!id.ok) return id
  return ok({ type: 'device', id: id.value, trackId: track.value.id, order: 0, isEnabled: args.isEnabled ?? true })
}

/** Puts a device at `index` of its track's chain, by default at the end. */
export const withDevice = (snapshot: RemixSnapshot, device: Device, index?: number): RemixSnapshot => {
  const others = devicesOf(snapshot, device.trackId).filter(({ id }) => id !== device.id)
  return withChanges(snapshot, placeAt(others, device, index ?? others.length))
}
