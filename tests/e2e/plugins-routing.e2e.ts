// Plugins where sound comes from elsewhere, in the window: on a bus, in a sidechain, and as the instrument of a stem that was re-voiced.
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AppDriver, reportFailure } from '../driver/app-driver.ts'
import { buildFixtures, NO_FIXTURES } from '../rigs/fixture-plugins.ts'

/** The demo catalogue is rendered on first use. */
const CATALOGUE_MS = 240_000
/** A busy machine takes its time, a broken window takes forever. */
const STEP_MS = 20_000

const built = await buildFixtures()
if (!built) console.warn(NO_FIXTURES)

const poll = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: STEP_MS })

describe.skipIf(!built)('plugins between tracks, in the window', () => {
  let driver: AppDriver
  let folder: string

  const button = (name: string | RegExp): Locator => driver.page.getByRole('button', { name })
  const inspector = (): Locator => driver.page.getByRole('complementary', { name: 'Inspector' })
  const dialog = (name: string): Locator => driver.page.getByRole('dialog', { name })
  const head = (name: string): Locator => driver.page.getByRole('rowheader', { name: new RegExp(`^${name}`) })
  const chooseTrack = (name: string): Promise<void> => head(name).click({ position: { x: 12, y: 20 } })
  const deviceNames = (): Promise<string[]> => driver.page.locator('.inspector .device-name > .ellipsis').allInnerTexts()
  const undo = (): Promise<void> => driver.page.keyboard.press('Control+z')
  const menu = async (track: string, entry: string): Promise<void> => {
    await head(track).click({ button: 'right', position: { x: 12, y: 20 } })
    await driver.page.getByRole('menuitem', { name: entry, exact: true }).click()
  }
  const insert = async (words: string): Promise<void> => {
    const { page } = driver
    const before = (await deviceNames()).length
    await inspector().getByRole('button', { name: 'Add device' }).click()
    await dialog('Add a device').waitFor()
    await page.keyboard.type(words)
    await page
      .getByRole('option', { selected: true })
      .filter({ hasText: new RegExp(words, 'i') })
      .waitFor()
    await page.keyboard.press('Enter')
    await dialog('Add a device').waitFor({ state: 'hidden' })
    await poll(async () => (await deviceNames()).length).toBe(before + 1)
  }
  /** What the open gain plugin hears, by its own meter; plays from the start meanwhile. */
  const peak = async (): Promise<number> => {
    const value = inspector().locator('.plugin-row', { hasText: 'Peak' }).locator('.plugin-meter-value')
    return (await value.count()) === 0 ? Number.NaN : Number.parseFloat(await value.innerText())
  }
  const playing = async (meanwhile: () => Promise<void>): Promise<void> => {
    await button('To the start').click()
    await driver.page.getByRole('button', { name: 'Play', exact: true }).click()
    try {
      await meanwhile()
    } finally {
      await driver.page.getByRole('button', { name: 'Stop', exact: true }).click()
    }
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stemma-routing-'))
    const clap = join(folder, 'clap')
    for (const path of [clap, join(folder, 'lv2')]) await mkdir(path)
    await symlink(built!.clap('sounds'), join(clap, 'sounds.clap'))
    driver = await AppDriver.launch({ env: { LV2_PATH: join(folder, 'lv2'), CLAP_PATH: clap } })
    const { page } = driver
    page.setDefaultTimeout(STEP_MS)
    await page.locator('.work', { hasText: 'Glass Orchard' }).click({ timeout: CATALOGUE_MS })
    await button(/^Pull \d+ stems/).click()
    await button('Open as remix').click({ timeout: 60_000 })
    await page.getByRole('grid', { name: 'Arrangement' }).waitFor()
    await page.getByRole('gridcell', { name: /^Bass/ }).first().waitFor()
    await page.keyboard.press('Control+Shift+P')
    await dialog('Plugins').getByRole('button', { name: 'Look for plugins' }).click()
    await dialog('Plugins')
      .getByText(/^Last read/)
      .waitFor({ timeout: 90_000 })
    await page.keyboard.press('Escape')
    await dialog('Plugins').waitFor({ state: 'hidden' })
  }, CATALOGUE_MS + 180_000)
  afterEach(async ({ task }) => {
    await driver.page.mouse.up()
    await reportFailure(task, { app: driver })
  })
  afterAll(async () => {
    await driver.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('run what a track sends to a bus', async () => {
    const { page } = driver
    await button('Add track').click()
    await page.getByRole('menuitem', { name: 'Bus for sends' }).click()
    await page.keyboard.type('Space')
    await page.keyboard.press('Enter')
    await chooseTrack('Space')
    await insert('fixture gain')
    // No instrument is offered where there are no notes to play.
    await inspector().getByRole('button', { name: 'Add device' }).click()
    await page.keyboard.type('fixture sine')
    await dialog('Add a device').getByText('Nothing is called that.').waitFor()
    await page.keyboard.press('Escape')
    await playing(async () => {
      await poll(() => inspector().locator('.plugin-facts').first().innerText()).toMatch(/% CPU/)
      // Nothing is sent to it.
      expect((await peak()) > 0).toBe(false)
    })
    await chooseTrack('Drums')
    await inspector().getByRole('button', { name: 'Add send' }).click()
    await page.getByRole('menuitem', { name: 'Space' }).click()
    await chooseTrack('Space')
    await page.locator('.inspector .device-name').first().click()
    await playing(() => poll(peak).toBeGreaterThan(0))
    await driver.screenshot('plugins-bus')
  })

  it('hear another track in a sidechain; frozen, the track says when that has changed, and is frozen again', async () => {
    const { page } = driver
    await chooseTrack('Bass')
    await insert('fixture ducker')
    const sidechain = inspector().getByRole('combobox', { name: 'Sidechain' })
    await sidechain.selectOption({ label: 'Drums' })
    await poll(() => sidechain.inputValue()).not.toBe('')
    await playing(() => poll(() => inspector().locator('.plugin-facts').first().innerText()).toMatch(/% CPU/))
    await menu('Bass', 'Freeze')
    await head('Bass').getByLabel('Frozen', { exact: true }).waitFor({ timeout: 60_000 })
    // What it has to do with nobody may change.
    const level = (track: string): Locator => head(track).getByRole('spinbutton', { name: `Level of ${track}` })
    const turn = async (track: string, decibels: string): Promise<void> => {
      await level(track).focus()
      await page.keyboard.press('Enter')
      await page.keyboard.type(decibels)
      await page.keyboard.press('Enter')
      await poll(async () => (await level(track).innerText()).replace('−', '-')).toBe(`${decibels} dB`)
    }
    await turn('Vocals', '-3.0')
    await turn('Drums', '-20.0')
    const outdated = head('Bass').getByLabel(/has changed since/)
    await outdated.waitFor()
    await chooseTrack('Bass')
    await inspector()
      .getByText(/what its devices listen to has changed/)
      .waitFor()
    await driver.screenshot('plugins-frozen-outdated')
    await menu('Bass', 'Freeze again')
    await button('Undo Freeze Bass again').waitFor({ timeout: 60_000 })
    await head('Bass').getByLabel('Frozen', { exact: true }).waitFor()
    expect(await outdated.count()).toBe(0)
    await undo()
    await outdated.waitFor()
    // With what it listened to back as it was, it is what it was.
    await undo()
    await head('Bass').getByLabel('Frozen', { exact: true }).waitFor()
    await inspector().getByRole('button', { name: 'Unfreeze to edit' }).click()
    await head('Bass').getByLabel('Frozen', { exact: true }).waitFor({ state: 'hidden' })
    await inspector().getByRole('button', { name: 'Remove Fixture Ducker' }).click()
  })

  it('play the notes of a stem that was re-voiced, as its instrument', async () => {
    const { page } = driver
    await page
      .getByRole('gridcell', { name: /^Bass/ })
      .first()
      .click({ button: 'right', position: { x: 120, y: 25 } })
    await page.getByRole('menuitem', { name: 'Re-voice (AI)…' }).click()
    const sheet = dialog('Re-voice Bass')
    await sheet.getByRole('button', { name: 'Find the notes' }).click()
    await sheet.getByRole('application').waitFor({ timeout: 120_000 })
    await sheet.getByRole('button', { name: 'Use these notes' }).click()
    await sheet.waitFor({ state: 'hidden' })
    await button('Undo Re-voice Bass').first().waitFor()
    await poll(() => page.locator('.clip-preparing').count()).toBe(0)
    await chooseTrack('Bass')
    await insert('fixture midi sine')
    await insert('fixture gain')
    // The instrument stands where the sound begins; what follows hears it.
    expect(await deviceNames()).toEqual(['Fixture MIDI Sine', 'Fixture Gain'])
    await playing(() => poll(peak).toBeGreaterThan(0))
    await driver.screenshot('plugins-instrument')
    await inspector().getByRole('button', { name: 'Bypass Fixture MIDI Sine' }).click()
    // Without it the notes are played by the built-in sound again.
    await playing(() => poll(peak).toBeGreaterThan(0))
  })
})
