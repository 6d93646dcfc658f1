// The Variations view, as a user goes through it: generate, listen, compare, keep, reject, mix, apply, undo, comp.
import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AppDriver, reportFailure } from '../driver/app-driver.ts'

/** The demo catalogue is rendered on first use. */
const CATALOGUE_MS = 240_000
const COUNT = 50

describe('variations', () => {
  let driver: AppDriver

  const button = (name: string | RegExp): Locator => driver.page.getByRole('button', { name })
  const cards = (): Locator => driver.page.locator('.vcard')
  const sheet = (): Locator => driver.page.getByRole('grid', { name: 'Contact sheet' })
  const active = (): Locator => driver.page.locator('.vcard.is-active')
  const nameOfActive = (): Promise<string> => active().locator('b').first().innerText()
  /** What sounds, or is about to: a busy machine takes a moment. */
  const heard = async (): Promise<string> => (await driver.page.locator('.vnow-what b').innerText()).split(/\s/)[0] ?? ''
  const isSounding = (): Promise<boolean> => driver.page.locator('.vnow-what b small').isHidden()
  const seconds = async (): Promise<number> => {
    const [minutes = '0', rest = '0'] = (await driver.page.getByTestId('audition-clock').innerText()).split(':')
    return Number(minutes) * 60 + Number(rest)
  }

  beforeAll(async () => {
    driver = await AppDriver.launch()
    const { page } = driver
    await page.locator('.work').first().waitFor({ timeout: CATALOGUE_MS })
    await page.locator('.work').first().click()
    await button(/^Pull \d+ stems/).click()
    await button('Open as remix').waitFor({ timeout: 60_000 })
    await button('Open as remix').click()
    await page.getByRole('grid', { name: 'Arrangement' }).waitFor()
  }, CATALOGUE_MS + 120_000)
  afterEach(async ({ task }) => {
    await reportFailure(task, { app: driver })
  })
  afterAll(() => driver.close())

  it('opens with V, explains itself, and generates', async () => {
    const { page } = driver
    await page.keyboard.press('v')
    await page.getByText('One song, many ways').waitFor()
    await driver.screenshot('variations-empty')
    await page.getByRole('radio', { name: '50', exact: true }).click()
    await page.getByRole('textbox', { name: 'Seed' }).fill('60')
    // Styles that leave the tempo alone: nothing has to be stretched before it can be heard.
    await button(/^Styles/).click()
    for (const style of ['Radio', 'Acoustic room', 'Minus one', 'Call and answer', 'Stem swaps'])
      await page.getByRole('menuitemcheckbox', { name: style }).click()
    await driver.screenshot('variations-styles')
    await page.keyboard.press('Escape')
    await button(/^Generate 50/).click()
    await cards().first().waitFor({ timeout: 60_000 })
    await driver.screenshot('variations-rendering')
    expect(await cards().count()).toBeGreaterThan(4)
    const [, count = '0'] = /([\d,]+) variations?/.exec(await page.locator('.vtools-count').innerText()) ?? []
    expect(Number(count)).toBeGreaterThan(COUNT / 2)
    // They can be listened to while the rest is still being rendered.
    await expect.poll(() => page.locator('.vcard canvas').count(), { timeout: 120_000 }).toBeGreaterThan(5)
    // Drawn, not only mounted.
    const isDrawn = await page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('.vcard canvas')
      return canvas
        ?.getContext('2d')
        ?.getImageData(0, 0, canvas.width, canvas.height)
        .data.some((value) => value > 0)
    })
    expect(isDrawn).toBe(true)
    await driver.screenshot('variations-sheet')
  }, 330_000)

  it('plays by arrow keys, and the next one takes over in place', async () => {
    const { page } = driver
    await sheet().focus()
    await page.keyboard.press('ArrowRight')
    const first = await nameOfActive()
    await expect.poll(heard).toBe(first)
    await expect.poll(isSounding, { timeout: 30_000 }).toBe(true)
    const began = await seconds()
    await expect.poll(seconds, { timeout: 10_000 }).toBeGreaterThan(began + 0.8)
    const before = await seconds()
    await page.keyboard.press('ArrowRight')
    await expect.poll(heard).not.toBe(first)
    await expect.poll(() => page.locator('.vcard.is-sounding .wave-playhead').count()).toBe(1)
    await expect.poll(isSounding, { timeout: 30_000 }).toBe(true)
    const after = await seconds()
    expect(after).toBeGreaterThan(before - 0.2)
    expect(after).toBeLessThan(before + 20)
    await driver.screenshot('variations-playing')
  })

  it('goes to the original and back at equal loudness, pins a second one, and stops with Space', async () => {
    const { page } = driver
    const a = await nameOfActive()
    await page.keyboard.press('x')
    await expect.poll(heard).toBe('Original')
    await page.keyboard.press('`')
    await expect.poll(heard).toBe(a)
    await expect.poll(() => page.locator('.vnow-what > small').innerText()).toMatch(/as loud as the original|to match the original/i)
    await page.keyboard.press('b')
    await page.keyboard.press('ArrowRight')
    const b = a
    const next = await nameOfActive()
    await page.keyboard.press('b')
    await expect.poll(heard).toBe(b)
    await page.keyboard.press('b')
    await expect.poll(heard).toBe(next)
    await driver.screenshot('variations-compare')
    await page.keyboard.press('Space')
    await expect.poll(heard).toBe('Stopped')
    const stopped = await seconds()
    await page.waitForTimeout(900)
    expect(Math.abs((await seconds()) - stopped)).toBeLessThan(0.6)
  })

  it('plays what the pointer rests on, and not what it passes over', async () => {
    const { page } = driver
    const target = cards().nth(5)
    const box = await target.boundingBox()
    if (!box) throw new Error('no card')
    await page.mouse.move(box.x + 40, box.y + 40)
    await page.mouse.move(box.x + 44, box.y + 42)
    await expect.poll(heard).toBe(await target.locator('b').first().innerText())
    await page.keyboard.press('Space')
    await expect.poll(heard).toBe('Stopped')
  })

  it('keeps, tags and rejects; what is rejected leaves the sheet and can be found again', async () => {
    const { page } = driver
    await sheet().focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('k')
    await expect.poll(() => active().getAttribute('aria-label')).toContain('kept')
    await page.keyboard.press('t')
    await page.keyboard.type('for the label')
    await page.keyboard.press('Enter')
    await expect.poll(() => active().getAttribute('aria-label')).toContain('tags for the label')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('k')
    await page.keyboard.press('ArrowRight')
    const rejected = await nameOfActive()
    await expect.poll(heard).toBe(rejected)
    await page.keyboard.press('r')
    await expect.poll(nameOfActive).not.toBe(rejected)
    // What has left is not listened to any more: the next one goes on in its place.
    await expect.poll(heard).toBe(await nameOfActive())
    expect(await cards().locator('b').getByText(rejected, { exact: true }).count()).toBe(0)
    await page.getByRole('combobox', { name: 'Marks' }).selectOption('rejected')
    await expect.poll(() => cards().count()).toBe(1)
    expect(await cards().first().locator('b').first().innerText()).toBe(rejected)
    await page.getByRole('combobox', { name: 'Marks' }).selectOption('open')
    await page.getByRole('searchbox', { name: 'Find variations' }).fill('for the label')
    await expect.poll(() => cards().count()).toBe(1)
    await page.keyboard.press('Escape')
    await expect.poll(() => cards().count()).toBeGreaterThan(4)
    await page.keyboard.press('Space')
  })

  it('stops generating when asked', async () => {
    const { page } = driver
    await sheet().focus()
    // A fast machine may be through with them.
    if (!(await page.getByText(/variations? to listen to/).isVisible())) await page.keyboard.press('g')
    await page.getByText(/variations? to listen to/).waitFor()
  })

  it('mixes two', async () => {
    const { page } = driver
    await sheet().focus()
    // Not every pair has sections in one and sound in the other: a refusal says so in words.
    await page.keyboard.press('Home')
    let mixed: string | undefined
    for (let i = 0; i < 12 && mixed === undefined; i++) {
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('Shift+ArrowRight')
      await page.keyboard.press('m')
      const toast = page
        .locator('[data-sonner-toast]')
        .filter({ hasText: /is a mix|nothing to mix/ })
        .first()
      await toast.waitFor({ timeout: 90_000 })
      mixed = /#(\d+) is a mix/.exec(await toast.innerText())?.[1]
      if (mixed !== undefined) continue
      await toast.getByRole('button', { name: 'Close toast' }).click()
      await toast.waitFor({ state: 'detached' })
    }
    // The count says nothing: what is being listened to may turn out to be like another, and leave meanwhile.
    expect(mixed).toBeDefined()
    await page.getByRole('gridcell', { name: new RegExp(`^Variation ${mixed},`), selected: true }).waitFor()
    await page.keyboard.press('Space')
  })

  it('applies one as one undo step', async () => {
    const { page } = driver
    await sheet().focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('Space')
    const name = await nameOfActive()
    await page.keyboard.press('Enter')
    await page.getByText(`The remix is now ${name}`).waitFor()
    await button(/^Undo Variation/).waitFor()
    await driver.screenshot('variations-applied')
    await page.keyboard.press('Control+z')
    await button('Nothing to undo').waitFor()
    await page.keyboard.press('Control+Shift+z')
    await button(/^Undo Variation/).waitFor()
    await page.keyboard.press('Control+z')
    await button('Nothing to undo').waitFor()
  })

  it('comps stretches of several variations', async () => {
    const { page } = driver
    await page.keyboard.press('c')
    const lanes = page.getByRole('grid', { name: /^Lanes/ })
    await lanes.waitFor()
    const tracks = lanes.locator('.vcomp-track')
    expect(await tracks.count()).toBeGreaterThan(2)
    const box = await tracks.nth(1).boundingBox()
    if (!box) throw new Error('no lane')
    await page.mouse.move(box.x + box.width * 0.3, box.y + 12)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.45, box.y + 12, { steps: 4 })
    await driver.screenshot('variations-comping')
    await page.mouse.up()
    await expect.poll(() => tracks.nth(1).locator('.vlane-chosen').count()).toBe(1)
    // The same by keys: a lane down, a section on, Enter.
    await lanes.focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect.poll(() => tracks.nth(2).locator('.vlane-chosen').count()).toBe(1)
    await driver.screenshot('variations-comp')
  })

  it('plays the comp before it is applied, goes on in place when a lane changes, and from where it is clicked', async () => {
    const { page } = driver
    const lanes = page.getByRole('grid', { name: /^Lanes/ })
    const tracks = lanes.locator('.vcomp-track')
    await page.getByRole('region', { name: 'Comp stretches' }).getByRole('button', { name: 'Listen', exact: true }).click()
    await expect.poll(heard).toBe('Comp')
    await expect.poll(isSounding, { timeout: 60_000 }).toBe(true)
    const began = await seconds()
    await expect.poll(seconds, { timeout: 20_000 }).toBeGreaterThan(began + 0.5)
    await expect.poll(() => page.locator('.vnow-what > small').innerText()).toMatch(/as loud as the original|to match the original/i)
    await driver.screenshot('variations-comp-listening')
    // Another lane over the next section: the comp goes on where it is.
    const box = await tracks.nth(2).boundingBox()
    if (!box) throw new Error('no lane')
    const stretches = await tracks.nth(2).locator('.vlane-chosen').count()
    const before = await seconds()
    await page.mouse.move(box.x + box.width * 0.6, box.y + 12)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.7, box.y + 12, { steps: 4 })
    await page.mouse.up()
    await expect.poll(() => tracks.nth(2).locator('.vlane-chosen').count()).toBe(stretches + 1)
    await expect.poll(isSounding, { timeout: 60_000 }).toBe(true)
    expect(await heard()).toBe('Comp')
    expect(await seconds()).toBeGreaterThan(before - 0.2)
    expect(await seconds()).toBeLessThan(before + 20)
    // A click on what is lit plays from there.
    await page.mouse.click(box.x + box.width * 0.65, box.y + 12)
    const total = await tracks.nth(2).evaluate((one) => Number.parseFloat(getComputedStyle(one).getPropertyValue('--comp-at')))
    expect(total).toBeGreaterThanOrEqual(-1)
    await expect.poll(isSounding, { timeout: 60_000 }).toBe(true)
    await expect.poll(seconds, { timeout: 20_000 }).toBeGreaterThan(before + 5)
    const playhead = (): Promise<number> =>
      tracks.nth(2).evaluate((one) => Number.parseFloat(getComputedStyle(one).getPropertyValue('--comp-at')))
    await expect.poll(playhead).toBeGreaterThan(55)
    expect(await playhead()).toBeLessThan(75)
    // Against the original, and back, at the same place.
    await page.keyboard.press('x')
    await expect.poll(heard).toBe('Original')
    await expect.poll(isSounding, { timeout: 60_000 }).toBe(true)
    await page.keyboard.press('x')
    await expect.poll(heard).toBe('Comp')
    await expect.poll(playhead).toBeGreaterThan(55)
    await lanes.focus()
    await page.keyboard.press('Space')
    await expect.poll(heard).toBe('Stopped')
    await page.keyboard.press('Space')
    await expect.poll(heard).toBe('Comp')
    await page.keyboard.press('Space')
    await expect.poll(heard).toBe('Stopped')
    // Nothing was done to the remix by listening.
    await button('Nothing to undo').waitFor()
    await button('Make this the remix').click()
    await page.locator('.vcomp-problem, [data-sonner-toast]:has-text("your comp")').first().waitFor({ timeout: 20_000 })
    await driver.screenshot('variations-comped')
  })

  it('fits a small window and every theme, and says its keys', async () => {
    const { page } = driver
    await page.keyboard.press('Escape')
    const isInside = (): Promise<boolean> =>
      page.evaluate(() =>
        [...document.querySelectorAll('.vsetup, .vtools, .vnow, .vdetail-scroll')].every((one) => one.scrollWidth <= one.clientWidth + 1),
      )
    const resize = (width: number, height: number): Promise<void> =>
      driver.app.evaluate(
        ({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]?.setContentSize(size[0] ?? 0, size[1] ?? 0),
        [width, height],
      )
    expect(await isInside()).toBe(true)
    for (const theme of ['Light', 'High contrast', 'Dark']) {
      await page.keyboard.press('Control+,')
      await page.getByRole('radio', { name: theme, exact: true }).click()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await driver.screenshot(`variations-${theme.toLowerCase().replace(' ', '-')}`)
    }
    await resize(960, 600)
    await page.waitForTimeout(400)
    await driver.screenshot('variations-small')
    expect(await isInside()).toBe(true)
    await resize(1440, 900)
    await page.keyboard.press('?')
    await page.getByText('Between the original and the variation, equally loud').waitFor()
    await driver.screenshot('variations-keys')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+2')
    await page.getByRole('tab', { name: /Variations/ }).click()
    await sheet().waitFor()
    await driver.screenshot('variations-tab')
    await sheet().focus()
    await page.keyboard.press('v')
    await sheet().waitFor()
  })

  it('leaving the view ends listening', async () => {
    const { page } = driver
    await page.keyboard.press('Escape')
    await sheet().focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(heard).not.toBe('Stopped')
    await page.keyboard.press('Control+2')
    await page.getByRole('grid', { name: 'Arrangement' }).waitFor()
    await page.keyboard.press('v')
    await sheet().waitFor()
    expect(await heard()).toBe('Stopped')
  })
})
