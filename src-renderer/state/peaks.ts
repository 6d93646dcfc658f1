// Peaks of stems: fetched once per stem, shared by every clip that shows it. Where a stem is silent there is nothing to draw.
import { useEffect, useSyncExternalStore } from 'react'
import type { SoundRecord } from '../../src-shared/remix/index.ts'
import { request } from './bridge.ts'
import { remixStore } from './remix-store.ts'

/** A stretch of a stem that sounds, in frames at 48 kHz. */
export interface Island {
  readonly fromFrame: number
  readonly toFrame: number
}

export interface StemWave {
  readonly framesPerPeak: number
  readonly lengthFrames: number
  /** min, max pairs in steps of 1/127. */
  readonly peaks: Int8Array
  readonly islands: readonly Island[]
}

export type WaveState =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'ready'; readonly wave: StemWave }

/** Up to this a peak is drawn as silence: one step of eight bits, -42 dBFS. */
export const SILENT_STEP = 1
/** Shorter pauses than this stay inside one island. */
const GAP_FRAMES = 48_000

/** The stretches in which anything sounds. */
export const findIslands = (peaks: Int8Array, framesPerPeak: number, lengthFrames: number): readonly Island[] => {
  const islands: { fromFrame: number; toFrame: number }[] = []
  let open: { fromFrame: number; toFrame: number } | null = null
  for (let i = 0; i * 2 + 1 < peaks.length; i++) {
    const isSilent = (peaks[i * 2] ?? 0) >= -SILENT_STEP && (peaks[i * 2 + 1] ?? 0) <= SILENT_STEP
    if (isSilent) continue
    const at = i * framesPerPeak
    if (open && at - open.toFrame <= GAP_FRAMES) open.toFrame = at + framesPerPeak
    else {
      open = { fromFrame: at, toFrame: at + framesPerPeak }
      islands.push(open)
    }
  }
  return islands.map(({ fromFrame, toFrame }) => ({ fromFrame, toFrame: Math.min(toFrame, lengthFrames) }))
}

const LOADING: WaveState = { state: 'loading' }
const waves = new Map<string, WaveState>()
const listeners = new Set<() => void>()
const queue: { uid: string; stem: string }[] = []
let running = 0

const put = (stem: string, state: WaveState): void => {
  waves.set(stem, state)
  for (const listener of listeners) listener()
}

const fetchNext = async (): Promise<void> => {
  const next = queue.shift()
  if (!next) return
  running += 1
  const reply = await request('remix.peaks', next)
  running -= 1
  if (reply.ok) {
    const { framesPerPeak, lengthFrames, peaks } = reply.value
    put(next.stem, {
      state: 'ready',
      wave: { framesPerPeak, lengthFrames, peaks, islands: findIslands(peaks, framesPerPeak, lengthFrames) },
    })
  } else put(next.stem, { state: 'failed', message: reply.error.message })
  void fetchNext()
}

/** Fetches peaks of stems that are not here yet, a few at a time. */
export const loadPeaks = (uid: string, stems: readonly string[]): void => {
  for (const stem of stems) {
    const known = waves.get(stem)
    if (known && known.state !== 'failed') continue
    waves.set(stem, LOADING)
    queue.push({ uid, stem })
    if (running < 3) void fetchNext()
  }
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The peaks of a stem, as they are known now. */
export const usePeaks = (stem: string): WaveState => useSyncExternalStore(subscribe, () => waves.get(stem) ?? LOADING)

/** Waves of made sounds, by the record itself: another make is another record. */
const soundWaves = new WeakMap<SoundRecord, WaveState>()

const loadSoundPeaks = async (sound: SoundRecord, clip: string): Promise<void> => {
  const { uid } = remixStore.getState()
  const known = soundWaves.get(sound)
  if (uid === null || (known && known.state !== 'failed')) return
  const tell = (state: WaveState): void => {
    soundWaves.set(sound, state)
    for (const listener of listeners) listener()
  }
  tell({ state: 'loading' })
  const reply = await request('remix.soundPeaks', { uid, clip })
  if (!reply.ok) return tell({ state: 'failed', message: reply.error.message })
  const { framesPerPeak, lengthFrames, peaks } = reply.value
  tell({ state: 'ready', wave: { framesPerPeak, lengthFrames, peaks, islands: findIslands(peaks, framesPerPeak, lengthFrames) } })
}

/** The peaks of a made sound that a clip plays, before it is warped; they are asked for when first shown. */
export const useSoundPeaks = (sound: SoundRecord | undefined, clip: string): WaveState => {
  useEffect(() => {
    if (sound) void loadSoundPeaks(sound, clip)
  }, [sound, clip])
  return useSyncExternalStore(subscribe, () => (sound ? (soundWaves.get(sound) ?? LOADING) : LOADING))
}
