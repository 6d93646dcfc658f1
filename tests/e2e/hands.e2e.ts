// What hands do in the arrangement, and what the licence says while they do it: before the drop, after it, and in the export sheet.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AppDriver, reportFailure } from '../driver/app-driver.ts'

/** The demo catalogue is rendered on first use. */
const CATALOGUE_MS = 240_000

describe('hands on the arrangement, under a licence with limits', () => {
  let driver: AppDriver
  let folder: string

  const button = (name: string | RegExp): Locator => driver.page.getByRole('button', { name })
  const clip = (name: string | RegExp): Locator => driver.page.getByRole('gridcell', { name })
  const heads = async (): Promise<string[]> =>
    (await driver.page.getByRole('rowheader').all()).reduce<Promise<string[]>>(
      async (names, head) => [...(await names), (await head.getAttribute('aria-label')) ?? ''],
      Promise.resolve([]),
    )
  const box = async (what: Locator) => {
    const found = await what.boundingBox()
    if (!found) throw new Error('nothing to drag')
    return found
  }
  const undo = async (): Promise<void> => {
    await driver.page.keyboard.press('Control+z')
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stemma-hands-'))
    driver = await AppDriver.launch()
    const { page } = driver
    await page.locator('.work', { hasText: 'Harbour Lights' }).click({ timeout: CATALOGUE_MS })
    await button(/^Pull \d+ stems/).click()
    await button('Open as remix').click({ timeout: 60_000 })
    await page.getByRole('grid', { name: 'Arrangement' }).waitFor()
    await clip(/^Vocals/)
      .first()
      .waitFor()
    // Drags that snap would depend on the width of the window.
    await page.keyboard.press('n')
  }, CATALOGUE_MS + 90_000)
  afterEach(async ({ task }) => {
    await driver.page.mouse.up()
    for (const key of ['Alt', 'Control']) await driver.page.keyboard.up(key)
    await reportFailure(task, { app: driver })
  })
  afterAll(async () => {
    await driver.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** Trims a clip to a part of its length by its right edge. */
  const trimTo = async (what: Locator, part: number): Promise<void> => {
    const { page } = driver
    await what.click({ position: { x: 60, y: 25 } })
    const { x, y, width } = await box(what)
    await page.mouse.move(x + width - 2, y + 20)
    await page.mouse.down()
    await page.mouse.move(x + width * part, y + 20, { steps: 5 })
    await page.mouse.up()
    await button(/^Undo Trim/).waitFor()
  }
  /** Presses on a clip and drags it with Alt held, up to the drop. */
  const dragCopy = async (what: Locator): Promise<void> => {
    const { page } = driver
    const { x, y, width } = await box(what)
    await page.mouse.move(x + 40, y + 25)
    await page.mouse.down()
    await page.keyboard.down('Alt')
    await page.mouse.move(x + 60, y + 25, { steps: 4 })
    await page.mouse.move(x + 44 + width, y + 25, { steps: 8 })
  }

  it('says during the drag what the licence would refuse, and what it allows', async () => {
    const { page } = driver
    await trimTo(clip(/^Drums/), 0.4)
    await dragCopy(clip(/^Drums/))
    const tip = page.getByRole('alert')
    await tip.getByText('Not in the licence').waitFor({ timeout: 5_000 })
    expect(await tip.innerText()).toMatch(/Drums is used for .*allows 1 min in one export.*Shorten Drums by/s)
    expect(await page.locator('.clip.is-refused').count()).toBe(1)
    await driver.screenshot('licence-drag')
    await page.keyboard.press('Escape')
    await page.mouse.up()
    await page.keyboard.up('Alt')
    await expect.poll(() => page.locator('.clip.is-refused').count()).toBe(0)
    expect(await clip(/^Drums/).count()).toBe(1)
  })

  it('refuses the drop in main and offers the nearest legal edit as a link', async () => {
    const { page } = driver
    await dragCopy(clip(/^Drums/))
    await page.mouse.up()
    await page.keyboard.up('Alt')
    const link = page.getByRole('alert').getByRole('button', { name: /^Shorten Drums by/ })
    await link.waitFor()
    await driver.screenshot('licence-drop')
    expect(await clip(/^Drums/).count()).toBe(1)
    await link.click()
    await expect.poll(() => clip(/^Drums/).count()).toBe(2)
    await page.getByText('60 s of 60 s').waitFor()
    await undo()
    await expect.poll(() => clip(/^Drums/).count()).toBe(1)
  })

  it('slips the sound inside a clip', async () => {
    const { page } = driver
    const { x, y, width } = await box(clip(/^Pad/))
    // Only a clip that is shorter than its stem has anything to slip.
    await trimTo(clip(/^Pad/), 0.5)
    await page.keyboard.down('Control')
    await page.keyboard.down('Alt')
    await page.mouse.move(x + width * 0.3, y + 20)
    await page.mouse.down()
    await page.mouse.move(x + width * 0.2, y + 20, { steps: 5 })
    await expect.poll(() => page.locator('.drag-reading').innerText()).toMatch(/^slip −\d+ ms$/)
    await page.mouse.up()
    await page.keyboard.up('Alt')
    await page.keyboard.up('Control')
    await button(/^Undo Slip/).waitFor()
    expect((await box(clip(/^Pad/))).x).toBeCloseTo(x, 0)
    await undo()
    await undo()
  })

  it('puts a track elsewhere by its name', async () => {
    const { page } = driver
    const before = await heads()
    const from = await box(page.getByRole('rowheader').nth(0).locator('.track-name'))
    const to = await box(page.getByRole('rowheader').nth(2))
    await page.mouse.move(from.x + 30, from.y + 6)
    await page.mouse.down()
    await page.mouse.move(to.x + 60, to.y + to.height - 4, { steps: 6 })
    await page.locator('.track-drop-line').waitFor()
    await driver.screenshot('track-reorder')
    await page.mouse.up()
    const [first, second, third, ...rest] = before
    await expect.poll(heads).toEqual([second, third, first, ...rest])
    await button(/^Undo Move/).waitFor()
    await undo()
    await expect.poll(heads).toEqual(before)
  })

  it('renames with F2, clip and track', async () => {
    const { page } = driver
    await page.getByRole('rowheader', { name: /^Bass/ }).click({ position: { x: 12, y: 20 } })
    await page.keyboard.press('F2')
    await page.getByRole('textbox', { name: 'Name' }).fill('Low end')
    await page.keyboard.press('Enter')
    await page.getByRole('rowheader', { name: /^Low end/ }).waitFor()
    await clip(/^Arpeggio/).click({ position: { x: 60, y: 25 } })
    await page.keyboard.press('F2')
    await page.getByRole('textbox', { name: 'Name' }).fill('Arp one')
    await page.keyboard.press('Enter')
    await clip(/^Arp one/).waitFor()
    await undo()
    await undo()
    await page.getByRole('rowheader', { name: /^Bass/ }).waitFor()
  })

  it('adds, names and drags a marker', async () => {
    const { page } = driver
    await page.keyboard.press('Control+m')
    await page.getByRole('textbox', { name: 'Name' }).fill('Here')
    await page.keyboard.press('Enter')
    const marker = page.locator('.section-point', { hasText: 'Here' })
    const { x, y, height } = await box(marker)
    await page.mouse.move(x + 4, y + height / 2)
    await page.mouse.down()
    await page.mouse.move(x + 124, y + height / 2, { steps: 6 })
    await page.mouse.up()
    await button('Undo Move Here').waitFor()
    expect((await box(marker)).x).toBeGreaterThan(x + 80)
    await driver.screenshot('marker-moved')
  })

  it('puts a device elsewhere in the chain, and a fader back to its default', async () => {
    const { page } = driver
    await page.getByRole('rowheader', { name: /^Bass/ }).click({ position: { x: 12, y: 20 } })
    const add = page.getByRole('complementary', { name: 'Inspector' }).getByRole('button', { name: 'Add device' })
    for (const name of ['Compressor', 'Saturation']) {
      await add.click()
      await page.getByRole('option', { name, exact: true }).click()
    }
    const devices = page.locator('.inspector .device-name')
    await expect.poll(() => devices.count()).toBe(2)
    const from = await box(devices.nth(1))
    const to = await box(devices.nth(0))
    await page.mouse.move(from.x + 30, from.y + 10)
    await page.mouse.down()
    await page.mouse.move(to.x + 30, to.y + 2, { steps: 6 })
    await driver.screenshot('device-reorder')
    await page.mouse.up()
    await expect.poll(() => devices.nth(0).innerText()).toContain('Saturation')
    await button(/^Undo Move/).waitFor()
    const fader = page.getByRole('slider', { name: 'Level of Bass' })
    await fader.focus()
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => fader.getAttribute('aria-valuenow')).toBe('-1')
    await fader.dblclick()
    await expect.poll(() => fader.getAttribute('aria-valuenow')).toBe('0')
  })

  it('keeps its keys after a click on a tab, folds panels by key, and makes an export lawful in one undo step', async () => {
    const { page } = driver
    await page.getByRole('tab', { name: 'Styles' }).click()
    await page.keyboard.press('Alt+1')
    await button('Show the library').waitFor()
    await page.keyboard.press('Alt+1')
    await button('Hide the library').waitFor()
    await page.keyboard.press('Control+Shift+E')
    const sheet = page.getByRole('dialog', { name: 'Export' })
    const blocked = sheet.getByText('The licence does not allow this export as it stands.')
    await blocked.waitFor()
    await sheet.getByRole('button', { name: /^Do all \d+ in one step$/ }).click()
    await blocked.waitFor({ state: 'hidden' })
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })
    await button('Undo Keep to the licence').click()
    await button('Redo Keep to the licence').waitFor()
    await page.getByRole('tab', { name: 'Inspector' }).click()
  })

  it('offers in the export sheet what makes it lawful, and verifies what came out without asking for a file', async () => {
    const { page } = driver
    await driver.stubDialogs({ open: [folder] })
    await page.keyboard.press('Control+Shift+E')
    const sheet = page.getByRole('dialog', { name: 'Export' })
    await sheet.getByRole('button', { name: 'Export…' }).waitFor()
    await driver.screenshot('hands-export-form')
    const blocked = sheet.getByText('The licence does not allow this export as it stands.')
    await blocked.waitFor()
    const offers = sheet.getByRole('list', { name: 'Licence' }).getByRole('button', { name: /^Shorten / })
    for (let left = await offers.count(); left > 0; left--) {
      await offers.first().click()
      await expect.poll(() => offers.count()).toBe(left - 1)
    }
    await blocked.waitFor({ state: 'hidden' })
    await driver.screenshot('hands-export-allowed')
    await sheet.getByRole('button', { name: 'Export…' }).click()
    await page.getByRole('dialog', { name: 'Exported' }).waitFor({ timeout: 90_000 })
    const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith('.wav'))
    // A dialog would be answered with "cancelled" now, and nothing would be verified.
    await driver.stubDialogs({})
    await page.getByRole('dialog').getByRole('button', { name: 'Verify' }).click()
    const verdict = page.getByRole('list', { name: 'Verdict' })
    await verdict.getByText('Intact').waitFor({ timeout: 60_000 })
    await page.getByRole('heading', { name: file }).waitFor()
    expect(await verdict.innerText()).toMatch(/Signed by .* on \d{1,2} \w{3,4} \d{4}, \d\d:\d\d, by the file's own word\./)
    await driver.screenshot('hands-verified')
  })
})
