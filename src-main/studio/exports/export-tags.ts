// Ordinary tags of an export, computed from the same manifest plan as the stamp. Names per container: docs/formats/tags.md.
import type { FileTags } from '../../../src-shared/protocol/index.ts'
import type { ManifestPlan } from '../../../src-shared/provenance/index.ts'
import type { WorkRecord } from '../../../src-shared/remix/index.ts'

export interface TagFacts {
  readonly title: string
  readonly works: readonly WorkRecord[]
  readonly manifest: ManifestPlan
  readonly receiptId: string
  readonly appVersion: string
}

const aiSentence = ({ ai, models }: ManifestPlan): string => {
  if (ai.containsAI === 'None') return 'No generative AI. Remixed by a person from licensed stems.'
  const nameOf = (urn: string): string => {
    const model = models.find((one) => one.urn === urn)
    return model ? `${model.name} ${model.version}`.trim() : urn
  }
  const isMade = models.some(({ uses }) => uses.includes('sound'))
  const parts = ai.contributions.map(({ role, value, model }) => `${role}: ${value.toLowerCase()}${model ? ` (${nameOf(model)})` : ''}`)
  // A model that wrote down the notes made no sound: that is AI, but not generative.
  return `Contains ${isMade ? 'generative AI' : 'notes written down by AI'} (${ai.containsAI.toLowerCase()}): ${parts.join('; ')}.`
}

export const buildTags = ({ title, works, manifest, receiptId, appVersion }: TagFacts): FileTags => {
  const artists = [...new Set(works.flatMap((work) => work.artists))].join(', ')
  const isrcs = [...new Set(manifest.ingredients.flatMap(({ source }) => (source.isrc === null ? [] : [source.isrc])))]
  return {
    title,
    artist: artists,
    originalArtist: artists,
    originalTitle: works.map((work) => work.title).join(', '),
    rights: [...manifest.credits, manifest.scope === 'personal-use' ? 'Licensed for personal use.' : 'Licensed for commercial use.'].join(
      ' ',
    ),
    encoder: `Stemma ${appVersion}`,
    comment: aiSentence(manifest),
    digitalSourceType: manifest.ai.dst,
    containsAi: manifest.ai.containsAI,
    ...(isrcs.length > 0 ? { sourceIsrcs: isrcs } : {}),
    receiptId,
  }
}
