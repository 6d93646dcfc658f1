// The licence speaks: one pure function judges what a remix does with its stems. The editor, the render, the export and the receipt all ask it.
// Deny beats approval beats allow; what is not understood is denied; a rule more never allows more.
import { judgeOperation } from './judge-operation.ts'
import { type Grant, grantSchema, type Lease, type RevocationList } from './grant.ts'
import type { StemUsage, Usage } from './usage.ts'
import { dayWords, lengthWords, listWords } from './words.ts'

/** A decoded, signature-checked grant with the lease that lets this device use it. */
export interface GrantInForce {
  readonly grant: Grant
  /** `sha256:…` of the grant's JWS. */
  readonly hash: string
  readonly lease: Lease | null
}

export interface DecisionContext {
  /** `edit`: arranging and listening. `render`: an export is about to start. `export`: its file is about to be committed. */
  readonly purpose: 'edit' | 'render' | 'export'
  /** Wall clock, milliseconds since the epoch. */
  readonly nowMs: number
  /** See `clockState`. */
  readonly clock: ClockState
  /** The newest list that was verified; null if there never was one. */
  readonly revocations: RevocationList | null
  /** Exports made under each grant (by id) within its period. */
  readonly exportsUsed?: Readonly<Record<string, number>>
  /** Exports made under each lease (by id). */
  readonly leaseExportsUsed?: Readonly<Record<string, number>>
  /** ISO 3166 country, if it is known; an unknown one is not held against the user. */
  readonly territory?: string
  readonly format?: 'wav' | 'flac' | 'mp3' | 'm4a'
  /** Bits per sample of a lossless format. */
  readonly bitDepth?: 16 | 24 | 32
  /** What the artists said to exactly what is to be exported, by grant id. Left out for a grant: nobody was asked. */
  readonly approvals?: Readonly<Record<string, ApprovalHeld>>
}

/** Whether a yes covers exactly what is to be exported; if not, why, with a code of its own (`approval.…`). */
export interface ApprovalHeld {
  readonly isApproved: boolean
  readonly code: string
  readonly message: string
}

export type ClockState = 'ok' | 'rolled-back'

/** What to do instead, as data a button can act on, and in words. */
export interface Alternative {
  readonly kind: 'set' | 'shorten' | 'remove' | 'replace' | 'connect' | 'wait' | 'mix' | 'ask'
  /** For `set`: what to set, and to what. For `shorten`: `usedMs` and the most there may be. */
  readonly param?: string
  readonly value?: number | string
  readonly words: string
}

export interface Decision {
  readonly effect: 'allow' | 'deny' | 'approval'
  /** Stable reason, `licence.…`. */
  readonly code: string
  readonly grantId: string | null
  /** URN of the stem; null where it concerns all of a grant. */
  readonly stem: string | null
  readonly op: string | null
  readonly fromMs: number
  readonly toMs: number
  /** The device or clip that causes it. */
  readonly causeId?: string
  /** One plain sentence. */
  readonly message: string
  readonly alternative?: Alternative
  /** How far over the limit, in the limit's unit: an edit that lowers it is not refused. */
  readonly excess?: number
}

/** Clocks may be this much behind what was already seen, in milliseconds. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000

/** Whether the wall clock is behind a moment that is known to have passed (server times of leases and checkpoints, earlier receipts). */
export const clockState = (nowMs: number, passedMs: readonly number[]): ClockState =>
  passedMs.some((moment) => nowMs < moment - CLOCK_TOLERANCE_MS) ? 'rolled-back' : 'ok'

const HOUR_MS = 3_600_000
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  ...Object.keys(grantSchema.shape),
  ...Object.entries(grantSchema.shape).flatMap(([field, schema]) =>
    'shape' in schema ? Object.keys(schema.shape).map((name) => `${field}.${name}`) : [],
  ),
])

/** Refusals after which a grant carries no edits at all. Their excess is the time its stems are used: taking them out stays possible. */
const ENDED: ReadonlySet<string> = new Set(['licence.not_yet', 'licence.ended', 'licence.lease_ended', 'licence.revoked'])

type Refuse = (effect: 'deny' | 'approval', code: string, message: string, more?: Partial<Decision>) => void

