// Bends a whole sound in time and pitch. Pitch is stretching by the interval and resampling by its inverse, which is exact where the stretcher's own
// pitch is not. Long silences are passed over; every stretch of sound between them is an island that no thread or block length can change.
import type { PlanWarp } from '../../src-shared/remix/index.ts'
import { createResampler, type Kernels } from '../kernels/index.ts'
import { ratioOfCents } from './ratio.ts'
import { type FrameSupply, StretchStage } from './stretch-stage.ts'
import { TimeMap } from './time-map.ts'

/** A sound at 48 kHz that can be read anywhere; silent outside its ends. */
export interface StretchSource {
  readonly channels: 1 | 2
  readonly lengthFrames: number
  read(startFrame: number, frames: number, left: Float32Array, right: Float32Array): void
  silentRanges(): readonly { readonly startFrame: number; readonly lengthFrames: number }[]
}

export interface StretchRequest {
  readonly source: StretchSource
  readonly warp: PlanWarp
  readonly kernels: Kernels
  /** Gets the sound in order, one array a channel; the arrays are reused. May throw to stop. */
  readonly emit: (channels: readonly Float32Array[], frames: number) => void
}

/** Silence shorter than this is stretched with what surrounds it. */
const MIN_SILENCE_FRAMES = 96_000
/** How far sound can ring beyond its end: the stretcher's window and the resampler's, with room. */
const RING_FRAMES = 16_384
/** Sound given to the resampler before the first frame that is kept. */
const LEAD_FRAMES = 2_048
const BLOCK_FRAMES = 4_096
/** Beyond twice the length the stretcher blurs on purpose, below half of it its windows leave gaps: further than that it runs several times. */
const MAX_CLEAN_STRETCH = 2
/** Enough for a source slowed 40 times and raised two octaves. Sound that is faster than that is passed over in hops. */
const MAX_STAGES = 8

interface Island {
  readonly from: number
  readonly to: number
}

/** Output frames in which something may sound. */
const islandsOf = (source: StretchSource, map: TimeMap, lengthFrames: number): readonly Island[] => {
  const sounding: Island[] = []
  let at = 0
  const add = (from: number, to: number): void => {
    if (to > from) sounding.push({ from, to })
  }
  for (const { startFrame, lengthFrames: silence } of source.silentRanges()) {
    if (silence < MIN_SILENCE_FRAMES) continue
    add(at, startFrame)
    at = startFrame + silence
  }
  add(at, source.lengthFrames)
  const islands: Island[] = []
  for (const { from, to } of sounding) {
    const island = {
      from: Math.max(0, Math.floor(map.outputAt(from)) - RING_FRAMES),
      to: Math.min(lengthFrames, Math.ceil(map.outputAt(to)) + RING_FRAMES),
    }
    if (island.to <= island.from) continue
    const last = islands.at(-1)
    if (last && last.to >= island.from) islands[islands.length - 1] = { from: last.from, to: island.to }
    else islands.push(island)
  }
  return islands
}

const supplyOf = (source: StretchSource, frame: number): FrameSupply => {
  let at = frame
  return {
    next(frames, [left = new Float32Array(frames), right = left]) {
      source.read(at, frames, left, right)
      at += frames
    },
  }
}

/** Bends a sound; what is emitted is exactly as long as the last anchor says. */
export const stretchSound = ({ source, warp, kernels, emit }: StretchRequest): void => {
  const { channels } = source
  const lengthFrames = warp.anchors.at(-1)?.[1] ?? 0
  const map = new TimeMap(warp.anchors)
  const ratio = ratioOfCents(warp.cents)
  const middle = map.scaled(ratio.up, ratio.down)
  const formantFactor = warp.keepsFormants ? ratio.down / ratio.up : 1
  const stages = middle.isIdentity && formantFactor === 1 ? [] : middle.split(stagesFor(middle))

  /** The stretched sound from a frame of the last stage on. */
  const from = (frame: number, stage: number): FrameSupply => {
    const stageMap = stages[stage]
    if (!stageMap) return supplyOf(source, frame)
    return new StretchStage({
      map: stageMap,
      channels,
      startFrame: frame,
      isFine: warp.cents < 0,
      formantFactor: stage === stages.length - 1 ? formantFactor : 1,
      supplyFrom: (input) => from(input, stage - 1),
    })
  }

  const planes = Array.from({ length: channels }, () => new Float32Array(BLOCK_FRAMES))
  const pass = (frames: number, give: (count: number) => void): void => {
    for (let done = 0; done < frames; done += BLOCK_FRAMES) give(Math.min(BLOCK_FRAMES, frames - done))
  }
  let written = 0
  const silenceUntil = (frame: number): void => {
    for (const plane of planes) plane.fill(0)
    pass(frame - written, (count) => emit(planes, count))
    written = Math.max(written, frame)
  }
  for (const island of islandsOf(source, map, lengthFrames)) {
    silenceUntil(island.from)
    if (warp.cents === 0) {
      const supply = from(island.from, stages.length - 1)
      pass(island.to - island.from, (count) => {
        supply.next(count, planes)
        emit(planes, count)
      })
    } else {
      // Only where both rates have a frame can the resampler start, and it needs sound before its first.
      const start = (Math.floor(island.from / ratio.down) - Math.ceil(LEAD_FRAMES / ratio.down)) * ratio.down
      const supply = from((start / ratio.down) * ratio.up, stages.length - 1)
      const resampler = createResampler(kernels, ratio.up, ratio.down)
      try {
        let at = start
        while (at < island.to) {
          supply.next(BLOCK_FRAMES, planes)
          resampler.write(planes, BLOCK_FRAMES, (views, frames) => {
            const skip = Math.min(frames, Math.max(0, island.from - at))
            const end = Math.min(frames, island.to - at)
            at += frames
            if (end > skip)
              emit(
                views.map((view) => view.subarray(skip, end)),
                end - skip,
              )
          })
        }
      } finally {
        resampler.dispose()
      }
    }
    written = island.to
  }
  silenceUntil(lengthFrames)
}

const stagesFor = (map: TimeMap): number => {
  const { least, most } = map.slopes
  const furthest = Math.max(most, 1 / least)
  let stages = 1
  for (let reach = MAX_CLEAN_STRETCH; reach < furthest && stages < MAX_STAGES; reach *= MAX_CLEAN_STRETCH) stages++
  return stages
}
