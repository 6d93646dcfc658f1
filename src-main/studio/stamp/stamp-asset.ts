// One stamp from start to end, inside the signing process: check the stems, sign to a temporary file, read it back with two verifiers, make it
// durable. Never in place; whatever goes wrong, the output is removed again.
import { open, realpath, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fail, ok, type Problem, type Result } from '../../../src-shared/std/index.ts'
import { baseLabel, verifyOwn, type OwnReport } from '../verify/own/index.ts'
import { buildDefinition, buildStemDefinition, type IngredientDefinition, type ManifestDefinition } from './definition.ts'
import { inspect, openIdentity, signAsset } from './library.ts'
import { CREATED_ASSERTIONS } from './profile.ts'
import {
  MAX_STAMP_BYTES,
  STAMP_MIME_TYPES,
  type SealStemRequest,
  type SigningIdentity,
  type StampedFile,
  type StampMimeType,
  type StampRequest,
} from './request.ts'
import type { StemChecker } from './stem-check.ts'
import { digestContent } from './untouched.ts'

interface AssetPaths {
  readonly inputPath: string
  readonly outputPath: string
  readonly mimeType: StampMimeType
}

const checkPaths = async ({ inputPath, outputPath, mimeType }: AssetPaths): Promise<Result<null>> => {
  if (!STAMP_MIME_TYPES.includes(mimeType)) {
    return fail(
      'stamp.format_unsupported',
      `Files of type ${String(mimeType)} cannot carry content credentials. Choose WAV, FLAC, MP3 or M4A.`,
    )
  }
  let size: number
  try {
    const input = await stat(inputPath)
    size = input.size
  } catch {
    return fail('stamp.input_missing', 'The rendered file disappeared before it could be signed. Export again.')
  }
  if (size > MAX_STAMP_BYTES) {
    return fail('stamp.file_too_large', 'The file is larger than 2 GB, which cannot be signed. Export a shorter range or as FLAC.', {
      bytes: size,
    })
  }
  const isTaken = await stat(outputPath).then(
    () => true,
    () => false,
  )
  if (isTaken) {
    const isInPlace = (await realpath(outputPath)) === (await realpath(inputPath))
    // The library empties the file it is told to sign in place.
    return isInPlace
      ? fail('stamp.in_place', 'A file cannot be signed in place. Nothing was changed.')
      : fail('stamp.output_exists', 'The temporary file of this export already exists. Export again.')
  }
  const isFolder = await stat(dirname(outputPath)).then(
    (folder) => folder.isDirectory(),
    () => false,
  )
  return isFolder
    ? ok(null)
    : fail('stamp.folder_missing', 'The folder for the file does not exist any more. Choose another one and export again.')
}

const makeDurable = async (path: string): Promise<number> => {
  const file = await open(path, 'r+')
  try {
    await file.sync()
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

const selfCheckFailed = (what: string, details: Readonly<Record<string, unknown>>): { readonly ok: false; readonly error: Problem } =>
  fail('stamp.self_check_failed', `The signed file did not pass its own check (${what}), so it was thrown away. Export again.`, details)

/** What a finished file has to be: trusted for both verifiers, every assertion vouched for, every ingredient in place. */
const judgeOwn = (report: OwnReport, ingredients: number): string | undefined => {
  if (report.state !== 'trusted' || !report.manifest) return `our verifier: ${report.findings[0]?.code ?? report.state}`
  const passedOn = report.manifest.assertions.find(({ label, isCreated }) => !isCreated && CREATED_ASSERTIONS.includes(baseLabel(label)))
  if (passedOn) return `${passedOn.label} is not vouched for`
  if (report.manifest.ingredients.length !== ingredients) return 'ingredients are missing'
  return undefined
}

interface SealJob extends AssetPaths {
  readonly definition: ManifestDefinition
  readonly ingredients: readonly IngredientDefinition[]
  readonly identity: SigningIdentity
  readonly anchors: readonly string[]
  readonly timestampUrl: string | undefined
}

const seal = async (job: SealJob): Promise<Result<StampedFile>> => {
  const now = Date.now()
  const key = openIdentity(job.identity, now)
  if (!key.ok) return key
  // Read while the library signs in a thread of its own.
  const before = digestContent(job.inputPath)
  before.catch(() => {})
  const signed = await signAsset({ ...job, key: key.value })
  if (!signed.ok) return signed
  const [own, library, after] = await Promise.all([
    verifyOwn(job.outputPath, { anchors: job.anchors, now }),
    inspect({ path: job.outputPath, mimeType: job.mimeType, anchors: job.anchors }),
    digestContent(job.outputPath),
  ])
  if (library.state !== 'trusted' || library.failures.length > 0) {
    return selfCheckFailed(`library: ${library.failures[0]?.code ?? library.reason ?? library.state}`, { failures: library.failures })
  }
  const broken = judgeOwn(own, job.ingredients.length)
  if (broken !== undefined) return selfCheckFailed(broken, { findings: own.findings })
  if ((await before) !== after) return selfCheckFailed('signing changed the sound or its tags', {})
  const urn = own.manifest?.label ?? ''
  if (urn !== library.activeManifest || own.fileSha256 === null) return selfCheckFailed('the two verifiers saw different files', {})
  return ok({ c2paUrn: urn, bytes: await makeDurable(job.outputPath), sha256: own.fileSha256 })
}

/** Runs `work` and removes the output unless it succeeds. Only an output this call may have made is removed. */
const orLeaveNothing = async (paths: AssetPaths, work: () => Promise<Result<StampedFile>>): Promise<Result<StampedFile>> => {
  const checked = await checkPaths(paths)
  if (!checked.ok) return checked
  let outcome: Result<StampedFile>
  try {
    outcome = await work()
  } catch (error) {
    const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC'
    outcome = isFull
      ? fail('stamp.disk_full', 'The disk is full: the file could not be signed. Free some space and export again.')
      : fail(
          'stamp.failed',
          `The file could not be signed (${error instanceof Error ? error.message : String(error)}). Nothing was kept; export again.`,
        )
  }
  if (!outcome.ok) await rm(paths.outputPath, { force: true })
  return outcome
}

/** Stamps an export. */
export const stampAsset = (request: StampRequest, stems: StemChecker): Promise<Result<StampedFile>> =>
  orLeaveNothing(request, async () => {
    const built = buildDefinition(request, new Date().toISOString())
    if (!built.ok) return built
    const used = new Set(request.manifest.ingredients.map(({ source }) => source.stemId))
    const checked = await stems.check(
      request.stems.filter(({ id }) => used.has(id)),
      request.anchors,
      Date.now(),
    )
    if (!checked.ok) return checked
    return seal({ ...request, ...built.value, timestampUrl: request.timestampUrl })
  })

/** Signs a stem of a pack. */
export const sealStem = (request: SealStemRequest): Promise<Result<StampedFile>> =>
  orLeaveNothing(request, () =>
    seal({ ...request, definition: buildStemDefinition(request, new Date().toISOString()), ingredients: [], timestampUrl: undefined }),
  )
