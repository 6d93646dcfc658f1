// In which order a mix renders its tracks, and when a plan can take another's place.
import type { PlanDevice, PlanTrack, RenderPlan } from '../../src-shared/remix/index.ts'

/** Tracks whose sound a plugin of the track listens to beside its own. */
export const sidechainsOf = (track: PlanTrack): readonly string[] =>
  track.devices.flatMap((device) =>
    device.kind === 'plugin' && device.plugin.sidechainTrackId !== null ? [device.plugin.sidechainTrackId] : [],
  )

/** Ids of a track, all that its plugins listen to, and all that feeds those. */
export const heardBy = (plan: RenderPlan, trackId: string): ReadonlySet<string> => {
  const heard = new Set<string>()
  const queue = [trackId]
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (heard.has(id)) continue
    heard.add(id)
    const track = plan.tracks.find((one) => one.id === id)
    if (track) queue.push(...sidechainsOf(track))
    if (track?.kind === 'bus')
      queue.push(...plan.tracks.filter((one) => one.sends.some((send) => send.toTrackId === id)).map((one) => one.id))
  }
  return heard
}

/** Ids of all tracks that a sidechain listens to. */
export const tappedTracks = (plan: RenderPlan): ReadonlySet<string> => new Set(plan.tracks.flatMap(sidechainsOf))

/** Indices of all tracks but the master, such that each comes after what it hears: the plan's own order wherever that holds. */
export const mixOrder = (plan: RenderPlan): readonly number[] => {
  const indices = plan.tracks.flatMap((track, index) => (track.kind === 'master' ? [] : [index]))
  if (tappedTracks(plan).size === 0) return indices
  const before = new Map<string, Set<string>>(plan.tracks.map((track) => [track.id, new Set(sidechainsOf(track))]))
  for (const track of plan.tracks) for (const { toTrackId } of track.sends) before.get(toTrackId)?.add(track.id)
  const order: number[] = []
  const placed = new Set<string>()
  let waiting = indices
  while (waiting.length > 0) {
    const isReady = (index: number): boolean =>
      [...(before.get(plan.tracks[index]!.id) ?? [])].every((id) => placed.has(id) || !before.has(id))
    // Circles were refused when the plan was compiled; one that came all the same is cut where it is first met.
    const next = waiting.find(isReady) ?? waiting[0]!
    order.push(next)
    placed.add(plan.tracks[next]!.id)
    waiting = waiting.filter((index) => index !== next)
  }
  return order
}

/** Equal where a plan can take another's place without rebuilding: same tracks, devices and sends, in the same order. */
export const mixTopology = (plan: RenderPlan): string =>
  JSON.stringify(
    plan.tracks.map(({ id, kind, devices, sends }) => [
      id,
      kind,
      devices.map((d) =>
        d.kind === 'plugin'
          ? [d.deviceId, d.plugin.format, d.plugin.id, d.plugin.isInstrument, d.plugin.sidechainTrackId]
          : [d.deviceId, d.kind],
      ),
      sends.map((s) => [s.sendId, s.toTrackId, s.isPreFader]),
    ]),
  )

/** The master's devices before and after its fader. A limiter at the end stays the last thing before the output. */
export const splitMaster = (
  track: PlanTrack,
  added: PlanDevice | null,
): { readonly inserts: readonly PlanDevice[]; readonly final: readonly PlanDevice[] } => {
  const last = track.devices[track.devices.length - 1]
  if (last?.kind === 'limiter' && (last.isEnabled || added === null)) return { inserts: track.devices.slice(0, -1), final: [last] }
  return { inserts: track.devices, final: added === null ? [] : [added] }
}
