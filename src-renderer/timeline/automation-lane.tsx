// The curve of one automated parameter under a track: click adds a point, drag moves it, double-click or Delete removes it.
import { memo, type PointerEvent } from 'react'
import { automationOf, automationRange, recordOf, type RemixSnapshot, type Track } from '../../src-shared/remix/index.ts'
import { formatDb, formatPan, IconButton } from '../parts/index.ts'
import { deviceWords } from '../mixer/index.ts'
import { edit, type OpenLane, settledSnapshot, useRemix, viewStore } from '../state/index.ts'
import { X } from 'lucide-react'
import { LANE_HEIGHT, rowsY, tickAtClientX, useCamera } from './camera.ts'
import { barText } from './clip-gestures.ts'
import { runGesture } from './gesture.ts'
import { allRows } from './rows.ts'
import { candidatesOf, snapped } from './snap-candidates.ts'

interface Point {
  readonly atTick: number
  readonly value: number
  readonly curve?: 'hold' | 'linear' | undefined
}

const PADDING = 6
/** Level lanes show what mixes use: the quieter end is squeezed into the bottom. */
const LEVEL_FLOOR = -48
const LEVEL_TOP = 12

/** "Cutoff" alone does not say whose: a device's parameter is named with the device. */
const namesOf = (snapshot: RemixSnapshot, ownerId: string, parameter: string) => {
  const device = deviceWords(snapshot, ownerId)
  return { device, parameter, label: device === null ? parameter : `${device} · ${parameter}` }
}

const shapeOf = (snapshot: RemixSnapshot, { ownerId, param, shape }: OpenLane) => {
  const range = automationRange(snapshot, ownerId, param)
  if (!range.ok) return null
  const isLevel = param === 'gainDb'
  const min = isLevel ? LEVEL_FLOOR : (shape?.min ?? range.value.min)
  const max = isLevel ? LEVEL_TOP : (shape?.max ?? range.value.max)
  const room = LANE_HEIGHT - 2 * PADDING
  return {
    ...namesOf(snapshot, ownerId, shape?.label ?? range.value.label),
    toY: (value: number): number => PADDING + (1 - (Math.max(min, Math.min(max, value)) - min) / (max - min)) * room,
    toValue: (y: number): number => {
      const value = min + (1 - Math.max(0, Math.min(1, (y - PADDING) / room))) * (max - min)
      // Fine enough for a parameter that runs from 0 to 1.
      const step = max - min < 10 ? 10_000 : 100
      return isLevel && value <= LEVEL_FLOOR + 0.2 ? -144 : Math.round(value * step) / step
    },
    format: (value: number): string =>
      isLevel ? `${formatDb(value)} dB` : param === 'pan' ? formatPan(value) : value.toFixed(max - min < 10 ? 3 : 1),
  }
}

const ownValue = (snapshot: RemixSnapshot, { ownerId, param, shape }: OpenLane): number => {
  const owner = snapshot.get(ownerId)
  if (owner?.type === 'track') return param === 'pan' ? owner.pan : owner.gainDb
  if (owner?.type === 'send') return owner.gainDb
  return recordOf(snapshot, 'device', ownerId)?.params[param] ?? shape?.value ?? 0
}

