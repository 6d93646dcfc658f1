// Drives the built app in a real Electron, as a user would: through its window. Errors on the window's console fail the test.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'

const root = resolve(import.meta.dirname, '../..')
const screenshotFolder = join(root, 'out/screenshots')

export type LaunchOptions = {
  /** Environment on top of the test's own. */
  readonly env?: Readonly<Record<string, string>>
  /** Arguments after the app folder. */
  readonly args?: readonly string[]
  /** Application data of an earlier run; a fresh temporary folder when left out. */
  readonly userDataDir?: string
  /** A packaged executable instead of the checkout; STEMMA_EXECUTABLE sets it for a whole run. */
  readonly executablePath?: string
}

/** Answers of the system's file dialogs, which no test can click: paths to open, a path to save to. */
export type DialogAnswers = { readonly open?: readonly string[]; readonly save?: string }

const definedEnv = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))

/** One running app. `launch` starts it, `close` ends it and throws if its console showed an error. */
export class AppDriver {
  readonly userDataDir: string
  readonly #options: LaunchOptions
  readonly #ownsUserData: boolean
  readonly #consoleErrors: string[] = []
  #app: ElectronApplication | undefined
  #page: Page | undefined
  #log = ''

  private constructor(options: LaunchOptions, userDataDir: string) {
    this.#options = options
    this.userDataDir = userDataDir
    this.#ownsUserData = options.userDataDir === undefined
  }

  /** Starts the app and waits until its window has loaded. */
  static async launch(options: LaunchOptions = {}): Promise<AppDriver> {
    const driver = new AppDriver(options, options.userDataDir ?? (await mkdtemp(join(tmpdir(), 'stemma-e2e-'))))
    await driver.#start()
    return driver
  }

  /** The window. */
  get page(): Page {
    if (this.#page === undefined) throw new Error('The app is not running')
    return this.#page
  }

  /** The app's main process. */
  get app(): ElectronApplication {
    if (this.#app === undefined) throw new Error('The app is not running')
    return this.#app
  }

  /** What the app wrote to its standard output and error since the first start. */
  get log(): string {
    return this.#log
  }

  /** Errors that the window's console showed so far. A test that provokes one takes it out of here. */
  get consoleErrors(): string[] {
    return this.#consoleErrors
  }

  async #start(): Promise<void> {
    const { env = {}, args = [], executablePath = process.env.STEMMA_EXECUTABLE } = this.#options
    const app = await _electron.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [...(executablePath === undefined ? [root] : []), `--user-data-dir=${this.userDataDir}`, '--log-level=3', ...args],
      cwd: root,
      // One demo catalogue for all tests: making it takes both cores for a while.
      env: { ...definedEnv(), STEMMA_DEMO_DIR: join(root, '.cache/demo'), ...env },
    })
    this.#app = app
    const collect = (chunk: Buffer): void => {
      this.#log += chunk.toString()
    }
    app.process().stdout?.on('data', collect)
    app.process().stderr?.on('data', collect)
    try {
      const page = await app.firstWindow({ timeout: 30_000 })
      page.on('console', (message) => {
        if (message.type() === 'error') this.#consoleErrors.push(message.text())
      })
      page.on('pageerror', (error) => this.#consoleErrors.push(error.stack ?? error.message))
      page.on('crash', () => this.#consoleErrors.push('The window crashed'))
      await page.waitForLoadState('load')
      this.#page = page
    } catch (error) {
      app.process().kill('SIGKILL')
      throw new Error(`The app opened no window. It wrote:\n${this.#log}`, { cause: error })
    }
  }

  /** Makes the next file dialogs answer at once. A missing answer means that the user cancels. */
  async stubDialogs({ open, save }: DialogAnswers): Promise<void> {
    await this.app.evaluate(
      ({ dialog }, answers) => {
        dialog.showOpenDialog = async () => ({ canceled: answers.open === undefined, filePaths: [...(answers.open ?? [])] })
        dialog.showSaveDialog = async () => ({ canceled: answers.save === undefined, filePath: answers.save ?? '' })
      },
      { ...(open ? { open } : {}), ...(save ? { save } : {}) },
    )
  }

  /** Saves what the window shows as `out/screenshots/<name>.png` and returns that path. */
  async screenshot(name: string): Promise<string> {
    await mkdir(screenshotFolder, { recursive: true })
    const path = join(screenshotFolder, `${name}.png`)
    await this.page.screenshot({ path })
    return path
  }

  async #stop(): Promise<void> {
    await this.#app?.close()
    this.#app = undefined
    this.#page = undefined
  }

  /** Closes the app as a user would and starts it again on the same data. */
  async restart(): Promise<void> {
    await this.#stop()
    await this.#start()
  }

  /** Ends the app the way a power cut would: nothing of its own runs any more. `start` brings it back on the same data. */
  async kill(): Promise<void> {
    const child = this.app.process()
    const hasEnded = child.exitCode !== null || child.signalCode !== null
    const ended = hasEnded ? Promise.resolve() : new Promise((settle) => child.once('exit', settle))
    child.kill('SIGKILL')
    await ended
    this.#app = undefined
    this.#page = undefined
  }

  /** Starts again after `kill`. */
  async start(): Promise<void> {
    if (this.#app === undefined) await this.#start()
  }

  /** Closes the app, removes its data if it was made for this test, and throws if the console showed errors. */
  async close(): Promise<void> {
    await this.#stop()
    if (this.#ownsUserData) await rm(this.userDataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    if (this.#consoleErrors.length > 0) throw new Error(`The window's console showed errors:\n${this.#consoleErrors.join('\n')}`)
  }
}

const MAX_REPORTED = 12_000

/** For `afterEach`: where a test failed, says in its output what each window showed then, and saves a picture of it. */
export const reportFailure = async (
  task: { readonly name: string; readonly result?: { readonly state?: string } | undefined },
  drivers: Readonly<Record<string, AppDriver | undefined>>,
): Promise<void> => {
  if (task.result?.state !== 'fail') return
  for (const [name, driver] of Object.entries(drivers)) {
    if (!driver) continue
    try {
      const picture = await driver.screenshot(`failed-${name}-${task.name}`.replace(/\W+/g, '-'))
      const shown = await driver.page.locator('body').ariaSnapshot({ timeout: 5_000 })
      const errors = driver.consoleErrors.length > 0 ? `\nIts console: ${driver.consoleErrors.join('\n')}` : ''
      console.error(`“${task.name}” failed. The window of ${name} showed (${picture}):\n${shown.slice(0, MAX_REPORTED)}${errors}`)
    } catch (error) {
      console.error(`“${task.name}” failed, and the window of ${name} could not be asked what it showed: ${String(error)}`)
    }
  }
}
