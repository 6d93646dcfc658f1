// Engine requests for previews and for listening to them.
import { createHash } from 'node:crypto'
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import type {
  EngineProgress,
  FrameRange,
  PreviewReplies,
  previewRequestSchemas,
  StemFile,
  TransportState,
} from '../../src-shared/protocol/index.ts'
import { canonicalPlan, type RenderPlan } from '../../src-shared/remix/index.ts'
import { canonicalBytes, fail, ok, type Result } from '../../src-shared/std/index.ts'
import { isDerived } from '../derive/index.ts'
import { dropDecoded, ensureDecoded, openDecoded, pcmPath } from '../files/index.ts'
import { heardPlugins, type PluginDesk } from '../plugins/rack/index.ts'
import { frozenPlace, playsFrozen } from '../render/index.ts'
import type { Transport } from '../transport/index.ts'
import { createPreviewPool } from './preview-pool.ts'
import { listeningPlans, previewPlan, windowPlan, withGain } from './window-plan.ts'

interface Call {
  readonly signal: AbortSignal
  readonly onProgress: (progress: EngineProgress) => void
}

type PreviewHandlers = {
  readonly [N in keyof PreviewReplies]: (
    payload: z.infer<(typeof previewRequestSchemas)[N]>,
    call: Call,
  ) => Result<PreviewReplies[N]> | Promise<Result<PreviewReplies[N]>>
}

export interface PreviewTools {
  /** Throws where the engine is not open yet. */
  readonly cacheDir: () => string
  readonly plugins: PluginDesk
  /** Plays previews beside the remix's own transport; throws where the engine is not open yet. */
  readonly player: () => Transport
  /** Stops what else is playing. */
  readonly silence: () => void
  /** Makes the sounds that a plan needs beyond decoded stems. */
  readonly derive: (plan: RenderPlan, cacheDir: string, call: Call & { readonly isFirst: boolean }) => Promise<Result<unknown>>
}

/** Raised when a preview would sound different for the same plan. */
const PREVIEW_VERSION = 1
/** Previews with plugins at once: each has host processes of its own. */
const MAX_PLUGIN_PREVIEWS = 2
/** Ending of the marker beside a kept preview. */
const PREVIEW_MARK = '.preview'

/** Names a preview by what is heard. */
export const previewKey = (plan: RenderPlan, range: FrameRange): string =>
  createHash('sha256')
    .update(canonicalPlan(plan))
    .update(canonicalBytes({ ...range, v: PREVIEW_VERSION }))
    .digest('hex')

const prepare = async (
  plan: RenderPlan,
  stems: readonly StemFile[],
  tools: PreviewTools,
  call: Call & { readonly isFirst: boolean },
): Promise<Result<unknown>> => {
  const used = new Set(plan.sources.map((source) => source.contentSha256))
  const wanted = stems.filter((stem) => used.has(stem.contentSha256))
  const cacheDir = tools.cacheDir()
  for (const result of await Promise.all(wanted.map((stem) => ensureDecoded({ ...stem, cacheDir, signal: call.signal })))) {
    if (!result.ok) return result
  }
  return tools.derive(plan, cacheDir, call)
}

/** Removes previews that were not heard for longest. They lie among the decoded stems; a marker beside each says what it is. */
const trimPreviews = (cacheDir: string, maxBytes: number): PreviewReplies['preview.trim'] => {
  const kept = readdirSync(cacheDir)
    .filter((name) => name.endsWith(PREVIEW_MARK))
    .map((name) => {
      const key = name.slice(0, -PREVIEW_MARK.length)
      return { key, mark: join(cacheDir, name), stat: statSync(pcmPath(cacheDir, key), { throwIfNoEntry: false }) }
    })
    .sort((left, right) => (left.stat?.mtimeMs ?? 0) - (right.stat?.mtimeMs ?? 0))
  let bytes = kept.reduce((sum, { stat }) => sum + (stat?.size ?? 0), 0)
  let removed = 0
  for (const { key, mark, stat } of kept) {
    if (bytes <= maxBytes) break
    dropDecoded(cacheDir, key)
    rmSync(mark, { force: true })
    bytes -= stat?.size ?? 0
    removed++
  }
  return { removed, bytes }
}

/** Lets so many through at a time. */
class Turnstile {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(places: number) {
    this.#free = places
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#free--
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
  }
}

