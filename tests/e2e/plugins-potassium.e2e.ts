// The real song with plugins of all three formats in the window: a remix that the command line made, played while two of its hosts are killed, and exported
// three times to the very samples that the command line writes.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StemmaBridge } from '../../src-shared/protocol/index.ts'
import { AppDriver, reportFailure } from '../driver/app-driver.ts'
import { makePluginSong, type PluginSong, scanSongPlugins, SONG_DEVICE_IDS, songHindrance } from '../rigs/plugin-song.ts'
import { riffChunks } from '../rigs/tamper.ts'

const hindrance = songHindrance()
if (hindrance !== null) console.warn(`3 tests of the real song with plugins in the window are skipped: ${hindrance}`)

/** Hash of the samples in a WAV file, whatever else stands in it. */
const soundOf = (path: string): string => {
  const bytes = readFileSync(path)
  const data = riffChunks(bytes).find(({ id }) => id === 'data')
  if (!data) throw new Error(`${path} has no samples`)
  return createHash('sha256')
    .update(bytes.subarray(data.at, data.at + data.bytes))
    .digest('hex')
}

describe.skipIf(hindrance !== null)('the real song with plugins in the window', () => {
  let driver: AppDriver
  let dir: string
  let song: PluginSong

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-e2e-plugin-song-'))
    song = await makePluginSong(dir)
    const userDataDir = join(dir, 'window')
    mkdirSync(userDataDir)
    await scanSongPlugins(join(userDataDir, 'home/plugins'))
    driver = await AppDriver.launch({ userDataDir })
    driver.page.setDefaultTimeout(30_000)
  }, 240_000)
  afterEach(({ task }) => reportFailure(task, { app: driver }))
  afterAll(async () => {
    await driver?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const positionText = (): Promise<string> => driver.page.getByRole('timer', { name: 'Position' }).innerText()
  /** Processes that plugins run in, by the app's own account. */
  const hosts = (): Promise<number[]> =>
    driver.app.evaluate(({ app }) =>
      app
        .getAppMetrics()
        .filter(({ name, serviceName }) => [name, serviceName].some((text) => /plugin.host/i.test(text ?? '')))
        .map(({ pid }) => pid),
    )

  it('opens what the command line made', async () => {
    const { page } = driver
    await driver.stubDialogs({ open: [song.pack] })
    await page.getByRole('button', { name: 'Import pack…' }).click()
    await page.getByRole('heading', { name: 'Potassium' }).waitFor()
    await page.getByRole('button', { name: /^Pull 10 stems/ }).click()
    await page.getByRole('button', { name: 'Open as remix' }).first().waitFor({ timeout: 60_000 })
    await driver.stubDialogs({ open: [song.remix] })
    await page.keyboard.press('Control+o')
    await page.getByRole('rowheader', { name: /^Hall/ }).waitFor()
    await expect.poll(async () => (await hosts()).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(SONG_DEVICE_IDS.length)
    await driver.screenshot('plugin-song-opened')
  })

  it('plays on when two plugin hosts are killed, and has as many again', async () => {
    const { page } = driver
    await page.keyboard.press('Space')
    const first = await positionText()
    await expect.poll(positionText, { timeout: 20_000 }).not.toBe(first)
    await page.evaluate(() => {
      const view = window as unknown as { readonly stemma: StemmaBridge; crashed: string[] }
      view.crashed = []
      view.stemma.on('plugins.crashed', ({ deviceId }) => view.crashed.push(deviceId))
    })
    const crashed = (): Promise<string[]> => page.evaluate(() => (window as unknown as { readonly crashed: string[] }).crashed)
    // Some are in reserve and play nothing: two that do are wanted.
    const killed: number[] = []
    for (const pid of await hosts()) {
      if (new Set(await crashed()).size >= 2) break
      process.kill(pid, 'SIGKILL')
      killed.push(pid)
      await delay(700)
    }
    await expect.poll(async () => new Set(await crashed()).size).toBeGreaterThanOrEqual(2)
    await page
      .getByText(/crashed and was started again/)
      .first()
      .waitFor()
    const then = await positionText()
    await expect.poll(positionText).not.toBe(then)
    await expect
      .poll(
        async () => {
          const now = await hosts()
          return now.length >= SONG_DEVICE_IDS.length && !now.some((pid) => killed.includes(pid))
        },
        { timeout: 30_000 },
      )
      .toBe(true)
    await driver.screenshot('plugin-song-after-crashes')
    await page.keyboard.press('Space')
  }, 90_000)

  it('exports three times to the samples that the command line writes', async () => {
    const { page } = driver
    const byCommand = join(dir, 'by-command.wav')
    await song.stemma.json(['render', song.remix, '-o', byCommand], 0, { timeoutMs: 120_000 })
    for (const name of ['first', 'second', 'third']) {
      const folder = join(dir, name)
      mkdirSync(folder)
      await driver.stubDialogs({ open: [folder] })
      await page.getByRole('button', { name: 'Export', exact: true }).click()
      await page.getByRole('button', { name: 'Export…' }).click()
      await page.getByRole('region', { name: 'Files' }).waitFor({ timeout: 120_000 })
      await page.keyboard.press('Escape')
      const [file] = readdirSync(folder).filter((one) => one.endsWith('.wav'))
      expect(soundOf(join(folder, file ?? '')), name).toBe(soundOf(byCommand))
    }
    await driver.screenshot('plugin-song-exported')
  }, 400_000)
})
