// The clips of one track, as far as they are near the visible stretch; crossfades where two overlap; ghosts of what is being dragged.
import { memo } from 'react'
import { useShallow } from 'zustand/react/shallow'
import { type Clip, endTick, type Track } from '../../src-shared/remix/index.ts'
import { useRemix } from '../state/index.ts'
import { useCamera } from './camera.ts'
import { ClipView, tickCss } from './clip-view.tsx'
import { useGesture } from './gesture.ts'
import { clipsOfTrack } from './snapshot-index.ts'

const overlapsOf = (clips: readonly Clip[]): readonly { readonly id: string; readonly from: number; readonly to: number }[] => {
  const found: { id: string; from: number; to: number }[] = []
  for (let i = 1; i < clips.length; i++) {
    const left = clips[i - 1]
    const right = clips[i]
    if (left && right && endTick(left) > right.startTick)
      found.push({ id: `${left.id}-${right.id}`, from: right.startTick, to: Math.min(endTick(left), endTick(right)) })
  }
  return found
}

/** One track's lane. */
export const Lane = memo(({ track }: { track: Track }) => {
  const all = useRemix(useShallow((remix) => clipsOfTrack(remix.snapshot, track.id)))
  const fromTick = useCamera((camera) => camera.fromTick)
  const toTick = useCamera((camera) => camera.toTick)
  const ghosts = useGesture(useShallow((gesture) => gesture.ghosts.filter((clip) => clip.trackId === track.id)))
  const near = all.filter((clip) => clip.startTick < toTick && endTick(clip) > fromTick)
  return (
    <div className="lane">
      {ghosts.map((clip) => (
        <span key={clip.id} className="clip-ghost" style={{ left: tickCss(clip.startTick), width: tickCss(clip.lengthTicks) }} />
      ))}
      {near.map((clip, i) => (
        <ClipView key={clip.id} clip={clip} role={track.role} isTabStop={i === 0} />
      ))}
      {overlapsOf(near).map(({ id, from, to }) => (
        <svg
          key={id}
          className="crossfade"
          style={{ left: tickCss(from), width: tickCss(to - from) }}
          viewBox="0 0 100 36"
          preserveAspectRatio="none"
          aria-hidden
        >
          <path d="M0 1C50 1 90 14 100 35M0 35C10 14 50 1 100 1" />
        </svg>
      ))}
    </div>
  )
})
