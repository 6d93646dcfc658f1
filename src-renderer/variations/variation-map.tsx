// The map from close to far: one dot per variation the filter lets through. One canvas; dots are found by their place, so thousands cost nothing.
import { type KeyboardEvent, type MouseEvent, type PointerEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { VariationRow } from '../../src-shared/protocol/index.ts'
import { countOf } from '../parts/index.ts'
import { onLookChange, tokenColor } from '../theme/index.ts'
import { browseTo, useAudition } from './audition.ts'
import { HOVER_MS } from './contact-sheet.tsx'
import { type Direction, type MapPlace, placeAt, placeBeside, placesOf } from './map-places.ts'
import { select, useVariations, variationStore } from './variation-store.ts'
import { cardSentence, distanceSentence, nameOf } from './variation-words.ts'

const PAD = 24
const PAD_BELOW = 44
const REACH = 10
const MINIMUM = 40

const DIRECTIONS: Readonly<Record<string, Direction>> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' }

const star = (ctx: CanvasRenderingContext2D, x: number, y: number, radius: number): void => {
  ctx.beginPath()
  for (let i = 0; i < 10; i++) {
    const angle = (i * Math.PI) / 5 - Math.PI / 2
    const reach = i % 2 === 0 ? radius : radius * 0.48
    ctx.lineTo(x + Math.cos(angle) * reach, y + Math.sin(angle) * reach)
  }
  ctx.closePath()
}

const dot = (ctx: CanvasRenderingContext2D, x: number, y: number, radius: number): void => {
  ctx.beginPath()
  ctx.arc(x, y, radius, 0, Math.PI * 2)
}

interface Marks {
  readonly chosen: ReadonlySet<string>
  readonly active: string | null
  readonly pinned: string | null
  readonly heard: { readonly id: string | null } | null
}

const drawMap = (canvas: HTMLCanvasElement, places: readonly MapPlace[], { chosen, active, pinned, heard }: Marks): void => {
  const ratio = window.devicePixelRatio || 1
  const [width, height] = [canvas.clientWidth, canvas.clientHeight]
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
  const ctx = canvas.getContext('2d')
  if (!ctx) return
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
  // Rings around the original.
  ctx.strokeStyle = tokenColor('--grid-strong')
  ctx.lineWidth = 1
  for (let ring = 1; ring <= 4; ring++) {
    ctx.beginPath()
    ctx.ellipse(PAD, height - PAD_BELOW, ((width - 2 * PAD) * ring) / 4, ((height - PAD - PAD_BELOW) * ring) / 4, 0, -Math.PI / 2, 0)
    ctx.stroke()
  }
  const plain = tokenColor('--text-3')
  const rejected = tokenColor('--line-strong')
  const kept = tokenColor('--good')
  const accent = tokenColor('--accent')
  const special: MapPlace[] = []
  const radius = places.length > 600 ? 2.2 : places.length > 150 ? 2.8 : 3.6
  for (const place of places) {
    const { row, x, y } = place
    if (row.mark === 'kept' || chosen.has(row.id) || row.id === pinned || heard?.id === row.id) {
      special.push(place)
      continue
    }
    ctx.globalAlpha = row.soundDistance === null ? 0.45 : row.mark === 'rejected' ? 1 : 0.85
    dot(ctx, x, y, radius)
    if (row.soundDistance === null || row.mark === 'rejected') {
      ctx.strokeStyle = row.mark === 'rejected' ? rejected : plain
      ctx.stroke()
    } else {
      ctx.fillStyle = plain
      ctx.fill()
    }
  }
  ctx.globalAlpha = 1
  // The original.
  const isOriginal = heard !== null && heard.id === null
  ctx.fillStyle = tokenColor('--text')
  dot(ctx, PAD, height - PAD_BELOW, 5)
  ctx.fill()
  if (isOriginal) {
    ctx.strokeStyle = accent
    ctx.lineWidth = 2
    dot(ctx, PAD, height - PAD_BELOW, 9)
    ctx.stroke()
  }
  for (const { row, x, y } of special) {
    const isHeard = heard?.id === row.id
    ctx.fillStyle = row.mark === 'kept' ? kept : isHeard || chosen.has(row.id) ? accent : plain
    if (row.mark === 'kept') star(ctx, x, y, 6.5)
    else dot(ctx, x, y, 4.5)
    ctx.fill()
    if (chosen.has(row.id)) {
      ctx.strokeStyle = tokenColor(row.id === active ? '--text' : '--text-2')
      ctx.lineWidth = row.id === active ? 2 : 1.5
      dot(ctx, x, y, 8.5)
      ctx.stroke()
    }
    if (isHeard) {
      ctx.strokeStyle = accent
      ctx.lineWidth = 1.5
      dot(ctx, x, y, 12)
      ctx.stroke()
    }
    if (row.id === pinned) {
      ctx.fillStyle = tokenColor('--text')
      ctx.font = '600 10px "Inter Variable", sans-serif'
      ctx.fillText('B', x + 10, y - 8)
    }
  }
}

/** The map of the rows that are shown. */
export const VariationMap = ({ rows }: { rows: readonly VariationRow[] }) => {
  const canvas = useRef<HTMLCanvasElement>(null)
  const timer = useRef(0)
  const [size, setSize] = useState({ width: 0, height: 0 })
  const [over, setOver] = useState<MapPlace | null>(null)
  const [theme, setTheme] = useState(0)
  const selection = useVariations((state) => state.selection)
  const pinned = useVariations((state) => state.pinned)
  const heard = useAudition((state) => state.heard)
  const places = useMemo(() => placesOf(rows, { ...size, pad: PAD, padBelow: PAD_BELOW }), [rows, size])
  const active = selection.at(-1) ?? null
  const unmeasured = useMemo(() => rows.reduce((count, row) => count + (row.soundDistance === null ? 1 : 0), 0), [rows])

  useEffect(() => onLookChange(() => setTheme((count) => count + 1)), [])
  useEffect(() => () => clearTimeout(timer.current), [])
  useLayoutEffect(() => {
    const { current } = canvas
    if (!current) return
    const measure = (): void => setSize({ width: current.clientWidth, height: current.clientHeight })
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(current)
    return () => observer.disconnect()
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is what it looks at on the page.
  useEffect(() => {
    if (canvas.current && size.width > MINIMUM) drawMap(canvas.current, places, { chosen: new Set(selection), active, pinned, heard })
  }, [places, selection, active, pinned, heard, size, theme])

  const find = (event: MouseEvent): MapPlace | null => {
    const box = event.currentTarget.getBoundingClientRect()
    return placeAt(places, event.clientX - box.left, event.clientY - box.top, REACH)
  }
  const onMove = (event: PointerEvent): void => {
    const place = find(event)
    if (place?.row.id === over?.row.id) return
    setOver(place)
    clearTimeout(timer.current)
    if (place) timer.current = window.setTimeout(() => browseTo(place.row.id), HOVER_MS)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const direction = DIRECTIONS[event.key]
    if (!direction || event.ctrlKey || event.altKey || event.metaKey) return
    event.preventDefault()
    const next = placeBeside(places, variationStore.getState().selection.at(-1) ?? null, direction)
    if (!next) return
    select(next.row.id, event.shiftKey)
    browseTo(next.row.id)
  }
  const activeRow = rows.find((row) => row.id === active)
  return (
    <div className="vmap">
      {/* biome-ignore-start lint/a11y/noNoninteractiveTabindex: arrow keys go from dot to dot; no element has that meaning. */}
      <div
        className="vmap-field"
        role="application"
        tabIndex={0}
        aria-roledescription="map"
        aria-label={`Map of ${countOf(rows.length, 'variation')}, from close to far from the original${activeRow ? `. ${cardSentence(activeRow)}` : ''}. Arrow keys go to the next one in a direction.`}
        onKeyDown={onKeyDown}
        onPointerMove={onMove}
        onPointerLeave={() => {
          clearTimeout(timer.current)
          setOver(null)
        }}
        onClick={(event) => {
          const place = find(event)
          if (!place) return
          select(place.row.id, event.ctrlKey || event.metaKey || event.shiftKey)
          browseTo(place.row.id)
        }}
        data-over={over !== null}
      >
        <canvas ref={canvas} aria-hidden />
        <span className="vmap-axis vmap-axis-x" aria-hidden>
          structure →
        </span>
        <span className="vmap-axis vmap-axis-y" aria-hidden>
          sound →
        </span>
        <span className="vmap-origin" aria-hidden>
          original
        </span>
        {over && (
          <span
            className="vmap-tip"
            aria-hidden
            style={{
              left: Math.max(4, Math.min(over.x + 12, size.width - 176)),
              top: over.y > size.height / 2 ? over.y - 64 : over.y + 12,
            }}
          >
            <b>{nameOf(over.row)}</b> {over.row.summary}
            <small className="muted">{distanceSentence(over.row)}</small>
          </span>
        )}
      </div>
      {/* biome-ignore-end lint/a11y/noNoninteractiveTabindex: see above */}
      <p className="vmap-key muted">
        <span className="vkey vkey-kept" aria-hidden /> kept
        <span className="vkey vkey-plain" aria-hidden /> not marked
        {unmeasured > 0 && (
          <>
            <span className="vkey vkey-hollow" aria-hidden /> {unmeasured.toLocaleString('en')} not measured yet
          </>
        )}
      </p>
    </div>
  )
}