/** Validity, lease, clock, revocation, territory, counts and formats: what concerns a grant as a whole. */
const judgeGrant = ({ grant, hash, lease }: GrantInForce, titles: string, context: DecisionContext, refuse: Refuse): void => {
  const { nowMs, purpose } = context
  const isExport = purpose !== 'edit'
  const notBefore = Date.parse(grant.validity.notBefore)
  const notAfter = Date.parse(grant.validity.notAfter)
  const replace = (words: string): { alternative: Alternative } => ({ alternative: { kind: 'replace', words } })
  const strange = (grant.crit ?? []).filter((field) => !KNOWN_FIELDS.has(field))
  if (strange.length > 0) {
    refuse(
      'deny',
      'licence.not_understood',
      `The licence for ${titles} has terms this version does not know (${listWords(strange)}); update the program.`,
    )
  }
  const isRolledBack = context.clock === 'rolled-back' || (lease !== null && nowMs < Date.parse(lease.serverTime) - CLOCK_TOLERANCE_MS)
  // A clock set back makes every licence look as if it had not begun; that stops exports, not editing.
  if (nowMs < notBefore && (isExport || !isRolledBack)) {
    refuse('deny', 'licence.not_yet', `The licence for ${titles} begins on ${dayWords(notBefore)}.`, {
      alternative: { kind: 'wait', value: grant.validity.notBefore, words: `Wait until ${dayWords(notBefore)}.` },
    })
  }
  if (nowMs > notAfter)
    refuse(
      'deny',
      'licence.ended',
      `The licence for ${titles} ended on ${dayWords(notAfter)}.`,
      replace('Ask whether it was renewed, or replace the stems.'),
    )
  if (isExport && isRolledBack) {
    refuse(
      'deny',
      'licence.clock_rolled_back',
      'The clock of this computer is behind a time already seen, so nothing can be exported; you can go on editing.',
      { alternative: { kind: 'connect', words: 'Set the clock right and connect once.' } },
    )
  }
  const connect = (words = 'Connect to the rights service once.'): { alternative: Alternative } => ({
    alternative: { kind: 'connect', words },
  })
  if (!lease) {
    refuse('deny', 'licence.no_lease', `There is no lease for ${titles} on this computer.`, connect())
  } else {
    if (!lease.grants.some((one) => one.id === grant.id && one.version === grant.version && one.hash === hash)) {
      refuse('deny', 'licence.lease_mismatch', `The lease on this computer is for another version of the licence for ${titles}.`, connect())
    }
    const end = Date.parse(lease.notAfter)
    const last = isExport ? end : end + grant.offline.graceHours * HOUR_MS
    if (nowMs > last)
      refuse(
        'deny',
        'licence.lease_ended',
        `The lease for ${titles} ended on ${dayWords(end)}.`,
        connect('Connect to the rights service once to renew it.'),
      )
  }
  for (const entry of context.revocations?.entries ?? []) {
    if (entry.kind !== 'grant' || entry.id !== grant.id || Date.parse(entry.since) > nowMs) continue
    if (isExport || grant.revocation.onRevoke === 'block-editing') {
      refuse(
        'deny',
        'licence.revoked',
        `The licence for ${titles} was withdrawn on ${dayWords(Date.parse(entry.since))}. Exports made before stay lawful.`,
        replace('Replace the stems, or mute them.'),
      )
    }
  }
  if (!isExport) return
  if (grant.approval?.required && !context.approvals?.[grant.id]?.isApproved) {
    const asked = context.approvals?.[grant.id]
    const names = listWords(
      grant.approval.approvers.map(({ name }) => name),
      3,
      'or',
    )
    refuse('approval', asked?.code ?? 'licence.needs_approval', asked?.message ?? `An export with ${titles} needs a yes from ${names}.`, {
      alternative: { kind: 'ask', words: 'Submit the remix to the artist.' },
    })
  }
  const { revocations } = context
  if (!revocations || nowMs > Date.parse(revocations.issuedAt) + grant.revocation.maxAgeHours * HOUR_MS) {
    refuse(
      'deny',
      'licence.revocations_stale',
      `Whether the licence for ${titles} still holds was last checked ${revocations ? `on ${dayWords(Date.parse(revocations.issuedAt))}` : 'never'}.`,
      connect(),
    )
  }
  const { allow, deny } = grant.territory
  const here = context.territory
  if (here !== undefined && (deny.includes(here) || (allow.length > 0 && !allow.includes(here) && !allow.includes('*')))) {
    refuse('deny', 'licence.territory', `The licence for ${titles} does not cover ${here}.`)
  }
  const used = context.exportsUsed?.[grant.id] ?? 0
  const cap = grant.use.exports
  if (cap && used >= cap.max) {
    refuse(
      'deny',
      'licence.exports_used_up',
      `The licence for ${titles} allows ${cap.max} export${cap.max === 1 ? '' : 's'} in ${cap.perDays} days; ${used} ${used === 1 ? 'is' : 'are'} used.`,
      { excess: used - cap.max + 1, alternative: { kind: 'wait', words: 'Wait until the period is over, or ask for more.' } },
    )
  }
  if (lease?.exportsCap != null && (context.leaseExportsUsed?.[lease.id] ?? 0) >= lease.exportsCap) {
    refuse(
      'deny',
      'licence.lease_used_up',
      `This lease covers ${lease.exportsCap} export${lease.exportsCap === 1 ? '' : 's'} between two connections, and they are used.`,
      connect('Connect to the rights service to sync the receipts.'),
    )
  }
  if (context.format !== undefined && !grant.use.formats.includes(context.format)) {
    const [nearest] = grant.use.formats
    refuse(
      'deny',
      'licence.format',
      `The licence for ${titles} does not allow ${context.format.toUpperCase()} files.`,
      nearest === undefined
        ? {}
        : {
            alternative: {
              kind: 'set',
              param: 'format',
              value: nearest,
              words: `Export as ${listWords(
                grant.use.formats.map((format) => format.toUpperCase()),
                4,
              )}.`,
            },
          },
    )
  }
  if (context.bitDepth !== undefined && context.bitDepth > grant.use.maxBitDepth) {
    refuse('deny', 'licence.bit_depth', `The licence for ${titles} allows at most ${grant.use.maxBitDepth} bits.`, {
      excess: context.bitDepth - grant.use.maxBitDepth,
      alternative: { kind: 'set', param: 'bitDepth', value: grant.use.maxBitDepth, words: `Export with ${grant.use.maxBitDepth} bits.` },
    })
  }
}

