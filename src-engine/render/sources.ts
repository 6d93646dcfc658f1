// Opens a plan's decoded stems once per thread and keeps them open for the render.
import type { RenderPlan } from '../../src-shared/remix/index.ts'
import { ProblemError } from '../../src-shared/std/index.ts'
import { soundPlace } from '../derive-key.ts'
import { openDecoded, type PcmSource } from '../files/index.ts'
import type { Kernels } from '../kernels/index.ts'
import { frozenPlace } from './frozen.ts'
import type { PcmReader } from './context.ts'

export class SourcePool {
  readonly #cacheDir: string
  readonly #kernels: Kernels
  readonly #open = new Map<string, PcmSource>()

  constructor(cacheDir: string, kernels: Kernels) {
    this.#cacheDir = cacheDir
    this.#kernels = kernels
  }

  /** The sound of a source, made and warped; throws a `ProblemError` where the cache lacks it. */
  open(plan: RenderPlan, source: number): PcmReader {
    const wanted = plan.sources[source]!
    const { dir, key } = frozenPlace(this.#cacheDir, wanted) ?? soundPlace(this.#cacheDir, wanted)
    const known = this.#open.get(key)
    if (known) return known
    const opened = openDecoded(dir, key, this.#kernels)
    if (!opened.ok) throw new ProblemError(opened.error)
    this.#open.set(key, opened.value)
    return opened.value
  }

  dispose(): void {
    for (const source of this.#open.values()) source.close()
    this.#open.clear()
  }
}
