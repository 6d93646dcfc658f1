// Looks for a file's receipt in this device's ledger first, then at the service. Offline is no error: what is here is what there is.
import type { Ed25519Jwk } from '../../../src-shared/std/index.ts'
import type { Ledger } from '../ledger/index.ts'
import type { ServiceClient } from '../service-client/index.ts'
import type { FoundReceipt, ReceiptLookup } from './receipt-check.ts'

export interface ReceiptSources {
  /** The ledger with the public key its receipts are signed with. */
  readonly ledger: { readonly ledger: Pick<Ledger, 'show' | 'find'>; readonly deviceKey: Ed25519Jwk } | null
  /** Null while offline. */
  readonly service: Pick<ServiceClient, 'lookup'> | null
}

const inLedger = (
  { ledger, deviceKey }: NonNullable<ReceiptSources['ledger']>,
  id: string,
  matched: FoundReceipt['matched'],
): FoundReceipt[] => {
  const shown = ledger.show(id)
  if (!shown.ok) return []
  const { jws, proof, row } = shown.value
  return [{ jws, deviceKey, matched, proof, isVoid: row.state === 'void' }]
}

/** A lookup over ledger and service. A receipt found in both counts once, with the proof. */
export const createReceiptLookup = ({ ledger, service }: ReceiptSources): ReceiptLookup => ({
  find: async ({ receiptId, fileSha256, filePcmSha256 }) => {
    const found: FoundReceipt[] = []
    if (ledger) {
      if (receiptId !== null) found.push(...inLedger(ledger, receiptId, 'id'))
      if (fileSha256 !== null)
        for (const { id } of ledger.ledger.find({ sha256: `sha256:${fileSha256}` })) found.push(...inLedger(ledger, id, 'file'))
      if (filePcmSha256 !== null)
        for (const { id } of ledger.ledger.find({ filePcmSha256: `sha256:${filePcmSha256}` })) found.push(...inLedger(ledger, id, 'sound'))
    }
    if (service && (fileSha256 !== null || filePcmSha256 !== null)) {
      const reply = await service.lookup({
        ...(fileSha256 === null ? {} : { sha256: fileSha256 }),
        ...(filePcmSha256 === null ? {} : { filePcmSha256 }),
      })
      for (const { jws, deviceKey, matched, proof } of reply.ok ? reply.value.receipts : []) {
        found.push({ jws, deviceKey, matched: matched === 'sha256' ? 'file' : 'sound', proof, isVoid: false })
      }
    }
    const byText = new Map<string, FoundReceipt>()
    for (const receipt of found) {
      const known = byText.get(receipt.jws)
      byText.set(receipt.jws, known ? { ...known, proof: known.proof ?? receipt.proof, isVoid: known.isVoid || receipt.isVoid } : receipt)
    }
    return [...byText.values()]
  },
})
