// Where played blocks go: the sound card through node-web-audio-api, or a silent clock that runs in real time where there is none.
import type { OutputState } from '../../src-shared/protocol/index.ts'
import { REMIX_SAMPLE_RATE } from '../../src-shared/remix/index.ts'

/** A stretch of playback that can be faded away at once. */
export interface OutputVoice {
  /** Schedules a stereo block at a time of the output's clock; blocks follow one another without a gap. The arrays may be reused at once. */
  schedule(left: Float32Array<ArrayBuffer>, right: Float32Array<ArrayBuffer>, atSeconds: number): void
  /** Fades out within a few milliseconds and forgets what was scheduled. */
  release(): void
}

export interface AudioOutput {
  readonly state: OutputState
  /** Seconds of the output's own clock. */
  readonly now: number
  /** `fadesIn` softens the start of sound that begins in the middle of a wave. */
  startVoice(fadesIn: boolean): OutputVoice
  close(): Promise<void>
}

const FADE_SECONDS = 0.005

type Context = InstanceType<typeof import('node-web-audio-api').AudioContext>

const openContext = async (): Promise<Context> => {
  // Loaded only where sound goes out: a process that just exports starts faster without it.
  const { AudioContext } = await import('node-web-audio-api')
  return new AudioContext({ sampleRate: REMIX_SAMPLE_RATE, latencyHint: 'interactive' })
}

/** Opens the output. Never fails: without a sound card it is a silent clock, and `state` says why. */
export const openOutput = async (wanted: 'default' | 'silent'): Promise<AudioOutput> => {
  if (wanted === 'silent') return new SilentOutput('Sound output is switched off.')
  try {
    return new ContextOutput(await openContext())
  } catch {
    // The library's own words name its internals; the cause is always the same to a user.
    return new SilentOutput('No sound card was found, so playback is silent. Connect an output and restart Stemma to hear it.')
  }
}

/** A clock of real time: everything moves as if it were heard. */
class SilentOutput implements AudioOutput {
  readonly state: OutputState

  constructor(reason: string) {
    this.state = { kind: 'silent', reason }
  }

  get now(): number {
    return performance.now() / 1_000
  }

  startVoice(): OutputVoice {
    return { schedule: () => {}, release: () => {} }
  }

  async close(): Promise<void> {}
}

class ContextOutput implements AudioOutput {
  readonly state: OutputState
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
    this.state = { kind: 'device', sampleRate: context.sampleRate }
  }

  get now(): number {
    return this.#context.currentTime
  }

  startVoice(fadesIn: boolean): OutputVoice {
    const context = this.#context
    const gain = context.createGain()
    if (fadesIn) {
      gain.gain.setValueAtTime(0, context.currentTime)
      gain.gain.linearRampToValueAtTime(1, context.currentTime + FADE_SECONDS)
    }
    gain.connect(context.destination)
    return {
      schedule: (left, right, atSeconds) => {
        const buffer = context.createBuffer(2, left.length, REMIX_SAMPLE_RATE)
        // Never write through getChannelData: Electron hands out a copy and the sound is lost.
        buffer.copyToChannel(left, 0)
        buffer.copyToChannel(right, 1)
        const source = context.createBufferSource()
        source.buffer = buffer
        source.connect(gain)
        source.start(atSeconds)
      },
      release: () => {
        const now = context.currentTime
        gain.gain.cancelScheduledValues(now)
        gain.gain.setValueAtTime(1, now)
        gain.gain.linearRampToValueAtTime(0, now + FADE_SECONDS)
        setTimeout(() => gain.disconnect(), 200)
      },
    }
  }

  close(): Promise<void> {
    return this.#context.close()
  }
}
