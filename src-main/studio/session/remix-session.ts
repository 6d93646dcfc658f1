// One open remix: its store, what the licence says of it, and what its export would say. Every edit comes through here, from the window and
// from the command line alike: the pure edit first, then the licence, then the journal.
import { randomUUID } from 'node:crypto'
import {
  type EditReply,
  type HistoryView,
  type LicenceMeter,
  type LicenceNotice,
  RENEW_LICENCE,
  type RemixStatus,
  type RemixView,
} from '../../../src-shared/protocol/index.ts'
import {
  type Assessment,
  assessRemix,
  buildManifestPlan,
  pluginNamesOf,
  denialsOfEdit,
  type LicenceTerms,
  nearestLegalEdit,
  type Remedy,
  remedyFor,
} from '../../../src-shared/provenance/index.ts'
import {
  applyEdits,
  createRemixStore,
  type EditCommand,
  encodeDocument,
  type RemixDiff,
  type RemixSnapshot,
  type RemixStore,
  recordsOf,
  remixOf,
  type RenderPlan,
} from '../../../src-shared/remix/index.ts'
import { type Decision, type DecisionContext, type GrantInForce, refusalsOf } from '../../../src-shared/rights/index.ts'
import { fail, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'

/** What a session asks of the licences on this machine. */
export interface LicenceDesk {
  /** Grants (with leases) that cover any of these stems. */
  grantsFor(stems: readonly string[]): readonly GrantInForce[]
  /** `exceptIntent`: the export that asks, which must not count against itself. */
  context(purpose: DecisionContext['purpose'], exceptIntent?: string): DecisionContext
  /** The remix as it sounds with the plugins of this machine: what the licence is asked about, as an export would ask. */
  installed?(snapshot: RemixSnapshot): RemixSnapshot
}

const EMPTY_DIFF: RemixDiff = { added: [], updated: [], removed: [] }

/** The terms a remix is under on this machine: those of every stem in it, heard or not. */
export const termsOf = (snapshot: RemixSnapshot, desk: LicenceDesk, purpose: DecisionContext['purpose']): LicenceTerms => ({
  grants: desk.grantsFor(recordsOf(snapshot, 'stem').map((stem) => stem.id)),
  context: desk.context(purpose),
})

/** Compiles a snapshot and asks the licence about it. */
export const assess = (snapshot: RemixSnapshot, desk: LicenceDesk, purpose: DecisionContext['purpose']): Result<Assessment> =>
  assessRemix(desk.installed?.(snapshot) ?? snapshot, termsOf(snapshot, desk, purpose))

/** A refusal of the licence as a problem: the reason, and the nearest legal alternative. */
export const licenceProblem = (refused: readonly Decision[], remedy: Remedy | null = null): Problem => {
  const [first] = refused
  // With a remedy the words are on the link that does it.
  const words =
    first?.alternative && !remedy ? `${first.message} ${first.alternative.words}` : (first?.message ?? 'The licence does not allow this.')
  const more = refused.length > 1 ? ` (and ${refused.length - 1} more)` : ''
  return {
    code: first?.code ?? 'licence.refused',
    message: words + more,
    details: { decisions: refused, ...(remedy ? { alternative: { label: remedy.label, command: remedy.commands } } : {}) },
  }
}

const causeClips = (snapshot: RemixSnapshot, decision: Decision): string[] => {
  const clips = recordsOf(snapshot, 'clip')
  if (decision.causeId !== undefined && snapshot.get(decision.causeId)?.type === 'clip') return [decision.causeId]
  return decision.stem === null ? [] : clips.filter((clip) => clip.stemId === decision.stem).map((clip) => clip.id)
}

/** Refusals after which asking the rights service again may help. */
const isRenewable = (decision: Decision): boolean =>
  decision.alternative?.kind === 'connect' && decision.code !== 'licence.clock_rolled_back'

const alternativeOf = (snapshot: RemixSnapshot, decision: Decision, terms: LicenceTerms): LicenceNotice['alternative'] => {
  // Before anything is muted: its rights holder may have renewed it.
  if (decision.code === 'licence.ended' && decision.alternative) return { label: decision.alternative.words, command: RENEW_LICENCE }
  const remedy = remedyFor(snapshot, decision, terms)
  if (remedy) return { label: remedy.label, command: remedy.commands }
  if (!decision.alternative) return null
  return { label: decision.alternative.words, command: isRenewable(decision) ? RENEW_LICENCE : null }
}

/** What the licence says against a remix, each with the edit or request that puts it right where there is one. */
export const noticesOf = (snapshot: RemixSnapshot, decisions: readonly Decision[], terms: LicenceTerms): LicenceNotice[] =>
  refusalsOf(decisions).map((decision) => ({
    code: decision.code,
    effect: decision.effect === 'approval' ? 'approval' : 'deny',
    stem: decision.stem,
    clipIds: causeClips(snapshot, decision),
    message: decision.message,
    alternative: alternativeOf(snapshot, decision, terms),
  }))

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

const metersOf = ({ usage, grants }: Assessment, context: DecisionContext): LicenceMeter[] => {
  const meters: LicenceMeter[] = []
  for (const { grant, lease } of grants) {
    const cap = grant.transform.maxUsedMs
    if (cap !== null) {
      for (const stem of usage.stems) {
        if (!grant.assets.some((asset) => asset.stem === stem.stem)) continue
        meters.push({
          id: `used:${stem.stem}`,
          label: `${stem.title} used`,
          used: stem.usedMs,
          limit: cap,
          text: `${seconds(stem.usedMs)} of ${seconds(cap)}`,
        })
      }
    }
    if (grant.use.exports) {
      const used = context.exportsUsed?.[grant.id] ?? 0
      meters.push({
        id: `exports:${grant.id}`,
        label: 'Exports',
        used,
        limit: grant.use.exports.max,
        text: `${used} of ${grant.use.exports.max}`,
      })
    }
    if (lease) {
      const total = Date.parse(lease.notAfter) - Date.parse(lease.issuedAt)
      const left = Math.max(0, Date.parse(lease.notAfter) - context.nowMs)
      const hours = Math.floor(left / 3_600_000)
      const text = left === 0 ? 'ended' : hours >= 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${hours} h`
      meters.push({ id: `lease:${lease.id}`, label: 'Lease', used: total - left, limit: total, text })
    }
  }
  return meters
}

const badgesOf = ({ grants }: Assessment): Record<string, string> => {
  const badges: Record<string, string> = {}
  for (const { grant } of grants) {
    const cap = grant.transform.maxUsedMs
    for (const asset of grant.assets) {
      const parts: string[] = []
      const pitch = grant.transform.rules.find(
        (rule) => rule.op === 'pitch' && (rule.roles.includes('*') || rule.roles.includes(asset.role)),
      )
      if (pitch?.effect === 'deny') parts.push('no pitch')
      else if (pitch?.cents) parts.push(`${pitch.cents[0] / 100} to +${pitch.cents[1] / 100} st`)
      if (cap !== null) parts.push(seconds(cap))
      if (parts.length > 0) badges[asset.stem] = parts.join(' · ')
    }
  }
  return badges
}

export class RemixSession {
  readonly #store: RemixStore
  readonly #desk: LicenceDesk
  readonly isReadOnly: boolean
  #assessment: Result<Assessment>
  /** Text of the document as it was last saved; null if it never was. */
  #saved: string | null

  constructor(snapshot: RemixSnapshot, desk: LicenceDesk, options: { readonly isReadOnly: boolean }) {
    this.#store = createRemixStore(snapshot)
    this.#desk = desk
    this.isReadOnly = options.isReadOnly
    this.#assessment = assess(snapshot, desk, 'edit')
    this.#saved = null
  }

  get snapshot(): RemixSnapshot {
    return this.#store.snapshot
  }

  get store(): RemixStore {
    return this.#store
  }

  get uid(): string {
    return remixOf(this.#store.snapshot).uid
  }

  get title(): string {
    return remixOf(this.#store.snapshot).title
  }

  /** The plan as it stands, or why the remix cannot be played. */
  get plan(): Result<RenderPlan> {
    return this.#assessment.ok ? ok(this.#assessment.value.plan) : this.#assessment
  }

  /** Asks the licence again, as when a lease was renewed or a plugin was marked as generative. */
  reassess(): void {
    this.#assessment = assess(this.#store.snapshot, this.#desk, 'edit')
  }

  /** Applies edits as one step, all or none. Refusals: those of the edits, and `licence.*`. */
  edit(commands: readonly EditCommand[], label?: string): Result<EditReply> {
    const applied = applyEdits(this.#store.snapshot, commands, { newId: randomUUID })
    if (!applied.ok) return applied
    return this.#commit(applied.value.snapshot, label ?? applied.value.label, commands)
  }

  /** Puts another state of the same remix in its place as one step: what a style or a variation made of it. Refusals: `remix.other`, `licence.*`. */
  replace(next: RemixSnapshot, label: string): Result<EditReply> {
    if (remixOf(next).uid !== this.uid) return fail('remix.other', 'This was made from another remix. Open that one to use it.')
    return this.#commit(next, label, [])
  }

  /** What the remix would be after these edits, without making them: its plan, or the refusal that making them would meet. */
  foresee(commands: readonly EditCommand[]): Result<RenderPlan> {
    const applied = applyEdits(this.#store.snapshot, commands, { newId: randomUUID })
    if (!applied.ok) return applied
    const judged = this.#judge(applied.value.snapshot, commands)
    return judged.ok ? ok(judged.value.plan) : judged
  }

  /** The licence's word on a change. */
  #judge(next: RemixSnapshot, commands: readonly EditCommand[]): Result<Assessment> {
    const before = this.#assessment.ok ? this.#assessment.value.decisions : []
    const after = assess(next, this.#desk, 'edit')
    if (!after.ok) return after
    const refused = denialsOfEdit(before, after.value.decisions)
    const [first] = refused
    if (!first) return after
    const terms = termsOf(next, this.#desk, 'edit')
    const remedy = nearestLegalEdit(this.#store.snapshot, next, commands, first, terms)
    return { ok: false, error: licenceProblem(refused, remedy) }
  }

  /** The licence's word on a change, then the change. */
  #commit(next: RemixSnapshot, label: string, commands: readonly EditCommand[]): Result<EditReply> {
    if (this.isReadOnly) {
      return fail(
        'remix.read_only',
        'This remix was made by a newer version and is open for reading only. Save it under another name in that version, or update Stemma.',
      )
    }
    const after = this.#judge(next, commands)
    if (!after.ok) return after
    const diff = this.#store.transact(label, () => ok(next))
    if (!diff.ok) return diff
    this.#assessment = after
    return ok(this.#reply(diff.value))
  }

  undo(): Result<EditReply> {
    const diff = this.#store.undo()
    this.reassess()
    return ok(this.#reply(diff ?? EMPTY_DIFF))
  }

  redo(): Result<EditReply> {
    const diff = this.#store.redo()
    this.reassess()
    return ok(this.#reply(diff ?? EMPTY_DIFF))
  }

  /** Goes to a place in the history; the reply's diff covers the whole way. */
  jump(index: number): Result<EditReply> {
    const diffs: RemixDiff[] = []
    const stop = this.#store.subscribe((change) => diffs.push(change.diff))
    this.#store.jumpTo(index)
    stop()
    this.reassess()
    return ok(this.#reply(joinDiffs(diffs)))
  }

  get history(): HistoryView {
    const { entries, position } = this.#store.history
    return { entries: entries.map(({ label }) => ({ label })), index: position }
  }

  /** Marks what is there now as saved. */
  noteSaved(): void {
    this.#saved = encodeDocument(this.#store.snapshot)
  }

  get isDirty(): boolean {
    return this.#saved !== encodeDocument(this.#store.snapshot)
  }

  status(missingStems: readonly string[] = []): RemixStatus {
    if (!this.#assessment.ok) {
      const { code, message } = this.#assessment.error
      return {
        lengthFrames: 0,
        notices: [{ code, effect: 'deny', stem: null, clipIds: [], message, alternative: null }],
        meters: [],
        badges: {},
        says: { ai: { containsAI: 'None', contributions: [], dst: '' }, ingredients: [], scope: 'personal-use', credits: [], plugins: [] },
        missingStems,
      }
    }
    const assessment = this.#assessment.value
    const { plan, grants, usage, decisions } = assessment
    const manifest = buildManifestPlan(plan, grants, { title: this.title })
    const signed = new Set(grants.flatMap(({ grant }) => grant.assets.filter((asset) => asset.c2pa !== null).map((asset) => asset.stem)))
    return {
      lengthFrames: plan.lengthFrames,
      notices: noticesOf(this.#store.snapshot, decisions, termsOf(this.#store.snapshot, this.#desk, 'edit')),
      meters: metersOf(assessment, this.#desk.context('edit')),
      badges: badgesOf(assessment),
      says: {
        ai: manifest.ai,
        ingredients: usage.stems.map(({ stem, title, role, usedMs }) => ({ stem, title, role, usedMs, isSigned: signed.has(stem) })),
        scope: manifest.scope,
        credits: manifest.credits,
        plugins: pluginNamesOf(plan, usage),
      },
      missingStems,
    }
  }

  view(fileName: string | null, missingStems: readonly string[] = []): RemixView {
    return {
      uid: this.uid,
      fileName,
      isDirty: this.isDirty,
      isReadOnly: this.isReadOnly,
      records: [...this.#store.snapshot.values()],
      history: this.history,
      status: this.status(missingStems),
    }
  }

  #reply(diff: RemixDiff): EditReply {
    return { diff, history: this.history, status: this.status(), isDirty: this.isDirty }
  }
}

/** One diff for several in a row. */
const joinDiffs = (diffs: readonly RemixDiff[]): RemixDiff => {
  const before = new Map<string, RemixDiff['added'][number] | null>()
  const after = new Map<string, RemixDiff['added'][number] | null>()
  for (const diff of diffs) {
    for (const record of diff.added) {
      if (!before.has(record.id)) before.set(record.id, null)
      after.set(record.id, record)
    }
    for (const { before: old, after: now } of diff.updated) {
      if (!before.has(now.id)) before.set(now.id, old)
      after.set(now.id, now)
    }
    for (const record of diff.removed) {
      if (!before.has(record.id)) before.set(record.id, record)
      after.set(record.id, null)
    }
  }
  const added: RemixDiff['added'][number][] = []
  const updated: { before: RemixDiff['added'][number]; after: RemixDiff['added'][number] }[] = []
  const removed: RemixDiff['added'][number][] = []
  for (const [id, old] of before) {
    const now = after.get(id) ?? null
    if (old && now) updated.push({ before: old, after: now })
    else if (now) added.push(now)
    else if (old) removed.push(old)
  }
  return { added, updated, removed }
}
