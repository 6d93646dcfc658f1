// The compiled render plan: frames, gains and routing, nothing musical left. The engine, the licence check, the manifest and the receipt all
// read this one structure. JSON-safe; the same remix gives the same plan, so its hash names the arrangement.
import type { DeviceKind, Frozen, Make, PluginUse, Role } from './records.ts'

export const PLAN_VERSION = 1

/** Most notes that instrument plugins of a plan may play together. */
export const MAX_PLAN_NOTES = 1_000_000

export interface RenderPlan {
  readonly v: typeof PLAN_VERSION
  readonly sampleRate: 48_000
  /** End of the last clip, in frames; effects ring on after it (see `tailFrames`). */
  readonly lengthFrames: number
  /** How long reverbs and delays may ring after `lengthFrames`. */
  readonly tailFrames: number
  readonly sources: readonly PlanSource[]
  /** Audio tracks in (order, id), then buses such that a bus comes after everything that sends to it, then the master. */
  readonly tracks: readonly PlanTrack[]
  /** Tempo and meter, which plugins may follow; absent where no device is a plugin. */
  readonly timeline?: PlanTimeline
}

/** Both lists begin at frame 0 and ascend. `quarter` counts quarter notes since the start of the remix. */
export interface PlanTimeline {
  readonly tempo: readonly { readonly frame: number; readonly milliBpm: number; readonly quarter: number }[]
  readonly meter: readonly {
    readonly frame: number
    readonly numerator: number
    readonly denominator: number
    /** Bars that began before, so that the first one is 0. */
    readonly bar: number
    readonly quarter: number
  }[]
}

export interface PlanSource {
  readonly stemId: string
  readonly workId: string
  readonly role: Role
  readonly title: string
  readonly contentSha256: string
  readonly sampleRate: number
  readonly channels: number
  readonly lengthFrames: number
  readonly isrc: string | null
  /** How the sound is made from the stem; absent: it is the stem. */
  readonly make?: Make
  /** Frames at 48 kHz that are made, where that is not the length of the stem: previews make only what they play. */
  readonly madeFrames?: number
  /** How the sound is bent after that; absent: not at all. Two clips of a stem that differ here have two sources. */
  readonly warp?: PlanWarp
}

export interface PlanWarp {
  /** Ascending pairs of a frame of the source (48 kHz) and the frame at which it is heard; linear in between. The first pair is heard at 0. */
  readonly anchors: readonly (readonly [sourceFrame: number, outFrame: number])[]
  readonly cents: number
  readonly keepsFormants: boolean
}

export interface PlanTrack {
  readonly id: string
  readonly kind: 'audio' | 'bus' | 'master'
  readonly name: string
  readonly role: Role
  /** False for muted tracks and those silenced by another's solo: they keep their place but render nothing. */
  readonly isAudible: boolean
  readonly clips: readonly PlanClip[]
  readonly devices: readonly PlanDevice[]
  readonly gainDb: PlanValue
  readonly pan: PlanValue
  readonly sends: readonly PlanSend[]
  /** What an instrument plugin of this track plays, by (start, pitch); absent where none is switched on. */
  readonly notes?: readonly PlanNote[]
  /** The sound before the fader is read from the file of this key: clips and devices are there to be told, not run. */
  readonly frozen?: Frozen
}

/** A note on the timeline, in frames at 48 kHz; `pitch` is a MIDI number, `velocity` 1 to 127. */
export interface PlanNote {
  readonly startFrame: number
  readonly lengthFrames: number
  readonly pitch: number
  readonly velocity: number
}

export interface PlanClip {
  readonly clipId: string
  /** Index into `sources`. */
  readonly source: number
  /** Timeline position at 48 kHz. */
  readonly startFrame: number
  readonly lengthFrames: number
  /** Where the clip starts in its source's sound (made and warped), in frames at 48 kHz. */
  readonly sourceStartFrame: number
  readonly gainDb: number
  readonly fadeInFrames: number
  readonly fadeOutFrames: number
  readonly fadeCurve: 'linear' | 'equal-power'
  /** URN of the model that found the clip's edges. */
  readonly foundBy?: string
  /** Its notes are in `notes` of the track: the sound of its source is not read, though the stem is used all the same. */
  readonly isPlayedByInstrument?: true
}

export type PlanDevice = PlanBuiltIn | PlanPlugin

export interface PlanBuiltIn {
  readonly deviceId: string
  readonly kind: DeviceKind
  readonly isEnabled: boolean
  /** Every parameter of the kind, defaults filled in, clamped to its range. */
  readonly params: Readonly<Record<string, PlanValue>>
}

/** A plugin. It is found by (format, id) on each machine; one that is not there fails the render by name. */
export interface PlanPlugin {
  readonly deviceId: string
  readonly kind: 'plugin'
  readonly isEnabled: boolean
  /** Only what was set or is automated, finite but in no range known here; the rest is what the state or the plugin says. */
  readonly params: Readonly<Record<string, PlanValue>>
  readonly plugin: PluginUse
  /** Base64. */
  readonly state: string | null
}

export interface PlanSend {
  readonly sendId: string
  readonly toTrackId: string
  readonly gainDb: PlanValue
  readonly isPreFader: boolean
}

/** A parameter value, with automation points (frames at 48 kHz, ascending) when there are any. */
export interface PlanValue {
  readonly value: number
  readonly points?: readonly { readonly frame: number; readonly value: number; readonly curve: 'hold' | 'linear' }[]
}
