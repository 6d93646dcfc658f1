// What the service says about its log is believed only after it has been computed: origin and signature, inclusion of the very receipt, and that the
// log only grew since the newest checkpoint this device holds.
import { leafHash, verifyCheckpoint, verifyConsistency, verifyInclusion } from '../../../src-shared/receipts/index.ts'
import type { NoteKey } from '../../../src-shared/receipts/index.ts'
import type { Inclusion } from '../../../src-shared/protocol/index.ts'
import { fail, fromBase64, ok, utf8 } from '../../../src-shared/std/index.ts'
import type { Result } from '../../../src-shared/std/index.ts'
import { sha256, verifyEd25519 } from '../identity/index.ts'

export interface KnownCheckpoint {
  readonly size: number
  readonly root: Uint8Array
  readonly note: string
}

const decodeHashes = (texts: readonly string[]): Uint8Array[] | undefined => {
  const hashes = texts.map((text) => fromBase64(text))
  return hashes.every((hash) => hash?.length === 32) ? (hashes as Uint8Array[]) : undefined
}

/** Checks that a receipt is in the log its checkpoint describes. Codes: `note.*`, `proof.inclusion`. Returns the checkpoint. */
export const checkInclusion = (jws: string, proof: Inclusion, logKey: NoteKey): Result<KnownCheckpoint> => {
  const checkpoint = verifyCheckpoint(proof.checkpoint, logKey, verifyEd25519)
  if (!checkpoint.ok) return checkpoint
  const { size, root } = checkpoint.value
  const hashes = decodeHashes(proof.inclusion)
  const isIn =
    hashes !== undefined &&
    size === proof.treeSize &&
    verifyInclusion({ leaf: leafHash(utf8(jws), sha256), index: proof.logIndex, size, proof: hashes, root }, sha256)
  if (!isIn) return fail('proof.inclusion', 'The proof that the service sent does not show this receipt in its log.')
  return ok({ size, root, note: proof.checkpoint })
}

/** Fetches a consistency proof between two sizes. */
export type FetchConsistency = (from: number, to: number) => Promise<Result<{ readonly proof: readonly string[] }>>

/** Checks that one checkpoint's log is a beginning of the other's. Codes: `proof.consistency`, and those of `fetchProof`. */
export const checkConsistency = async (a: KnownCheckpoint, b: KnownCheckpoint, fetchProof: FetchConsistency): Promise<Result<null>> => {
  const [older, newer] = a.size <= b.size ? [a, b] : [b, a]
  const forged = fail(
    'proof.consistency',
    'The log of the service is not the one it showed this device before: entries were changed or removed.',
  )
  let proof: Uint8Array[] | undefined = []
  if (older.size !== newer.size && older.size !== 0) {
    const reply = await fetchProof(older.size, newer.size)
    // A service that denies a size it has signed is as wrong as one that proves something else.
    if (!reply.ok) return reply.error.code === 'log.unknown' ? forged : reply
    proof = decodeHashes(reply.value.proof)
  }
  const isGrown =
    proof !== undefined && verifyConsistency({ from: older.size, to: newer.size, fromRoot: older.root, toRoot: newer.root, proof }, sha256)
  return isGrown ? ok(null) : forged
}
