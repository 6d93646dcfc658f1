// Plugins in the window: found, put in, turned, compared, frozen; their processes killed while they play; exported and named.
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { StemmaBridge } from '../../src-shared/protocol/index.ts'
import { AppDriver, reportFailure } from '../driver/app-driver.ts'
import { buildFixtures, type FixturePlugins, NO_FIXTURES } from '../rigs/fixture-plugins.ts'

/** The demo catalogue is rendered on first use. */
const CATALOGUE_MS = 240_000

/** A busy machine takes its time, a broken window takes forever. */
const STEP_MS = 20_000

const built = await buildFixtures()
if (!built) console.warn(NO_FIXTURES)

/** Plugins of Debian that some of the tests use; each is left out by name where it is not installed. */
const REAL = ['/usr/lib/lv2/calf.lv2', '/usr/lib/lv2/mda.lv2', '/usr/lib/clap/ZamComp.clap', '/usr/lib/vst3/ZamTube.vst3'] as const
const missing = REAL.filter((path) => !existsSync(path))
if (missing.length > 0)
  console.warn(
    `Skipped: ${missing.length} of ${REAL.length} plugins are not installed (${missing.map((path) => basename(path)).join(', ')}).`,
  )

/** A folder of plugins for one run: fixtures, and what is installed of the real ones. */
const pluginFolder = async (folder: string, fixtures: FixturePlugins): Promise<Record<string, string>> => {
  const [lv2, clap] = [join(folder, 'lv2'), join(folder, 'clap')]
  for (const path of [lv2, clap]) await mkdir(path)
  for (const name of ['gain', 'crash-in-run', 'many-parameters', 'hostile-names', 'crash-in-instantiate'] as const)
    await symlink(fixtures.lv2Bundle(name), join(lv2, `${name}.lv2`))
  for (const name of ['sounds', 'crash-in-entry', 'slow-to-load'] as const) await symlink(fixtures.clap(name), join(clap, `${name}.clap`))
  for (const path of REAL) if (path.endsWith('.lv2') && existsSync(path)) await symlink(path, join(lv2, basename(path)))
  return { LV2_PATH: lv2, CLAP_PATH: clap }
}

/** Under load nothing is at once. */
const poll = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: STEP_MS })

