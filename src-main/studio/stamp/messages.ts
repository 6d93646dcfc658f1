// Messages between the studio and the signing process. Both ends are ours; the pipe is private.
import type { Result } from '../../../src-shared/std/index.ts'
import type { InspectRequest, Inspection, SealStemRequest, StampedFile, StampRequest, StampStem } from './request.ts'

export interface SignerCall {
  readonly id: number
  readonly call:
    | { readonly op: 'prepare'; readonly request: { readonly stems: readonly StampStem[]; readonly anchors: readonly string[] } }
    | { readonly op: 'stamp'; readonly request: StampRequest }
    | { readonly op: 'seal'; readonly request: SealStemRequest }
    | { readonly op: 'inspect'; readonly request: InspectRequest }
    | { readonly op: 'hash-sound' | 'fingerprint'; readonly request: { readonly path: string } }
}

export type SignerReply =
  | { readonly id: number; readonly op: 'prepare'; readonly result: Result<null> }
  | { readonly id: number; readonly op: 'stamp' | 'seal'; readonly result: Result<StampedFile> }
  | { readonly id: number; readonly op: 'inspect'; readonly inspection: Inspection }
  | { readonly id: number; readonly op: 'hash-sound'; readonly sha256: string | null }
  | { readonly id: number; readonly op: 'fingerprint'; readonly words: Uint32Array | null }
