// What the service keeps, behind an interface: SQLite today, PostgreSQL when one process is not enough. Everything that must happen together
// happens inside `transact`.
import type { ApprovalReader, ApprovalWriter } from './approvals/index.ts'
import type { TreeNode } from '../src-shared/receipts/index.ts'
import type { GrantTerms, StemSummary, WorkSummary } from '../src-shared/protocol/index.ts'

/** A work as it is kept; what its licence says in words is made when it is asked for. */
export interface StoredWork {
  readonly id: string
  readonly facts: Omit<WorkSummary, 'licence' | 'stems'>
  readonly stems: readonly StemSummary[]
  readonly terms: GrantTerms
  /** Hash of the pack it came from. */
  readonly source: string
  /** Thumbprint of the label key that signed the pack; only that label can change the work. */
  readonly label: string
  readonly anchors: readonly string[]
}

export interface StoredGrant {
  readonly id: string
  readonly version: number
  readonly workId: string
  readonly jws: string
  readonly hash: string
}

export interface StoredDevice {
  readonly kid: string
  readonly x: string
  readonly account: string
  readonly enrolledAt: string
}

export interface StoredLease {
  readonly id: string
  readonly kid: string
  readonly account: string
  readonly grantId: string
  readonly grantVersion: number
  readonly grantHash: string
  readonly exportsCap: number | null
  readonly issuedAt: string
  readonly notAfter: string
  readonly jws: string
}

/** `logged` stands in the log; the others are evidence. `fork` is outside the chain, the rest inside. */
export type ReceiptOutcome = 'logged' | 'lease-cap' | 'unknown-lease' | 'fork'

export interface StoredReceipt {
  readonly id: string
  readonly kid: string
  readonly epoch: string
  readonly seq: number
  readonly hash: string
  readonly jws: string
  readonly type: string
  readonly outcome: ReceiptOutcome
  readonly logIndex: number | null
  /** Tree size of the proof that was first given out. */
  readonly proofSize: number | null
  readonly assetSha256: string | null
  readonly pcmSha256: string | null
  readonly filePcmSha256: string | null
  /** Words of the acoustic fingerprint, little-endian. Written with the receipt, read by `fingerprints` only. */
  readonly fingerprint?: Uint8Array | undefined
  readonly issuedAt: string
  readonly uses: readonly { readonly grant: string; readonly lease: string }[]
}

/** `at` grows with time; pages are asked for by it. */
export interface StoredFingerprint {
  readonly at: number
  readonly receiptId: string
  readonly words: Uint8Array
}

export interface StoredCheckpoint {
  readonly size: number
  readonly root: Uint8Array
  readonly note: string
}

export interface StoredRevocations {
  readonly seq: number
  readonly jws: string
  readonly hash: string
  readonly nextUpdate: string
}

/** Something an operator should look at: a fork, a cap passed, a receipt outside its lease. */
export interface Flag {
  readonly at: string
  readonly kid: string
  readonly account: string
  readonly kind: string
  readonly details: Readonly<Record<string, unknown>>
}

export interface ServiceReader {
  searchWorks(options: {
    words: readonly string[]
    limit: number
    offset: number
  }): Promise<{ works: readonly StoredWork[]; total: number }>
  work(id: string): Promise<StoredWork | undefined>
  /** Works that hold a stem file. */
  stem(sha256: string): Promise<{ readonly bytes: number; readonly mimeType: string; readonly workIds: readonly string[] } | undefined>
  countWorks(): Promise<number>
  anchors(): Promise<readonly string[]>
  sourceSeen(key: string): Promise<boolean>
  currentGrant(workId: string): Promise<StoredGrant | undefined>
  device(kid: string): Promise<StoredDevice | undefined>
  deviceByToken(tokenHash: string, now: string): Promise<StoredDevice | undefined>
  lease(id: string): Promise<StoredLease | undefined>
  /** Whether an account holds a lease in force for one of the works. */
  hasLease(account: string, workIds: readonly string[], now: string): Promise<boolean>
  receipt(id: string): Promise<StoredReceipt | undefined>
  receiptByHash(kid: string, hash: string): Promise<StoredReceipt | undefined>
  /** Newest receipt of a device in an epoch; forks do not count. */
  head(kid: string, epoch: string): Promise<{ readonly seq: number; readonly hash: string } | undefined>
  hasReceipts(kid: string): Promise<boolean>
  countExports(by: { lease: string } | { account: string; grant: string; since: string }): Promise<number>
  findReceipts(by: 'asset_sha256' | 'pcm_sha256' | 'file_pcm_sha256', hash: string): Promise<readonly StoredReceipt[]>
  /** Fingerprints of logged and kept receipts, newest first, a page at a time. */
  fingerprints(page: { readonly before: number | null; readonly limit: number }): Promise<readonly StoredFingerprint[]>
  logSize(): Promise<number>
  logNodes(nodes: readonly TreeNode[]): Promise<readonly Uint8Array[]>
  checkpoint(size: number): Promise<StoredCheckpoint | undefined>
  latestCheckpoint(): Promise<StoredCheckpoint | undefined>
  latestRevocations(): Promise<StoredRevocations | undefined>
  flags(): Promise<readonly Flag[]>
  readonly approvals: ApprovalReader
}

export interface ServiceWriter extends ServiceReader {
  putWork(work: StoredWork, searchText: string): Promise<void>
  markSource(key: string): Promise<void>
  putGrant(grant: StoredGrant): Promise<void>
  putChallenge(nonce: string, expiresAt: string): Promise<void>
  /** True once for each challenge that has not expired. */
  takeChallenge(nonce: string, now: string): Promise<boolean>
  putDevice(device: StoredDevice, token: { readonly hash: string; readonly expiresAt: string }): Promise<void>
  putLease(lease: StoredLease): Promise<void>
  putReceipt(receipt: StoredReceipt, account: string, receivedAt: string): Promise<void>
  /** Remembers the tree size of a receipt's first proof, once; returns the one that holds. */
  fixProofSize(id: string, size: number): Promise<number>
  putLogNode(node: TreeNode, hash: Uint8Array): Promise<void>
  setLogSize(size: number): Promise<void>
  putCheckpoint(checkpoint: StoredCheckpoint, at: string): Promise<void>
  putRevocations(list: StoredRevocations): Promise<void>
  putFlag(flag: Flag): Promise<void>
  readonly approvals: ApprovalWriter
}

export interface ServiceStore {
  /** Sees committed data only. */
  readonly read: ServiceReader
  /** Runs alone; all or nothing. */
  transact<T>(work: (writer: ServiceWriter) => Promise<T>): Promise<T>
  close(): Promise<void>
}
