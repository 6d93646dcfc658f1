// What the verifier says: codes as C2PA names them where it has a name, with a sentence a person can read.

/**
 * `integrity`: bytes are not what was signed. `trust`: they are, but the signer is not one we can vouch for. `structure`: the credentials break a
 * rule or cannot be read. `info`: worth knowing, harmless.
 */
export type FindingAspect = 'integrity' | 'trust' | 'structure' | 'info'

export interface OwnFinding {
  readonly code: string
  readonly aspect: FindingAspect
  readonly message: string
  /** Label of the manifest it concerns. */
  readonly manifest: string | null
}
