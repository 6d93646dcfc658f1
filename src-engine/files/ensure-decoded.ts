// The door to the decoded-audio cache: hand in a stem, get back a cache entry that is whole, decoding only when there is none.
import { rmSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { assert, err, ok, type Result } from '../../src-shared/std/index.ts'
import { decodePool } from './decode-pool.ts'
import { featuresPath, findingsPath, pcmPath, peaksPath } from './pcm-format.ts'
import { type FrameRange, openDecoded } from './pcm-source.ts'
import { audioProblem } from './problems.ts'

export interface EnsureDecodedRequest {
  readonly path: string
  readonly contentSha256: string
  readonly cacheDir: string
  /** 0..1, rising. */
  readonly onProgress?: (fraction: number) => void
  readonly signal?: AbortSignal
}

export interface DecodedInfo {
  readonly contentSha256: string
  /** At 48 kHz, whatever the file's rate. */
  readonly lengthFrames: number
  readonly channels: 1 | 2
  readonly silentRanges: readonly FrameRange[]
  readonly pcmPath: string
  readonly peaksPath: string
}

const inFlight = new Map<string, Promise<unknown>>()

/** Decodes a stem into the cache unless a whole copy is there. Asking twice at once decodes once. */
export const ensureDecoded = async (request: EnsureDecodedRequest): Promise<Result<DecodedInfo>> => {
  const { path, contentSha256, cacheDir, onProgress, signal } = request
  assert(/^[0-9a-f]{64}$/.test(contentSha256), 'a content hash is 64 lower-case hex digits')
  const key = pcmPath(cacheDir, contentSha256)
  while (inFlight.has(key)) await inFlight.get(key)
  const cached = describeDecoded(cacheDir, contentSha256)
  if (cached) return ok(cached)
  const decoding = decodePool.run(
    { path, contentSha256, cacheDir },
    { signal, onProgress: ({ done, total }) => onProgress?.(total ? Math.min(1, done / total) : 0) },
  )
  inFlight.set(key, decoding)
  try {
    const decoded = await decoding
    if (!decoded.ok) return decoded
    const info = describeDecoded(cacheDir, contentSha256)
    if (info) onProgress?.(1)
    return info ? ok(info) : err(audioProblem('audio.cache_corrupt', `The decoded copy of "${basename(path)}" could not be read back.`))
  } finally {
    inFlight.delete(key)
  }
}

/** What the cache holds of a stem, or of any sound kept there; undefined where it is not whole. */
export const describeDecoded = (cacheDir: string, contentSha256: string): DecodedInfo | undefined => {
  const opened = openDecoded(cacheDir, contentSha256)
  if (!opened.ok) return undefined
  const source = opened.value
  try {
    // Peaks are published first; without them the waveform would stay empty for ever.
    if (!statSync(peaksPath(cacheDir, contentSha256), { throwIfNoEntry: false })) return undefined
    const { lengthFrames, channels } = source
    return {
      contentSha256,
      lengthFrames,
      channels,
      silentRanges: source.silentRanges(),
      pcmPath: pcmPath(cacheDir, contentSha256),
      peaksPath: peaksPath(cacheDir, contentSha256),
    }
  } finally {
    source.close()
  }
}

/** Forgets one sound's decoded copy and what was heard in it, so that the next `ensureDecoded` makes it anew. */
export const dropDecoded = (cacheDir: string, contentSha256: string): void => {
  for (const pathOf of [pcmPath, peaksPath, featuresPath, findingsPath]) rmSync(pathOf(cacheDir, contentSha256), { force: true })
}
