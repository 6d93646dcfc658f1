// Keeps a folder of decoded audio within its bounds. What is large goes, longest unused first: samples, and the features that analyses are read off; what
// is small and drawn or read all the time stays.
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result } from '../../src-shared/std/index.ts'
import { problemFrom } from './problems.ts'

export interface TrimCacheOptions {
  readonly cacheDir: string
  /** Of samples and features together. */
  readonly maxBytes: number
  /** Stems in use, never removed. */
  readonly keep: ReadonlySet<string>
  /** Removes their waveforms as well. */
  readonly withPeaks?: boolean
  /** What was opened this lately stays: another process may be reading it. */
  readonly spareMs?: number
}

const HOUR_MS = 3_600_000
const NAME = /^([0-9a-f]{64})(?:-[^.]+)?\.(.+)$/

/** What lies in the cache of one sound. */
interface Kept {
  readonly sha: string
  readonly files: { readonly path: string; readonly size: number; readonly isLarge: boolean }[]
  bytes: number
  usedMs: number
  isPreview: boolean
}

const isLarge = (ending: string): boolean => ending === 'pcm' || ending.startsWith('features-')

/** By sound; leftovers of killed writers are removed on the way. */
const listKept = (cacheDir: string): Kept[] => {
  const kept = new Map<string, Kept>()
  for (const file of readdirSync(cacheDir)) {
    const path = join(cacheDir, file)
    const stat = statSync(path, { throwIfNoEntry: false })
    const [, sha, ending] = NAME.exec(file) ?? []
    if (!stat?.isFile()) continue
    if (file.includes('.part-')) {
      if (Date.now() - stat.mtimeMs > HOUR_MS) rmSync(path, { force: true })
      continue
    }
    if (sha === undefined || ending === undefined) continue
    const one = kept.get(sha) ?? { sha, files: [], bytes: 0, usedMs: 0, isPreview: false }
    kept.set(sha, one)
    one.files.push({ path, size: stat.size, isLarge: isLarge(ending) })
    // A preview whose sound is gone is nothing: its name says what would be heard, and it is rendered again under the same one.
    if (ending === 'preview') one.isPreview = true
    if (!isLarge(ending)) continue
    one.bytes += stat.size
    // Opening a sound touches its samples.
    one.usedMs = Math.max(one.usedMs, stat.mtimeMs)
  }
  return [...kept.values()]
}

/**
 * Removes least recently opened sounds until the cache fits, and pieces that a killed writer left behind. Of stems peaks and findings stay unless asked:
 * they are small and draw the library; of previews nothing does. A file that cannot be removed now is left for the next time.
 */
export const trimCache = ({
  cacheDir,
  maxBytes,
  keep,
  withPeaks = false,
  spareMs = 0,
}: TrimCacheOptions): Result<{ readonly removed: number; readonly bytes: number }> => {
  try {
    const sounds = listKept(cacheDir).filter(({ bytes }) => bytes > 0)
    sounds.sort((left, right) => left.usedMs - right.usedMs)
    let bytes = sounds.reduce((sum, one) => sum + one.bytes, 0)
    let removed = 0
    for (const { sha, files, bytes: own, usedMs, isPreview } of sounds) {
      if (bytes <= maxBytes) break
      if (keep.has(sha) || Date.now() - usedMs < spareMs) continue
      try {
        for (const file of files) if (file.isLarge || withPeaks || isPreview) rmSync(file.path, { force: true })
        bytes -= own
        removed++
      } catch {
        // Some platforms hold on to what is open: it is in use after all.
      }
    }
    return ok({ removed, bytes })
  } catch (thrown) {
    return err(problemFrom(thrown, 'The folder for decoded audio could not be tidied'))
  }
}
