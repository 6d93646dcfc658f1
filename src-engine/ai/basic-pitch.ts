// Runs the Basic Pitch model: sound at 22.05 kHz in, how likely each of 88 notes begins and sounds, 86 times a second, out. One thread of
// WebAssembly; every tensor of a call is given back at its end.
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { env, memory, ready, setBackend, tensor3d, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { BASIC_PITCH, modelPath, readModel } from './models.ts'
import { HOP, PITCHES } from './rates.ts'

const WINDOW = 43_844
const COLUMNS = 172
/** Columns at either end of a window that saw too little around them. */
const EDGE = 15
const STEP = WINDOW - 2 * EDGE * HOP

/** Row by row, one row of 88 a column of time; column `c` is about sample `c * HOP`. */
export interface Posteriors {
  readonly columns: number
  readonly onsets: Float32Array
  readonly frames: Float32Array
}

export interface PitchModel {
  /** `onStep` gets the fraction done. */
  posteriorsOf(samples: Float32Array, quietest: number, onStep: (fraction: number) => Promise<void>): Promise<Posteriors>
  /** Tensors alive now; the same after every run. */
  tensors(): number
}

/** Loads the model. Throws `ProblemError` where its files are missing or damaged. */
export const loadPitchModel = async (): Promise<PitchModel> => {
  const wasm = modelPath('tfjs-backend-wasm-simd.wasm')
  setWasmPaths({ 'tfjs-backend-wasm-simd.wasm': wasm, 'tfjs-backend-wasm.wasm': wasm, 'tfjs-backend-wasm-threaded-simd.wasm': wasm })
  env().set('WASM_HAS_SIMD_SUPPORT', true)
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  setThreadsCount(1)
  await setBackend('wasm')
  await ready()
  const [json, weights] = readModel(BASIC_PITCH, ['basic-pitch.json', 'basic-pitch.bin']) as [Buffer, Buffer]
  const { modelTopology, weightsManifest, format, signature } = JSON.parse(json.toString('utf8'))
  const model = await loadGraphModel({
    load: async () => ({
      modelTopology,
      weightSpecs: weightsManifest[0].weights,
      weightData: new Uint8Array(weights).buffer,
      format,
      signature,
    }),
  })
  return {
    tensors: () => memory().numTensors,
    async posteriorsOf(samples, quietest, onStep) {
      const columns = Math.max(1, Math.ceil(samples.length / HOP))
      const onsets = new Float32Array(columns * PITCHES)
      const frames = new Float32Array(columns * PITCHES)
      const input = new Float32Array(WINDOW)
      const windows = Math.max(1, Math.ceil(samples.length / STEP))
      for (let at = 0; at < windows; at++) {
        const first = at * STEP - EDGE * HOP
        fill(input, samples, first)
        if (!isBelow(input, quietest)) {
          const [frame, onset] = tidy(() => model.execute(tensor3d(input, [1, WINDOW, 1]), ['Identity_1', 'Identity_2']) as Tensor[]) as [
            Tensor,
            Tensor,
          ]
          // Windows do not start a whole number of columns apart; each column of the result takes the nearest one of its window.
          const until = at === windows - 1 ? columns : Math.min(columns, Math.ceil(((at + 1) * STEP) / HOP))
          const frameData = frame.dataSync()
          const onsetData = onset.dataSync()
          frame.dispose()
          onset.dispose()
          for (let column = Math.ceil((at * STEP) / HOP); column < until; column++) {
            const from = Math.min(COLUMNS - 1, Math.round((column * HOP - first) / HOP)) * PITCHES
            frames.set(frameData.subarray(from, from + PITCHES), column * PITCHES)
            onsets.set(onsetData.subarray(from, from + PITCHES), column * PITCHES)
          }
        }
        await onStep((at + 1) / windows)
      }
      return { columns, onsets, frames }
    },
  }
}

const fill = (input: Float32Array, samples: Float32Array, first: number): void => {
  input.fill(0)
  const from = Math.max(0, first)
  input.set(samples.subarray(from, Math.min(samples.length, first + WINDOW)), from - first)
}

const isBelow = (input: Float32Array, level: number): boolean => {
  for (let i = 0; i < input.length; i++) if (Math.abs(input[i] as number) > level) return false
  return true
}
