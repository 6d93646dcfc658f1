// A grant in plain words: for the catalogue, the badge on a clip and the inspector. Says only what `decide` would do.
import { type Grant, OPERATIONS, type RevocationList, type Rule } from './grant.ts'
import { judgeOperation, ORDINARY_OPERATIONS } from './judge-operation.ts'
import { centsWords, dayWords, lengthWords, listWords, operationWords, ratioWords } from './words.ts'

export type LicenceState = 'open' | 'limited' | 'ended' | 'not-yet' | 'revoked'

export interface GrantExplanation {
  readonly state: LicenceState
  /** One line for a badge: `vocals limited · 3 exports`. */
  readonly badge: string
  /** `You may …`, `You may not …`. */
  readonly sentences: readonly string[]
}

const rolesWords = (roles: readonly string[]): string => (roles.includes('*') ? 'every stem' : listWords(roles, 6))

const limitsWords = (rule: Rule): string => {
  const limits: string[] = []
  if (rule.ratioPermille) limits.push(`from ${ratioWords(rule.ratioPermille[0])} to ${ratioWords(rule.ratioPermille[1])}`)
  if (rule.cents) limits.push(`from ${centsWords(rule.cents[0])} to ${centsWords(rule.cents[1])}`)
  if (rule.strengthMaxPermille !== undefined) limits.push(`up to ${ratioWords(rule.strengthMaxPermille)} strength`)
  if (rule.models) limits.push(`with ${listWords(rule.models)}`)
  return limits.length === 0 ? '' : ` ${limits.join(', ')}`
}

const hasLimits = (rule: Rule): boolean => limitsWords(rule) !== ''

const stateOf = (grant: Grant, nowMs: number, revocations: RevocationList | null): LicenceState => {
  const isRevoked = revocations?.entries.some(
    (entry) => entry.kind === 'grant' && entry.id === grant.id && Date.parse(entry.since) <= nowMs,
  )
  if (isRevoked) return 'revoked'
  if (nowMs > Date.parse(grant.validity.notAfter)) return 'ended'
  if (nowMs < Date.parse(grant.validity.notBefore)) return 'not-yet'
  const { use, transform } = grant
  const isLimited =
    use.exports !== null || transform.maxUsedMs !== null || transform.minOtherMaterialPermille > 0 || transform.default === 'deny'
  return isLimited || transform.rules.some((rule) => rule.effect !== 'allow' || hasLimits(rule)) ? 'limited' : 'open'
}

/** Operations on a role by what would be said to them. Limits count as allowed here; they are spelt out by rule. */
const operationsBy = (grant: Grant, role: string, wanted: 'allow' | 'deny'): readonly string[] =>
  OPERATIONS.filter((op) => !ORDINARY_OPERATIONS.has(op)).filter((op) => {
    const judged = judgeOperation(grant, role, '', { op, fromMs: 0, toMs: 0 })
    const isDenied = judged?.code === 'licence.operation_denied' || judged?.code === 'licence.operation_not_granted'
    return wanted === 'deny' ? isDenied : judged === null
  })

const operationSentences = (grant: Grant): readonly string[] => {
  const sentences: string[] = []
  const roles = [...new Set(grant.assets.map((asset) => asset.role))]
  for (const wanted of ['allow', 'deny'] as const) {
    const byOps = new Map<string, string[]>()
    for (const role of roles) {
      const ops = operationsBy(grant, role, wanted)
      if (ops.length > 0) byOps.set(ops.join(), [...(byOps.get(ops.join()) ?? []), role])
    }
    for (const [ops, some] of byOps) {
      const where = some.length === roles.length ? '' : ` on ${listWords(some, 6)}`
      sentences.push(`You may ${wanted === 'allow' ? 'use' : 'not use'} ${listWords(ops.split(',').map(operationWords), 16)}${where}.`)
    }
  }
  for (const rule of grant.transform.rules) {
    if (rule.effect === 'allow' && hasLimits(rule))
      sentences.push(`You may use ${operationWords(rule.op)} on ${rolesWords(rule.roles)}${limitsWords(rule)}.`)
    if (rule.effect === 'approval') sentences.push(`Ask the artist before you use ${operationWords(rule.op)} on ${rolesWords(rule.roles)}.`)
    if (rule.effect === 'deny' && (hasLimits(rule) || ORDINARY_OPERATIONS.has(rule.op))) {
      sentences.push(`You may not use ${operationWords(rule.op)} on ${rolesWords(rule.roles)}${limitsWords(rule)}.`)
    }
  }
  return sentences
}

