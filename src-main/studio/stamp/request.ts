// What the studio asks of the signing process and what comes back. Crosses a process border by structured clone; the key travels here only,
// never on a command line or in the environment.
import type { ManifestPlan } from '../../../src-shared/provenance/index.ts'

export const STAMP_MIME_TYPES = ['audio/wav', 'audio/flac', 'audio/mpeg', 'audio/mp4'] as const
/** Containers that can carry content credentials. */
export type StampMimeType = (typeof STAMP_MIME_TYPES)[number]

/** The library holds about twice the file in memory, and its offsets are 32 bit in places. */
export const MAX_STAMP_BYTES = 2 * 1024 * 1024 * 1024

/** Who signs: certificates leaf first without the root, and the ES256 key, all PEM. */
export interface SigningIdentity {
  readonly certificates: readonly string[]
  readonly privateKey: string
}

export interface StampStem {
  /** URN of the stem; one of `manifest.ingredients`. */
  readonly id: string
  readonly path: string
  readonly mimeType: string
  /** URN of the stem's own C2PA manifest as pack and grant name it; null for containers that cannot carry one. */
  readonly c2pa: string | null
  /** Hex. */
  readonly contentSha256: string
  readonly title: string
  readonly role: string
}

export interface StampGrant {
  readonly stem: string
  readonly grant: string
  readonly version: number
  /** `sha256:…` of the grant's JWS. */
  readonly hash: string
}

/** An artist's answer that covers the export. */
export interface StampApproval {
  readonly id: string
  /** `sha256:…` of the answer's JWS. */
  readonly sha256: string
  readonly verdict: 'approve' | 'approve_with_conditions'
  /** Thumbprint of the artist's key; no name. */
  readonly artist: string
}

export interface StampRequest {
  /** Rendered and tagged, not signed. Is left alone. */
  readonly inputPath: string
  /** Where the signed file is written: a temporary name in the folder of the final file. Must not exist. Removed again on failure. */
  readonly outputPath: string
  readonly mimeType: StampMimeType
  readonly title: string
  readonly manifest: ManifestPlan
  readonly stems: readonly StampStem[]
  readonly receiptId: string
  /** `sha256:…` of the receipt's intent. */
  readonly intentSha256: string
  /** Origin of the receipt log. */
  readonly log: string
  readonly grants: readonly StampGrant[]
  readonly approvals?: readonly StampApproval[]
  readonly identity: SigningIdentity
  /** PEM of every authority that vouches for this machine or for a label whose stems are used. */
  readonly anchors: readonly string[]
  readonly appVersion: string
  /** RFC 3161 time-stamp service, where one is to be asked. */
  readonly timestampUrl?: string
}

export interface StampedFile {
  readonly c2paUrn: string
  readonly bytes: number
  /** Hex, of the finished file. */
  readonly sha256: string
}

/** Signs one stem of a pack as an original: no ingredients. */
export interface SealStemRequest {
  readonly inputPath: string
  readonly outputPath: string
  readonly mimeType: StampMimeType
  readonly title: string
  readonly role: string
  readonly stem: string
  readonly work: string
  readonly artists: readonly string[]
  /** IPTC digital source type URI. */
  readonly digitalSourceType: string
  readonly identity: SigningIdentity
  readonly anchors: readonly string[]
  readonly appVersion: string
}

export interface InspectRequest {
  readonly path: string
  readonly mimeType: string
  readonly anchors: readonly string[]
}

/** What the library says about a file, reduced to what a verdict needs. */
export interface LibraryVerdict {
  readonly state: 'trusted' | 'valid' | 'invalid' | 'none' | 'unreadable'
  readonly activeManifest: string | null
  /** Failures of the file itself and of every ingredient. */
  readonly failures: readonly { readonly code: string; readonly message: string; readonly isIngredient: boolean }[]
  /** RFC 3339 time of a validated time-stamp. */
  readonly signedAt: string | null
  /** Why the file could not be read, in the library's words. */
  readonly reason: string | null
}

/** Verdict and ordinary tags; both read in the signing process, where a hostile file can do no harm. */
export interface Inspection {
  readonly verdict: LibraryVerdict
  readonly tags: readonly { readonly name: string; readonly value: string }[]
}
