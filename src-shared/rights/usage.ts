// What a remix does with each stem, as the licence sees it. Derived from a render plan by `provenance/usage.ts`; judged by `decide()`.

/** A plugin that does an operation. */
export interface UsedPlugin {
  readonly format: string
  readonly id: string
  readonly name: string
}

/** One operation on one stem over a stretch of the export. */
export interface UsedOperation {
  /** See `OPERATIONS`; unknown names are denied. */
  readonly op: string
  readonly fromMs: number
  readonly toMs: number
  /** Tempo ratio in permille, for `stretch`. */
  readonly ratioPermille?: number
  /** Pitch shift in cents, for `pitch`. */
  readonly cents?: number
  /** URN of the model and strength, for `ai.*`. */
  readonly model?: string
  readonly strengthPermille?: number
  /** The plugin that does it, for `plugin`, and for `ai.*` where a generative one is the model. */
  readonly plugin?: UsedPlugin
  /** The device or clip that causes it, so that a refusal can point at it. */
  readonly causeId?: string
}

export interface StemUsage {
  readonly stem: string
  readonly role: string
  readonly title: string
  readonly contentSha256: string
  /** Audible time of this stem in the export, overlaps counted once, in milliseconds. */
  readonly usedMs: number
  readonly ops: readonly UsedOperation[]
}

/** Sound that a plugin may make out of nothing: on a track that no stem passes through, so that no licence speaks of it. */
export interface MadeByPlugin {
  readonly plugin: UsedPlugin
  /** Role of the track. */
  readonly role: string
  /** URN, where the plugin is generative. */
  readonly model?: string
  readonly fromMs: number
  readonly toMs: number
  readonly causeId: string
}

/** Everything an export of a remix would use. */
export interface Usage {
  readonly lengthMs: number
  readonly stems: readonly StemUsage[]
  /** Left out where there is none. */
  readonly made?: readonly MadeByPlugin[]
}
