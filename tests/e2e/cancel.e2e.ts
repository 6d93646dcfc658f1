// An export of many formats, cancelled the moment it got going, again and again: the window answers, nothing is left behind, the next one works.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AppDriver, reportFailure } from '../driver/app-driver.ts'
import { stemmaIn } from '../rigs/cli-rig.ts'

/** The demo catalogue is rendered on first use. */
const CATALOGUE_MS = 240_000
/** Main ends an engine that does not stop 2.5 s after a cancel. */
const ANSWER_MS = 6_000

describe('an export that is cancelled early', () => {
  let driver: AppDriver
  let userDataDir: string
  let folder: string

  const button = (name: string | RegExp): Locator => driver.page.getByRole('button', { name })
  const sheet = (): Locator => driver.page.getByRole('dialog', { name: 'Export' })

  beforeAll(async () => {
    userDataDir = await mkdtemp(join(tmpdir(), 'stemma-cancel-'))
    folder = await mkdtemp(join(tmpdir(), 'stemma-cancelled-'))
    driver = await AppDriver.launch({ userDataDir })
    const { page } = driver
    await page.locator('.work', { hasText: 'Glass Orchard' }).click({ timeout: CATALOGUE_MS })
    await button(/^Pull \d+ stems/).click()
    await button('Open as remix').click({ timeout: 60_000 })
    await page.getByRole('grid', { name: 'Arrangement' }).waitFor()
    await driver.stubDialogs({ open: [folder] })
  }, CATALOGUE_MS + 90_000)
  afterEach(async ({ task }) => {
    await reportFailure(task, { app: driver })
  })
  afterAll(async () => {
    await driver.close()
    await rm(userDataDir, { recursive: true, force: true })
    await rm(folder, { recursive: true, force: true })
  })

  /** Opens the form with WAV, FLAC, MP3, M4A where it is offered, and stems. */
  const openForm = async (): Promise<void> => {
    await driver.page.keyboard.press('Control+Shift+E')
    await sheet().getByRole('button', { name: 'Export…' }).waitFor()
    for (const name of ['WAV 16-bit', 'FLAC 24-bit', 'MP3', 'M4A (AAC)']) {
      const box = sheet().getByRole('checkbox', { name })
      if (await box.isEnabled()) await box.check()
    }
    await sheet()
      .getByRole('switch', { name: /^Export stems/ })
      .click()
  }

  const waits = [200, 250, 300, 350, 400, 150, 220, 280]
  it(
    `says so within ${ANSWER_MS / 1000} s, ${waits.length} times in a row, and leaves nothing`,
    async () => {
      const { page } = driver
      const answers: number[] = []
      for (const wait of waits) {
        await openForm()
        await sheet().getByRole('button', { name: 'Export…' }).click()
        const cancel = button('Cancel export')
        await cancel.waitFor({ timeout: 20_000 })
        await page.waitForTimeout(wait)
        const asked = performance.now()
        await cancel.click()
        await page.getByRole('heading', { name: 'Export cancelled' }).waitFor({ timeout: 30_000 })
        answers.push(Math.round(performance.now() - asked))
        expect(await readdir(folder)).toEqual([])
        await button('Back to the form').click()
        await page.keyboard.press('Escape')
        await sheet().waitFor({ state: 'hidden' })
      }
      process.stdout.write(`cancelled after ${waits.join(', ')} ms; answered in ${answers.join(', ')} ms\n`)
      expect(Math.max(...answers)).toBeLessThan(ANSWER_MS)
    },
    waits.length * 40_000,
  )

  it('exports after that as if nothing had been', async () => {
    const { page } = driver
    await page.keyboard.press('Control+Shift+E')
    await sheet().getByRole('button', { name: 'Export…' }).click()
    await page.getByRole('dialog', { name: 'Exported' }).waitFor({ timeout: 90_000 })
    expect(await readdir(folder)).toEqual(['Glass Orchard.wav'])
    await button('Done').click()
  }, 120_000)

  it('leaves a home in which everything is in order', async () => {
    await driver.close()
    const report = await stemmaIn(join(userDataDir, 'home')).json(['fsck'])
    expect(report.findings.filter((finding: { severity: string }) => finding.severity === 'error')).toEqual([])
    await driver.start()
    expect(await driver.page.title()).toContain('Stemma')
  })
})
