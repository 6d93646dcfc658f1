// The rights service as a child of this program: what `npm start` and the demo run. In production the service stands alone.
import { join } from 'node:path'
import { z } from 'zod'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import type { ProcessHost } from './process-host/index.ts'
import { createServiceAdmin } from './service-client/index.ts'

export interface EmbeddedService {
  readonly url: string
  /** Takes a pack into the catalogue. Codes: `pack.*`, `service.*`. */
  importPack(path: string): Promise<Result<{ readonly work: string; readonly title: string }>>
  /** Told once when the child ends although nobody stopped it. */
  onLost(listener: () => void): void
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 20_000

const messageSchema = z.union([
  z.object({ type: z.literal('listening'), url: z.string(), adminToken: z.string() }),
  z.object({ type: z.literal('failed'), message: z.string() }),
])

/** Starts the service over `dataDir`; resolves once it answers. Codes: `service.did_not_start`. */
export const startEmbeddedService = (
  host: ProcessHost,
  { dataDir, catalogueDirs = [] }: { readonly dataDir: string; readonly catalogueDirs?: readonly string[] },
): Promise<Result<EmbeddedService>> =>
  new Promise((resolve) => {
    const child = host.fork('service', {
      args: ['--data', join(dataDir), ...catalogueDirs.flatMap((dir) => ['--catalogue', dir])],
      title: 'Stemma rights service',
    })
    const lost = new Set<() => void>()
    let isStopping = false
    const notStarted = (why: string): void => {
      clearTimeout(timer)
      child.kill()
      resolve(
        fail(
          'service.did_not_start',
          `The built-in rights service did not start (${why}). Works on this computer stay usable; start Stemma again to try once more.`,
        ),
      )
    }
    const timer = setTimeout(() => notStarted('it did not answer in time'), START_TIMEOUT_MS)
    child.onExit(() => {
      notStarted('it ended at once')
      if (!isStopping) for (const listener of lost) listener()
    })
    child.onMessage((message) => {
      const decoded = messageSchema.safeParse(message)
      if (!decoded.success) return
      if (decoded.data.type === 'failed') return notStarted(decoded.data.message)
      clearTimeout(timer)
      const { url, adminToken } = decoded.data
      const admin = createServiceAdmin({ url, adminToken })
      resolve(
        ok({
          url,
          importPack: (path) => admin.importPack(path),
          onLost: (listener) => lost.add(listener),
          stop: () =>
            new Promise((stopped) => {
              isStopping = true
              child.onExit(() => stopped())
              child.kill()
            }),
        }),
      )
    })
  })