const exportSentences = ({ use, transform }: Grant): readonly string[] => {
  const sentences: string[] = []
  const formats = listWords(
    use.formats.map((format) => format.toUpperCase()),
    4,
  )
  sentences.push(use.formats.length === 0 ? 'You may not export.' : `You may export as ${formats}, up to ${use.maxBitDepth} bits.`)
  if (use.exports)
    sentences.push(`You may make ${use.exports.max} export${use.exports.max === 1 ? '' : 's'} in ${use.exports.perDays} days.`)
  if (transform.maxUsedMs !== null) sentences.push(`You may use ${lengthWords(transform.maxUsedMs)} of each stem in one export.`)
  if (transform.minOtherMaterialPermille > 0)
    sentences.push(`At least ${transform.minOtherMaterialPermille / 10} % of an export must be other material.`)
  sentences.push(use.commercial ? 'You may use exports commercially.' : 'You may not use exports commercially.')
  sentences.push(use.publish ? 'You may publish exports.' : 'You may not publish exports.')
  return sentences
}

const badgeOf = (grant: Grant, state: LicenceState): string => {
  if (state === 'ended') return `ended ${dayWords(Date.parse(grant.validity.notAfter))}`
  if (state === 'not-yet') return `from ${dayWords(Date.parse(grant.validity.notBefore))}`
  if (state === 'revoked') return 'withdrawn'
  const parts: string[] = []
  const strict = grant.transform.rules.filter((rule) => rule.effect !== 'allow' || hasLimits(rule))
  const roles = [...new Set(strict.flatMap((rule) => rule.roles))]
  if (roles.length > 0) parts.push(roles.includes('*') ? 'changes limited' : `${listWords(roles, 3)} limited`)
  else if (grant.transform.default === 'deny') parts.push('changes limited')
  if (grant.transform.maxUsedMs !== null) parts.push(`${lengthWords(grant.transform.maxUsedMs)} per stem`)
  if (grant.use.exports) parts.push(`${grant.use.exports.max} export${grant.use.exports.max === 1 ? '' : 's'}`)
  return parts.length === 0 ? 'open' : parts.join(' · ').slice(0, 200)
}

/** Says what a grant allows, as it stands at `nowMs`. */
export const explainGrant = (
  grant: Grant,
  { nowMs, revocations = null }: { readonly nowMs: number; readonly revocations?: RevocationList | null },
): GrantExplanation => {
  const state = stateOf(grant, nowMs, revocations)
  const sentences: string[] = []
  if (state === 'revoked') sentences.push('This licence was withdrawn. What was exported before stays lawful; nothing new can be exported.')
  if (state === 'ended') sentences.push(`This licence ended on ${dayWords(Date.parse(grant.validity.notAfter))}.`)
  if (state === 'not-yet') sentences.push(`This licence begins on ${dayWords(Date.parse(grant.validity.notBefore))}.`)
  sentences.push('You may arrange, trim, fade, mix and automate the stems.', ...operationSentences(grant), ...exportSentences(grant))
  if (grant.training.generative === 'prohibited') sentences.push('You may not train AI on the stems or on what you make of them.')
  if (grant.credit.required) sentences.push(`Credit: ${grant.credit.text}`)
  if (state === 'open' || state === 'limited')
    sentences.push(
      `It holds until ${dayWords(Date.parse(grant.validity.notAfter))}; offline use up to ${grant.offline.leaseMaxHours} hours.`,
    )
  return { state, badge: badgeOf(grant, state), sentences: sentences.slice(0, 50).map((sentence) => sentence.slice(0, 400)) }
}
