// The device: an Ed25519 key that signs receipts, an ES256 key that signs claims, and its enrolments. One file, replaced as a whole, mode 0600.
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { trustBundleSchema } from '../../../src-shared/protocol/index.ts'
import { fail, jwkThumbprint, ok } from '../../../src-shared/std/index.ts'
import type { Ed25519Jwk, Result, SignEd25519 } from '../../../src-shared/std/index.ts'
import { fileFailure } from '../file-problems.ts'
import { sha256 } from './crypto.ts'
import { fileSecretBox } from './secret-box.ts'
import type { SecretBox } from './secret-box.ts'

const enrolmentSchema = z.object({
  issuer: z.string(),
  url: z.string(),
  account: z.string(),
  /** Sealed like the keys. */
  token: z.string(),
  certificates: z.array(z.string()).min(1),
  notAfter: z.iso.datetime(),
  trust: trustBundleSchema,
})
const fileSchema = z.object({
  v: z.literal(1),
  protection: z.enum(['keyring', 'file']),
  deviceKey: z.string(),
  claimKey: z.string(),
  /** Key of the artist this home belongs to, sealed like the others, and the name it is shown under. */
  artist: z.object({ name: z.string(), key: z.string() }).exactOptional(),
  enrolments: z.record(z.string(), enrolmentSchema),
})
type IdentityFile = z.infer<typeof fileSchema>

/** What a rights service gave this device. */
export interface Enrolment extends Omit<z.infer<typeof enrolmentSchema>, 'token'> {
  readonly device: string
  /** Bearer token. */
  readonly token: string
}

/** An artist's key: signs answers, and is named by the licences of the works it may answer for. */
export interface ArtistKey {
  readonly kid: string
  readonly name: string
  readonly jwk: Ed25519Jwk
  readonly sign: SignEd25519
  /** Private key as a JWK with `d`, for a page in a browser. Whoever has it can say yes in the artist's name. */
  secretJwk(): Ed25519Jwk & { readonly d: string }
}

export interface Identity {
  /** Thumbprint of the device key: `device` of every receipt. */
  readonly kid: string
  readonly jwk: Ed25519Jwk
  readonly publicKey: Uint8Array
  /** Signs with the device key. */
  readonly sign: SignEd25519
  /** ES256 private key for claims, PKCS #8 PEM. Handed to the signing child only. */
  readonly claimKeyPem: string
  /** `file` means that other programs of this user can read the keys; the app shows it. */
  readonly protection: SecretBox['kind']
  /** Enrolment with a service; undefined if there is none. Read anew from disk, since app and command line share it. */
  enrolment(issuer: string): Enrolment | undefined
  enrolments(): readonly Enrolment[]
  saveEnrolment(enrolment: Enrolment): void
  /** Null where this home is no artist's. */
  artist(): ArtistKey | null
  /** Makes the artist's key; where there is one, only the name changes. */
  makeArtist(name: string): ArtistKey
}

const FILE = 'identity.json'

const writeWhole = (path: string, value: IdentityFile, publish: (part: string) => void): void => {
  const part = `${path}.${randomUUID()}.part`
  const file = openSync(part, 'wx', 0o600)
  try {
    writeSync(file, `${JSON.stringify(value, null, 2)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  try {
    publish(part)
  } finally {
    rmSync(part, { force: true })
  }
}

const make = (path: string, box: SecretBox): void => {
  const device = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const claim = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const value: IdentityFile = { v: 1, protection: box.kind, deviceKey: box.seal(device), claimKey: box.seal(claim), enrolments: {} }
  writeWhole(path, value, (part) => {
    try {
      // A link never replaces: if the app and the command line start together, the first key stays.
      linkSync(part, path)
    } catch (error) {
      if (existsSync(path)) return
      if ((error as NodeJS.ErrnoException).code === 'EPERM' || (error as NodeJS.ErrnoException).code === 'ENOTSUP') renameSync(part, path)
      else throw error
    }
  })
}

/**
 * Opens the identity in a folder, making it on first use. Codes: `identity.damaged`, `identity.sealed` (made under a keyring that is not available
 * here), `disk.*`.
 */
export const openIdentity = (dir: string, box: SecretBox = fileSecretBox): Result<Identity> => {
  const path = join(dir, FILE)
  const load = (): IdentityFile => fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  let stored: IdentityFile
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    if (!existsSync(path)) make(path, box)
    stored = load()
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError)
      return fail(
        'identity.damaged',
        `The file with this device's keys (${FILE}) is damaged. Put back a copy if there is one; otherwise move the file away, and the device enrols anew with a new key.`,
      )
    return fileFailure(error, path)
  }
  const opener = stored.protection === 'file' ? fileSecretBox : box
  if (stored.protection === 'keyring' && box.kind !== 'keyring')
    return fail(
      'identity.sealed',
      "This device's keys are sealed by the desktop keyring, which only the app can open. Do this in the app, or give the command line a folder of its own with --home.",
    )
  let devicePem: string
  let claimKeyPem: string
  try {
    devicePem = opener.open(stored.deviceKey)
    claimKeyPem = opener.open(stored.claimKey)
    createPrivateKey(claimKeyPem)
    createPrivateKey(devicePem)
  } catch {
    return fail(
      'identity.sealed',
      "This device's keys cannot be opened: the keyring of this computer refused, or the file comes from another computer. Unlock the keyring and start again.",
    )
  }
  const key = createPrivateKey(devicePem)
  const jwk: Ed25519Jwk = { kty: 'OKP', crv: 'Ed25519', x: createPublicKey(key).export({ format: 'jwk' }).x ?? '' }
  const kid = jwkThumbprint(jwk, sha256)
  const openArtist = (stored: NonNullable<IdentityFile['artist']>): ArtistKey => {
    const secret = createPrivateKey(opener.open(stored.key))
    const publicJwk: Ed25519Jwk = { kty: 'OKP', crv: 'Ed25519', x: createPublicKey(secret).export({ format: 'jwk' }).x ?? '' }
    return {
      kid: jwkThumbprint(publicJwk, sha256),
      name: stored.name,
      jwk: publicJwk,
      sign: (message) => new Uint8Array(sign(null, message, secret)),
      secretJwk: () => ({ ...publicJwk, d: secret.export({ format: 'jwk' }).d ?? '' }),
    }
  }
  const reveal = (entry: z.infer<typeof enrolmentSchema>): Enrolment => ({ ...entry, device: kid, token: opener.open(entry.token) })
  return ok({
    kid,
    jwk,
    publicKey: new Uint8Array(Buffer.from(jwk.x, 'base64url')),
    sign: (message) => new Uint8Array(sign(null, message, key)),
    claimKeyPem,
    protection: stored.protection,
    enrolment: (issuer) => {
      const entry = load().enrolments[issuer]
      return entry && reveal(entry)
    },
    enrolments: () => Object.values(load().enrolments).map(reveal),
    saveEnrolment: ({ device: _, ...enrolment }) => {
      const current = load()
      const entry = { ...enrolment, token: opener.seal(enrolment.token) }
      writeWhole(path, { ...current, enrolments: { ...current.enrolments, [entry.issuer]: entry } }, (part) => renameSync(part, path))
    },
    artist: () => {
      const { artist } = load()
      return artist ? openArtist(artist) : null
    },
    makeArtist: (name) => {
      const current = load()
      const made =
        current.artist?.key ?? opener.seal(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
      const artist = { name, key: made }
      writeWhole(path, { ...current, artist }, (part) => renameSync(part, path))
      return openArtist(artist)
    },
  })
}
