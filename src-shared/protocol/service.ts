// The rights service's HTTP API: every message schema, written once. The server builds its OpenAPI document from these, the client decodes replies with them.
import { z } from 'zod'
import { fingerprintQuerySchema } from '../receipts/index.ts'
import { keySchema, roleSchema } from '../remix/index.ts'

const urn = z.string().min(1).max(300)
const hex64 = z.string().regex(/^[0-9a-f]{64}$/)
const sha256Text = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const jws = z.string().max(4 * 1024 * 1024)

/** A stem as catalogue and packs tell it. */
export const stemSummarySchema = z.object({
  id: urn,
  title: z.string().max(300),
  role: roleSchema,
  bytes: z.int().min(1),
  contentSha256: hex64,
  mimeType: z.enum(['audio/wav', 'audio/flac', 'audio/mpeg', 'audio/mp4', 'audio/ogg']),
  lengthMs: z.int().min(1),
  /** Exact length in frames at `sampleRate`, priming and padding trimmed. */
  lengthFrames: z
    .int()
    .min(1)
    .max(2 ** 40),
  sampleRate: z.int().min(8_000).max(384_000),
  channels: z.int().min(1).max(2),
  isrc: z.string().max(20).nullable(),
  /** URN of the stem's own C2PA manifest; null for a container that cannot carry one. */
  c2pa: z.string().max(300).nullable(),
})

/** A named stretch of the work, in bars from 1. */
export const sectionSchema = z.object({ name: z.string().max(100), startBar: z.int().min(1), lengthBars: z.int().min(1) })

export const workSummarySchema = z.object({
  id: urn,
  title: z.string().max(300),
  artists: z.array(z.string().max(300)).min(1).max(100),
  milliBpm: z.int().min(20_000).max(400_000).nullable(),
  key: keySchema.nullable(),
  meter: z.object({ numerator: z.int().min(1).max(32), denominator: z.int().min(1).max(16) }),
  year: z.int().min(1800).max(3000).nullable(),
  /** Two hex colours for the cover gradient. */
  coverColors: z.tuple([z.string().regex(/^#[0-9a-f]{6}$/i), z.string().regex(/^#[0-9a-f]{6}$/i)]),
  lengthMs: z.int().min(0),
  sections: z.array(sectionSchema).max(500),
  stems: z.array(stemSummarySchema).min(1).max(500),
  /** What the licence allows, in plain words, and whether it can be leased now. */
  licence: z.object({
    state: z.enum(['open', 'limited', 'ended', 'not-yet', 'revoked']),
    /** One line for a badge: `vocals limited · 3 exports`. */
    badge: z.string().max(200),
    sentences: z.array(z.string().max(400)).max(50),
  }),
})

export const catalogueReplySchema = z.object({ works: z.array(workSummarySchema).max(1_000), total: z.int().min(0) })

export const enrolRequestSchema = z.object({
  /** Ed25519 device key (receipts), JWK. */
  deviceKey: z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().max(60) }),
  /** PKCS #10 request for the ES256 claim-signing key, PEM. */
  csr: z.string().max(20_000),
  /** Proof of possession: JWS (`stemma-enrol+jws`) by the device key over `enrolProofSchema`. */
  proof: z.string().max(4_000),
})
export const ENROL_TYP = 'stemma-enrol+jws'
export const enrolProofSchema = z.strictObject({
  /** SHA-256 of the CSR's PEM text. */
  csrSha256: hex64,
  /** From the challenge; good for one enrolment. */
  nonce: z.string().max(100),
})
export const enrolChallengeReplySchema = z.object({ nonce: z.string().max(100), expiresAt: z.iso.datetime() })
export const enrolReplySchema = z.object({
  device: z.string().max(100),
  account: z.string().max(200),
  /** Bearer token for this device. */
  token: z.string().max(500),
  /** Leaf first, without the root, PEM each. */
  certificates: z.array(z.string().max(20_000)).min(1).max(5),
  notAfter: z.iso.datetime(),
})

/** Everything a client needs to check what the service says, fetched once and pinned; newer bundles must be signed by a key of the pinned one. */
export const TRUST_TYP = 'stemma-trust+jws'
/** The bundle travels as a JWS by one of its own grant keys. */
export const trustReplySchema = z.object({ trustJws: jws })
export const trustBundleSchema = z.object({
  v: z.literal(1),
  issuer: z.string().max(300),
  /** Root certificates that anchor the claim-signing certificates of devices and of the labels whose packs are in the catalogue, PEM. */
  anchors: z.array(z.string().max(20_000)).min(1).max(500),
  /** Keys that sign grants, leases and revocation lists, JWK with `kid`. */
  grantKeys: z
    .array(z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().max(60), kid: z.string().max(100) }))
    .min(1)
    .max(20),
  /** C2SP verifier key of the receipt log: `origin+keyid+base64`. */
  logKey: z.string().max(500),
  issuedAt: z.iso.datetime(),
})

