// The right dock: what is chosen, its devices and sends, and what the export will say; or styles.
import { MousePointerClick } from 'lucide-react'
import { Tabs } from 'radix-ui'
import { useShallow } from 'zustand/react/shallow'
import { MASTER_TRACK_ID, recordOf, remixOf } from '../../src-shared/remix/index.ts'
import { CardGroup, FieldRow, formatBpm, formatClock } from '../parts/index.ts'
import { SAMPLE_RATE, useRemix, useView } from '../state/index.ts'
import { showStyles, StylesPanel, useStyles } from '../styles/index.ts'
import { openMusic } from '../timeline/index.ts'
import { ClipCard } from './clip-card.tsx'
import { Devices } from './devices.tsx'
import { SaysCard } from './says-card.tsx'
import { Sends, TrackCard } from './track-card.tsx'

const RemixCard = () => {
  const remix = useRemix((state) => remixOf(state.snapshot))
  const length = useRemix((state) => state.status?.lengthFrames ?? 0)
  const milliBpm = remix.tempo[0]?.milliBpm ?? 120_000
  const meter = remix.meter[0]
  return (
    <CardGroup title="Remix">
      <FieldRow name="Title" title={remix.title}>
        {remix.title}
      </FieldRow>
      <FieldRow name="Tempo">
        <button type="button" className="number" title="Tempo, meter and key" onClick={openMusic}>
          {formatBpm(milliBpm)} BPM
        </button>
      </FieldRow>
      <FieldRow name="Meter">{meter ? `${meter.numerator}/${meter.denominator}` : '–'}</FieldRow>
      <FieldRow name="Key">{remix.key ?? 'not stated'}</FieldRow>
      <FieldRow name="Length">{formatClock(length / SAMPLE_RATE)}</FieldRow>
    </CardGroup>
  )
}

const Chosen = () => {
  const clipIds = useView((view) => view.clipIds)
  const trackId = useView((view) => view.trackId)
  const clips = useRemix(useShallow((remix) => clipIds.flatMap((id) => recordOf(remix.snapshot, 'clip', id) ?? [])))
  const track = useRemix((remix) => recordOf(remix.snapshot, 'track', trackId ?? ''))
  const isEmpty = clips.length === 0 && !track
  return (
    <>
      {clips.length > 0 && <ClipCard clips={clips} />}
      {track && clips.length === 0 && <TrackCard track={track} />}
      {track && <Devices track={track} />}
      {track && track.id !== MASTER_TRACK_ID && clips.length === 0 && <Sends track={track} />}
      {isEmpty && (
        <>
          <RemixCard />
          <p className="inspector-hint muted">
            <MousePointerClick size={14} aria-hidden /> Choose a clip or a track to see its numbers and devices.
          </p>
        </>
      )}
    </>
  )
}

/** The right dock of the open remix: what is chosen and what the export will say, or styles. */
export const Inspector = () => {
  const isStyles = useStyles((state) => state.isOpen)
  return (
    <aside className="inspector" aria-label="Inspector">
      <Tabs.Root
        className="inspector-tabs"
        value={isStyles ? 'styles' : 'chosen'}
        onValueChange={(value) => showStyles(value === 'styles')}
      >
        <Tabs.List className="dock-tabs" aria-label="Dock">
          <Tabs.Trigger value="chosen" className="bottom-tab">
            Inspector
          </Tabs.Trigger>
          <Tabs.Trigger value="styles" className="bottom-tab">
            Styles
          </Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="chosen" className="inspector-scroll" tabIndex={-1}>
          <Chosen />
        </Tabs.Content>
        <Tabs.Content value="styles" className="inspector-scroll" tabIndex={-1}>
          <StylesPanel />
        </Tabs.Content>
      </Tabs.Root>
      {!isStyles && (
        <div className="inspector-foot">
          <SaysCard />
        </div>
      )}
    </aside>
  )
}
