// A running plugin as the mix sees it: blocks in, blocks out, on the mix's own thread. Live ones answer with false where the sound did not come in
// time; offline ones throw.
import type { PlanPlugin, PlanTrack } from '../../../src-shared/remix/index.ts'
import type { NoteEvent, ParameterEvent, Timeline } from '../instance.ts'

/** One block through a plugin. */
export interface VoiceBlock {
  /** Input, and output where it succeeds. A whole number of plugin blocks. */
  readonly left: Float32Array
  readonly right: Float32Array
  readonly frames: number
  /** Ascending by frame, counted from the block's start. */
  readonly parameters: readonly ParameterEvent[]
  readonly notes: readonly NoteEvent[]
  readonly timeline: Timeline
  readonly sidechain: readonly [Float32Array, Float32Array] | null
}

export interface PluginVoice {
  /** Frames of delay, as the plugin reports it now. */
  readonly latencyFrames: number
  /** Frames it rings after its input ended; null where it does not say. */
  readonly tailFrames: number | null
  /** Another number than before: it was started anew and has heard nothing yet. */
  readonly epoch: number
  /** What the host set last, by parameter id; emptied when other values were loaded. */
  readonly sent: Map<string, number>
  /** Notes that sound: pitch, and the timeline frame they began at. */
  readonly held: Map<number, number>
  /** Place of a parameter in the plugin's list; undefined where it has none of that name. */
  indexOf(parameter: string): number | undefined
  /** What a parameter is at where nobody set it. */
  baseValue(parameter: string): number | undefined
  /** False leaves the block as it is. */
  run(block: VoiceBlock): boolean
  /** Forgets sound and held notes. */
  reset(): void
}

/** The running plugin of a device; undefined where it is left out, which passes the sound through without delay. */
export type OpenVoice = (track: PlanTrack, device: PlanPlugin) => PluginVoice | undefined
