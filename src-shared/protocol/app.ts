// Renderer <-> main: one typed map of requests and events. Main decodes every request with the schema that stands here; the
// renderer gets handles and names, never paths.
import { z } from 'zod'
import type { Problem, Result } from '../std/index.ts'
import type { LicenceTerms } from '../provenance/index.ts'
import type { AnyRecord, EditCommand, RemixDiff } from '../remix/index.ts'
import type { AiSummary, Receipt } from '../receipts/index.ts'
import { type VariationEvents, type VariationReplies, variationRequestSchemas } from './app-variations.ts'
import { type ApprovalEvents, type ApprovalReplies, approvalRequestSchemas } from './app-approvals.ts'
import { type ListeningEvents, type ListeningReplies, listeningRequestSchemas } from './app-analysis.ts'
import { type ModelReplies, modelRequestSchemas } from './app-models.ts'
import { type PluginEvents, type PluginReplies, pluginRequestSchemas } from './app-plugins.ts'
import { type RevoiceReplies, revoiceRequestSchemas } from './app-revoice.ts'
import { type StyleEvents, type StyleReplies, styleRequestSchemas } from './app-styles.ts'
import type { LoudnessReport } from './engine.ts'
import type { WorkSummary } from './service.ts'
import type { VerifyReport } from './verify.ts'

const urn = z.string().min(1).max(300)
const uid = z.string().min(1).max(200)
const none = z.object({}).strict()

export const EXPORT_FORMATS = ['wav16', 'wav24', 'wav32f', 'flac16', 'flac24', 'mp3', 'm4a'] as const
export const exportFormatSchema = z.enum(EXPORT_FORMATS)
export type ExportFormat = z.infer<typeof exportFormatSchema>

export const exportRequestSchema = z.object({
  uid,
  formats: z.array(exportFormatSchema).min(1).max(EXPORT_FORMATS.length),
  /** Frames at 48 kHz; null is the whole remix with its tail. */
  range: z.object({ fromFrame: z.int().min(0), toFrame: z.int().min(1) }).nullable(),
  loudnessTargetLufs: z.number().min(-40).max(-5).nullable(),
  stems: z.boolean(),
  /** An AI credits sheet beside the files. */
  creditsSheet: z.boolean(),
  /** File name without folder or extension; the folder is chosen by the user in a dialog main owns. */
  fileName: z.string().min(1).max(180),
})
export type ExportRequest = z.infer<typeof exportRequestSchema>

/** Requests of the renderer. `send` is decoded by main; `reply` is what the promise resolves to, inside a Result. */
export const appRequestSchemas = {
  'app.info': none,
  'preferences.get': none,
  'preferences.set': z.object({ patch: z.record(z.string().max(100), z.unknown()) }),

  'catalogue.search': z.object({ query: z.string().max(200) }),
  'pull.start': z.object({ work: urn }),
  'pull.pause': z.object({ work: urn }),
  'pack.import': z.object({ token: z.string().max(200).nullable() }),

  'remix.create': z.object({ work: urn }),
  'remix.open': z.object({ token: z.string().max(200).nullable() }),
  'remix.recent': none,
  'remix.forget': z.object({ recent: z.string().max(200) }),
  'remix.openRecent': z.object({ recent: z.string().max(200) }),
  'remix.recover': z.object({ uid, action: z.enum(['open', 'discard']) }),
  'remix.edit': z.object({ uid, commands: z.array(z.unknown()).min(1).max(1_000), label: z.string().max(200).nullable() }),
  /** Lets the edits of a running gesture be heard without making them; null ends that. */
  'remix.hear': z.object({ uid, commands: z.array(z.unknown()).min(1).max(100).nullable() }),
  'remix.undo': z.object({ uid }),
  'remix.redo': z.object({ uid }),
  'remix.jump': z.object({ uid, index: z.int().min(0) }),
  'remix.save': z.object({ uid, as: z.boolean() }),
  'remix.close': z.object({ uid }),
  'remix.peaks': z.object({ uid, stem: urn }),

  'licence.terms': z.object({ uid }),
  'licence.renew': z.object({ uid }),

  'export.options': z.object({ uid }),
  'export.start': exportRequestSchema,
  'export.cancel': z.object({ job: uid }),
  'export.reveal': z.object({ job: uid }),
  'export.offer': z.object({ job: uid, index: z.int().min(0).max(10_000) }),

  'verify.file': z.object({ token: z.string().max(200).nullable() }),

  'ledger.list': none,
  'ledger.show': z.object({ id: z.uuid() }),
  'ledger.void': z.object({ id: z.uuid() }),
  'ledger.export': none,
  'sync.now': none,

  ...approvalRequestSchemas,
  ...styleRequestSchemas,
  ...modelRequestSchemas,
  ...pluginRequestSchemas,
  ...listeningRequestSchemas,
  ...variationRequestSchemas,
  ...revoiceRequestSchemas,

  'engine.connect': none,
} as const satisfies Record<string, z.ZodType>

