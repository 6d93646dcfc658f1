// What the licence would say, asked before a style does anything: the same `decide` that judges every edit, put questions about one operation on one stem.
import type { LicenceTerms } from '../../src-shared/provenance/index.ts'
import type { StemRecord } from '../../src-shared/remix/index.ts'
import { type Decision, decide, type UsedOperation } from '../../src-shared/rights/index.ts'

/** Refusals after which a stem can be in nothing new: a style takes it out or gives up. */
const GONE: ReadonlySet<string> = new Set([
  'licence.ended',
  'licence.not_yet',
  'licence.lease_ended',
  'licence.revoked',
  'licence.stem_not_granted',
  'licence.stem_withdrawn',
  'licence.stem_swapped',
  'licence.not_understood',
])

export interface Verdict {
  readonly effect: 'allow' | 'deny' | 'approval'
  /** Why, where it is not simply allowed. */
  readonly why: string
}

const ALLOWED: Verdict = { effect: 'allow', why: '' }

/** Answers by terms: a thousand runs under the same terms ask each question once. */
const answers = new WeakMap<LicenceTerms, Map<string, readonly Decision[]>>()

export class LicenceSense {
  readonly #terms: LicenceTerms
  readonly #known: Map<string, readonly Decision[]>

  constructor(terms: LicenceTerms) {
    this.#terms = terms
    this.#known = answers.get(terms) ?? new Map()
    answers.set(terms, this.#known)
  }

  #ask(
    stem: StemRecord,
    used: Pick<UsedOperation, 'op' | 'ratioPermille' | 'cents' | 'model' | 'strengthPermille'> | null,
  ): readonly Decision[] {
    const key = `${stem.id}\n${stem.contentSha256}\n${stem.title}\n${used === null ? '' : JSON.stringify(used)}`
    const known = this.#known.get(key)
    if (known) return known
    const ops: UsedOperation[] = used === null ? [] : [{ ...used, fromMs: 0, toMs: 1_000 }]
    const { id, role, title, contentSha256 } = stem
    const usage = { lengthMs: 1_000, stems: [{ stem: id, role, title, contentSha256, usedMs: 0, ops }] }
    const decisions = decide(this.#terms.grants, usage, this.#terms.context).filter((one) => one.effect !== 'allow')
    this.#known.set(key, decisions)
    return decisions
  }

  /** Why a stem can be in nothing new; null where it can. */
  gone(stem: StemRecord): string | null {
    return this.#ask(stem, null).find((one) => GONE.has(one.code))?.message ?? null
  }

  /** Whether an operation may be done to a stem. */
  verdict(
    stem: StemRecord,
    op: string,
    values: Pick<UsedOperation, 'ratioPermille' | 'cents' | 'model' | 'strengthPermille'> = {},
  ): Verdict {
    const against = this.#ask(stem, { op, ...values }).filter((one) => one.op === op)
    const denied = against.find((one) => one.effect === 'deny')
    if (denied) return { effect: 'deny', why: denied.message }
    const [asked] = against
    return asked ? { effect: 'approval', why: asked.message } : ALLOWED
  }

  #nearest(stem: StemRecord, op: 'stretch' | 'pitch', param: 'ratioPermille' | 'cents', wanted: number): number | null {
    const denied = (value: number) => this.#ask(stem, { op, [param]: value }).find((one) => one.op === op && one.effect === 'deny')
    const first = denied(wanted)
    if (!first) return wanted
    const { alternative } = first
    if (alternative?.kind !== 'set' || alternative.param !== param || typeof alternative.value !== 'number') return null
    return denied(alternative.value) ? null : alternative.value
  }

  /** The speed nearest to `permille` (1000 is as recorded) that a stem may have; null where it may not be stretched. */
  nearestRatio(stem: StemRecord, permille: number): number | null {
    return permille === 1000 ? 1000 : this.#nearest(stem, 'stretch', 'ratioPermille', permille)
  }

  /** The transposition nearest to `cents` that a stem may have; null where its pitch may not be changed. */
  nearestCents(stem: StemRecord, cents: number): number | null {
    return cents === 0 ? 0 : this.#nearest(stem, 'pitch', 'cents', cents)
  }

  /** How long a stem may be used in one export, in milliseconds; null is no limit. */
  capMs(stem: StemRecord): number | null {
    const caps = this.#terms.grants.flatMap(({ grant }) =>
      grant.assets.some((asset) => asset.stem === stem.id) && grant.transform.maxUsedMs !== null ? [grant.transform.maxUsedMs] : [],
    )
    return caps.length === 0 ? null : Math.min(...caps)
  }
}
