// Lane comping: the original and the kept variations as lanes over the ruler's sections. A swipe over a lane chooses it there; what is chosen lights up.
// biome-ignore-start lint/a11y/useSemanticElements: a grid of places on a canvas, not a table.
import { Layers, Play, Square, TriangleAlert, X } from 'lucide-react'
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react'
import type { VariationRow, VariationRun } from '../../src-shared/protocol/index.ts'
import { type RemixSnapshot, remixOf } from '../../src-shared/remix/index.ts'
import type { Problem } from '../../src-shared/std/index.ts'
import { frame, tickAtFrame } from '../../src-shared/time/index.ts'
import { announce, Button, classes, countOf, IconButton, Segmented } from '../parts/index.ts'
import { onFrame, SAMPLE_RATE, useRemix } from '../state/index.ts'
import { sectionLook } from '../theme/index.ts'
import { lastTick } from '../timeline/index.ts'
import { markersOf } from '../../src-shared/remix/index.ts'
import { auditionStore, browseTo, COMP, heardTick, listenTo, listenToComp, toggleComp, useAudition } from './audition.ts'
import { barLines, barsText, chooseStretch, type Part, partsOf, type Stretch, touchedRange, wholeOriginal } from './comp-stretches.ts'
import { applyComp, useVariations, variationStore } from './variation-store.ts'
import { bpmText, nameOf, type PreviewRange, rangeOfRow } from './variation-words.ts'
import { Wave } from './wave.tsx'

type Snap = 'bar' | 'section'
const SNAPS = [
  { value: 'section', label: 'Section' },
  { value: 'bar', label: 'Bar' },
] as const

interface Range {
  readonly fromTick: number
  readonly toTick: number
}

/** Lanes: the original first, then what is used, kept, pinned or chosen, by number. */
const useLanes = (): readonly (VariationRow | null)[] => {
  const rows = useVariations((state) => state.rows)
  const pinned = useVariations((state) => state.pinned)
  const selection = useVariations((state) => state.selection)
  const stretches = useVariations((state) => state.stretches)
  return useMemo(() => {
    const used = new Set([...selection, ...(stretches ?? []).flatMap(({ id }) => id ?? []), ...(pinned === null ? [] : [pinned])])
    const lanes = [...rows.values()].filter((row) => row.mark === 'kept' || used.has(row.id))
    return [null, ...lanes.sort((left, right) => left.number - right.number || (left.id < right.id ? -1 : 1))]
  }, [rows, pinned, selection, stretches])
}

/** What one needs to know of the remix to comp it, from the snapshot that is confirmed. */
const useGrid = () => {
  const snapshot = useRemix((remix) => remix.confirmed)
  return useMemo(() => {
    const { meter, tempo } = remixOf(snapshot)
    const endTick = Math.max(1, lastTick(snapshot))
    const bars = barLines(meter, endTick)
    const parts = partsOf(markersOf(snapshot), meter, endTick)
    const sections = [...parts.map(({ fromTick }) => fromTick), endTick]
    return { snapshot, endTick, bars, parts, sections, bpm: (tempo[0]?.milliBpm ?? 120_000) / 1000 }
  }, [snapshot])
}

const percent = (position: number, endTick: number): string => `${((Math.max(0, Math.min(endTick, position)) / endTick) * 100).toFixed(3)}%`

/** Where a lane's preview lies, in ticks of the remix. */
const previewTicks = (snapshot: RemixSnapshot, { fromFrame, toFrame }: PreviewRange, ratio: number): Range => {
  const { tempo } = remixOf(snapshot)
  const at = (position: number): number => tickAtFrame(tempo, frame(Math.round(position)), SAMPLE_RATE) * ratio
  return { fromTick: at(fromFrame), toTick: at(toFrame) }
}

/** Moves the playhead of all lanes: one style a frame, without React. */
const usePlayhead = (endTick: number) => {
  const body = useRef<HTMLDivElement>(null)
  useEffect(
    () =>
      onFrame(() => {
        const at = heardTick()
        body.current?.style.setProperty('--comp-at', at === null || at <= 0 || at > endTick ? '-1%' : percent(at, endTick))
      }),
    [endTick],
  )
  return body
}

const nameOfLane = (row: VariationRow | null): string => (row ? nameOf(row) : 'Original')

