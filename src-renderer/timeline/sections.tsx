// The sections lane under the ruler: named coloured blocks. Dragging one moves everything in it; its edges only change what the name covers.
import { Check, X } from 'lucide-react'
import { type KeyboardEvent, memo, type PointerEvent } from 'react'
import type { Marker } from '../../src-shared/remix/index.ts'
import { Button, classes, IconButton, ProgressBar, WithContextMenu } from '../parts/index.ts'
import {
  cancelListening,
  edit,
  lastPointer,
  type ProposedSection,
  seekTick,
  selectSection,
  settledSnapshot,
  structureStore,
  useListening,
  useRemix,
  useStructure,
  viewStore,
} from '../state/index.ts'
import { sectionLook } from '../theme/index.ts'
import { tickAtClientX } from './camera.ts'
import { barText } from './clip-gestures.ts'
import { tickCss } from './clip-view.tsx'
import { gestureStore, runGesture, runPlainDrag } from './gesture.ts'
import {
  applyProposal,
  deleteSectionTime,
  detectSections,
  dismissProposal,
  laneMenu,
  removeSection,
  sectionMenu,
  stepSection,
} from './section-commands.ts'
import { candidatesOf, snapped } from './snap-candidates.ts'
import { shownMarkers } from './snapshot-index.ts'
import { barsText, dropPlaces, sectionsInOrder } from './structure.ts'
import { NameField } from './track-header.tsx'

const IDLE = gestureStore.getState()

const choose = (marker: Marker): void => {
  // Clips and a track that stay chosen would make keys mean two things.
  viewStore.setState({ clipIds: [], trackId: null, deviceId: null })
  selectSection(marker.id)
  seekTick(marker.atTick)
}

/** What a drop at a place means, in words. */
const dropWords = (marker: Marker, to: number): string => {
  const list = sectionsInOrder(settledSnapshot()).filter((one) => one.id !== marker.id)
  const next = list.find((one) => one.atTick === to)
  const before = list.find((one) => one.atTick + one.lengthTicks === to)
  return `${next ? `before ${next.name}` : before ? `after ${before.name}` : 'here'} · ${barText(to)}`
}

/** Drags a section to a place between others: a ghost follows the pointer, a line shows where it would go. */
const dragSection = (event: PointerEvent, marker: Marker): void => {
  const base = settledSnapshot()
  const end = marker.atTick + (marker.lengthTicks ?? 0)
  const places = dropPlaces(base, marker)
  const placeAt = (clientX: number, isFree: boolean): number => {
    const at = Math.max(0, tickAtClientX(clientX))
    if (isFree) return snapped(at, base, [], false)
    return places.reduce((best, place) => (Math.abs(place - at) < Math.abs(best - at) ? place : best), places[0] ?? 0)
  }
  const isStay = (to: number): boolean => to >= marker.atTick && to <= end
  runPlainDrag(event, {
    onMove: (point) => {
      const to = placeAt(point.clientX, point.isFree)
      structureStore.setState({ dragged: { id: marker.id, dx: point.dx } })
      gestureStore.setState({
        ...IDLE,
        isActive: true,
        snapTick: isStay(to) ? null : to,
        text: { x: point.clientX, y: point.clientY + 44, value: isStay(to) ? 'stays' : dropWords(marker, to) },
      })
    },
    onEnd: (point, isEscaped) => {
      structureStore.setState({ dragged: null })
      gestureStore.setState(IDLE)
      if (isEscaped) return
      if (!point) return choose(marker)
      const to = placeAt(point.clientX, point.isFree)
      if (!isStay(to)) void edit([{ op: 'section.move', markerId: marker.id, toTick: to }], `Move ${marker.name}`)
    },
  })
}

const dragPoint = (event: PointerEvent, marker: Marker): void => {
  const candidates = candidatesOf(settledSnapshot(), new Set()).filter((at) => at !== marker.atTick)
  runGesture(event, {
    label: `Move ${marker.name}`,
    onClick: () => choose(marker),
    compute: (point, base) => {
      const by = tickAtClientX(point.clientX) - tickAtClientX(event.clientX)
      const atTick = snapped(marker.atTick + by, base, candidates, point.isFree)
      return {
        commands: [{ op: 'marker.set', markerId: marker.id, atTick }],
        snapTick: point.isFree ? null : atTick,
        text: barText(atTick),
      }
    },
  })
}

