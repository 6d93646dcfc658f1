// What a style may know besides the remix itself. Everything but the licence is optional: a style says what it needs and what it did without it.
import type {
  BeatsFinding,
  DrumHit,
  GrooveFinding,
  SectionFinding,
  SpectralProfile,
  TempoFinding,
} from '../../src-shared/protocol/index.ts'
import type { LicenceTerms } from '../../src-shared/provenance/index.ts'
import type { Note, Role } from '../../src-shared/remix/index.ts'

/** What was heard in one stem. Frames are 48 kHz frames of the stem's own time. */
export interface StemFactsHeard {
  readonly isSilent?: boolean
  readonly onsets?: readonly number[]
  readonly hits?: readonly DrumHit[]
  readonly groove?: GrooveFinding | null
  readonly profile?: SpectralProfile
  readonly integratedLufs?: number | null
  readonly truePeakDb?: number | null
  readonly centroidHz?: number
  readonly notes?: { readonly model: string | null; readonly notes: readonly Note[] }
  readonly phrases?: { readonly model: string; readonly phrases: readonly { readonly startFrame: number; readonly endFrame: number }[] }
}

/** What was heard in a work as a whole. Frames count from the start of its stems. */
export interface WorkFactsHeard {
  readonly tempo?: TempoFinding | null
  readonly beats?: BeatsFinding | null
  readonly sections?: readonly SectionFinding[]
  readonly bars?: readonly { readonly startFrame: number; readonly levelDb: number | null }[]
  readonly groove?: GrooveFinding | null
  readonly profile?: SpectralProfile
}

/** A sound to match: a file the user named, or the mix of another work. */
export interface ReferenceFacts {
  readonly title: string
  readonly profile: SpectralProfile
  readonly integratedLufs: number | null
  /** Peak above loudness; missing where it was not measured. */
  readonly crestDb?: number
}

export interface StyleFacts {
  /** Grants in force, and the moment they are judged at. */
  readonly terms: LicenceTerms
  /** Roles that stay as they are: nothing is put on them or taken from them. Where the order of the song changes they move along. */
  readonly keep?: readonly Role[]
  /** By stem id. */
  readonly stems?: Readonly<Record<string, StemFactsHeard>>
  /** By work id. */
  readonly works?: Readonly<Record<string, WorkFactsHeard>>
  /** By the input's name in the recipe: a content hash, or the URN of a work. */
  readonly references?: Readonly<Record<string, ReferenceFacts>>
  /** The model of the user's that a style is to use. */
  readonly model?: {
    readonly sha256: string
    readonly urn: string
    readonly name: string
    readonly version: string
    readonly licence: string
  }
  /** The mix as it is now, for matching; measured by whoever asks. */
  readonly mix?: { readonly profile: SpectralProfile; readonly integratedLufs: number | null; readonly truePeakDb: number | null }
}