export const leaseRequestSchema = z.object({
  work: urn,
  /** Newest receipt of this device for this service, synced or not; null before its first. A lease needs every receipt before it. */
  ledger: z.object({ epoch: z.uuid(), seq: z.int().min(0), hash: sha256Text }).nullable(),
})
export const leaseReplySchema = z.object({
  grantJws: jws,
  leaseJws: jws,
  /** The revocation list this lease refers to. */
  revocationListJws: jws,
})

export const receiptsRequestSchema = z.object({
  receipts: z
    .array(z.object({ id: z.uuid(), jws }))
    .min(1)
    .max(100),
})
export const inclusionSchema = z.object({
  logIndex: z.int().min(0),
  treeSize: z.int().min(1),
  /** Base64 hashes, leaf to root. */
  inclusion: z.array(z.string().max(60)).max(64),
  /** C2SP checkpoint (signed note). */
  checkpoint: z.string().max(4_000),
})
export const receiptResultSchema = z.discriminatedUnion('status', [
  z.object({ id: z.uuid(), status: z.literal('stored'), proof: inclusionSchema }),
  z.object({
    id: z.uuid(),
    status: z.literal('refused'),
    /**
     * `receipt-conflict`, `chain-gap`, `fork`, `bad-signature`, `wrong-device`, `malformed`: not in the chain. `lease-cap`, `unknown-lease`: kept as
     * evidence, and the chain goes on from it.
     */
    code: z.string().max(60),
    message: z.string().max(1_000),
    /** For `chain-gap`: the last sequence number the service has. */
    have: z.int().min(-1).optional(),
  }),
])
export const receiptsReplySchema = z.object({ results: z.array(receiptResultSchema).max(100) })

/** Look-up by acoustic fingerprint (docs/formats/fingerprint.md), base64 at query density. */
export const soundLookupRequestSchema = z.object({ fingerprint: fingerprintQuerySchema })

export const receiptLookupReplySchema = z.object({
  receipts: z
    .array(
      z.object({
        id: z.uuid(),
        jws,
        /** Key that signed it, so that anyone can check the signature. */
        deviceKey: z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().max(60) }),
        /** What was found by: the file, its sound, the sound of a file that lost its stamp, or what of it survives a lossy copy. */
        matched: z.enum(['sha256', 'pcmSha256', 'filePcmSha256', 'fingerprint']),
        /** Null for a receipt that was kept as evidence and not logged. */
        proof: inclusionSchema.nullable(),
      }),
    )
    .max(100),
})
export const revocationsReplySchema = z.object({ revocationListJws: jws })
export const healthReplySchema = z.object({
  isReady: z.literal(true),
  issuer: z.string().max(300),
  works: z.int().min(0),
  version: z.string().max(40),
})

export const consistencyReplySchema = z.object({ from: z.int().min(0), to: z.int().min(0), proof: z.array(z.string().max(60)).max(64) })

export const problemReplySchema = z.object({
  code: z.string().max(100),
  message: z.string().max(2_000),
  details: z.record(z.string(), z.unknown()).optional(),
})

export type StemSummary = z.infer<typeof stemSummarySchema>
export type WorkSummary = z.infer<typeof workSummarySchema>
export type EnrolRequest = z.infer<typeof enrolRequestSchema>
export type EnrolReply = z.infer<typeof enrolReplySchema>
export type TrustBundle = z.infer<typeof trustBundleSchema>
export type LeaseRequest = z.infer<typeof leaseRequestSchema>
export type ReceiptLookupReply = z.infer<typeof receiptLookupReplySchema>
export type LeaseReply = z.infer<typeof leaseReplySchema>
export type Inclusion = z.infer<typeof inclusionSchema>
export type ReceiptResult = z.infer<typeof receiptResultSchema>

/** Paths of the API. */
export const SERVICE_PATHS = {
  health: '/v1/health',
  openapi: '/v1/openapi.json',
  trust: '/v1/trust',
  catalogue: '/v1/catalogue',
  work: '/v1/works/:work',
  enrol: '/v1/enrol',
  enrolChallenge: '/v1/enrol/challenge',
  lease: '/v1/leases',
  stem: '/v1/stems/:sha256',
  receipts: '/v1/receipts',
  checkpoint: '/v1/log/checkpoint',
  consistency: '/v1/log/consistency',
  inclusion: '/v1/log/inclusion/:id',
  revocations: '/v1/revocations',
  receiptLookup: '/v1/receipts/lookup',
  soundLookup: '/v1/receipts/lookup/sound',
  /** For the operator, with the admin token: import a pack, withdraw a grant or stem. */
  adminPacks: '/v1/admin/packs',
  adminRevocations: '/v1/admin/revocations',
} as const
