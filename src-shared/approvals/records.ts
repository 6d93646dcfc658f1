// What producer and artist say to each other, as signed statements: request, answer, revocation, comment. Canonical JSON, integers and texts only,
// unknown fields refused: what is signed says exactly what these schemas say. See docs/formats/approval.md.
import { z } from 'zod'

export const REQUEST_TYP = 'stemma-approval-request+jws'
export const APPROVAL_TYP = 'stemma-approval+jws'
export const APPROVAL_REVOCATION_TYP = 'stemma-approval-revocation+jws'
export const COMMENT_TYP = 'stemma-approval-comment+jws'

/** A preview or an original may be this large, in bytes. */
export const MAX_AUDIO_BYTES = 64 * 1024 * 1024

const sha256Text = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const hex64 = z.string().regex(/^[0-9a-f]{64}$/)
const urn = z.string().min(1).max(300)
const kid = z.string().min(1).max(100)
const ms = z
  .int()
  .min(0)
  .max(2 ** 42)
const frame = z
  .int()
  .min(0)
  .max(2 ** 34)
const note = z.string().max(4_000)

export const ed25519JwkSchema = z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().max(60) })

export const AUDIO_TYPES = ['audio/mpeg', 'audio/flac', 'audio/wav'] as const

/** Sound that travels beside a request, named by its content. */
export const approvalAudioSchema = z.strictObject({
  sha256: hex64,
  bytes: z.int().min(1).max(MAX_AUDIO_BYTES),
  mimeType: z.enum(AUDIO_TYPES),
  durationMs: ms,
  /** Integrated loudness in hundredths of a LUFS, to play both equally loud; null where there is too little to tell. */
  centiLufs: z.int().min(-20_000).max(2_000).nullable(),
})

export const doneToStemSchema = z.strictObject({
  stem: urn,
  title: z.string().max(300),
  role: z.string().max(40),
  usedMs: ms,
  /** What was done, one plain line each; `model` where a trained model did it. */
  lines: z
    .array(z.strictObject({ op: z.string().min(1).max(60), text: z.string().max(300), fromMs: ms, toMs: ms, model: urn.nullable() }))
    .max(1_000),
})

export const approvalRecipeSchema = z.strictObject({
  style: z.string().min(1).max(100),
  version: z.int().min(1),
  params: z.record(z.string().max(100), z.union([z.number(), z.string().max(2_000), z.boolean()])),
  seed: z.int().min(0).max(0xffffffff),
  inputs: z.array(z.string().max(300)).max(100),
})

/** The part of an export that shapes its sound. */
export const exportSettingsSchema = z.strictObject({
  /** Frames at 48 kHz; null is the whole remix with its tail. */
  range: z.strictObject({ fromFrame: frame, toFrame: frame }).nullable(),
  /** Loudness to reach, in hundredths of a LUFS. */
  centiLufsTarget: z.int().min(-4_000).max(-500).nullable(),
})

export const approvalRequestSchema = z.strictObject({
  v: z.literal(1),
  id: z.uuid(),
  /** Id of the first request of the thread; its own for the first. */
  thread: z.uuid(),
  /** The request this one replaces. */
  supersedes: z.uuid().nullable(),
  /** The rights service that issued the grant. */
  issuer: z.string().max(300),
  work: urn,
  workTitle: z.string().max(300),
  grant: z.strictObject({ id: urn, version: z.int().min(1), hash: sha256Text }),
  remix: z.strictObject({ uid: z.string().min(1).max(200), title: z.string().max(300) }),
  recipes: z.array(approvalRecipeSchema).max(1_000),
  /** Hash of the canonical render plan. */
  planSha256: sha256Text,
  /** Hash of the sound: the rendered master as interleaved little-endian float32 frames. */
  pcmSha256: sha256Text,
  export: exportSettingsSchema,
  durationMs: ms,
  preview: approvalAudioSchema,
  /** The work as it was released, over the same stretch; null where it cannot be made here. */
  original: approvalAudioSchema.nullable(),
  done: z.array(doneToStemSchema).max(500),
  ai: z.strictObject({
    containsAI: z.enum(['All', 'Partly', 'None']),
    contributions: z
      .array(z.strictObject({ role: z.string().max(60), value: z.enum(['All', 'Partly', 'None']), model: urn.optional() }))
      .max(100),
    dst: z.string().max(200),
  }),
  message: note,
  /** Thumbprint of `key`. */
  device: kid,
  key: ed25519JwkSchema,
  /** Pairwise pseudonym; never a name or address. */
  account: z.string().max(200),
  issuedAt: z.iso.datetime(),
})

export const VERDICTS = ['approve', 'approve_with_conditions', 'changes', 'refuse'] as const

export const approvalNoteSchema = z.strictObject({ fromMs: ms, toMs: ms.nullable(), text: z.string().min(1).max(4_000) })

export const approvalAnswerSchema = z.strictObject({
  v: z.literal(1),
  id: z.uuid(),
  requestId: z.uuid(),
  /** Hash of the request's JWS text. */
  requestHash: sha256Text,
  planSha256: sha256Text,
  pcmSha256: sha256Text,
  verdict: z.enum(VERDICTS),
  conditions: z.array(z.string().min(1).max(2_000)).max(50),
  notes: z.array(approvalNoteSchema).max(500),
  /** Thumbprint of the approver's key. */
  artist: kid,
  issuedAt: z.iso.datetime(),
  /** From then on it covers no new exports. */
  expires: z.iso.datetime().nullable(),
})

export const approvalRevocationSchema = z.strictObject({
  v: z.literal(1),
  id: z.uuid(),
  answerId: z.uuid(),
  requestId: z.uuid(),
  /** Hash of the answer's JWS text. */
  answerHash: sha256Text,
  /** Exports before stay lawful; never before `issuedAt`. */
  since: z.iso.datetime(),
  reason: z.string().max(2_000),
  artist: kid,
  issuedAt: z.iso.datetime(),
})

export const approvalCommentSchema = z.strictObject({
  v: z.literal(1),
  id: z.uuid(),
  requestId: z.uuid(),
  kind: z.enum(['comment', 'reminder']),
  text: note,
  /** Place in the preview it speaks of. */
  atMs: ms.nullable(),
  from: z.enum(['producer', 'artist']),
  author: kid,
  key: ed25519JwkSchema,
  issuedAt: z.iso.datetime(),
})

export type ApprovalAudio = z.infer<typeof approvalAudioSchema>
export type DoneToStem = z.infer<typeof doneToStemSchema>
export type ExportSettings = z.infer<typeof exportSettingsSchema>
export type ApprovalRequest = z.infer<typeof approvalRequestSchema>
export type Verdict = (typeof VERDICTS)[number]
export type ApprovalNote = z.infer<typeof approvalNoteSchema>
export type ApprovalAnswer = z.infer<typeof approvalAnswerSchema>
export type ApprovalRevocation = z.infer<typeof approvalRevocationSchema>
export type ApprovalComment = z.infer<typeof approvalCommentSchema>

export const STATEMENT_KINDS = ['request', 'answer', 'revocation', 'comment'] as const
export type StatementKind = (typeof STATEMENT_KINDS)[number]

/** Whether a verdict lets the remix be exported. */
export const isYes = (verdict: Verdict): boolean => verdict === 'approve' || verdict === 'approve_with_conditions'
