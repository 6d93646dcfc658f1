// Where a file's receipt is looked for: this machine's ledger first, then the service. Nothing found here is believed; the verifier checks it.
import type { Ed25519Jwk } from '../../src-shared/std/index.ts'
import type { Identity } from './identity/index.ts'
import type { Ledger } from './ledger/index.ts'
import type { ServiceClient } from './service-client/index.ts'
import type { FoundReceipt, ReceiptLookup } from './verify/index.ts'

const fromLedger = (ledger: Ledger, deviceKey: Ed25519Jwk, id: string, matched: FoundReceipt['matched']): FoundReceipt[] => {
  const entry = ledger.show(id)
  if (!entry.ok) return []
  const { row, jws, proof } = entry.value
  return [{ jws, deviceKey, matched, proof: proof && { ...proof, inclusion: [...proof.inclusion] }, isVoid: row.state === 'void' }]
}

export const receiptLookup = (ledger: Ledger, identity: Identity, client: ServiceClient | null): ReceiptLookup => ({
  find: async ({ receiptId, fileSha256, filePcmSha256 }) => {
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
    return reply.value.receipts.map(({ jws, deviceKey, matched, proof }) => ({
      jws,
      deviceKey,
      matched: matched === 'sha256' ? ('file' as const) : ('sound' as const),
      proof,
      isVoid: false,
    }))
  },
})