/** An automation lane. */
export const AutomationLane = memo(({ track, lane }: { track: Track; lane: OpenLane }) => {
  const { ownerId, param } = lane
  const points = useRemix((remix) => automationOf(remix.snapshot, ownerId, param)?.points)
  const value = useRemix((remix) => ownValue(remix.snapshot, lane))
  const fromTick = useCamera((camera) => camera.fromTick)
  const toTick = useCamera((camera) => camera.toTick)
  const shape = shapeOf(settledSnapshot(), lane)
  if (!shape) return null
  const list: readonly Point[] = points ?? []
  const label = `Automate ${shape.label}`
  const set = (next: readonly Point[]) => [
    {
      op: 'automation.set' as const,
      ownerId,
      param,
      points: next.map(({ atTick, value: at, curve }) => ({ atTick, value: at, curve: curve ?? 'linear' })),
    },
  ]
  const laneY = (clientY: number): number => {
    const row = allRows().find((one) => one.trackId === track.id)
    return rowsY(clientY) - (row ? row.top + row.height - LANE_HEIGHT : 0)
  }
  const drag = (event: PointerEvent, index: number | null): void => {
    if (event.button !== 0) return
    event.stopPropagation()
    event.preventDefault()
    const base = settledSnapshot()
    const others = index === null ? list : list.filter((_, i) => i !== index)
    const candidates = candidatesOf(base, new Set())
    const pointAt = (clientX: number, clientY: number, isFree: boolean): Point => ({
      atTick: snapped(tickAtClientX(clientX), base, candidates, isFree),
      value: shape.toValue(laneY(clientY)),
    })
    const add = (): void => {
      if (index === null) void edit(set([...list, pointAt(event.clientX, event.clientY, event.ctrlKey)]), label)
    }
    runGesture(event, {
      label,
      onClick: add,
      compute: (at) => {
        const point = pointAt(at.clientX, at.clientY, at.isFree)
        return { commands: set([...others, point]), snapTick: point.atTick, text: `${barText(point.atTick)}  ${shape.format(point.value)}` }
      },
    })
  }
  const remove = (index: number): void => void edit(set(list.filter((_, i) => i !== index)), label)
  const near = list.map((point, index) => ({ ...point, index })).filter((point) => point.atTick >= fromTick && point.atTick <= toTick)
  const first = list[0]
  const last = list.at(-1)
  // Drawn in ticks and stretched by the zoom, so that zooming needs no new path.
  const far = Math.max(1, toTick, last?.atTick ?? 0)
  const path =
    first && last
      ? `M0 ${shape.toY(first.value)}L${list.map((point) => `${point.atTick} ${shape.toY(point.value)}`).join('L')}L${far} ${shape.toY(last.value)}`
      : `M0 ${shape.toY(value)}L${far} ${shape.toY(value)}`
  return (
    <fieldset
      className="automation"
      aria-label={`Automation of ${shape.label}`}
      onPointerDown={(event) => drag(event, null)}
      style={{ '--role': `var(--${track.role})` } as React.CSSProperties}
    >
      <svg
        className="automation-line"
        viewBox={`0 0 ${far} ${LANE_HEIGHT}`}
        preserveAspectRatio="none"
        style={{ width: `calc(${far} * var(--k) * 1px)`, height: LANE_HEIGHT }}
        aria-hidden
      >
        <path d={path} vectorEffect="non-scaling-stroke" className={first ? '' : 'is-idle'} />
      </svg>
      {near.map((point) => (
        <button
          type="button"
          key={point.index}
          className="automation-point"
          style={{ left: `calc(${point.atTick} * var(--k) * 1px)`, top: shape.toY(point.value) }}
          aria-label={`${shape.label} ${shape.format(point.value)} at ${barText(point.atTick)}`}
          onPointerDown={(event) => drag(event, point.index)}
          onDoubleClick={() => remove(point.index)}
          onKeyDown={(event) => {
            if (event.key !== 'Delete' && event.key !== 'Backspace') return
            event.stopPropagation()
            remove(point.index)
          }}
        />
      ))}
    </fieldset>
  )
})

/** The head of an automation lane: what it shows, and the way to close it. */
export const AutomationHead = ({ track, lane }: { track: Track; lane: OpenLane }) => {
  const { param } = lane
  // A device can be replaced, and others of its name come and go.
  useRemix((remix) => deviceWords(remix.snapshot, lane.ownerId))
  const shape = shapeOf(settledSnapshot(), lane)
  return (
    <div className="automation-head">
      <span className="automation-name" title={shape?.label}>
        {shape?.device != null && (
          <>
            <span className="ellipsis automation-device">{shape.device}</span>
            <span aria-hidden>·</span>
          </>
        )}
        <span className="ellipsis">{shape?.parameter ?? param}</span>
      </span>
      <IconButton
        icon={X}
        label="Close lane"
        size={13}
        onClick={() => {
          const { [track.id]: _, ...rest } = viewStore.getState().lanes
          viewStore.setState({ lanes: rest })
        }}
      />
    </div>
  )
}
