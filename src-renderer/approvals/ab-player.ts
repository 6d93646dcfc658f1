// Two sounds on one clock: remix and original start on the same sample and run on together, only their gains change. So a switch keeps the position,
// and both are equally loud. Web Audio, because two media elements drift apart.
import { createStore } from 'zustand/vanilla'
import type { LevelMatch } from '../../src-shared/approvals/index.ts'

export type AbSide = 'preview' | 'original'

export interface AbState {
  readonly isPlaying: boolean
  readonly side: AbSide
  readonly durationMs: number
  /** Where it stands while it does not play. */
  readonly restMs: number
}

/** Short enough to feel immediate, long enough not to click. */
const CROSSFADE_S = 0.012
/** Both sources are started a moment ahead, so that they begin on the same sample. */
const AHEAD_S = 0.02

const linear = (db: number): number => 10 ** (db / 20)

export class AbPlayer {
  readonly store = createStore<AbState>(() => ({ isPlaying: false, side: 'preview', durationMs: 0, restMs: 0 }))
  readonly #buffers: Readonly<Record<AbSide, AudioBuffer | null>>
  readonly #gains: Readonly<Record<AbSide, number>>
  readonly #context: AudioContext
  #playing: {
    readonly sources: readonly AudioBufferSourceNode[]
    readonly gains: Readonly<Record<AbSide, GainNode>>
    readonly zero: number
  } | null = null

  constructor(context: AudioContext, buffers: Readonly<Record<AbSide, AudioBuffer | null>>, levelMatch: LevelMatch) {
    this.#context = context
    this.#buffers = buffers
    this.#gains = { preview: linear(levelMatch.previewGainDb), original: linear(levelMatch.originalGainDb) }
    this.store.setState({ durationMs: Math.max(buffers.preview?.duration ?? 0, 0) * 1000 })
  }

  /** Where it is heard now, in milliseconds. */
  get positionMs(): number {
    const { restMs, durationMs } = this.store.getState()
    return this.#playing ? Math.max(0, Math.min(durationMs, (this.#context.currentTime - this.#playing.zero) * 1000)) : restMs
  }

  toggle(): void {
    if (this.#playing) this.pause()
    else this.play()
  }

  play(): void {
    const { restMs, durationMs, side } = this.store.getState()
    this.#stop()
    const fromMs = restMs >= durationMs - 20 ? 0 : restMs
    void this.#context.resume()
    const at = this.#context.currentTime + AHEAD_S
    const gains = {} as Record<AbSide, GainNode>
    const sources: AudioBufferSourceNode[] = []
    for (const one of ['preview', 'original'] as const) {
      const gain = this.#context.createGain()
      gain.gain.value = one === side ? this.#gains[one] : 0
      gain.connect(this.#context.destination)
      gains[one] = gain
      const buffer = this.#buffers[one]
      if (!buffer || fromMs / 1000 >= buffer.duration) continue
      const source = this.#context.createBufferSource()
      source.buffer = buffer
      source.connect(gain)
      source.start(at, fromMs / 1000)
      sources.push(source)
      if (one === 'preview')
        source.onended = () => {
          if (this.#playing?.sources.includes(source)) this.#rest(0)
        }
    }
    this.#playing = { sources, gains, zero: at - fromMs / 1000 }
    this.store.setState({ isPlaying: true, restMs: fromMs })
  }

  pause(): void {
    if (this.#playing) this.#rest(this.positionMs)
  }

  seek(ms: number): void {
    const { durationMs, isPlaying } = this.store.getState()
    this.store.setState({ restMs: Math.max(0, Math.min(durationMs, ms)) })
    if (isPlaying) this.play()
  }

  /** Changes what is heard; the position goes on. */
  select(side: AbSide): void {
    if (side === 'original' && !this.#buffers.original) return
    this.store.setState({ side })
    if (!this.#playing) return
    const now = this.#context.currentTime
    for (const one of ['preview', 'original'] as const) {
      const { gain } = this.#playing.gains[one]
      gain.cancelScheduledValues(now)
      gain.setValueAtTime(gain.value, now)
      gain.linearRampToValueAtTime(one === side ? this.#gains[one] : 0, now + CROSSFADE_S)
    }
  }

  switchSide(): void {
    this.select(this.store.getState().side === 'preview' ? 'original' : 'preview')
  }

  #rest(ms: number): void {
    this.#stop()
    this.store.setState({ isPlaying: false, restMs: ms })
  }

  #stop(): void {
    const playing = this.#playing
    this.#playing = null
    for (const source of playing?.sources ?? []) {
      source.onended = null
      source.stop()
      source.disconnect()
    }
    for (const gain of Object.values(playing?.gains ?? {})) gain.disconnect()
  }

  dispose(): void {
    this.#rest(0)
  }
}

/** Highest and lowest sample of each of `count` stretches over all channels, as pairs in -1 … 1. */
export const peaksOf = (buffer: AudioBuffer, count: number, durationS: number): Float32Array => {
  const peaks = new Float32Array(2 * count)
  const perPeak = (durationS * buffer.sampleRate) / count
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const samples = buffer.getChannelData(channel)
    for (let i = 0; i < count; i++) {
      const end = Math.min(samples.length, Math.floor((i + 1) * perPeak))
      let low = peaks[2 * i] ?? 0
      let high = peaks[2 * i + 1] ?? 0
      for (let at = Math.floor(i * perPeak); at < end; at++) {
        const sample = samples[at] ?? 0
        if (sample < low) low = sample
        else if (sample > high) high = sample
      }
      peaks[2 * i] = low
      peaks[2 * i + 1] = high
    }
  }
  return peaks
}