const summary = (stretches: readonly Stretch[], rows: ReadonlyMap<string, VariationRow>): string => {
  const used = [...new Set(stretches.flatMap(({ id }) => id ?? []))].flatMap((id) => rows.get(id) ?? [])
  if (used.length === 0) return 'Swipe over a stretch of a lane to hear that variation there.'
  const rest = stretches.some(({ id }) => id === null) ? '; the rest stays as it is' : ''
  return `${countOf(stretches.filter(({ id }) => id !== null).length, 'stretch', 'stretches')} of ${used.map(nameOf).join(', ')}${rest}.`
}

/** The panel. */
export const CompPanel = ({ run }: { run: VariationRun }) => {
  const lanes = useLanes()
  const { snapshot, endTick, bars, parts, sections, bpm } = useGrid()
  const rows = useVariations((state) => state.rows)
  const known = useVariations((state) => state.stretches)
  const busy = useVariations((state) => state.busy)
  const heard = useAudition((state) => state.heard)
  const isStarting = useAudition((state) => state.isStarting)
  const unheard = useAudition((state) => state.compProblem)
  const isReadOnly = useRemix((remix) => remix.isReadOnly)
  const [snap, setSnap] = useState<Snap>('section')
  const [swipe, setSwipe] = useState<(Range & { readonly lane: number }) | null>(null)
  const [cursor, setCursor] = useState({ lane: 0, from: 0, to: 0 })
  const [refusal, setRefusal] = useState<Problem | null>(null)
  const grid = useRef<HTMLDivElement>(null)
  const body = usePlayhead(endTick)
  const problem = refusal ?? unheard
  const isHeard = heard?.id === COMP
  const setProblem = (next: Problem | null): void => {
    setRefusal(next)
    auditionStore.setState({ compProblem: null })
  }
  const stretches = known ?? wholeOriginal(endTick)
  const lines = snap === 'bar' ? bars : sections
  const isTouched = stretches.some(({ id }) => id !== null)

  // The remix was edited: stretches of how it was do not fit any more.
  const end = useRef(endTick)
  useEffect(() => {
    if (end.current !== endTick) variationStore.setState({ stretches: null })
    end.current = endTick
  }, [endTick])

  /** Lays a lane over a stretch; where it plays already, listening begins at `fromTick`. */
  const choose = (lane: number, range: Range, fromTick = range.fromTick): void => {
    const row = lanes[lane]
    if (row === undefined) return
    const isThere = stretches.some((one) => one.id === (row?.id ?? null) && one.fromTick <= range.fromTick && one.toTick >= range.toTick)
    if (isThere) {
      listenToComp(fromTick)
      announce(`Listening to the comp from ${barsText(bars, { fromTick, toTick: fromTick + 1 })}`)
      return
    }
    setProblem(null)
    variationStore.setState({ stretches: chooseStretch(stretches, { ...range, id: row?.id ?? null }) })
    announce(`${nameOfLane(row)} plays ${barsText(bars, range)}`)
  }

  const onPointerDown = (event: PointerEvent, lane: number): void => {
    if (event.button !== 0) return
    const box = event.currentTarget.getBoundingClientRect()
    const tickOf = (clientX: number): number => Math.max(0, Math.min(endTick, ((clientX - box.left) / box.width) * endTick))
    const { pointerId, clientX: startX } = event
    const target = event.currentTarget as HTMLElement
    const start = tickOf(startX)
    target.setPointerCapture(pointerId)
    let range = touchedRange(sections, start, start)
    let hasMoved = false
    if (range) setSwipe({ ...range, lane })
    const onMove = (move: globalThis.PointerEvent): void => {
      hasMoved ||= Math.abs(move.clientX - startX) > 4
      range = hasMoved ? touchedRange(lines, start, tickOf(move.clientX)) : range
      if (range) setSwipe({ ...range, lane })
    }
    const finish = (isChosen: boolean): void => {
      target.removeEventListener('pointermove', onMove)
      target.removeEventListener('pointerup', onUp)
      target.removeEventListener('pointercancel', onCancel)
      window.removeEventListener('keydown', onEscape, true)
      setSwipe(null)
      // A click goes to the bar under it.
      if (isChosen && range) choose(lane, range, hasMoved ? range.fromTick : (bars.findLast((bar) => bar <= start) ?? range.fromTick))
    }
    const onUp = (): void => finish(true)
    const onCancel = (): void => finish(false)
    const onEscape = (key: globalThis.KeyboardEvent): void => {
      if (key.key !== 'Escape') return
      key.preventDefault()
      key.stopPropagation()
      finish(false)
    }
    target.addEventListener('pointermove', onMove)
    target.addEventListener('pointerup', onUp)
    target.addEventListener('pointercancel', onCancel)
    window.addEventListener('keydown', onEscape, true)
  }

  const cells = lines.length - 1
  const rangeOfCursor: Range = {
    fromTick: lines[Math.min(cursor.from, cursor.to, cells - 1)] ?? 0,
    toTick: lines[Math.min(cells, Math.max(cursor.from, cursor.to) + 1)] ?? endTick,
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const limit = (value: number, most: number): number => Math.max(0, Math.min(most, value))
    const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    const along = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (event.key === 'Enter') choose(cursor.lane, rangeOfCursor)
    else if (event.key === 'Escape') variationStore.setState({ isComping: false })
    else if (across !== undefined) {
      const to = limit(cursor.to + across, cells - 1)
      const next = { ...cursor, to, from: event.shiftKey ? cursor.from : to }
      setCursor(next)
      announce(barsText(bars, { fromTick: lines[Math.min(next.from, to)] ?? 0, toTick: lines[Math.max(next.from, to) + 1] ?? endTick }))
    } else if (along !== undefined) {
      const lane = limit(cursor.lane + along, lanes.length - 1)
      setCursor({ ...cursor, lane })
      const row = lanes[lane]
      if (row) browseTo(row.id)
      announce(`${nameOfLane(row ?? null)}${row ? `, ${row.summary}` : ''}`)
    } else return
    event.preventDefault()
  }
  const partUnderCursor = parts.findIndex(({ fromTick, toTick }) => rangeOfCursor.fromTick >= fromTick && rangeOfCursor.fromTick < toTick)

  return (
    <section className="vcomp" aria-label="Comp stretches of several variations">
      <header className="vcomp-head">
        <Layers size={14} aria-hidden />
        <h2>Comp</h2>
        <span className="muted ellipsis" role="status">
          {summary(stretches, rows)}
        </span>
        <span className="spacer" />
        <Button
          icon={isHeard ? Square : Play}
          className={isHeard ? 'vcomp-listen is-playing' : 'vcomp-listen'}
          aria-pressed={isHeard}
          onClick={toggleComp}
          title="Plays what is lit, before anything is changed (Space)"
        >
          {isHeard ? (isStarting ? 'Starting…' : 'Stop') : 'Listen'}
        </Button>
        <span className="vcomp-rule" aria-hidden />
        <span className="muted">Snap to</span>
        <Segmented label="Swipes snap to" value={snap} options={SNAPS} onChange={setSnap} />
        <Button tone="quiet" disabled={!isTouched} onClick={() => variationStore.setState({ stretches: null })}>
          Start over
        </Button>
        <Button
          tone="primary"
          disabled={!isTouched || isReadOnly || busy !== null}
          onClick={() => void applyComp().then(setProblem)}
          title="Makes the remix what is lit, as one step"
        >
          {busy === 'Comping' ? 'Comping…' : 'Make this the remix'}
        </Button>
        <IconButton icon={X} label="Close the comp lanes" onClick={() => variationStore.setState({ isComping: false })} />
      </header>
      {problem && (
        <p className="vcomp-problem" role="alert">
          <TriangleAlert size={14} aria-hidden />
          <span className="selectable">{problem.message}</span>
          <IconButton icon={X} size={12} label="Understood" onClick={() => setProblem(null)} />
        </p>
      )}
      <div className="vcomp-body" ref={body}>
        <div className="vcomp-ruler" aria-hidden>
          <span className="vcomp-name" />
          <span className="vcomp-track">
            <span className="vcomp-playhead" />
            {parts.map((part: Part) => (
              // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: a shortcut for the pointer; keys play from the lanes.
              <span
                onClick={() => listenToComp(part.fromTick)}
                key={part.fromTick}
                className={classes('vcomp-part', part.color === null && 'is-plain')}
                title={`${part.name}, ${barsText(bars, part)}: click to listen to the comp from here`}
                style={
                  {
                    left: percent(part.fromTick, endTick),
                    width: percent(part.toTick - part.fromTick, endTick),
                    '--section': part.color === null ? 'var(--hover)' : sectionLook(part.color),
                  } as React.CSSProperties
                }
              >
                {part.name}
              </span>
            ))}
          </span>
        </div>
        <div
          ref={grid}
          className="vcomp-lanes"
          role="grid"
          tabIndex={0}
          aria-label="Lanes: arrow keys move, Shift widens, Enter chooses, or plays what is chosen; Space listens"
          aria-activedescendant={partUnderCursor < 0 ? undefined : `comp-${cursor.lane}-${partUnderCursor}`}
          onKeyDown={onKeyDown}
        >
          {lanes.map((row, lane) => {
            const id = row?.id ?? null
            const ratio = row ? row.bpm / bpm : 1
            const preview = row ? row.preview : (run.original ?? null)
            const ticks = previewTicks(snapshot, row ? rangeOfRow(run.range, row) : run.range, ratio)
            const isOtherTempo = row !== null && Math.abs(ratio - 1) > 0.001
            return (
              // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus.
              <div key={id ?? 'original'} role="row" className={classes('vlane', heard !== null && heard.id === id && 'is-heard')}>
                <button
                  type="button"
                  role="rowheader"
                  tabIndex={-1}
                  className="vcomp-name"
                  title={row ? row.summary : 'The remix as it is'}
                  onClick={() => listenTo(id)}
                >
                  <b>{nameOfLane(row)}</b>
                  <small className="ellipsis muted">{row ? row.summary : 'as it is'}</small>
                  {isOtherTempo && (
                    <span className="vchip vchip-limited" title="Stretches can only be put together at one tempo">
                      {bpmText(row.bpm)} BPM
                    </span>
                  )}
                </button>
                <span className="vcomp-track" onPointerDown={(event) => onPointerDown(event, lane)}>
                  {preview && (
                    <span
                      className="vlane-wave"
                      style={{
                        left: percent(ticks.fromTick, endTick),
                        width: percent(Math.min(endTick, ticks.toTick) - ticks.fromTick, endTick),
                      }}
                    >
                      <Wave peaks={preview.peaks} color="--text-2" width={endTick} />
                    </span>
                  )}
                  {stretches
                    .filter((stretch) => stretch.id === id)
                    .map((stretch) => (
                      <span
                        key={stretch.fromTick}
                        className={classes('vlane-chosen', id === null && 'is-original')}
                        style={{ left: percent(stretch.fromTick, endTick), width: percent(stretch.toTick - stretch.fromTick, endTick) }}
                      />
                    ))}
                  {parts.map((part, i) => (
                    // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus.
                    <span
                      key={part.fromTick}
                      id={`comp-${lane}-${i}`}
                      role="gridcell"
                      className="vlane-part"
                      aria-selected={stretches.some(
                        (stretch) => stretch.id === id && stretch.fromTick < part.toTick && stretch.toTick > part.fromTick,
                      )}
                      aria-label={`${nameOfLane(row)}, ${part.name}, ${barsText(bars, part)}`}
                      style={{ left: percent(part.fromTick, endTick), width: percent(part.toTick - part.fromTick, endTick) }}
                    />
                  ))}
                  {swipe?.lane === lane && (
                    <span
                      className="vlane-swipe"
                      style={{ left: percent(swipe.fromTick, endTick), width: percent(swipe.toTick - swipe.fromTick, endTick) }}
                    >
                      {barsText(bars, swipe)}
                    </span>
                  )}
                  <span className="vcomp-playhead" />
                  {cursor.lane === lane && (
                    <span
                      className="vlane-cursor"
                      style={{
                        left: percent(rangeOfCursor.fromTick, endTick),
                        width: percent(rangeOfCursor.toTick - rangeOfCursor.fromTick, endTick),
                      }}
                    />
                  )}
                </span>
              </div>
            )
          })}
          {lanes.length === 1 && <p className="vcomp-hint muted">Keep some variations first (K); each becomes a lane here.</p>}
        </div>
      </div>
    </section>
  )
}
// biome-ignore-end lint/a11y/useSemanticElements: see above
