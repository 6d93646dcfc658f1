// Hosts for tests, ended after each, and the blocks to send through them.
import { afterEach } from 'vitest'
import type { PluginFormat } from '../../../../src-shared/plugins/index.ts'
import type { Timeline } from '../../instance.ts'
import {
  type ConnectOptions,
  connectHost,
  type HostConnection,
  type HostReply,
  hostCommands,
  type OpenedPlugin,
  type OpenPlugin,
  type ProcessReport,
  type ProcessStep,
  type SpawnedHost,
  type SpawnHost,
  type StereoBlock,
  spawnNodeHost,
} from '../index.ts'

export const SAMPLE_RATE = 48_000
/** Generous: the machines that run tests do other things, too. */
export const PATIENCE_MS = 10_000

const open: HostConnection[] = []

afterEach(() => {
  for (const host of open.splice(0)) host.close()
})

export const valueIn = <T>(reply: HostReply<T>): T => {
  if (reply.ok) return reply.value
  throw new Error(JSON.stringify(reply.error))
}

/** A host that is up, and when it ends. */
export const startHost = async (options: ConnectOptions): Promise<{ readonly host: HostConnection; readonly ended: Promise<void> }> => {
  let ended: Promise<void> = Promise.resolve()
  const spawnHost: SpawnHost = (endpoint, environment): SpawnedHost => {
    const spawned = spawnNodeHost(endpoint, environment)
    ended = new Promise((resolve) => spawned.onExit(resolve))
    return spawned
  }
  const host = valueIn(await connectHost(spawnHost, options))
  open.push(host)
  return { host, ended }
}

export const openPlugin = async (
  host: HostConnection,
  plugin: { readonly path: string; readonly id: string; readonly format?: PluginFormat },
  more: Partial<OpenPlugin> = {},
): Promise<OpenedPlugin> =>
  valueIn(
    await host.callLater(hostCommands.open({ format: 'clap', sampleRate: SAMPLE_RATE, isOffline: false, ...plugin, ...more }), PATIENCE_MS),
  )

export const START: Timeline = {
  frame: 0,
  isPlaying: true,
  bpm: 120,
  numerator: 4,
  denominator: 4,
  quarter: 0,
  barQuarter: 0,
  bar: 0,
}

export const silentBlock = (frames: number): StereoBlock => [new Float32Array(frames), new Float32Array(frames)]

/** Noise that is the same every time, both channels different. */
export const noiseBlock = (frames: number, seed = 1): StereoBlock => {
  const block = silentBlock(frames)
  let state = seed >>> 0 || 1
  for (const samples of block) {
    for (let frame = 0; frame < frames; frame++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      samples[frame] = state / 2 ** 32 - 0.5
    }
  }
  return block
}

export interface Run extends Partial<Omit<ProcessStep, 'instance'>> {
  readonly instance: number
  readonly input: StereoBlock
  readonly timeline?: Timeline
  readonly wantsOutputs?: boolean
  readonly deadlineMs?: number
}

/** One request through one instance. */
export const run = (
  host: HostConnection,
  { instance, input, timeline = START, wantsOutputs = false, deadlineMs = PATIENCE_MS, ...step }: Run,
): { readonly reply: HostReply<ProcessReport>; readonly output: StereoBlock } => {
  const frames = input[0].length
  const output = silentBlock(frames)
  const steps = [{ instance, parameters: [], notes: [], sidechain: null, ...step }]
  return { reply: host.run({ frames, input, output, steps, timeline, wantsOutputs }, deadlineMs), output }
}
