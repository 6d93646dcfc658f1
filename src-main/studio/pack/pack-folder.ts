// Makes a signed licence pack from a folder: reads work.json, signs each stem with the label's certificate, lists and signs the whole, writes one zip.
// The pack appears under its name only when it is complete; apart from signatures and times the same folder gives the same bytes.
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { packSchema, type PackStem, type WorkFile } from '../../../src-shared/protocol/index.ts'
import { fail, ok, type Clock, type Result } from '../../../src-shared/std/index.ts'
import { hashFile } from '../disk/index.ts'
import { fileFailure } from '../file-problems.ts'
import { STAMP_MIME_TYPES, type Signer, type StampMimeType } from '../stamp/index.ts'
import { openByteFile, locateStore } from '../verify/own/index.ts'
import { openLabel, type Label } from './label.ts'
import { probeStem, type StemProbe } from './probe-stem.ts'
import { readWorkFile } from './work-file.ts'
import { writePackZip } from './write-pack-zip.ts'

export interface PackFolderRequest {
  /** Folder with `work.json` and the audio files. */
  readonly dir: string
  /** The pack to write; an older one of that name is replaced. */
  readonly out: string
  /** Application data; the label's keys live there. */
  readonly homeDir: string
  /** Name of the label; the first licensor when left out. */
  readonly labelName?: string
  readonly signer: Signer
  readonly appVersion: string
  readonly now: Clock
  readonly onProgress?: (progress: { readonly done: number; readonly total: number; readonly title: string }) => void
  readonly signal?: AbortSignal
}

export interface PackedWork {
  readonly out: string
  readonly work: string
  readonly title: string
  readonly label: string
  readonly stems: number
  readonly bytes: number
}

const DIGITAL_SOURCE = 'http://cv.iptc.org/newscodes/digitalsourcetype/'
const shortHash = (...parts: readonly string[]): string => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)

const isSignable = (mimeType: string): mimeType is StampMimeType => (STAMP_MIME_TYPES as readonly string[]).includes(mimeType)

interface StemJob {
  readonly request: PackFolderRequest
  readonly work: WorkFile
  readonly workId: string
  readonly label: Label
  /** Folder for the signed copies. */
  readonly signed: string
}

const carriesCredentials = async (path: string): Promise<boolean> => {
  const file = await openByteFile(path)
  try {
    return (await locateStore(file)).store !== null
  } finally {
    await file.close()
  }
}

const packStem = async ({ request, work, workId, label, signed }: StemJob, stem: WorkFile['stems'][number]): Promise<Result<PackStem>> => {
  const inputPath = join(request.dir, stem.file)
  const outputPath = join(signed, stem.file)
  const probe: Result<StemProbe> = await probeStem(inputPath, stem.title)
  if (!probe.ok) return probe
  const { mimeType } = probe.value
  const facts = {
    id: `urn:stemma:stem:${shortHash(workId, stem.file)}`,
    file: stem.file,
    title: stem.title,
    role: stem.role,
    isrc: stem.isrc ?? null,
    ...probe.value,
  }
  if (!isSignable(mimeType)) {
    await copyFile(inputPath, outputPath)
    return ok({ ...facts, bytes: (await stat(outputPath)).size, contentSha256: await hashFile(outputPath), c2pa: null })
  }
  if (await carriesCredentials(inputPath)) {
    // Signing anew would silently drop where the file says it comes from.
    return fail(
      'pack.stem_has_credentials',
      `The stem “${stem.title}” already carries content credentials. Use the file as it was before it was signed.`,
    )
  }
  const sealed = await request.signer.seal({
    inputPath,
    outputPath,
    mimeType,
    title: stem.title,
    role: stem.role,
    stem: facts.id,
    work: workId,
    artists: work.artists,
    digitalSourceType: `${DIGITAL_SOURCE}${stem.source === 'electronic' ? 'digitalCreation' : 'digitalCapture'}`,
    identity: label.identity,
    anchors: label.anchors,
    appVersion: request.appVersion,
  })
  if (!sealed.ok)
    return fail(sealed.error.code, `The stem “${stem.title}” could not be signed. ${sealed.error.message}`, sealed.error.details)
  return ok({ ...facts, bytes: sealed.value.bytes, contentSha256: sealed.value.sha256, c2pa: sealed.value.c2paUrn })
}

const cancelled = fail('pack.cancelled', 'Making the pack was cancelled. Nothing was written.')

/** Makes a pack. Codes: `pack.*`, `stamp.*`, `disk.*`. Whatever goes wrong, no half pack is left. */
export const packFolder = async (request: PackFolderRequest): Promise<Result<PackedWork>> => {
  const out = resolve(request.out)
  const read = await readWorkFile(request.dir)
  if (!read.ok) return read
  const work = read.value
  const labelled = await openLabel(
    request.homeDir,
    request.labelName ?? work.grant.licensor[0]?.name ?? work.artists[0] ?? 'Label',
    request.now(),
  )
  if (!labelled.ok) return labelled
  const label = labelled.value
  const workId = work.id ?? `urn:stemma:work:${shortHash(label.jwk.kid, work.title)}`
  let temp: string | undefined
  try {
    await mkdir(dirname(out), { recursive: true })
    temp = await mkdtemp(join(dirname(out), `.${basename(out)}.part-`))
    const signed = join(temp, 'stems')
    await mkdir(signed)
    const stems: PackStem[] = []
    for (const [done, stem] of work.stems.entries()) {
      if (request.signal?.aborted) return cancelled
      request.onProgress?.({ done, total: work.stems.length, title: stem.title })
      const packed = await packStem({ request, work, workId, label, signed }, stem)
      if (!packed.ok) return packed
      stems.push(packed.value)
    }
    if (request.signal?.aborted) return cancelled
    const { stems: _stems, grant, id: _id, ...facts } = work
    const pack = packSchema.parse({
      v: 1,
      work: { ...facts, id: workId },
      stems,
      grant,
      label: { name: label.name, key: label.jwk, anchors: label.anchors },
      createdAt: new Date(request.now()).toISOString(),
    })
    const zip = join(temp, 'pack.zip.part')
    await writePackZip(zip, pack, label, signed)
    const { size } = await stat(zip)
    await rename(zip, out)
    request.onProgress?.({ done: work.stems.length, total: work.stems.length, title: work.title })
    return ok({ out, work: workId, title: work.title, label: label.name, stems: stems.length, bytes: size })
  } catch (error) {
    return fileFailure(error, out)
  } finally {
    if (temp !== undefined) await rm(temp, { recursive: true, force: true })
  }
}
