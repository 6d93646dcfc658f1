// Times plugins in a host and in this process. `overhead TRANSPORT`: microseconds that a block of 512 frames takes longer through a host.
// `chain TRANSPORT|here WAV`: milliseconds for the sound of a file through a chain, by requests of 4,096 frames or block by block. Prints JSON.
import { readFileSync } from 'node:fs'
import {
  connectHost,
  type HostConnection,
  hostCommands,
  type StereoBlock,
  spawnNodeHost,
  type TransportKind,
} from '../../src-engine/plugins/client/index.ts'
import { PLUGIN_BLOCK_FRAMES, type PluginInstance, type Timeline } from '../../src-engine/plugins/instance.ts'
import { loaderOf } from '../../src-engine/plugins/loaders.ts'
import { CHAIN, LIGHT, type NamedPlugin } from '../cases/plugin-chain.ts'

const SAMPLE_RATE = 48_000
const REQUEST_FRAMES = 4_096
const PATIENCE_MS = 20_000
const BLOCKS = 20_000
const WARM_BLOCKS = 2_000

const START: Timeline = { frame: 0, isPlaying: true, bpm: 120, numerator: 4, denominator: 4, quarter: 0, barQuarter: 0, bar: 0 }

const silent = (frames: number): StereoBlock => [new Float32Array(frames), new Float32Array(frames)]

const noise = (frames: number): StereoBlock => {
  const block = silent(frames)
  let state = 1
  for (const samples of block) {
    for (let frame = 0; frame < frames; frame++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
      samples[frame] = state / 2 ** 32
    }
  }
  return block
}

const startHost = async (transport: TransportKind): Promise<HostConnection> => {
  const host = await connectHost(spawnNodeHost, { transport })
  if (!host.ok || host.value.transport !== transport) throw new Error(`no host over ${transport}`)
  return host.value
}

const openIn = async (host: HostConnection, plugin: NamedPlugin): Promise<number> => {
  const opened = await host.callLater(
    hostCommands.open({ ...plugin, format: 'lv2', sampleRate: SAMPLE_RATE, isOffline: true }),
    PATIENCE_MS,
  )
  if (!opened.ok) throw new Error(JSON.stringify(opened.error))
  return opened.value.instance
}

const openHere = async ({ path, id }: NamedPlugin): Promise<PluginInstance> => {
  const instance = (await loaderOf('lv2')).open(path, id, { sampleRate: SAMPLE_RATE, maxFrames: PLUGIN_BLOCK_FRAMES, isOffline: true })
  instance.activate()
  return instance
}

/** One block through an instance of this process, copied in and out as a host has to. */
const processHere = (instance: PluginInstance, input: StereoBlock, output: StereoBlock, offset: number, frames: number): void => {
  const [into, from] = [instance.inputs[0]?.samples, instance.outputs[0]?.samples]
  for (const channel of [0, 1] as const) into?.[channel]?.set(input[channel].subarray(offset, offset + frames))
  instance.process(frames, { parameters: [], notes: [], timeline: START })
  for (const channel of [0, 1] as const) output[channel].set(from?.[channel]?.subarray(0, frames) ?? [], offset)
}

const at = (sorted: readonly number[], share: number): number => sorted[Math.floor((sorted.length - 1) * share)] as number

const timesOf = (block: () => void): readonly number[] => {
  const times: number[] = []
  for (let count = -WARM_BLOCKS; count < BLOCKS; count++) {
    const start = performance.now()
    block()
    if (count >= 0) times.push((performance.now() - start) * 1_000)
  }
  return times.sort((a, b) => a - b)
}

const overhead = async (transport: TransportKind): Promise<Readonly<Record<string, number>>> => {
  const host = await startHost(transport)
  const step = { instance: await openIn(host, LIGHT), parameters: [], notes: [], sidechain: null }
  const here = await openHere(LIGHT)
  const [input, output] = [noise(PLUGIN_BLOCK_FRAMES), silent(PLUGIN_BLOCK_FRAMES)]
  const request = { frames: PLUGIN_BLOCK_FRAMES, input, output, steps: [step], timeline: START, wantsOutputs: false }
  const away = timesOf(() => {
    const reply = host.run(request, PATIENCE_MS)
    if (!reply.ok) throw new Error(JSON.stringify(reply.error))
  })
  const direct = timesOf(() => processHere(here, input, output, 0, PLUGIN_BLOCK_FRAMES))
  host.close()
  const base = at(direct, 0.5)
  return { directP50: base, roundTripP50: at(away, 0.5), overheadP50: at(away, 0.5) - base, overheadP99: at(away, 0.99) - base }
}

/** Samples of a 16-bit stereo WAV with a plain header. */
const readWav = (path: string): StereoBlock => {
  const bytes = readFileSync(path)
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset + 44, (bytes.byteLength - 44) >> 1)
  const block = silent(samples.length >> 1)
  for (let frame = 0; frame < block[0].length; frame++) {
    block[0][frame] = (samples[2 * frame] as number) / 32_768
    block[1][frame] = (samples[2 * frame + 1] as number) / 32_768
  }
  return block
}

const chain = async (where: TransportKind | 'here', wav: string): Promise<{ readonly wallMs: number; readonly hash: number }> => {
  const sound = readWav(wav)
  const frames = sound[0].length
  const output = silent(frames)
  let wallMs = 0
  if (where === 'here') {
    const instances = await Promise.all(CHAIN.map(openHere))
    const start = performance.now()
    for (let offset = 0; offset < frames; offset += PLUGIN_BLOCK_FRAMES) {
      const count = Math.min(PLUGIN_BLOCK_FRAMES, frames - offset)
      for (const [index, instance] of instances.entries()) processHere(instance, index === 0 ? sound : output, output, offset, count)
    }
    wallMs = performance.now() - start
  } else {
    const host = await startHost(where)
    const steps = []
    for (const plugin of CHAIN) steps.push({ instance: await openIn(host, plugin), parameters: [], notes: [], sidechain: null })
    const start = performance.now()
    for (let offset = 0; offset < frames; offset += REQUEST_FRAMES) {
      const count = Math.min(REQUEST_FRAMES, frames - offset)
      const cut = (block: StereoBlock): StereoBlock => [
        block[0].subarray(offset, offset + count),
        block[1].subarray(offset, offset + count),
      ]
      const reply = host.run(
        { frames: count, input: cut(sound), output: cut(output), steps, timeline: START, wantsOutputs: false },
        PATIENCE_MS,
      )
      if (!reply.ok) throw new Error(JSON.stringify(reply.error))
    }
    wallMs = performance.now() - start
    host.close()
  }
  // Both ways must have made the same sound.
  let hash = 0
  for (const samples of output) for (const sample of samples) hash = (Math.imul(hash, 31) + Math.round(sample * 1e6)) | 0
  return { wallMs, hash }
}

const [what = '', where = '', wav = ''] = process.argv.slice(2)
process.stdout.write(
  `${JSON.stringify(what === 'overhead' ? await overhead(where as TransportKind) : await chain(where as TransportKind, wav))}\n`,
)
process.stdout.write('', () => process.exit(0))
