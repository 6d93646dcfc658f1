// Hard bindings: does the manifest belong to this very file? The audio streams through the hash once, together with the hash of the whole file.
import { createHash, type Hash } from 'node:crypto'
import { asArray, asBytes, asNumber, asObject, asText, type CborValue } from './cbor.ts'
import type { ByteFile, Located, Span } from './containers.ts'
import type { OwnFinding } from './findings.ts'

const BLOCK = 1024 * 1024
const HASHES: readonly string[] = ['sha256', 'sha384', 'sha512']
/** Boxes a BMFF binding may leave out: padding, the brand list, our own box. Anything else could hide audio. */
const HARMLESS_BOXES: readonly string[] = ['/ftyp', '/mfra', '/free', '/skip']
const C2PA_UUID = Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex')

export interface BindingOutcome {
  readonly finding: Omit<OwnFinding, 'manifest'> | null
  readonly fileSha256: string
}

/** Which bytes go into the binding's hash, and 8-byte marks put in before some of them. */
interface HashPlan {
  readonly algorithm: string
  readonly expected: Uint8Array
  /** Ascending, not overlapping. */
  readonly excluded: readonly Span[]
  /** File offsets before which the offset itself is hashed (BMFF v2 and later). */
  readonly marks: readonly number[]
}

export const isHashAlgorithm = (name: string): boolean => HASHES.includes(name)

const mark = (offset: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(offset))
  return bytes
}

/**
 * Reads the file once: the whole file's SHA-256 and, with a plan, the binding's hash. Up to the first byte that only one of them takes they are the same
 * and computed once; in a WAV file that is all of the sound.
 */
const hashFile = async (file: ByteFile, plan: HashPlan | null): Promise<{ fileSha256: string; digest: Buffer | null }> => {
  const whole = createHash('sha256')
  const parting = plan?.algorithm === 'sha256' ? Math.min(plan.excluded[0]?.start ?? file.size, plan.marks[0] ?? file.size) : 0
  let bound: Hash | null = plan && parting === 0 ? createHash(plan.algorithm) : null
  const edges = plan
    ? [...new Set([...plan.excluded.flatMap(({ start, length }) => [start, start + length]), ...plan.marks])].sort((a, b) => a - b)
    : []
  const marks = new Set(plan?.marks)
  const buffer = Buffer.allocUnsafe(Math.min(BLOCK, Math.max(file.size, 1)))
  let at = 0
  let edge = 0
  let exclusion = 0
  while (at < file.size) {
    while (edge < edges.length && (edges[edge] as number) <= at) edge++
    const until = Math.min(at + buffer.length, edges[edge] ?? file.size, file.size)
    if (plan && !bound && at >= parting) bound = whole.copy()
    const { bytesRead } = await file.handle.read(buffer, 0, until - at, at)
    if (bytesRead <= 0) break
    const bytes = buffer.subarray(0, bytesRead)
    whole.update(bytes)
    if (bound && plan) {
      if (marks.has(at)) bound.update(mark(at))
      for (let span = plan.excluded[exclusion]; span && span.start + span.length <= at; span = plan.excluded[exclusion]) exclusion++
      const span = plan.excluded[exclusion]
      if (!span || at < span.start) bound.update(bytes)
    }
    at += bytesRead
  }
  if (plan) bound ??= whole.copy()
  return { fileSha256: whole.digest('hex'), digest: bound?.digest() ?? null }
}

const malformed = (code: string, message: string): Omit<OwnFinding, 'manifest'> => ({ code, aspect: 'structure', message })

const planDataHash = (
  assertion: { readonly [key: string]: CborValue },
  defaultAlgorithm: string,
  chunk: Span | null,
): HashPlan | string => {
  const algorithm = asText(assertion.alg) ?? defaultAlgorithm
  const expected = asBytes(assertion.hash)
  const exclusions = assertion.exclusions === undefined ? [] : asArray(assertion.exclusions)
  if (!isHashAlgorithm(algorithm) || !expected || !exclusions) return 'The binding of the credentials to the sound is malformed.'
  const spans = exclusions.map((item) => ({ start: asNumber(asObject(item)?.start), length: asNumber(asObject(item)?.length) }))
  // Whatever else is left out of the hash could be changed unseen; a detached manifest may leave out nothing at all.
  const allowed = chunk ? [chunk] : []
  const isExact =
    spans.length === allowed.length && spans.every((span, i) => span.start === allowed[i]?.start && span.length === allowed[i]?.length)
  if (!isExact) return 'The credentials leave more out of their seal than themselves, so parts of the file could be changed unseen.'
  return { algorithm, expected, excluded: allowed, marks: [] }
}

