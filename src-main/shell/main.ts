// Entry of the app: one window, and the processes it stands on. It owns no audio and no files; those live in the engine and the studio.
import { join } from 'node:path'
import { app, BrowserWindow, Menu, session } from 'electron'
import { fail, ok, type Problem, type Result } from '../../src-shared/std/index.ts'
import { BackgroundSync, defaultHomeDir, openStudio } from '../studio/index.ts'
import { AnalysisDesk } from './analysis-desk.ts'
import { ApprovalsDesk } from './approvals-desk.ts'
import { PluginsDesk } from './plugins-desk.ts'
import { VariationsDesk } from './variations-desk.ts'
import { ExportDesk } from './export-desk.ts'
import { eventSender, type SendEvent, serveRequests } from './ipc-router.ts'
import { OfferedFiles } from './offered-files.ts'
import { PreferencesFile } from './preferences.ts'
import { RemixDesk } from './remix-desk.ts'
import { RevoiceDesk } from './revoice-desk.ts'
import { createHandlers, type Desks, homeDirOf, syncStateOf } from './request-handlers.ts'
import { openSecretBox } from './secret-box.ts'
import { ServiceDesk } from './service-desk.ts'
import { createUtilityProcessHost } from './utility-process-host.ts'

/** How long changes of the ledger are gathered before the window hears of them. */
const LEDGER_QUIET_MS = 50

const openWindow = (): BrowserWindow => {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 960,
    minHeight: 600,
    show: false,
    backgroundColor: '#101216',
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/index.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
    },
  })
  // The window shows our own page and nothing else, whatever content tries.
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  window.webContents.on('will-navigate', (event) => event.preventDefault())
  window.once('ready-to-show', () => window.show())
  return window
}

/** Opens the studio and everything the window asks for; what goes on in the background is told by events. */
const openDesks = async (window: BrowserWindow, send: SendEvent, offered: OfferedFiles): Promise<Result<Desks>> => {
  const host = createUtilityProcessHost()
  const tell = (problem: Problem): void => {
    send('app.problem', problem)
    process.stderr.write(`${problem.message} (${problem.code})\n`)
  }
  const opened = await openStudio({
    homeDir: homeDirOf(defaultHomeDir()),
    serviceUrl: null,
    host,
    secrets: openSecretBox(),
    output: 'default',
    decodesAhead: true,
    onPull: (work, pull) => send('pull.changed', { work, pull }),
    onProblem: tell,
  })
  if (!opened.ok) return opened
  const studio = opened.value
  const service = new ServiceDesk({ studio, host, send, named: process.env.STEMMA_SERVICE ?? null })
  const remixes = new RemixDesk({ studio, window })
  const exports = new ExportDesk({ studio, window, send })
  const approvals = new ApprovalsDesk({ studio, remixes, window, send, offered })
  const variations = new VariationsDesk({ studio, remixes, window, send })
  const plugins = new PluginsDesk({ studio, remixes, send })
  const listening = new AnalysisDesk({ studio, remixes, send })
  const revoice = new RevoiceDesk({ studio, remixes })
  let sync: BackgroundSync | undefined
  let isTelling = false
  studio.ledger.onChange(() => {
    // An export of many files changes the ledger once for each, all at once: the window and the licence are asked after the last.
    if (isTelling) return
    isTelling = true
    setTimeout(() => {
      isTelling = false
      send('ledger.changed', {})
      const reply = remixes.reassess()
      if (reply && remixes.open) send('remix.changed', { uid: remixes.open.session.uid, reply })
    }, LEDGER_QUIET_MS)
  })
  studio.engine.onLost(() =>
    send('engine.lost', { message: 'The audio engine stopped unexpectedly and was started again. Your remix is safe.' }),
  )
  void service.start(tell).then(() => {
    const url = studio.service.url
    if (url === null) return
    sync = new BackgroundSync({
      sync: studio.newSync(url),
      ledger: studio.ledger,
      onStatus: () => send('sync.changed', syncStateOf(sync, studio.ledger)),
    })
    sync.start()
    approvals.start()
  })

  let isStopping = false
  app.on('before-quit', (event) => {
    if (isStopping) return
    isStopping = true
    event.preventDefault()
    exports.stop()
    approvals.stop()
    listening.stop()
    variations.stop()
    plugins.stop()
    const stop = async (): Promise<void> => {
      await remixes.stop()
      await sync?.stop()
      await studio.close()
      await service.stop()
    }
    // Whatever hangs must not keep a closed app alive; the journal and the ledger are durable at every moment.
    const deadline = new Promise((resolve) => setTimeout(resolve, 4_000))
    void Promise.race([stop(), deadline]).finally(() => app.quit())
  })
  return ok({ studio, remixes, exports, listening, revoice, approvals, variations, plugins, service, sync: () => sync })
}

const start = async (): Promise<void> => {
  // Two windows on one library would race for the same files; the second start shows the first window.
  if (!app.requestSingleInstanceLock()) {
    app.quit()
    return
  }
  if (process.platform !== 'darwin') Menu.setApplicationMenu(null)
  await app.whenReady()
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, decide) => decide(false))
  app.on('window-all-closed', () => app.quit())
  const window = openWindow()
  const send = eventSender(window)
  app.on('second-instance', () => {
    if (window.isMinimized()) window.restore()
    window.focus()
  })
  const offered = new OfferedFiles(window)
  const desks = openDesks(window, send, offered).catch((error: unknown) =>
    fail(
      'app.did_not_start',
      `Stemma could not open its data (${error instanceof Error ? error.message : String(error)}). Nothing was changed; start it again, and report it if it happens twice.`,
    ),
  )
  const preferences = new PreferencesFile(join(app.getPath('userData'), 'preferences.json'))
  serveRequests(window, createHandlers({ window, preferences, offered, send, desks }))
  await window.loadFile(join(import.meta.dirname, '../renderer/index.html'))
}

start().catch((error: unknown) => {
  process.stderr.write(`Stemma could not start: ${String(error)}\n`)
  app.exit(1)
})
