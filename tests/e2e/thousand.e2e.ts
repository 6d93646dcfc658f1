// A contact sheet of a thousand: scrolled, walked by keys, filtered, learned from and saved from, without the window falling behind.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AppDriver, reportFailure } from '../driver/app-driver.ts'

/** The demo catalogue is rendered on first use. */
const CATALOGUE_MS = 240_000
/** The window works this long on one press at most, however busy the machine is with other things. */
const BUSY_MS = 50

describe('a contact sheet of a thousand', () => {
  let driver: AppDriver
  let dir: string

  const button = (name: string | RegExp): Locator => driver.page.getByRole('button', { name })
  const cards = (): Locator => driver.page.locator('.vcard')
  const sheet = (): Locator => driver.page.getByRole('grid', { name: 'Contact sheet' })
  const nameOfActive = (): Promise<string> => driver.page.locator('.vcard.is-active b').first().innerText()
  const count = async (): Promise<number> =>
    Number((/([\d,]+)(?: of [\d,]+)? variation/.exec(await driver.page.locator('.vtools-count').innerText())?.[1] ?? '0').replace(/,/g, ''))
  /** Milliseconds of processor time that the window's own thread worked on something, per time it was asked. */
  const workOf = async (times: number, act: () => Promise<unknown>): Promise<number> => {
    const session = await driver.page.context().newCDPSession(driver.page)
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    const taskMs = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics')
      return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0)
    }
    const before = await taskMs()
    for (let i = 0; i < times; i++) await act()
    const after = await taskMs()
    await session.detach()
    return (after - before) / times
  }

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-thousand-'))
    driver = await AppDriver.launch()
    const { page } = driver
    await page.locator('.work').first().waitFor({ timeout: CATALOGUE_MS })
    await page.locator('.work').first().click()
    await button(/^Pull \d+ stems/).click()
    await button('Open as remix').click({ timeout: 60_000 })
    await page.getByRole('grid', { name: 'Arrangement' }).waitFor()
  }, CATALOGUE_MS + 120_000)
  afterEach(({ task }) => reportFailure(task, { app: driver }))
  afterAll(async () => {
    await driver.close()
    rmSync(dir, { recursive: true, force: true })
  })

  it('shows all of them as soon as their rules are checked, and mounts only those in view', async () => {
    const { page } = driver
    await page.keyboard.press('v')
    await page.getByRole('radio', { name: '1,000', exact: true }).click()
    await button(/^Generate 1,000/).click()
    await expect.poll(count, { timeout: 120_000 }).toBeGreaterThan(950)
    expect(await cards().count()).toBeLessThan(80)
    expect(Number(await sheet().getAttribute('aria-rowcount'))).toBeGreaterThan(100)
    // Rendering a thousand previews is measured elsewhere.
    await page.keyboard.press('g')
    await page.getByText(/variations? to listen to/).waitFor({ timeout: 60_000 })
    expect(await count()).toBeGreaterThan(900)
  }, 240_000)

  it('goes through them by keys and wheel without falling behind', async () => {
    const { page } = driver
    await sheet().focus()
    await page.keyboard.press('Home')
    const first = await nameOfActive()
    await page.keyboard.press('End')
    await expect.poll(nameOfActive).not.toBe(first)
    await driver.screenshot('variations-thousand')
    await page.keyboard.press('Home')
    await expect.poll(nameOfActive).toBe(first)
    expect(await workOf(20, () => page.keyboard.press('PageDown'))).toBeLessThan(BUSY_MS)
    expect(await workOf(40, () => page.keyboard.press('ArrowRight'))).toBeLessThan(BUSY_MS)
    const box = (await sheet().boundingBox())!
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    expect(await workOf(30, () => page.mouse.wheel(0, 1_200))).toBeLessThan(BUSY_MS)
    expect(await cards().count()).toBeLessThan(80)
    await page.keyboard.press('Space')
  }, 120_000)

  it('filters and finds among all', async () => {
    const { page } = driver
    const all = await count()
    const search = page.getByRole('searchbox', { name: 'Find variations' })
    expect(await workOf(1, () => search.pressSequentially('dub'))).toBeLessThan(10 * BUSY_MS)
    await expect.poll(count).toBeLessThan(all / 2)
    expect(await count()).toBeGreaterThan(5)
    await search.fill('')
    await expect.poll(count).toBe(all)
  })

  it('learns from marks and gives more like those that were kept', async () => {
    const { page } = driver
    await sheet().focus()
    await page.keyboard.press('Home')
    for (const key of ['k', 'k', 'k', 'r', 'r', 'r']) {
      await page.keyboard.press(key)
      // What is rejected leaves the sheet, and the next one is chosen by itself.
      if (key === 'k') await page.keyboard.press('ArrowRight')
    }
    const more = button('More like these')
    await expect.poll(() => more.isEnabled(), { timeout: 20_000 }).toBe(true)
    const before = await count()
    await more.click()
    await expect.poll(count, { timeout: 60_000 }).toBeGreaterThan(before + 10)
    expect(await cards().locator('small', { hasText: '%' }).count()).toBeGreaterThan(0)
    await page.keyboard.press('g')
    await driver.screenshot('variations-more')
  }, 120_000)

  it('saves one as a remix of its own', async () => {
    const { page } = driver
    await sheet().focus()
    await page.keyboard.press('Home')
    const path = join(dir, 'one.stemma')
    await driver.stubDialogs({ save: path })
    await button('Save as remix file…').click()
    await page.getByText('Saved as a remix of its own').waitFor()
    expect(statSync(path).size).toBeGreaterThan(1_000)
  })
})
