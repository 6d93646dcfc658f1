// Whether a yes covers exactly what is to be exported, and how a remix stands with its artists. Judged from the threads and the grants in force alone:
// what a service or a file says about either is not asked.
import { type ApprovalThread, type ExportSettings, isYes, type RequestView, type Verdict } from '../../../src-shared/approvals/index.ts'
import type { ApprovalStanding } from '../../../src-shared/protocol/index.ts'
import type { FrameRange } from '../../../src-shared/provenance/index.ts'
import type { ApprovalHeld, GrantInForce } from '../../../src-shared/rights/index.ts'

/** What is to be exported, as far as it is known: the sound only after the render. */
export interface ExportInQuestion {
  readonly planSha256: string
  readonly pcmSha256: string | null
  readonly settings: ExportSettings
}

/** An answer as manifest and receipt name it. */
export interface CarriedApproval {
  readonly id: string
  /** `sha256:…` of the answer's JWS. */
  readonly sha256: string
  readonly verdict: Extract<Verdict, 'approve' | 'approve_with_conditions'>
  /** Thumbprint of the artist's key. */
  readonly artist: string
  readonly grant: string
}

/** Whose requests count: an answer given to somebody else covers nothing here. */
export interface Asker {
  readonly device: string
  readonly accounts: readonly string[]
}

/** What a loudness target and range are to a request: integers, so that canonical JSON is stable. */
export const settingsOf = (range: FrameRange | null, loudnessTargetLufs: number | null): ExportSettings => ({
  range: range && { fromFrame: range.fromFrame, toFrame: range.toFrame },
  centiLufsTarget: loudnessTargetLufs === null ? null : Math.round(loudnessTargetLufs * 100),
})

export const isSameSettings = (a: ExportSettings, b: ExportSettings): boolean =>
  a.centiLufsTarget === b.centiLufsTarget && a.range?.fromFrame === b.range?.fromFrame && a.range?.toFrame === b.range?.toFrame

const settingsWords = ({ range, centiLufsTarget }: ExportSettings): string => {
  const seconds = (frame: number): string => `${Math.round(frame / 4_800) / 10} s`
  return `${range ? `from ${seconds(range.fromFrame)} to ${seconds(range.toFrame)}` : 'the whole remix'}, ${centiLufsTarget === null ? 'without a loudness target' : `at ${centiLufsTarget / 100} LUFS`}`
}

/** The standing yes of a request: the newest answer that was not replaced and holds. */
const yesOf = ({ answers }: RequestView) =>
  answers.findLast(
    ({ answer, isReplaced, findings }) => !isReplaced && isYes(answer.verdict) && !findings.some(({ severity }) => severity === 'error'),
  )

const isGiven = ({ state }: RequestView): boolean => state === 'approved' || state === 'conditions'

interface Held {
  readonly held: ApprovalHeld
  readonly carried: CarriedApproval | null
}

const refuse = (code: string, message: string): Held => ({ held: { isApproved: false, code, message }, carried: null })

const heldUnder = (grantId: string, threads: readonly ApprovalThread[], asker: Asker, wanted: ExportInQuestion): Held | null => {
  const own = threads
    .filter(({ grant }) => grant === grantId)
    .flatMap(({ requests }) => requests)
    .filter(({ request }) => request.device === asker.device || asker.accounts.includes(request.account))
  if (own.length === 0) return null
  const exact = own.filter(({ request }) => request.planSha256 === wanted.planSha256)
  if (exact.length === 0)
    return refuse(
      'approval.other_plan',
      own.some(isGiven)
        ? 'The remix was edited since the artist said yes, so that yes no longer covers it. Submit it again.'
        : 'The remix was edited since it was submitted, and the artist has not heard it as it is now. Submit it again.',
    )
  const given = exact.filter(isGiven)
  const last = exact.at(-1)
  if (given.length === 0 && last)
    return refuse(
      `approval.${last.state}`,
      last.state === 'waiting' ? `${last.sentence} It can be exported once there is a yes.` : last.sentence,
    )
  const fitting = given.filter(({ request }) => isSameSettings(request.export, wanted.settings))
  if (fitting.length === 0)
    return refuse(
      'approval.other_settings',
      `The artist said yes to another export of this remix: ${given.map(({ request }) => settingsWords(request.export)).join('; ')}. Export it like that, or submit it again.`,
    )
  const view = wanted.pcmSha256 === null ? fitting.at(-1) : fitting.find(({ request }) => request.pcmSha256 === wanted.pcmSha256)
  const yes = view && yesOf(view)
  if (!yes)
    return refuse(
      'approval.other_sound',
      'This does not sound to the sample like what the artist heard, although nothing was edited: a plugin, a model or this version of Stemma renders it otherwise. Submit it again.',
    )
  const { answer, hash } = yes
  return {
    held: { isApproved: true, code: `approval.${view.state}`, message: view.sentence },
    carried: {
      id: answer.id,
      sha256: hash,
      verdict: answer.verdict as CarriedApproval['verdict'],
      artist: answer.artist,
      grant: grantId,
    },
  }
}

