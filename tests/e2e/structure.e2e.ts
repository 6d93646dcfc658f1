// Changing what a song is made of, by hand: sections, time, tempo, key, styles. Each is one step that undo takes back.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { AppDriver, reportFailure } from '../driver/app-driver.ts'
import { toneWav } from '../rigs/works.ts'

/** The demo catalogue is rendered on first use. */
const CATALOGUE_MS = 240_000

describe('the structure of a song, by hand', () => {
  let driver: AppDriver

  const button = (name: string | RegExp): Locator => driver.page.getByRole('button', { name })
  const sections = (): Locator => driver.page.locator('.section[data-section]:not(.section-point)')
  const names = async (): Promise<string[]> => {
    const placed = await sections().evaluateAll((all) =>
      all.map((one) => ({ name: one.querySelector('.section-name')?.textContent ?? '', x: one.getBoundingClientRect().x })),
    )
    return placed.sort((left, right) => left.x - right.x).map(({ name }) => name)
  }
  const box = async (what: Locator) => {
    const found = await what.boundingBox()
    if (!found) throw new Error('nothing to drag')
    return found
  }
  const undo = async (): Promise<void> => {
    await driver.page.locator('.timeline-scroll').focus()
    await driver.page.keyboard.press('Control+z')
  }

  beforeAll(async () => {
    driver = await AppDriver.launch()
    const { page } = driver
    await page.locator('.work', { hasText: 'Glass Orchard' }).click({ timeout: CATALOGUE_MS })
    await button(/^Pull \d+ stems/).click()
    await button('Open as remix').click({ timeout: 60_000 })
    await page.getByRole('grid', { name: 'Arrangement' }).waitFor()
    await sections().first().waitFor()
  }, CATALOGUE_MS + 90_000)
  afterEach(async ({ task }) => {
    await driver.page.mouse.up()
    await reportFailure(task, { app: driver })
  })
  afterAll(() => driver.close())

  it('drags a section to another place with everything in it, as one step', async () => {
    const { page } = driver
    const before = await names()
    const clips = await page.getByRole('gridcell').count()
    const from = await box(sections().nth(0))
    const target = await box(sections().nth(2))
    await page.mouse.move(from.x + from.width / 2, from.y + 8)
    await page.mouse.down()
    await page.mouse.move(target.x + target.width - 4, from.y + 9, { steps: 8 })
    await page.locator('.section-ghost').waitFor()
    await page.locator('.snap-line').waitFor()
    await driver.screenshot('section-drag')
    await page.mouse.up()
    const [first, second, third, ...rest] = before
    await expect.poll(names).toEqual([second, third, first, ...rest])
    expect(await page.getByRole('gridcell').count()).toBeGreaterThan(clips)
    await driver.screenshot('section-moved')
    await undo()
    await expect.poll(names).toEqual(before)
    expect(await page.getByRole('gridcell').count()).toBe(clips)
  })

  it('renames, recolours, repeats and swaps by menu and key', async () => {
    const { page } = driver
    const before = await names()
    await sections().nth(1).focus()
    await page.keyboard.press('F2')
    await page.getByRole('textbox', { name: 'Name' }).fill('Hook')
    await page.keyboard.press('Enter')
    await expect.poll(names).toContain('Hook')
    const hook = page.locator('.section', { hasText: 'Hook' }).first()
    await hook.click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Colour' }).click()
    await page.getByRole('menuitem', { name: 'Teal' }).click()
    await hook.click({ button: 'right' })
    await page.getByRole('menuitem', { name: 'Repeat' }).click()
    await driver.screenshot('section-menu')
    await page.getByRole('menuitem', { name: '3 times in a row' }).click()
    await expect.poll(async () => (await names()).filter((name) => name === 'Hook').length).toBe(3)
    await undo()
    await hook.click()
    await page.keyboard.press('Control+Shift+D')
    await expect.poll(async () => (await names()).filter((name) => name === 'Hook').length).toBe(2)
    await undo()
    await hook.focus()
    await page.keyboard.press('Alt+ArrowLeft')
    await expect.poll(async () => (await names())[0]).toBe('Hook')
    await undo()
    await undo()
    await undo()
    await expect.poll(names).toEqual(before)
  })

  it('shows what is heard beside what the work states, and changes nothing before it is applied', async () => {
    const { page } = driver
    await button('Tempo, meter and key').click()
    const panel = page.getByRole('dialog', { name: 'Tempo, meter and key' })
    await panel.getByRole('button', { name: /^Listen to/ }).click()
    await panel
      .getByText(/% sure/)
      .first()
      .waitFor({ timeout: 120_000 })
    await driver.screenshot('music-panel')
    await page.keyboard.press('Escape')
    const before = await names()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('Detect sections')
    await page.keyboard.press('Enter')
    const heard = page.getByRole('region', { name: 'Heard sections' })
    await heard.waitFor({ timeout: 120_000 })
    await driver.screenshot('sections-heard')
    await heard.getByRole('button', { name: 'Dismiss what was heard' }).click()
    expect(await names()).toEqual(before)
  })

  it('asks how to change the tempo and takes it back with undo', async () => {
    const { page } = driver
    const tempo = (): Promise<string> => page.locator('.position-facts .position-fact').first().innerText()
    const before = await tempo()
    await button('Tempo, meter and key').click()
    const panel = page.getByRole('dialog', { name: 'Tempo, meter and key' })
    await panel.getByRole('spinbutton', { name: 'Tempo of the remix' }).press('Enter')
    await panel.getByRole('textbox', { name: 'Tempo of the remix' }).fill('126')
    await page.keyboard.press('Enter')
    await panel.getByRole('group', { name: 'How to change the tempo' }).waitFor()
    expect(await tempo()).toBe(before)
    await driver.screenshot('tempo-ask')
    await panel.getByRole('radio', { name: 'Move the grid' }).click()
    await panel.getByRole('button', { name: 'Change the tempo' }).click()
    await expect.poll(tempo).toContain('126')
    await panel.getByRole('button', { name: /^Half tempo/ }).click()
    await expect.poll(tempo).toContain('63')
    await page.keyboard.press('Escape')
    await undo()
    await undo()
    await expect.poll(tempo).toBe(before)
  })

  it('taps a tempo', async () => {
    const { page } = driver
    const panel = page.getByRole('dialog', { name: 'Tempo, meter and key' })
    // As long as it takes: on a busy machine taps may lie too far apart to be one tempo.
    for (let i = 0; i < 60 && !(await panel.getByText('Tapped').isVisible()); i++) {
      await page.keyboard.press('t')
      await page.waitForTimeout(400)
    }
    await panel.getByText('Tapped').waitFor()
    await driver.screenshot('tempo-tapped')
    await page.keyboard.press('Escape')
  })

  it('transposes a clip by key, lets it follow the tempo, and says what is being prepared', async () => {
    const { page } = driver
    const piano = page.getByRole('gridcell', { name: /^Felt piano/ })
    await piano.click({ position: { x: 60, y: 25 } })
    await page.keyboard.press('Shift+ArrowUp')
    await page.keyboard.press('Shift+ArrowUp')
    const dock = page.getByRole('complementary', { name: 'Inspector' })
    await expect.poll(() => dock.getByRole('spinbutton', { name: 'Transpose' }).innerText()).toBe('+2 st')
    await expect.poll(() => piano.getAttribute('aria-label')).toContain('+2 st')
    await dock.getByRole('switch', { name: 'Follow tempo' }).click()
    await dock.getByRole('spinbutton', { name: 'Source tempo' }).waitFor()
    const before = await box(piano)
    await dock.getByRole('spinbutton', { name: 'Source tempo' }).press('Enter')
    await dock.getByRole('textbox', { name: 'Source tempo' }).fill('240')
    await page.keyboard.press('Enter')
    await expect.poll(async () => (await box(piano)).width).toBeGreaterThan(before.width * 1.9)
    await driver.screenshot('clip-warped')
    await expect.poll(() => page.locator('.clip-preparing').count(), { timeout: 60_000 }).toBe(0)
    for (let i = 0; i < 4; i++) await undo()
    await expect.poll(async () => (await piano.getAttribute('aria-label'))?.includes('st,')).toBe(false)
    await page.keyboard.press('Escape')
  })

  it('says what a style would do, applies it as one step, and reads a wish word by word', async () => {
    const { page } = driver
    await page.keyboard.press('Control+Shift+Y')
    const dock = page.getByRole('complementary', { name: 'Inspector' })
    await dock.getByRole('button', { name: 'Lo-fi' }).waitFor()
    await driver.screenshot('styles-list')
    await dock.getByRole('button', { name: 'Lo-fi' }).click()
    const apply = dock.getByRole('button', { name: 'Apply', exact: true })
    await expect.poll(() => apply.isEnabled(), { timeout: 60_000 }).toBe(true)
    await driver.screenshot('style-detail')
    await apply.click()
    await button('Undo Style Lo-fi').first().waitFor()
    await dock.getByRole('button', { name: 'All styles' }).click()
    await dock.getByRole('textbox', { name: 'In words' }).fill('darker, half-time chorus, keep the lead vocal dry, sparklier xyzzy')
    await dock.getByRole('list', { name: 'How it was understood' }).waitFor()
    await dock.getByText('not understood, left out').first().waitFor()
    await driver.screenshot('style-words')
    await dock.getByRole('button', { name: 'See what it would do' }).click()
    await dock.getByText('What it will do').waitFor()
    await expect.poll(() => apply.isEnabled(), { timeout: 60_000 }).toBe(true)
    await driver.screenshot('style-words-proposal')
    await dock.getByRole('button', { name: 'All styles' }).click()
    await dock.getByRole('tab', { name: 'Inspector' }).click()
    await undo()
    await button(/^Undo Style/).waitFor({ state: 'hidden' })
  })

  it('asks what to match, and says what matching would do', async () => {
    const { page } = driver
    const path = join(driver.userDataDir, 'Reference.wav')
    writeFileSync(path, toneWav(220, { seconds: 8 }))
    await page.keyboard.press('Control+Shift+Y')
    const dock = page.getByRole('complementary', { name: 'Inspector' })
    await dock.getByRole('button', { name: /^Match/ }).click()
    await dock.getByText('Name a reference to match').waitFor()
    await driver.stubDialogs({ open: [path] })
    await dock.getByRole('button', { name: 'Choose a file…' }).click()
    await dock.getByText('Reference', { exact: false }).first().waitFor()
    await expect.poll(() => dock.getByRole('button', { name: 'Apply', exact: true }).isEnabled(), { timeout: 90_000 }).toBe(true)
    await driver.screenshot('style-match')
    await dock.getByRole('button', { name: 'All styles' }).click()
    await dock
      .getByRole('button', { name: /^Own model|^Your own model|model/i })
      .first()
      .click()
    await dock.getByRole('button', { name: 'Add a model…' }).click()
    await dock.getByRole('button', { name: 'Choose an ONNX file…' }).waitFor()
    await driver.screenshot('style-model')
    await dock.getByRole('button', { name: 'All styles' }).click()
    await dock.getByRole('tab', { name: 'Inspector' }).click()
  })

  it('finds the notes of a stem, lets them be corrected, and has another instrument play them', async () => {
    const { page } = driver
    const bass = page.getByRole('gridcell', { name: /^Bass/ })
    await bass.click({ button: 'right', position: { x: 120, y: 25 } })
    await page.getByRole('menuitem', { name: 'Re-voice (AI)…' }).click()
    const sheet = page.getByRole('dialog', { name: 'Re-voice Bass' })
    await sheet.getByRole('button', { name: 'Find the notes' }).click()
    await driver.screenshot('revoice-finding')
    const roll = sheet.getByRole('application')
    await roll.waitFor({ timeout: 120_000 })
    const count = async (): Promise<number> => Number.parseInt((await sheet.locator('.roll-count').innerText()) || '0', 10)
    const found = await count()
    expect(found).toBeGreaterThan(10)
    await roll.focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Insert')
    await expect.poll(count).toBe(found + 1)
    await page.keyboard.press('Delete')
    await expect.poll(count).toBe(found)
    await page.keyboard.press('Control+z')
    await expect.poll(count).toBe(found + 1)
    const canvas = await box(roll)
    await page.mouse.dblclick(canvas.x + 300, canvas.y + 60)
    await expect.poll(count).toBe(found + 2)
    await sheet.getByRole('combobox', { name: 'Instrument' }).selectOption('synth-bass')
    await driver.screenshot('revoice-notes')
    await sheet.getByRole('button', { name: 'Use these notes' }).click()
    await sheet.waitFor({ state: 'hidden' })
    await button('Undo Re-voice Bass').first().waitFor()
    await expect.poll(() => page.locator('.clip-preparing').count(), { timeout: 60_000 }).toBe(0)
    await page.getByText('1 fully', { exact: false }).or(page.getByText('AI credits')).first().waitFor()
    await driver.screenshot('revoiced')
    await undo()
  })

  it('plays notes before they are in the remix, with the others or alone, and what is changed meanwhile in place', async () => {
    const { page } = driver
    await page.getByRole('gridcell', { name: /^Bass/ }).click({ button: 'right', position: { x: 120, y: 25 } })
    await page.getByRole('menuitem', { name: 'Re-voice (AI)…' }).click()
    const sheet = page.getByRole('dialog', { name: 'Re-voice Bass' })
    await sheet.getByRole('button', { name: 'Find the notes' }).click()
    const roll = sheet.getByRole('application')
    await roll.waitFor({ timeout: 120_000 })
    await sheet.getByRole('combobox', { name: 'Instrument' }).selectOption('synth-bass')
    const line = sheet.getByTestId('roll-playhead')
    /** Pixels from the left, or null where it is not shown. */
    const playhead = (): Promise<number | null> =>
      line.evaluate((one) => (getComputedStyle(one).visibility === 'hidden' ? null : new DOMMatrix(getComputedStyle(one).transform).m41))
    const listen = sheet.getByRole('button', { name: 'Listen', exact: true })
    const stop = sheet.getByRole('button', { name: 'Stop', exact: true })
    await roll.focus()
    await page.keyboard.press('Space')
    await stop.waitFor({ timeout: 30_000 })
    const began = (await playhead()) ?? 0
    await expect.poll(playhead, { timeout: 10_000 }).toBeGreaterThan(began + 20)
    await driver.screenshot('revoice-listening')
    // Corrected while it sounds: goes on where it is.
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowUp')
    const before = (await playhead()) ?? 0
    await sheet.getByRole('radio', { name: 'Alone' }).click()
    await expect.poll(playhead, { timeout: 10_000 }).toBeGreaterThan(before + 20)
    await stop.waitFor()
    // A click on the bars plays from there.
    const canvas = await box(roll)
    await page.mouse.click(canvas.x + 500, canvas.y + 8)
    await expect.poll(playhead, { timeout: 10_000 }).toBeGreaterThan(495)
    await stop.waitFor()
    await stop.click()
    await listen.waitFor()
    const rested = await playhead()
    await page.waitForTimeout(500)
    expect(await playhead()).toBe(rested)
    // What is heard is made a window at a time; nobody notices where one ends.
    await listen.click()
    await page.waitForTimeout(21_500)
    const late = (await playhead()) ?? 0
    await page.waitForTimeout(700)
    expect((await playhead()) ?? 0).not.toBe(late)
    await page.keyboard.press('Space')
    await listen.waitFor()
    // A key of the keyboard at the left lights up and sounds.
    await page.mouse.move(canvas.x + 30, canvas.y + 120)
    await page.mouse.down()
    await page.waitForTimeout(250)
    await driver.screenshot('revoice-key')
    await page.mouse.up()
    expect(await sheet.getByRole('alert').count()).toBe(0)
    // Nothing came into the remix by listening.
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'hidden' })
    expect(await button(/^Undo Re-voice/).count()).toBe(0)
  })

  it('takes a second work in, brings it to the tempo and key, and in what is known of them where one is not', async () => {
    const { page } = driver
    await page.locator('.work', { hasText: 'Harbour Lights' }).click()
    await button('Pull').click()
    await button('Add to remix').click({ timeout: 60_000 })
    await button('Undo Add Harbour Lights').first().waitFor()
    await page.keyboard.press('Shift+M')
    await button('Undo Match Harbour Lights').first().waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    await driver.screenshot('second-work')
    await undo()
    await button('Undo Add Harbour Lights').first().waitFor()
    await button('Tempo, meter and key').click()
    const panel = page.getByRole('dialog', { name: 'Tempo, meter and key' })
    await panel.getByRole('combobox', { name: 'Key of the remix' }).selectOption('')
    await button('Undo Key not stated').first().waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Shift+M')
    await button('Undo Match the tempo of Harbour Lights').first().waitFor()
    await page.getByText('Harbour Lights follows the tempo only').waitFor()
    await driver.screenshot('second-work-tempo')
    await undo()
    await undo()
  })

  it('keeps its panels legible in light, in high contrast and in a small window', async () => {
    const { page } = driver
    await driver.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(960, 600))
    for (const theme of ['light', 'contrast']) {
      await page.evaluate((name) => {
        document.documentElement.dataset.theme = name
      }, theme)
      await button('Tempo, meter and key').click()
      const panel = page.getByRole('dialog', { name: 'Tempo, meter and key' })
      const { y, height } = await box(panel)
      expect(y + height).toBeLessThanOrEqual(600)
      await driver.screenshot(`music-${theme}`)
      await page.keyboard.press('Escape')
      await page.keyboard.press('Control+Shift+Y')
      await page.getByRole('complementary', { name: 'Inspector' }).getByRole('button', { name: 'Dub' }).click()
      await page.getByText('What it will do').waitFor()
      await driver.screenshot(`styles-${theme}`)
      await button('All styles').click()
      await page.getByRole('complementary', { name: 'Inspector' }).getByRole('tab', { name: 'Inspector' }).click()
    }
  })
})
