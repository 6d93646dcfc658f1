// What an export would use, file by file, and whether the licence allows each.
import type { ExportFormat } from '../../../src-shared/protocol/index.ts'
import { usageOf } from '../../../src-shared/provenance/index.ts'
import type { RenderPlan } from '../../../src-shared/remix/index.ts'
import { type Decision, decide, type DecisionContext, type GrantInForce, type Usage } from '../../../src-shared/rights/index.ts'
import { ok, type Result } from '../../../src-shared/std/index.ts'
import { licenceProblem } from '../session/index.ts'
import type { ApprovalsHeld, ExportOrder, ExportTarget } from './order.ts'

const licenceFormat = (format: ExportFormat): Pick<DecisionContext, 'format' | 'bitDepth'> => {
  const family = /^[a-z]+\d?[a-z]?/.exec(format.replace(/(16|24|32f)$/, ''))?.[0] as 'wav' | 'flac' | 'mp3' | 'm4a'
  const depth = /(16|24|32)f?$/.exec(format)?.[1]
  return { format: family, ...(depth === undefined ? {} : { bitDepth: Number(depth) as 16 | 24 | 32 }) }
}

/** The plan of one track alone, for what its file says about itself. */
const planOfTrack = (plan: RenderPlan, trackId: string): RenderPlan => ({
  ...plan,
  tracks: plan.tracks.map((track) => (track.id === trackId || track.kind !== 'audio' ? track : { ...track, isAudible: false })),
})

/** The files that have something to say. A track that is silent in the range has no stem to give a receipt for; its file is left out, not the others with it. */
export const audibleTargets = ({ targets, range }: ExportOrder, plan: RenderPlan): readonly ExportTarget[] =>
  targets.filter(({ trackId }) => trackId === null || usageOf(planOfTrack(plan, trackId), { range: range ?? undefined }).stems.length > 0)

/** What one file uses, out of the plan of what is in it. */
export interface Judged {
  readonly target: ExportTarget
  readonly usage: Usage
  readonly plan: RenderPlan
}

/** A yes is to the mix that was heard; a track alone is another sound. */
const mixOnly = ({ approvals }: ApprovalsHeld): ApprovalsHeld['approvals'] =>
  Object.fromEntries(
    Object.entries(approvals).map(([grant, held]) => [
      grant,
      held.isApproved
        ? {
            isApproved: false,
            code: 'approval.mix_only',
            message: 'The artist said yes to the mix, not to its tracks one by one. Export the mix.',
          }
        : held,
    ]),
  )

/** What an export would use per target, and whether every target is allowed: `files` exports are counted, not one. */
export const judge = (
  { targets, range }: Pick<ExportOrder, 'targets' | 'range'>,
  plan: RenderPlan,
  grants: readonly GrantInForce[],
  context: DecisionContext,
  held: ApprovalsHeld,
): Result<readonly Judged[]> => {
  const judged: Judged[] = []
  const refused: Decision[] = []
  for (const [i, target] of targets.entries()) {
    const own = target.trackId === null ? plan : planOfTrack(plan, target.trackId)
    const usage = usageOf(own, { range: range ?? undefined, isIsolated: target.trackId !== null })
    const plus = (used: Readonly<Record<string, number>> | undefined, ids: readonly string[]) =>
      Object.fromEntries(ids.map((id) => [id, (used?.[id] ?? 0) + i]))
    const decisions = decide(grants, usage, {
      ...context,
      ...licenceFormat(target.format),
      approvals: target.trackId === null ? held.approvals : mixOnly(held),
      exportsUsed: plus(
        context.exportsUsed,
        grants.map(({ grant }) => grant.id),
      ),
      leaseExportsUsed: plus(
        context.leaseExportsUsed,
        grants.flatMap(({ lease }) => (lease ? [lease.id] : [])),
      ),
    })
    refused.push(...decisions.filter((decision) => decision.effect !== 'allow'))
    judged.push({ target, usage, plan: own })
  }
  return refused.length > 0 ? { ok: false, error: licenceProblem(refused) } : ok(judged)
}
