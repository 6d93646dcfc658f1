// The CC0 recordings instruments and kits play, at 48 kHz: decoded from FLAC and resampled by the kernels, so the same bits everywhere.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ProblemError } from '../../src-shared/std/index.ts'
import { openAudio } from '../files/index.ts'
import { createResampler, loadKernels } from '../kernels/index.ts'
import { RATE } from './voice.ts'

export interface Sample {
  readonly left: Float32Array
  readonly right: Float32Array
  /** First frame that is heard. */
  readonly onset: number
  readonly peak: number
}

const PACKAGE = 'supersonic-scsynth-samples/samples'
/** The sound begins where it first reaches this share of its peak. */
const ONSET_SHARE = 1 / 50
/** Decoded samples kept; each takes about a megabyte. */
const KEPT = 48

const folder = (): string => {
  for (const place of createRequire(import.meta.url).resolve.paths(PACKAGE) ?? [])
    if (existsSync(join(place, PACKAGE))) return join(place, PACKAGE)
  throw new ProblemError({
    code: 'instrument.samples_missing',
    message: 'The recordings of the instruments are missing. Install Stemma again.',
  })
}

const loaded = new Map<string, Promise<Sample>>()

/** Decodes a recording once. Throws `ProblemError` where it is not there. */
export const loadSample = (name: string): Promise<Sample> => {
  const known = loaded.get(name)
  if (known) return known
  if (loaded.size >= KEPT) loaded.delete(loaded.keys().next().value as string)
  const loading = decode(join(folder(), `${name}.flac`))
  loaded.set(name, loading)
  loading.catch(() => loaded.delete(name))
  return loading
}

const decode = async (path: string): Promise<Sample> => {
  const source = openAudio(path)
  const resampler = source.info.sampleRate === RATE ? undefined : createResampler(loadKernels(), source.info.sampleRate, RATE)
  const lefts: Float32Array[] = []
  const rights: Float32Array[] = []
  const take = ([left, right]: readonly Float32Array[], frames: number): void => {
    if (!left) return
    lefts.push(left.slice(0, frames))
    if (right) rights.push(right.slice(0, frames))
  }
  try {
    for await (const { channels, frames } of source.blocks()) {
      if (resampler) resampler.write(channels, frames, take)
      else take(channels, frames)
    }
    resampler?.finish(take)
  } finally {
    resampler?.dispose()
    source.close()
  }
  const left = join32(lefts)
  const right = rights.length > 0 ? join32(rights) : left
  let peak = 0
  for (let n = 0; n < left.length; n++) peak = Math.max(peak, Math.abs(left[n] as number), Math.abs(right[n] as number))
  let onset = 0
  while (onset < left.length && Math.max(Math.abs(left[onset] as number), Math.abs(right[onset] as number)) < peak * ONSET_SHARE) onset++
  return { left, right, onset, peak }
}

const join32 = (parts: readonly Float32Array[]): Float32Array => {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