export type AppRequestName = keyof typeof appRequestSchemas
export type AppRequest<N extends AppRequestName> = z.infer<(typeof appRequestSchemas)[N]>

export interface AppInfo {
  readonly version: string
  readonly electron: string
  readonly platform: string
  /** Where keys rest: `os` (Electron safeStorage), `plain` (no keyring: said to the user). */
  readonly keyProtection: 'os' | 'plain'
  readonly service: { readonly state: 'online' | 'offline'; readonly name: string; readonly isDemo: boolean }
}

export interface Preferences {
  readonly theme: 'dark' | 'light' | 'contrast'
  readonly snap: string
  readonly ripple: 'off' | 'track' | 'all'
  readonly followPlayhead: boolean
  readonly panels: Readonly<Record<string, number>>
  readonly loudnessTargetLufs: number | null
  /** Whether exports come with an AI credits sheet. */
  readonly creditsSheet: boolean
  readonly [key: string]: unknown
}

/** A catalogue entry with what this machine has of it. */
export interface LibraryWork {
  readonly work: WorkSummary
  readonly pull: PullState
}

export interface PullState {
  readonly state: 'none' | 'pulling' | 'paused' | 'ready' | 'failed'
  readonly problem: { readonly code: string; readonly message: string } | null
  readonly stems: readonly {
    readonly stem: string
    readonly receivedBytes: number
    readonly totalBytes: number
    readonly state: 'waiting' | 'receiving' | 'preparing' | 'ready'
  }[]
  /** ISO time the lease ends, when there is one. */
  readonly leaseEnds: string | null
}

export interface HistoryView {
  readonly entries: readonly { readonly label: string }[]
  /** How many of `entries` are applied. */
  readonly index: number
}

/** The command of an alternative that is no edit: ask the rights service for the licence anew. */
export const RENEW_LICENCE = 'licence.renew'

/** One thing the licence says about the remix as it stands. */
export interface LicenceNotice {
  readonly code: string
  readonly effect: 'deny' | 'approval' | 'warn'
  readonly stem: string | null
  readonly clipIds: readonly string[]
  readonly message: string
  /** `command`: edits, or `RENEW_LICENCE`; null where it takes more than a click. */
  readonly alternative: { readonly label: string; readonly command: readonly EditCommand[] | typeof RENEW_LICENCE | null } | null
}

/** How much of a cap is used. */
export interface LicenceMeter {
  readonly id: string
  readonly label: string
  readonly used: number
  readonly limit: number
  readonly text: string
}

/** Everything derived from the remix that the window shows; recomputed after each edit. */
export interface RemixStatus {
  readonly lengthFrames: number
  readonly notices: readonly LicenceNotice[]
  readonly meters: readonly LicenceMeter[]
  /** Short badge per stem that has limits, e.g. `60 s`. */
  readonly badges: Readonly<Record<string, string>>
  readonly says: {
    readonly ai: AiSummary
    readonly ingredients: readonly {
      readonly stem: string
      readonly title: string
      readonly role: string
      readonly usedMs: number
      readonly isSigned: boolean
    }[]
    readonly scope: string
    readonly credits: readonly string[]
    /** Names of plugins that take part in what is heard. */
    readonly plugins: readonly string[]
  }
  readonly missingStems: readonly string[]
}

export interface RemixView {
  readonly uid: string
  readonly fileName: string | null
  readonly isDirty: boolean
  readonly isReadOnly: boolean
  readonly records: readonly AnyRecord[]
  readonly history: HistoryView
  readonly status: RemixStatus
}

export interface EditReply {
  readonly diff: RemixDiff
  readonly history: HistoryView
  readonly status: RemixStatus
  readonly isDirty: boolean
}

export interface RecentRemix {
  readonly recent: string
  readonly uid: string
  readonly title: string
  readonly fileName: string
  readonly openedAt: string
  readonly isMissing: boolean
  /** True where unsaved work of this remix waits to be recovered. */
  readonly isRecoverable: boolean
}

/** min, max pairs per 256 frames at 48 kHz (mono fold of the loudest channel), as signed 8-bit steps of 1/127. */
export interface PeaksReply {
  readonly framesPerPeak: number
  readonly lengthFrames: number
  readonly peaks: Int8Array
}

export interface ExportOptions {
  readonly formats: readonly { readonly format: ExportFormat; readonly isAvailable: boolean; readonly reason: string | null }[]
  readonly suggestedFileName: string
  readonly exportsUsed: number
  readonly exportsMax: number | null
  readonly notices: readonly LicenceNotice[]
}

export type ExportStep = 'check' | 'prepare' | 'render' | 'encode' | 'stamp' | 'verify' | 'commit'

export interface ExportedFile {
  readonly format: ExportFormat
  readonly fileName: string
  readonly bytes: number
  readonly sha256: string
  readonly c2pa: string
  readonly receiptId: string
  readonly receiptState: string
}

