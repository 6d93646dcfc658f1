// Runs one plugin for a few seconds of sound: finite at its defaults and while everything moves, state restored to the value, latency as it says.
// Deterministic input, so that a failure can be met again. Runs in a scanner child; a crash or hang is seen by whoever started that.
import type { PluginFormat, PluginParameter } from '../../../src-shared/plugins/index.ts'
import { type BlockEvents, type NoteEvent, PLUGIN_BLOCK_FRAMES, type PluginInstance, type PluginLoader } from '../instance.ts'
import { delayOf } from './delay.ts'
import type { PluginTrial, TrialStep } from './messages.ts'
import { noise, randomSource } from './noise.ts'

const RATE = 48_000
const BLOCK = PLUGIN_BLOCK_FRAMES
const PLAIN_BLOCKS = 94
const BLOCKS_PER_PASS = 6
const RANDOM_PASSES = 6
/** Peak of the noise that plugins are fed, -12 dBFS. */
const LEVEL = 0.25
/** Frames compared to find the delay. */
const WINDOW = 4_096
/** Looked for beyond what is reported, so that a plugin that says too little is found out. */
const EXTRA_DELAY = 2_048
const MAX_DELAY = 130_000

interface Heard {
  notFinite: number
  peak: number
}

/** A plugin being played: counts blocks, so that time goes on from one phase to the next. */
class Player {
  readonly #instance: PluginInstance
  #block = 0
  /** Milliseconds inside `process`. */
  spentMs = 0

  constructor(instance: PluginInstance) {
    this.#instance = instance
    instance.activate()
  }

  #events(parameters: BlockEvents['parameters'], notes: readonly NoteEvent[]): BlockEvents {
    const frame = this.#block * BLOCK
    const quarter = (frame / RATE) * 2
    const bar = Math.floor(quarter / 4)
    return {
      parameters,
      notes,
      timeline: { frame, isPlaying: true, bpm: 120, numerator: 4, denominator: 4, quarter, barQuarter: bar * 4, bar },
    }
  }

  /** One block; `feed` fills the main input, sidechains stay silent. */
  play(feed: (samples: Float32Array, channel: number) => void, heard: Heard, events: Partial<BlockEvents> = {}): void {
    const instance = this.#instance
    for (const bus of instance.inputs)
      bus.samples.forEach((samples, channel) => {
        if (bus.isSidechain) samples.fill(0)
        else feed(samples, channel)
      })
    const began = performance.now()
    instance.process(BLOCK, this.#events(events.parameters ?? [], events.notes ?? []))
    this.spentMs += performance.now() - began
    this.#block++
    for (const bus of instance.outputs)
      for (const samples of bus.samples)
        for (let i = 0; i < BLOCK; i++) {
          const value = Math.abs(samples[i] as number)
          // Not a number is neither smaller nor larger.
          if (!(value < Number.POSITIVE_INFINITY)) heard.notFinite++
          else if (value > heard.peak) heard.peak = value
        }
    instance.idle()
    if (instance.takeChanges().wantsRestart) {
      instance.deactivate()
      instance.activate()
    }
  }
}

const db = (peak: number): number | null => (peak === 0 ? null : Math.round(200 * Math.log10(peak)) / 10)

/** A value the plugin says it takes. */
const valueAt = ({ min, max, choices, isToggle, isInteger, isLogarithmic }: PluginParameter, at: number): number => {
  if (choices.length > 0) return (choices[Math.min(choices.length - 1, Math.floor(at * choices.length))] as { value: number }).value
  if (isToggle) return at < 0.5 ? min : max
  if (isLogarithmic && min > 0 && max > min) return Math.min(max, Math.max(min, min * (max / min) ** at))
  const value = min + at * (max - min)
  return isInteger ? Math.round(value) : value
}

const CHORD = [48, 60, 64, 67] as const

const chord = (kind: NoteEvent['kind']): NoteEvent[] => CHORD.map((pitch) => ({ frame: 7, kind, pitch, velocity: 0.8 }))

/** Milliseconds to a tenth. */
const tenth = (ms: number): number => Math.round(ms * 10) / 10

const openOptions = { sampleRate: RATE, maxFrames: BLOCK, isOffline: true } as const

/** Parameters a user can set. The plugin's own bypass stays off: it would hide what is looked for. */
const settableOf = (instance: PluginInstance): number[] =>
  instance.descriptor.parameters.flatMap((one, i) => (one.isOutput || one.isHidden || one.isBypass ? [] : [i]))

const sweep = (player: Player, instance: PluginInstance, fill: ReturnType<typeof noise>): Heard => {
  const heard = { notFinite: 0, peak: 0 }
  const settable = settableOf(instance)
  const random = randomSource(7)
  const passes: (() => number)[] = [() => 0, () => 1, ...Array.from({ length: RANDOM_PASSES }, () => random)]
  for (const at of passes) {
    const parameters = settable.map((parameter, i) => ({
      frame: Math.floor((i * BLOCK) / settable.length),
      parameter,
      value: valueAt(instance.descriptor.parameters[parameter] as PluginParameter, at()),
    }))
    for (let block = 0; block < BLOCKS_PER_PASS; block++) {
      const notes = instance.descriptor.takesNotes ? (block === 0 ? chord('on') : block === BLOCKS_PER_PASS - 2 ? chord('off') : []) : []
      player.play(fill, heard, { parameters: block === 0 ? parameters : [], notes })
    }
  }
  return heard
}

