// One wavesurfer.js per visible stretch of a clip, fed with precomputed peaks that all clips of a stem share. It draws at the settled zoom; while the
// zoom moves the page only stretches it.
import { memo, useEffect, useRef } from 'react'
import WaveSurfer from 'wavesurfer.js'
import { SILENT_STEP, type StemWave } from '../state/index.ts'
import { enqueueDraw } from './draw-queue.ts'
import { onLookChange, tokenColor } from '../theme/index.ts'

/** Wavesurfer insists on a media element; nothing is ever loaded into this one, so all share it. */
const noMedia = document.createElement('audio')

/** Peaks of a stretch of a stem, one column per device pixel: highest and lowest value, 0..1 and 0..-1, silence exactly 0. */
export const columnsOf = (
  wave: StemWave,
  fromFrame: number,
  toFrame: number,
  columns: number,
  gain: number,
): readonly [Float32Array, Float32Array] => {
  const top = new Float32Array(columns)
  const bottom = new Float32Array(columns)
  const { peaks, framesPerPeak } = wave
  const perColumn = (toFrame - fromFrame) / columns / framesPerPeak
  const last = peaks.length / 2 - 1
  for (let x = 0; x < columns; x++) {
    const from = Math.max(0, Math.floor(fromFrame / framesPerPeak + x * perColumn))
    const to = Math.min(last, Math.max(from, Math.ceil(fromFrame / framesPerPeak + (x + 1) * perColumn) - 1))
    let high = 0
    let low = 0
    for (let i = from; i <= to; i++) {
      const min = peaks[i * 2] ?? 0
      const max = peaks[i * 2 + 1] ?? 0
      if (max > high) high = max
      if (min < low) low = min
    }
    // One step is as good as silence: a tail that fades away leaves no hairline behind.
    top[x] = high <= SILENT_STEP ? 0 : Math.min(1, (high / 127) * gain)
    bottom[x] = low >= -SILENT_STEP ? 0 : Math.max(-1, (low / 127) * gain)
  }
  return [top, bottom]
}

/** Draws columns around the middle; where both are 0 nothing is drawn. */
const drawColumns = (peaks: readonly ArrayLike<number>[], ctx: CanvasRenderingContext2D): void => {
  const [top, bottom] = peaks
  if (!top || !bottom) return
  const { width, height } = ctx.canvas
  const middle = height / 2
  const step = width / top.length
  ctx.beginPath()
  for (let i = 0; i < top.length; i++) {
    const high = top[i] ?? 0
    const low = bottom[i] ?? 0
    if (high === 0 && low === 0) continue
    // Loudness is heard roughly as the square root: quiet passages stay visible.
    const up = Math.max(0.5, high ** 0.62 * middle)
    const down = Math.max(0.5, (-low) ** 0.62 * middle)
    ctx.rect(i * step, middle - up, Math.max(1, step), up + down)
  }
  ctx.fill()
}

/** A stretch of a stem's waveform in a colour token (`--drums`). `width` and `height` in CSS pixels. */
export const Waveform = memo(
  ({
    wave,
    fromFrame,
    toFrame,
    width,
    height,
    gain,
    color,
  }: {
    wave: StemWave
    fromFrame: number
    toFrame: number
    width: number
    height: number
    gain: number
    color: string
  }) => {
    const container = useRef<HTMLDivElement>(null)
    const surfer = useRef<WaveSurfer | null>(null)

    useEffect(
      () => () => {
        surfer.current?.destroy()
        surfer.current = null
      },
      [],
    )

    useEffect(
      () =>
        enqueueDraw(() => {
          const element = container.current
          if (!element || width < 1) return
          const columns = Math.max(1, Math.round(width * Math.min(2, window.devicePixelRatio)))
          const peaks = columnsOf(wave, fromFrame, toFrame, columns, gain).slice()
          if (surfer.current) {
            surfer.current.options.waveColor = tokenColor(color)
            void surfer.current.load('', peaks, 1).catch(() => undefined)
            return
          }
          surfer.current = WaveSurfer.create({
            container: element,
            media: noMedia,
            height,
            peaks,
            duration: 1,
            interact: false,
            cursorWidth: 0,
            hideScrollbar: true,
            autoScroll: false,
            waveColor: tokenColor(color),
            progressColor: 'transparent',
            renderFunction: drawColumns,
          })
        }),
      [wave, fromFrame, toFrame, width, height, gain, color],
    )

    useEffect(() => onLookChange(() => surfer.current?.setOptions({ waveColor: tokenColor(color) })), [color])

    return <div ref={container} className="waveform" style={{ width, height }} aria-hidden />
  },
)