export interface ExportResult {
  readonly files: readonly ExportedFile[]
  readonly durationMs: number
  readonly pcmSha256: string
  readonly loudness: LoudnessReport & {
    readonly gainDb: number
    /** Why a loudness target was not reached, in words; null where it was or none was asked. */
    readonly shortfall: string | null
  }
  readonly ai: AiSummary
  readonly credits: readonly string[]
  readonly ingredients: number
  /** Names of the AI credits sheets that were written. */
  readonly sheets: readonly string[]
  /** Why one that was asked for is missing, in words; the files are good all the same. */
  readonly sheetProblem: string | null
}

export interface ExportProgress {
  readonly job: string
  readonly step: ExportStep
  /** 0..1 over the whole job. */
  readonly fraction: number
  readonly label: string
}

export type ReceiptState = 'intent' | 'local' | 'queued' | 'synced' | 'void' | 'refused'

export interface LedgerRow {
  readonly id: string
  readonly type: Receipt['type']
  readonly seq: number
  readonly state: ReceiptState
  readonly issuedAt: string
  readonly title: string
  readonly format: string | null
  readonly stems: number
  readonly bytes: number | null
  readonly lastError: string | null
  readonly nextAttemptAt: string | null
}

export interface LedgerEntry {
  readonly row: LedgerRow
  readonly receipt: Receipt
  /** The exact text that was or will be sent. */
  readonly jws: string
  readonly proof: { readonly logIndex: number; readonly treeSize: number; readonly checkpoint: string; readonly verifiedAt: string } | null
}

export interface SyncState {
  readonly state: 'idle' | 'syncing' | 'offline' | 'waiting' | 'evidence'
  readonly queued: number
  readonly synced: number
  readonly message: string | null
  readonly nextAttemptAt: string | null
}

/** Replies by request. */
export interface AppReplies
  extends StyleReplies,
    ModelReplies,
    PluginReplies,
    ListeningReplies,
    RevoiceReplies,
    ApprovalReplies,
    VariationReplies {
  'app.info': AppInfo
  'preferences.get': Preferences
  'preferences.set': Preferences
  'catalogue.search': { readonly works: readonly LibraryWork[]; readonly isOffline: boolean }
  'pull.start': null
  'pull.pause': null
  /** Null where the user closed the dialog. */
  'pack.import': { readonly work: string; readonly title: string } | null
  'remix.create': RemixView
  'remix.open': RemixView | null
  'remix.recent': readonly RecentRemix[]
  'remix.forget': null
  'remix.openRecent': RemixView
  'remix.recover': RemixView | null
  'remix.edit': EditReply
  'remix.hear': null
  'remix.undo': EditReply
  'remix.redo': EditReply
  'remix.jump': EditReply
  'remix.save': { readonly fileName: string } | null
  'remix.close': null
  'remix.peaks': PeaksReply
  /** What the window judges a running drag by; main decides the drop by its own. */
  'licence.terms': LicenceTerms
  'licence.renew': null
  'export.options': ExportOptions
  'export.start': { readonly job: string } | null
  'export.cancel': null
  'export.reveal': null
  /** A one-time token of an exported file, for `verify.file`. */
  'export.offer': { readonly token: string }
  'verify.file': VerifyReport | null
  'ledger.list': { readonly rows: readonly LedgerRow[]; readonly sync: SyncState }
  'ledger.show': LedgerEntry
  'ledger.void': null
  'ledger.export': { readonly fileName: string } | null
  'sync.now': SyncState
  'engine.connect': null
}

/** Events main sends to the window. */
export interface AppEvents extends StyleEvents, PluginEvents, ListeningEvents, ApprovalEvents, VariationEvents {
  'pull.changed': { readonly work: string; readonly pull: PullState }
  'catalogue.changed': Record<string, never>
  /** The demo catalogue is being made, once; null when it is done. */
  'catalogue.preparing': { readonly fraction: number; readonly label: string } | null
  'service.changed': AppInfo['service']
  'export.progress': ExportProgress
  'export.done': { readonly job: string; readonly result: Result<ExportResult> }
  'ledger.changed': Record<string, never>
  'sync.changed': SyncState
  'remix.changed': { readonly uid: string; readonly reply: EditReply }
  'menu.command': { readonly command: string }
  'engine.lost': { readonly message: string }
  /** Something in the background went wrong, for a person to read. */
  'app.problem': Problem
}

export type AppEventName = keyof AppEvents

/** What preload puts on `window.stemma`. */
export interface StemmaBridge {
  request<N extends AppRequestName>(name: N, payload: AppRequest<N>): Promise<Result<AppReplies[N]>>
  on<N extends AppEventName>(name: N, listener: (event: AppEvents[N]) => void): () => void
  /** Turns a dropped `File` into a one-time token that main resolves to its path. */
  offerFile(file: unknown): Promise<string | null>
  /** Calls back with the engine's port (transport, meters, position) whenever one is connected; the port arrives by `window.postMessage`. */
  readonly engineMessage: 'stemma-engine-port'
}
