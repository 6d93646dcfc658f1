// What floats over the timeline: the snap line, the reading beside the pointer, the tip that says what is not allowed.
import { useEffect, useState } from 'react'
import { createPortal } from 'react-dom'
import { useStore } from 'zustand'
import { hideTip, tipStore } from '../state/index.ts'
import { tickCss } from './clip-view.tsx'
import { useGesture } from './gesture.ts'

/** Where a drag has caught on. */
export const SnapLine = () => {
  const at = useGesture((gesture) => gesture.snapTick)
  return at === null ? null : <div className="snap-line" style={{ left: `calc(var(--header-width) + ${tickCss(at)})` }} aria-hidden />
}

/** The value of a running drag, beside the pointer. */
export const DragReading = () => {
  const text = useGesture((gesture) => gesture.text)
  if (!text) return null
  return createPortal(
    <div
      className="drag-reading"
      style={{ left: Math.min(text.x + 14, window.innerWidth - 150), top: Math.max(8, text.y - 30) }}
      aria-hidden
    >
      {text.value}
    </div>,
    document.body,
  )
}

/** Stays long enough to read two sentences. */
const TIP_MS = 9_000
const TIP_WIDTH = 300

/** What is not allowed, why, and what is. */
export const TipView = () => {
  const tip = useStore(tipStore, (state) => state.tip)
  const [isHeld, setIsHeld] = useState(false)
  useEffect(() => {
    if (!tip || tip.isLive || isHeld) return
    const timer = setTimeout(hideTip, TIP_MS)
    return () => clearTimeout(timer)
  }, [tip, isHeld])
  useEffect(() => {
    if (!tip || tip.isLive) return
    const onDown = (event: Event): void => {
      if (!(event.target instanceof Element) || !event.target.closest('.tip')) hideTip()
    }
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') hideTip()
    }
    window.addEventListener('pointerdown', onDown, true)
    window.addEventListener('keydown', onKey, true)
    return () => {
      window.removeEventListener('pointerdown', onDown, true)
      window.removeEventListener('keydown', onKey, true)
    }
  }, [tip])
  if (!tip) return null
  const left = Math.max(8, Math.min(tip.x + 12, window.innerWidth - TIP_WIDTH - 8))
  const isBelow = tip.y < window.innerHeight - 190
  return createPortal(
    <div
      className="tip"
      role="alert"
      style={{ left, width: TIP_WIDTH, ...(isBelow ? { top: tip.y + 16 } : { bottom: window.innerHeight - tip.y + 12 }) }}
      onPointerEnter={() => setIsHeld(true)}
      onPointerLeave={() => setIsHeld(false)}
    >
      <strong>{tip.title}</strong>
      <p>
        {tip.message}{' '}
        {tip.alternative && (
          <button
            type="button"
            className="link"
            onClick={() => {
              hideTip()
              tip.alternative?.run()
            }}
          >
            {tip.alternative.label}
          </button>
        )}
      </p>
    </div>,
    document.body,
  )
}
