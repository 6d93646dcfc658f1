// What a licence allows, in plain words, for the catalogue. The licence itself is the signed grant; these sentences only describe it.
import type { GrantTerms, StemSummary, WorkSummary } from '../src-shared/protocol/index.ts'

const OPERATION_WORDS: Readonly<Record<string, string>> = {
  '*': 'any change',
  stretch: 'changing the tempo',
  pitch: 'changing the pitch',
  isolate: 'splitting a stem further',
  plugin: 'using plugins',
  'ai.restyle': 're-styling with AI',
  'ai.voice': 'AI voices',
  'ai.transcribe': 'AI transcription',
  'ai.master': 'AI mastering',
}

const wordsFor = (op: string): string => OPERATION_WORDS[op] ?? op
const rolesFor = (roles: readonly string[]): string => (roles.includes('*') ? 'all stems' : roles.join(', '))
const day = (iso: string): string => iso.slice(0, 10)
const seconds = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000} s` : `${(ms / 1000).toFixed(1)} s`)
const percent = (permille: number): string => `${(permille / 10).toFixed(permille % 10 === 0 ? 0 : 1)} %`

const describeRule = (rule: GrantTerms['transform']['rules'][number]): string => {
  const subject = `${wordsFor(rule.op)} on ${rolesFor(rule.roles)}`
  if (rule.effect === 'deny') return `Not allowed: ${subject}.`
  if (rule.effect === 'approval') return `Needs the artist's approval: ${subject}.`
  if (rule.ratioPermille) return `Allowed: ${subject}, from ${percent(rule.ratioPermille[0])} to ${percent(rule.ratioPermille[1])} of the original.`
  if (rule.cents) return `Allowed: ${subject}, from ${rule.cents[0]} to ${rule.cents[1]} cents.`
  if (rule.strengthMaxPermille !== undefined) return `Allowed: ${subject}, up to a strength of ${percent(rule.strengthMaxPermille)}.`
  return `Allowed: ${subject}.`
}

/** Badge, sentences and state of a work's licence at a moment. */
export const describeLicence = (
  terms: GrantTerms,
  stems: readonly Pick<StemSummary, 'id'>[],
  { nowMs, isRevoked, revokedStems }: { nowMs: number; isRevoked: boolean; revokedStems: ReadonlySet<string> },
): WorkSummary['licence'] => {
  const { validity, use, transform, credit, shareAlike, offline } = terms
  const limits: string[] = []
  const denied = [...new Set(transform.rules.filter((rule) => rule.effect !== 'allow').flatMap((rule) => rule.roles))]
  if (denied.length > 0) limits.push(`${denied.includes('*') ? 'some changes' : denied.slice(0, 2).join(', ')} limited`)
  if (transform.maxUsedMs !== null) limits.push(`${seconds(transform.maxUsedMs)} per stem`)
  if (use.exports) limits.push(`${use.exports.max} export${use.exports.max === 1 ? '' : 's'}`)
  const isEnded = nowMs > Date.parse(validity.notAfter)
  const isEarly = nowMs < Date.parse(validity.notBefore)
  const state = isRevoked ? 'revoked' : isEnded ? 'ended' : isEarly ? 'not-yet' : limits.length > 0 ? 'limited' : 'open'
  const badges = { revoked: 'withdrawn', ended: `ended ${day(validity.notAfter)}`, 'not-yet': `from ${day(validity.notBefore)}`, limited: limits.join(' · '), open: 'open' }
  const sentences = [
    isRevoked ? 'The rights holder has withdrawn this licence. Exports made before stay lawful.' : '',
    isEnded ? `The licence ended on ${day(validity.notAfter)}.` : isEarly ? `The licence starts on ${day(validity.notBefore)}.` : `Valid until ${day(validity.notAfter)}.`,
    use.scope === 'commercial' ? 'For personal and commercial use.' : 'For personal use.',
    use.publish ? 'Exports may be published.' : 'Exports may not be published.',
    use.exports ? `Up to ${use.exports.max} exports in ${use.exports.perDays} days.` : 'Any number of exports.',
    use.formats.length < 4 ? `Export formats: ${use.formats.join(', ') || 'none'}.` : '',
    transform.maxUsedMs === null ? '' : `At most ${seconds(transform.maxUsedMs)} of each stem in one export.`,
    transform.default === 'deny' ? 'Only the changes named here are allowed.' : '',
    ...transform.rules.map(describeRule),
    transform.minOtherMaterialPermille > 0 ? `At least ${percent(transform.minOtherMaterialPermille)} of the remix must be other material.` : '',
    terms.training.generative === 'prohibited' ? 'Not for training AI.' : '',
    credit?.required ? `Credit: ${credit.text}` : '',
    shareAlike ? 'Remixes carry the same terms.' : '',
    `Works offline for up to ${offline.leaseMaxHours} hours.`,
    revokedStems.size > 0 && !isRevoked ? `${stems.filter((stem) => revokedStems.has(stem.id)).length} stems have been withdrawn.` : '',
  ]
  return { state, badge: badges[state].slice(0, 200), sentences: sentences.filter((sentence) => sentence !== '').map((text) => text.slice(0, 400)).slice(0, 50) }
}
