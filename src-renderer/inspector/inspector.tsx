// The right panel: what is chosen, its devices and sends, and always what the export will say.
import { MousePointerClick } from 'lucide-react'
import { useShallow } from 'zustand/react/shallow'
import { MASTER_TRACK_ID, recordOf, remixOf } from '../../src-shared/remix/index.ts'
import { CardGroup, FieldRow, formatBpm, formatClock, NumberField } from '../parts/index.ts'
import { edit, SAMPLE_RATE, useRemix, useView } from '../state/index.ts'
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
        <NumberField
          label="Tempo"
          value={milliBpm}
          range={{ min: 20_000, max: 400_000, default: milliBpm, scale: 'linear', step: 1_000 }}
          format={(value) => `${formatBpm(value)} BPM`}
          parseText={(text) => {
            const bpm = Number.parseFloat(text.replace(',', '.'))
            return Number.isFinite(bpm) ? Math.round(bpm * 1000) : null
          }}
          onCommit={(value) => void edit([{ op: 'tempo.set', points: [{ at: 0, milliBpm: Math.round(value) }], keep: 'audio' }])}
        />
      </FieldRow>
      <FieldRow name="Meter">{meter ? `${meter.numerator}/${meter.denominator}` : '–'}</FieldRow>
      <FieldRow name="Key">{remix.key ?? 'not stated'}</FieldRow>
      <FieldRow name="Length">{formatClock(length / SAMPLE_RATE)}</FieldRow>
    </CardGroup>
  )
}

/** The inspector of the open remix. */
export const Inspector = () => {
  const clipIds = useView((view) => view.clipIds)
  const trackId = useView((view) => view.trackId)
  const clips = useRemix(useShallow((remix) => clipIds.flatMap((id) => recordOf(remix.snapshot, 'clip', id) ?? [])))
  const track = useRemix((remix) => recordOf(remix.snapshot, 'track', trackId ?? ''))
  const isEmpty = clips.length === 0 && !track
  return (
    <aside className="inspector" aria-label="Inspector">
      <div className="inspector-scroll">
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
      </div>
      <div className="inspector-foot">
        <SaysCard />
      </div>
    </aside>
  )
}
