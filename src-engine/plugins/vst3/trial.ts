// Whether a plugin may be asked for short blocks. Asking tells nothing: convolvers take any length and click, so it is tried.
import type { BlockEvents, PluginInstance } from '../instance.ts'

const WHOLE = 512
/** Blocks of the trial: past every latency that is not itself a block. */
const BLOCKS = 8
/** Where each block is cut, in turn. */
const CUTS: readonly (readonly number[])[] = [[], [200], [37, 300], [1], [33, 66, 99, 480], []]
/** Of the loudest sample: what another order of the same sums makes, and far below what a click is. */
const TOLERANCE = 1e-5

const eventsAt = (frame: number): BlockEvents => ({
  parameters: [],
  notes: [],
  timeline: { frame, isPlaying: true, bpm: 120, numerator: 4, denominator: 4, quarter: frame / 24_000, barQuarter: 0, bar: 0 },
})

/** The first output's channels after noise went through, in blocks cut or whole. */
const soundOf = (instance: PluginInstance, areCut: boolean): readonly Float32Array[] => {
  const channels = instance.outputs[0]!.samples.map(() => new Float32Array(BLOCKS * WHOLE))
  let noise = 0x2545_f491
  const input = Float32Array.from({ length: BLOCKS * WHOLE }, () => {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) | 0
    return noise / 2 ** 34
  })
  instance.activate()
  for (let block = 0; block < BLOCKS; block++) {
    const edges = [0, ...(areCut ? CUTS[block % CUTS.length]! : []), WHOLE]
    for (let i = 0; i + 1 < edges.length; i++) {
      const frame = block * WHOLE + edges[i]!
      const frames = edges[i + 1]! - edges[i]!
      for (const bus of instance.inputs) for (const samples of bus.samples) samples.set(input.subarray(frame, frame + frames))
      instance.process(frames, eventsAt(frame))
      for (const [k, channel] of channels.entries()) channel.set(instance.outputs[0]!.samples[k]!.subarray(0, frames), frame)
    }
  }
  return channels
}

/** True where cut blocks sound as whole ones do. Needs two fresh instances, of at least 512 frames; closes them. */
export const tryShortBlocks = (open: () => PluginInstance): boolean => {
  const run = (areCut: boolean): readonly Float32Array[] => {
    const instance = open()
    try {
      const isEffect = instance.inputs.some((bus) => bus.channels > 0) && (instance.outputs[0]?.channels ?? 0) > 0
      return isEffect ? soundOf(instance, areCut) : []
    } finally {
      instance.close()
    }
  }
  const whole = run(false)
  if (whole.length === 0) return false
  const peak = whole.reduce((most, channel) => channel.reduce((high, sample) => Math.max(high, Math.abs(sample)), most), 0)
  // Silence tells nothing.
  if (!(peak > 1e-6)) return false
  const cut = run(true)
  return whole.every((channel, k) => channel.every((sample, i) => Math.abs(sample - cut[k]![i]!) <= TOLERANCE * peak))
}
