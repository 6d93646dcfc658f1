// The sentences for plugins that are missing, crash, hang or refuse. They name the plugin and its track, and say what to do.
import type { PlanPlugin, PlanTrack } from '../../../src-shared/remix/index.ts'
import type { Problem } from '../../../src-shared/std/index.ts'
import type { HostFailure } from '../client/index.ts'

type Named = { readonly track: Pick<PlanTrack, 'id' | 'name'>; readonly device: PlanPlugin }

const nameOf = ({ track, device }: Named): string => `The plugin "${device.plugin.name}" on "${track.name}"`
const detailsOf = ({ track, device }: Named) => ({
  trackId: track.id,
  deviceId: device.deviceId,
  format: device.plugin.format,
  pluginId: device.plugin.id,
})

/** What a host failure was, as the end of a sentence. */
export const describeFailure = (failure: HostFailure): string => {
  if (failure.kind === 'refused') return `said: ${failure.message.replace(/[.\s]+$/, '')}`
  if (failure.kind === 'gone') return 'crashed'
  return failure.kind === 'busy' ? 'is busy' : 'does not answer'
}

export const exportPluginMissing = (named: Named): Problem => ({
  code: 'export.plugin_missing',
  message: `${nameOf(named)} is not installed on this machine, so this would not sound as it should. Install it, switch it off, or freeze the track where it is installed; then try again.`,
  details: detailsOf(named),
})

export const exportPluginFailed = (named: Named, failure: HostFailure): Problem => ({
  code: 'export.plugin_failed',
  message: `${nameOf(named)} ${describeFailure(failure)}, so this would not sound as it should. Switch it off or replace it, then try again.`,
  details: { ...detailsOf(named), cause: 'message' in failure ? failure.message : failure.kind },
})

export const exportHostFailed = (message: string): Problem => ({
  code: 'export.plugin_host_failed',
  message: `Plugins could not be started: ${message} Close other programs and try again.`,
})

export const exportPluginScrubbed = (named: Named): Problem => ({
  code: 'export.plugin_broken_numbers',
  message: `${nameOf(named)} gave samples that are not numbers or absurdly loud; they were silenced. Listen to that track before you use this.`,
  details: detailsOf(named),
})

export const exportLatencyChanged = (named: Named): Problem => ({
  code: 'export.plugin_latency_changed',
  message: `${nameOf(named)} changed its delay while it was rendered; the track may lie a little off from there on. Freeze the track or replace the plugin.`,
  details: detailsOf(named),
})

export const pluginMissing = (named: Named): Problem => ({
  code: 'playback.plugin_missing',
  message: `${nameOf(named)} is not installed on this machine. Its settings are kept; until it is installed the track plays without it.`,
  details: detailsOf(named),
})

export const pluginFailed = (named: Named, failure: HostFailure): Problem => ({
  code: 'playback.plugin_failed',
  message: `${nameOf(named)} could not be started: it ${describeFailure(failure)}. Its settings are kept; the track plays without it. Reload or replace it.`,
  details: detailsOf(named),
})

export const pluginCrashed = (named: Named, how: 'crashed' | 'hung'): Problem => ({
  code: 'playback.plugin_crashed',
  message: `${nameOf(named)} ${how === 'hung' ? 'stopped answering' : 'crashed'} and was started again with its settings. It runs apart from other plugins from now on.`,
  details: detailsOf(named),
})

export const pluginDisabled = (named: Named, how: 'crashed' | 'hung'): Problem => ({
  code: 'playback.plugin_disabled',
  message: `${nameOf(named)} ${how === 'hung' ? 'stopped answering' : 'crashed'} twice within a minute and was switched off. Its settings are kept. Reload or replace it.`,
  details: detailsOf(named),
})

/** A request about a device that is no plugin in use. */
export const pluginNotInUse: Problem = {
  code: 'plugins.not_in_use',
  message: 'This plugin is not part of what is loaded. Open the remix it belongs to and try again.',
}

export const pluginNotReady = (named: Named): Problem => ({
  code: 'plugins.not_ready',
  message: `${nameOf(named)} is not running at the moment. Reload it and try again.`,
  details: detailsOf(named),
})

export const pluginRefused = (named: Named, failure: HostFailure): Problem => ({
  code: 'plugins.refused',
  message: `${nameOf(named)} ${describeFailure(failure)}. Nothing was changed.`,
  details: detailsOf(named),
})

export const stateTooLong = (named: Named): Problem => ({
  code: 'plugins.state_too_long',
  message: `${nameOf(named)} keeps more data than a remix can hold. Nothing was changed.`,
  details: detailsOf(named),
})
