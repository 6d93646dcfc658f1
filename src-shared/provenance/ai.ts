// AI credits, derived from what was done to the sound. DSP is never called AI, and a model that only cleans up is not called generative.
import type { AiSummary } from '../receipts/index.ts'
import type { Role } from '../remix/index.ts'
import type { Usage, UsedOperation } from '../rights/index.ts'

const IPTC = 'http://cv.iptc.org/newscodes/digitalsourcetype/'

/** IPTC digital source types that are used here. */
export const SOURCE_TYPE = {
  composite: `${IPTC}composite`,
  compositeCapture: `${IPTC}compositeCapture`,
  compositeWithTrainedAlgorithmicMedia: `${IPTC}compositeWithTrainedAlgorithmicMedia`,
  trainedAlgorithmicMedia: `${IPTC}trainedAlgorithmicMedia`,
  algorithmicallyEnhanced: `${IPTC}algorithmicallyEnhanced`,
  humanEdits: `${IPTC}humanEdits`,
} as const

const GENERATIVE: ReadonlySet<string> = new Set(['ai.restyle', 'ai.voice'])

/** Whether an operation makes sound with a trained model. */
export const isGenerative = (op: string): boolean => GENERATIVE.has(op)

/** Whether an operation is credited as AI: it makes sound, or what is played was written down by a model. Listening to find cuts is not. */
export const isCreditedAsAi = (op: string): boolean => isGenerative(op) || op === 'ai.transcribe'

/** What an operation makes of the sound, as an IPTC digital source type. */
export const sourceTypeOf = (op: string): string =>
  isGenerative(op)
    ? SOURCE_TYPE.trainedAlgorithmicMedia
    : op.startsWith('ai.')
      ? SOURCE_TYPE.algorithmicallyEnhanced
      : SOURCE_TYPE.humanEdits

/** DDEX contributor roles of stem roles. */
const CONTRIBUTOR_ROLES: Readonly<Record<Role, string>> = {
  vocals: 'Vocalist',
  drums: 'Drummer',
  bass: 'BassGuitarist',
  keys: 'Keyboardist',
  synth: 'SynthesizerPlayer',
  guitar: 'Guitarist',
  effects: 'SoundEffectsArtist',
  other: 'Musician',
}

const contributorRole = (role: string): string => (Object.hasOwn(CONTRIBUTOR_ROLES, role) ? CONTRIBUTOR_ROLES[role as Role] : 'Musician')

/** Time of one stem's sound that a model made, overlaps counted once. Notes that a model wrote down are still played from what somebody performed. */
const generatedMs = (ops: readonly UsedOperation[]): number => {
  let until = 0
  let sum = 0
  for (const { fromMs, toMs } of ops.filter((one) => isGenerative(one.op)).sort((left, right) => left.fromMs - right.fromMs)) {
    sum += Math.max(0, toMs - Math.max(fromMs, until))
    until = Math.max(until, toMs)
  }
  return sum
}

/**
 * DDEX and IPTC summary of a usage: `None` and no contributions for an arrangement made by a human with plain DSP. `All`, of a role or of everything, only where
 * nothing of it is heard that generative AI did not make (AVS 9).
 */
export const aiSummaryOf = (usage: Usage): AiSummary => {
  const touched = usage.stems.filter((stem) => stem.ops.some((one) => isCreditedAsAi(one.op)))
  const made = usage.made ?? []
  const isAllMade = (isMeant: (role: string) => boolean): boolean =>
    usage.stems.every(
      (stem) => !isMeant(stem.role) || (stem.ops.some((one) => isGenerative(one.op)) && generatedMs(stem.ops) >= stem.usedMs),
    ) && made.every(({ role, model }) => !isMeant(role) || model !== undefined)
  const contributions = new Map<string, AiSummary['contributions'][number]>()
  const credit = (stemRole: string, model: string | undefined): void => {
    const role = contributorRole(stemRole)
    const value = isAllMade((one) => contributorRole(one) === role) ? 'All' : 'Partly'
    contributions.set(`${role}\n${model ?? ''}`, { role, value, ...(model === undefined ? {} : { model }) })
  }
  for (const stem of touched) {
    for (const { op, model } of stem.ops) if (isCreditedAsAi(op)) credit(stem.role, model)
  }
  const generated = made.filter(({ model }) => model !== undefined)
  for (const { role, model } of generated) credit(role, model)
  // A synthesizer part, or an instrument that plays what was transcribed, is no capture of a performance; the neutral type claims less.
  const isPlayed =
    made.length > 0 ||
    usage.stems.some((stem) => stem.role === 'synth' || stem.ops.some(({ op }) => op === 'replace' || op === 'ai.transcribe'))
  const isMade = generated.length > 0 || usage.stems.some((stem) => stem.ops.some((one) => isGenerative(one.op)))
  const dst = isMade ? SOURCE_TYPE.compositeWithTrainedAlgorithmicMedia : isPlayed ? SOURCE_TYPE.composite : SOURCE_TYPE.compositeCapture
  if (touched.length === 0 && generated.length === 0) return { containsAI: 'None', contributions: [], dst }
  return { containsAI: isAllMade(() => true) ? 'All' : 'Partly', contributions: [...contributions.values()].slice(0, 100), dst }
}
