// Checks one manifest after another, from the active one down through its ingredients: signature, certificates, every assertion's hash, the
// rules on actions, and that each ingredient's manifest is the very one that was sealed in.
import { createHash, type X509Certificate } from 'node:crypto'
import { asArray, asBytes, asObject, asText, CborError, decodeCbor, toJson, type CborValue } from './cbor.ts'
import { describeCertificate, judgeChain, type ChainState, type SignerCertificate } from './certificates.ts'
import { checkClaimSignature, CoseError } from './cose.ts'
import { isHashAlgorithm, type BindingAssertion } from './bindings.ts'
import type { FindingAspect, OwnFinding } from './findings.ts'
import { childOf, contentOf, JumbfError, type Superbox } from './jumbf.ts'

export interface OwnSigner extends SignerCertificate {
  readonly algorithm: string
  readonly trust: ChainState
  readonly why: string
  readonly hasTimestamp: boolean
}

export interface OwnAssertion {
  readonly label: string
  /** Vouched for by the signer; gathered assertions are only passed on. */
  readonly isCreated: boolean
  /** Content as plain JSON; null for kinds that are only hashed. */
  readonly data: unknown
}

export interface OwnIngredient {
  readonly assertion: string
  readonly title: string
  readonly format: string
  readonly relationship: string
  readonly instanceId: string | null
  /** Heard from, to in milliseconds of the export, where the manifest says so. */
  readonly range: { readonly fromMs: number; readonly toMs: number } | null
  readonly manifest: OwnManifest | null
  /** Its manifest is the one that was sealed in, whole and unbroken; true also where it has none. */
  readonly isIntact: boolean
  /** Failures the signing program itself recorded when it took the ingredient in. */
  readonly recordedFailures: readonly string[]
}

export interface OwnManifest {
  readonly label: string
  readonly title: string | null
  readonly generator: { readonly name: string; readonly version: string | null } | null
  readonly signer: OwnSigner | null
  readonly assertions: readonly OwnAssertion[]
  readonly ingredients: readonly OwnIngredient[]
  readonly bindings: readonly BindingAssertion[]
  readonly hashAlgorithm: string
}

const MAX_INGREDIENT_DEPTH = 16
const MAX_MANIFESTS = 5_000
const MAX_ASSERTIONS = 5_000
const MAX_ASSERTION_BYTES = 4 * 1024 * 1024
const BINDING_LABELS: readonly string[] = ['c2pa.hash.data', 'c2pa.hash.bmff', 'c2pa.hash.bmff.v2', 'c2pa.hash.bmff.v3', 'c2pa.hash.boxes']

/** `c2pa.ingredient.v3__2` is the third `c2pa.ingredient.v3`. */
export const baseLabel = (label: string): string => label.replace(/__\d+$/, '')

interface HashedUri {
  readonly url: string
  readonly hash: Uint8Array
  readonly algorithm: string
}

const readHashedUri = (value: CborValue, defaultAlgorithm: string): HashedUri | undefined => {
  const object = asObject(value)
  const url = asText(object?.url)
  const hash = asBytes(object?.hash)
  const algorithm = asText(object?.alg) ?? defaultAlgorithm
  return url !== undefined && hash && isHashAlgorithm(algorithm) ? { url, hash, algorithm } : undefined
}

const matches = (box: Superbox, { hash, algorithm }: HashedUri): boolean => createHash(algorithm).update(box.payload).digest().equals(hash)

const readRange = (assertion: { readonly [key: string]: CborValue }): OwnIngredient['range'] => {
  const regions = asArray(asObject(asObject(assertion.metadata)?.regionOfInterest)?.region)
  const time = asObject(asObject(regions?.[0])?.time)
  const from = Number(asText(time?.start))
  const to = Number(asText(time?.end))
  return Number.isFinite(from) && Number.isFinite(to) && from >= 0 && to >= from && asText(time?.start) && asText(time?.end)
    ? { fromMs: Math.round(from * 1_000), toMs: Math.round(to * 1_000) }
    : null
}

/** Walks a manifest store. Findings pile up in `findings`; a manifest that several ingredients share is checked once. */
export class ManifestChecker {
  readonly findings: OwnFinding[] = []
  readonly #store: Superbox
  readonly #anchors: readonly X509Certificate[]
  readonly #now: number
  readonly #checked = new Map<string, OwnManifest>()
  readonly #open = new Set<string>()
  readonly #redacted = new Set<string>()
  readonly #broken = new Set<string>()