const planBmffHash = (assertion: { readonly [key: string]: CborValue }, defaultAlgorithm: string, located: Located): HashPlan | string => {
  const algorithm = asText(assertion.alg) ?? defaultAlgorithm
  const expected = asBytes(assertion.hash)
  const exclusions = asArray(assertion.exclusions)
  if (assertion.merkle !== undefined)
    return 'The file is sealed piece by piece, which only streamed video needs; this cannot be checked here.'
  if (!isHashAlgorithm(algorithm) || !expected || !exclusions) return 'The binding of the credentials to the sound is malformed.'
  const paths = new Set<string>()
  for (const item of exclusions) {
    const exclusion = asObject(item)
    const path = asText(exclusion?.xpath) ?? ''
    if (path === '/uuid') {
      const [match, ...more] = asArray(exclusion?.data) ?? []
      const value = asBytes(asObject(match)?.value)
      const isOurs = more.length === 0 && asNumber(asObject(match)?.offset) === 8 && value !== undefined && C2PA_UUID.equals(value)
      if (!isOurs) return 'The credentials leave more out of their seal than themselves, so parts of the file could be changed unseen.'
    } else if (!HARMLESS_BOXES.includes(path)) {
      return 'The credentials leave more out of their seal than themselves, so parts of the file could be changed unseen.'
    }
    for (const key of Object.keys(exclusion ?? {})) {
      if (key !== 'xpath' && key !== 'data' && exclusion?.[key] !== null) return 'The binding of the credentials to the sound is malformed.'
    }
    paths.add(path)
  }
  const excluded: Span[] = []
  const marks: number[] = []
  for (const box of located.boxes) {
    const isOurs = box.uuid === C2PA_UUID.toString('hex') && paths.has('/uuid')
    if (isOurs || (box.type !== 'uuid' && paths.has(`/${box.type}`))) excluded.push({ start: box.start, length: box.length })
    else marks.push(box.start)
  }
  return { algorithm, expected, excluded, marks }
}

/** A hard-binding assertion of the active manifest: label without instance suffix, and content. */
export interface BindingAssertion {
  readonly label: string
  readonly content: CborValue
}

/** Checks the one hard binding of the active manifest against the file. */
export const checkBinding = async (
  file: ByteFile,
  located: Located,
  bindings: readonly BindingAssertion[],
  defaultAlgorithm: string,
): Promise<BindingOutcome> => {
  const [binding, second] = bindings
  const assertion = binding ? asObject(binding.content) : undefined
  let plan: HashPlan | string
  if (!binding) plan = 'Nothing ties the credentials to this file.'
  else if (second) plan = 'The credentials are tied to the file twice, which leaves open what counts.'
  else if (!assertion) plan = 'The binding of the credentials to the sound is malformed.'
  else if (binding.label === 'c2pa.hash.data' && located.container !== 'mp4')
    plan = planDataHash(assertion, defaultAlgorithm, located.chunk)
  else if ((binding.label === 'c2pa.hash.bmff.v3' || binding.label === 'c2pa.hash.bmff.v2') && located.container === 'mp4') {
    plan = planBmffHash(assertion, defaultAlgorithm, located)
  } else plan = 'The credentials are tied to the file in a way that does not fit its format.'
  if (typeof plan === 'string') {
    const code = !binding ? 'claim.hardBindings.missing' : second ? 'assertion.multipleHardBindings' : 'assertion.dataHash.malformed'
    return { finding: malformed(code, plan), fileSha256: (await hashFile(file, null)).fileSha256 }
  }
  const { fileSha256, digest } = await hashFile(file, plan)
  if (digest?.equals(plan.expected)) return { finding: null, fileSha256 }
  return {
    finding: {
      code: binding?.label === 'c2pa.hash.data' ? 'assertion.dataHash.mismatch' : 'assertion.bmffHash.mismatch',
      aspect: 'integrity',
      message: 'The sound or the tags were changed after the file was signed.',
    },
    fileSha256,
  }
}

/** SHA-256 of a whole file, in hex. */
export const hashWholeFile = async (file: ByteFile): Promise<string> => (await hashFile(file, null)).fileSha256
