// A whole studio over a rights service with works of tones, in one process, on a clock that a test may turn.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningService, startService } from '../../src-service/index.ts'
import type { ExportFormat, WorkSummary } from '../../src-shared/protocol/index.ts'
import type { EditCommand, RemixSnapshot } from '../../src-shared/remix/index.ts'
import { type Result, unwrap } from '../../src-shared/std/index.ts'
import {
  APP_VERSION,
  createNodeProcessHost,
  createSigner,
  type ExportHooks,
  type ExportOrder,
  fileSecretBox,
  fsck,
  OpenRemix,
  openStudio,
  packFolder,
  type Studio,
  type StudioOptions,
} from '../../src-main/studio/index.ts'
import { authorTones, type ToneWork } from './works.ts'

/** Packs works of tones into `dir/packs`. Returns that folder. */
export const packTones = async (dir: string, works: readonly ToneWork[]): Promise<string> => {
  const packs = join(dir, 'packs')
  mkdirSync(packs, { recursive: true })
  const signer = createSigner(createNodeProcessHost())
  try {
    for (const [i, work] of works.entries()) {
      unwrap(
        await packFolder({
          dir: authorTones(join(dir, `author-${i}`), work),
          out: join(packs, `${i}.stemmapack`),
          homeDir: join(dir, 'label'),
          signer,
          appVersion: APP_VERSION,
          now: Date.now,
        }),
      )
    }
  } finally {
    signer.dispose()
  }
  return packs
}

export const openStudioAt = async (
  homeDir: string,
  serviceUrl: string | null,
  options: Partial<Pick<StudioOptions, 'clock'>> = {},
): Promise<Result<Studio>> => openStudio({ homeDir, serviceUrl, host: createNodeProcessHost(), secrets: fileSecretBox, ...options })

/** A remix of a pulled work with edits applied; throws where one is refused. */
export const remixOfWork = async (studio: Studio, title: string, edits: readonly EditCommand[] = []): Promise<RemixSnapshot> => {
  const work = studio.library.works().find((one) => one.title === title)
  if (!work) throw new Error(`“${title}” was not pulled`)
  const remix = unwrap(await OpenRemix.create(studio.remixTools, unwrap(studio.works.newRemix(work))))
  if (edits.length > 0) unwrap(remix.edit(edits))
  const { snapshot } = remix.session
  await remix.close({ isDiscarded: true })
  return snapshot
}

export const orderOf = (
  snapshot: RemixSnapshot,
  files: Readonly<Record<string, ExportFormat>>,
  order: Partial<ExportOrder> = {},
): ExportOrder => ({
  snapshot,
  targets: Object.entries(files).map(([path, format]) => ({ path, format, trackId: null })),
  range: null,
  loudnessTargetLufs: null,
  threads: 1,
  ...order,
})

/** Names in a folder that no export should leave behind: unfinished files, and what lies in temporary folders. */
export const leftoversIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.part(-|$)|\.tmp$|(^|\/)temp\/.+\/.+/.test(name))

/** What `fsck` holds against a home: errors only. */
export const errorsOf = async (studio: Studio) => (await fsck(studio)).findings.filter(({ severity }) => severity === 'error')

/** Sequence numbers of a ledger, oldest first, per series: they must run from 0 without a gap. */
export const seriesOf = (studio: Studio): number[][] => {
  const series = new Map<string, number[]>()
  for (const { epoch, seq } of studio.ledger.list({ limit: 10_000 }).toReversed()) series.set(epoch, [...(series.get(epoch) ?? []), seq])
  return [...series.values()]
}

export const isWithoutGap = (studio: Studio): boolean => seriesOf(studio).every((one) => one.every((seq, i) => seq === i))

export interface StudioRig {
  readonly dir: string
  readonly homeDir: string
  /** Folder for exports. */
  readonly out: string
  service: RunningService
  studio: Studio
  /** Added to the wall clock of studio and service. */
  skewMs: number
  /** Added to the studio's clock only. */
  deviceSkewMs: number
  pull(title: string): Promise<Result<WorkSummary>>
  export(
    title: string,
    files: Readonly<Record<string, ExportFormat>>,
    more?: { readonly edits?: readonly EditCommand[]; readonly order?: Partial<ExportOrder>; readonly hooks?: ExportHooks },
  ): ReturnType<Studio['export']>
  /** Withdraws a grant, stem or certificate, as the rights holder does. */
  revoke(kind: 'grant' | 'stem' | 'certificate' | 'artist', id: string): Promise<void>
  reopen(): Promise<void>
  close(): Promise<void>
}

export const startStudioRig = async (works: readonly ToneWork[]): Promise<StudioRig> => {
  const dir = mkdtempSync(join(tmpdir(), 'stemma-studio-'))
  const homeDir = join(dir, 'home')
  const out = join(dir, 'out')
  mkdirSync(out)
  const packs = await packTones(dir, works)
  const rig = { dir, homeDir, out, skewMs: 0, deviceSkewMs: 0 } as StudioRig
  const service = await startService({
    dataDir: join(dir, 'service'),
    catalogueDirs: [packs],
    clock: () => Date.now() + rig.skewMs,
  })
  const open = async (): Promise<Studio> =>
    unwrap(await openStudioAt(homeDir, service.url, { clock: () => Date.now() + rig.skewMs + rig.deviceSkewMs }))
  const studio = await open()
  return Object.assign(rig, {
    service,
    studio,
    pull: async (title: string) => {
      const work = await rig.studio.works.find(title)
      return work.ok ? rig.studio.works.pull(work.value) : work
    },
    export: async (title: string, files: Readonly<Record<string, ExportFormat>>, more: Parameters<StudioRig['export']>[2] = {}) => {
      const snapshot = await remixOfWork(rig.studio, title, more.edits)
      const named = Object.fromEntries(Object.entries(files).map(([name, format]) => [join(out, name), format]))
      return rig.studio.export(orderOf(snapshot, named, more.order), more.hooks)
    },
    revoke: async (kind: string, id: string) => {
      const reply = await fetch(`${service.url}/v1/admin/revocations`, {
        method: 'POST',
        headers: { authorization: `Bearer ${service.adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ kind, id, reason: 'asked for by the artist' }),
      })
      if (!reply.ok) throw new Error(await reply.text())
    },
    reopen: async () => {
      await rig.studio.close()
      rig.studio = await open()
    },
    close: async () => {
      await rig.studio.close()
      await service.close()
      rmSync(dir, { recursive: true, force: true })
    },
  })
}
