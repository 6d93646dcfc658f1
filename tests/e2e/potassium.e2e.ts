// The whole thread in the window, on real stems: import a pack, pull, rearrange, play, export to every format, verify, tamper, see the proofs.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppDriver } from '../driver/app-driver.ts'
import { stemmaIn } from '../rigs/cli-rig.ts'
import { flip, riffChunks } from '../rigs/tamper.ts'
import { authorMaterial, material } from '../rigs/works.ts'

const source = material('potassium')

describe.skipIf(source === undefined)('the real song in the window (needs the real stems)', () => {
  let driver: AppDriver
  let dir: string
  let pack: string
  let exportsDir: string

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-e2e-song-'))
    pack = join(dir, 'potassium.stemmapack')
    exportsDir = mkdtempSync(join(dir, 'exports-'))
    await stemmaIn(join(dir, 'label')).json(['pack', authorMaterial(join(dir, 'Potassium'), source ?? '', 'Potassium'), '-o', pack])
    driver = await AppDriver.launch()
  })
  afterAll(async () => {
    await driver.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const screen = (name: string) => driver.page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name })
  const clips = () => driver.page.getByRole('gridcell', { name: /^vox-lead/ })
  const positionText = () => driver.page.getByRole('timer', { name: 'Position' }).innerText()

  it('imports the pack and shows what its licence allows', async () => {
    await driver.stubDialogs({ open: [pack] })
    await driver.page.getByRole('button', { name: 'Import pack…' }).click()
    await driver.page.getByRole('heading', { name: 'Potassium' }).waitFor()
    await driver.page.getByText('You may arrange, trim, fade, mix and automate the stems.').waitFor()
  })

  it('pulls every stem and opens them as tracks', async () => {
    await driver.page.getByRole('button', { name: /^Pull 19 stems/ }).click()
    await driver.page.getByRole('button', { name: 'Open as remix' }).first().click({ timeout: 60_000 })
    for (const name of ['vox-lead', 'pad-bass', 'mallet', 'snare']) await driver.page.getByText(name).first().waitFor()
    await driver.page.getByText('19 stems, all signed').waitFor()
    await driver.screenshot('potassium-opened')
  })

  it('plays: the clock advances and the meters move', async () => {
    await driver.page.keyboard.press('Space')
    const first = await positionText()
    await expect.poll(positionText, { timeout: 20_000 }).not.toBe(first)
    await expect
      .poll(() => driver.page.getByRole('group', { name: 'Master level' }).innerText(), { timeout: 20_000 })
      .toMatch(/[−-]\d+\.\d/)
    await driver.screenshot('potassium-playing')
    await driver.page.keyboard.press('Space')
  })

  it('splits, deletes and takes it back', async () => {
    await driver.page.keyboard.press('Home')
    await clips().first().click()
    const before = await clips().count()
    await driver.page.keyboard.press('Control+d')
    await expect.poll(() => clips().count()).toBe(before + 1)
    await driver.page.keyboard.press('Delete')
    await expect.poll(() => clips().count()).toBe(before)
    await driver.page.keyboard.press('Control+z')
    await expect.poll(() => clips().count()).toBe(before + 1)
    await driver.page.keyboard.press('Control+z')
    await expect.poll(() => clips().count()).toBe(before)
    await driver.page.keyboard.press('Control+Shift+z')
    await expect.poll(() => clips().count()).toBe(before + 1)
  })

  it('cancels an export without a trace', async () => {
    await driver.stubDialogs({ open: [exportsDir] })
    await driver.page.getByRole('button', { name: 'Export', exact: true }).click()
    await driver.page.getByRole('checkbox', { name: 'MP3' }).click()
    await driver.page.getByRole('button', { name: 'Export…' }).click()
    await driver.page.getByRole('button', { name: 'Cancel export' }).click()
    await driver.page
      .getByText(/cancelled/i)
      .first()
      .waitFor({ timeout: 30_000 })
    expect(readdirSync(exportsDir)).toEqual([])
    await driver.page.keyboard.press('Escape')
  })

  it('exports to all four formats with receipts that become synced', async () => {
    await driver.page.getByRole('button', { name: 'Export', exact: true }).click()
    for (const name of ['FLAC 24-bit', 'MP3', 'M4A (AAC)']) {
      const box = driver.page.getByRole('checkbox', { name })
      if ((await box.getAttribute('aria-checked')) !== 'true') await box.click()
    }
    await driver.screenshot('potassium-export-form')
    await driver.page.getByRole('button', { name: 'Export…' }).click()
    await driver.page.getByRole('region', { name: 'Files' }).waitFor({ timeout: 100_000 })
    await expect.poll(() => driver.page.getByRole('region', { name: 'Files' }).innerText(), { timeout: 30_000 }).toMatch(/synced/i)
    await driver.screenshot('potassium-export-result')
    expect(
      readdirSync(exportsDir)
        .map((name) => name.replace(/^.*\./, ''))
        .sort(),
    ).toEqual(['flac', 'm4a', 'mp3', 'wav'])
    await driver.page.keyboard.press('Escape')
  })

  it('verifies the file, and catches one changed byte', async () => {
    const wav = readdirSync(exportsDir).find((name) => name.endsWith('.wav')) ?? ''
    await screen('Verify').click()
    await driver.stubDialogs({ open: [join(exportsDir, wav)] })
    await driver.page.getByRole('button', { name: 'Choose a file…' }).click()
    const verdict = driver.page.getByRole('list', { name: 'Verdict' })
    await expect.poll(() => verdict.innerText(), { timeout: 30_000 }).toMatch(/Intact/i)
    expect(await verdict.innerText()).toMatch(/Trusted/i)
    await driver.screenshot('potassium-verified')
    const bytes = readFileSync(join(exportsDir, wav))
    const data = riffChunks(bytes).find(({ id }) => id === 'data')
    const tampered = join(dir, 'tampered.wav')
    writeFileSync(tampered, flip(bytes, (data?.at ?? 0) + 1_000))
    await driver.stubDialogs({ open: [tampered] })
    await driver.page.getByRole('button', { name: 'Verify another…' }).click()
    await expect.poll(() => verdict.innerText(), { timeout: 30_000 }).toMatch(/changed/i)
    await driver.screenshot('potassium-tampered')
  })

  it('shows every receipt with what was sent', async () => {
    await screen('Ledger').click()
    await driver.page
      .getByText(/synced/i)
      .first()
      .waitFor()
    await driver.screenshot('potassium-ledger')
  })

  it('recovers the unsaved remix after a power cut', async () => {
    await screen('Remix').click()
    const count = await clips().count()
    await driver.kill()
    await driver.start()
    await driver.page.getByRole('group', { name: 'Recover Potassium' }).getByRole('button').first().click()
    await expect.poll(() => clips().count(), { timeout: 30_000 }).toBe(count)
  })
})
