// Engine requests for derived sounds.
import type { z } from 'zod'
import type { DeriveReplies, deriveRequestSchemas, EngineProgress, StemFile, StemPeaks } from '../../src-shared/protocol/index.ts'
import { derivedLengthFrames, type PlanSource } from '../../src-shared/remix/index.ts'
import { ok, type Result } from '../../src-shared/std/index.ts'
import { deriveKey, soundPlace } from '../derive-key.ts'
import { ensureDecoded } from '../files/index.ts'
import { ensureDerived } from './ensure-derived.ts'

interface Call {
  readonly signal: AbortSignal
  readonly onProgress: (progress: EngineProgress) => void
}

type DeriveHandlers = {
  readonly [N in keyof DeriveReplies]: (payload: z.infer<(typeof deriveRequestSchemas)[N]>, call: Call) => Promise<Result<DeriveReplies[N]>>
}

export interface DeriveTools {
  /** Folders; throws where the engine is not open yet. */
  readonly folders: () => { readonly cacheDir: string; readonly modelsDir: string | null }
  readonly peaks: (dir: string, key: string) => Result<StemPeaks>
}

/** Handlers for the engine's table. */
export const deriveHandlers = ({ folders, peaks }: DeriveTools): DeriveHandlers => {
  const prepare = async (
    sources: readonly PlanSource[],
    stems: readonly StemFile[],
    { signal, onProgress }: Call,
  ): Promise<Result<null>> => {
    const { cacheDir, modelsDir } = folders()
    const wanted = new Set(sources.map((source) => source.contentSha256))
    const decoding = stems
      .filter((stem) => wanted.has(stem.contentSha256))
      .map((stem) =>
        ensureDecoded({ ...stem, cacheDir, signal, onProgress: (fraction) => onProgress({ step: 'decode', fraction, stem: stem.name }) }),
      )
    for (const decoded of await Promise.all(decoding)) if (!decoded.ok) return decoded
    return ensureDerived(sources, {
      cacheDir,
      modelsDir,
      signal,
      onProgress: (fraction, stem) => onProgress({ step: 'derive', fraction, stem }),
    })
  }
  return {
    'sources.derive': async ({ sources, stems }, call) => {
      const prepared = await prepare(sources, stems, call)
      if (!prepared.ok) return prepared
      return ok(sources.map((source) => ({ key: deriveKey(source), lengthFrames: derivedLengthFrames(source) })))
    },
    'sources.derivedPeaks': async ({ source: { warp: _, ...unwarped }, stems }, call) => {
      const prepared = await prepare([unwarped], stems, call)
      if (!prepared.ok) return prepared
      const { dir, key } = soundPlace(folders().cacheDir, unwarped)
      return peaks(dir, key)
    },
  }
}
