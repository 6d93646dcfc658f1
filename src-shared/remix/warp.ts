// Time inside a clip. A clip that follows the tempo covers its source by ticks, any other by frames: every edit and the plan ask here which.
import { frameAt, tick, type Tick, tickAtFrame, type TempoPoint } from '../time/index.ts'
import type { PlanSource, PlanWarp } from './plan.ts'
import { type Clip, REMIX_SAMPLE_RATE, type StemRecord } from './records.ts'

/** Frames at 48 kHz in a tick at 1 milli-BPM. */
const FRAMES_PER_TICK_AT_MILLI_BPM = (REMIX_SAMPLE_RATE * 60_000) / 960

/** Frames of source (at 48 kHz) that a clip covers between two timeline positions. */
export const sourceFramesBetween = (tempo: readonly TempoPoint[], { warp }: Pick<Clip, 'warp'>, from: number, to: number): number =>
  warp?.milliBpm == null
    ? frameAt(tempo, tick(to), REMIX_SAMPLE_RATE) - frameAt(tempo, tick(from), REMIX_SAMPLE_RATE)
    : Math.round(((to - from) * FRAMES_PER_TICK_AT_MILLI_BPM) / warp.milliBpm)

/** The first tick by which a clip that starts at `from` has played `frames48` of its source: a clip of that length leaves out no sample. */
export const tickAfterSourceFrames = (tempo: readonly TempoPoint[], { warp }: Pick<Clip, 'warp'>, from: number, frames48: number): Tick => {
  if (warp?.milliBpm != null) return tick(from + Math.ceil((frames48 * warp.milliBpm) / FRAMES_PER_TICK_AT_MILLI_BPM))
  const end = frameAt(tempo, tick(from), REMIX_SAMPLE_RATE) + frames48
  let at = tickAtFrame(tempo, end as Parameters<typeof tickAtFrame>[1], REMIX_SAMPLE_RATE)
  while (frameAt(tempo, at, REMIX_SAMPLE_RATE) < end) at = tick(at + 1)
  return at
}

/** The tempo in force at a position. */
export const milliBpmAt = (tempo: readonly TempoPoint[], position: number): number => {
  let milliBpm = tempo[0]?.milliBpm ?? 120_000
  for (const point of tempo) if (point.atTick <= position) milliBpm = point.milliBpm
  return milliBpm
}

/** Length of a plan source's sound in frames at 48 kHz, after it was warped. */
export const derivedLengthFrames = ({ warp, madeFrames, lengthFrames, sampleRate }: PlanSource): number =>
  warp ? (warp.anchors.at(-1)?.[1] ?? 0) : (madeFrames ?? Math.round((lengthFrames * REMIX_SAMPLE_RATE) / sampleRate))

/** Where in a warped sound a source frame (48 kHz) is heard. */
export const derivedFrameOf = (warp: PlanWarp | undefined, sourceFrame: number): number => {
  if (!warp || warp.anchors.length < 2) return sourceFrame
  // The first anchor that is not before the frame; past the last one its stretch goes on.
  let i = 1
  let high = warp.anchors.length - 1
  while (i < high) {
    const middle = (i + high) >> 1
    if (sourceFrame > (warp.anchors[middle]?.[0] ?? 0)) i = middle + 1
    else high = middle
  }
  const [fromSource, fromOut] = warp.anchors[i - 1] ?? [0, 0]
  const [toSource, toOut] = warp.anchors[i] ?? [0, 0]
  return Math.round(fromOut + ((sourceFrame - fromSource) * (toOut - fromOut)) / Math.max(1, toSource - fromSource))
}

/**
 * The warp a clip's source needs, or undefined where it plays as recorded. Under one tempo the whole stem is warped once, so that moving and
 * trimming need nothing new; where the tempo changes under the clip, only what the clip covers.
 */
export const planWarp = (clip: Clip, stem: StemRecord, tempo: readonly TempoPoint[]): PlanWarp | undefined => {
  const { warp } = clip
  if (!warp) return undefined
  const { cents, keepsFormants, milliBpm } = warp
  const total = Math.round((stem.lengthFrames * REMIX_SAMPLE_RATE) / stem.sampleRate)
  const shift = { cents, keepsFormants: keepsFormants && cents !== 0 }
  if (milliBpm === null)
    return cents === 0
      ? undefined
      : {
          anchors: [
            [0, 0],
            [total, total],
          ],
          ...shift,
        }
  const end = clip.startTick + clip.lengthTicks
  const first = milliBpmAt(tempo, clip.startTick)
  const changes = tempo.filter(({ atTick }) => atTick > clip.startTick && atTick < end)
  if (changes.every((point) => point.milliBpm === first)) {
    const out = Math.max(1, Math.round((total * milliBpm) / first))
    return out === total && cents === 0
      ? undefined
      : {
          anchors: [
            [0, 0],
            [total, out],
          ],
          ...shift,
        }
  }
  const offset = Math.round((clip.sourceOffsetFrames * REMIX_SAMPLE_RATE) / stem.sampleRate)
  const start = frameAt(tempo, clip.startTick, REMIX_SAMPLE_RATE)
  const anchors: (readonly [number, number])[] = [[offset, 0]]
  for (const at of [...changes.map((point) => point.atTick as number), end]) {
    const [lastSource, lastOut] = anchors.at(-1) ?? [offset, 0]
    const source = offset + sourceFramesBetween(tempo, clip, clip.startTick, at)
    const out = frameAt(tempo, tick(at), REMIX_SAMPLE_RATE) - start
    if (source <= lastSource || out <= lastOut) continue
    if (source >= total) {
      if (total > lastSource)
        anchors.push([total, lastOut + Math.max(1, Math.round(((out - lastOut) * (total - lastSource)) / (source - lastSource)))])
      break
    }
    anchors.push([source, out])
  }
  return anchors.length < 2 ? undefined : { anchors, ...shift }
}
