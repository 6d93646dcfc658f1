// What an export is asked for, and what it works with.
import type { EngineClient, ExportFormat, ExportStep, StemFile } from '../../../src-shared/protocol/index.ts'
import type { FrameRange } from '../../../src-shared/provenance/index.ts'
import type { RemixSnapshot } from '../../../src-shared/remix/index.ts'
import type { ApprovalHeld, GrantInForce } from '../../../src-shared/rights/index.ts'
import type { CarriedApproval, ExportInQuestion } from '../approvals/index.ts'
import type { Enrolment } from '../identity/index.ts'
import type { Ledger } from '../ledger/index.ts'
import type { LicenceDesk } from '../session/index.ts'
import type { Signer, StampStem } from '../stamp/index.ts'

export interface ApprovalsHeld {
  readonly approvals: Readonly<Record<string, ApprovalHeld>>
  readonly carried: readonly CarriedApproval[]
}

/** One file to make. */
export interface ExportTarget {
  readonly format: ExportFormat
  readonly path: string
  /** Null is the mix; otherwise one track, before master processing. */
  readonly trackId: string | null
}

export interface ExportOrder {
  readonly snapshot: RemixSnapshot
  readonly targets: readonly ExportTarget[]
  readonly range: FrameRange | null
  readonly loudnessTargetLufs: number | null
  readonly threads: number
  /** Writes `<name>.ddex.json` beside the files: their AI credits in DDEX terms (docs/formats/credits-sheet.md). */
  readonly creditsSheet?: boolean
  /** Replaces a file of that name; otherwise `export.exists`. */
  readonly overwrites?: boolean
}

export interface ExportTools {
  readonly engine: EngineClient
  /** Ends an engine that does not answer. */
  readonly abandonEngine: () => void
  readonly signer: Signer
  readonly ledger: Ledger
  readonly desk: LicenceDesk
  /** Whether the artists said yes to exactly this export, and the answers that say so. */
  readonly approvals: (grants: readonly GrantInForce[], wanted: ExportInQuestion) => ApprovalsHeld
  readonly appVersion: string
  /** Folder for what is not signed yet; its own for each process. */
  readonly tempDir: string
  /** ES256 key that signs claims, PKCS #8 PEM. */
  readonly claimKeyPem: string
  readonly enrolmentFor: (issuer: string) => Enrolment | undefined
  /** Where stems lie on disk; undefined for one that is not there. */
  readonly stemFile: (stemId: string) => (StampStem & StemFile) | undefined
  readonly onExported: (file: {
    readonly receiptId: string
    readonly path: string
    readonly sha256: string
    readonly format: ExportFormat
    readonly title: string
  }) => void
}

export interface ExportHooks {
  readonly signal?: AbortSignal
  /** 0..1 over the whole job. */
  readonly onProgress?: (step: ExportStep, fraction: number, label: string) => void
}
