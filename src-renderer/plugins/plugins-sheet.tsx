// All plugins of this computer: found, marked, held back, read again. Thousands may be installed; only what is on view is drawn.
import { useVirtualizer } from '@tanstack/react-virtual'
import { AlertTriangle, FolderPlus, PlugZap, RefreshCw, Star, Trash2 } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import { PLUGIN_CATEGORIES, PLUGIN_FORMATS } from '../../src-shared/plugins/index.ts'
import type { PluginFailure, PluginList, PluginSummary } from '../../src-shared/protocol/index.ts'
import {
  Button,
  classes,
  Dialog,
  EmptyState,
  formatMoment,
  IconButton,
  Loading,
  ProblemState,
  ProgressBar,
  Segmented,
} from '../parts/index.ts'
import {
  addPluginFolder,
  cancelPluginScan,
  groupPlugins,
  loadPlugins,
  markPlugin,
  openSheet,
  removePluginFolder,
  rescanPlugin,
  scanPlugins,
  usePlugins,
  useView,
} from '../state/index.ts'
import { FORMAT_WORDS } from './values.ts'

const ROW_HEIGHT = 40

type Part = 'plugins' | 'failures' | 'folders'

interface Filter {
  readonly query: string
  readonly format: string
  readonly category: string
  readonly vendor: string
  readonly isFavourite: boolean
}

const NO_FILTER: Filter = { query: '', format: '', category: '', vendor: '', isFavourite: false }

