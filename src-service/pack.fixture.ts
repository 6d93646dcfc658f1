// Licence packs for tests, made by script: whole ones and hostile ones.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { grantTermsSchema, PACK_TYP, packSchema } from '../src-shared/protocol/index.ts'
import type { Pack } from '../src-shared/protocol/index.ts'
import { buildJws, canonicalBytes, jwkThumbprint, toHex } from '../src-shared/std/index.ts'
import type { Ed25519Jwk } from '../src-shared/std/index.ts'
import { sha256 } from './keys.ts'

export interface FixtureStem {
  readonly title: string
  readonly role: Pack['stems'][number]['role']
  readonly data: Buffer
}

export interface PackFixture {
  readonly pack: Pack
  readonly jws: string
  readonly files: ReadonlyMap<string, Buffer>
}

/** Key pairs by label, so that one label can sign twice. */
const labels = new Map<string, { jwk: Ed25519Jwk; sign: (message: Uint8Array) => Uint8Array }>()
const labelKey = (name: string) => {
  const known = labels.get(name)
  if (known) return known
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const jwk: Ed25519Jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.export({ format: 'jwk' }).x ?? '' }
  const made = { jwk, sign: (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey)) }
  labels.set(name, made)
  return made
}

export const randomStems = (bytes = 40_000): FixtureStem[] => [
  { title: 'Lead vocal', role: 'vocals', data: randomBytes(bytes) },
  { title: 'Drums', role: 'drums', data: randomBytes(bytes + 1) },
]

export const buildPackFixture = (
  {
    id,
    title,
    artists = ['The Fixtures'],
    tempo = 120,
    key = 'A minor',
    terms = {},
    label = 'Fixture Records',
  }: { id: string; title: string; artists?: string[]; tempo?: number; key?: string; terms?: Record<string, unknown>; label?: string },
  stems: readonly FixtureStem[] = randomStems(),
): PackFixture => {
  const signer = labelKey(label)
  const kid = jwkThumbprint(signer.jwk, sha256)
  const pack = packSchema.parse({
    v: 1,
    work: { id, title, artists, tempo, key, meter: '4/4', year: 2026, coverColors: ['#112233', '#445566'], sections: [] },
    stems: stems.map((stem, at) => ({
      id: `${id}:stem:${at}`,
      file: `${at}.wav`,
      title: stem.title,
      role: stem.role,
      bytes: stem.data.length,
      contentSha256: toHex(sha256(stem.data)),
      mimeType: 'audio/wav',
      lengthMs: 1_000,
      lengthFrames: 48_000,
      sampleRate: 48_000,
      channels: 2,
      isrc: null,
      c2pa: null,
    })),
    grant: grantTermsSchema.parse({
      licensor: [{ name: label, sharePermille: 1_000 }],
      validity: { notBefore: '2020-01-01T00:00:00Z', notAfter: '2099-01-01T00:00:00Z' },
      ...terms,
    }),
    label: { name: label, key: { ...signer.jwk, kid }, anchors: [] },
    createdAt: '2026-01-01T00:00:00Z',
  })
  const jws = buildJws({ typ: PACK_TYP, kid, payload: pack }, signer.sign)
  return { pack, jws, files: new Map(stems.map((stem, at) => [`stems/${at}.wav`, stem.data])) }
}

export interface WriteOptions {
  readonly compress?: boolean
  /** Entries to add, with their Unix mode. */
  readonly extra?: readonly { readonly name: string; readonly data: Buffer; readonly mode?: number }[]
}

/** Writes a pack file. */
export const writePackFixture = async (
  path: string,
  { pack, jws, files }: PackFixture,
  { compress = false, extra = [] }: WriteOptions = {},
): Promise<void> => {
  const zip = new ZipFile()
  zip.addBuffer(Buffer.from(canonicalBytes(pack)), 'pack.json', { compress })
  zip.addBuffer(Buffer.from(jws), 'pack.jws', { compress })
  for (const [name, data] of files) zip.addBuffer(data, name, { compress })
  for (const { name, data, mode } of extra) zip.addBuffer(data, name, { compress, ...(mode === undefined ? {} : { mode }) })
  zip.end()
  await pipeline(zip.outputStream, createWriteStream(path))
}
