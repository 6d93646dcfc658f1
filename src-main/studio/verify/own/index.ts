// Our own verifier of content credentials. It shares no code with c2pa-rs, so that one library's bug cannot turn a bad file green.
// It never follows a link out of the file.
import { checkBinding, hashWholeFile } from './bindings.ts'
import { CborError } from './cbor.ts'
import { readPem } from './certificates.ts'
import { ContainerError, locateStore, openByteFile, type Located } from './containers.ts'
import { CoseError } from './cose.ts'
import type { OwnFinding } from './findings.ts'
import { JumbfError, readManifestStore } from './jumbf.ts'
import { ManifestChecker, type OwnManifest } from './manifest.ts'

export { baseLabel, type OwnIngredient, type OwnManifest, type OwnSigner } from './manifest.ts'
export { ContainerError, locateStore, openByteFile, type ByteFile, type Located, type Span } from './containers.ts'

/**
 * `trusted`: intact, and every signer is vouched for. `valid`: intact, but a signer is not. `invalid`: changed or breaking the rules.
 * `none`: no credentials. `unreadable`: the file is broken.
 */
export type OwnState = 'trusted' | 'valid' | 'invalid' | 'none' | 'unreadable'

export interface OwnReport {
  readonly state: OwnState
  readonly container: Located['container'] | null
  readonly manifest: OwnManifest | null
  readonly findings: readonly OwnFinding[]
  /** Hash of the whole file as it lies there; null where it could not be read to its end. */
  readonly fileSha256: string | null
}

export interface OwnVerifyOptions {
  /** PEM texts of the authorities to trust. */
  readonly anchors: readonly string[]
  /** Wall clock in ms, for the certificates. */
  readonly now: number
  /** A manifest store from beside the file (`.c2pa`) instead of the one inside. */
  readonly detachedStore?: Uint8Array
}

const unreadable = (container: OwnReport['container'], message: string, fileSha256: string | null): OwnReport => ({
  state: 'unreadable',
  container,
  manifest: null,
  findings: [{ code: 'file.unreadable', aspect: 'structure', message, manifest: null }],
  fileSha256,
})

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

/** Verifies an audio file. Rejects only on input/output errors (missing file, no permission); everything about the content is a finding. */
export const verifyOwn = async (path: string, options: OwnVerifyOptions): Promise<OwnReport> => {
  const file = await openByteFile(path)
  try {
    let located: Located
    try {
      located = await locateStore(file)
    } catch (error) {
      if (!(error instanceof ContainerError)) throw error
      return unreadable(null, sentence(error.message), await hashWholeFile(file))
    }
    const bytes = options.detachedStore ?? located.store
    // A detached manifest is bound to the file as a whole: nothing in it may be left out of the hash.
    const bound: Located = options.detachedStore ? { ...located, chunk: null } : located
    if (!bytes) return { state: 'none', container: located.container, manifest: null, findings: [], fileSha256: await hashWholeFile(file) }
    try {
      const checker = new ManifestChecker(readManifestStore(bytes), readPem(options.anchors), options.now)
      const manifest = checker.check()
      const binding = manifest
        ? await checkBinding(file, bound, manifest.bindings, manifest.hashAlgorithm)
        : { finding: null, fileSha256: await hashWholeFile(file) }
      const findings = [...checker.findings, ...(binding.finding && manifest ? [{ ...binding.finding, manifest: manifest.label }] : [])]
      const isBroken = !manifest || findings.some(({ aspect }) => aspect === 'integrity' || aspect === 'structure')
      const state = isBroken ? 'invalid' : findings.some(({ aspect }) => aspect === 'trust') ? 'valid' : 'trusted'
      return { state, container: located.container, manifest, findings, fileSha256: binding.fileSha256 }
    } catch (error) {
      if (!(error instanceof CborError || error instanceof JumbfError || error instanceof CoseError)) throw error
      return {
        ...unreadable(located.container, `The credentials cannot be read: ${error.message}.`, await hashWholeFile(file)),
        state: 'invalid',
      }
    }
  } finally {
    await file.close()
  }
}