const dragSectionEdge = (event: PointerEvent, marker: Marker, edge: 'start' | 'end'): void => {
  event.stopPropagation()
  const end = marker.atTick + (marker.lengthTicks ?? 1)
  const candidates = candidatesOf(settledSnapshot(), new Set())
  runGesture(event, {
    label: `Resize ${marker.name}`,
    compute: (point, base) => {
      const at = snapped(tickAtClientX(point.clientX), base, candidates, point.isFree)
      const from = edge === 'start' ? Math.min(at, end - 240) : marker.atTick
      const to = edge === 'start' ? end : Math.max(at, marker.atTick + 240)
      return {
        commands: [{ op: 'marker.set', markerId: marker.id, atTick: from, lengthTicks: to - from }],
        snapTick: point.isFree ? null : at,
        text: barsText(base, from, to - from),
      }
    },
  })
}

const focusNeighbour = (element: HTMLElement, by: -1 | 1): void => {
  const all = [...(element.parentElement?.querySelectorAll<HTMLElement>('.section[data-section]') ?? [])]
  all[all.indexOf(element) + by]?.focus()
}

const Section = ({ marker }: { marker: Marker }) => {
  const isSelected = useStructure((state) => state.sectionId === marker.id)
  const dx = useStructure((state) => (state.dragged?.id === marker.id ? state.dragged.dx : null))
  const snapshot = useRemix((remix) => remix.snapshot)
  const isPoint = marker.lengthTicks === null
  const onKey = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.target !== event.currentTarget) return
    const isMod = event.ctrlKey || event.metaKey
    const run = {
      Enter: () => choose(marker),
      F2: () => viewStore.setState({ renaming: marker.id }),
      Delete: () => (isMod && !isPoint ? deleteSectionTime(marker) : removeSection(marker)),
      Backspace: () => removeSection(marker),
      ArrowLeft: () => (event.altKey && !isPoint ? stepSection(marker, -1) : focusNeighbour(event.currentTarget, -1)),
      ArrowRight: () => (event.altKey && !isPoint ? stepSection(marker, 1) : focusNeighbour(event.currentTarget, 1)),
    }[event.key]
    if (!run || (isMod && event.key.startsWith('Arrow'))) return
    event.preventDefault()
    event.stopPropagation()
    run()
  }
  const place = {
    left: tickCss(marker.atTick),
    ...(marker.lengthTicks === null ? {} : { width: tickCss(marker.lengthTicks) }),
    '--section': sectionLook(marker.color),
  } as React.CSSProperties
  const length = marker.lengthTicks === null ? '' : `, ${barsText(snapshot, marker.atTick, marker.lengthTicks)}`
  return (
    <>
      <WithContextMenu entries={() => sectionMenu(marker)} onOpen={() => selectSection(marker.id)}>
        {/* biome-ignore lint/a11y/useSemanticElements: a button cannot hold the field its name is typed in. */}
        <div
          className={classes('section', isPoint && 'section-point', isSelected && 'is-selected', dx !== null && 'is-lifted')}
          style={place}
          role="button"
          tabIndex={0}
          aria-pressed={isSelected}
          aria-label={`${isPoint ? 'Marker' : 'Section'} ${marker.name}, ${barText(marker.atTick)}${length}`}
          aria-keyshortcuts={isPoint ? 'Enter F2 Delete' : 'Enter F2 Delete Control+Delete Alt+ArrowLeft Alt+ArrowRight'}
          data-section={marker.id}
          onFocus={() => selectSection(marker.id)}
          onKeyDown={onKey}
          onPointerDown={(event) => {
            if (event.button !== 0) return
            if (isPoint) dragPoint(event, marker)
            else dragSection(event, marker)
          }}
        >
          <NameField
            id={marker.id}
            name={marker.name}
            className="section-name"
            onRename={(name) => void edit([{ op: 'marker.set', markerId: marker.id, name }])}
          />
          {!isPoint && (
            <>
              <span
                className="section-edge"
                aria-hidden
                onPointerDown={(event) => event.button === 0 && dragSectionEdge(event, marker, 'start')}
              />
              <span
                className="section-edge section-edge-end"
                aria-hidden
                onPointerDown={(event) => event.button === 0 && dragSectionEdge(event, marker, 'end')}
              />
            </>
          )}
        </div>
      </WithContextMenu>
      {dx !== null && (
        <div className="section section-ghost" style={{ ...place, transform: `translateX(${dx}px)` }} aria-hidden>
          <span className="section-name ellipsis">{marker.name}</span>
        </div>
      )}
    </>
  )
}