/** For each grant that was asked about: whether an export is covered, and the answer that covers it. */
export const judgeExport = (
  grants: readonly GrantInForce[],
  threads: readonly ApprovalThread[],
  asker: Asker,
  wanted: ExportInQuestion,
): { readonly approvals: Readonly<Record<string, ApprovalHeld>>; readonly carried: readonly CarriedApproval[] } => {
  const approvals: Record<string, ApprovalHeld> = {}
  const carried: CarriedApproval[] = []
  for (const { grant } of grants) {
    if (!grant.approval) continue
    const judged = heldUnder(grant.id, threads, asker, wanted)
    if (!judged) continue
    approvals[grant.id] = judged.held
    if (judged.carried) carried.push(judged.carried)
  }
  return { approvals, carried }
}

/** How a remix stands with the artist of each grant, for people. `isNeeded` is the licence's word. */
export const standingOf = (
  grants: readonly GrantInForce[],
  threads: readonly ApprovalThread[],
  asker: Asker,
  remix: {
    readonly uid: string
    readonly planSha256: string
    readonly isNeeded: (grantId: string) => boolean
    readonly workTitle: (work: string) => string
  },
): readonly ApprovalStanding[] =>
  grants
    .filter(({ grant }) => grant.approval !== undefined)
    .map(({ grant }): ApprovalStanding => {
      const own = threads.filter(
        (thread) =>
          thread.grant === grant.id &&
          thread.requests.some(({ request }) => request.device === asker.device || asker.accounts.includes(request.account)),
      )
      const base = {
        grant: grant.id,
        work: { id: grant.work, title: remix.workTitle(grant.work) },
        isNeeded: remix.isNeeded(grant.id),
      }
      const views = own.flatMap((thread) => thread.requests.map((view) => ({ thread, view })))
      const exact = views.filter(({ view }) => view.request.planSha256 === remix.planSha256)
      const shown = exact.findLast(({ view }) => isGiven(view)) ?? exact.at(-1)
      const earlier = views.filter(({ thread }) => thread.remix.uid === remix.uid)
      const found = shown ?? earlier.findLast(({ view }) => isGiven(view)) ?? earlier.at(-1)
      if (!found) {
        const names = grant.approval?.approvers.map(({ name }) => name).join(' or ') ?? 'the artist'
        const sentence = base.isNeeded ? `An export needs a yes from ${names}.` : `${names} can be asked for a yes.`
        return { ...base, state: 'none', sentence, thread: null, request: null, settings: null }
      }
      const { view, thread } = found
      const { range, centiLufsTarget } = view.request.export
      const common = {
        ...base,
        thread: thread.id,
        request: view.request.id,
        settings: { range, loudnessTargetLufs: centiLufsTarget === null ? null : centiLufsTarget / 100 },
      }
      if (shown) return { ...common, state: view.state, sentence: view.sentence }
      if (isGiven(view))
        return { ...common, state: 'edited', sentence: `Edited since: ${view.sentence} That yes does not cover the remix as it is now.` }
      return { ...common, state: view.state, sentence: `${view.sentence} The remix was edited since it was submitted.` }
    })
