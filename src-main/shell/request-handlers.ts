// What the window can ask for, one handler per request; each a thin call into the studio or a desk.
import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { app, type BrowserWindow, dialog, MessageChannelMain } from 'electron'
import type { Ledger as StudioLedger } from '../studio/index.ts'
import { type AppReplies, ENGINE_ATTACH_WINDOW, type LedgerRow, PACK_EXTENSION, type SyncState } from '../../src-shared/protocol/index.ts'
import { fail, ok, type Result } from '../../src-shared/std/index.ts'
import { APP_VERSION, type BackgroundSync, fileProblem, type Studio } from '../studio/index.ts'
import { type AnalysisDesk, listeningHandlers } from './analysis-desk.ts'
import { type ApprovalsDesk, approvalHandlers } from './approvals-desk.ts'
import type { ExportDesk } from './export-desk.ts'
import type { RequestHandlers, SendEvent } from './ipc-router.ts'
import type { OfferedFiles } from './offered-files.ts'
import type { PreferencesFile } from './preferences.ts'
import type { RemixDesk } from './remix-desk.ts'
import { type RevoiceDesk, revoiceHandlers } from './revoice-desk.ts'
import type { ServiceDesk } from './service-desk.ts'
import { variationHandlers, type VariationsDesk } from './variations-desk.ts'
import { modelHandlers } from './models-desk.ts'
import { type PluginsDesk, pluginHandlers } from './plugins-desk.ts'
import { styleHandlers } from './styles-desk.ts'
import type { UtilityChild } from './utility-process-host.ts'

/** Everything that is there once the studio is open. */
export interface Desks {
  readonly studio: Studio
  readonly remixes: RemixDesk
  readonly exports: ExportDesk
  readonly approvals: ApprovalsDesk
  readonly listening: AnalysisDesk
  readonly revoice: RevoiceDesk
  readonly variations: VariationsDesk
  readonly plugins: PluginsDesk
  readonly service: ServiceDesk
  readonly sync: () => BackgroundSync | undefined
}

export interface HandlerTools {
  readonly window: BrowserWindow
  readonly preferences: PreferencesFile
  readonly offered: OfferedFiles
  readonly send: SendEvent
  /** Resolves when the studio is open, or with why it could not be opened. */
  readonly desks: Promise<Result<Desks>>
}

export const syncStateOf = (sync: BackgroundSync | undefined, ledger: StudioLedger): SyncState => {
  if (!sync) {
    const { queued, local, synced } = ledger.counts()
    return { state: 'offline', queued: queued + local, synced, message: 'No rights service is connected.', nextAttemptAt: null }
  }
  const { state, ...rest } = sync.status()
  return { ...rest, state: state === 'paused' ? 'waiting' : state }
}

const ledgerRows = (ledger: StudioLedger): LedgerRow[] =>
  ledger.list({ limit: 10_000 }).map((row) => {
    const entry = ledger.show(row.id)
    const receipt = entry.ok && entry.value.receipt.type !== 'void' ? entry.value.receipt : null
    return {
      id: row.id,
      type: row.type,
      seq: row.seq,
      state: row.state,
      issuedAt: row.issuedAt,
      title: row.title,
      format: receipt?.asset.format ?? null,
      stems: receipt?.stems.length ?? 0,
      bytes: receipt?.asset.bytes ?? null,
      lastError: row.lastError,
      nextAttemptAt: row.nextAttemptMs === null ? null : new Date(row.nextAttemptMs).toISOString(),
    }
  })

/** A file the user dropped (by token) or picks in a dialog; null where the dialog was closed. */
const pickFile = async (
  { window, offered }: HandlerTools,
  token: string | null,
  title: string,
  filters?: { name: string; extensions: string[] }[],
): Promise<Result<string | null>> => {
  if (token !== null) {
    const path = offered.take(token)
    return path === undefined ? fail('file.unknown', 'This file is not offered any more. Drop it again.') : ok(path)
  }
  const chosen = await dialog.showOpenDialog(window, { title, properties: ['openFile'], ...(filters ? { filters } : {}) })
  const [path] = chosen.filePaths
  return ok(chosen.canceled || path === undefined ? null : path)
}

