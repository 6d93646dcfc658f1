// The playhead in musical time.
import { remixOf } from '../../src-shared/remix/index.ts'
import { frame, frameAt, tick, tickAtFrame } from '../../src-shared/time/index.ts'
import { remixStore } from './remix-store.ts'
import { playheadFrame, SAMPLE_RATE, seek } from './transport.ts'

/** Playhead in ticks of the shown remix; 0 without one. */
export const playheadTick = (): number => {
  const { snapshot } = remixStore.getState()
  if (!snapshot.has('remix')) return 0
  return tickAtFrame(remixOf(snapshot).tempo, frame(Math.round(playheadFrame())), SAMPLE_RATE)
}

/** Moves the playhead to a tick. */
export const seekTick = (position: number): void => {
  const { snapshot } = remixStore.getState()
  if (snapshot.has('remix')) seek(frameAt(remixOf(snapshot).tempo, tick(Math.max(0, Math.round(position))), SAMPLE_RATE))
}
