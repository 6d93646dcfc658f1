// Numbers of the chosen clips. With several chosen, gain and fades are set on all of them.
import { Switch } from 'radix-ui'
import { type Clip, clipFrames, endTick, REMIX_SAMPLE_RATE, recordOf, remixOf } from '../../src-shared/remix/index.ts'
import { barPositionAt, barTicks, parsePosition, parseSpan, tick } from '../../src-shared/time/index.ts'
import { previewEdit } from '../mixer/index.ts'
import { CardGroup, FieldRow, formatClock, formatDb, NumberField } from '../parts/index.ts'
import { edit, useRemix } from '../state/index.ts'
import { barText, NameField } from '../timeline/index.ts'
import { WarpFields } from './warp-fields.tsx'

const FADE_MAX = 10 * REMIX_SAMPLE_RATE

const formatFade = (frames: number): string => `${Math.round((frames * 1000) / REMIX_SAMPLE_RATE)} ms`
const parseFade = (text: string): number | null => {
  const match = /^\s*(\d+(?:[.,]\d+)?)\s*(ms|s)?\s*$/.exec(text)
  return match ? Math.round((Number(match[1]?.replace(',', '.')) * REMIX_SAMPLE_RATE) / (match[2] === 's' ? 1 : 1000)) : null
}

/** The inspector's card for clips. */
export const ClipCard = ({ clips }: { clips: readonly Clip[] }) => {
  const remix = useRemix((state) => remixOf(state.snapshot))
  const stem = useRemix((state) => recordOf(state.snapshot, 'stem', clips.at(-1)?.stemId ?? ''))
  const clip = clips.at(-1)
  if (!clip) return null
  const ids = clips.map((one) => one.id)
  const maps = { tempo: remix.tempo, meter: remix.meter }
  const bars = (ticks: number): string => {
    const point = remix.meter[0]
    const count = point ? ticks / barTicks(point) : 0
    return Math.abs(count - Math.round(count)) < 0.002
      ? `${Math.round(count)} ${Math.round(count) === 1 ? 'bar' : 'bars'}`
      : `${count.toFixed(2)} bars`
  }
  const set = (changes: { gainDb?: number; fadeInFrames?: number; fadeOutFrames?: number; isMuted?: boolean }) => ({
    op: 'clip.set' as const,
    clipIds: ids,
    ...changes,
  })
  const title = clips.length > 1 ? `${clips.length} clips` : `Clip · ${clip.name}`
  const { bar } = barPositionAt(remix.meter, endTick(clip))
  return (
    <CardGroup title={title}>
      {clips.length === 1 && (
        <>
          <FieldRow name="Name">
            <NameField id={clip.id} name={clip.name} onRename={(name) => void edit([{ op: 'clip.set', clipIds: [clip.id], name }])} />
          </FieldRow>
          <FieldRow name="Start">
            <NumberField
              label="Start"
              value={clip.startTick}
              range={{ min: 0, max: 960 * 4 * 10_000, default: clip.startTick, scale: 'linear', step: 240 }}
              format={(at) => barText(at)}
              parseText={(text) => parsePosition(text, maps)}
              onCommit={(at) => void edit([{ op: 'clip.move', clipIds: ids, toTick: Math.round(at) }])}
            />
          </FieldRow>
          <FieldRow name="Length" title={`Ends in bar ${bar}, after ${formatClock(clipFrames(remix.tempo, clip) / REMIX_SAMPLE_RATE)}`}>
            <NumberField
              label="Length"
              value={clip.lengthTicks}
              range={{ min: 1, max: 960 * 4 * 10_000, default: clip.lengthTicks, scale: 'linear', step: 240 }}
              format={bars}
              parseText={(text) =>
                parseSpan(/^\s*\d+([.,]\d+)?\s*$/.test(text) ? `${text.replace(',', '.')} bars` : text, clip.startTick, maps)
              }
              onCommit={(length) =>
                void edit([
                  { op: 'clip.trim', clipId: clip.id, edge: 'end', toTick: tick(clip.startTick + Math.max(1, Math.round(length))) },
                ])
              }
            />
          </FieldRow>
        </>
      )}
      <FieldRow name="Gain">
        <NumberField
          label="Clip gain"
          value={clip.gainDb}
          range={{ min: -48, max: 24, default: 0, scale: 'linear', step: 0.5 }}
          format={(db) => `${formatDb(db)} dB`}
          onPreview={(gainDb) => previewEdit(gainDb === null ? null : set({ gainDb: Math.round(gainDb * 10) / 10 }))}
          onCommit={(gainDb) => void edit([set({ gainDb: Math.round(gainDb * 10) / 10 })])}
        />
      </FieldRow>
      <FieldRow name="Fade in">
        <NumberField
          label="Fade in"
          value={clip.fadeInFrames}
          range={{ min: 0, max: FADE_MAX, default: 0, scale: 'linear', step: 480 }}
          format={formatFade}
          parseText={parseFade}
          onPreview={(frames) => previewEdit(frames === null ? null : set({ fadeInFrames: Math.round(frames) }))}
          onCommit={(frames) => void edit([set({ fadeInFrames: Math.max(0, Math.round(frames)) })])}
        />
      </FieldRow>
      <FieldRow name="Fade out">
        <NumberField
          label="Fade out"
          value={clip.fadeOutFrames}
          range={{ min: 0, max: FADE_MAX, default: 0, scale: 'linear', step: 480 }}
          format={formatFade}
          parseText={parseFade}
          onPreview={(frames) => previewEdit(frames === null ? null : set({ fadeOutFrames: Math.round(frames) }))}
          onCommit={(frames) => void edit([set({ fadeOutFrames: Math.max(0, Math.round(frames)) })])}
        />
      </FieldRow>
      <WarpFields clips={clips} />
      <FieldRow name="Muted">
        <Switch.Root
          className="switch"
          aria-label="Clip muted"
          checked={clip.isMuted}
          onCheckedChange={(isMuted) => void edit([set({ isMuted })])}
        >
          <Switch.Thumb className="switch-thumb" />
        </Switch.Root>
      </FieldRow>
      {clips.length === 1 && stem && (
        <FieldRow name="Stem" title={stem.id}>
          <span className="field-text ellipsis" title={stem.title}>
            {stem.title}
          </span>
        </FieldRow>
      )}
    </CardGroup>
  )
}
