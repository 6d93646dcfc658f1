// What the service keeps of approvals: statements as they were signed, never changed and never deleted, and which sounds go with them.
import type { StatementKind } from '../../src-shared/approvals/index.ts'

export interface StoredStatement {
  /** Order of arrival, from 1. */
  readonly seq: number
  readonly kind: StatementKind
  readonly id: string
  readonly jws: string
  readonly hash: string
  /** The request it belongs to; its own id for a request. */
  readonly requestId: string
  readonly grantId: string
  /** Account of the producer. */
  readonly account: string
  readonly receivedAt: string
}

export interface StoredApprovalAudio {
  readonly sha256: string
  readonly bytes: number
  readonly mimeType: string
  readonly requestId: string
}

export interface StoredUse {
  readonly at: number
  readonly id: string
  readonly kid: string
  readonly jws: string
  readonly logIndex: number | null
}

export interface Visibility {
  readonly account: string
  /** Grants whose threads are visible beside the account's own. */
  readonly grants: readonly string[]
}

export interface ApprovalReader {
  statement(id: string): Promise<StoredStatement | undefined>
  statements(visible: Visibility, page: { readonly since: number; readonly limit: number }): Promise<readonly StoredStatement[]>
  /** Where a sound is named. */
  audio(sha256: string): Promise<readonly (StoredApprovalAudio & { readonly account: string; readonly grantId: string })[]>
  audioOf(account: string): Promise<readonly StoredApprovalAudio[]>
  artistsOf(device: string): Promise<readonly string[]>
  /** Grants whose newest version names one of these keys. */
  grantsOf(artists: readonly string[]): Promise<readonly string[]>
  /** Receipts under these grants, newest first, a page at a time; voids are not among them. */
  usesOf(grants: readonly string[], page: { readonly before: number | null; readonly limit: number }): Promise<readonly StoredUse[]>
  /** Receipts that a device withdrew later. */
  withdrawnOf(kid: string): Promise<readonly string[]>
  /** The work of a grant. */
  workOf(grantId: string): Promise<string | undefined>
}

export interface ApprovalWriter extends ApprovalReader {
  putStatement(statement: Omit<StoredStatement, 'seq'>): Promise<void>
  putAudio(audio: StoredApprovalAudio): Promise<void>
  putArtist(artist: string, device: string, at: string): Promise<void>
  putApprovers(grantId: string, version: number, kids: readonly string[]): Promise<void>
}
