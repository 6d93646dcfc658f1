// Where a file's receipt is looked for: this machine's ledger first, then the service. Nothing found here is believed; the verifier checks it.
import type { ReceiptLookupReply } from '../../src-shared/protocol/index.ts'
import { encodeFingerprint } from '../../src-shared/receipts/index.ts'
import type { Ed25519Jwk } from '../../src-shared/std/index.ts'
import type { Identity } from './identity/index.ts'
import { findByFingerprint, type Ledger } from './ledger/index.ts'
import type { ServiceClient } from './service-client/index.ts'
import type { FoundReceipt, ReceiptLookup } from './verify/index.ts'

const fromLedger = (ledger: Ledger, deviceKey: Ed25519Jwk, id: string, matched: FoundReceipt['matched']): FoundReceipt[] => {
  const entry = ledger.show(id)
  if (!entry.ok) return []
  const { row, jws, proof } = entry.value
  return [{ jws, deviceKey, matched, proof: proof && { ...proof, inclusion: [...proof.inclusion] }, isVoid: row.state === 'void' }]
}

const fromService = ({ jws, deviceKey, matched, proof }: ReceiptLookupReply['receipts'][number]): FoundReceipt => ({
  jws,
  deviceKey,
  matched: matched === 'sha256' ? 'file' : matched === 'fingerprint' ? 'fingerprint' : 'sound',
  proof,
  isVoid: false,
})

interface Places {
  readonly ledger: Ledger
  readonly identity: Identity
  readonly client: ServiceClient | null
}

/** Receipts of exports that sound like this. The service is asked only where this machine knows none. */
const findAlike = async ({ ledger, identity, client }: Places, fingerprint: Uint32Array): Promise<FoundReceipt[]> => {
  const ids = await findByFingerprint(ledger.db, fingerprint)
  const found = ids.flatMap((id) => fromLedger(ledger, identity.jwk, id, 'fingerprint'))
  if (found.length > 0 || client === null) return found
  const reply = await client.lookupSound(encodeFingerprint(fingerprint))
  return reply.ok ? reply.value.receipts.map(fromService) : []
}

export const receiptLookup = (ledger: Ledger, identity: Identity, client: ServiceClient | null): ReceiptLookup => ({
  find: async ({ receiptId, fileSha256, filePcmSha256, fingerprint }) => {
    if (fingerprint !== null) return findAlike({ ledger, identity, client }, fingerprint)
    const found: FoundReceipt[] = []
    if (receiptId !== null) found.push(...fromLedger(ledger, identity.jwk, receiptId, 'id'))
    const text = (hash: string | null) => (hash === null ? {} : { sha256: `sha256:${hash}` })
    for (const { id } of ledger.find({
      ...text(fileSha256),
      ...(filePcmSha256 === null ? {} : { filePcmSha256: `sha256:${filePcmSha256}` }),
    })) {
      if (found.length === 0) found.push(...fromLedger(ledger, identity.jwk, id, fileSha256 === null ? 'sound' : 'file'))
    }
    if (found.length > 0 || client === null || (fileSha256 === null && filePcmSha256 === null)) return found
    const reply = await client.lookup({
      ...(fileSha256 === null ? {} : { sha256: fileSha256 }),
      ...(filePcmSha256 === null ? {} : { filePcmSha256 }),
    })
    if (!reply.ok) return found
    return reply.value.receipts.map(fromService)
  },
})
