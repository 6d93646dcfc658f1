// The door to derived sounds: hand in a plan's sources, get them all into the cache, deriving only what is not there. The stems themselves must be
// decoded already.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { derivedLengthFrames, type PlanSource, type RenderPlan } from '../../src-shared/remix/index.ts'
import { err, ok, type Result } from '../../src-shared/std/index.ts'
import { describeDecoded, trimCache } from '../files/index.ts'
import { derivePool } from './derive-pool.ts'
import type { DeriveJob, DeriveStep } from './derive-sound.ts'
import { derivedDir, deriveKey, soundPlace } from '../derive-key.ts'
import { deriveProblem } from './problems.ts'

export interface DeriveCall {
  readonly cacheDir: string
  /** Folder of the user's models: `<sha256 of the file>.onnx`. */
  readonly modelsDir: string | null
  readonly signal?: AbortSignal
  /** Somebody waits to hear it: it goes before what is made ahead. */
  readonly isFirst?: boolean
  /** 0..1 over all of them, rising. `title` is the stem that got on. */
  readonly onProgress?: (fraction: number, title: string) => void
}

/** A sound under way, and everybody who waits for it. It is stopped when the last of them has gone. */
interface Shared {
  readonly result: Promise<Result<void>>
  readonly controller: AbortController
  readonly listeners: Set<(fraction: number) => void>
  waiters: number
}

const inFlight = new Map<string, Shared>()

/** Six hours: what a slowed clip may grow to before it is surely a mistake. */
const MAX_FRAMES = 6 * 3_600 * 48_000

/** Room for derived sounds: some tempos of a whole song. */
const MAX_KEPT_BYTES = 6 * 2 ** 30

/** Whether a source's sound is in the cache. For sources that are the stem itself: whether that is decoded. */
export const isDerived = (cacheDir: string, source: PlanSource): boolean => {
  const { dir, key } = soundPlace(cacheDir, source)
  return describeDecoded(dir, key) !== undefined
}

const derive = async (source: PlanSource, call: DeriveCall, onProgress: (fraction: number) => void): Promise<Result<void>> => {
  const { cacheDir } = call
  const { make, warp, contentSha256 } = source
  if (!make && !warp) return ok(undefined)
  const to = soundPlace(cacheDir, source)
  if (describeDecoded(to.dir, to.key)) return ok(undefined)
  const name = `${to.dir}\n${to.key}`
  if (derivedLengthFrames(source) > MAX_FRAMES) return err(deriveProblem('derive.too_long', { stemId: source.stemId, title: source.title }))
  if (!make || !warp) {
    const step: DeriveStep = warp
      ? { kind: 'warp', warp }
      : {
          kind: 'make',
          make: make as NonNullable<typeof make>,
          lengthFrames: derivedLengthFrames(source),
          modelPath: modelPath(source, call),
        }
    return share(name, { from: { dir: cacheDir, key: contentSha256 }, to, step }, call, onProgress)
  }
  // What was made is kept by itself: another tempo needs the same notes.
  const { warp: _, ...unwarped } = source
  const before = await derive(unwarped, call, (fraction) => onProgress(fraction / 2))
  if (!before.ok) return before
  const rest: DeriveJob = { from: soundPlace(cacheDir, unwarped), to, step: { kind: 'warp', warp } }
  return share(name, rest, call, (fraction) => onProgress((1 + fraction) / 2))
}

/** Joins the work under a name, or begins it. */
const share = async (name: string, job: DeriveJob, call: DeriveCall, onProgress: (fraction: number) => void): Promise<Result<void>> => {
  const { signal, isFirst } = call
  if (signal?.aborted) return err(deriveProblem('derive.cancelled'))
  let shared = inFlight.get(name)
  if (shared?.controller.signal.aborted) {
    // Its last waiter went before we came: wait until it has stopped, then begin anew.
    await shared.result
    return share(name, job, call, onProgress)
  }
  if (!shared) {
    const controller = new AbortController()
    const listeners = new Set<(fraction: number) => void>()
    const tell = (fraction: number): void => {
      for (const listener of listeners) listener(fraction)
    }
    const result = derivePool.run(job, { signal: controller.signal, onProgress: tell, isFirst }).finally(() => inFlight.delete(name))
    shared = { result, controller, listeners, waiters: 0 }
    inFlight.set(name, shared)
  }
  const joined = shared
  joined.waiters++
  joined.listeners.add(onProgress)
  let leave = (): void => {}
  const left = new Promise<Result<void>>((resolve) => {
    leave = () => {
      // The last one waits until the work has stopped and cleaned up after itself.
      if (--joined.waiters === 0) joined.controller.abort()
      else resolve(err(deriveProblem('derive.cancelled')))
    }
    signal?.addEventListener('abort', leave, { once: true })
  })
  const result = await Promise.race([joined.result, left])
  signal?.removeEventListener('abort', leave)
  joined.listeners.delete(onProgress)
  if (result.ok) onProgress(1)
  return result
}

/** The file of the model a sound is made with; null where it is not in the folder, or none is needed. What it holds is checked when it is loaded. */
const modelPath = ({ make }: PlanSource, { modelsDir }: DeriveCall): string | null => {
  if (make?.kind !== 'model' || modelsDir === null) return null
  const path = join(modelsDir, `${make.modelSha256}.onnx`)
  return existsSync(path) ? path : null
}

/**
 * Puts the sounds of all sources into the cache, several at a time. Codes: `derive.*`, those of instruments and models, and
 * `audio.cache_corrupt` where a stem is not decoded.
 */
export const ensureDerived = async (sources: readonly PlanSource[], call: DeriveCall): Promise<Result<null>> => {
  const wanted = new Map<string, PlanSource>()
  for (const source of sources) if (source.make || source.warp) wanted.set(deriveKey(source), source)
  const isNew = [...wanted.values()].some((source) => !isDerived(call.cacheDir, source))
  const fractions = new Map([...wanted.keys()].map((key) => [key, 0]))
  const results = await Promise.all(
    [...wanted].map(([key, source]) =>
      derive(source, call, (fraction) => {
        fractions.set(key, Math.max(fraction, fractions.get(key) ?? 0))
        const sum = [...fractions.values()].reduce((total, one) => total + one, 0)
        call.onProgress?.(sum / fractions.size, source.title)
      }),
    ),
  )
  // What was dragged past on the way to a tempo goes first; what was asked for here stays.
  if (isNew) trimCache({ cacheDir: derivedDir(call.cacheDir), maxBytes: MAX_KEPT_BYTES, keep: new Set(wanted.keys()), withPeaks: true })
  const failed = results.find((result) => !result.ok)
  return failed && !failed.ok ? failed : ok(null)
}

/** Sources that are read for a plan's clips and that are not stems as they are. What an instrument plugin plays is not read. */
export const derivedSourcesOf = (plan: RenderPlan): readonly PlanSource[] => {
  const used = new Set(plan.tracks.flatMap((track) => track.clips.flatMap((clip) => (clip.isPlayedByInstrument ? [] : [clip.source]))))
  return plan.sources.filter((source, index) => used.has(index) && (source.make !== undefined || source.warp !== undefined))
}
