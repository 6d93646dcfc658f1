// The rights service: one process over one data folder. Loopback unless told otherwise.
import { mkdirSync } from 'node:fs'
import type { FastifyBaseLogger } from 'fastify'
import type { Problem } from '../src-shared/std/index.ts'
import { buildApp } from './app.ts'
import { openAuthority } from './authority.ts'
import { BlobStore } from './blobs.ts'
import { importFolder } from './catalogue.ts'
import { openKeys } from './keys.ts'
import { openSqliteStore } from './sqlite-store.ts'
import type { Flag } from './store.ts'

export const SERVICE_VERSION = '0.1.0'

export interface ServiceOptions {
  readonly dataDir: string
  /** 0 or left out takes a free one. */
  readonly port?: number
  readonly host?: string
  /** Folders with `.stemmapack` files, or such files. */
  readonly catalogueDirs?: readonly string[]
  readonly logger?: FastifyBaseLogger
  /** Life of device certificates in days. */
  readonly certificateDays?: number
  readonly perMinute?: number
  /** Wall clock, for tests. */
  readonly clock?: () => number
}

export interface RunningService {
  readonly url: string
  /** Bearer token for the admin routes; also in `<data>/keys/admin-token`. */
  readonly adminToken: string
  /** Packs that were not taken in, and why. */
  readonly refusedPacks: readonly Problem[]
  /** What an operator should look at. */
  flags(): Promise<readonly Flag[]>
  close(): Promise<void>
}

/** Starts the service; resolves once it answers. */
export const startService = async (options: ServiceOptions): Promise<RunningService> => {
  const {
    dataDir,
    port = 0,
    host = '127.0.0.1',
    catalogueDirs = [],
    logger,
    certificateDays = 90,
    perMinute = 6_000,
    clock = Date.now,
  } = options
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const keys = openKeys(dataDir)
  const authority = await openAuthority(keys.dir, { leafDays: certificateDays, nowMs: clock() })
  const store = openSqliteStore(dataDir)
  const blobs = new BlobStore(`${dataDir}/stems`)
  const approvalAudio = new BlobStore(`${dataDir}/approvals`)
  const isLoopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  const app = await buildApp({
    store,
    keys,
    authority,
    blobs,
    approvalAudio,
    dataDir,
    clock,
    version: SERVICE_VERSION,
    logger,
    perMinute,
    isLoopback,
  })
  const refusedPacks: Problem[] = []
  for (const dir of catalogueDirs) refusedPacks.push(...(await importFolder({ store, keys, blobs }, dir)))
  const url = await app.listen({ port, host })
  return {
    url,
    adminToken: keys.adminToken,
    refusedPacks,
    flags: () => store.read.flags(),
    close: async () => {
      await app.close()
      await store.close()
    },
  }
}
