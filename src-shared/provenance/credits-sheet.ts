// The AI credits sheet beside an export (`*.ddex.json`), for whoever delivers it to services: what the stamp says, in the names of DDEX ERN 4.3.2 and AVS 9.
// Services read AI credits out of what distributors send them, not out of files. Fields: docs/formats/credits-sheet.md.
import type { AiSummary } from '../receipts/index.ts'
import type { WorkRecord } from '../remix/index.ts'
import type { ManifestIngredient, ManifestPlan } from './types.ts'

/** A file the sheet is about; hashes and names as in its receipt and stamp. */
export interface CreditedFile {
  readonly fileName: string
  /** SHA-256 of the whole file, lower-case hex. */
  readonly sha256: string
  readonly receiptId: string
  /** URN of its C2PA manifest. */
  readonly c2pa: string
}

/** A role AI had a part in. `GenerativeAI` is the contributor only where nobody else contributed; who else did is not known here. */
interface SheetContributor {
  readonly SpecialContributor?: 'GenerativeAI'
  readonly Role: string
  readonly AiContribution: AiSummary['contributions'][number]['value']
  /** URN of the model. */
  readonly ProprietaryId?: string
}

interface SheetRelation {
  readonly ResourceRelationshipType: 'HasContentFrom' | 'ContainsSamplesFrom'
  /** Of the recording it comes from, never of this one. */
  readonly ResourceId?: { readonly ISRC: string }
  readonly DisplayTitleText: string
  readonly DisplayArtistName: string
}

export interface CreditsSheet {
  readonly $comment: string
  readonly v: 1
  readonly SoundRecording: {
    readonly Type: 'MusicalWorkSoundRecording'
    readonly DisplayTitleText: string
    readonly VersionType: 'RemixVersion'
    readonly ContainsAI: AiSummary['containsAI']
    readonly Contributor: readonly SheetContributor[]
    readonly RelatedResource: readonly SheetRelation[]
  }
  /** What DDEX has no name for. */
  readonly Stemma: {
    readonly files: readonly CreditedFile[]
    readonly scope: ManifestPlan['scope']
    readonly credits: readonly string[]
    readonly models: readonly { readonly urn: string; readonly name: string; readonly version: string; readonly uses: readonly string[] }[]
  }
}

const COMMENT =
  'AI credits in the terms of DDEX ERN 4.3.2 and AVS 9, computed from what was rendered. This recording has no ISRC yet: a remix is a new recording, and the ISRCs under RelatedResource are those of its sources.'

const contributorOf = ({ role, value, model }: AiSummary['contributions'][number]): SheetContributor => ({
  ...(value === 'All' ? { SpecialContributor: 'GenerativeAI' as const } : {}),
  Role: role,
  AiContribution: value,
  ...(model === undefined ? {} : { ProprietaryId: model }),
})

/** Whether a stem is heard for as long as it is; less is an excerpt. */
const isWhole = ({ source, usedMs }: ManifestIngredient): boolean => usedMs >= Math.floor((source.lengthFrames * 1_000) / source.sampleRate)

/** One relation per source recording: by ISRC where stems have one, else by work. */
const relationsOf = (ingredients: readonly ManifestIngredient[], works: readonly WorkRecord[]): readonly SheetRelation[] => {
  const recordings = new Map<string, ManifestIngredient[]>()
  const known = new Set(ingredients.flatMap(({ source }) => (source.isrc === null ? [] : [source.workId])))
  for (const one of ingredients) {
    const { workId, isrc } = one.source
    // Its stem has no code, others of the work do: they name the recording.
    if (isrc === null && known.has(workId)) continue
    const key = `${workId}\n${isrc ?? ''}`
    recordings.set(key, [...(recordings.get(key) ?? []), one])
  }
  return [...recordings.values()].flatMap((stems) => {
    const [first] = stems
    const work = works.find(({ id }) => id === first?.source.workId)
    if (!first || !work) return []
    const { isrc } = first.source
    return [
      {
        ResourceRelationshipType: stems.some(isWhole) ? ('HasContentFrom' as const) : ('ContainsSamplesFrom' as const),
        ...(isrc === null ? {} : { ResourceId: { ISRC: isrc } }),
        DisplayTitleText: work.title,
        DisplayArtistName: work.artists.join(', '),
      },
    ]
  })
}

/** The sheet of one mix, or of one track, in all the files it was exported to. `works` are those the remix knows. */
export const buildCreditsSheet = (
  { title, ai, ingredients, models, scope, credits }: ManifestPlan,
  works: readonly WorkRecord[],
  files: readonly CreditedFile[],
): CreditsSheet => ({
  $comment: COMMENT,
  v: 1,
  SoundRecording: {
    Type: 'MusicalWorkSoundRecording',
    DisplayTitleText: title,
    VersionType: 'RemixVersion',
    ContainsAI: ai.containsAI,
    Contributor: ai.contributions.map(contributorOf),
    RelatedResource: relationsOf(ingredients, works),
  },
  Stemma: {
    files,
    scope,
    credits,
    models: models.map(({ urn, name, version, uses }) => ({ urn, name, version, uses })),
  },
})
