// One answer from two verifiers: the C2PA library (in its own process) and ours. Where they differ, the worse result counts.
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type {
  VerifyFinding,
  VerifyIngredient,
  VerifyIntegrity,
  VerifyReceipt,
  VerifyReport,
  VerifySigner,
  VerifyTrust,
  VerifyVerdict,
} from '../../../src-shared/protocol/index.ts'
import type { RevocationList } from '../../../src-shared/rights/index.ts'
import { fail, ok, type Clock, type Result } from '../../../src-shared/std/index.ts'
import type { LibraryVerdict, Signer } from '../stamp/index.ts'
import { checkApprovals, type JudgePastApproval } from './approval-check.ts'
import { readLineage, type Lineage } from './lineage.ts'
import { verifyOwn, type OwnReport, type OwnSigner } from './own/index.ts'
import { checkReceipt, type ReceiptLookup, type ReceiptQuery, type ReceiptVerdict } from './receipt-check.ts'
import { momentWords } from './words.ts'

export interface VerifyOptions {
  /** The signing process; its library is asked for a second opinion. */
  readonly signer: Signer
  /** PEM of every authority to trust: the service's and the labels' whose packs are known. */
  readonly anchors: readonly string[]
  /** C2SP verifier key of the receipt log; null where none is known, then no proof counts. */
  readonly logKey: string | null
  readonly receipts: ReceiptLookup
  /** Newest revocation list, if there is one. */
  readonly revocations: RevocationList | null
  readonly now: Clock
  /** Judges an answer the file carries; left out where nothing is known of any. */
  readonly judgeApproval?: JudgePastApproval
}

const MIME_TYPES = { wav: 'audio/wav', mp3: 'audio/mpeg', flac: 'audio/flac', mp4: 'audio/mp4' } as const

type Standing = 'trusted' | 'valid' | 'invalid' | 'none' | 'unreadable'

/** From best to worst. `none` is compared apart: it is no grade but an absence. */
const GRADES: readonly Standing[] = ['trusted', 'valid', 'invalid']

/** Codes that speak of the signer's standing, not of the bytes. */
const isTrustCode = (code: string): boolean => /^(signingCredential|timeStamp)\b|^claimSignature\.outsideValidity$/i.test(code)

/** The library's standing by its failures: it calls a file trusted although an ingredient is damaged. */
const libraryStanding = (verdict: LibraryVerdict): Standing => {
  if (verdict.failures.some(({ code }) => !isTrustCode(code))) return 'invalid'
  if (verdict.failures.length > 0) return 'valid'
  return verdict.state
}

const isAbsent = (standing: Standing): boolean => standing === 'none' || standing === 'unreadable'

const worse = (a: Standing, b: Standing): Standing => {
  if (a === b) return a
  if (isAbsent(a) && isAbsent(b)) return a
  if (isAbsent(a) || isAbsent(b)) return 'invalid'
  return GRADES.indexOf(a) > GRADES.indexOf(b) ? a : b
}

interface Merged {
  readonly standing: Standing
  readonly findings: readonly VerifyFinding[]
}

const merge = (own: OwnReport, library: LibraryVerdict): Merged => {
  const findings: VerifyFinding[] = own.findings.map(({ code, aspect, message }) => ({
    code,
    severity: aspect === 'info' ? 'info' : aspect === 'trust' ? 'warning' : 'error',
    message,
  }))
  const known = new Set(findings.map(({ code }) => code))
  for (const { code, message, isIngredient } of library.failures) {
    if (known.has(code)) continue
    known.add(code)
    findings.push({
      code,
      severity: isTrustCode(code) ? 'warning' : 'error',
      message: `${isIngredient ? 'A source of the file' : 'The file'} did not pass: ${message || code}.`,
    })
  }
  // A file ours cannot make sense of, or of a kind without credentials, is no disagreement.
  if (own.container === 'other') return { standing: own.state, findings }
  // A store that one calls broken and the other unreadable is the same thing twice.
  const second = library.state === 'unreadable' && own.state === 'invalid' ? 'invalid' : libraryStanding(library)
  const standing = worse(own.state, second)
  if (own.state !== second && !(isAbsent(own.state) && isAbsent(second))) {
    const names: Readonly<Record<Standing, string>> = {
      trusted: 'intact and trusted',
      valid: 'intact but not trusted',
      invalid: 'changed',
      none: 'without credentials',
      unreadable: 'unreadable',
    }
    findings.push({
      code: 'verify.verifiers_disagree',
      severity: 'warning',
      message: `Two independent checks do not agree: one finds the file ${names[own.state]}, the other ${names[second]}${library.reason === null ? '' : ` (${library.reason})`}. The worse counts.`,
    })
  }
  return { standing, findings }
}