const passes = (plugin: PluginSummary, { query, format, category, vendor, isFavourite }: Filter): boolean => {
  if (format !== '' && plugin.format !== format) return false
  if (category !== '' && plugin.category !== category) return false
  if (vendor !== '' && plugin.vendor !== vendor) return false
  if (isFavourite && !plugin.isFavourite) return false
  const text = [plugin.name, plugin.vendor, plugin.id, ...plugin.tags].join(' ').toLowerCase()
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

const Row = ({ plugin }: { plugin: PluginSummary }) => (
  <>
    <IconButton
      icon={Star}
      size={13}
      label={plugin.isFavourite ? `${plugin.name} is a favourite` : `Make ${plugin.name} a favourite`}
      className={classes('plugin-star', plugin.isFavourite && 'is-on')}
      isOn={plugin.isFavourite}
      onClick={() => void markPlugin(plugin, { isFavourite: !plugin.isFavourite })}
    />
    <span className="plugin-cell-name">
      <span className="ellipsis" title={`${plugin.name}\n${plugin.id}`}>
        {plugin.name}
      </span>
      <small className="muted ellipsis" title={plugin.vendor}>
        {plugin.vendor === '' ? 'Maker not stated' : plugin.vendor}
      </small>
    </span>
    <span className="plugin-cell-kind muted ellipsis" title={plugin.tags.join(', ')}>
      {plugin.tags[0] ?? plugin.category}
    </span>
    <span className="plugin-cell-format muted">{FORMAT_WORDS[plugin.format]}</span>
    <span className="plugin-cell-marks">
      <button
        type="button"
        className={classes('chip', plugin.isGenerative && 'is-on')}
        aria-pressed={plugin.isGenerative}
        title="Its sound comes from a trained model: wherever it is used from now on, it is disclosed as AI"
        onClick={() => void markPlugin(plugin, { isGenerative: !plugin.isGenerative })}
      >
        AI
      </button>
      <button
        type="button"
        className={classes('chip', plugin.isIsolated && 'is-on')}
        aria-pressed={plugin.isIsolated}
        title="Runs in a process of its own, so that it can harm no other plugin. Set by itself after a crash."
        onClick={() => void markPlugin(plugin, { isIsolated: !plugin.isIsolated })}
      >
        alone
      </button>
    </span>
  </>
)

const Choice = ({
  label,
  all,
  value,
  options,
  onChange,
}: {
  label: string
  all: string
  value: string
  options: readonly (readonly [value: string, label: string])[]
  onChange: (value: string) => void
}) => (
  <select className="select select-small" aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
    <option value="">{all}</option>
    {options.map(([option, text]) => (
      <option key={option} value={option}>
        {text}
      </option>
    ))}
  </select>
)

const Installed = ({ plugins, isScanning }: { plugins: readonly PluginSummary[]; isScanning: boolean }) => {
  const [filter, setFilter] = useState(NO_FILTER)
  const scroller = useRef<HTMLDivElement>(null)
  const shown = useMemo(() => plugins.filter((plugin) => passes(plugin, filter)), [plugins, filter])
  const vendors = useMemo(
    () => [...new Set(plugins.map(({ vendor }) => vendor))].filter(Boolean).sort((a, b) => a.localeCompare(b, 'en')),
    [plugins],
  )
  const virtualizer = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 6,
  })
  const set = (change: Partial<Filter>): void => setFilter((before) => ({ ...before, ...change }))
  return (
    <>
      <div className="plugins-filter">
        <input
          className="text-input"
          type="search"
          aria-label="Find a plugin"
          placeholder="Find by name, maker or kind"
          value={filter.query}
          onChange={(event) => set({ query: event.target.value })}
        />
        <Choice
          label="Format"
          all="All formats"
          value={filter.format}
          options={PLUGIN_FORMATS.map((format) => [format, FORMAT_WORDS[format]])}
          onChange={(format) => set({ format })}
        />
        <Choice
          label="Category"
          all="All kinds"
          value={filter.category}
          options={PLUGIN_CATEGORIES.map((category) => [category, category])}
          onChange={(category) => set({ category })}
        />
        <Choice
          label="Maker"
          all="All makers"
          value={filter.vendor}
          options={vendors.map((vendor) => [vendor, vendor])}
          onChange={(vendor) => set({ vendor })}
        />
        <IconButton
          icon={Star}
          size={14}
          label="Favourites only"
          isOn={filter.isFavourite}
          onClick={() => set({ isFavourite: !filter.isFavourite })}
        />
      </div>
      {plugins.length === 0 ? (
        <EmptyState icon={PlugZap} title={isScanning ? 'Reading what is there' : 'No plugins were found'}>
          {isScanning
            ? 'What can be used is listed as it is found.'
            : 'Install some, or add the folder they are in under “Folders and processes”.'}
        </EmptyState>
      ) : shown.length === 0 ? (
        <EmptyState
          icon={PlugZap}
          title="No plugin is like that"
          action={<Button onClick={() => setFilter(NO_FILTER)}>Show all {plugins.length}</Button>}
        />
      ) : (
        <div ref={scroller} className="plugins-rows">
          <ul aria-label={`${shown.length} plugins`} style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
            {virtualizer.getVirtualItems().map(({ index, start, key }) => {
              const plugin = shown[index]
              return (
                plugin && (
                  <li
                    key={key}
                    aria-label={`${plugin.name}, ${FORMAT_WORDS[plugin.format]}`}
                    className="plugins-row"
                    style={{ height: ROW_HEIGHT, transform: `translateY(${start}px)` }}
                  >
                    <Row plugin={plugin} />
                  </li>
                )
              )
            })}
          </ul>
        </div>
      )}
    </>
  )
}

const STATE_WORDS: Readonly<Record<PluginFailure['state'], string>> = { failed: 'not read', crashed: 'crashed', 'timed out': 'hung' }

const Failures = ({ failures, isScanning }: { failures: readonly PluginFailure[]; isScanning: boolean }) =>
  failures.length === 0 ? (
    <EmptyState icon={PlugZap} title="Nothing was held back">
      Every plugin file that was found could be read.
    </EmptyState>
  ) : (
    <ul className="plugins-failures">
      {failures.map((failure, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: one file can fail for several plugins
        <li key={`${failure.file} ${index}`}>
          <AlertTriangle size={14} aria-hidden />
          <div>
            <b className="ellipsis" title={failure.name}>
              {failure.name}
            </b>
            <span className="muted">
              {FORMAT_WORDS[failure.format]} · {STATE_WORDS[failure.state]}
            </span>
            <p className="muted selectable">{failure.reason}</p>
          </div>
          <Button disabled={isScanning} onClick={() => void rescanPlugin(failure.file)}>
            Read again
          </Button>
        </li>
      ))}
    </ul>
  )

