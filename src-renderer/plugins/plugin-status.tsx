// How a plugin in use fares: one line when all is well, a sentence and what to do when it is not.
import { AlertTriangle } from 'lucide-react'
import type { Device } from '../../src-shared/remix/index.ts'
import { isInstalled, openSheet, reloadPlugin, usePlugins, viewStore } from '../state/index.ts'
import { FORMAT_WORDS } from './values.ts'

/** A word for a device's head; null where there is nothing to say but that it runs. */
export const usePluginState = (device: Device): 'missing' | 'failed' | 'disabled' | 'restarting' | 'loading' | null => {
  const state = usePlugins((plugins) => plugins.statuses[device.id]?.state)
  const isHere = usePlugins((plugins) => !device.plugin || isInstalled(plugins.list, device.plugin))
  if (!isHere) return 'missing'
  return state === undefined || state === 'ready' ? null : state
}

const milliseconds = (frames: number): string => `${((frames * 1000) / 48_000).toFixed(frames < 480 ? 2 : 0)} ms`

/** Format, latency, load, and what went wrong. */
export const PluginStatusLine = ({ device }: { device: Device }) => {
  const status = usePlugins((plugins) => plugins.statuses[device.id])
  const state = usePluginState(device)
  const { plugin } = device
  // A mark counts wherever the plugin is used, also where it was put in before.
  const isMarked = usePlugins(
    (plugins) => plugins.list?.plugins.find(({ format, id }) => id === plugin?.id && format === plugin.format)?.isGenerative,
  )
  if (!plugin) return null
  const isGenerative = plugin.isGenerative || isMarked === true
  const facts = [
    FORMAT_WORDS[plugin.format],
    plugin.version,
    ...(status && state === null
      ? [
          ...(status.latencyFrames > 0 ? [`${milliseconds(status.latencyFrames)} latency, compensated`] : []),
          status.cpuPermille < 1 ? '< 0.1 % CPU' : `${(status.cpuPermille / 10).toFixed(1)} % CPU`,
          ...(status.lateBlocks > 0 ? [`${status.lateBlocks} late`] : []),
          ...(status.scrubbedSamples > 0 ? [`${status.scrubbedSamples} bad samples silenced`] : []),
        ]
      : []),
  ].filter(Boolean)
  const trouble =
    state === 'missing'
      ? `${plugin.name} is not installed here. Its settings are kept; install it, replace it, or switch it off to export without it.`
      : state === 'failed' || state === 'disabled'
        ? (status?.message ?? `${plugin.name} does not run. Its settings are kept.`)
        : null
  return (
    <>
      <p className="plugin-facts" title={[plugin.vendor, ...facts].filter(Boolean).join(' · ')}>
        {plugin.vendor !== '' && <span>{plugin.vendor}</span>}
        {facts.map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
        {isGenerative && <span className="tone-info">counts as AI</span>}
      </p>
      {state === 'restarting' && <p className="plugin-facts tone-limited">Starting again with its settings…</p>}
      {state === 'loading' && <p className="plugin-facts">Loading…</p>}
      {trouble !== null && (
        <div className="notice notice-deny plugin-trouble" role="alert">
          <AlertTriangle size={14} aria-hidden />
          <div>
            <p className="selectable">{trouble}</p>
            <p className="plugin-trouble-actions">
              {state === 'missing' ? (
                <button type="button" className="link" onClick={() => openSheet('plugins')}>
                  Look for plugins
                </button>
              ) : (
                <button type="button" className="link" onClick={() => void reloadPlugin(device.id)}>
                  Try again
                </button>
              )}
              <button
                type="button"
                className="link"
                onClick={() => viewStore.setState({ picking: { trackId: device.trackId, replaces: device.id } })}
              >
                Replace…
              </button>
            </p>
          </div>
        </div>
      )}
    </>
  )
}
