// The small waveform of a preview, and the line that runs over it while it sounds.
import { memo, useEffect, useRef, useSyncExternalStore } from 'react'
import { classes } from '../parts/index.ts'
import { onFrame } from '../state/index.ts'
import { onLookChange, tokenColor } from '../theme/index.ts'
import { auditionFrame } from './audition.ts'
import type { PreviewRange } from './variation-words.ts'

let themes = 0
onLookChange(() => themes++)
const useTheme = (): number => useSyncExternalStore(onLookChange, () => themes)

/** Steps of 1/127 that still count as silence. */
const SILENT = 1
const COLUMN = 2

const draw = (canvas: HTMLCanvasElement, peaks: Int8Array, color: string): void => {
  const ratio = window.devicePixelRatio || 1
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio))
  const height = Math.max(1, Math.round(canvas.clientHeight * ratio))
  canvas.width = width
  canvas.height = height
  const ctx = canvas.getContext('2d')
  if (!ctx) return
  ctx.fillStyle = color
  const pairs = peaks.length / 2
  const columns = Math.max(1, Math.floor(width / (COLUMN * ratio)))
  const middle = height / 2
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * pairs) / columns)
    const to = Math.max(from + 1, Math.floor(((column + 1) * pairs) / columns))
    let low = 0
    let high = 0
    for (let i = from; i < to; i++) {
      low = Math.min(low, peaks[2 * i] ?? 0)
      high = Math.max(high, peaks[2 * i + 1] ?? 0)
    }
    if (high <= SILENT && low >= -SILENT) continue
    // Loudness is heard roughly as the root of the level: quiet passages stay visible.
    const up = Math.max(0.5, (high / 127) ** 0.7 * middle)
    const down = Math.max(0.5, (-low / 127) ** 0.7 * middle)
    ctx.fillRect(column * COLUMN * ratio, middle - up, Math.max(1, (COLUMN - 0.6) * ratio), up + down)
  }
}

/** A waveform in a colour token; without peaks a line that waits. `width` only tells when to draw anew. */
export const Wave = memo(({ peaks, color, width }: { peaks: Int8Array | null; color: string; width: number }) => {
  const canvas = useRef<HTMLCanvasElement>(null)
  const theme = useTheme()
  // biome-ignore lint/correctness/useExhaustiveDependencies: width and theme are what it looks at on the page.
  useEffect(() => {
    if (canvas.current && peaks) draw(canvas.current, peaks, tokenColor(color))
  }, [peaks, color, width, theme])
  return peaks === null ? <span className="wave wave-waiting" aria-hidden /> : <canvas ref={canvas} className="wave" aria-hidden />
})

/** The playhead over a waveform, moved every frame without React. */
export const WavePlayhead = ({ range, className }: { range: PreviewRange; className?: string }) => {
  const line = useRef<HTMLSpanElement>(null)
  useEffect(
    () =>
      onFrame(() => {
        const part = (auditionFrame() - range.fromFrame) / Math.max(1, range.toFrame - range.fromFrame)
        if (line.current) line.current.style.left = `${(Math.max(0, Math.min(1, part)) * 100).toFixed(2)}%`
      }),
    [range.fromFrame, range.toFrame],
  )
  return <span ref={line} className={classes('wave-playhead', className)} aria-hidden />
}
