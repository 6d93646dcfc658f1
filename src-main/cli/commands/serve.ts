// `stemma serve`: the rights service in this process until it is told to stop.
import { join, resolve } from 'node:path'
import { ProblemError } from '../../../src-shared/std/index.ts'
import { fileProblem } from '../../studio/index.ts'
import type { Run } from '../command.ts'
import { UsageError } from '../command.ts'
import { done, plain } from '../output.ts'

export interface ServeOptions {
  readonly data?: string
  readonly port?: number
  readonly host?: string
  readonly catalogue?: readonly string[]
}

const NOT_LISTENING: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) => `Port ${port} on ${host} is in use. Choose another one, or leave --port out for any free one.`,
  EACCES: (host, port) => `Port ${port} on ${host} may not be used. Choose one above 1023.`,
  EADDRNOTAVAIL: (host) => `This computer has no address ${host}. Use 127.0.0.1, or 0.0.0.0 for all networks.`,
  ENOTFOUND: (host) => `There is no address called ${host}. Use 127.0.0.1, or 0.0.0.0 for all networks.`,
}

export const serveCommand: Run<ServeOptions> = async (
  { homeDir, isJson, signal },
  { data, port = 0, host = '127.0.0.1', catalogue = [] },
) => {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new UsageError(`“${port}” is not a port. Use a number from 0 to 65535.`)
  // Loaded here: the server's libraries would cost every other command 100 ms.
  const { startService } = await import('../../../src-service/index.ts')
  const dataDir = resolve(data ?? join(homeDir, 'service'))
  const service = await startService({
    dataDir,
    port,
    host,
    catalogueDirs: catalogue.map((dir) => resolve(dir)),
  }).catch((error: NodeJS.ErrnoException): never => {
    const say = error.syscall === 'listen' || error.syscall === 'getaddrinfo' ? NOT_LISTENING[error.code ?? ''] : undefined
    throw new ProblemError(say ? { code: 'service.cannot_listen', message: say(host, port) } : fileProblem(error, error.path ?? dataDir))
  })
  for (const problem of service.refusedPacks) process.stderr.write(`${plain(`${problem.message} (${problem.code})`)}\n`)
  // Whoever started this waits for the address, so it is printed at once and not as the final report.
  process.stdout.write(isJson ? `${JSON.stringify({ url: service.url, refusedPacks: service.refusedPacks })}\n` : `${service.url}\n`)
  await new Promise<void>((stop) => {
    if (signal.aborted) stop()
    signal.addEventListener('abort', () => stop())
  })
  await service.close()
  return done(undefined, [])
}
