// The profile every stamp follows (docs/formats/stamp.md): which assertions the signer vouches for, and that nothing is ever fetched.
import type { SigningIdentity } from './request.ts'

export const STEMMA_ASSERTION = 'com.stemma.provenance'
export const STEM_ASSERTION = 'com.stemma.stem'

/** Without this list the library files every assertion under "gathered": passed on, but not vouched for. */
export const CREATED_ASSERTIONS: readonly string[] = [
  'c2pa.actions',
  'c2pa.actions.v2',
  'c2pa.ingredient',
  'c2pa.ingredient.v3',
  'c2pa.ai-disclosure',
  'c2pa.soft-binding',
  'cawg.training-mining',
  STEMMA_ASSERTION,
  STEM_ASSERTION,
]

const RESERVE_BYTES = 12_000
const RESERVE_BYTES_WITH_TIMESTAMP = 20_000

/** Settings of the C2PA library. Anchors are PEM text. A link in a file must never make this machine call out. */
export const librarySettings = (anchors: readonly string[]): object => ({
  trust: { trust_anchors: anchors.map((anchor) => anchor.trim()).join('\n'), verify_trust_list: true },
  verify: {
    verify_trust: true,
    verify_timestamp_trust: true,
    remote_manifest_fetch: false,
    ocsp_fetch: false,
    // We read the file back ourselves, with two verifiers.
    verify_after_sign: false,
  },
  builder: { thumbnail: { enabled: false }, created_assertion_labels: CREATED_ASSERTIONS },
})

export const signerConfig = (
  identity: SigningIdentity,
  timestampUrl: string | undefined,
): { alg: 'es256'; certs: Buffer[]; reserveSize: number; directCoseHandling: false; tsaUrl?: string } => ({
  alg: 'es256',
  certs: [Buffer.from(identity.certificates.map((certificate) => certificate.trim()).join('\n'))],
  reserveSize: timestampUrl === undefined ? RESERVE_BYTES : RESERVE_BYTES_WITH_TIMESTAMP,
  directCoseHandling: false,
  ...(timestampUrl === undefined ? {} : { tsaUrl: timestampUrl }),
})
