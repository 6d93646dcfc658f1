// The stems of a receipt: the usage of an export, each stem with the grant and lease it was used under. Integers only.
import type { ReceiptOperation, ReceiptStem } from '../receipts/index.ts'
import type { GrantInForce, Usage, UsedOperation } from '../rights/index.ts'
import { fail, ok, type Result } from '../std/index.ts'

const receiptOperation = ({ op, fromMs, toMs, ratioPermille, cents, model, strengthPermille }: UsedOperation): ReceiptOperation => ({
  op,
  fromMs: Math.round(fromMs),
  toMs: Math.round(toMs),
  ...(ratioPermille === undefined ? {} : { ratioPermille: Math.round(ratioPermille) }),
  ...(cents === undefined ? {} : { cents: Math.round(cents) }),
  ...(model === undefined ? {} : { model }),
  ...(strengthPermille === undefined ? {} : { strengthPermille: Math.round(strengthPermille) }),
})

/** Whatever a device touched twice (two EQs) is one line of the receipt: it tells what was done, not with how many boxes. */
const mergeOperations = (ops: readonly UsedOperation[]): ReceiptOperation[] => {
  const merged = new Map<string, ReceiptOperation>()
  for (const used of ops) {
    const line = receiptOperation(used)
    const key = JSON.stringify([line.op, line.ratioPermille, line.cents, line.model, line.strengthPermille])
    const known = merged.get(key)
    merged.set(key, known ? { ...known, fromMs: Math.min(known.fromMs, line.fromMs), toMs: Math.max(known.toMs, line.toMs) } : line)
  }
  return [...merged.values()]
}

/** Receipt lines of a usage. Fails with `receipt.no_grant` or `receipt.no_lease` where `decide` would have refused. */
export const buildReceiptStems = (usage: Usage, grants: readonly GrantInForce[]): Result<ReceiptStem[]> => {
  const lines: ReceiptStem[] = []
  for (const stem of usage.stems) {
    const inForce = grants.find(({ grant }) => grant.assets.some((asset) => asset.stem === stem.stem))
    const asset = inForce?.grant.assets.find((one) => one.stem === stem.stem)
    if (!inForce || !asset)
      return fail('receipt.no_grant', `There is no licence for ${stem.title} on this computer, so no receipt can be written.`, {
        stem: stem.stem,
      })
    if (!inForce.lease)
      return fail('receipt.no_lease', `There is no lease for ${stem.title} on this computer; connect to the rights service once.`, {
        stem: stem.stem,
      })
    lines.push({
      stem: stem.stem,
      role: asset.role,
      contentSha256: `sha256:${stem.contentSha256}`,
      c2pa: asset.c2pa,
      isrc: asset.isrc,
      grant: inForce.grant.id,
      grantVersion: inForce.grant.version,
      grantHash: inForce.hash,
      lease: inForce.lease.id,
      usedMs: Math.round(stem.usedMs),
      ops: mergeOperations(stem.ops),
    })
  }
  return ok(lines)
}