  constructor(store: Superbox, anchors: readonly X509Certificate[], now: number) {
    this.#store = store
    this.#anchors = anchors
    this.#now = now
  }

  /** The active manifest, which is the last of the store. */
  check(): OwnManifest | null {
    const { superboxes } = this.#store
    const active = superboxes.at(-1)
    if (!active) {
      this.#report(null, 'claim.missing', 'structure', 'The credentials are empty.')
      return null
    }
    if (superboxes.length > MAX_MANIFESTS) {
      this.#report(null, 'general.error', 'structure', 'The credentials hold too many manifests to be checked.')
      return null
    }
    if (new Set(superboxes.map((box) => box.label)).size !== superboxes.length) {
      this.#report(null, 'claim.multiple', 'structure', 'Two manifests of the credentials have the same name.')
      return null
    }
    return this.#manifest(active, 0)
  }

  #report(manifest: string | null, code: string, aspect: FindingAspect, message: string): void {
    if (manifest !== null && (aspect === 'integrity' || aspect === 'structure')) this.#broken.add(manifest)
    // A hostile file can break thousands of rules; a few hundred findings say enough.
    if (this.findings.length < 300) this.findings.push({ code, aspect, message, manifest })
  }

  #manifest(box: Superbox, depth: number): OwnManifest | null {
    const known = this.#checked.get(box.label)
    if (known) return known
    if (this.#open.has(box.label) || depth > MAX_INGREDIENT_DEPTH) {
      this.#report(box.label, 'ingredient.manifest.mismatch', 'structure', 'The lineage of the file runs in a circle or is too deep.')
      return null
    }
    this.#open.add(box.label)
    try {
      const manifest = this.#read(box, depth)
      if (manifest) this.#checked.set(box.label, manifest)
      return manifest
    } catch (error) {
      if (!(error instanceof CborError || error instanceof JumbfError || error instanceof CoseError)) throw error
      this.#report(box.label, 'claim.malformed', 'structure', `The credentials cannot be read: ${error.message}.`)
      return null
    } finally {
      this.#open.delete(box.label)
    }
  }

  #read(box: Superbox, depth: number): OwnManifest | null {
    if (box.kind !== 'c2ma') {
      this.#report(box.label, 'manifest.unsupported', 'structure', 'The credentials use a kind of manifest that cannot be checked here.')
      return null
    }
    const claimBox = childOf(box, 'c2pa.claim.v2') ?? childOf(box, 'c2pa.claim')
    const signatureBox = childOf(box, 'c2pa.signature')
    const claimBytes = claimBox && contentOf(claimBox, 'cbor')
    const signatureBytes = signatureBox && contentOf(signatureBox, 'cbor')
    if (!claimBytes || !signatureBytes) {
      this.#report(box.label, 'claim.missing', 'structure', 'The credentials lack their claim or its signature.')
      return null
    }
    const claim = asObject(decodeCbor(claimBytes))
    if (!claim) {
      this.#report(box.label, 'claim.malformed', 'structure', 'The claim of the credentials is malformed.')
      return null
    }
    const signature = checkClaimSignature(signatureBytes, claimBytes)
    if (!signature.isValid) {
      this.#report(box.label, 'claimSignature.mismatch', 'integrity', 'The signature does not fit what it is said to sign.')
    }
    const verdict = judgeChain(signature.chain, this.#anchors, this.#now)
    const [leaf] = signature.chain
    const signer: OwnSigner | null = leaf
      ? {
          ...describeCertificate(leaf),
          algorithm: signature.algorithm,
          trust: verdict.state,
          why: verdict.why,
          hasTimestamp: signature.hasTimestamp,
        }
      : null
    if (verdict.state === 'unfit') this.#report(box.label, 'signingCredential.invalid', 'trust', verdict.why)
    else if (verdict.state === 'unknown') this.#report(box.label, 'signingCredential.untrusted', 'trust', verdict.why)
    // With a time-stamp the certificate may have ended since; the library judges time-stamps.
    else if (verdict.state === 'expired' && !signature.hasTimestamp)
      this.#report(box.label, 'signingCredential.expired', 'trust', verdict.why)
    else if (verdict.state === 'not-yet') this.#report(box.label, 'signingCredential.expired', 'trust', verdict.why)

    const hashAlgorithm = asText(claim.alg) ?? 'sha256'
    for (const uri of asArray(claim.redacted_assertions) ?? []) {
      const text = asText(uri)
      if (text) this.#redacted.add(text.replace(/^self#jumbf=/, ''))
    }
    const isVersion2 = claimBox.label === 'c2pa.claim.v2'
    const contents = this.#assertions(box, claim, isVersion2, hashAlgorithm)
    if (isVersion2) this.#actionRules(box.label, contents)
    const generator = asObject(claim.claim_generator_info) ?? asObject(asArray(claim.claim_generator_info)?.[0])
    return {
      label: box.label,
      title: asText(claim['dc:title']) ?? null,
      generator: generator ? { name: asText(generator.name) ?? '', version: asText(generator.version) ?? null } : null,
      signer,
      assertions: contents.map(({ label, isCreated, content }) => ({
        label,
        isCreated,
        data: content === undefined ? null : toJson(content),
      })),
      ingredients: contents
        .filter(({ label }) => /^c2pa\.ingredient(\.v[23])?$/.test(baseLabel(label)))
        .map(({ label, content }) => this.#ingredient(box.label, label, content, hashAlgorithm, depth)),
      bindings: contents
        .filter(({ label }) => BINDING_LABELS.includes(baseLabel(label)))
        .map(({ label, content }) => ({ label: baseLabel(label), content })),
      hashAlgorithm,
    }
  }

  /** Every listed assertion must be there with its hash, and everything that is there must be listed. */
  #assertions(
    box: Superbox,
    claim: { readonly [key: string]: CborValue },
    isVersion2: boolean,
    hashAlgorithm: string,
  ): readonly { readonly label: string; readonly isCreated: boolean; readonly content: CborValue }[] {
    const store = childOf(box, 'c2pa.assertions')
    const created = asArray(isVersion2 ? claim.created_assertions : claim.assertions) ?? []
    const gathered = isVersion2 ? (asArray(claim.gathered_assertions) ?? []) : []
    const listed = [...created.map((value) => ({ value, isCreated: true })), ...gathered.map((value) => ({ value, isCreated: false }))]
    if (!store || listed.length > MAX_ASSERTIONS || store.superboxes.length > MAX_ASSERTIONS) {
      this.#report(box.label, 'claim.malformed', 'structure', 'The credentials have no assertions, or too many to be checked.')
      return []
    }
    const byLabel = new Map<string, Superbox>()
    for (const assertion of store.superboxes) {
      if (byLabel.has(assertion.label)) throw new JumbfError('two assertions have the same name')
      byLabel.set(assertion.label, assertion)
    }
    const seen = new Set<string>()
    const contents: { label: string; isCreated: boolean; content: CborValue }[] = []
    for (const { value, isCreated } of listed) {
      const uri = readHashedUri(value, hashAlgorithm)
      const label = uri?.url
        .replace(/^self#jumbf=/, '')
        .replace(`/c2pa/${box.label}/`, '')
        .replace(/^c2pa\.assertions\//, '')
      const assertion = label === undefined ? undefined : byLabel.get(label)
      if (!uri || label === undefined || seen.has(label)) {
        this.#report(box.label, 'claim.malformed', 'structure', 'The claim lists an assertion in a malformed way.')
        continue
      }
      seen.add(label)
      if (!assertion) {
        if (this.#redacted.has(`/c2pa/${box.label}/c2pa.assertions/${label}`)) {
          this.#report(box.label, 'assertion.redacted', 'info', `${label} was taken out on purpose by a later signer.`)
        } else this.#report(box.label, 'assertion.missing', 'integrity', `${label} was taken out of the credentials.`)
        continue
      }
      if (!matches(assertion, uri)) {
        this.#report(box.label, 'assertion.hashedURI.mismatch', 'integrity', `${label} was changed after it was signed.`)
        continue
      }
      contents.push({ label, isCreated, content: this.#content(box.label, assertion) })
    }
    for (const label of byLabel.keys()) {
      if (!seen.has(label)) this.#report(box.label, 'assertion.undeclared', 'integrity', `${label} was put in without being signed.`)
    }
    return contents
  }

  #content(manifest: string, assertion: Superbox): CborValue {
    const cbor = contentOf(assertion, 'cbor')
    const json = contentOf(assertion, 'json')
    const bytes = cbor ?? json
    if (!bytes) return undefined
    if (bytes.length > MAX_ASSERTION_BYTES) {
      this.#report(manifest, 'assertion.too_large', 'structure', `${assertion.label} is larger than 4 MB and was not read.`)
      return undefined
    }
    try {
      if (cbor) return decodeCbor(cbor)
      return JSON.parse(Buffer.from(bytes).toString('utf8')) as CborValue
    } catch (error) {
      const reason = error instanceof CborError ? error.message : 'it is not JSON'
      this.#report(
        manifest,
        cbor ? 'assertion.cbor.invalid' : 'assertion.json.invalid',
        'structure',
        `${assertion.label} cannot be read: ${reason}.`,
      )
      return undefined
    }
  }

  /** The first action says how the file came to be: `c2pa.created` with a source type, or `c2pa.opened`; exactly one of them. */
  #actionRules(manifest: string, contents: readonly { readonly label: string; readonly content: CborValue }[]): void {
    const lists = contents.filter(({ label }) => /^c2pa\.actions(\.v2)?$/.test(baseLabel(label)))
    const actions = lists.flatMap(({ content }) => asArray(asObject(content)?.actions) ?? []).map((action) => asObject(action))
    const first = asText(actions[0]?.action)
    const beginnings = actions.filter((action) => action?.action === 'c2pa.created' || action?.action === 'c2pa.opened').length
    const isWellFormed =
      beginnings === 1 && ((first === 'c2pa.created' && asText(actions[0]?.digitalSourceType) !== undefined) || first === 'c2pa.opened')
    if (!isWellFormed) {
      this.#report(manifest, 'assertion.action.malformed', 'structure', 'The credentials do not say how the file came to be.')
    }
  }

  #ingredient(manifest: string, label: string, content: CborValue, hashAlgorithm: string, depth: number): OwnIngredient {
    const assertion = asObject(content) ?? {}
    const results = asObject(asObject(assertion.validationResults)?.activeManifest)
    const failures = asArray(results?.failure) ?? []
    const deltas = asArray(asObject(assertion.validationResults)?.ingredientDeltas) ?? []
    const deltaFailures = deltas.flatMap((delta) => asArray(asObject(asObject(delta)?.validationDeltas)?.failure) ?? [])
    const recordedFailures = [...failures, ...deltaFailures].map((failure) => asText(asObject(failure)?.code) ?? 'unknown')
    const title = asText(assertion['dc:title']) ?? ''
    if (recordedFailures.length > 0) {
      this.#report(
        manifest,
        'ingredient.recorded_failure',
        'integrity',
        `“${title}” was already damaged or untrusted when it was taken in.`,
      )
    }
    const link = assertion.activeManifest ?? assertion.c2pa_manifest
    const linked =
      link === undefined || link === null
        ? { manifest: null, isIntact: true }
        : this.#linked(manifest, title, link, assertion.claimSignature, hashAlgorithm, depth)
    return {
      assertion: label,
      title,
      format: asText(assertion['dc:format']) ?? '',
      relationship: asText(assertion.relationship) ?? '',
      instanceId: asText(assertion.instanceID) ?? null,
      range: readRange(assertion),
      manifest: linked.manifest,
      isIntact: linked.isIntact && recordedFailures.length === 0,
      recordedFailures,
    }
  }

  #linked(
    parent: string,
    title: string,
    link: CborValue,
    signatureLink: CborValue,
    hashAlgorithm: string,
    depth: number,
  ): { readonly manifest: OwnManifest | null; readonly isIntact: boolean } {
    const uri = readHashedUri(link, hashAlgorithm)
    const label = uri?.url.replace(/^self#jumbf=\/c2pa\//, '').replace(/\/$/, '')
    const box = label === undefined ? undefined : childOf(this.#store, label)
    if (!uri || !box) {
      this.#report(parent, 'ingredient.manifest.missing', 'integrity', `The credentials of “${title}” were taken out.`)
      return { manifest: null, isIntact: false }
    }
    const isSealed = matches(box, uri)
    if (!isSealed) {
      this.#report(
        parent,
        'ingredient.manifest.mismatch',
        'integrity',
        `The credentials of “${title}” were changed after the file was signed.`,
      )
    }
    const signatureUri = signatureLink === undefined ? undefined : readHashedUri(signatureLink, hashAlgorithm)
    const signatureBox = childOf(box, 'c2pa.signature')
    const isSameSigner = signatureLink === undefined || (signatureUri && signatureBox && matches(signatureBox, signatureUri)) === true
    if (!isSameSigner) {
      this.#report(
        parent,
        'ingredient.claimSignature.mismatch',
        'integrity',
        `The signature of “${title}” is not the one that was sealed in.`,
      )
    }
    const manifest = this.#manifest(box, depth + 1)
    return { manifest, isIntact: isSealed && isSameSigner && manifest !== null && !this.#broken.has(box.label) }
  }
}
