// Ruler numbers and grid lines, drawn on canvases that lie still in the content: scrolling moves them, only a new stretch or zoom redraws.
import { useCallback, useEffect, useRef } from 'react'
import { remixOf } from '../../src-shared/remix/index.ts'
import { secondsAt, tickAtSeconds } from '../../src-shared/time/index.ts'
import { formatClock } from '../parts/index.ts'
import { useRemix, useView } from '../state/index.ts'
import { onLookChange, tokenColor } from '../theme/index.ts'
import { RULER_HEIGHT, useCamera } from './camera.ts'
import { clockStep, gridLines, safeTick } from './grid.ts'

interface Stretch {
  readonly fromTick: number
  readonly toTick: number
  /** Pixels per tick. */
  readonly scale: number
}

/** A canvas over the mounted stretch, drawn anew when that, the zoom, the theme or `draw` changes. `height` in drawn pixels, `cssHeight` as shown. */
const useStretchCanvas = (height: number, cssHeight: string, draw: (context: CanvasRenderingContext2D, stretch: Stretch) => void) => {
  const canvas = useRef<HTMLCanvasElement>(null)
  const fromTick = useCamera((camera) => camera.fromTick)
  const toTick = useCamera((camera) => camera.toTick)
  const scale = useView((view) => view.scale)
  useEffect(() => {
    const paint = (): void => {
      const element = canvas.current
      const context = element?.getContext('2d')
      if (!element || !context) return
      const ratio = window.devicePixelRatio
      const width = Math.max(1, Math.round((toTick - fromTick) * scale))
      element.width = Math.round(width * ratio)
      element.height = Math.round(height * ratio)
      element.style.width = `${width}px`
      element.style.height = cssHeight
      element.style.left = `${fromTick * scale}px`
      context.setTransform(ratio, 0, 0, ratio, 0, 0)
      draw(context, { fromTick, toTick, scale })
    }
    paint()
    if (document.fonts.status !== 'loaded') void document.fonts.ready.then(paint)
    return onLookChange(paint)
  }, [fromTick, toTick, scale, height, cssHeight, draw])
  return canvas
}

/** Bars above, minutes below. */
export const RulerCanvas = () => {
  const meter = useRemix((remix) => remixOf(remix.snapshot).meter)
  const tempo = useRemix((remix) => remixOf(remix.snapshot).tempo)
  const draw = useCallback(
    (context: CanvasRenderingContext2D, { fromTick, toTick, scale }: Stretch) => {
      context.clearRect(0, 0, context.canvas.width, RULER_HEIGHT)
      context.textBaseline = 'alphabetic'
      context.font = '500 11px "Inter Variable"'
      for (const { atTick, kind, bar } of gridLines(meter, fromTick, toTick, scale)) {
        const x = Math.round((atTick - fromTick) * scale) + 0.5
        if (kind === 'beat') continue
        context.fillStyle = tokenColor(kind === 'major' ? '--line-strong' : '--line')
        context.fillRect(x - 0.5, kind === 'major' ? 4 : 13, 1, kind === 'major' ? 14 : 5)
        if (bar !== null) {
          context.fillStyle = tokenColor('--text-2')
          context.fillText(String(bar), x + 4, 14)
        }
      }
      const fromSeconds = secondsAt(tempo, safeTick(fromTick))
      const toSeconds = secondsAt(tempo, safeTick(toTick))
      const step = clockStep(((toTick - fromTick) * scale) / Math.max(0.001, toSeconds - fromSeconds))
      context.font = '450 10px "Inter Variable"'
      for (let n = Math.ceil(fromSeconds / step); n * step <= toSeconds; n++) {
        const x = Math.round((tickAtSeconds(tempo, n * step) - fromTick) * scale)
        context.fillStyle = tokenColor('--line-strong')
        context.fillRect(x, RULER_HEIGHT - 7, 1, 7)
        context.fillStyle = tokenColor('--text-3')
        context.fillText(formatClock(n * step, step < 1 ? 1 : 0), x + 4, RULER_HEIGHT - 3)
      }
    },
    [meter, tempo],
  )
  const canvas = useStretchCanvas(RULER_HEIGHT, `${RULER_HEIGHT}px`, draw)
  return <canvas ref={canvas} className="stretch-canvas" aria-hidden />
}

/** Bar and beat lines behind the clips. */
export const GridCanvas = ({ height }: { height: number }) => {
  const meter = useRemix((remix) => remixOf(remix.snapshot).meter)
  // One row of pixels stretched by CSS: the lines are the same all the way down.
  const draw = useCallback(
    (context: CanvasRenderingContext2D, { fromTick, toTick, scale }: Stretch) => {
      context.clearRect(0, 0, context.canvas.width, 1)
      for (const { atTick, kind } of gridLines(meter, fromTick, toTick, scale)) {
        context.fillStyle = tokenColor(kind === 'major' ? '--grid-strong' : '--grid')
        if (kind === 'beat') context.globalAlpha = 0.55
        context.fillRect(Math.round((atTick - fromTick) * scale), 0, 1, 1)
        context.globalAlpha = 1
      }
    },
    [meter],
  )
  const canvas = useStretchCanvas(1, '100%', draw)
  return (
    <div className="grid-lines" style={{ height }} aria-hidden>
      <canvas ref={canvas} className="stretch-canvas" />
    </div>
  )
}