export const createHandlers = (tools: HandlerTools): RequestHandlers => {
  const { window, preferences } = tools
  /** Waits for the studio, then runs `work`. */
  const ready = async <T>(work: (desks: Desks) => Result<T> | Promise<Result<T>>): Promise<Result<T>> => {
    const desks = await tools.desks
    return desks.ok ? work(desks.value) : desks
  }

  return {
    'app.info': () =>
      ready(({ studio, service }) =>
        ok({
          version: APP_VERSION,
          electron: process.versions.electron ?? '',
          platform: process.platform,
          keyProtection: studio.identity.protection === 'keyring' ? 'os' : 'plain',
          service: service.state,
        }),
      ),
    'preferences.get': async () => ok(preferences.value),
    'preferences.set': async ({ patch }) => ok(preferences.set(patch)),

    'catalogue.search': ({ query }) =>
      ready(async ({ studio, service }) => {
        const found = await studio.works.catalogue(query)
        // Before the built-in service has started there is nothing to show yet, which is no failure.
        if (!found.ok && found.error.code === 'service.none') return ok({ works: [], isOffline: false })
        if (!found.ok) return found
        if (found.value.isOffline) void service.check()
        return ok({
          works: found.value.works.map((work) => ({ work, pull: studio.works.puller.stateOf(work) })),
          isOffline: found.value.isOffline,
        })
      }),
    'pull.start': ({ work: id }) =>
      ready(async ({ studio }) => {
        const work = await studio.works.find(id)
        if (!work.ok) return work
        void studio.works.pull(work.value)
        return ok(null)
      }),
    'pull.pause': ({ work }) =>
      ready(({ studio }) => {
        studio.works.puller.pause(work)
        return ok(null)
      }),
    'pack.import': ({ token }) =>
      ready<AppReplies['pack.import']>(async ({ service }) => {
        const path = await pickFile(tools, token, 'Import licence pack', [{ name: 'Licence pack', extensions: [PACK_EXTENSION.slice(1)] }])
        if (!path.ok) return path
        return path.value === null ? ok(null) : service.importPack(path.value)
      }),

    'remix.create': ({ work }) => ready(({ remixes }) => remixes.create(work)),
    'remix.open': ({ token }) =>
      ready(async ({ remixes }) => {
        if (token === null) return remixes.openWithDialog()
        const path = await pickFile(tools, token, '')
        return path.ok && path.value !== null ? remixes.openPath(path.value) : (path as Result<null>)
      }),
    'remix.recent': () => ready(({ remixes }) => remixes.recents()),
    'remix.forget': ({ recent }) =>
      ready(({ studio }) => {
        studio.library.forgetRecent(recent)
        return ok(null)
      }),
    'remix.openRecent': ({ recent }) => ready(({ remixes }) => remixes.openRecent(recent)),
    'remix.recover': ({ uid, action }) => ready(({ remixes }) => remixes.recover(uid, action)),
    'remix.edit': ({ uid, commands, label }) => ready(({ remixes }) => remixes.edit(uid, commands, label)),
    'remix.hear': ({ uid, commands }) => ready(({ remixes }) => remixes.hear(uid, commands)),
    'remix.undo': ({ uid }) => ready(({ remixes }) => remixes.undo(uid)),
    'remix.redo': ({ uid }) => ready(({ remixes }) => remixes.redo(uid)),
    'remix.jump': ({ uid, index }) => ready(({ remixes }) => remixes.jump(uid, index)),
    'remix.save': ({ uid, as }) => ready(({ remixes }) => remixes.save(uid, as)),
    'remix.close': ({ uid }) => ready(({ remixes }) => remixes.close(uid)),
    'remix.peaks': ({ uid, stem }) => ready(({ remixes }) => remixes.peaks(uid, stem)),

    'licence.terms': ({ uid }) => ready(({ remixes }) => remixes.terms(uid)),
    'licence.renew': ({ uid }) =>
      ready(async ({ remixes, service }) => {
        const renewed = await remixes.renewLicence(uid)
        if (!renewed.ok) {
          void service.check()
          return renewed
        }
        tools.send('remix.changed', { uid, reply: renewed.value })
        return ok(null)
      }),

    'export.options': ({ uid }) =>
      ready(({ remixes, exports }) => {
        const remix = remixes.find(uid)
        return remix.ok ? exports.options(remix.value) : remix
      }),
    'export.start': (request) =>
      ready(({ remixes, exports }) => {
        const remix = remixes.find(request.uid)
        return remix.ok ? exports.start(remix.value, request) : remix
      }),
    'export.cancel': ({ job }) =>
      ready(({ exports }) => {
        exports.cancel(job)
        return ok(null)
      }),
    'export.reveal': ({ job }) => ready(({ exports }) => exports.reveal(job)),
    'export.offer': ({ job, index }) =>
      ready(({ exports }) => {
        const path = exports.pathOf(job, index)
        return path.ok ? ok({ token: tools.offered.add(path.value) }) : path
      }),

    'verify.file': ({ token }) =>
      ready<AppReplies['verify.file']>(async ({ studio }) => {
        const path = await pickFile(tools, token, 'Verify a file')
        if (!path.ok) return path
        return path.value === null ? ok(null) : studio.verify(path.value)
      }),

    'ledger.list': () => ready(({ studio, sync }) => ok({ rows: ledgerRows(studio.ledger), sync: syncStateOf(sync(), studio.ledger) })),
    'ledger.show': ({ id }) =>
      ready(({ studio }) => {
        const entry = studio.ledger.show(id)
        if (!entry.ok) return entry
        const row = ledgerRows(studio.ledger).find((one) => one.id === id)
        if (!row) return fail('ledger.unknown', 'There is no receipt with this id in the ledger of this device.')
        const { receipt, jws, proof } = entry.value
        return ok({ row, receipt, jws, proof })
      }),
    'ledger.void': ({ id }) =>
      ready(({ studio }) => {
        const voided = studio.ledger.voidReceipt(id)
        return voided.ok ? ok(null) : voided
      }),
    'ledger.export': () =>
      ready(async ({ studio }) => {
        const chosen = await dialog.showSaveDialog(window, {
          title: 'Export receipts',
          defaultPath: 'stemma-receipts.json',
          filters: [{ name: 'JSON', extensions: ['json'] }],
        })
        if (chosen.canceled || !chosen.filePath) return ok(null)
        const document = { format: 'stemma-receipts', v: 1, deviceKey: studio.identity.jwk, receipts: [...studio.ledger.exportAll()] }
        try {
          await writeFile(chosen.filePath, `${JSON.stringify(document, null, 2)}\n`)
        } catch (error) {
          return { ok: false, error: fileProblem(error, chosen.filePath) }
        }
        return ok({ fileName: basename(chosen.filePath) })
      }),
    'sync.now': () =>
      ready(async ({ studio, sync }) => {
        await sync()?.now()
        return ok(syncStateOf(sync(), studio.ledger))
      }),

    ...approvalHandlers(() => ready(({ approvals }) => ok(approvals))),
    ...listeningHandlers((work) => ready(({ listening }) => work(listening))),
    ...revoiceHandlers((work) => ready(({ revoice }) => work(revoice))),
    ...variationHandlers((work) => ready(({ variations }) => work(variations))),

    ...pluginHandlers((work) => ready(({ plugins }) => work(plugins)), window),
    ...modelHandlers((work) => ready(({ studio }) => work(studio)), tools),
    ...styleHandlers(() => ready(({ studio, remixes }) => ok({ studio, remixes })), tools),

    'engine.connect': () =>
      ready(async ({ studio }) => {
        const engine = await studio.engine.engine()
        if (!engine.ok) return engine
        const { port1, port2 } = new MessageChannelMain()
        // The shell's process host makes children that take ports; the studio does not know of them.
        const child = engine.value.child as UtilityChild
        child.postPort(ENGINE_ATTACH_WINDOW, port1)
        window.webContents.postMessage('stemma:engine-port', null, [port2])
        return ok(null)
      }),
  }
}

/** The folder that `--user-data-dir` names stands for all application data, so that a test or a second profile shares nothing. */
export const homeDirOf = (fallback: string): string =>
  app.commandLine.hasSwitch('user-data-dir') ? `${app.getPath('userData')}/home` : fallback
