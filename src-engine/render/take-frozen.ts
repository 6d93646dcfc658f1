// Frozen sounds that came with a remix: foreign bytes. Each is copied, read to the end with every checksum, refused where it is not the sound it is said to
// be or holds what no renderer writes, and written anew in this cache's own words. What is given is never changed.
import { randomUUID } from 'node:crypto'
import { constants, lstatSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fail, ok, type Problem, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { describeDecoded, givenDir, hashSound, openDecoded, PcmWriter, pcmPath, readPcmHeader, trimCache } from '../files/index.ts'
import { loadKernels } from '../kernels/index.ts'

/** A frozen sound of more bytes is not taken: three hours. */
export const MAX_FROZEN_BYTES = 4 * 2 ** 30
/** Room for sounds from elsewhere. */
const MAX_KEPT_BYTES = 20 * 2 ** 30
/** +60 dB: hosts silence plugins that are louder. */
const MAX_SAMPLE = 1_000

interface Given {
  readonly path: string
  /** `hashSound` of what it must be. */
  readonly sha256: string
}

const refuse = (path: string, why: string): Result<never> =>
  fail(
    'frozen.not_the_sound',
    `The frozen sound ${basename(path)} is not what was frozen: ${why}. Ask for the remix again with its folder of frozen sounds, or install what the track needs.`,
  )

const take = async ({ path, sha256 }: Given, cacheDir: string, signal: AbortSignal): Promise<Result<null>> => {
  const dir = givenDir(cacheDir)
  if (describeDecoded(dir, sha256)) return ok(null)
  const facts = lstatSync(path)
  if (!facts.isFile()) return refuse(path, 'it is no ordinary file')
  if (facts.size > MAX_FROZEN_BYTES) return refuse(path, 'it is longer than any frozen sound')
  // A folder of its own: what goes wrong while it is read may remove the copy, never what was given.
  const here = join(dir, `taking-${process.pid}-${randomUUID()}`)
  mkdirSync(here, { recursive: true })
  let writer: PcmWriter | undefined
  try {
    const header = readPcmHeader(path)
    if (!header) return refuse(path, 'it is no frozen sound of this version')
    // The third format points to any file of this machine.
    if (header.format !== 'f32' || header.channels !== 2) return refuse(path, 'it is of another kind')
    const copy = pcmPath(here, header.contentSha256)
    await copyFile(path, copy, constants.COPYFILE_FICLONE)
    if (statSync(copy).size > MAX_FROZEN_BYTES) return refuse(path, 'it is longer than any frozen sound')
    const opened = openDecoded(here, header.contentSha256)
    if (!opened.ok) return refuse(path, 'it is damaged')
    const source = opened.value
    const kernels = loadKernels()
    const into = new PcmWriter({
      kernels,
      cacheDir: dir,
      contentSha256: sha256,
      format: 'f32',
      channels: 2,
      isLossless: true,
      sourceRate: 48_000,
      silence: 0,
    })
    writer = into
    let isSound = true
    const found = await hashSound(source, (left, right, frames) => {
      signal.throwIfAborted()
      // Not a number is not at most anything.
      for (let i = 0; i < frames; i++)
        if (!(Math.abs(left[i] as number) <= MAX_SAMPLE && Math.abs(right[i] as number) <= MAX_SAMPLE)) isSound = false
      if (isSound) into.write([left, right], frames)
    }).finally(() => source.close())
    if (!isSound) return refuse(path, 'it holds samples that are no sound')
    if (found !== sha256) return refuse(path, 'its samples are others')
    into.publish()
    return ok(null)
  } catch (error) {
    if (error instanceof ProblemError && error.problem.code === 'audio.cache_corrupt') return refuse(path, 'it is damaged')
    throw error
  } finally {
    writer?.abort()
    writer?.dispose()
    rmSync(here, { recursive: true, force: true })
  }
}

/** Takes what is what it is said to be; tells of each that is not. */
export const takeFrozen = async (
  sounds: readonly Given[],
  { cacheDir, signal }: { readonly cacheDir: string; readonly signal: AbortSignal },
): Promise<Result<{ readonly refused: readonly { readonly sha256: string; readonly problem: Problem }[] }>> => {
  const refused: { readonly sha256: string; readonly problem: Problem }[] = []
  for (const given of sounds) {
    let taken: Result<null>
    try {
      taken = await take(given, cacheDir, signal)
    } catch (error) {
      if (signal.aborted) return fail('frozen.cancelled', 'Taking the frozen sounds was cancelled.')
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed'
      taken = fail(
        'frozen.unreadable',
        `${basename(given.path)} could not be read (${code}). Check the file and the disk, and open the remix again.`,
      )
    }
    if (!taken.ok) refused.push({ sha256: given.sha256, problem: taken.error })
  }
  trimCache({ cacheDir: givenDir(cacheDir), maxBytes: MAX_KEPT_BYTES, keep: new Set(sounds.map(({ sha256 }) => sha256)), withPeaks: true })
  return ok({ refused })
}