/** Identity, withdrawal, length and operations of one stem under one grant. */
const judgeStem = (
  grant: Grant,
  stem: StemUsage,
  context: DecisionContext,
  refuse: Refuse,
  allow: (op: string, fromMs: number, toMs: number) => void,
): void => {
  const asset = grant.assets.find((one) => one.stem === stem.stem)
  if (!asset) return
  if (asset.contentSha256 !== stem.contentSha256) {
    refuse('deny', 'licence.stem_swapped', `The audio called ${stem.title} is not the stem that was licensed.`, {
      alternative: { kind: 'replace', words: 'Fetch the stem again.' },
    })
  }
  const withdrawn = context.revocations?.entries.find(
    (entry) => entry.kind === 'stem' && entry.id === stem.stem && Date.parse(entry.since) <= context.nowMs,
  )
  if (withdrawn && (context.purpose !== 'edit' || grant.revocation.onRevoke === 'block-editing')) {
    refuse(
      'deny',
      'licence.stem_withdrawn',
      `${stem.title} was withdrawn on ${dayWords(Date.parse(withdrawn.since))}. Exports made before stay lawful.`,
      { alternative: { kind: 'replace', words: `Replace or mute ${stem.title}.` } },
    )
  }
  const cap = grant.transform.maxUsedMs
  if (cap !== null && stem.usedMs > cap) {
    const excess = stem.usedMs - cap
    refuse(
      'deny',
      'licence.too_long',
      `${stem.title} is used for ${lengthWords(stem.usedMs)}; its licence allows ${lengthWords(cap)} in one export.`,
      { excess, alternative: { kind: 'shorten', param: 'usedMs', value: cap, words: `Shorten ${stem.title} by ${lengthWords(excess)}.` } },
    )
  }
  for (const used of stem.ops) {
    // The role is the grant's, not the document's: renaming vocals to drums must not unlock anything.
    const judged = judgeOperation(grant, asset.role, stem.title, used)
    if (!judged) {
      allow(used.op, used.fromMs, used.toMs)
      continue
    }
    const asked = context.approvals?.[grant.id]
    if (judged.effect === 'approval' && asked?.isApproved) {
      allow(used.op, used.fromMs, used.toMs)
      continue
    }
    const { effect, code, message, ...more } = judged
    const said = effect === 'approval' && asked ? asked : { code, message }
    refuse(effect, said.code, said.message, {
      op: used.op,
      fromMs: used.fromMs,
      toMs: used.toMs,
      ...(used.causeId === undefined ? {} : { causeId: used.causeId }),
      ...more,
    })
  }
}

