// Hands a remix to the artists of its works. Everything is rendered and signed before anything is kept: it was submitted to all of them or to none.
import { mkdirSync } from 'node:fs'
import { type ApprovalRequest, type RequestView, signRequest, verifyRequest } from '../../../src-shared/approvals/index.ts'
import type { EngineClient } from '../../../src-shared/protocol/index.ts'
import { aiSummaryOf, doneToStems, type FrameRange, usageOf } from '../../../src-shared/provenance/index.ts'
import { canonicalPlan, compilePlan, type RemixSnapshot, type RenderPlan, remixOf } from '../../../src-shared/remix/index.ts'
import { decide, type GrantInForce, type Usage } from '../../../src-shared/rights/index.ts'
import { fail, hashText, ok, type Result } from '../../../src-shared/std/index.ts'
import { sha256 } from '../identity/index.ts'
import { uuidV7 } from '../ledger/index.ts'
import { type LicenceDesk, licenceProblem } from '../session/index.ts'
import { type Preview, renderPreview } from './preview.ts'
import { statementCrypto } from './signatures.ts'
import { isSameSettings, settingsOf } from './standing.ts'
import type { NewStatement } from './store.ts'
import type { ApprovalThreads, ApprovalTools } from './threads.ts'

export interface SubmitOrder {
  readonly snapshot: RemixSnapshot
  readonly message: string
  readonly range: FrameRange | null
  readonly loudnessTargetLufs: number | null
  readonly threads: number
  readonly signal?: AbortSignal
  readonly onProgress?: (fraction: number, label: string) => void
}

type RenderOrder = Pick<SubmitOrder, 'snapshot' | 'range' | 'loudnessTargetLufs' | 'threads' | 'signal' | 'onProgress'>

/** Tells of its progress as a part of the whole, from `part.from` on. */
const preview = (
  { tempDir, stemLocator }: ApprovalTools,
  { audio }: ApprovalThreads,
  engine: EngineClient,
  plan: RenderPlan,
  { snapshot, onProgress, ...order }: RenderOrder,
  part: { readonly from: number; readonly title: string },
): Promise<Result<Preview>> => {
  mkdirSync(tempDir, { recursive: true, mode: 0o700 })
  return renderPreview(
    { engine, audio, tempDir, stemFile: stemLocator(snapshot) },
    {
      plan,
      title: part.title,
      range: order.range,
      loudnessTargetLufs: order.loudnessTargetLufs,
      threads: order.threads,
      signal: order.signal,
      onProgress: (fraction, label) => onProgress?.(part.from + 0.45 * fraction, label),
    },
  )
}

/** The work over the same stretch; null where it is not here or shorter than that. */
const previewOriginal = async (
  tools: ApprovalTools,
  threads: ApprovalThreads,
  engine: EngineClient,
  work: string,
  order: SubmitOrder,
): Promise<Result<Preview> | null> => {
  const snapshot = tools.originalOf(work)
  const plan = snapshot && compilePlan(snapshot)
  if (!snapshot || !plan?.ok) return null
  const end = plan.value.lengthFrames + plan.value.tailFrames
  const range = order.range && { fromFrame: order.range.fromFrame, toFrame: Math.min(order.range.toFrame, end) }
  if (range && range.toFrame <= range.fromFrame) return null
  const part = { from: 0.5, title: tools.work(work)?.title ?? 'Original' }
  return preview(tools, threads, engine, plan.value, { ...order, snapshot, range, loudnessTargetLufs: null }, part)
}

/** Grants whose artists are to be asked: those that need a yes or, where none does, all that know one. */
const grantsToAsk = (desk: LicenceDesk, grants: readonly GrantInForce[], usage: Usage): Result<readonly GrantInForce[]> => {
  const decisions = decide(grants, usage, desk.context('render'))
  const denied = decisions.filter(({ effect }) => effect === 'deny')
  if (denied.length > 0) return { ok: false, error: licenceProblem(denied) }
  const needed = new Set(decisions.filter(({ effect }) => effect === 'approval').map(({ grantId }) => grantId))
  if (grants.some(({ grant }) => needed.has(grant.id) && !grant.approval))
    return fail(
      'approval.no_approver',
      'The licence asks for the artist’s approval but names nobody who could give it. Ask the rights holder to name somebody, or undo what needs approval.',
    )
  const asked = grants.filter(({ grant }) => grant.approval && (needed.size === 0 || needed.has(grant.id)))
  return asked.length > 0
    ? ok(asked)
    : fail('approval.not_needed', 'No licence in this remix asks for approval, so there is nobody to submit it to. Export it.')
}

