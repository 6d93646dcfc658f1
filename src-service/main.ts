// Entry of the rights service as a process of its own: alone in production, a child of the app or the command line in demo mode.
// Arguments: --data DIR --port N --host NAME --catalogue DIR (repeatable). A parent is told {type:'listening', url, adminToken}.
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import pino from 'pino'
import { startService } from './index.ts'

interface Parent {
  postMessage(message: unknown): void
}

const parent = (): Parent | undefined => {
  const electron = (process as unknown as { readonly parentPort?: Parent }).parentPort
  if (electron) return electron
  return process.send ? { postMessage: (message) => void process.send?.(message) } : undefined
}

const run = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: 'service-data' },
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      catalogue: { type: 'string', multiple: true, default: [] },
    },
  })
  const reportTo = parent()
  const logger = pino({ level: process.env.STEMMA_LOG ?? 'warn' }, pino.destination(2))
  const service = await startService({
    dataDir: resolve(values.data),
    port: Number(values.port),
    host: values.host,
    catalogueDirs: values.catalogue,
    logger,
  })
  for (const problem of service.refusedPacks) logger.warn(problem)
  if (reportTo)
    reportTo.postMessage({ type: 'listening', url: service.url, adminToken: service.adminToken, refusedPacks: service.refusedPacks })
  else process.stdout.write(`${service.url}\n`)
  const stop = (): void => {
    void service.close().finally(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  // A service whose parent is gone would be left over without an owner.
  process.once('disconnect', stop)
}

run().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  parent()?.postMessage({ type: 'failed', message })
  process.stderr.write(`The rights service did not start: ${message}\n`)
  process.exitCode = 1
})