describe.skipIf(!built)('plugins in the window', () => {
  let driver: AppDriver
  let folder: string
  let exports: string

  const button = (name: string | RegExp): Locator => driver.page.getByRole('button', { name })
  const inspector = (): Locator => driver.page.getByRole('complementary', { name: 'Inspector' })
  const sheet = (name = 'Plugins'): Locator => driver.page.getByRole('dialog', { name })
  const devices = (): Locator => driver.page.locator('.inspector .device-name')
  const deviceNames = async (): Promise<string[]> => driver.page.locator('.inspector .device-name > .ellipsis').allInnerTexts()
  const knob = (name: string): Locator => inspector().getByRole('spinbutton', { name, exact: true })
  const chooseTrack = (name: string): Promise<void> =>
    driver.page.getByRole('rowheader', { name: new RegExp(`^${name}`) }).click({ position: { x: 12, y: 20 } })
  const undo = (): Promise<void> => driver.page.keyboard.press('Control+z')
  const redo = (): Promise<void> => driver.page.keyboard.press('Control+Shift+z')
  const box = async (what: Locator) => {
    const found = await what.boundingBox()
    if (!found) throw new Error('nothing there')
    return found
  }
  /** Puts a plugin on what is chosen, by keys alone. */
  const insert = async (words: string): Promise<void> => {
    const before = await devices().count()
    await inspector().getByRole('button', { name: 'Add device' }).focus()
    await driver.page.keyboard.press('Enter')
    await sheet('Add a device').waitFor()
    await driver.page.keyboard.type(words)
    await driver.page
      .getByRole('option', { selected: true })
      .filter({ hasText: new RegExp(words.split(' ').at(-1) ?? '', 'i') })
      .waitFor()
    await driver.page.keyboard.press('Enter')
    await sheet('Add a device').waitFor({ state: 'hidden' })
    await poll(() => devices().count()).toBe(before + 1)
  }
  /** Processes that plugins run in. */
  const hosts = (): Promise<number[]> =>
    driver.app.evaluate(({ app }) =>
      app
        .getAppMetrics()
        .filter(({ name, serviceName }) => [name, serviceName].includes('stemma-plugin-host'))
        .map(({ pid }) => pid),
    )

  /** What the gain on the chosen track is at in the engine, by its own word. */
  const heardGain = async (): Promise<number | null> => {
    const deviceId = await driver.page.locator('.inspector .device', { hasText: 'Fixture Gain' }).getAttribute('data-device')
    return driver.page.evaluate(async (id) => {
      const { stemma } = window as unknown as { readonly stemma: StemmaBridge }
      const told = await stemma.request('plugins.texts', { deviceId: id ?? '', values: [] })
      return told.ok ? (told.value.values['1'] ?? 0) : null
    }, deviceId)
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stemma-plugins-'))
    exports = join(folder, 'exports')
    await mkdir(exports)
    driver = await AppDriver.launch({ env: await pluginFolder(folder, built!) })
    const { page } = driver
    page.setDefaultTimeout(STEP_MS)
    await page.locator('.work', { hasText: 'Harbour Lights' }).click({ timeout: CATALOGUE_MS })
    await button(/^Pull \d+ stems/).click()
    await button('Open as remix').click({ timeout: 60_000 })
    await page.getByRole('grid', { name: 'Arrangement' }).waitFor()
    await page
      .getByRole('gridcell', { name: /^Vocals/ })
      .first()
      .waitFor()
  }, CATALOGUE_MS + 90_000)
  afterEach(async ({ task }) => {
    await driver.page.mouse.up()
    await reportFailure(task, { app: driver })
  })
  afterAll(async () => {
    await driver.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('finds the plugins of this computer in processes of their own, and says what it could not read and why', async () => {
    const { page } = driver
    await page.keyboard.press('Control+k')
    await page.keyboard.type('plugins')
    await page
      .getByRole('option', { name: /Plugins/ })
      .first()
      .waitFor()
    await page.keyboard.press('Enter')
    await sheet().getByText('Bring your own plugins').waitFor()
    await driver.screenshot('plugins-never')
    await sheet().getByRole('button', { name: 'Look for plugins' }).click()
    await sheet().getByRole('progressbar', { name: 'Reading plugins' }).waitFor()
    await sheet()
      .getByText(/^\d+ of \d+ · \S+/)
      .waitFor()
    await driver.screenshot('plugins-scanning')
    await sheet()
      .getByText(/^Last read/)
      .waitFor({ timeout: 90_000 })
    await sheet().getByRole('searchbox', { name: 'Find a plugin' }).fill('fixture gain')
    await sheet().getByRole('listitem', { name: 'Fixture Gain, CLAP' }).waitFor()
    await driver.screenshot('plugins-list')
    await sheet()
      .getByRole('radio', { name: /^Held back/ })
      .click()
    const crashed = sheet().getByRole('listitem').filter({ hasText: 'crash-in-entry.clap' })
    expect(await crashed.innerText()).toMatch(/crashed while it was read/)
    await driver.screenshot('plugins-held-back')
    await crashed.getByRole('button', { name: 'Read again' }).click()
    await sheet()
      .getByText(/^Last read/)
      .waitFor()
    await crashed.waitFor()
  })

  it('narrows the list by words, format, kind and maker, and keeps marks', async () => {
    const { page } = driver
    await sheet()
      .getByRole('radio', { name: /^Plugins/ })
      .click()
    const rows = sheet().getByRole('list', { name: /plugins$/ })
    await sheet().getByRole('searchbox').fill('')
    await sheet().getByRole('combobox', { name: 'Format' }).selectOption('clap')
    await sheet().getByRole('searchbox').fill('fixture sine')
    const sine = rows.getByRole('listitem', { name: 'Fixture Sine, CLAP' })
    await sine.waitFor()
    await sine.getByRole('button', { name: /favourite/ }).click()
    await sine.getByRole('button', { name: 'AI' }).click()
    await poll(() => sine.getByRole('button', { name: 'AI' }).getAttribute('aria-pressed')).toBe('true')
    await sheet().getByRole('searchbox').fill('')
    await sheet().getByRole('button', { name: 'Favourites only' }).click()
    await poll(() => rows.getByRole('listitem').count()).toBe(1)
    await driver.screenshot('plugins-marked')
    await sine.getByRole('button', { name: 'AI' }).click()
    await sheet().getByRole('button', { name: 'Favourites only' }).click()
    await sheet().getByRole('combobox', { name: 'Format' }).selectOption('')
    await sheet().getByRole('searchbox').fill('no such plugin at all')
    await sheet()
      .getByRole('button', { name: /^Show all/ })
      .click()
    await sheet()
      .getByRole('radio', { name: /^Folders/ })
      .click()
    await driver.screenshot('plugins-folders')
    await page.keyboard.press('Escape')
    await sheet().waitFor({ state: 'hidden' })
  })

  it('puts plugins on tracks and the master by keys alone', async () => {
    const { page } = driver
    await chooseTrack('Bass')
    await inspector().getByRole('button', { name: 'Add device' }).click()
    await page.getByRole('option', { name: 'Compressor', exact: true }).waitFor()
    await driver.screenshot('plugins-picker')
    await page.keyboard.press('Escape')
    await insert('fixture gain clap')
    expect(await deviceNames()).toEqual(['Fixture Gain'])
    await knob('Gain of Fixture Gain').waitFor()
    await driver.screenshot('plugins-editor')
    await page.getByRole('group', { name: 'Master' }).locator('.strip-name').click()
    await poll(deviceNames).toEqual(['Limiter'])
    await insert('echo')
    await undo()
    await poll(deviceNames).toEqual(['Limiter'])
    await redo()
    await poll(deviceNames).toEqual(['Limiter', 'Fixture Echo'])
    await undo()
  })

  it('turns parameters by dragging, typing, choosing and switching, and the plugin hears it while a knob is held', async () => {
    const { page } = driver
    await chooseTrack('Bass')
    await devices().first().click()
    const gain = knob('Gain of Fixture Gain')
    await poll(() => gain.innerText()).toBe('0.0 dB')
    const { x, y } = await box(gain)
    await page.mouse.move(x + 5, y + 5)
    await page.mouse.down()
    await page.mouse.move(x - 60, y + 5, { steps: 6 })
    await poll(heardGain).toBeLessThan(-10)
    await page.keyboard.press('Escape')
    await page.mouse.up()
    await poll(heardGain).toBe(0)
    await poll(() => gain.innerText()).toBe('0.0 dB')
    await page.mouse.move(x + 5, y + 5)
    await page.mouse.down()
    await page.mouse.move(x - 60, y + 5, { steps: 6 })
    await page.mouse.up()
    await button(/^Undo .*Fixture Gain/).waitFor()
    await poll(heardGain).toBeLessThan(-10)
    await gain.focus()
    await page.keyboard.press('Enter')
    await page.keyboard.type('-6')
    await page.keyboard.press('Enter')
    await poll(() => gain.innerText()).toBe('-6.0 dB')
    await poll(heardGain).toBe(-6)
    await undo()
    await undo()
    await poll(heardGain).toBe(0)
    await redo()
    await redo()
    await poll(heardGain).toBe(-6)
    await inspector().getByRole('combobox', { name: 'Polarity of Fixture Gain' }).selectOption({ label: 'Inverted' })
    await button('Show 1 parameter the plugin hides').click()
    await knob('Seed of Fixture Gain').waitFor()
    await inspector().getByRole('searchbox', { name: 'Find a parameter' }).fill('level gain')
    await poll(() => inspector().locator('.plugin-row').count()).toBe(1)
    await driver.screenshot('plugins-editor-search')
    await inspector().getByRole('searchbox', { name: 'Find a parameter' }).fill('')
  })

  it('bypasses, reorders, copies, replaces and removes', async () => {
    const { page } = driver
    const card = (name: string): Locator => page.locator('.inspector .device', { hasText: name })
    await insert('echo')
    expect(await deviceNames()).toEqual(['Fixture Gain', 'Fixture Echo'])
    await inspector().getByRole('button', { name: 'Bypass Fixture Echo' }).click()
    await card('Fixture Echo').getByText('bypassed').waitFor()
    await undo()
    await card('Fixture Echo').click({ button: 'right', position: { x: 60, y: 12 } })
    await page.getByRole('menuitem', { name: 'Earlier in the chain' }).click()
    await poll(deviceNames).toEqual(['Fixture Echo', 'Fixture Gain'])
    await card('Fixture Gain').click({ button: 'right', position: { x: 60, y: 12 } })
    await page.getByRole('menuitem', { name: 'Copy to' }).press('ArrowRight')
    await page.getByRole('menuitem', { name: 'Drums' }).waitFor()
    await driver.screenshot('plugins-copy-menu')
    await page.getByRole('menuitem', { name: 'Drums' }).press('Enter')
    await card('Fixture Echo').click({ button: 'right', position: { x: 60, y: 12 } })
    await page.getByRole('menuitem', { name: 'Replace…' }).click()
    await page.keyboard.type('latency')
    await page
      .getByRole('option', { name: /Fixture Latency/i })
      .first()
      .waitFor()
    await page.keyboard.press('Enter')
    await poll(async () => (await deviceNames())[0]).toMatch(/latency/i)
    await chooseTrack('Drums')
    await poll(deviceNames).toEqual(['Fixture Gain'])
    await devices().first().click()
    await poll(() => knob('Gain of Fixture Gain').innerText()).toBe('-6.0 dB')
    await inspector().getByRole('button', { name: 'Remove Fixture Gain' }).click()
    await poll(() => devices().count()).toBe(0)
    await chooseTrack('Bass')
    await driver.screenshot('plugins-chain')
  })

  it('keeps presets, and compares two settings', async () => {
    const { page } = driver
    const open = async (): Promise<void> => {
      await inspector().getByRole('button', { name: 'Presets' }).click()
      await page.getByRole('menuitem', { name: 'Save as preset…' }).waitFor()
    }
    await devices().nth(1).click()
    await open()
    await page.getByRole('menuitem', { name: 'Save as preset…' }).click()
    await page.getByRole('textbox', { name: 'Name of the preset' }).fill('Half as loud')
    await driver.screenshot('plugins-preset-save')
    await page.keyboard.press('Enter')
    await page.getByText('Saved “Half as loud”').waitFor()
    await inspector().getByRole('button', { name: 'Compare: now A' }).click()
    await inspector().getByRole('button', { name: 'Compare: now B' }).waitFor()
    await knob('Gain of Fixture Gain').dblclick()
    await poll(heardGain).toBe(0)
    await inspector().getByRole('button', { name: 'Compare: now B' }).click()
    await poll(heardGain).toBe(-6)
    await inspector().getByRole('button', { name: 'Compare: now A' }).click()
    await poll(heardGain).toBe(0)
    await open()
    await driver.screenshot('plugins-presets')
    await page.getByRole('menuitem', { name: 'Half as loud' }).first().click()
    await button('Undo Load “Half as loud” into Fixture Gain').waitFor()
    await poll(heardGain).toBe(-6)
    await open()
    await page.getByRole('menuitem', { name: 'Delete' }).press('ArrowRight')
    await poll(() => page.getByRole('menuitem', { name: 'Half as loud' }).count()).toBe(2)
    await page.getByRole('menuitem', { name: 'Half as loud' }).last().press('Enter')
    await open()
    await page.getByText('No presets yet').waitFor()
    await page.keyboard.press('Escape')
  })

  it('automates a parameter on the timeline', async () => {
    const { page } = driver
    const row = inspector().locator('.plugin-row', { hasText: 'Gain' }).first()
    await row.hover()
    await row.getByRole('button', { name: 'Automate Gain' }).click()
    const lane = page.getByRole('group', { name: 'Automation of Fixture Gain · Gain' })
    await lane.waitFor()
    await lane.click({ position: { x: 80, y: 20 } })
    await lane.click({ position: { x: 240, y: 40 } })
    await poll(() => lane.getByRole('button').count()).toBe(2)
    expect(await page.locator('.automation-name').getAttribute('title')).toBe('Fixture Gain · Gain')
    await driver.screenshot('plugins-automation')
    await undo()
    await undo()
    await poll(() => lane.getByRole('button').count()).toBe(0)
    await button('Close lane').click()
  })

  it('plays on when a process of plugins is killed, says so, and starts it again with its settings', async () => {
    const { page } = driver
    const facts = inspector().locator('.plugin-facts').first()
    await page.keyboard.press('Home')
    await page.keyboard.press('Space')
    const at = async (): Promise<number> => {
      const [minutes = '0', rest = '0'] = (await page.getByTestId('position-clock').innerText()).split(':')
      return Number(minutes) * 60 + Number(rest)
    }
    await poll(at).toBeGreaterThan(0.5)
    await poll(() => facts.innerText()).toMatch(/% CPU/)
    const meter = inspector().locator('.plugin-row', { hasText: 'Peak' }).locator('.plugin-meter-value')
    await poll(async () => Number.parseFloat(await meter.innerText())).toBeGreaterThan(0)
    await driver.screenshot('plugins-playing')
    const before = await hosts()
    expect(before.length).toBeGreaterThan(0)
    const killed = await at()
    for (const pid of before) process.kill(pid, 'SIGKILL')
    await page
      .getByText(/crashed\. The music went on without it/)
      .first()
      .waitFor()
    await driver.screenshot('plugins-crashed')
    await poll(at).toBeGreaterThan(killed + 1)
    await poll(heardGain).toBe(-6)
    await poll(() => facts.innerText()).toMatch(/% CPU/)
    const after = await hosts()
    expect(after.length).toBeGreaterThan(0)
    expect(after.filter((pid) => before.includes(pid))).toEqual([])
    await page.keyboard.press('Space')
  })

  it('freezes a track and thaws it', async () => {
    const { page } = driver
    const head = page.getByRole('rowheader', { name: /^Bass/ })
    await head.click({ button: 'right', position: { x: 12, y: 20 } })
    await page.getByRole('menuitem', { name: 'Freeze' }).click()
    await head.getByLabel('Frozen').waitFor({ timeout: 60_000 })
    await inspector().getByText('Frozen: its sound is kept').waitFor()
    await driver.screenshot('plugins-frozen')
    await inspector().getByRole('button', { name: 'Unfreeze to edit' }).click()
    await head.getByLabel('Frozen').waitFor({ state: 'hidden' })
  })

  it('keeps a plugin that is gone, says so, and finds it again', async () => {
    const { page } = driver
    const [here, away] = [join(folder, 'clap/sounds.clap'), join(folder, 'sounds.clap')]
    await rename(here, away)
    const scan = async (): Promise<void> => {
      await page.keyboard.press('Control+Shift+P')
      await sheet().getByRole('button', { name: 'Scan' }).click()
      await page
        .getByText(/^\d+ plugins$/)
        .last()
        .waitFor()
      await sheet()
        .getByText(/^Last read/)
        .waitFor()
      await page.keyboard.press('Escape')
      await sheet().waitFor({ state: 'hidden' })
    }
    await scan()
    await inspector()
      .getByRole('alert')
      .getByText(/is not installed here/)
      .waitFor()
    await driver.screenshot('plugins-missing')
    await page.keyboard.press('Control+Shift+E')
    const form = sheet('Export')
    await driver.stubDialogs({ open: [exports] })
    const offers = form.getByRole('list', { name: 'Licence' }).getByRole('button', { name: /^Shorten / })
    await offers.first().waitFor()
    for (let left = await offers.count(); left > 0; left--) {
      await offers.first().click()
      await poll(() => offers.count()).toBe(left - 1)
    }
    await form.getByRole('button', { name: 'Export…' }).click()
    await form
      .getByRole('alert')
      .getByText(/The plugin .Fixture Latency. on .Bass. is not installed/)
      .waitFor()
    await driver.screenshot('plugins-missing-export')
    expect((await readdir(exports)).filter((name) => name.endsWith('.wav'))).toEqual([])
    await form.getByRole('button', { name: 'Back to the form' }).click()
    await page.keyboard.press('Escape')
    await form.waitFor({ state: 'hidden' })
    await rename(away, here)
    await scan()
    await inspector().getByRole('alert').waitFor({ state: 'hidden' })
    await poll(heardGain).toBe(-6)
  })

  it('exports through plugins, and the file names them', async () => {
    const { page } = driver
    await driver.stubDialogs({ open: [exports] })
    await page.keyboard.press('Control+Shift+E')
    await sheet('Export').getByRole('button', { name: 'Export…' }).click()
    await sheet('Exported').waitFor({ timeout: 90_000 })
    expect((await readdir(exports)).filter((name) => name.endsWith('.wav'))).toHaveLength(1)
    await driver.stubDialogs({})
    await sheet('Exported').getByRole('button', { name: 'Verify' }).click()
    await page.getByRole('list', { name: 'Verdict' }).getByText('Intact').waitFor({ timeout: 60_000 })
    await page
      .getByText(/Run through Fixture Gain/)
      .first()
      .waitFor()
    await page
      .getByText(/Run through Fixture Gain/)
      .first()
      .scrollIntoViewIfNeeded()
    await driver.screenshot('plugins-verified')
  })
})
