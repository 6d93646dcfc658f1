// What every plugin format is to the rest: a way to read descriptors from a binary, and instances that process sound. Synchronous and
// single-threaded: callbacks must be registered and called on the thread that calls the plugin. Only host children and scanners load formats.
import type { PluginBus, PluginDescriptor, PluginFormat } from '../../src-shared/plugins/index.ts'

/** Frames a plugin is asked for at once; every render is cut the same way, since some plugins sound different at other lengths. */
export const PLUGIN_BLOCK_FRAMES = 512

/** A value at a place inside a block; `parameter` indexes the descriptor's parameters. */
export interface ParameterEvent {
  readonly frame: number
  readonly parameter: number
  readonly value: number
}

/** `pitch` is a MIDI note, `velocity` 0 to 1. */
export interface NoteEvent {
  readonly frame: number
  readonly kind: 'on' | 'off'
  readonly pitch: number
  readonly velocity: number
}

/** Where a block stands. Never zero in a denominator: that has killed a plugin. */
export interface Timeline {
  readonly frame: number
  readonly isPlaying: boolean
  readonly bpm: number
  readonly numerator: number
  readonly denominator: number
  /** Quarters since the start of the remix, at the block's first frame. */
  readonly quarter: number
  /** Quarter at which the bar began, and its number from 0. */
  readonly barQuarter: number
  readonly bar: number
}

/** Events of one block, ascending by frame. */
export interface BlockEvents {
  readonly parameters: readonly ParameterEvent[]
  readonly notes: readonly NoteEvent[]
  readonly timeline: Timeline
}

export interface OpenOptions {
  readonly sampleRate: number
  /** Most frames of one `process`. */
  readonly maxFrames: number
  /** Renders need not be in time: formats are told, so that plugins may take their best quality. */
  readonly isOffline: boolean
  /** What the descriptor says, from a scan that tried it. VST3 cuts blocks only then; convolvers click where blocks are cut. */
  readonly takesShortBlocks?: boolean
}

/** One audio bus of an instance: `maxFrames` floats per channel in native memory, valid until `close`. */
export interface InstanceBus extends PluginBus {
  readonly samples: readonly Float32Array<ArrayBuffer>[]
}

/** What changed inside the plugin since it was last asked. */
export interface InstanceChanges {
  readonly hasNewLatency: boolean
  /** The plugin set parameters itself (a preset, its own logic): read them all again. */
  readonly hasNewValues: boolean
  /** It asked to be deactivated and activated. */
  readonly wantsRestart: boolean
}

/** A running plugin. Opened inactive. Methods throw with a sentence where the plugin refuses; native crashes end the process. */
export interface PluginInstance {
  readonly descriptor: PluginDescriptor
  readonly inputs: readonly InstanceBus[]
  readonly outputs: readonly InstanceBus[]
  activate(): void
  deactivate(): void
  /** Forgets all sound and held notes; parameters and state stay. */
  reset(): void
  /** Reads `inputs`, writes `outputs`, `frames` at most `maxFrames`. */
  process(frames: number, events: BlockEvents): void
  /** Frames of delay, as the plugin reports it now. */
  latencyFrames(): number
  /** Frames it rings after its input ended; null where the plugin does not say. */
  tailFrames(): number | null
  /** By index in the descriptor's parameters; also while inactive. */
  value(parameter: number): number
  setValue(parameter: number, value: number): void
  /** The plugin's own words for a value, or null where it has none. */
  text(parameter: number, value: number): string | null
  /** Null where the plugin keeps nothing beyond its parameters. */
  saveState(): Uint8Array | null
  loadState(state: Uint8Array): void
  loadPreset(id: string): void
  /** Lets the plugin do what it put off (timers, worker replies, main-thread calls). Called between blocks and when idle. */
  idle(): void
  takeChanges(): InstanceChanges
  close(): void
}

/** One plugin format. Each is an implementation that nothing else knows of. */
export interface PluginLoader {
  readonly format: PluginFormat
  /** Descriptors of every plugin in a binary (CLAP, VST3) or bundle (LV2). Throws where it is none or broken. */
  scan(path: string): readonly PluginDescriptor[]
  /** Throws where the plugin is not there or does not start. */
  open(path: string, id: string, options: OpenOptions): PluginInstance
}
