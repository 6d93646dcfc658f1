// Takes receipts in. Nothing a device signed is thrown away: what cannot join its chain is kept as evidence and flagged.
import { decodeJws } from '../src-shared/std/index.ts'
import { RECEIPT_TYP, ZERO_HASH, receiptHash, verifyReceipt } from '../src-shared/receipts/index.ts'
import type { Receipt } from '../src-shared/receipts/index.ts'
import type { ReceiptResult } from '../src-shared/protocol/index.ts'
import { sha256, verifyEd25519 } from './keys.ts'
import type { ServiceKeys } from './keys.ts'
import { appendLeaf, buildInclusion, publishCheckpoint } from './log.ts'
import type { ReceiptOutcome, ServiceStore, ServiceWriter, StoredDevice, StoredReceipt } from './store.ts'

interface Item {
  readonly id: string
  readonly jws: string
}

type Refusal = { readonly code: string; readonly message: string; readonly have?: number }

const EVIDENCE_SENTENCES: Readonly<Record<Exclude<ReceiptOutcome, 'logged'>, string>> = {
  'lease-cap': 'This export is beyond the number its lease allowed. The receipt is kept and the account is flagged; ask the rights holder.',
  'unknown-lease': 'This export names a lease this service did not give to this device. The receipt is kept and the account is flagged.',
  fork: 'Another receipt of this device has the same place in the series, as after restoring a backup. Both are kept; start a new series.',
}

const kidOf = (jws: string): string | undefined => {
  const decoded = decodeJws(jws, RECEIPT_TYP)
  return decoded.ok ? decoded.value.header.kid : undefined
}

/** Where a receipt stands relative to the chain of its device: in place, a fork of it, or out of reach. */
const placeInChain = async (writer: ServiceWriter, device: StoredDevice, receipt: Receipt): Promise<'next' | 'fork' | Refusal> => {
  const head = await writer.head(device.kid, receipt.epoch)
  const have = head?.seq ?? -1
  const gap: Refusal = {
    code: 'chain-gap',
    message: `Receipts before this one are missing; the last that arrived is number ${have}.`,
    have,
  }
  const previous = receipt.prev === ZERO_HASH ? undefined : await writer.receiptByHash(device.kid, receipt.prev)
  if (head && receipt.seq <= head.seq) return 'fork'
  if (head && receipt.seq === head.seq + 1 && receipt.prev === head.hash) return 'next'
  // Whatever follows a fork belongs to the fork.
  if (previous?.outcome === 'fork' && previous.epoch === receipt.epoch) return 'fork'
  if (head || receipt.seq !== 0) return gap
  return previous || receipt.prev === ZERO_HASH ? 'next' : gap
}

const judgeLeases = async (writer: ServiceWriter, device: StoredDevice, receipt: Receipt, at: string): Promise<ReceiptOutcome> => {
  if (receipt.type === 'void') return 'logged'
  const flag = (kind: string, details: Record<string, unknown>): Promise<void> =>
    writer.putFlag({ at, kid: device.kid, account: device.account, kind, details: { receipt: receipt.id, ...details } })
  for (const stem of receipt.stems) {
    const lease = await writer.lease(stem.lease)
    const isKnown =
      lease?.kid === device.kid &&
      lease.grantId === stem.grant &&
      lease.grantVersion === stem.grantVersion &&
      lease.grantHash === stem.grantHash
    if (!isKnown) {
      await flag('unknown-lease', { lease: stem.lease, grant: stem.grant })
      return 'unknown-lease'
    }
    // Late receipts of an export that started in time are lawful, so they are looked at, not refused.
    if (receipt.issuedAt > lease.notAfter) await flag('outside-lease', { lease: lease.id, issuedAt: receipt.issuedAt })
    if (receipt.type === 'export' && lease.exportsCap !== null && (await writer.countExports({ lease: lease.id })) >= lease.exportsCap) {
      await flag('lease-cap', { lease: lease.id, cap: lease.exportsCap })
      return 'lease-cap'
    }
  }
  return 'logged'
}

type Accepted = { readonly stored: StoredReceipt } | { readonly refused: Refusal }