/** What can be said of a file without credentials whose sound is known. */
const describeRecovered = ({ matched, issuedAt }: VerifyReceipt): string =>
  matched === 'fingerprint'
    ? `This sounds like the export of ${issuedAt?.slice(0, 10) ?? 'an unknown date'}: the same music, not the same file. This copy was re-encoded or cut and carries no credentials.`
    : 'The credentials were removed, but the ledger knows this sound: recovered, not intact.'

const describeIntegrity = (standing: Standing, own: OwnReport, recovered: VerifyReceipt | null): VerifyIntegrity => {
  switch (standing) {
    case 'trusted':
    case 'valid':
      return { state: 'intact', sentence: 'The file is exactly as it was signed.' }
    case 'none':
      return recovered
        ? { state: 'recovered', sentence: describeRecovered(recovered) }
        : { state: 'none', sentence: 'The file carries no content credentials. Nothing can be said about where it comes from.' }
    case 'unreadable':
      return { state: 'unreadable', sentence: own.findings[0]?.message ?? 'The file cannot be read.' }
    case 'invalid':
      return {
        state: 'changed',
        sentence:
          own.findings.find(({ aspect }) => aspect === 'integrity' || aspect === 'structure')?.message ??
          'The file is not as it was signed.',
      }
  }
}

const describeSigner = (signer: OwnSigner, lineage: Lineage, library: LibraryVerdict): VerifySigner => {
  const claimed = lineage.actions[0]?.when ?? null
  const signedAt = library.signedAt ?? claimed
  const when =
    library.signedAt !== null
      ? ` on ${momentWords(library.signedAt)}, as a time-stamp service confirms`
      : claimed !== null
        ? ` on ${momentWords(claimed)}, by the file's own word`
        : ''
  return {
    name: signer.name,
    organisation: signer.organisation,
    issuer: signer.issuer,
    serial: signer.serial,
    validFrom: signer.notBefore.toISOString(),
    validTo: signer.notAfter.toISOString(),
    signedAt,
    signedAtSource: library.signedAt !== null ? 'time-stamp' : claimed !== null ? 'claimed' : null,
    sentence: `Signed by ${signer.name || 'an unnamed signer'}${when}.`,
  }
}

/** Serials of withdrawn certificates, written as certificates write them. */
const revokedSerials = (revocations: RevocationList | null): ReadonlySet<string> =>
  new Set((revocations?.entries ?? []).flatMap(({ kind, id }) => (kind === 'certificate' ? [id.toLowerCase().replaceAll(':', '')] : [])))

const describeTrust = (signer: OwnSigner, standing: Standing, revocations: RevocationList | null): VerifyTrust => {
  const revoked = revocations?.entries.find(
    ({ kind, id }) => kind === 'certificate' && id.toLowerCase().replaceAll(':', '') === signer.serial,
  )
  if (revoked) return { state: 'revoked', sentence: `The signer's certificate was revoked on ${momentWords(revoked.since)}.` }
  if (signer.trust === 'expired' && !(signer.hasTimestamp && standing === 'trusted')) return { state: 'expired', sentence: signer.why }
  if (signer.trust !== 'trusted' && signer.trust !== 'expired') return { state: 'unknown', sentence: signer.why }
  if (standing === 'invalid') return { state: 'trusted', sentence: 'The signer is trusted, but this is no longer what they signed.' }
  return { state: 'trusted', sentence: signer.why }
}

const untrustedIngredient = (ingredients: readonly VerifyIngredient[]): VerifyIngredient | undefined =>
  ingredients.find(({ state }) => state === 'untrusted') ??
  ingredients.flatMap(({ ingredients: below }) => untrustedIngredient(below) ?? [])[0]

const judge = (standing: Standing, trust: VerifyTrust, isRecovered: boolean, receipt: ReceiptVerdict | null): VerifyVerdict => {
  if (standing === 'invalid' || standing === 'unreadable' || trust.state === 'revoked') return 'bad'
  if (standing === 'none') return isRecovered ? 'caution' : 'none'
  if (standing === 'valid' || trust.state !== 'trusted') return 'caution'
  return receipt && (receipt.receipt.state === 'unproved' || receipt.receipt.state === 'void') ? 'caution' : 'good'
}

