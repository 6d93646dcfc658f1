// Files of the models that come along and of what runs them. Imports nothing: the build copies them by this list.

/** Where each file lies in its package; the bundle carries them in a folder `models` of its own, by the names on the left. */
export const MODEL_FILES = {
  'basic-pitch.json': '@spotify/basic-pitch/model/model.json',
  'basic-pitch.bin': '@spotify/basic-pitch/model/group1-shard1of1.bin',
  'silero-vad.onnx': '@ricky0123/vad-web/dist/silero_vad_v5.onnx',
  'tfjs-backend-wasm-simd.wasm': '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
  'ort-wasm-simd-threaded.wasm': 'onnxruntime-web/dist/ort-wasm-simd-threaded.wasm',
} as const
export type ModelFile = keyof typeof MODEL_FILES
