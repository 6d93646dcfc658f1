// A grant in plain words: for the catalogue, the badge on a clip and the inspector. Says only what `decide` would do.
import { type Grant, OPERATIONS, type RevocationList, type Rule } from './grant.ts'
import { judgeOperation, ORDINARY_OPERATIONS } from './judge-operation.ts'
import { centsWords, dayWords, hoursWords, lengthWords, listWords, operationWords, ratioWords } from './words.ts'

export type LicenceState = 'open' | 'limited' | 'ended' | 'not-yet' | 'revoked'

export interface GrantExplanation {
  readonly state: LicenceState
  /** One line for a badge: `vocals limited · 3 exports`. */
  readonly badge: string
  /** `You may …`, `You may not …`. */
  readonly sentences: readonly string[]
}

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

/** What is done with a whole stem rather than to its sound; said in sentences of their own. */
const WHOLE_STEM: Readonly<Record<string, string>> = { isolate: 'export a stem on its own', layer: 'layer the stems with other works' }

/** Whether an operation on a role is allowed, refused whatever its values, or neither (limits and approvals are spelt out by rule). */
const standing = (grant: Grant, role: string, op: string): 'allow' | 'deny' | 'else' => {
  const judged = judgeOperation(grant, role, '', { op, fromMs: 0, toMs: 0 })
  if (judged === null) return 'allow'
  return judged.code === 'licence.operation_denied' || judged.code === 'licence.operation_not_granted' ? 'deny' : 'else'
}

const rolesOf = (grant: Grant): readonly string[] => [...new Set(grant.assets.map((asset) => asset.role))]

const where = (grant: Grant, roles: readonly string[]): string =>
  roles.length === rolesOf(grant).length ? '' : ` on ${listWords(roles, 6)}`

const wholeSentences = (grant: Grant): readonly string[] => {
  const sentences: string[] = []
  for (const wanted of ['allow', 'deny'] as const) {
    const may = wanted === 'allow' ? 'may' : 'may not'
    // Roles of which the same is said share a sentence.
    const rolesByOps = new Map<string, string[]>()
    for (const role of rolesOf(grant)) {
      const ops = OPERATIONS.filter(
        (op) => !ORDINARY_OPERATIONS.has(op) && WHOLE_STEM[op] === undefined && standing(grant, role, op) === wanted,
      )
      if (ops.length > 0) rolesByOps.set(ops.join(), [...(rolesByOps.get(ops.join()) ?? []), role])
    }
    for (const [ops, roles] of rolesByOps) {
      const words = listWords(ops.split(',').map(operationWords), 16, wanted === 'allow' ? 'and' : 'or')
      sentences.push(`You ${may} use ${words}${where(grant, roles)}.`)
    }
    for (const [op, words] of Object.entries(WHOLE_STEM)) {
      const roles = rolesOf(grant).filter((role) => standing(grant, role, op) === wanted)
      if (roles.length > 0) sentences.push(`You ${may} ${words}${where(grant, roles).replace(' on ', ': ')}.`)
    }
  }
  return sentences
}

const ruleSentences = (grant: Grant): readonly string[] =>
  grant.transform.rules.flatMap((rule) => {
    const meant = rolesOf(grant).filter((role) => rule.roles.includes('*') || rule.roles.includes(role))
    const open = rule.op === '*' ? meant : meant.filter((role) => standing(grant, role, rule.op) !== 'deny')
    const on = (roles: readonly string[]): string => (roles.length === rolesOf(grant).length ? 'every stem' : listWords(roles, 6))
    const what = operationWords(rule.op)
    if (rule.effect === 'allow' && hasLimits(rule) && open.length > 0) return [`You may use ${what} on ${on(open)}${limitsWords(rule)}.`]
    if (rule.effect === 'approval' && open.length > 0) return [`Ask the artist before you use ${what} on ${on(open)}.`]
    if (rule.effect === 'deny' && meant.length > 0 && (hasLimits(rule) || ORDINARY_OPERATIONS.has(rule.op)))
      return [`You may not use ${what} on ${on(meant)}${limitsWords(rule)}.`]
    return []
  })

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

const approvalSentences = ({ approval }: Grant): readonly string[] => {
  if (!approval) return []
  const names = listWords(
    approval.approvers.map(({ name }) => name),
    6,
    'or',
  )
  const promise = approval.slaHours === undefined ? '' : ` An answer is promised within ${hoursWords(approval.slaHours)}.`
  return approval.required
    ? [`Every export needs a yes from ${names} to exactly what is exported.${promise}`]
    : [`${names} can be asked for a yes.${promise}`]
}

const badgeOf = (grant: Grant, state: LicenceState): string => {
  if (state === 'ended') return `ended ${dayWords(Date.parse(grant.validity.notAfter))}`
  if (state === 'not-yet') return `from ${dayWords(Date.parse(grant.validity.notBefore))}`
  if (state === 'revoked') return 'withdrawn'
  const parts: string[] = []
  const refusing = grant.transform.rules.filter((rule) => rule.effect !== 'allow')
  const strict = refusing.length > 0 ? refusing : grant.transform.rules.filter(hasLimits)
  const roles = [...new Set(strict.flatMap((rule) => rule.roles))]
  if (roles.length > 0) parts.push(roles.includes('*') ? 'changes limited' : `${listWords(roles, 3)} limited`)
  else if (grant.transform.default === 'deny') parts.push('changes limited')
  if (grant.transform.maxUsedMs !== null) parts.push(`${lengthWords(grant.transform.maxUsedMs)} per stem`)
  if (grant.use.exports) parts.push(`${grant.use.exports.max} export${grant.use.exports.max === 1 ? '' : 's'}`)
  if (grant.approval?.required) parts.push('needs a yes')
  return parts.length === 0 ? 'open' : parts.join(' · ').slice(0, 200)
}

/** Says what a grant allows, as it stands at `nowMs`. */
export const explainGrant = (
  grant: Grant,
  { nowMs, revocations = null }: { readonly nowMs: number; readonly revocations?: RevocationList | null },
): GrantExplanation => {
  const state = stateOf(grant, nowMs, revocations)
  const notAfter = Date.parse(grant.validity.notAfter)
  const kept = 'What was exported before stays lawful; nothing new can be made with it.'
  if (state === 'revoked') return { state, badge: badgeOf(grant, state), sentences: [`This licence was withdrawn. ${kept}`] }
  if (state === 'ended') return { state, badge: badgeOf(grant, state), sentences: [`This licence ended on ${dayWords(notAfter)}. ${kept}`] }
  const sentences = [
    ...(state === 'not-yet' ? [`This licence begins on ${dayWords(Date.parse(grant.validity.notBefore))}. From then on:`] : []),
    'You may arrange, trim, fade, mix and automate the stems.',
    ...wholeSentences(grant),
    ...ruleSentences(grant),
    ...exportSentences(grant),
    ...approvalSentences(grant),
    ...(grant.training.generative === 'prohibited' ? ['You may not train AI on the stems or on what you make of them.'] : []),
    ...(grant.credit.required ? [`Credit: ${grant.credit.text}`] : []),
    `It holds until ${dayWords(notAfter)}; offline use up to ${hoursWords(grant.offline.leaseMaxHours)}.`,
  ]
  return { state, badge: badgeOf(grant, state), sentences: sentences.slice(0, 50).map((sentence) => sentence.slice(0, 400)) }
}
