// The approvals part of the rights service's API: statements in, threads out, sound beside them. Every statement is a signed JWS (docs/formats/approval.md).
import { z } from 'zod'
import { ed25519JwkSchema, MAX_STATEMENT_LENGTH, STATEMENT_KINDS } from '../approvals/index.ts'
import { aiSummarySchema, receiptApprovalSchema, receiptOperationSchema } from '../receipts/index.ts'
import { approvalTermsSchema } from '../rights/index.ts'

const kid = z.string().min(1).max(100)

export const ARTIST_TYP = 'stemma-artist+jws'
/** Proof that a device's user holds an artist's key: JWS by that key. */
export const artistProofSchema = z.strictObject({ nonce: z.string().max(100), device: kid, issuer: z.string().max(300) })
export const artistRequestSchema = z.object({ key: ed25519JwkSchema, proof: z.string().max(4_000) })
export const artistReplySchema = z.object({ artist: kid })

export const statementRequestSchema = z.object({ id: z.uuid(), jws: z.string().min(1).max(MAX_STATEMENT_LENGTH) })
export const statementReplySchema = z.object({
  id: z.uuid(),
  /** When the service first got it; the same answer every time it is sent again. */
  receivedAt: z.iso.datetime(),
})

export const approvalThreadsReplySchema = z.object({
  /** Changes whenever older statements may have become visible: then ask again from 0. */
  scope: z.string().max(100),
  /** In the order the service got them. */
  statements: z
    .array(
      z.object({
        seq: z.int().min(1),
        kind: z.enum(STATEMENT_KINDS),
        id: z.uuid(),
        jws: z.string().max(MAX_STATEMENT_LENGTH),
        receivedAt: z.iso.datetime(),
      }),
    )
    .max(1_000),
  hasMore: z.boolean(),
  /** Approval terms of every grant the statements speak of, and of those this device's artists answer for. */
  grants: z.array(z.object({ id: z.string().max(300), terms: approvalTermsSchema })).max(10_000),
  /** Artists' keys bound to this device. */
  artists: z.array(kid).max(100),
  /** Sounds of this account's requests that have not arrived, hex. */
  missingAudio: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(10_000),
})

/** What the log says of the stems an artist answers for: exports, the newest first, without the stems of other works in them. */
export const usageReplySchema = z.object({
  uses: z
    .array(
      z.object({
        /** Grows with time; older pages are asked for by it. */
        at: z.int().min(1),
        receipt: z.uuid(),
        issuedAt: z.iso.datetime(),
        /** Place in the log; null for what is kept as evidence only. */
        logIndex: z.int().min(0).nullable(),
        isWithdrawn: z.boolean(),
        format: z.string().max(60),
        durationMs: z.int().min(0),
        scope: z.string().max(60),
        pcmSha256: z.string().max(80),
        ai: aiSummarySchema,
        approvals: z.array(receiptApprovalSchema).max(100),
        stems: z
          .array(
            z.object({
              stem: z.string().max(300),
              title: z.string().max(300),
              role: z.string().max(40),
              work: z.string().max(300),
              workTitle: z.string().max(300),
              grant: z.string().max(300),
              usedMs: z.int().min(0),
              ops: z.array(receiptOperationSchema).max(10_000),
            }),
          )
          .min(1)
          .max(500),
      }),
    )
    .max(200),
  /** Where the next, older page begins; null at the end. */
  before: z.int().min(1).nullable(),
})

export type UsageReply = z.infer<typeof usageReplySchema>
export type ApprovalThreadsReply = z.infer<typeof approvalThreadsReplySchema>

export const APPROVAL_PATHS = {
  artists: '/v1/approvals/artists',
  requests: '/v1/approvals/requests',
  answers: '/v1/approvals/answers',
  revocations: '/v1/approvals/revocations',
  comments: '/v1/approvals/comments',
  threads: '/v1/approvals/threads',
  audio: '/v1/approvals/audio/:sha256',
  usage: '/v1/usage',
} as const
