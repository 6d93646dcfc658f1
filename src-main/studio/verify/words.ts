// Actions, sources and permissions of a manifest in plain words. Unknown names are shown as they are: new ones come with every C2PA version.

const ACTION_WORDS: Readonly<Record<string, string>> = {
  'c2pa.created': 'Made as a new recording',
  'c2pa.opened': 'Made from an earlier file',
  'c2pa.placed': 'Put together from stems',
  'c2pa.changedSpeed': 'Changed in tempo',
  'c2pa.edited': 'Edited',
  'c2pa.edited.metadata': 'Changed in its tags',
  'c2pa.enhanced': 'Enhanced',
  'c2pa.filtered': 'Filtered',
  'c2pa.trimmed': 'Cut to length',
  'c2pa.cropped': 'Cut to length',
  'c2pa.deleted': 'Had parts removed',
  'c2pa.removed': 'Had a stem removed',
  'c2pa.dubbed': 'Dubbed',
  'c2pa.translated': 'Translated',
  'c2pa.transcoded': 'Converted to another format',
  'c2pa.repackaged': 'Packed anew',
  'c2pa.mixed': 'Mixed',
  'c2pa.remixed': 'Rearranged as a remix',
  'c2pa.mastered': 'Mastered',
  'c2pa.published': 'Published',
  'c2pa.redacted': 'Had a statement taken out',
  'c2pa.watermarked': 'Marked with a watermark',
  'c2pa.watermarked.bound': 'Marked with a watermark',
  'c2pa.watermarked.unbound': 'Marked with a watermark',
}

/** An action in words, with the signer's own description where there is one; that alone where the action says no more than that something was done. */
export const describeAction = (action: string, description: string | null): string => {
  const words = ACTION_WORDS[action] ?? action
  if (description === null || description === '') return words
  return action === 'c2pa.edited' ? description : `${words}: ${description}`
}

const sourceName = (uri: string): string => uri.slice(uri.lastIndexOf('/') + 1)

export const isGenerativeSource = (uri: string): boolean => sourceName(uri) === 'trainedAlgorithmicMedia'

/** What a digital source type says about AI, for files that do not carry our own credits. */
export const containsAiOf = (uri: string): 'All' | 'Partly' | 'None' => {
  const name = sourceName(uri)
  if (name === 'trainedAlgorithmicMedia') return 'All'
  return name === 'compositeWithTrainedAlgorithmicMedia' || name === 'compositeSynthetic' ? 'Partly' : 'None'
}

/** `isMade`: whether a model made sound; where it only wrote down the notes, that is said. */
export const describeAi = (containsAI: 'All' | 'Partly' | 'None', roles: readonly string[], isMade: boolean): string => {
  if (containsAI === 'None') return 'Contains nothing made by generative AI.'
  const by = roles.length > 0 ? ` (${roles.join(', ')})` : ''
  if (!isMade) return `Contains parts played from notes that a model wrote down${by}.`
  return containsAI === 'All' ? `Made entirely by generative AI${by}.` : `Contains parts made with generative AI${by}.`
}

/** `22 Nov 2026, 18:24` of an ISO time, on this machine's clock; text that is no time stays as it is. */
export const momentWords = (iso: string): string => {
  const at = new Date(iso)
  return Number.isNaN(at.getTime())
    ? iso
    : at.toLocaleString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' })
}
