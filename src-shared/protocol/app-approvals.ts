// Renderer <-> main about approvals: threads, answers, notes, review files. Spread into the one map of requests in app.ts.
import { z } from 'zod'
import { type AnswerDraftFile, approvalNoteSchema, type ApprovalThread, type AUDIO_TYPES, VERDICTS } from '../approvals/index.ts'

const uid = z.string().min(1).max(200)
const none = z.object({}).strict()
const text = z.string().max(4_000)

export const approvalRequestSchemas = {
  /** Everything this device knows: as producer, as artist, or both. */
  'approvals.list': none,
  /** How an open remix stands with the artists whose stems it uses, against the plan as it is now. */
  'approvals.standing': z.object({ uid }),
  /** Renders the preview and hands the remix in; resolves when it is stored here. Progress comes as `approvals.progress`. */
  'approvals.submit': z.object({
    uid,
    message: text,
    range: z.object({ fromFrame: z.int().min(0), toFrame: z.int().min(1) }).nullable(),
    loudnessTargetLufs: z.number().min(-40).max(-5).nullable(),
  }),
  'approvals.cancelSubmit': z.object({ uid }),
  'approvals.answer': z.object({
    request: z.uuid(),
    verdict: z.enum(VERDICTS),
    conditions: z.array(z.string().min(1).max(2_000)).max(50),
    notes: z.array(approvalNoteSchema).max(500),
    expires: z.iso.datetime().nullable(),
  }),
  'approvals.revoke': z.object({ answer: z.uuid(), reason: z.string().max(2_000), since: z.iso.datetime().nullable() }),
  'approvals.comment': z.object({ request: z.uuid(), text: z.string().min(1).max(4_000), atMs: z.int().min(0).nullable() }),
  'approvals.remind': z.object({ request: z.uuid(), text }),
  /** The encoded sound of a request; fetched from the service where it is not here yet. */
  'approvals.audio': z.object({ request: z.uuid(), which: z.enum(['preview', 'original']) }),
  /** Writes a review: `stemma-review` for the app, `html` for any browser. Main asks where to. */
  'approvals.exportReview': z.object({ request: z.uuid(), format: z.enum(['stemma-review', 'html']) }),
  /** Writes what was answered to a request, to send by hand. */
  'approvals.exportAnswer': z.object({ request: z.uuid() }),
  /** Takes in a review or answer file: a dropped one by token, or one picked in a dialog. */
  'approvals.import': z.object({ token: z.string().max(200).nullable() }),
  /** Makes this home an artist's: a key of its own, shown under a name. */
  'approvals.makeArtist': z.object({ name: z.string().min(1).max(300) }),
  /** Writes the public key, for whoever writes the licence. */
  'approvals.exportArtistKey': none,
  /** Writes the artist's secret key, for answering on a review page in a browser. */
  'approvals.exportSigningKey': none,
  /** What the rights service's log says of this artist's stems. */
  'approvals.usage': none,
  'approvals.sync': none,
} as const satisfies Record<string, z.ZodType>

export interface ArtistView {
  readonly kid: string
  readonly name: string
  /** Public key as `work.json` wants it, ready to copy. */
  readonly approver: string
}

/** One export that used stems of this artist. */
export interface ArtistUse {
  readonly receipt: string
  readonly issuedAt: string
  readonly logIndex: number | null
  /** The producer took the receipt back; it counts no longer. */
  readonly isWithdrawn: boolean
  readonly workTitle: string
  /** Known where the remix was submitted to this artist. */
  readonly remixTitle: string | null
  readonly format: string
  readonly durationMs: number
  readonly scope: string
  readonly containsAI: 'All' | 'Partly' | 'None'
  readonly approval: 'approve' | 'approve_with_conditions' | null
  readonly stems: readonly {
    readonly stem: string
    readonly title: string
    readonly role: string
    readonly usedMs: number
    readonly operations: readonly {
      readonly op: string
      readonly text: string
      readonly fromMs: number
      readonly toMs: number
      readonly model: string | null
    }[]
  }[]
}

export interface ArtistUsage {
  readonly asOf: string
  /** Newest first. */
  readonly uses: readonly ArtistUse[]
  readonly isTruncated: boolean
}

export interface ApprovalSyncView {
  /** Statements and sounds still to be sent. */
  readonly queued: number
  /** Why the last attempt failed, in words. */
  readonly message: string | null
  readonly nextAttemptAt: string | null
}

/** A thread with what this device is to it. */
export interface ApprovalThreadView extends ApprovalThread {
  /** This device handed it in. */
  readonly isMine: boolean
  /** This home's artist may answer. */
  readonly mayAnswer: boolean
}

/** How a remix stands with the artist of one work. `edited`: there is a yes, but for the remix as it was. */
export interface ApprovalStanding {
  readonly grant: string
  readonly work: { readonly id: string; readonly title: string }
  /** Whether an export needs a yes as the remix is now. */
  readonly isNeeded: boolean
  readonly state: 'none' | 'waiting' | 'approved' | 'conditions' | 'changes' | 'refused' | 'revoked' | 'expired' | 'edited'
  readonly sentence: string
  readonly thread: string | null
  readonly request: string | null
  /** Export settings that a yes is for; others void it. */
  readonly settings: {
    readonly range: { readonly fromFrame: number; readonly toFrame: number } | null
    readonly loudnessTargetLufs: number | null
  } | null
}

export interface ApprovalAudioReply {
  readonly mimeType: (typeof AUDIO_TYPES)[number]
  readonly sha256: string
  readonly bytes: Uint8Array
}

export interface ApprovalReplies {
  'approvals.list': { readonly threads: readonly ApprovalThreadView[]; readonly artist: ArtistView | null; readonly sync: ApprovalSyncView }
  'approvals.standing': readonly ApprovalStanding[]
  /** Ids of the requests, one for each work that asks for approval; null where it was cancelled. */
  'approvals.submit': { readonly requests: readonly string[] } | null
  'approvals.cancelSubmit': null
  'approvals.answer': { readonly answer: string }
  'approvals.revoke': { readonly revocation: string }
  'approvals.comment': { readonly comment: string }
  'approvals.remind': { readonly comment: string }
  'approvals.audio': ApprovalAudioReply
  /** Null where the user closed the dialog. */
  'approvals.exportReview': { readonly fileName: string } | null
  'approvals.exportAnswer': { readonly fileName: string } | null
  'approvals.import': {
    readonly kind: 'review' | 'answer' | 'draft'
    readonly thread: string | null
    readonly added: number
    readonly sentence: string
    /** An answer written in a browser that could not sign; to be checked and signed here. */
    readonly draft: AnswerDraftFile | null
  } | null
  'approvals.makeArtist': ArtistView
  'approvals.exportArtistKey': { readonly fileName: string } | null
  'approvals.exportSigningKey': { readonly fileName: string } | null
  'approvals.usage': ArtistUsage
  'approvals.sync': ApprovalSyncView
}

export interface ApprovalEvents {
  /** Something in a thread changed; ask for the list again. */
  'approvals.changed': Record<string, never>
  'approvals.progress': { readonly uid: string; readonly fraction: number; readonly label: string }
}
