// Opens a plan's decoded stems once per thread and keeps them open for the render.
import type { RenderPlan } from '../../src-shared/remix/index.ts'
import { ProblemError } from '../../src-shared/std/index.ts'
import { openDecoded, type PcmSource } from '../files/index.ts'
import type { Kernels } from '../kernels/index.ts'
import type { PcmReader } from './context.ts'

export class SourcePool {
  readonly #cacheDir: string
  readonly #kernels: Kernels
  readonly #open = new Map<string, PcmSource>()

  constructor(cacheDir: string, kernels: Kernels) {
    this.#cacheDir = cacheDir
    this.#kernels = kernels
  }

  /** The sound of a source; throws a `ProblemError` where it was not decoded. */
  open(plan: RenderPlan, source: number): PcmReader {
    const { contentSha256 } = plan.sources[source]!
    const known = this.#open.get(contentSha256)
    if (known) return known
    const opened = openDecoded(this.#cacheDir, contentSha256, this.#kernels)
    if (!opened.ok) throw new ProblemError(opened.error)
    this.#open.set(contentSha256, opened.value)
    return opened.value
  }

  dispose(): void {
    for (const source of this.#open.values()) source.close()
    this.#open.clear()
  }
}
