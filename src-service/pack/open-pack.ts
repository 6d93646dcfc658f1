// Reads a licence pack as an untrusted zip: few entries, known names, no links, no compression tricks, every size bounded before it is believed.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Transform, type Readable } from 'node:stream'
import { openPromise } from 'yauzl'
import type { Entry, ZipFile } from 'yauzl'
import { PACK_TYP, packFileNameSchema, packSchema } from '../../src-shared/protocol/index.ts'
import type { Pack, PackStem } from '../../src-shared/protocol/index.ts'
import { canonicalText, fail, jwkBytes, jwkThumbprint, ok, verifyJws } from '../../src-shared/std/index.ts'
import type { Result } from '../../src-shared/std/index.ts'
import { sha256, verifyEd25519 } from '../keys.ts'

const MAX_ENTRIES = 600
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024
const MAX_TOTAL_BYTES = 64 * 1024 ** 3
const MAX_RATIO = 20
const LINK_TYPE = 0o120000
const FILE_TYPE_MASK = 0o170000

export interface OpenPack {
  readonly pack: Pack
  /** SHA-256 of the whole pack file, hex. */
  readonly sha256: string
  /** A stem's bytes. The stream fails at its end where they are not the signed ones, so nothing read from it counts before then. */
  openStem(stem: PackStem): Promise<Readable>
  close(): void
}

const refuse = (name: string, why: string): Result<never> =>
  fail('pack.refused', `The licence pack “${name}” was not imported: ${why}. Ask its label for a new copy.`)

const hashFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

const readSmall = async (zip: ZipFile, entry: Entry): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    length += (chunk as Buffer).length
    if (length > MAX_MANIFEST_BYTES) throw new Error('its description is too large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

/** Passes a stem on and fails at the end unless length and hash are those the label signed. */
const checkStem = ({ title, bytes, contentSha256 }: PackStem): Transform => {
  const hash = createHash('sha256')
  let length = 0
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      length += chunk.length
      hash.update(chunk)
      done(length > bytes ? new Error(`the stem “${title}” is longer than was signed`) : null, chunk)
    },
    flush: (done) => {
      const isSame = length === bytes && hash.digest('hex') === contentSha256
      done(isSame ? null : new Error(`the stem “${title}” is not the one that was signed`))
    },
  })
}

const isPackName = (name: string): boolean =>
  name === 'pack.json' ||
  name === 'pack.jws' ||
  (name.startsWith('stems/') && packFileNameSchema.safeParse(name.slice('stems/'.length)).success)

/** The entries by name, or why the archive cannot be trusted. */
const listEntries = async (zip: ZipFile, fileBytes: number): Promise<ReadonlyMap<string, Entry> | string> => {
  if (zip.entryCount > MAX_ENTRIES) return `it holds ${zip.entryCount} files`
  const entries = new Map<string, Entry>()
  const names = new Set<string>()
  let total = 0
  for await (const entry of zip.eachEntry()) {
    if (entries.size >= MAX_ENTRIES) return 'it holds too many files'
    const name = entry.fileName
    if (name === 'stems/') continue
    if (!isPackName(name)) return 'it holds a file that does not belong in a pack'
    // Two names that differ in case only are one file on many disks.
    if (names.has(name.toLowerCase())) return 'it holds two files of the same name'
    names.add(name.toLowerCase())
    if (((entry.externalFileAttributes >>> 16) & FILE_TYPE_MASK) === LINK_TYPE) return 'it holds a link'
    if (entry.isEncrypted()) return 'it is encrypted'
    if (entry.uncompressedSize > Math.max(1_000_000, entry.compressedSize * MAX_RATIO)) return 'it unpacks to far more than its size'
    if (entry.compressedSize > fileBytes) return 'its sizes contradict one another'
    total += entry.uncompressedSize
    if (total > MAX_TOTAL_BYTES) return 'it unpacks to far more than a pack may hold'
    entries.set(name, entry)
  }
  return entries
}

/** Opens a pack and checks its signature and contents list. Codes: `pack.refused`, `pack.bad_signature`. Close it after use. */
export const openPack = async (path: string, name: string): Promise<Result<OpenPack>> => {
  let zip: ZipFile
  try {
    zip = await openPromise(path, { strictFileNames: true, lazyEntries: true, autoClose: false })
  } catch {
    return refuse(name, 'it is not a whole zip file')
  }
  const refuseAndClose = (why: string): Result<never> => {
    zip.close()
    return refuse(name, why)
  }
  try {
    const entries = await listEntries(zip, (await stat(path)).size)
    if (typeof entries === 'string') return refuseAndClose(entries)
    const manifest = entries.get('pack.json')
    const signature = entries.get('pack.jws')
    if (!manifest || !signature) return refuseAndClose('it has no signed description')
    const text = (await readSmall(zip, manifest)).toString('utf8')
    const parsed = packSchema.safeParse(JSON.parse(text))
    if (!parsed.success) return refuseAndClose(`its description is not valid (${parsed.error.issues[0]?.path.join('.')})`)
    const pack = parsed.data
    const key = jwkBytes(pack.label.key)
    if (!key || jwkThumbprint(pack.label.key, sha256) !== pack.label.key.kid) return refuseAndClose('the key of its label is not valid')
    const signed = verifyJws((await readSmall(zip, signature)).toString('utf8').trim(), {
      typ: PACK_TYP,
      schema: packSchema,
      keyFor: (kid) => (kid === pack.label.key.kid ? key : undefined),
      verify: verifyEd25519,
    })
    if (!signed.ok || canonicalText(signed.value.payload) !== canonicalText(pack)) {
      zip.close()
      return fail(
        'pack.bad_signature',
        `The licence pack “${name}” was changed after its label signed it. It was not imported; ask the label for a new copy.`,
      )
    }
    for (const stem of pack.stems) {
      const entry = entries.get(`stems/${stem.file}`)
      if (!entry) return refuseAndClose(`the stem “${stem.title}” is missing`)
      if (entry.uncompressedSize !== stem.bytes) return refuseAndClose(`the stem “${stem.title}” has another size than was signed`)
    }
    if (new Set(pack.stems.map(({ id }) => id)).size !== pack.stems.length) return refuseAndClose('two of its stems have the same name')
    if (entries.size !== pack.stems.length + 2) return refuseAndClose('it holds a file that its label did not sign')
    return ok({
      pack,
      sha256: await hashFile(path),
      openStem: async (stem) => {
        const source = await zip.openReadStreamPromise(entries.get(`stems/${stem.file}`)!)
        const checked = checkStem(stem)
        source.once('error', (error) => checked.destroy(error))
        checked.once('close', () => source.destroy())
        return source.pipe(checked)
      },
      close: () => zip.close(),
    })
  } catch (error) {
    return refuseAndClose(
      error instanceof SyntaxError ? 'its description is not valid JSON' : error instanceof Error ? error.message : 'it cannot be read',
    )
  }
}
