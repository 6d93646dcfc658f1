// A receipt as it is signed, sent and hashed: compact JWS over canonical JSON.
import { buildJws, fail, hashText, verifyJws } from '../std/index.ts'
import type { Result, Sha256, SignEd25519, VerifyEd25519 } from '../std/index.ts'
import { RECEIPT_TYP, receiptSchema } from './receipt.ts'
import type { Receipt } from './receipt.ts'

/** Longest receipt that is read, in characters of its JWS: 500 stems with hundreds of operations each fit. */
export const MAX_RECEIPT_LENGTH = 2 * 1024 * 1024

/** The signed text of a receipt. `sign` must hold the key whose thumbprint is `receipt.device`. */
export const signReceipt = (receipt: Receipt, sign: SignEd25519): string =>
  buildJws({ typ: RECEIPT_TYP, kid: receipt.device, payload: receipt }, sign)

/** Hash that the next receipt names in `prev`, over the JWS text. */
export const receiptHash = (jws: string, sha256: Sha256): string => hashText(jws, sha256)

/**
 * Reads a signed receipt and checks signature, spelling and shape. Besides the `jws.*` codes: `receipt.device` where the header's key is not the
 * device the receipt names, `receipt.too_long`, `receipt.times` where an operation ends before it starts.
 */
export const verifyReceipt = (
  jws: string,
  { keyFor, verify }: { keyFor: (kid: string) => Uint8Array | undefined; verify: VerifyEd25519 },
): Result<Receipt> => {
  if (jws.length > MAX_RECEIPT_LENGTH) return fail('receipt.too_long', 'The receipt is larger than 2 MiB; it was not read.')
  const verified = verifyJws(jws, { typ: RECEIPT_TYP, schema: receiptSchema, keyFor, verify })
  if (!verified.ok) return verified
  const { kid, payload } = verified.value
  if (payload.device !== kid) return fail('receipt.device', 'The receipt names another device than the one that signed it; it was refused.')
  if (payload.type !== 'void' && payload.stems.some((stem) => stem.ops.some((op) => op.toMs < op.fromMs)))
    return fail('receipt.times', 'The receipt holds an operation that ends before it starts; it was refused.')
  return { ok: true, value: payload }
}
