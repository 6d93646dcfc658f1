// Plays two tracks with a plugin each on a clock of real time. Prints JSON: milliseconds from a turned knob to the first sample that has it, from the
// killing of a host to the first sample that sounds as before, both as they would be heard, and how often anything else was late.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ensureDecoded } from '../../src-engine/files/index.ts'
import { openEnginePlugins, PluginRegistry } from '../../src-engine/plugins/rack/index.ts'
import { renderPlan } from '../../src-engine/render/index.ts'
import { type AudioOutput, Transport } from '../../src-engine/transport/index.ts'
import type { PlanPlugin, PlanTrack, RenderPlan } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { AMP } from '../cases/plugin-chain.ts'

const [wav = '', turns = '40', kills = '5'] = process.argv.slice(2)
const SECONDS = 180
/** In dB; what passes by the plugin is at 0. */
const LOUD = 12
const QUIET = -20

const cacheDir = mkdtempSync(join(tmpdir(), 'stemma-bench-live-'))
const contentSha256 = createHash('sha256').update(readFileSync(wav)).digest('hex')
unwrap(await ensureDecoded({ path: wav, contentSha256, cacheDir }))

const amp = (deviceId: string, gain: number): PlanPlugin => ({
  deviceId,
  kind: 'plugin',
  isEnabled: true,
  params: { gain: { value: gain } },
  plugin: {
    format: 'lv2',
    id: AMP.id,
    name: 'Amplifier',
    vendor: '',
    version: '1',
    isInstrument: false,
    isGenerative: false,
    sidechainTrackId: null,
    stateSha256: null,
  },
  state: null,
})

const track = (id: string, devices: readonly PlanPlugin[], gainDb: number): PlanTrack => ({
  id,
  kind: id === 'track:master' ? 'master' : 'audio',
  name: id,
  role: 'other',
  isAudible: true,
  clips:
    id === 'track:master'
      ? []
      : [
          {
            clipId: id,
            source: 0,
            startFrame: 0,
            lengthFrames: SECONDS * 48_000,
            sourceStartFrame: 0,
            gainDb: 0,
            fadeInFrames: 0,
            fadeOutFrames: 0,
            fadeCurve: 'linear',
          },
        ],
  devices,
  gainDb: { value: gainDb },
  pan: { value: 0 },
  sends: [],
})

const planAt = (gain: number): RenderPlan => ({
  v: 1,
  sampleRate: 48_000,
  lengthFrames: SECONDS * 48_000,
  tailFrames: 0,
  timeline: {
    tempo: [{ frame: 0, milliBpm: 120_000, quarter: 0 }],
    meter: [{ frame: 0, numerator: 4, denominator: 4, bar: 0, quarter: 0 }],
  },
  sources: [
    {
      stemId: 's',
      workId: 'w',
      role: 'other',
      title: 'Stem',
      contentSha256,
      sampleRate: 48_000,
      channels: 2,
      lengthFrames: SECONDS * 48_000,
      isrc: null,
    },
  ],
  tracks: [track('a', [amp('knob', gain)], 0), track('b', [amp('other', 0)], -80), track('track:master', [], 0)],
})

/** What is heard when: gain of each block, and the clock's time of its first sample in milliseconds. */
const heard: { readonly atMs: number; readonly gain: number }[] = []
/** Of the block that comes next, against the sound without plugins. */
let gain = 1
const levelOf = (samples: Float32Array): number => Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length)
const plain: number[] = []
unwrap(
  await renderPlan({
    plan: { ...planAt(0), tracks: [track('a', [], 0), track('track:master', [], 0)] },
    cacheDir,
    fromFrame: 0,
    toFrame: SECONDS * 48_000,
    threads: 1,
    blockFrames: 512,
    onBlock: (block, kernels) => void plain.push(levelOf(kernels.f32(block.left, block.frames))),
  }),
)
const output: AudioOutput = {
  state: { kind: 'device', sampleRate: 48_000 },
  get now() {
    return performance.now() / 1_000
  },
  startVoice: () => ({ schedule: (_left, _right, at) => void heard.push({ atMs: at * 1_000, gain }), release: () => {} }),
  close: async () => {},
}

const registry = new PluginRegistry()
registry.replace([{ format: 'lv2', id: AMP.id, path: AMP.path, isIsolated: false, environment: {} }])
const warnings: string[] = []
let transport: Transport | undefined
const plugins = await openEnginePlugins(registry, undefined, {
  onStatus: () => {},
  onChanged: () => {},
  onCrashed: () => {},
  onWarning: () => {},
  onRouting: () => transport?.reroute(),
})
transport = new Transport({
  output,
  cacheDir,
  openVoice: plugins.voices('remix'),
  listener: { onState: () => {}, onPosition: () => {}, onMeters: () => {}, onWarning: ({ code }) => warnings.push(code) },
  onBlock: (left, _right, frame) => {
    gain = levelOf(left) / plain[frame / 512]!
  },
})
const load = (gain: number): void => {
  const plan = planAt(gain)
  plugins.load('remix', plan)
  transport?.load(plan)
}
const firstAfter = async (ms: number, isWanted: (gain: number) => boolean): Promise<number> => {
  for (const until = performance.now() + 5_000; performance.now() < until; await delay(5)) {
    const found = heard.find((block) => block.atMs > ms && isWanted(block.gain))
    if (found) return found.atMs - ms
  }
  return Number.NaN
}
const isQuiet = (value: number): boolean => value < 0.12
const isLoud = (value: number): boolean => value > 3.5

load(LOUD)
await plugins.ready('remix')
unwrap(transport.play(0))
await delay(500)

const knob: number[] = []
for (let turn = 0; turn < Number(turns); turn++) {
  // Blocks come every 10.7 ms: turns fall anywhere between two.
  await delay(120 + (turn % 11))
  const toQuiet = turn % 2 === 0
  const since = performance.now()
  load(toQuiet ? QUIET : LOUD)
  // The new value glides in over its first block; the one that is wholly there is counted.
  knob.push(await firstAfter(since, toQuiet ? isQuiet : isLoud))
}

load(QUIET)
await delay(400)
const recovery: number[] = []
for (let kill = 0; kill < Number(kills); kill++) {
  await plugins.handlers['plugins.reload']({ deviceId: 'knob' })
  await plugins.ready('remix')
  // The reserve for the next one starts meanwhile, as it would in use.
  await delay(2_000)
  const pid = plugins.hostProcessIdOf('knob')
  const since = performance.now()
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
  const dry = await firstAfter(since, (value) => !isQuiet(value))
  recovery.push(dry + (await firstAfter(since + dry, isQuiet)))
}
transport.dispose()
const statuses = plugins.statuses()
plugins.dispose()
rmSync(cacheDir, { recursive: true, force: true })

const gaps = heard.filter((block, at) => at > 0 && block.atMs - heard[at - 1]!.atMs > 11).length
const sorted = (values: readonly number[]): readonly number[] => [...values].sort((one, two) => one - two)
const at = (values: readonly number[], share: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))]!
process.stdout.write(
  JSON.stringify({
    knobP50: at(knob, 0.5),
    knobMost: at(knob, 1),
    recoveryP50: at(recovery, 0.5),
    recoveryMost: at(recovery, 1),
    gaps,
    warnings: warnings.length,
    lateElsewhere: statuses.find((status) => status.deviceId === 'other')?.lateBlocks ?? -1,
  }),
)
process.exit(0)
