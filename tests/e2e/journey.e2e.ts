// The spine in the window, as a user goes along it: pull, open, play, edit, undo, export, cancel, verify, sync, restart and recover.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AppDriver, reportFailure } from '../driver/app-driver.ts'

/** The demo catalogue is rendered on first use. */
const CATALOGUE_MS = 240_000

describe('from a licensed stem to a synced receipt', () => {
  let driver: AppDriver
  let folder: string

  const clips = (): Locator => driver.page.getByRole('gridcell')
  const seconds = async (): Promise<number> => {
    const [minutes = '0', rest = '0'] = (await driver.page.getByTestId('position-clock').innerText()).split(':')
    return Number(minutes) * 60 + Number(rest)
  }
  const button = (name: string | RegExp): Locator => driver.page.getByRole('button', { name })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stemma-exports-'))
    driver = await AppDriver.launch()
  })
  afterEach(async ({ task }) => {
    await reportFailure(task, { app: driver })
  })
  afterAll(async () => {
    await driver.close()
    await rm(folder, { recursive: true, force: true })
  })

  it(
    'pulls a work and shows what its licence allows',
    async () => {
      const { page } = driver
      await page.locator('.work').first().waitFor({ timeout: CATALOGUE_MS })
      await page.locator('.work').first().click()
      await page.getByText('You may arrange').waitFor()
      await driver.screenshot('library')
      await button(/^Pull \d+ stems/).click()
      await button('Open as remix').waitFor({ timeout: 60_000 })
      await page.getByText('All stems are on this machine').waitFor()
      await driver.screenshot('library-pulled')
    },
    CATALOGUE_MS + 90_000,
  )

  it('opens it as a remix: one track per stem, with its waveform', async () => {
    const { page } = driver
    await button('Open as remix').click()
    await page.getByRole('grid', { name: 'Arrangement' }).waitFor()
    await expect.poll(() => clips().count()).toBe(7)
    expect(await page.getByRole('rowheader').count()).toBe(7)
    // Drawn, not only mounted: wavesurfer's canvas holds pixels.
    await expect
      .poll(
        () =>
          page.evaluate(() => {
            const canvas = document.querySelector('.waveform > div')?.shadowRoot?.querySelector('canvas')
            const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
            return pixels.some((value) => value > 0)
          }),
        { timeout: 20_000 },
      )
      .toBe(true)
    await driver.screenshot('remix')
  })

  it('plays: the clock advances and the meters move', async () => {
    const { page } = driver
    await page.keyboard.press('Space')
    await expect.poll(seconds, { timeout: 20_000 }).toBeGreaterThan(1.5)
    await expect
      .poll(
        () =>
          page.evaluate(() => {
            const canvas = document.querySelector<HTMLCanvasElement>('.mixer [data-meter="track:master"] canvas')
            const data = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
            const colours = new Set<string>()
            for (let i = 0; i + 3 < data.length; i += 4) colours.add(`${data[i]},${data[i + 1]},${data[i + 2]}`)
            return colours.size
          }),
        { timeout: 10_000 },
      )
      .toBeGreaterThan(2)
    await driver.screenshot('playing')
    await page.keyboard.press('Space')
    await expect.poll(() => button('Play').first().getAttribute('aria-pressed')).toBe('false')
    const stopped = await seconds()
    await page.waitForTimeout(500)
    expect(Math.abs((await seconds()) - stopped)).toBeLessThan(0.3)
  })

  it('splits a clip, undoes and redoes it by its name', async () => {
    const { page } = driver
    const ruler = await page.locator('.timeline-top-lanes').boundingBox()
    if (!ruler) throw new Error('no ruler')
    await page.mouse.click(ruler.x + 250, ruler.y + 8)
    await expect.poll(seconds).toBeGreaterThan(20)
    await clips()
      .first()
      .click({ position: { x: 120, y: 24 } })
    await page.keyboard.press('s')
    await expect.poll(() => clips().count()).toBe(8)
    await button(/^Undo Split/).waitFor()
    await page.keyboard.press('Control+z')
    await expect.poll(() => clips().count()).toBe(7)
    await button(/^Redo Split/).waitFor()
    await page.keyboard.press('Control+Shift+z')
    await expect.poll(() => clips().count()).toBe(8)
  })

  it('moves a clip by dragging; Escape puts it back and leaves no step', async () => {
    const { page } = driver
    const clip = clips().nth(1)
    const before = await clip.getAttribute('aria-label')
    const box = await clip.boundingBox()
    if (!box) throw new Error('no clip')
    const grab = async (): Promise<void> => {
      await page.mouse.move(box.x + box.width / 2, box.y + 25)
      await page.mouse.down()
      await page.mouse.move(box.x + box.width / 2 + 80, box.y + 25, { steps: 6 })
    }
    await grab()
    await page.keyboard.press('Escape')
    await page.mouse.up()
    expect(await clip.getAttribute('aria-label')).toBe(before)
    await button(/^Undo Split/).waitFor()
    await grab()
    await page.mouse.up()
    await button(/^Undo Move/).waitFor()
    expect(await clips().nth(1).getAttribute('aria-label')).not.toBe(before)
    await page.keyboard.press('Delete')
    await expect.poll(() => clips().count()).toBe(7)
    await page.keyboard.press('Control+z')
    await expect.poll(() => clips().count()).toBe(8)
    await driver.screenshot('edited')
  })

  it('sets level and mute from the keyboard', async () => {
    const { page } = driver
    const mute = page.getByRole('rowheader', { name: /^Drums/ }).getByRole('button', { name: 'Mute Drums' })
    await mute.click()
    await expect.poll(() => mute.getAttribute('aria-pressed')).toBe('true')
    await mute.click()
    await expect.poll(() => mute.getAttribute('aria-pressed')).toBe('false')
    const level = page.getByRole('rowheader', { name: /^Bass/ }).getByRole('spinbutton', { name: 'Level of Bass' })
    await level.focus()
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => level.getAttribute('aria-valuenow')).toBe('-0.5')
  })

  it('exports with a stamp and a receipt', async () => {
    const { page } = driver
    await driver.stubDialogs({ open: [folder] })
    await page.keyboard.press('Control+Shift+E')
    const sheet = page.getByRole('dialog', { name: 'Export' })
    await sheet.getByRole('checkbox', { name: 'MP3' }).click()
    await sheet.getByRole('textbox', { name: 'File name' }).fill('Orchard one')
    await sheet.getByRole('checkbox', { name: 'AI credits sheet' }).click()
    await driver.screenshot('export-form')
    await sheet.getByRole('button', { name: 'Export…' }).click()
    await page.getByRole('dialog', { name: 'Exported' }).waitFor({ timeout: 90_000 })
    await page.getByText('LUFS').first().waitFor()
    await page.getByText('Orchard one.ddex.json').waitFor()
    await driver.screenshot('export-result')
    expect((await readdir(folder)).sort()).toEqual(['Orchard one.ddex.json', 'Orchard one.mp3', 'Orchard one.wav'])
    await button('Done').click()
  }, 120_000)

  it('cancels an export and leaves nothing behind', async () => {
    const { page } = driver
    const before = (await readdir(folder)).sort()
    await page.keyboard.press('Control+Shift+E')
    await button('Export again')
      .click({ timeout: 3_000 })
      .catch(() => undefined)
    const sheet = page.getByRole('dialog', { name: 'Export' })
    await sheet.getByRole('checkbox', { name: 'MP3' }).click()
    // As it was left.
    await expect.poll(() => sheet.getByRole('checkbox', { name: 'AI credits sheet' }).isChecked()).toBe(true)
    await sheet.getByRole('textbox', { name: 'File name' }).fill('Orchard cancelled')
    await sheet.getByRole('button', { name: 'Export…' }).click()
    await button('Cancel export').click({ timeout: 20_000 })
    await page.getByRole('heading', { name: 'Export cancelled' }).waitFor({ timeout: 30_000 })
    await driver.screenshot('export-cancelled')
    expect((await readdir(folder)).sort()).toEqual(before)
    await page.keyboard.press('Escape')
  })

  it('verifies the file in three lines, down to its stems', async () => {
    const { page } = driver
    await driver.stubDialogs({ open: [join(folder, 'Orchard one.wav')] })
    await button('Verify').click()
    await button(/^Choose a file/).click()
    const verdict = page.getByRole('list', { name: 'Verdict' })
    await verdict.getByText('Intact').waitFor({ timeout: 60_000 })
    await verdict.getByText('Trusted', { exact: true }).waitFor()
    expect(await page.getByRole('treeitem').count()).toBeGreaterThanOrEqual(7)
    await page.getByText('Contains nothing made by generative AI.').waitFor()
    await page.getByText('In the log, proof checked').or(page.getByText('On this machine only')).waitFor()
    await driver.screenshot('verified')
  })

  it('catches a changed file', async () => {
    const { page } = driver
    const bytes = await readFile(join(folder, 'Orchard one.wav'))
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1)
    const path = join(folder, 'Orchard changed.wav')
    await writeFile(path, bytes)
    await driver.stubDialogs({ open: [path] })
    await button(/^Verify another/).click()
    await page.getByRole('list', { name: 'Verdict' }).getByText('Changed', { exact: true }).waitFor({ timeout: 60_000 })
    await driver.screenshot('verified-changed')
  })

  it('shows the receipt become synced, and exactly what was sent', async () => {
    const { page } = driver
    await button(/^Ledger/)
      .first()
      .click()
    const rows = page.getByRole('option')
    await rows.first().waitFor()
    await button('Sync now').click()
    await expect.poll(() => rows.filter({ hasText: 'synced with proof' }).count(), { timeout: 60_000 }).toBeGreaterThanOrEqual(2)
    await rows.filter({ hasText: 'Export, WAV' }).first().click()
    await page.getByRole('tab', { name: 'What was sent' }).click()
    expect(await page.locator('.raw').first().innerText()).toContain('"type": "export"')
    await page.getByRole('tab', { name: 'Proof' }).click()
    await page
      .getByText(/^\d+ of \d+$/)
      .first()
      .waitFor()
    await driver.screenshot('ledger')
  })

  it('recovers unsaved work after the app was killed', async () => {
    await button('Remix').first().click()
    await expect.poll(() => clips().count()).toBe(8)
    await driver.kill()
    await driver.start()
    const { page } = driver
    await button('Recover').first().waitFor({ timeout: 60_000 })
    await driver.screenshot('recovery')
    await button('Recover').first().click()
    await expect.poll(() => clips().count(), { timeout: 30_000 }).toBe(8)
    const level = page.getByRole('rowheader', { name: /^Bass/ }).getByRole('spinbutton', { name: 'Level of Bass' })
    expect(await level.getAttribute('aria-valuenow')).toBe('-0.5')
  })
})
