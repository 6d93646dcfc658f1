// The zip of a pack: its description, the label's signature over it, and the stems as they are.
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { PACK_TYP, type Pack } from '../../../src-shared/protocol/index.ts'
import { buildJws, canonicalBytes } from '../../../src-shared/std/index.ts'
import { syncFile } from '../disk/index.ts'
import type { Label } from './label.ts'

/** Zip times start in 1980; a fixed one keeps packs of the same content alike. */
const ZIP_TIME = new Date(1980, 0, 1)

/** Writes a pack whose stems lie in a folder under the names it gives them. Throws what the disk does. */
export const writePackZip = async (path: string, pack: Pack, label: Label, stemsDir: string): Promise<void> => {
  const zip = new ZipFile()
  const entry = { compress: false, mtime: ZIP_TIME, mode: 0o100644, forceDosTimestamp: true }
  zip.addBuffer(Buffer.from(canonicalBytes(pack)), 'pack.json', entry)
  zip.addBuffer(Buffer.from(buildJws({ typ: PACK_TYP, kid: label.jwk.kid, payload: pack }, label.sign)), 'pack.jws', entry)
  for (const stem of pack.stems) zip.addFile(join(stemsDir, stem.file), `stems/${stem.file}`, entry)
  zip.end()
  await pipeline(zip.outputStream, createWriteStream(path))
  await syncFile(path)
}
