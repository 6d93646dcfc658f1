// The editor every plugin has: its parameters as it describes them. Virtualised, since some have thousands.
import { useVirtualizer } from '@tanstack/react-virtual'
import { ChevronDown, ChevronRight, Eye, EyeOff, Maximize2, Search } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { PluginParameter } from '../../src-shared/plugins/index.ts'
import { type Device, recordOf } from '../../src-shared/remix/index.ts'
import { countOf, Dialog, IconButton, Loading } from '../parts/index.ts'
import { useRemix, useView, viewStore } from '../state/index.ts'
import { PluginRow } from './plugin-row.tsx'
import { PluginStatusLine, usePluginState } from './plugin-status.tsx'
import { PluginTools } from './plugin-tools.tsx'
import { useDescriptor, usePluginWords } from './use-plugin.ts'
import { editorRows, isPlugin } from './values.ts'

const ROW_HEIGHT = 28
/** Fewer parameters than this need no search. */
const SEARCHED_FROM = 12

const Rows = ({ device, parameters, isLarge }: { device: Device; parameters: readonly PluginParameter[]; isLarge: boolean }) => {
  const [query, setQuery] = useState('')
  const [showsHidden, setShowsHidden] = useState(false)
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useMemo(
    () => editorRows({ parameters: [...parameters] }, { query, showsHidden, closed }),
    [parameters, query, showsHidden, closed],
  )
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 6,
  })
  const items = virtualizer.getVirtualItems()
  const visible = items.flatMap(({ index }) => {
    const row = rows[index]
    return row?.kind === 'parameter' ? [row.parameter] : []
  })
  const words = usePluginWords(device, visible)
  const state = usePluginState(device)
  const isFrozen = useRemix((remix) => recordOf(remix.snapshot, 'track', device.trackId)?.frozen !== undefined)
  const hidden = parameters.filter((parameter) => parameter.isHidden && !parameter.isBypass).length
  const toggle = (path: string): void =>
    setClosed((before) => {
      const next = new Set(before)
      if (!next.delete(path)) next.add(path)
      return next
    })
  return (
    <>
      {(parameters.length >= SEARCHED_FROM || hidden > 0) && (
        <div className="plugin-search">
          <Search size={13} aria-hidden />
          <input
            className="text-input"
            type="search"
            aria-label="Find a parameter"
            placeholder={`Find in ${countOf(parameters.length, 'parameter')}`}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            onKeyDown={(event) => event.stopPropagation()}
          />
          {hidden > 0 && (
            <IconButton
              icon={showsHidden ? EyeOff : Eye}
              size={13}
              label={
                showsHidden
                  ? `Hide ${countOf(hidden, 'parameter')} the plugin hides`
                  : `Show ${countOf(hidden, 'parameter')} the plugin hides`
              }
              isOn={showsHidden}
              onClick={() => setShowsHidden(!showsHidden)}
            />
          )}
        </div>
      )}
      {rows.length === 0 ? (
        <p className="muted card-note">{query === '' ? 'This plugin has no parameters.' : 'No parameter is called that.'}</p>
      ) : (
        <div
          ref={scroller}
          className="plugin-rows"
          style={{ height: isLarge ? '100%' : Math.min(rows.length * ROW_HEIGHT, 12 * ROW_HEIGHT) }}
        >
          <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
            {items.map(({ index, start, key }) => {
              const row = rows[index]
              if (!row) return null
              const Chevron = row.kind === 'group' && row.isOpen ? ChevronDown : ChevronRight
              return (
                <div key={key} className="plugin-row-place" style={{ transform: `translateY(${start}px)`, height: ROW_HEIGHT }}>
                  {row.kind === 'group' ? (
                    <button type="button" className="plugin-group caps" aria-expanded={row.isOpen} onClick={() => toggle(row.path)}>
                      <Chevron size={12} aria-hidden />
                      <span className="ellipsis" title={row.path}>
                        {row.path === '' ? 'General' : row.path.replaceAll('/', ' › ')}
                      </span>
                      <span className="plugin-count">{row.count}</span>
                    </button>
                  ) : (
                    <PluginRow device={device} parameter={row.parameter} words={words} isDisabled={isFrozen || state === 'missing'} />
                  )}
                </div>
              )
            })}
          </div>
        </div>
      )}
    </>
  )
}

/** What an open plugin device shows. */
export const PluginEditor = ({ device, isLarge = false }: { device: Device; isLarge?: boolean }) => {
  const { descriptor, problem } = useDescriptor(device.plugin)
  const state = usePluginState(device)
  const whole = useRef<HTMLDivElement>(null)
  const isRead = descriptor !== null
  // Opened at the lower edge of the inspector it would be out of sight.
  useEffect(() => {
    if (isRead && !isLarge) whole.current?.closest('.device')?.scrollIntoView({ block: 'nearest' })
  }, [isRead, isLarge])
  return (
    <div ref={whole} className={isLarge ? 'plugin-editor is-large' : 'plugin-editor'}>
      <div className="plugin-editor-head">
        <PluginStatusLine device={device} />
        {!isLarge && descriptor !== null && (
          <IconButton
            icon={Maximize2}
            size={12}
            label="Open in a larger editor"
            className="plugin-enlarge"
            onClick={() => viewStore.setState({ editing: device.id })}
          />
        )}
      </div>
      {descriptor !== null ? (
        <>
          <PluginTools device={device} descriptor={descriptor} />
          <Rows device={device} parameters={descriptor.parameters} isLarge={isLarge} />
        </>
      ) : problem === null ? (
        <Loading label="Reading the plugin" lines={3} />
      ) : (
        state !== 'missing' && <p className="muted card-note selectable">{problem.message}</p>
      )}
    </div>
  )
}

/** The larger editor, over the window. */
export const PluginSheet = () => {
  const editing = useView((view) => view.editing)
  const device = useRemix((remix) => (editing === null ? undefined : recordOf(remix.snapshot, 'device', editing)))
  const trackName = useRemix((remix) => (device ? (recordOf(remix.snapshot, 'track', device.trackId)?.name ?? '') : ''))
  const isOpen = device !== undefined && isPlugin(device)
  return (
    <Dialog
      isOpen={isOpen}
      onClose={() => viewStore.setState({ editing: null })}
      title={device?.plugin?.name ?? ''}
      description={`On ${trackName}`}
    >
      {isOpen && <PluginEditor device={device} isLarge />}
    </Dialog>
  )
}
