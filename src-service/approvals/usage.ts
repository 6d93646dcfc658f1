// What an artist is told of the use of their stems: the receipts of every export under a grant that names their key, and of each receipt only the stems of
// such grants. Nothing is summed or rounded here: the artist's side counts for itself.
import type { UsageReply } from '../../src-shared/protocol/index.ts'
import { RECEIPT_TYP, receiptSchema } from '../../src-shared/receipts/index.ts'
import { decodeJws } from '../../src-shared/std/index.ts'
import type { ServiceReader, StoredWork } from '../store.ts'

/** One page of uses under these grants, newest first. */
export const readUsage = async (
  read: ServiceReader,
  grants: readonly string[],
  { before, limit }: { readonly before: number | null; readonly limit: number },
): Promise<UsageReply> => {
  const own = new Set(grants)
  const works = new Map<string, StoredWork | undefined>()
  for (const grant of grants) {
    const work = await read.approvals.workOf(grant)
    works.set(grant, work === undefined ? undefined : await read.work(work))
  }
  const page = await read.approvals.usesOf(grants, { before, limit: limit + 1 })
  const withdrawn = new Map<string, ReadonlySet<string>>()
  const uses: UsageReply['uses'] = []
  for (const { at, id, kid, jws, logIndex } of page.slice(0, limit)) {
    const decoded = decodeJws(jws, RECEIPT_TYP)
    const receipt = decoded.ok ? receiptSchema.safeParse(decoded.value.payload) : undefined
    if (!receipt?.success || receipt.data.type === 'void') continue
    const { issuedAt, asset, scope, ai, approvals = [], stems } = receipt.data
    if (!withdrawn.has(kid)) withdrawn.set(kid, new Set(await read.approvals.withdrawnOf(kid)))
    uses.push({
      at,
      receipt: id,
      issuedAt,
      logIndex,
      isWithdrawn: withdrawn.get(kid)?.has(id) ?? false,
      format: asset.format,
      durationMs: asset.durationMs,
      scope,
      pcmSha256: asset.pcmSha256,
      ai,
      approvals: approvals.filter(({ grant }) => own.has(grant)),
      stems: stems
        .filter(({ grant }) => own.has(grant))
        .map(({ stem, role, grant, usedMs, ops }) => {
          const work = works.get(grant)
          return {
            stem,
            title: work?.stems.find((one) => one.id === stem)?.title ?? stem.slice(0, 300),
            role,
            work: work?.id ?? '',
            workTitle: work?.facts.title ?? '',
            grant,
            usedMs,
            ops,
          }
        }),
    })
  }
  return { uses, before: page.length > limit ? (page[limit - 1]?.at ?? null) : null }
}