/**
 * Renders what the artists will hear and signs one request per work that asks. The same remix with the same settings is not asked about twice.
 * Codes: `approval.*`, `licence.*`, `plan.*`, `export.*`, `stem.*`, `audio.*`.
 */
export const submitRemix = async (
  tools: ApprovalTools,
  threads: ApprovalThreads,
  order: SubmitOrder,
): Promise<Result<{ readonly requests: readonly string[]; readonly isNew: boolean }>> => {
  const { identity, desk } = tools
  const plan = compilePlan(order.snapshot)
  if (!plan.ok) return plan
  if (plan.value.lengthFrames === 0) return fail('export.empty', 'There is nothing to submit: no clip of this remix can be heard.')
  const usage = usageOf(plan.value, { range: order.range ?? undefined })
  const asked = grantsToAsk(desk, desk.grantsFor(plan.value.sources.map(({ stemId }) => stemId)), usage)
  if (!asked.ok) return asked

  const planSha256 = hashText(canonicalPlan(plan.value), sha256)
  const settings = settingsOf(order.range, order.loudnessTargetLufs)
  const { uid, title, recipes } = remixOf(order.snapshot)
  const own = threads.threads().filter(({ isMine, remix }) => isMine && remix.uid === uid)
  const previous = asked.value.map(({ grant }) => own.find((thread) => thread.grant === grant.id)?.requests.at(-1))
  const isSame = (view: RequestView | undefined): boolean =>
    view !== undefined &&
    ['waiting', 'approved', 'conditions'].includes(view.state) &&
    view.delivery !== 'refused' &&
    view.request.planSha256 === planSha256 &&
    isSameSettings(view.request.export, settings)
  if (previous.every(isSame)) return ok({ requests: previous.flatMap((view) => (view ? [view.request.id] : [])), isNew: false })

  const engine = await tools.engine()
  if (!engine.ok) return engine
  const heard = await preview(tools, threads, engine.value, plan.value, order, { from: 0, title })
  if (!heard.ok) return heard
  const statements: NewStatement[] = []
  for (const [i, { grant, hash, lease }] of asked.value.entries()) {
    const account = identity.enrolment(grant.issuer)?.account ?? lease?.account
    if (!account)
      return fail('export.not_enrolled', `This computer is not enrolled with ${grant.issuer}. Connect to it once, then submit again.`)
    const original = await previewOriginal(tools, threads, engine.value, grant.work, order)
    if (original && !original.ok && order.signal?.aborted) return original
    const id = uuidV7(threads.nowMs)
    const covered = new Set(grant.assets.map(({ stem }) => stem))
    const request: ApprovalRequest = {
      v: 1,
      id,
      thread: previous[i]?.request.thread ?? id,
      supersedes: previous[i]?.request.id ?? null,
      issuer: grant.issuer,
      work: grant.work,
      workTitle: (tools.work(grant.work)?.title ?? grant.work).slice(0, 300),
      grant: { id: grant.id, version: grant.version, hash },
      remix: { uid, title: title.slice(0, 300) },
      recipes: [...(recipes ?? [])],
      planSha256,
      pcmSha256: heard.value.pcmSha256,
      export: settings,
      durationMs: heard.value.durationMs,
      preview: heard.value.audio,
      original: original?.ok ? original.value.audio : null,
      // The artist of one work is told of their stems only, and that others took part by the operation `layer`.
      done: doneToStems({ ...usage, stems: usage.stems.filter(({ stem }) => covered.has(stem)) }).slice(0, 500),
      ai: aiSummaryOf(usage),
      message: order.message.slice(0, 4_000),
      device: identity.kid,
      key: identity.jwk,
      account,
      issuedAt: threads.now,
    }
    const jws = signRequest(request, identity.sign)
    const kept = verifyRequest(jws, statementCrypto)
    if (!kept.ok) return kept
    statements.push({ kind: 'request', id, issuer: grant.issuer, requestId: id, jws, receivedAt: request.issuedAt, origin: 'own' })
  }
  if (order.signal?.aborted) return fail('approval.cancelled', 'It was not submitted. Nothing was kept.')
  threads.store.add(statements, { isToSend: true })
  order.onProgress?.(1, 'Submitted')
  return ok({ requests: statements.map(({ id }) => id), isNew: true })
}
