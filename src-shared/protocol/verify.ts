// What a person reads about a file: three separate lines (is it intact, who signed it, do we trust that signer), then where it comes from.
// Titles, names and messages may come from a hostile file: they are text, to be shown as text.
import type { AiSummary } from '../receipts/index.ts'

/**
 * `good`: intact and trusted. `caution`: intact, but something keeps us from vouching for it, or a stripped file whose receipt was found.
 * `bad`: changed, or signed with something that does not hold. `none`: no credentials and no receipt.
 */
export type VerifyVerdict = 'good' | 'caution' | 'bad' | 'none'

export interface VerifyFinding {
  /** Stable code: C2PA's own (`assertion.dataHash.mismatch`) or ours (`verify.verifiers_disagree`, `receipt.proof_invalid`). */
  readonly code: string
  readonly severity: 'error' | 'warning' | 'info'
  /** One sentence: what is wrong with what. */
  readonly message: string
}

/** Line one: is the file as it was signed? */
export interface VerifyIntegrity {
  /** `none`: no credentials in the file. `recovered`: none either, but its sound, exactly or by ear, was found in the ledger. */
  readonly state: 'intact' | 'changed' | 'none' | 'recovered' | 'unreadable'
  readonly sentence: string
}

/** Line two: who signed it, and when. */
export interface VerifySigner {
  readonly name: string
  readonly organisation: string
  readonly issuer: string
  /** Hex. */
  readonly serial: string
  readonly validFrom: string
  readonly validTo: string
  /** ISO time, and who says so: a time-stamp authority, the receipt log, or only the file itself. */
  readonly signedAt: string | null
  readonly signedAtSource: 'time-stamp' | 'claimed' | null
  readonly sentence: string
}

/** Line three: do we trust that signer? */
export interface VerifyTrust {
  readonly state: 'trusted' | 'unknown' | 'expired' | 'revoked' | 'none'
  readonly sentence: string
}

/** One ancestor of the file. */
export interface VerifyIngredient {
  readonly title: string
  readonly role: string | null
  /** URN of the stem or model, where it has one. */
  readonly urn: string | null
  /** URN of its own C2PA manifest. */
  readonly c2pa: string | null
  readonly contentSha256: string | null
  readonly relationship: string
  readonly format: string
  /** First and last time it is heard in the export. */
  readonly range: { readonly fromMs: number; readonly toMs: number } | null
  readonly usedMs: number | null
  readonly grant: { readonly id: string; readonly version: number } | null
  /** `by-hash`: named by its hash, without credentials of its own. `unknown`: has none and no hash. */
  readonly state: 'trusted' | 'untrusted' | 'changed' | 'by-hash' | 'unknown'
  readonly signer: string | null
  readonly ingredients: readonly VerifyIngredient[]
}

export interface VerifyAction {
  /** `c2pa.mixed` … */
  readonly action: string
  /** In plain words. */
  readonly text: string
  readonly when: string | null
  /** Titles of the stems it concerns. */
  readonly stems: readonly string[]
  /** True where a trained model made the sound. */
  readonly isGenerative: boolean
}

/** A plugin that took part in the sound, as the manifest names it. */
export interface VerifyPlugin {
  readonly format: string
  readonly id: string
  readonly name: string
  readonly vendor: string
  /** Empty where the plugin states none. */
  readonly version: string
  /** `sha256:…` of how it was set: values, automation and state. */
  readonly state: string
  /** Its sound came frozen from another computer, where it was installed. */
  readonly frozenElsewhere?: boolean
}

export interface VerifyReceipt {
  readonly id: string
  /** `synced`: in the log, proof checked. `local`: on this machine only. `unproved`: known, but its proof does not hold. */
  readonly state: 'synced' | 'local' | 'void' | 'unproved' | 'unknown'
  /**
   * How it was found: named by the file, by the hash of the file, by its exact sound, or by its acoustic fingerprint: then it is the same music, not the
   * same file.
   */
  readonly matched: 'id' | 'file' | 'sound' | 'fingerprint' | null
  readonly issuedAt: string | null
  readonly signatureIsValid: boolean | null
  readonly proof: { readonly logIndex: number; readonly treeSize: number; readonly origin: string; readonly isValid: boolean } | null
  readonly sentence: string
}

export interface VerifyReport {
  /** Name without folder. */
  readonly fileName: string
  readonly bytes: number
  /** Hex; null where the file could not be read. */
  readonly sha256: string | null
  readonly container: 'wav' | 'mp3' | 'flac' | 'mp4' | 'other' | null
  readonly verdict: VerifyVerdict
  readonly title: string | null
  /** URN of the active manifest. */
  readonly c2pa: string | null
  readonly generator: string | null
  readonly integrity: VerifyIntegrity
  readonly signer: VerifySigner | null
  readonly trust: VerifyTrust
  readonly ingredients: readonly VerifyIngredient[]
  readonly actions: readonly VerifyAction[]
  /** Plugins that took part; rendered again with other versions of them, the sound may differ. */
  readonly plugins: readonly VerifyPlugin[]
  readonly ai: (AiSummary & { readonly sentence: string }) | null
  readonly scope: string | null
  /** `cawg.training-mining` entries. */
  readonly trainingMining: Readonly<Record<string, string>> | null
  readonly receipt: VerifyReceipt | null
  readonly tags: readonly { readonly name: string; readonly value: string }[]
  readonly findings: readonly VerifyFinding[]
}
