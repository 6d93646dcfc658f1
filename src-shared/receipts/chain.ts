// The hash chain of receipts. Within an epoch `seq` counts from 0 without gaps and `prev` names the JWS before; a new epoch starts at 0 again
// and names the last receipt the service acknowledged, or zeros for a device's first.
import type { Sha256 } from '../std/index.ts'
import { ZERO_HASH } from './receipt.ts'
import type { Receipt } from './receipt.ts'
import { receiptHash } from './signed-receipt.ts'

export interface ChainLink {
  readonly jws: string
  readonly receipt: Receipt
}

export interface ChainFinding {
  /** `chain.gap`, `chain.broken`, `chain.duplicate_id`, `chain.unknown_start`. */
  readonly code: string
  readonly message: string
  readonly receiptId: string
  readonly seq: number
}

/** Checks links that are in the order they were signed; epochs may follow one another. `known` are hashes from before the first link. */
export const verifyChain = (links: readonly ChainLink[], sha256: Sha256, known: ReadonlySet<string> = new Set()): ChainFinding[] => {
  const findings: ChainFinding[] = []
  const hashes = new Set([ZERO_HASH, ...known])
  const ids = new Set<string>()
  const heads = new Map<string, { readonly seq: number; readonly hash: string }>()
  for (const { jws, receipt } of links) {
    const add = (code: string, message: string): void => {
      findings.push({ code, message, receiptId: receipt.id, seq: receipt.seq })
    }
    if (ids.has(receipt.id)) add('chain.duplicate_id', `Receipt ${receipt.id} stands in the chain twice.`)
    ids.add(receipt.id)
    const head = heads.get(receipt.epoch)
    const expected = head ? head.seq + 1 : 0
    if (receipt.seq !== expected)
      add('chain.gap', `Receipt ${receipt.id} has number ${receipt.seq} where ${expected} was due: receipts are missing.`)
    else if (head && receipt.prev !== head.hash) add('chain.broken', `Receipt ${receipt.id} does not follow from the one before it.`)
    else if (!head && !hashes.has(receipt.prev))
      add('chain.unknown_start', `Receipt ${receipt.id} starts a new series from a receipt that is not known.`)
    const hash = receiptHash(jws, sha256)
    hashes.add(hash)
    heads.set(receipt.epoch, { seq: receipt.seq, hash })
  }
  return findings
}
