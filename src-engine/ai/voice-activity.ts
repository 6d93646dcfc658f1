// Runs the voice activity model: sound at 16 kHz in, how likely somebody speaks or sings in each 32 ms, out.
import { loadOrt, type InferenceSession } from './ort.ts'
import { readModel, SILERO_VAD } from './models.ts'
import { VOICE_FRAME, VOICE_RATE } from './rates.ts'

/** Samples of the frame before that the model sees again. */
const CONTEXT = 64

export interface VoiceModel {
  /** One likelihood a frame, 0..1. Frames no louder than `quietest` are not looked at. */
  likelihoodsOf(samples: Float32Array, quietest: number, onStep: (fraction: number) => Promise<void>): Promise<Float32Array>
}

const STEP_FRAMES = 64

/** Loads the model. Throws `ProblemError` where its file is missing or damaged. */
export const loadVoiceModel = async (): Promise<VoiceModel> => {
  const ort = await loadOrt()
  const [bytes] = readModel(SILERO_VAD, ['silero-vad.onnx']) as [Buffer]
  const session: InferenceSession = await ort.InferenceSession.create(new Uint8Array(bytes), { executionProviders: ['wasm'] })
  const rate = new ort.Tensor('int64', BigInt64Array.of(BigInt(VOICE_RATE)), [])
  return {
    async likelihoodsOf(samples, quietest, onStep) {
      const frames = Math.max(1, Math.ceil(samples.length / VOICE_FRAME))
      const found = new Float32Array(frames)
      let state = new ort.Tensor('float32', new Float32Array(256), [2, 1, 128])
      const input = new Float32Array(CONTEXT + VOICE_FRAME)
      for (let frame = 0; frame < frames; frame++) {
        const from = frame * VOICE_FRAME
        input.fill(0)
        const first = Math.max(0, from - CONTEXT)
        input.set(samples.subarray(first, Math.min(samples.length, from + VOICE_FRAME)), first - from + CONTEXT)
        if (isAbove(input, quietest)) {
          const results = await session.run({ input: new ort.Tensor('float32', input, [1, input.length]), state, sr: rate })
          found[frame] = Number(results.output?.data[0] ?? 0)
          state = results.stateN as typeof state
        }
        if (frame % STEP_FRAMES === STEP_FRAMES - 1) await onStep((frame + 1) / frames)
      }
      return found
    },
  }
}

const isAbove = (input: Float32Array, level: number): boolean => {
  for (let i = 0; i < input.length; i++) if (Math.abs(input[i] as number) > level) return true
  return false
}
