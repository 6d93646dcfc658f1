// Chooses what goes into a chain: built-in devices, then plugins, by a few letters. What the licence forbids is said when it is put in, as everywhere.
import { Command as Palette } from 'cmdk'
import { Music, RefreshCw, Star } from 'lucide-react'
import { Dialog } from 'radix-ui'
import { useMemo, useState } from 'react'
import type { PluginSummary } from '../../src-shared/protocol/index.ts'
import { DEVICE_KINDS, type DeviceKind, recordOf } from '../../src-shared/remix/index.ts'
import { deviceName } from '../mixer/index.ts'
import { edit, newId, openSheet, pluginUse, scanPlugins, usePlugins, useRemix, useView, viewStore } from '../state/index.ts'
import { FORMAT_WORDS } from './values.ts'

/** More are not drawn: nobody reads on, a few letters more find it. */
const MOST_SHOWN = 120

const close = (): void => viewStore.setState({ picking: null })

const score = ({ name, isFavourite }: PluginSummary, words: readonly string[]): number =>
  (isFavourite ? 2 : 0) + (words.length > 0 && name.toLowerCase().startsWith(words[0] ?? '') ? 1 : 0)

/** Favourites first, then names that begin as typed. */
const found = (plugins: readonly PluginSummary[], query: string, takesInstruments: boolean): readonly PluginSummary[] => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return plugins
    .filter((plugin) => {
      if (plugin.category === 'note effect' || (plugin.isInstrument && !takesInstruments)) return false
      const text = [plugin.name, plugin.vendor, plugin.format, ...plugin.tags].join(' ').toLowerCase()
      return words.every((word) => text.includes(word))
    })
    .map((plugin, index) => ({ plugin, index, score: score(plugin, words) }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ plugin }) => plugin)
}

const Results = ({ trackId, replaces }: { trackId: string; replaces: string | null }) => {
  const [query, setQuery] = useState('')
  const list = usePlugins((plugins) => plugins.list)
  const scan = usePlugins((plugins) => plugins.scan)
  const kind = useRemix((remix) => recordOf(remix.snapshot, 'track', trackId)?.kind)
  const plugins = useMemo(() => found(list?.plugins ?? [], query, kind === 'audio'), [list, query, kind])
  const built = replaces === null ? DEVICE_KINDS.filter((one) => deviceName(one).toLowerCase().includes(query.trim().toLowerCase())) : []
  const addBuiltIn = (device: DeviceKind): void => {
    const id = newId()
    viewStore.setState({ picking: null, deviceId: id })
    void edit([{ op: 'device.add', id, trackId, kind: device }])
  }
  const addPlugin = (plugin: PluginSummary): void => {
    if (replaces !== null) {
      viewStore.setState({ picking: null, deviceId: replaces })
      void edit([{ op: 'plugin.replace', deviceId: replaces, plugin: pluginUse(plugin) }])
      return
    }
    const id = newId()
    viewStore.setState({ picking: null, deviceId: id })
    // An instrument makes the sound that effects work on.
    void edit([{ op: 'plugin.add', id, trackId, plugin: pluginUse(plugin), ...(plugin.isInstrument ? { index: 0 } : {}) }])
  }
  const isNever = list !== null && list.scannedAt === null
  return (
    <Palette label="Devices" loop shouldFilter={false}>
      <Palette.Input
        className="palette-input"
        placeholder={replaces === null ? 'Which device or plugin?' : 'Which plugin instead?'}
        value={query}
        onValueChange={setQuery}
      />
      <Palette.List className="palette-list">
        {built.length === 0 && plugins.length === 0 && !isNever && <p className="palette-empty muted">Nothing is called that.</p>}
        {built.length > 0 && (
          <Palette.Group heading="Built in">
            {built.map((device) => (
              <Palette.Item key={device} value={`built-in ${device}`} className="menu-item" onSelect={() => addBuiltIn(device)}>
                <span className="menu-mark" />
                <span className="ellipsis">{deviceName(device)}</span>
              </Palette.Item>
            ))}
          </Palette.Group>
        )}
        {plugins.length > 0 && (
          <Palette.Group heading={plugins.length > MOST_SHOWN ? `Plugins, ${MOST_SHOWN} of ${plugins.length}` : 'Plugins'}>
            {plugins.slice(0, MOST_SHOWN).map((plugin) => (
              <Palette.Item
                key={`${plugin.format}:${plugin.id}`}
                value={`${plugin.format}:${plugin.id}`}
                className="menu-item picker-item"
                onSelect={() => addPlugin(plugin)}
              >
                <span className="menu-mark">
                  {plugin.isFavourite ? (
                    <Star size={12} aria-label="Favourite" />
                  ) : plugin.isInstrument ? (
                    <Music size={12} aria-label="Instrument" />
                  ) : null}
                </span>
                <span className="ellipsis picker-name" title={plugin.name}>
                  {plugin.name}
                </span>
                <span className="muted ellipsis picker-vendor">{plugin.vendor}</span>
                {plugin.isGenerative && <span className="badge badge-info">AI</span>}
                <span className="picker-format">{FORMAT_WORDS[plugin.format]}</span>
              </Palette.Item>
            ))}
          </Palette.Group>
        )}
        <Palette.Group heading="More">
          {isNever && (
            <Palette.Item value="scan" className="menu-item" disabled={scan.isRunning} onSelect={() => void scanPlugins(false)}>
              <span className="menu-mark">
                <RefreshCw size={12} aria-hidden />
              </span>
              <span className="ellipsis">
                {scan.isRunning ? `Looking for plugins: ${scan.done} of ${scan.total}` : 'Look for the plugins on this computer'}
              </span>
            </Palette.Item>
          )}
          <Palette.Item
            value="manage"
            className="menu-item"
            onSelect={() => {
              close()
              openSheet('plugins')
            }}
          >
            <span className="menu-mark" />
            <span className="ellipsis">Manage plugins…</span>
          </Palette.Item>
        </Palette.Group>
      </Palette.List>
    </Palette>
  )
}

/** The picker, over the window while something is being chosen. */
export const DevicePicker = () => {
  const picking = useView((view) => view.picking)
  return (
    <Dialog.Root open={picking !== null} onOpenChange={(isOpen) => !isOpen && close()}>
      <Dialog.Portal>
        <Dialog.Overlay className="scrim" />
        <Dialog.Content className="palette picker" aria-describedby={undefined}>
          <Dialog.Title className="visually-hidden">{picking?.replaces ? 'Replace the plugin' : 'Add a device'}</Dialog.Title>
          {picking && <Results trackId={picking.trackId} replaces={picking.replaces} />}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
