// Meters on canvases, drawn in the shared animation frame: peaks fall smoothly, hold for a moment, and a clip stays lit until it is clicked.
import { useEffect, useRef, useState } from 'react'
import { MASTER_TRACK_ID } from '../../src-shared/remix/index.ts'
import { currentMeters, onFrame } from '../state/index.ts'
import { onLookChange, tokenColor } from '../theme/index.ts'
import { faderTravel, toDb } from './meter-scale.ts'

/** Decibels per second a peak falls. */
const FALL = 26
const HOLD_MS = 1_200

interface Channel {
  db: number
  hold: number
  heldAt: number
}

const fresh = (): Channel => ({ db: -144, hold: -144, heldAt: 0 })

const feed = (channel: Channel, db: number, now: number, elapsed: number): void => {
  channel.db = Math.max(db, channel.db - (FALL * elapsed) / 1000)
  if (channel.db < -90) channel.db = -144
  if (db >= channel.hold || now - channel.heldAt > HOLD_MS) {
    channel.hold = Math.max(db, channel.db)
    channel.heldAt = now
  }
}

/** Gives a canvas the pixels of the screen it is on now; returns their ratio. */
const fitted = (canvas: HTMLCanvasElement, width: number, height: number): number => {
  const ratio = window.devicePixelRatio
  const pixels = Math.round(width * ratio)
  // Setting a size clears the canvas, so only where it differs.
  if (canvas.width !== pixels) canvas.width = pixels
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio)
  return ratio
}

/** A stereo peak meter of a track, or of the master. `direction` is where it grows to. */
export const LevelMeter = ({
  trackId,
  width,
  height,
  direction = 'up',
}: {
  trackId: string
  width: number
  height: number
  direction?: 'up' | 'right'
}) => {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [hasClipped, setHasClipped] = useState(false)
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context) return
    const channels = [fresh(), fresh()]
    let last = performance.now()
    let wasIdle = false

    const paint = (): void => {
      const isUp = direction === 'up'
      const ratio = fitted(element, width, height)
      context.setTransform(ratio, 0, 0, ratio, 0, 0)
      context.clearRect(0, 0, width, height)
      const length = isUp ? height : width
      const thick = ((isUp ? width : height) - 1) / 2
      for (const [i, channel] of channels.entries()) {
        const across = i * (thick + 1)
        const bar = (from: number, to: number, color: string): void => {
          if (to <= from) return
          context.fillStyle = tokenColor(color)
          if (isUp) context.fillRect(across, length - to * length, thick, (to - from) * length)
          else context.fillRect(from * length, across, (to - from) * length, thick)
        }
        bar(0, 1, '--meter')
        const level = faderTravel(channel.db)
        const warm = faderTravel(-6)
        const hot = faderTravel(-1)
        bar(0, Math.min(level, warm), '--good')
        bar(warm, Math.min(level, hot), '--limited')
        bar(hot, level, '--bad')
        if (channel.hold > -90) {
          const at = faderTravel(channel.hold)
          bar(Math.max(0, at - 1.5 / length), at, channel.hold > -1 ? '--bad' : '--text')
        }
      }
    }
    const draw = (now: number): void => {
      const frame = currentMeters()
      const meter = trackId === MASTER_TRACK_ID ? frame?.master : frame?.tracks.find((track) => track.trackId === trackId)
      const elapsed = Math.min(100, now - last)
      last = now
      const [left, right] = channels
      if (!left || !right) return
      const leftDb = toDb(meter?.peakLeft ?? 0)
      const rightDb = toDb(meter?.peakRight ?? 0)
      const isIdle = leftDb <= -90 && rightDb <= -90 && left.db <= -90 && right.db <= -90 && left.hold <= -90 && right.hold <= -90
      if (isIdle && wasIdle) return
      wasIdle = isIdle
      feed(left, leftDb, now, elapsed)
      feed(right, rightDb, now, elapsed)
      if (Math.max(leftDb, rightDb) > 0.01) setHasClipped(true)
      paint()
    }
    paint()
    const stops = [onFrame(draw), onLookChange(paint)]
    return () => {
      for (const stop of stops) stop()
    }
  }, [trackId, width, height, direction])
  return (
    <span className="level-meter" data-meter={trackId}>
      <canvas ref={canvas} style={{ width, height }} role="img" aria-label="Level" />
      {hasClipped && (
        <button
          type="button"
          className="clip-light"
          aria-label="Clipped: click to reset"
          title="Went over 0 dBFS: click to reset"
          onClick={() => setHasClipped(false)}
        />
      )}
    </span>
  )
}

/** Gain reduction of the master, growing downwards. */
export const ReductionMeter = ({ width, height }: { width: number; height: number }) => {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context) return
    let shown = -1
    const paint = (): void => {
      const ratio = fitted(element, width, height)
      context.setTransform(ratio, 0, 0, ratio, 0, 0)
      context.fillStyle = tokenColor('--meter')
      context.fillRect(0, 0, width, height)
      context.fillStyle = tokenColor('--limited')
      context.fillRect(0, 0, width, (shown / 12) * height)
    }
    const draw = (): void => {
      const wanted = Math.min(12, -(currentMeters()?.master.gainReductionDb ?? 0))
      const next = Math.max(wanted, shown - 0.35, 0)
      if (next === shown) return
      shown = next
      paint()
    }
    draw()
    const stops = [onFrame(draw), onLookChange(paint)]
    return () => {
      for (const stop of stops) stop()
    }
  }, [width, height])
  return <canvas ref={canvas} style={{ width, height, borderRadius: 2 }} role="img" aria-label="Gain reduction, 12 dB at the bottom" />
}
