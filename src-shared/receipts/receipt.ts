// The usage receipt: one signed line of the ledger. Integers only, so that RFC 8785 canonical JSON is trivially stable.
// Unknown fields are refused: a receipt says exactly what this schema says, or it is not one.
// Wire form: compact JWS (RFC 7515), header {"alg":"EdDSA","kid":<RFC 7638 thumbprint>,"typ":"stemma-receipt+jws"}, payload = JCS bytes.
import { z } from 'zod'
import { fingerprintSchema } from './fingerprint-schema.ts'

export const RECEIPT_TYP = 'stemma-receipt+jws'
export const ZERO_HASH = `sha256:${'0'.repeat(64)}`

const sha256Text = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const urn = z.string().min(1).max(300)
const ms = z
  .int()
  .min(0)
  .max(2 ** 42)

export const receiptOperationSchema = z.strictObject({
  op: z.string().min(1).max(60),
  fromMs: ms,
  toMs: ms,
  ratioPermille: z.int().optional(),
  cents: z.int().optional(),
  model: urn.optional(),
  strengthPermille: z.int().min(0).max(1_000).optional(),
})

export const receiptStemSchema = z.strictObject({
  stem: urn,
  role: z.string().max(40),
  contentSha256: sha256Text,
  c2pa: urn.nullable(),
  isrc: z.string().max(20).nullable(),
  grant: urn,
  grantVersion: z.int().min(1),
  grantHash: sha256Text,
  lease: urn,
  usedMs: ms,
  ops: z.array(receiptOperationSchema).max(10_000),
})

export const aiSummarySchema = z.strictObject({
  /** DDEX `avs:ContainsAI`. */
  containsAI: z.enum(['All', 'Partly', 'None']),
  contributions: z
    .array(z.strictObject({ role: z.string().max(60), value: z.enum(['All', 'Partly', 'None']), model: urn.optional() }))
    .max(100),
  /** IPTC digital source type URI of the asset. */
  dst: z.string().max(200),
})

/** An artist's answer that covered the export (docs/formats/approval.md). */
export const receiptApprovalSchema = z.strictObject({
  id: z.uuid(),
  /** Hash of the answer's JWS text. */
  sha256: sha256Text,
  verdict: z.enum(['approve', 'approve_with_conditions']),
  /** Thumbprint of the artist's key. */
  artist: z.string().min(1).max(100),
  grant: urn,
})

export const receiptAssetSchema = z.strictObject({
  /** Hash of the finished file. */
  sha256: sha256Text,
  bytes: z.int().min(0),
  format: z.enum(['audio/wav', 'audio/flac', 'audio/mpeg', 'audio/mp4']),
  durationMs: ms,
  /** Hash of the sound: the rendered master as interleaved little-endian float32 frames, before dither and encoding. */
  pcmSha256: sha256Text,
  /** Hash of the file's own decoded samples (see docs/formats/receipt.md), for lossless formats; finds the receipt of a stripped file. */
  filePcmSha256: sha256Text.nullable(),
  /** Acoustic fingerprint (see docs/formats/fingerprint.md); finds the receipt of a re-encoded copy. Null where there is too little to hear. */
  fingerprint: fingerprintSchema.nullable(),
  /** URN of the C2PA manifest. */
  c2pa: urn,
})

const base = {
  v: z.literal(1),
  id: z.uuid(),
  /** Thumbprint of the device key; equals the JWS `kid`. */
  device: z.string().min(1).max(100),
  epoch: z.uuid(),
  seq: z.int().min(0),
  /** Hash of the previous receipt's JWS text; zeros for the first of the first epoch. */
  prev: sha256Text,
  issuedAt: z.iso.datetime(),
  clock: z.strictObject({
    src: z.enum(['server-anchored', 'system']),
    uncertaintyMs: z.int().min(0),
    anchor: z.string().max(300),
    mono: z.int().min(0),
  }),
  /** Pairwise pseudonym; never a name or address. */
  account: z.string().max(200),
  app: z.strictObject({ name: z.string().max(60), version: z.string().max(40) }),
}

export const exportReceiptSchema = z.strictObject({
  ...base,
  type: z.enum(['export', 'ai-render', 'preview']),
  /** Hash of the remix document that was rendered. */
  project: sha256Text,
  /** Hash of the render plan. */
  plan: sha256Text,
  asset: receiptAssetSchema,
  scope: z.enum(['personal-use', 'commercial']),
  stems: z.array(receiptStemSchema).min(1).max(500),
  ai: aiSummarySchema,
  /** Names of plugins that took part and are not deterministic. */
  plugins: z.array(z.string().max(200)).max(200),
  /** Answers of artists to exactly this sound; left out where none was asked. */
  approvals: z.array(receiptApprovalSchema).min(1).max(100).exactOptional(),
})

export const voidReceiptSchema = z.strictObject({
  ...base,
  type: z.literal('void'),
  /** Why nothing was exported under this sequence number, or which receipt is withdrawn. */
  reason: z.enum(['interrupted', 'cancelled', 'failed', 'withdrawn']),
  /** Id of the receipt that is withdrawn, or null where the void takes the place of an unfinished export. */
  voids: z.uuid().nullable(),
})

export const receiptSchema = z.discriminatedUnion('type', [exportReceiptSchema, voidReceiptSchema])

export type ReceiptOperation = z.infer<typeof receiptOperationSchema>
export type ReceiptStem = z.infer<typeof receiptStemSchema>
export type AiSummary = z.infer<typeof aiSummarySchema>
export type ExportReceipt = z.infer<typeof exportReceiptSchema>
export type VoidReceipt = z.infer<typeof voidReceiptSchema>
export type Receipt = z.infer<typeof receiptSchema>
