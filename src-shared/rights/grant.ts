// Grant, lease and revocation list: the licence as data. Signed elsewhere (JWS over JCS); decoded and bounded here.
import { z } from 'zod'

const urn = z.string().min(1).max(300)
const sha256Text = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const text = z.string().max(2_000)
const permilleRange = z.tuple([z.int().min(1), z.int().max(100_000)])
const centsRange = z.tuple([z.int().min(-12_000), z.int().max(12_000)])

/** Operations a rule can speak of. An operation no rule names falls to `transform.default`. */
export const OPERATIONS = [
  'arrange',
  'trim',
  'gain',
  'pan',
  'fade',
  'automation',
  'stretch',
  'pitch',
  'eq',
  'filter',
  'compressor',
  'reverb',
  'delay',
  'saturation',
  'plugin',
  'isolate',
  'layer',
  'replace',
  'ai.restyle',
  'ai.voice',
  'ai.transcribe',
  'ai.master',
  'ai.analyse',
] as const
export type Operation = (typeof OPERATIONS)[number]

export const ruleSchema = z.object({
  /** Roles the rule covers; `*` is all. */
  roles: z.array(z.string().max(40)).min(1).max(40),
  /** An operation, or `*`. Kept as text: an unknown operation must survive decoding so that it can be denied by name. */
  op: z.string().max(60),
  effect: z.enum(['allow', 'deny', 'approval']).default('allow'),
  ratioPermille: permilleRange.optional(),
  cents: centsRange.optional(),
  models: z.array(urn).max(100).optional(),
  strengthMaxPermille: z.int().min(0).max(1_000).optional(),
  /** Answer promised within this ISO 8601 duration, for `approval`. */
  sla: z.string().max(20).optional(),
})

/** Who has to say yes before a remix leaves the app, and by when they promise to answer. */
export const approvalTermsSchema = z.object({
  /** Every export needs a yes; otherwise only those that do what a rule with the effect `approval` speaks of. */
  required: z.boolean(),
  approvers: z
    .array(
      z.object({
        /** RFC 7638 thumbprint of the key. */
        kid: z.string().min(1).max(100),
        name: z.string().max(300),
        publicKeyJwk: z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().max(60) }),
      }),
    )
    .min(1)
    .max(50),
  slaHours: z.int().min(1).max(8_760).optional(),
})

export const grantSchema = z.object({
  v: z.literal(1),
  id: urn,
  version: z.int().min(1),
  supersedes: sha256Text.optional(),
  issuer: z.string().max(300),
  /** Names of fields a reader must understand; any it does not know means deny. */
  crit: z.array(z.string().max(60)).max(40).optional(),
  licensor: z.array(z.object({ name: text, sharePermille: z.int().min(0).max(1_000) })).max(50),
  consent: z.object({ artist: z.string().max(60), evidence: urn, date: z.string().max(40), coversVoiceLikeness: z.boolean() }),
  work: urn,
  assets: z
    .array(
      z.object({
        stem: urn,
        role: z.string().max(40),
        contentSha256: z.string().regex(/^[0-9a-f]{64}$/),
        isrc: z.string().max(20).nullable(),
        c2pa: z.string().max(300).nullable(),
      }),
    )
    .min(1)
    .max(500),
  validity: z.object({ notBefore: z.iso.datetime(), notAfter: z.iso.datetime() }),
  territory: z.object({ allow: z.array(z.string().max(10)).max(300), deny: z.array(z.string().max(10)).max(300) }),
  use: z.object({
    scope: z.enum(['personal', 'commercial']),
    shareInApp: z.boolean(),
    shareLink: z.boolean(),
    publish: z.boolean(),
    commercial: z.boolean(),
    exports: z.object({ max: z.int().min(0), perDays: z.int().min(1) }).nullable(),
    formats: z.array(z.enum(['wav', 'flac', 'mp3', 'm4a'])),
    maxBitDepth: z.union([z.literal(16), z.literal(24), z.literal(32)]),
  }),
  transform: z.object({
    default: z.enum(['allow', 'deny']),
    rules: z.array(ruleSchema).max(500),
    /** Longest use of one stem in one export, in milliseconds; null is no cap. */
    maxUsedMs: z.int().min(0).nullable(),
    minOtherMaterialPermille: z.int().min(0).max(1_000),
    explicitContent: z.enum(['allow', 'deny']),
  }),
  training: z.object({
    generative: z.enum(['allowed', 'prohibited']),
    nonGenerative: z.enum(['allowed', 'prohibited']),
    mining: z.enum(['allowed', 'prohibited']),
  }),
  credit: z.object({ required: z.boolean(), text, order: z.int() }),
  shareAlike: z.boolean(),
  compensation: z.object({
    model: z.enum(['none', 'per-export', 'pool']),
    currency: z.string().max(3),
    perExportMicros: z.int().min(0),
    perAiMinuteMicros: z.int().min(0),
  }),
  offline: z.object({ leaseMaxHours: z.int().min(0), graceHours: z.int().min(0) }),
  revocation: z.object({
    list: z.string().max(500),
    maxAgeHours: z.int().min(0),
    onRevoke: z.enum(['block-new-exports', 'block-editing']),
  }),
  approval: approvalTermsSchema.optional(),
})

export const leaseSchema = z.object({
  v: z.literal(1),
  id: urn,
  device: z.string().max(100),
  account: z.string().max(200),
  grants: z
    .array(z.object({ id: urn, version: z.int(), hash: sha256Text }))
    .min(1)
    .max(500),
  issuedAt: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  /** Exports this lease covers; null is no cap. */
  exportsCap: z.int().min(0).nullable(),
  serverTime: z.iso.datetime(),
  crlSeq: z.int().min(0),
})

export const revocationListSchema = z.object({
  v: z.literal(1),
  seq: z.int().min(0),
  /** Hash of the previous list's JWS; zeros for the first. */
  prev: sha256Text,
  issuedAt: z.iso.datetime(),
  nextUpdate: z.iso.datetime(),
  entries: z
    .array(z.object({ kind: z.enum(['grant', 'stem', 'certificate', 'artist']), id: urn, since: z.iso.datetime(), reason: text }))
    .max(100_000),
})

export type Rule = z.infer<typeof ruleSchema>
export type ApprovalTerms = z.infer<typeof approvalTermsSchema>
export type Grant = z.infer<typeof grantSchema>
export type Lease = z.infer<typeof leaseSchema>
export type RevocationList = z.infer<typeof revocationListSchema>
