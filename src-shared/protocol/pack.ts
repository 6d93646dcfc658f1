// Licence packs: what a small label authors (`work.json`) and what `stemma pack` makes of it (`pack.json` inside a .stemmapack zip).
// A pack is a zip with stored (uncompressed) entries: `pack.json`, `pack.jws`, and `stems/<file>` for each stem.
import { z } from 'zod'
import { keySchema, roleSchema } from '../remix/index.ts'
import { approvalTermsSchema, ruleSchema } from '../rights/index.ts'
import { sectionSchema, stemSummarySchema } from './service.ts'

export const PACK_EXTENSION = '.stemmapack'
export const PACK_TYP = 'stemma-pack+jws'

const text = z.string().max(2_000)
const permille = z.int().min(0).max(1_000)
/** A plain file name: no folder, no drive, no reserved device name. */
export const packFileNameSchema = z
  .string()
  .min(1)
  .max(200)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be refused
  .regex(/^[^/\\:*?"<>|\u0000-\u001f]+$/)
  .refine((name) => !/^\.+$/.test(name) && !/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name))

/** Grant terms a human writes; everything left out takes the cautious default shown in docs/formats/pack.md. */
export const grantTermsSchema = z.object({
  licensor: z
    .array(z.object({ name: text, sharePermille: permille }))
    .min(1)
    .max(50),
  consent: z
    .object({ artist: z.string().max(60), evidence: z.string().max(300), date: z.string().max(40), coversVoiceLikeness: z.boolean() })
    .default({ artist: 'explicit-opt-in', evidence: 'urn:stemma:evidence:none', date: '', coversVoiceLikeness: false }),
  validity: z.object({ notBefore: z.iso.datetime(), notAfter: z.iso.datetime() }),
  territory: z.object({ allow: z.array(z.string().max(10)), deny: z.array(z.string().max(10)) }).default({ allow: [], deny: [] }),
  use: z
    .object({
      scope: z.enum(['personal', 'commercial']).default('personal'),
      shareInApp: z.boolean().default(true),
      shareLink: z.boolean().default(false),
      publish: z.boolean().default(false),
      commercial: z.boolean().default(false),
      exports: z
        .object({ max: z.int().min(0), perDays: z.int().min(1) })
        .nullable()
        .default(null),
      formats: z.array(z.enum(['wav', 'flac', 'mp3', 'm4a'])).default(['wav', 'flac', 'mp3', 'm4a']),
      maxBitDepth: z.union([z.literal(16), z.literal(24), z.literal(32)]).default(32),
    })
    .prefault({}),
  transform: z
    .object({
      default: z.enum(['allow', 'deny']).default('allow'),
      rules: z.array(ruleSchema).max(500).default([]),
      maxUsedMs: z.int().min(0).nullable().default(null),
      minOtherMaterialPermille: permille.default(0),
      explicitContent: z.enum(['allow', 'deny']).default('deny'),
    })
    .prefault({}),
  training: z
    .object({
      generative: z.enum(['allowed', 'prohibited']).default('prohibited'),
      nonGenerative: z.enum(['allowed', 'prohibited']).default('prohibited'),
      mining: z.enum(['allowed', 'prohibited']).default('prohibited'),
    })
    .prefault({}),
  credit: z.object({ required: z.boolean(), text, order: z.int() }).optional(),
  shareAlike: z.boolean().default(false),
  compensation: z
    .object({
      model: z.enum(['none', 'per-export', 'pool']),
      currency: z.string().max(3),
      perExportMicros: z.int().min(0),
      perAiMinuteMicros: z.int().min(0),
    })
    .default({ model: 'none', currency: 'EUR', perExportMicros: 0, perAiMinuteMicros: 0 }),
  offline: z
    .object({ leaseMaxHours: z.int().min(0).max(168), graceHours: z.int().min(0).max(24) })
    .default({ leaseMaxHours: 168, graceHours: 24 }),
  approval: approvalTermsSchema.optional(),
})

/** `work.json`, beside the audio files. */
export const workFileSchema = z.object({
  /** URN; made from issuer and title when left out. */
  id: z.string().max(300).optional(),
  title: z.string().min(1).max(300),
  artists: z.array(z.string().min(1).max(300)).min(1).max(100),
  /** BPM; null or left out where nobody knows. */
  tempo: z.number().min(20).max(400).nullable().optional(),
  key: keySchema.nullable().optional(),
  meter: z
    .string()
    .regex(/^\d{1,2}\/(1|2|4|8|16)$/)
    .default('4/4'),
  year: z.int().min(1800).max(3000).nullable().optional(),
  coverColors: z.tuple([z.string().regex(/^#[0-9a-f]{6}$/i), z.string().regex(/^#[0-9a-f]{6}$/i)]).optional(),
  sections: z.array(sectionSchema).max(500).default([]),
  stems: z
    .array(
      z.object({
        file: packFileNameSchema,
        title: z.string().min(1).max(300),
        role: roleSchema,
        isrc: z.string().max(20).nullable().optional(),
        /** How the stem came to be: played or sung into a microphone or line (the default), or made in a computer. Becomes its IPTC source type. */
        source: z.enum(['recording', 'electronic']).optional(),
      }),
    )
    .min(1)
    .max(500),
  grant: grantTermsSchema,
})

/** A stem inside a pack: signed with C2PA, named by its hash. */
export const packStemSchema = stemSummarySchema.extend({ file: packFileNameSchema })

/** `pack.json`: JCS bytes; `pack.jws` is a compact JWS over exactly these bytes by the label's key, which stands in `labelKey`. */
export const packSchema = z.object({
  v: z.literal(1),
  work: workFileSchema.omit({ stems: true, grant: true, id: true }).extend({ id: z.string().max(300) }),
  stems: z.array(packStemSchema).min(1).max(500),
  grant: grantTermsSchema,
  label: z.object({
    name: z.string().max(300),
    key: z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().max(60), kid: z.string().max(100) }),
    /** Root certificates (PEM) that anchor the C2PA signatures of this pack's stems. */
    anchors: z.array(z.string().max(20_000)).max(10),
  }),
  createdAt: z.iso.datetime(),
})

export type GrantTerms = z.infer<typeof grantTermsSchema>
export type WorkFile = z.infer<typeof workFileSchema>
export type PackStem = z.infer<typeof packStemSchema>
export type Pack = z.infer<typeof packSchema>
