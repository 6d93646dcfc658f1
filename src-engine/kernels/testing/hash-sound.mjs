// Renders every device, the meter and the resampler straight from kernels.wasm and prints one hash. Plain JavaScript, so that any Node can run it.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { argv, stdout } from 'node:process'

const { exports: k } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(argv[2])), { env: { abort() {} } })
const FRAMES = 48_000
const hash = createHash('sha256')
const source = [k.alloc(FRAMES * 4), k.alloc(FRAMES * 4)]
const block = [k.alloc(FRAMES * 4), k.alloc(FRAMES * 4)]
const view = (ptr, length = FRAMES) => new Float32Array(k.memory.buffer, ptr, length)
let state = 1
for (const ptr of source) {
  const samples = view(ptr)
  for (let i = 0; i < FRAMES; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    samples[i] = state / 2 ** 32 - 0.5
  }
}
const load = () => {
  k.copy(block[0], source[0], FRAMES)
  k.copy(block[1], source[1], FRAMES)
}
const add = (ptr, length = FRAMES) => hash.update(new Uint8Array(k.memory.buffer, ptr, length * 4))

const DEVICES = {
  eq: [1, 80, 0, 0.9, 2, 200, 4, 0.7, 3, 900, -6, 2, 4, 5_000, 3, 0.7, 5, 12_000, 0, 0.7, 6, 3_000, 0, 4],
  compressor: [-30, 4, 9, 3, 90, 6, 80],
  reverb: [1.7, 12, 63, 5_000, 150, 90, 70],
  delay: [123.4, 55, 1, 180, 7_000, 40],
  saturation: [14, 0.2, -3, 90],
  filter: [2, 1_234, 3, 90],
  limiter: [-1.5, 9, 60],
}
for (const [kind, params] of Object.entries(DEVICES)) {
  const device = k[`${kind}Create`](48_000)
  for (const [index, value] of params.entries()) k[`${kind}Set`](device, index, value)
  load()
  for (let at = 0; at < FRAMES; at += 3_000) {
    if (at === 24_000) k[`${kind}Set`](device, 0, params[0] * 0.9)
    k[`${kind}Process`](device, block[0] + at * 4, block[1] + at * 4, 3_000)
  }
  for (const ptr of block) add(ptr)
}
load()
k.rampDbAt(block[0], FRAMES, -40, 3, 0, FRAMES)
k.applyFade(block[1], FRAMES, 0, FRAMES, 1, 0)
k.panStereo(block[0], block[1], FRAMES, 0.37)
for (const ptr of block) add(ptr)
const meter = k.loudnessCreate(48_000)
k.loudnessPush(meter, source[0], source[1], FRAMES)
hash.update(new Float64Array([k.loudnessIntegrated(meter), k.loudnessTruePeak(meter), k.dbOfGain(0.3), k.gainOfDb(-7.7)]))
const resampler = k.resamplerCreate(48_000, 44_100)
add(block[0], k.resamplerPush(resampler, source[0], source[1], FRAMES, block[0], block[1]))
k.toS16(block[0], source[0], source[1], FRAMES, 1, 99, 0)
add(block[0])
stdout.write(`${hash.digest('hex')}\n`)
