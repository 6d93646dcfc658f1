// The playhead of the roll, moved every frame without React; the view turns the page where it runs out of it.
import { type RefObject, useEffect, useRef } from 'react'
import { onFrame } from '../state/index.ts'
import { heardStemFrame, seeNotes, useNotesListening } from './revoice-audition.ts'

/** What of the stem the roll shows: frames at 48 kHz. */
export interface RollView {
  readonly fromFrame: number
  readonly framesPerPixel: number
}

/** Moves the element that is returned; it lies between `left` and `right`, in pixels of the roll. */
export const useRollPlayhead = (
  view: RollView,
  { left, right }: { readonly left: number; readonly right: number },
  onView: (view: RollView) => void,
): RefObject<HTMLSpanElement | null> => {
  const line = useRef<HTMLSpanElement>(null)
  const wasSeen = useRef(false)
  const isOn = useNotesListening((state) => state.isOn)
  useEffect(
    () => seeNotes({ fromFrame: view.fromFrame, toFrame: view.fromFrame + (right - left) * view.framesPerPixel }),
    [view, left, right],
  )
  useEffect(
    () =>
      onFrame(() => {
        const frame = heardStemFrame()
        const x = frame === null ? -1 : left + (frame - view.fromFrame) / view.framesPerPixel
        const isSeen = frame !== null && x >= left - 1 && x <= right
        if (line.current) {
          line.current.style.visibility = isSeen ? 'visible' : 'hidden'
          line.current.style.transform = `translateX(${x.toFixed(1)}px)`
        }
        // Whoever looked elsewhere is not called back.
        if (isOn && wasSeen.current && !isSeen && frame !== null)
          onView({ ...view, fromFrame: Math.max(0, frame - (right - left) * view.framesPerPixel * 0.04) })
        wasSeen.current = isSeen
      }),
    [view, left, right, onView, isOn],
  )
  return line
}
