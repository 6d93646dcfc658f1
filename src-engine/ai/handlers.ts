// Engine requests answered by trained models.
import type { AiReplies, EngineProgress, aiRequestSchemas } from '../../src-shared/protocol/index.ts'
import type { Result } from '../../src-shared/std/index.ts'
import type { z } from 'zod'
import { findPhrases, transcribe } from './analyse.ts'
import { probeModel } from './run-model.ts'

interface Call {
  readonly signal: AbortSignal
  readonly onProgress: (progress: EngineProgress) => void
}

type AiHandlers = {
  readonly [N in keyof AiReplies]: (payload: z.infer<(typeof aiRequestSchemas)[N]>, call: Call) => Promise<Result<AiReplies[N]>>
}

/** Handlers for the engine's table; `cacheDir` throws where the engine is not open yet. */
export const aiHandlers = (cacheDir: () => string): AiHandlers => {
  const jobCall = ({ signal, onProgress }: Call) => ({
    signal,
    onProgress: (fraction: number) => onProgress({ step: 'analyse', fraction, stem: null }),
  })
  return {
    'ai.transcribe': ({ contentSha256 }, call) => transcribe({ cacheDir: cacheDir(), contentSha256, ...jobCall(call) }),
    'ai.phrases': ({ contentSha256 }, call) => findPhrases({ cacheDir: cacheDir(), contentSha256, ...jobCall(call) }),
    'ai.probeModel': ({ path }, call) => probeModel(path, call.signal),
  }
}