interface Target {
  readonly format: PluginFormat
  readonly path: string
  readonly id: string
  readonly takesShortBlocks: boolean
}

/** Saves an instance with values all over the place and restores it into a new one. */
const tryState = (open: () => PluginInstance, instance: PluginInstance, player: Player): PluginTrial['state'] => {
  const settable = settableOf(instance)
  const random = randomSource(23)
  const silence = (samples: Float32Array): void => void samples.fill(0)
  const nothing = { notFinite: 0, peak: 0 }
  for (const parameter of settable)
    instance.setValue(parameter, valueAt(instance.descriptor.parameters[parameter] as PluginParameter, random()))
  player.play(silence, nothing)
  const saved = settable.map((parameter) => instance.value(parameter))
  const state = instance.saveState()
  const restored = open()
  if (state) restored.loadState(state)
  else for (const [i, parameter] of settable.entries()) restored.setValue(parameter, saved[i] as number)
  const differing = (): number[] => settable.flatMap((parameter, i) => (Object.is(restored.value(parameter), saved[i]) ? [] : [i]))
  const again = new Player(restored)
  let wrong = differing()
  if (wrong.length > 0) {
    // Some take what they were given only when they run.
    again.play(silence, nothing)
    wrong = differing()
  }
  const second = restored.saveState()
  const finite = (value: number | undefined): number | null => (Number.isFinite(value) ? (value as number) : null)
  return {
    bytes: state?.length ?? null,
    wrong: wrong.slice(0, 20).map((i) => {
      const parameter = settable[i] as number
      return {
        id: instance.descriptor.parameters[parameter]?.id ?? '',
        saved: finite(saved[i]),
        restored: finite(restored.value(parameter)),
      }
    }),
    wrongCount: wrong.length,
    isSameBytes: state && second ? Buffer.compare(state, second) === 0 : null,
  }
}

/** Delay of an instance at its defaults, by comparing what comes out with the noise that went in. */
const tryLatency = (open: () => PluginInstance): PluginTrial['latency'] => {
  const instance = open()
  const player = new Player(instance)
  const silence = (samples: Float32Array): void => void samples.fill(0)
  // Some plugins know their latency only when they have run.
  player.play(silence, { notFinite: 0, peak: 0 })
  const reported = instance.latencyFrames()
  const input = instance.inputs.find((bus) => !bus.isSidechain && bus.channels > 0)
  const output = instance.outputs.find((bus) => bus.channels > 0)
  if (!input || !output || reported > MAX_DELAY) return { reported, measured: null, likeness: 0 }
  const maxDelay = reported + EXTRA_DELAY
  const blocks = Math.ceil((maxDelay * 2 + WINDOW * 3) / BLOCK)
  const fill = noise(3, LEVEL)
  const went = new Float32Array(blocks * BLOCK)
  const came = new Float32Array(blocks * BLOCK)
  for (let block = 0; block < blocks; block++) {
    const mono = went.subarray(block * BLOCK, (block + 1) * BLOCK)
    fill(mono)
    player.play((samples) => samples.set(mono), { notFinite: 0, peak: 0 })
    const samples = output.samples[0]
    if (samples) came.set(samples.subarray(0, BLOCK), block * BLOCK)
  }
  const found = delayOf(went, came, { window: WINDOW, maxDelay })
  const latest = instance.latencyFrames()
  return { reported: latest, measured: found.likeness >= 0.4 ? found.delay : null, likeness: Math.round(found.likeness * 1000) / 1000 }
}

/**
 * Runs a plugin through everything. Throws where it does not open or refuses a call; `onStep` hears what comes next, for whoever sees a crash. `close` closes
 * what was opened.
 */
export const tryPlugin = (
  loader: PluginLoader,
  { path, id, takesShortBlocks }: Target,
  onStep: (step: TrialStep) => void,
): { readonly trial: PluginTrial; readonly close: () => void } => {
  const opened: PluginInstance[] = []
  const open = (): PluginInstance => {
    const instance = loader.open(path, id, { ...openOptions, takesShortBlocks })
    opened.push(instance)
    return instance
  }
  onStep('open')
  const began = performance.now()
  const instance = open()
  const player = new Player(instance)
  const openMs = tenth(performance.now() - began)
  onStep('process')
  const atDefaults = { notFinite: 0, peak: 0 }
  const fill = noise(1, LEVEL)
  for (let block = 0; block < PLAIN_BLOCKS; block++) {
    const notes = instance.descriptor.takesNotes ? (block === 2 ? chord('on') : block === 48 ? chord('off') : []) : []
    player.play(fill, atDefaults, { notes })
  }
  const seconds = (PLAIN_BLOCKS * BLOCK) / RATE
  const cpuPermille = tenth(player.spentMs / seconds)
  onStep('sweep')
  const whileSwept = sweep(player, instance, fill)
  onStep('state')
  const state = tryState(open, instance, player)
  onStep('latency')
  const latency = tryLatency(open)
  const trial = {
    parameters: instance.descriptor.parameters.length,
    seconds,
    notFinite: { atDefaults: atDefaults.notFinite, whileSwept: whileSwept.notFinite },
    peakDb: { atDefaults: db(atDefaults.peak), whileSwept: db(whileSwept.peak) },
    cpuPermille,
    state,
    latency,
    openMs,
  }
  return {
    trial,
    close: () => {
      for (const one of opened) one.close()
    },
  }
}
