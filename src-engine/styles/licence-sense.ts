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

type Values = Pick<UsedOperation, 'ratioPermille' | 'cents' | 'model' | 'strengthPermille'>

/** What was asked of one stem. */
interface Answers {
  readonly decisions: Map<string, readonly Decision[]>
  readonly verdicts: Map<string, Verdict>
  capMs?: number | null
}

/** Answers by terms and stem: a thousand runs under the same terms ask each question once. */
const answers = new WeakMap<LicenceTerms, WeakMap<StemRecord, Answers>>()

const NO_VALUES: Values = {}

export class LicenceSense {
  readonly #terms: LicenceTerms
  readonly #known: WeakMap<StemRecord, Answers>

  constructor(terms: LicenceTerms) {
    this.#terms = terms
    this.#known = answers.get(terms) ?? new WeakMap()
    answers.set(terms, this.#known)
  }

  #of(stem: StemRecord): Answers {
    const known = this.#known.get(stem)
    if (known) return known
    const made: Answers = { decisions: new Map(), verdicts: new Map() }
    this.#known.set(stem, made)
    return made
  }

  #ask(stem: StemRecord, used: (Pick<UsedOperation, 'op'> & Values) | null): readonly Decision[] {
    const { decisions: asked } = this.#of(stem)
    const key = used === null ? '' : `${used.op}\n${used.ratioPermille}\n${used.cents}\n${used.model}\n${used.strengthPermille}`
    const known = asked.get(key)
    if (known) return known
    const ops: UsedOperation[] = used === null ? [] : [{ ...used, fromMs: 0, toMs: 1_000 }]
    const { id, role, title, contentSha256 } = stem
    const usage = { lengthMs: 1_000, stems: [{ stem: id, role, title, contentSha256, usedMs: 0, ops }] }
    const decisions = decide(this.#terms.grants, usage, this.#terms.context).filter((one) => one.effect !== 'allow')
    asked.set(key, decisions)
    return decisions
  }

  /** Why a stem can be in nothing new; null where it can. */
  gone(stem: StemRecord): string | null {
    return this.#ask(stem, null).find((one) => GONE.has(one.code))?.message ?? null
  }

  /** Whether an operation may be done to a stem. */
  verdict(stem: StemRecord, op: string, values: Values = NO_VALUES): Verdict {
    if (values !== NO_VALUES) return this.#judge(stem, op, values)
    const { verdicts } = this.#of(stem)
    const verdict = verdicts.get(op) ?? this.#judge(stem, op, values)
    verdicts.set(op, verdict)
    return verdict
  }

  #judge(stem: StemRecord, op: string, values: Values): Verdict {
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
    const known = this.#of(stem)
    if (known.capMs !== undefined) return known.capMs
    const caps = this.#terms.grants.flatMap(({ grant }) =>
      grant.assets.some((asset) => asset.stem === stem.id) && grant.transform.maxUsedMs !== null ? [grant.transform.maxUsedMs] : [],
    )
    known.capMs = caps.length === 0 ? null : Math.min(...caps)
    return known.capMs
  }
}
