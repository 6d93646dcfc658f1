// Every second of each stem used, as the rights service's log has it: fetched page by page, said in the words of the review.
import type { ApprovalThread } from '../../../src-shared/approvals/index.ts'
import type { ArtistUsage, ArtistUse, UsageReply } from '../../../src-shared/protocol/index.ts'
import { operationSentence } from '../../../src-shared/provenance/index.ts'
import type { UsedOperation } from '../../../src-shared/rights/index.ts'
import { ok, type Result } from '../../../src-shared/std/index.ts'
import type { ServiceClient } from '../service-client/index.ts'

type Stem = UsageReply['uses'][number]['stems'][number]
type Operation = ArtistUse['stems'][number]['operations'][number]

/** Each operation with the span its receipt gives it: two of one kind may have much of the song between them. */
const operationsOf = ({ ops }: Stem): readonly Operation[] =>
  ops.map((used) => ({
    op: used.op,
    text: operationSentence(used as UsedOperation),
    fromMs: used.fromMs,
    toMs: used.toMs,
    model: used.model ?? null,
  }))

const useOf = (use: UsageReply['uses'][number], threads: readonly ApprovalThread[]): ArtistUse => {
  const [approval] = use.approvals
  const thread = threads.find(({ requests }) =>
    requests.some(({ answers, request }) =>
      approval ? answers.some(({ answer }) => answer.id === approval.id) : request.pcmSha256 === use.pcmSha256,
    ),
  )
  return {
    receipt: use.receipt,
    issuedAt: use.issuedAt,
    logIndex: use.logIndex,
    isWithdrawn: use.isWithdrawn,
    workTitle: [...new Set(use.stems.map(({ workTitle }) => workTitle))].join(', '),
    remixTitle: thread?.remix.title ?? null,
    format: { 'audio/wav': 'WAV', 'audio/flac': 'FLAC', 'audio/mpeg': 'MP3', 'audio/mp4': 'M4A' }[use.format] ?? use.format,
    durationMs: use.durationMs,
    scope: use.scope,
    containsAI: use.ai.containsAI,
    approval: approval?.verdict ?? null,
    stems: use.stems.map((stem) => ({
      stem: stem.stem,
      title: stem.title,
      role: stem.role,
      usedMs: stem.usedMs,
      operations: operationsOf(stem),
    })),
  }
}

/** Uses of this home's artist, newest first, at most `max`. Codes: `service.*`, `approval.no_artist`. */
export const fetchArtistUsage = async (
  client: ServiceClient,
  threads: readonly ApprovalThread[],
  { max, nowMs, signal }: { readonly max: number; readonly nowMs: number; readonly signal?: AbortSignal | undefined },
): Promise<Result<ArtistUsage>> => {
  const uses: ArtistUse[] = []
  let before: number | null = null
  do {
    const page: Result<UsageReply> = await client.artistUsage(before, signal)
    if (!page.ok) return page
    uses.push(...page.value.uses.map((use) => useOf(use, threads)))
    before = page.value.before
  } while (before !== null && uses.length < max)
  return ok({ asOf: new Date(nowMs).toISOString(), uses: uses.slice(0, max), isTruncated: before !== null || uses.length > max })
}