/**
 * Judges a use of stems against the grants in force. Returns every refusal and need for approval, and an `allow` for each operation that
 * nothing speaks against; `strictest` sums them up. A stem under several grants must satisfy all of them.
 */
export const decide = (grants: readonly GrantInForce[], usage: Usage, context: DecisionContext): readonly Decision[] => {
  const decisions: Decision[] = []
  const refuserFor =
    (grantId: string | null, stem: string | null): Refuse =>
    (effect, code, message, more) =>
      decisions.push({ effect, code, grantId, stem, op: null, fromMs: 0, toMs: usage.lengthMs, message, ...more })
  const totalMs = usage.stems.reduce((sum, stem) => sum + stem.usedMs, 0)
  for (const inForce of grants) {
    const { grant } = inForce
    const covered = usage.stems.filter((stem) => grant.assets.some((asset) => asset.stem === stem.stem))
    if (covered.length === 0) continue
    const titles = listWords(covered.map((stem) => stem.title))
    const usedMs = covered.reduce((sum, stem) => sum + stem.usedMs, 0)
    const refuse = refuserFor(grant.id, null)
    judgeGrant(inForce, titles, context, (effect, code, message, more) =>
      refuse(effect, code, message, ENDED.has(code) ? { ...more, excess: usedMs } : more),
    )
    const otherMs = totalMs - usedMs
    const wanted = grant.transform.minOtherMaterialPermille
    if (totalMs > 0 && otherMs * 1_000 < wanted * totalMs) {
      refuserFor(grant.id, null)(
        'deny',
        'licence.too_little_else',
        `The licence for ${titles} asks that at least ${wanted / 10} % of the export is other material.`,
        {
          excess: wanted - Math.floor((otherMs * 1_000) / totalMs),
          alternative: { kind: 'mix', words: 'Add other material, or use less of these stems.' },
        },
      )
    }
    for (const stem of covered) {
      judgeStem(grant, stem, context, refuserFor(grant.id, stem.stem), (op, fromMs, toMs) =>
        decisions.push({
          effect: 'allow',
          code: 'licence.allowed',
          grantId: grant.id,
          stem: stem.stem,
          op,
          fromMs,
          toMs,
          message: `Allowed on ${stem.title}.`,
        }),
      )
    }
  }
  for (const stem of usage.stems) {
    if (grants.some(({ grant }) => grant.assets.some((asset) => asset.stem === stem.stem))) continue
    refuserFor(null, stem.stem)('deny', 'licence.stem_not_granted', `There is no licence for ${stem.title} on this computer.`, {
      alternative: { kind: 'connect', words: 'Pull its work from the catalogue, or remove it.' },
    })
  }
  return decisions
}

/** Refusals and needs for approval only. */
export const refusalsOf = (decisions: readonly Decision[]): readonly Decision[] =>
  decisions.filter((decision) => decision.effect !== 'allow')

/** The most restrictive effect there is: deny, else approval, else allow. */
export const strictest = (decisions: readonly Decision[]): Decision['effect'] =>
  decisions.some((one) => one.effect === 'deny') ? 'deny' : decisions.some((one) => one.effect === 'approval') ? 'approval' : 'allow'

const keyOf = (decision: Decision): string =>
  [decision.effect, decision.code, decision.grantId, decision.stem, decision.op, decision.causeId].join('\n')

/**
 * What an edit would make worse: refusals that were not there before, or are now further over their limit. A remix that is over a limit
 * already must stay editable, or nobody could put it right. Where a grant has ended, only edits that use less of its stems pass.
 */
export const newRefusals = (before: readonly Decision[], after: readonly Decision[]): readonly Decision[] => {
  const known = new Map<string, number>()
  for (const decision of refusalsOf(before)) known.set(keyOf(decision), Math.max(known.get(keyOf(decision)) ?? 0, decision.excess ?? 0))
  return refusalsOf(after).filter((decision) => {
    const excess = known.get(keyOf(decision))
    if (excess === undefined) return true
    return ENDED.has(decision.code) ? (decision.excess ?? 0) >= excess : (decision.excess ?? 0) > excess
  })
}
