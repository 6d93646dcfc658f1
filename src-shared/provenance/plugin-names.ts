// What plugins are called that a remix would name now: for a line in the window, at every edit, so without their hashes.
import type { RenderPlan } from '../remix/index.ts'
import type { Usage } from '../rights/index.ts'

/** Names of the plugins whose work is heard, each once, in order. */
export const pluginNamesOf = (plan: RenderPlan, usage: Usage): readonly string[] => {
  const active = new Set([...usage.stems.flatMap((stem) => stem.ops), ...(usage.made ?? [])].map(({ causeId }) => causeId))
  const devices = plan.tracks.flatMap((track) => track.devices)
  return [...new Set(devices.flatMap((one) => (one.kind === 'plugin' && active.has(one.deviceId) ? [one.plugin.name] : [])))].sort()
}