const acceptOne = async (writer: ServiceWriter, device: StoredDevice, { id, jws }: Item, at: string): Promise<Accepted> => {
  const refuse = (code: string, message: string): Accepted => ({ refused: { code, message } })
  const key = Buffer.from(device.x, 'base64url')
  const verified = verifyReceipt(jws, { keyFor: (kid) => (kid === device.kid ? key : undefined), verify: verifyEd25519 })
  if (!verified.ok) {
    const { code, message } = verified.error
    if (code === 'jws.unknown_key' && kidOf(jws))
      return refuse('wrong-device', 'The receipt is signed by another device; only that device can send it.')
    return refuse(code === 'jws.signature' ? 'bad-signature' : 'malformed', message)
  }
  const receipt = verified.value
  if (receipt.id !== id) return refuse('malformed', 'The receipt has another id than the one it was sent under.')
  if (receipt.account !== device.account)
    return refuse('wrong-device', 'The receipt names another account than the one this device belongs to.')
  const hash = receiptHash(jws, sha256)
  const known = await writer.receipt(id)
  if (known) {
    if (known.kid === device.kid && known.hash === hash) return { stored: known }
    await writer.putFlag({ at, kid: device.kid, account: device.account, kind: 'receipt-conflict', details: { receipt: id, hash, jws } })
    return refuse('receipt-conflict', 'A different receipt was sent under this id before. Both are kept; the account is flagged.')
  }
  const place = await placeInChain(writer, device, receipt)
  if (typeof place === 'object') return { refused: place }
  if (place === 'next' && receipt.seq === 0 && receipt.prev === ZERO_HASH && (await writer.hasReceipts(device.kid)))
    await writer.putFlag({ at, kid: device.kid, account: device.account, kind: 'restart', details: { receipt: id, epoch: receipt.epoch } })
  const outcome: ReceiptOutcome = place === 'fork' ? 'fork' : await judgeLeases(writer, device, receipt, at)
  if (outcome === 'fork')
    await writer.putFlag({
      at,
      kid: device.kid,
      account: device.account,
      kind: 'fork',
      details: { receipt: id, epoch: receipt.epoch, seq: receipt.seq },
    })
  const logIndex = outcome === 'logged' ? await appendLeaf(writer, jws) : null
  const asset = receipt.type === 'void' ? null : receipt.asset
  const hex = (text: string | null | undefined): string | null => text?.slice('sha256:'.length) ?? null
  const uses = receipt.type === 'export' && outcome === 'logged' ? receipt.stems : []
  return {
    stored: {
      id,
      kid: device.kid,
      epoch: receipt.epoch,
      seq: receipt.seq,
      hash,
      jws,
      type: receipt.type,
      outcome,
      logIndex,
      proofSize: null,
      assetSha256: hex(asset?.sha256),
      pcmSha256: hex(asset?.pcmSha256),
      filePcmSha256: hex(asset?.filePcmSha256),
      fingerprint: asset?.fingerprint ? Buffer.from(asset.fingerprint, 'base64') : undefined,
      issuedAt: receipt.issuedAt,
      uses: uses.map(({ grant, lease }) => ({ grant, lease })),
    },
  }
}

/** Stores a batch in one transaction and answers each item on its own. The same receipt sent again gets the same answer. */
export const acceptReceipts = (
  store: ServiceStore,
  keys: ServiceKeys,
  device: StoredDevice,
  items: readonly Item[],
  nowMs: number,
): Promise<ReceiptResult[]> => {
  const at = new Date(nowMs).toISOString()
  return store.transact(async (writer) => {
    const accepted: { readonly id: string; readonly result: Accepted }[] = []
    for (const item of items) {
      const result = await acceptOne(writer, device, item, at)
      // The size of the proof is not known before the batch is whole, but the next item must already see this one.
      if ('stored' in result && !(await writer.receipt(item.id))) await writer.putReceipt(result.stored, device.account, at)
      accepted.push({ id: item.id, result })
    }
    const { size } = await publishCheckpoint(writer, keys, at)
    const results: ReceiptResult[] = []
    for (const { id, result } of accepted) {
      if ('refused' in result) {
        results.push({ id, status: 'refused', ...result.refused })
        continue
      }
      const { outcome, logIndex } = result.stored
      if (outcome !== 'logged' || logIndex === null) {
        results.push({ id, status: 'refused', code: outcome, message: EVIDENCE_SENTENCES[outcome as 'fork'] })
        continue
      }
      const proofSize = result.stored.proofSize ?? (await writer.fixProofSize(id, size))
      results.push({ id, status: 'stored', proof: await buildInclusion(writer, logIndex, proofSize) })
    }
    return results
  })
}
