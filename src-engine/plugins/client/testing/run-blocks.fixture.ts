// A thread of the test that four run at once: takes a host on, sends blocks and counts what is not as it should be.
import { parentPort, workerData } from 'node:worker_threads'
import { adoptHost, type HostTicket } from '../index.ts'

const { ticket, instance, seed } = workerData as { readonly ticket: HostTicket; readonly instance: number; readonly seed: number }
const host = adoptHost(ticket)
const factor = 10 ** (-seed / 20)
const FRAMES = 1_024
const input = [new Float32Array(FRAMES), new Float32Array(FRAMES)] as const
const output = [new Float32Array(FRAMES), new Float32Array(FRAMES)] as const
const timeline = { frame: 0, isPlaying: true, bpm: 120, numerator: 4, denominator: 4, quarter: 0, barQuarter: 0, bar: 0 }
let [late, wrong] = [0, 0]
for (let block = 0; block < 500; block++) {
  for (let frame = 0; frame < FRAMES; frame++) input[0][frame] = input[1][frame] = Math.sin(frame * seed + block)
  const steps = [{ instance, parameters: [], notes: [], sidechain: null }]
  const reply = host.run({ frames: FRAMES, input, output, steps, timeline, wantsOutputs: false }, 10_000)
  if (!reply.ok) late += 1
  for (let frame = 0; frame < FRAMES; frame += 17) if (output[1][frame] !== Math.fround((input[1][frame] as number) * factor)) wrong += 1
}
host.close()
parentPort?.postMessage({ late, wrong })