const Proposed = ({ section, origin }: { section: ProposedSection; origin: 'stated' | 'detected' }) => (
  <div
    className="section section-proposed"
    style={
      {
        left: tickCss(section.atTick),
        width: tickCss(section.lengthTicks),
        '--section': sectionLook(section.color),
      } as React.CSSProperties
    }
    title={origin === 'detected' ? `${section.name}: ${Math.round(section.confidence * 100)} % sure` : section.name}
  >
    <span className="section-name ellipsis">
      {section.name} {origin === 'detected' && <small>{Math.round(section.confidence * 100)} %</small>}
    </span>
  </div>
)

/** Named sections and markers, or what was heard and waits for a yes. */
export const Sections = memo(() => {
  const markers = useRemix((remix) => shownMarkers(remix.snapshot))
  const proposal = useStructure((state) => state.proposal)
  const hasSections = markers.some((marker) => marker.lengthTicks !== null)
  const isListening = useListening((state) => state.running !== null)
  return (
    <WithContextMenu entries={() => laneMenu(snapped(tickAtClientX(lastPointer().x), settledSnapshot(), [], false))}>
      <fieldset className="sections" aria-label="Sections">
        {proposal
          ? proposal.sections.map((section) => <Proposed key={section.atTick} section={section} origin={proposal.origin} />)
          : markers.map((marker) => <Section key={marker.id} marker={marker} />)}
        {!hasSections && !proposal && !isListening && (
          <button type="button" className="link sections-detect" onClick={() => void detectSections()}>
            No sections yet: detect them
          </button>
        )}
      </fieldset>
    </WithContextMenu>
  )
})

/** The stretch of the chosen section over all rows. */
export const SectionShade = () => {
  const id = useStructure((state) => state.sectionId)
  const marker = useRemix((remix) => {
    const found = id === null ? undefined : remix.snapshot.get(id)
    return found?.type === 'marker' && found.lengthTicks !== null ? found : null
  })
  if (!marker) return null
  return (
    <div
      className="section-shade"
      style={
        {
          left: `calc(var(--header-width) + ${tickCss(marker.atTick)})`,
          width: tickCss(marker.lengthTicks ?? 0),
          '--section': sectionLook(marker.color),
        } as React.CSSProperties
      }
      aria-hidden
    />
  )
}

/** How listening goes, and what to do with what was heard; floats over the arrangement. */
export const ProposalBar = () => {
  const proposal = useStructure((state) => state.proposal)
  const isMusicOpen = useStructure((state) => state.isMusicOpen)
  const running = useListening((state) => state.running)
  const problem = useListening((state) => state.problem)
  if (isMusicOpen && !proposal) return null
  if (running) {
    return (
      <div className="proposal" role="status">
        <div className="proposal-words">
          <span className="ellipsis">{running.label}</span>
          <ProgressBar fraction={running.fraction} label={running.label} />
        </div>
        <Button tone="quiet" onClick={cancelListening}>
          Cancel
        </Button>
      </div>
    )
  }
  if (!proposal) {
    return problem ? (
      <div className="proposal" role="alert">
        <p className="proposal-words selectable">{problem.message}</p>
      </div>
    ) : null
  }
  const { sections, origin, title } = proposal
  const sure = sections.map(({ confidence }) => Math.round(confidence * 100))
  const range = sure.length === 0 ? '' : `${Math.min(...sure)} to ${Math.max(...sure)} % sure`
  return (
    <section className="proposal" aria-label="Heard sections">
      <p className="proposal-words">
        <strong>
          {origin === 'stated'
            ? `“${title}” states ${sections.length} sections.`
            : `${sections.length} sections heard in “${title}”, ${range}.`}
        </strong>{' '}
        <span className="muted">Nothing is changed yet. Applying replaces the sections there are.</span>
      </p>
      <Button tone="primary" icon={Check} onClick={applyProposal}>
        Apply
      </Button>
      <IconButton icon={X} label="Dismiss what was heard" keys="Escape" onClick={dismissProposal} />
    </section>
  )
}
