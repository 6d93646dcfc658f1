// The playhead line: moved by transform on every frame, never through React.
import { useEffect, useRef } from 'react'
import { onFrame, onSeek, playheadTick, preferencesStore, transportStore, viewStore } from '../state/index.ts'
import { followTick, isXInLanes } from './camera.ts'

/** The playhead over all rows. */
export const Playhead = () => {
  const line = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let last = -1
    const place = (): void => {
      const tick = playheadTick()
      const x = tick * viewStore.getState().scale
      // The heads lie over the lanes: a playhead scrolled out to the left must not shine through them.
      if (line.current) line.current.style.visibility = isXInLanes(x) ? 'visible' : 'hidden'
      if (x === last) return
      last = x
      if (line.current) line.current.style.transform = `translateX(${x}px)`
      if (transportStore.getState().isPlaying && preferencesStore.getState().followPlayhead) followTick(tick)
    }
    const stops = [onFrame(place), onSeek(place)]
    return () => {
      for (const stop of stops) stop()
    }
  }, [])
  return (
    <div className="playhead" ref={line} aria-hidden>
      <span />
    </div>
  )
}
