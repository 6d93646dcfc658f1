// A device with keys and a ledger in a folder of its own, and export fields that fit the receipt schema.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReceiptStem } from '../../../src-shared/receipts/index.ts'
import { unwrap } from '../../../src-shared/std/index.ts'
import { openIdentity } from '../identity/index.ts'
import type { Identity } from '../identity/index.ts'
import type { ExportFields } from './chain-writer.ts'
import type { IntentDraft } from './intent.ts'
import type { Ledger } from './ledger.ts'
import { openLedger } from './open-ledger.ts'

export const HASH = `sha256:${'ab'.repeat(32)}`
export const ISSUER = 'urn:stemma:service:test'

export const tempDir = (): string => mkdtempSync(join(tmpdir(), 'stemma-ledger-'))
export const identityIn = (dir: string): Identity => unwrap(openIdentity(join(dir, 'identity')))

export const ledgerIn = async (dir: string, options: { clock?: () => number } = {}): Promise<Ledger> =>
  unwrap(await openLedger({ dir, key: identityIn(dir), app: { name: 'Stemma', version: '0.1.0' }, ...options }))

export const draftOf = (more: Partial<IntentDraft> = {}): IntentDraft => ({
  issuer: ISSUER,
  account: 'urn:stemma:account:test',
  project: HASH,
  plan: HASH,
  stems: [{ stem: 'urn:stem:1', grant: 'urn:grant:1', lease: 'urn:lease:1' }],
  title: 'mix.wav',
  ...more,
})

export const fieldsOf = (more: { sha256?: string; stems?: Partial<ReceiptStem> } = {}): ExportFields => ({
  type: 'export',
  project: HASH,
  plan: HASH,
  asset: {
    sha256: more.sha256 ?? HASH,
    bytes: 10,
    format: 'audio/wav',
    durationMs: 1_000,
    pcmSha256: HASH,
    filePcmSha256: null,
    fingerprint: null,
    c2pa: 'urn:c2pa:1',
  },
  scope: 'personal-use',
  stems: [
    {
      stem: 'urn:stem:1',
      role: 'vocals',
      contentSha256: HASH,
      c2pa: null,
      isrc: null,
      grant: 'urn:grant:1',
      grantVersion: 1,
      grantHash: HASH,
      lease: 'urn:lease:1',
      usedMs: 1_000,
      ops: [{ op: 'gain', fromMs: 0, toMs: 1_000 }],
      ...more.stems,
    },
  ],
  ai: { containsAI: 'None', contributions: [], dst: 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeCapture' },
  plugins: [],
})

/** One whole export: intent, commit, finish. Returns the receipt's id. */
export const exportOnce = (ledger: Ledger, draft = draftOf(), fields = fieldsOf()): string => {
  const intent = unwrap(ledger.beginIntent(draft))
  unwrap(intent.commit(fields))
  unwrap(intent.finish())
  return intent.receiptId
}
