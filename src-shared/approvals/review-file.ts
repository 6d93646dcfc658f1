// Approvals by hand: what a review file (`*.stemma-review`, or an HTML page around the same JSON) and an answer file (`*.stemma-answer`) hold.
import { z } from 'zod'
import { fail, ok, type Result } from '../std/index.ts'
import { approvalNoteSchema, AUDIO_TYPES, ed25519JwkSchema, MAX_AUDIO_BYTES, VERDICTS } from './records.ts'

export const REVIEW_EXTENSION = '.stemma-review'
export const ANSWER_EXTENSION = '.stemma-answer'
/** Id of the `<script type="application/json">` that holds the review inside an HTML page. `<` is written as \u003c there. */
export const REVIEW_SCRIPT_ID = 'stemma-review'
/** A review file with both sounds in base64 stays below this, in characters. */
export const MAX_REVIEW_LENGTH = 4 * Math.ceil(MAX_AUDIO_BYTES / 3) * 2 + 8 * 1024 * 1024

const jws = z
  .string()
  .min(1)
  .max(1024 * 1024)
const base64 = z.string().max(4 * Math.ceil(MAX_AUDIO_BYTES / 3))
const audio = z.strictObject({ mimeType: z.enum(AUDIO_TYPES), base64 })
const approver = z.strictObject({ kid: z.string().max(100), name: z.string().max(300), publicKeyJwk: ed25519JwkSchema })

export const reviewFileSchema = z.strictObject({
  format: z.literal('stemma-review'),
  v: z.literal(1),
  /** The signed request; everything shown is read from it. */
  request: jws,
  /** Who may answer: for the page only, the app asks the grant. */
  approvers: z.array(approver).max(50),
  preview: audio,
  original: audio.nullable(),
  /** Earlier requests of the thread and what was said to them, oldest first. */
  statements: z.array(z.strictObject({ kind: z.enum(['request', 'answer', 'revocation', 'comment']), jws })).max(1_000),
})

export const answerFileSchema = z.strictObject({
  format: z.literal('stemma-answer'),
  v: z.literal(1),
  /** Signed answers, revocations and comments, in the order they were made. */
  statements: z
    .array(z.strictObject({ kind: z.enum(['answer', 'revocation', 'comment']), jws }))
    .min(1)
    .max(1_000),
})

/** What a browser wrote that has no key: an answer still to be signed. */
export const answerDraftFileSchema = z.strictObject({
  format: z.literal('stemma-answer-draft'),
  v: z.literal(1),
  request: z.uuid(),
  /** Hash of the request's JWS text. */
  requestHash: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  verdict: z.enum(VERDICTS),
  conditions: z.array(z.string().min(1).max(2_000)).max(50),
  notes: z.array(approvalNoteSchema).max(500),
  expires: z.iso.datetime().nullable(),
})

export type AnswerDraftFile = z.infer<typeof answerDraftFileSchema>
export type ReviewFile = z.infer<typeof reviewFileSchema>
export type AnswerFile = z.infer<typeof answerFileSchema>

const unreadable = (name: string): Result<never> =>
  fail('approval.file_unreadable', `“${name}” is neither a review nor an answer of Stemma, or it was damaged. Ask for it again.`)

/** Reads a review or answer file, or the page around a review. Codes: `approval.file_unreadable`. Signatures are checked by whoever takes it in. */
export const readApprovalFile = (name: string, text: string): Result<ReviewFile | AnswerFile | AnswerDraftFile> => {
  if (text.length > MAX_REVIEW_LENGTH) return unreadable(name)
  let json = text.trimStart()
  if (json.startsWith('<')) {
    const start = new RegExp(`<script[^>]*\\bid=["']${REVIEW_SCRIPT_ID}["'][^>]*>`, 'i').exec(json)
    const end = start ? json.indexOf('</script', start.index + start[0].length) : -1
    if (!start || end < 0) return unreadable(name)
    json = json.slice(start.index + start[0].length, end)
  } else if (/^[\w-]+\.[\w-]+\.[\w-]+\s*$/.test(json)) {
    // An answer alone, as somebody may paste it into a message.
    return ok({ format: 'stemma-answer', v: 1, statements: [{ kind: 'answer', jws: json.trim() }] })
  }
  try {
    const value: unknown = JSON.parse(json)
    const parsed = z.discriminatedUnion('format', [reviewFileSchema, answerFileSchema, answerDraftFileSchema]).safeParse(value)
    return parsed.success ? ok(parsed.data) : unreadable(name)
  } catch {
    return unreadable(name)
  }
}

/** JSON of a review that can stand inside an HTML page. */
export const reviewScript = (review: ReviewFile): string => JSON.stringify(review).replaceAll('<', '\\u003c')
