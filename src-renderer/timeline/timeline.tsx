// The arrangement: ruler, sections, one row per track. Rows and clips outside the view are not mounted.
import { useVirtualizer } from '@tanstack/react-virtual'
import { ListMusic, Maximize2, Plus, ScanSearch, ZoomIn, ZoomOut } from 'lucide-react'
import { type PointerEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { barTicks, tick } from '../../src-shared/time/index.ts'
import { recordsOf, remixOf } from '../../src-shared/remix/index.ts'
import { EmptyState, IconButton, MenuButton } from '../parts/index.ts'
import {
  edit,
  newId,
  seekTick,
  selectClips,
  selectSection,
  selectTrack,
  setPreferences,
  settledSnapshot,
  takeZoomAll,
  useLibrary,
  usePreference,
  useRemix,
  useView,
  viewStore,
} from '../state/index.ts'
import { AutomationHead, AutomationLane } from './automation-lane.tsx'
import {
  attachCamera,
  LANE_HEIGHT,
  ROW_HEIGHT,
  RULER_HEIGHT,
  rowsY,
  SECTIONS_HEIGHT,
  tickAtClientX,
  useCamera,
  zoomBy,
  zoomByWheel,
} from './camera.ts'
import { GridCanvas } from './canvases.tsx'
import { zoomToAll, zoomToSelection } from './clip-commands.ts'
import { clipsWithin } from './clip-gestures.ts'
import { runPlainDrag } from './gesture.ts'
import { Lane } from './lane.tsx'
import { DragReading, SnapLine } from './overlays.tsx'
import { Playhead } from './playhead.tsx'
import { rowsBetween, setRows } from './rows.ts'
import { Ruler } from './ruler.tsx'
import { ProposalBar, Sections, SectionShade } from './sections.tsx'
import { candidatesOf, snapped } from './snap-candidates.ts'
import { lastTick, shownTracks } from './snapshot-index.ts'
import { TrackHeader } from './track-header.tsx'
import { addWorkEntries, matchWork } from './work-commands.ts'
import { TrackDropLine } from './track-reorder.tsx'
import './timeline.css'
import './clips.css'

const Corner = () => {
  const isFollowing = usePreference('followPlayhead')
  const works = useRemix((remix) => recordsOf(remix.snapshot, 'work').length)
  // The entries read the library when it changes.
  useLibrary((library) => library.works)
  const add = (kind: 'audio' | 'bus') => () => {
    const id = newId()
    void edit([{ op: 'track.add', id, kind, name: kind === 'bus' ? 'Bus' : 'Track' }])
    viewStore.setState({ renaming: id, trackId: id })
  }
  return (
    <div className="timeline-corner">
      <MenuButton
        entries={[
          { label: 'Audio track', run: add('audio') },
          { label: 'Bus for sends', run: add('bus') },
          'separator',
          { label: 'Another work', entries: addWorkEntries() },
          { label: 'Match tempo and key', keys: 'Shift+M', isDisabled: works < 2, run: () => matchWork() },
        ]}
      >
        <button type="button" className="icon-button" aria-label="Add track" title="Add a track or another work">
          <Plus size={15} aria-hidden />
        </button>
      </MenuButton>
      <span className="spacer" />
      <IconButton
        icon={ListMusic}
        label={isFollowing ? 'Follow playhead: on' : 'Follow playhead: off'}
        keys="F"
        isOn={isFollowing}
        onClick={() => setPreferences({ followPlayhead: !isFollowing })}
      />
      <IconButton icon={ZoomOut} label="Zoom out" keys="-" onClick={() => zoomBy(1 / 1.5)} />
      <IconButton icon={ScanSearch} label="Zoom to selection" keys="Z" onClick={zoomToSelection} />
      <IconButton icon={ZoomIn} label="Zoom in" keys="+" onClick={() => zoomBy(1.5)} />
      <IconButton icon={Maximize2} label="Show everything" keys="Shift+Z" size={13} onClick={zoomToAll} />
    </div>
  )
}

/** The timeline of the open remix. */
export const Timeline = () => {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const tracks = useRemix((remix) => shownTracks(remix.snapshot))
  const uid = useRemix((remix) => remix.uid)
  const end = useRemix((remix) => lastTick(remix.snapshot))
  const bar = useRemix((remix) => barTicks(remixOf(remix.snapshot).meter[0] ?? { atTick: tick(0), numerator: 4, denominator: 4 }))
  const lanes = useView((view) => view.lanes)
  const farTick = useCamera((camera) => camera.toTick)
  const [marquee, setMarquee] = useState<{ left: number; top: number; width: number; height: number } | null>(null)

  const heights = useMemo(() => tracks.map((track) => ROW_HEIGHT + (lanes[track.id] ? LANE_HEIGHT : 0)), [tracks, lanes])
  const virtualizer = useVirtualizer({
    count: tracks.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heights[index] ?? ROW_HEIGHT,
    overscan: 4,
    scrollMargin: 0,
    paddingStart: 0,
    getItemKey: (index) => tracks[index]?.id ?? index,
  })
  useLayoutEffect(() => {
    virtualizer.measure()
    let top = 0
    setRows(
      tracks.map((track, i) => {
        const row = { trackId: track.id, top, height: heights[i] ?? ROW_HEIGHT }
        top += row.height
        return row
      }),
    )
  }, [tracks, heights, virtualizer])

  useLayoutEffect(() => {
    if (!scroller.current || !content.current) return
    return attachCamera(scroller.current, content.current)
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a newly opened remix is shown whole.
  useEffect(() => {
    if (takeZoomAll()) requestAnimationFrame(zoomToAll)
  }, [uid])

  useEffect(() => {
    const element = scroller.current
    if (!element) return
    // React listens to wheel passively; zooming has to keep the page from scrolling.
    const onWheel = (event: WheelEvent): void => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault()
        zoomByWheel(1.0015 ** -event.deltaY, event.clientX)
      } else if (event.shiftKey && event.deltaX === 0) {
        event.preventDefault()
        element.scrollLeft += event.deltaY
      }
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [])

  const onBackground = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest('.track-head, .automation, .automation-head')))
      return
    selectSection(null)
    const fromTick = tickAtClientX(event.clientX)
    const fromY = rowsY(event.clientY)
    const before = event.shiftKey ? viewStore.getState().clipIds : []
    runPlainDrag(event, {
      onMove: (point) => {
        const toTick = tickAtClientX(point.clientX)
        const toY = rowsY(point.clientY)
        const { scale } = viewStore.getState()
        setMarquee({
          left: Math.min(fromTick, toTick) * scale,
          top: Math.min(fromY, toY),
          width: Math.abs(toTick - fromTick) * scale,
          height: Math.abs(toY - fromY),
        })
        const ids = clipsWithin(
          Math.min(fromTick, toTick),
          Math.max(fromTick, toTick),
          rowsBetween(Math.min(fromY, toY), Math.max(fromY, toY)),
        )
        selectClips([...new Set([...before, ...ids])])
      },
      onEnd: (point, isEscaped) => {
        setMarquee(null)
        if (point || isEscaped) return
        const row = [...rowsBetween(fromY, fromY + 1)][0] ?? null
        selectTrack(row)
        const snapshot = settledSnapshot()
        seekTick(snapped(fromTick, snapshot, candidatesOf(snapshot, new Set()), event.ctrlKey))
      },
    })
  }

  const total = virtualizer.getTotalSize()
  const contentTicks = Math.max(end + 8 * bar, farTick * 0.5)
  return (
    <div className="timeline">
      <div className="timeline-scroll" ref={scroller}>
        <div
          className="timeline-content"
          ref={content}
          style={{ width: `max(100%, calc(var(--header-width) + ${contentTicks} * var(--k) * 1px))` }}
        >
          <div className="timeline-top" style={{ height: RULER_HEIGHT + SECTIONS_HEIGHT }}>
            <Corner />
            <div className="timeline-top-lanes">
              <Ruler />
              <Sections />
            </div>
          </div>
          {/* biome-ignore lint/a11y/useSemanticElements: a table cannot hold free-floating clips. */}
          <div
            className="timeline-rows"
            role="grid"
            aria-label="Arrangement"
            aria-rowcount={tracks.length}
            aria-multiselectable
            style={{ height: total }}
            onPointerDown={onBackground}
          >
            <GridCanvas height={total} />
            <SectionShade />
            {virtualizer.getVirtualItems().map((item) => {
              const track = tracks[item.index]
              if (!track) return null
              const lane = lanes[track.id]
              return (
                // biome-ignore lint/a11y/useSemanticElements: a table cannot hold free-floating clips; the grid pattern of ARIA can.
                <div
                  key={item.key}
                  className="track-row"
                  role="row"
                  aria-rowindex={item.index + 1}
                  tabIndex={-1}
                  style={{ height: item.size, transform: `translateY(${item.start}px)` }}
                >
                  <div className="track-line">
                    <TrackHeader track={track} />
                    <Lane track={track} />
                  </div>
                  {lane && (
                    <div className="track-automation" style={{ height: LANE_HEIGHT }}>
                      <AutomationHead track={track} lane={lane} />
                      <AutomationLane track={track} lane={lane} />
                    </div>
                  )}
                </div>
              )
            })}
            <TrackDropLine />
            {marquee && <div className="marquee" style={{ ...marquee, left: `calc(var(--header-width) + ${marquee.left}px)` }} />}
          </div>
          {tracks.length === 0 && (
            <div className="timeline-empty">
              <EmptyState icon={ListMusic} title="No tracks yet">
                Add a track with the plus at the top left, then paste clips on it.
              </EmptyState>
            </div>
          )}
          <Playhead />
          <SnapLine />
        </div>
      </div>
      <ProposalBar />
      <DragReading />
    </div>
  )
}
