// Times our peak collector over 180 s of stereo noise, as the cache writer feeds it: chunk by chunk, copying into the kernels' memory included. Prints milliseconds, median of 15.
import { PeakCollector } from '../../src-engine/files/peaks.ts'
import { loadKernels } from '../../src-engine/kernels/index.ts'
import { median } from '../measure.ts'

const FRAMES = 48_000 * 180
const CHUNK_FRAMES = 16_384
const ROUNDS = 15

let state = 1
const noise = (): Float32Array<ArrayBuffer> => {
  const samples = new Float32Array(FRAMES)
  for (let i = 0; i < FRAMES; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    samples[i] = state / 2 ** 31
  }
  return samples
}

const kernels = loadKernels()
const planes = [noise(), noise()].map((samples) => ({ samples, ptr: kernels.alloc(CHUNK_FRAMES * 4) }))
const times: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const start = performance.now()
  const peaks = new PeakCollector(kernels, planes.length)
  for (let at = 0; at < FRAMES; at += CHUNK_FRAMES) {
    const frames = Math.min(CHUNK_FRAMES, FRAMES - at)
    for (const { samples, ptr } of planes) kernels.f32(ptr, frames).set(samples.subarray(at, at + frames))
    peaks.add(
      planes.map(({ ptr }) => ptr),
      frames,
    )
  }
  peaks.finish('0'.repeat(64), FRAMES)
  peaks.dispose()
  times.push(performance.now() - start)
}
process.stdout.write(`${median(times)}\n`)