const Folders = ({ list }: { list: PluginList }) => (
  <div className="plugins-folders">
    <section aria-label="Folders">
      <h3 className="caps">Folders that are searched</h3>
      <ul>
        {list.folders.map((folder) => (
          <li key={folder.folder}>
            <span className="ellipsis selectable" title={folder.name}>
              {folder.name}
            </span>
            {folder.isOwn ? (
              <IconButton
                icon={Trash2}
                size={13}
                label={`Stop searching ${folder.name}`}
                onClick={() => void removePluginFolder(folder.folder)}
              />
            ) : (
              <small className="muted">usual place</small>
            )}
          </li>
        ))}
      </ul>
      <Button icon={FolderPlus} onClick={() => void addPluginFolder()}>
        Add a folder…
      </Button>
    </section>
    <section aria-label="Processes">
      <h3 className="caps">Processes</h3>
      <Segmented
        label="Processes"
        value={list.grouping}
        options={[
          { value: 'chain', label: 'One for each track' },
          { value: 'together', label: 'All together' },
          { value: 'alone', label: 'Each alone' },
        ]}
        onChange={(grouping) => void groupPlugins(grouping)}
      />
      <p className="muted small">
        Plugins run outside of Stemma, so that a crash costs one moment of one track. More processes keep them further apart and take about
        60 MB each. What crashed once always runs alone.
      </p>
    </section>
  </div>
)

/** The sheet. */
export const PluginsSheet = () => {
  const isOpen = useView((view) => view.sheet === 'plugins')
  const { list, problem, scan } = usePlugins((plugins) => plugins)
  const [part, setPart] = useState<Part>('plugins')
  const isNever = list !== null && list.scannedAt === null && !scan.isRunning && list.plugins.length === 0
  return (
    <Dialog
      isOpen={isOpen}
      onClose={() => openSheet(null)}
      title="Plugins"
      description="LV2, CLAP and VST3 effects and instruments on this computer."
      size="wide"
      footer={
        scan.isRunning ? (
          <>
            <div className="plugins-progress">
              <ProgressBar fraction={scan.total === 0 ? null : scan.done / scan.total} label="Reading plugins" />
              <span className="muted ellipsis">
                {scan.done} of {scan.total}
                {scan.current === null ? '' : ` · ${scan.current}`}
              </span>
            </div>
            <Button onClick={cancelPluginScan}>Cancel</Button>
          </>
        ) : isNever ? undefined : (
          <>
            <span className="muted plugins-when">
              {list?.scannedAt ? `Last read ${formatMoment(list.scannedAt)}` : 'Not read in full yet'}
            </span>
            <Button title="Reads every file again, also those that failed" onClick={() => void scanPlugins(true)}>
              Read all again
            </Button>
            <Button tone="primary" icon={RefreshCw} onClick={() => void scanPlugins(false)}>
              Scan
            </Button>
          </>
        )
      }
    >
      <div className="plugins-sheet">
        {list === null ? (
          problem === null ? (
            <Loading label="Reading the list of plugins" lines={6} />
          ) : (
            <ProblemState problem={problem} action={<Button onClick={() => void loadPlugins()}>Try again</Button>} />
          )
        ) : isNever ? (
          <EmptyState
            icon={PlugZap}
            title="Bring your own plugins"
            action={
              <Button tone="primary" icon={RefreshCw} onClick={() => void scanPlugins(false)}>
                Look for plugins
              </Button>
            }
          >
            Each is read in a process of its own, so that a broken one can do no harm. Nothing about them leaves this computer unless you
            export with them: then the file names the plugins that made its sound.
          </EmptyState>
        ) : (
          <>
            <Segmented
              label="Show"
              value={part}
              options={[
                { value: 'plugins', label: `Plugins ${list.plugins.length}` },
                { value: 'failures', label: `Held back ${list.failures.length}` },
                { value: 'folders', label: 'Folders and processes' },
              ]}
              onChange={setPart}
            />
            {part === 'plugins' && <Installed plugins={list.plugins} isScanning={scan.isRunning} />}
            {part === 'failures' && <Failures failures={list.failures} isScanning={scan.isRunning} />}
            {part === 'folders' && <Folders list={list} />}
          </>
        )}
      </div>
    </Dialog>
  )
}
