// Control ports by which a plugin follows the timeline without events: the host sets them before each block.
import type { Timeline } from '../instance.ts'
import { barBeatOf, beatOf } from './sequences.ts'
import { TIME } from './uris.ts'

/** Value of a port with this designation. */
export const timeValue = (designation: string | null, timeline: Timeline): number => {
  switch (designation) {
    case TIME.beatsPerMinute:
      return timeline.bpm
    case TIME.beatsPerBar:
      return timeline.numerator
    case TIME.beatUnit:
      return timeline.denominator
    case TIME.speed:
      return timeline.isPlaying ? 1 : 0
    case TIME.frame:
      return timeline.frame
    case TIME.bar:
      return timeline.bar
    case TIME.barBeat:
      return barBeatOf(timeline)
    default:
      return beatOf(timeline)
  }
}
