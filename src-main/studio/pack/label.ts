// The label that signs packs on this machine: an Ed25519 key for the pack, a root and a claim-signing certificate for its stems.
// Made on first use; one set per label name, in a file only this user can read.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { fail, jwkThumbprint, ok, type Ed25519Jwk, type Result, type SignEd25519 } from '../../../src-shared/std/index.ts'
import { writeAtomically } from '../disk/index.ts'
import { fileFailure } from '../file-problems.ts'
import { sha256 } from '../identity/index.ts'
import type { SigningIdentity } from '../stamp/index.ts'
import { createRootCertificate, issueSigningCertificate } from './label-certificates.ts'

const DAY_MS = 86_400_000
/** Stems carry no time-stamp, so their signatures end with the certificate: it has to outlive the licence. */
const LEAF_DAYS = 3_650
const ROOT_DAYS = 9_125
/** A leaf with less than this left is replaced; packs made with it stay valid until it ends. */
const RENEW_BELOW_DAYS = 1_825

const credentialSchema = z.object({ certificate: z.string(), privateKey: z.string() })
const fileSchema = z.object({ v: z.literal(1), name: z.string(), packKey: z.string(), root: credentialSchema, leaf: credentialSchema })
type LabelFile = z.infer<typeof fileSchema>

export interface Label {
  readonly name: string
  readonly jwk: Ed25519Jwk & { readonly kid: string }
  readonly sign: SignEd25519
  readonly identity: SigningIdentity
  /** Root certificates, PEM. */
  readonly anchors: readonly string[]
}

const makeLeaf = (root: LabelFile['root'], name: string, now: number) =>
  issueSigningCertificate(root, { name, notBefore: new Date(now - DAY_MS), notAfter: new Date(now + LEAF_DAYS * DAY_MS) })

const makeLabel = async (name: string, now: number): Promise<LabelFile> => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const root = await createRootCertificate({ name, notBefore: new Date(now - DAY_MS), notAfter: new Date(now + ROOT_DAYS * DAY_MS) })
  return {
    v: 1,
    name,
    packKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    root,
    leaf: await makeLeaf(root, name, now),
  }
}

const pathOf = (homeDir: string, name: string): string =>
  join(homeDir, 'labels', `${createHash('sha256').update(name).digest('hex').slice(0, 24)}.json`)

/** Whether the keys of a label of this name are on this computer. */
export const hasLabel = (homeDir: string, name: string): boolean => existsSync(pathOf(homeDir, name))

const writeLabel = (path: string, label: LabelFile): Promise<void> => writeAtomically(path, JSON.stringify(label), { mode: 0o600 })

const toLabel = (file: LabelFile): Label => {
  const key = createPrivateKey(file.packKey)
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  const jwk: Ed25519Jwk = { kty: 'OKP', crv: 'Ed25519', x: x ?? '' }
  return {
    name: file.name,
    jwk: { ...jwk, kid: jwkThumbprint(jwk, sha256) },
    sign: (message) => new Uint8Array(sign(null, message, key)),
    identity: { certificates: [file.leaf.certificate], privateKey: file.leaf.privateKey },
    anchors: [file.root.certificate],
  }
}

/** The label of this name, made if there is none yet. Codes: `pack.label_damaged`, `disk.*`. */
export const openLabel = async (homeDir: string, name: string, now: number): Promise<Result<Label>> => {
  const path = pathOf(homeDir, name)
  try {
    let file: LabelFile
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    if (text === null) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      file = await makeLabel(name, now)
      await writeLabel(path, file)
    } else {
      file = fileSchema.parse(JSON.parse(text))
      const left = new Date(new X509Certificate(file.leaf.certificate).validTo).getTime() - now
      if (left < RENEW_BELOW_DAYS * DAY_MS) {
        file = { ...file, leaf: await makeLeaf(file.root, name, now) }
        await writeLabel(path, file)
      }
    }
    return ok(toLabel(file))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      return fail(
        'pack.label_damaged',
        `The keys of the label “${name}” are damaged. Bring back ${path} from a backup; without it, a new label must be made.`,
      )
    }
    return fileFailure(error, path)
  }
}