const findReceipt = async (
  own: OwnReport,
  path: string,
  lineage: Lineage | null,
  { receipts, logKey, signer }: VerifyOptions,
): Promise<ReceiptVerdict | null> => {
  const receiptId = lineage?.provenance?.receiptId?.replace(/^urn:uuid:/, '') ?? null
  const isStripped = own.manifest === null && own.state !== 'unreadable'
  const ask = async (query: ReceiptQuery): Promise<ReceiptVerdict | undefined> => {
    const found = await receipts.find(query).catch(() => [])
    const claims = { ...query, c2pa: own.manifest?.label ?? null }
    const checked = found.slice(0, 20).map((receipt) => checkReceipt(receipt, logKey, claims))
    const rank = ({ receipt }: ReceiptVerdict): number => ['synced', 'local', 'void', 'unproved'].indexOf(receipt.state)
    // Exports of one remix in several formats sound alike to the bit; then the better proved one speaks for the sound.
    return checked.sort((a, b) => a.bitErrorRate - b.bitErrorRate || rank(a) - rank(b))[0]
  }
  // Decoding takes seconds; only a file that says nothing about itself is worth it.
  const filePcmSha256 = isStripped ? await signer.hashSound(path) : null
  const exact = { receiptId, fileSha256: own.fileSha256, filePcmSha256, fingerprint: null }
  const best = await ask(exact)
  if (best && (best.content !== null || !isStripped)) return best
  const fingerprint = isStripped ? await signer.fingerprint(path) : null
  const alike = fingerprint === null || fingerprint.length === 0 ? undefined : await ask({ ...exact, fingerprint })
  if (alike?.content || best) return alike?.content ? alike : (best ?? null)
  if (receiptId === null) return null
  return {
    content: null,
    bitErrorRate: 0,
    findings: [
      { code: 'receipt.unknown', severity: 'info', message: 'The file names a receipt that is not known here. Go online to look it up.' },
    ],
    receipt: {
      id: receiptId,
      state: 'unknown',
      matched: null,
      issuedAt: null,
      signatureIsValid: null,
      proof: null,
      sentence: 'The file names a receipt that is not known here.',
    },
  }
}

/** Verifies a file. Fails only where the file cannot be opened (`verify.missing`, `verify.not_readable`); all else is in the report. */
export const verifyFile = async (path: string, options: VerifyOptions): Promise<Result<VerifyReport>> => {
  const fileName = basename(path)
  let bytes: number
  let own: OwnReport
  try {
    const facts = await stat(path)
    // Reading a pipe or a device would never end.
    if (!facts.isFile()) return fail('verify.not_readable', `“${fileName}” is not a file, so there is nothing to verify.`, { fileName })
    bytes = facts.size
    own = await verifyOwn(path, { anchors: options.anchors, now: options.now() })
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return isMissing
      ? fail('verify.missing', `There is no file “${fileName}” any more.`, { fileName })
      : fail('verify.not_readable', `“${fileName}” cannot be read. Check that it is a file and that you may open it.`, { fileName })
  }
  const mimeType = own.container !== null && own.container !== 'other' ? MIME_TYPES[own.container] : 'audio/wav'
  const { verdict: library, tags } = await options.signer.inspect({ path, mimeType, anchors: options.anchors })
  const { standing, findings } = merge(own, library)
  const lineage = own.manifest ? readLineage(own.manifest, revokedSerials(options.revocations)) : null
  const receipt = await findReceipt(own, path, lineage, options)
  const isRecovered = standing === 'none' && receipt !== null && receipt.content !== null
  const signer = own.manifest?.signer ?? null
  const trust: VerifyTrust = signer
    ? describeTrust(signer, standing, options.revocations)
    : { state: 'none', sentence: 'There is no signer to trust or distrust.' }
  const stranger = lineage ? untrustedIngredient(lineage.ingredients) : undefined
  const isGoodEnough = stranger && standing === 'trusted' ? 'valid' : standing
  const made = receipt?.content && receipt.content.type !== 'void' ? receipt.content : null
  const approvals = checkApprovals(lineage?.provenance ?? null, made, options.judgeApproval)
  const verdict = judge(isGoodEnough, trust, isRecovered, receipt)
  return ok({
    fileName,
    bytes,
    sha256: own.fileSha256,
    container: own.container,
    // An export without the yes it claims is intact, yet not what it says.
    verdict: verdict === 'good' && approvals.some(({ severity }) => severity === 'error') ? 'caution' : verdict,
    title: own.manifest?.title?.slice(0, 300) ?? null,
    c2pa: own.manifest?.label ?? null,
    generator: own.manifest?.generator
      ? [own.manifest.generator.name, own.manifest.generator.version ?? ''].join(' ').trim().slice(0, 200)
      : null,
    integrity: describeIntegrity(standing, own, isRecovered ? (receipt?.receipt ?? null) : null),
    signer: signer && lineage ? describeSigner(signer, lineage, library) : null,
    trust,
    ingredients: lineage?.ingredients ?? [],
    actions: lineage?.actions ?? [],
    plugins: lineage?.plugins ?? [],
    ai: lineage?.ai ?? null,
    scope: lineage?.scope ?? null,
    trainingMining: lineage?.trainingMining ?? null,
    receipt: receipt?.receipt ?? null,
    tags,
    findings: [...findings, ...(lineage?.findings ?? []), ...(receipt?.findings ?? []), ...approvals],
  })
}