/** Handlers for the engine's table. */
export const previewHandlers = (tools: PreviewTools): PreviewHandlers & { readonly disposePreviews: () => void } => {
  const pool = createPreviewPool()
  const withPlugins = new Turnstile(MAX_PLUGIN_PREVIEWS)
  /** What is still being made of the one that is listened to. */
  let ahead = new AbortController()
  const startOver = (): AbortSignal => {
    ahead.abort()
    ahead = new AbortController()
    return ahead.signal
  }
  /** Before a plan is cut: a part of a track is not what was frozen. */
  const readable = (plan: RenderPlan): RenderPlan => playsFrozen(plan, tools.cacheDir(), tools.plugins.isInstalled)
  const listen = async (plan: RenderPlan, atFrame: number | null, goesOn?: AbortSignal): Promise<Result<TransportState>> => {
    const player = tools.player()
    await tools.plugins.prepareFor(plan)
    if (goesOn?.aborted) return ok(player.state)
    tools.plugins.load('preview', plan)
    await tools.plugins.ready('preview')
    if (goesOn && (goesOn.aborted || !player.state.isPlaying)) return ok(player.state)
    tools.silence()
    player.load(plan)
    // Where another one plays, the new one takes over without a gap: that is how two are compared.
    if (player.state.isPlaying && atFrame === null) return ok(player.state)
    return player.play(atFrame)
  }
  const listenOn = async (plans: readonly RenderPlan[], stems: readonly StemFile[], gainDb: number, signal: AbortSignal): Promise<void> => {
    for (const plan of plans) {
      const prepared = await prepare(plan, stems, tools, { signal, onProgress: () => {}, isFirst: true })
      if (!prepared.ok || signal.aborted || !tools.player().state.isPlaying) return
      await listen(withGain(plan, gainDb), null, signal)
    }
  }
  return {
    'preview.render': async ({ plan: ordered, stems, range, keeps }, call) => {
      const plan = windowPlan(readable(ordered), range)
      const prepared = await prepare(plan, stems, tools, { ...call, isFirst: false })
      if (!prepared.ok) return prepared
      const cacheDir = tools.cacheDir()
      const key = previewKey(plan, range)
      if (keeps) writeFileSync(join(cacheDir, `${key}${PREVIEW_MARK}`), '')
      const job = { plan, range, key, keeps, cacheDir }
      if (heardPlugins(plan).length === 0) return pool.run(job, { signal: call.signal })
      return withPlugins.run(async () => {
        const opened = await tools.plugins.offline.prepare(plan, [[]], call.signal)
        if (!opened.ok) return opened
        try {
          return await pool.run({ ...job, plugins: opened.value.handOver(0) }, { signal: call.signal })
        } finally {
          opened.value.dispose()
        }
      })
    },
    'preview.trim': ({ maxBytes }) => ok(trimPreviews(tools.cacheDir(), maxBytes)),
    'audition.preview': ({ key, fromFrame, toFrame, atFrame, gainDb }) => {
      const opened = openDecoded(tools.cacheDir(), key)
      if (!opened.ok) return fail('preview.gone', 'This preview is not on disk any more; it is rendered again when you listen to it.')
      opened.value.close()
      startOver()
      return listen(previewPlan(key, { fromFrame, toFrame }, gainDb), atFrame)
    },
    'audition.plan': async ({ plan: ordered, range, stems, atFrame, gainDb }, call) => {
      const going = startOver()
      const cacheDir = tools.cacheDir()
      const whole = readable(ordered)
      const all = range ? windowPlan(whole, range) : whole
      const plans =
        range && all.sources.some((source) => !frozenPlace(cacheDir, source) && !isDerived(cacheDir, source))
          ? listeningPlans(whole, range, atFrame ?? tools.player().state.frame)
          : [all]
      const [plan = all, ...later] = plans
      const prepared = await prepare(plan, stems, tools, { ...call, isFirst: true })
      if (!prepared.ok) return prepared
      if (call.signal.aborted) return fail('preview.cancelled', 'The preview was cancelled.')
      const started = await listen(withGain(plan, gainDb), atFrame)
      if (started.ok && !going.aborted) void listenOn(later, stems, gainDb, going)
      return started
    },
    'audition.stop': () => {
      startOver()
      const stopped = tools.player().stop()
      tools.plugins.load('preview', null)
      return ok(stopped)
    },
    disposePreviews: () => {
      ahead.abort()
      pool.dispose()
    },
  }
}
