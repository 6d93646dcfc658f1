// The artist's yes through two windows: a producer's app and an artist's app, each with a home of its own, against one real rights service.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { APP_VERSION, createNodeProcessHost, createSigner, packFolder } from '../../src-main/studio/index.ts'
import { type RunningService, startService } from '../../src-service/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { inRoot } from '../../scripts/parts/project.mjs'
import { AppDriver, reportFailure } from '../driver/app-driver.ts'
import { startWire, type Wire } from '../rigs/service-rig.ts'
import { authorMaterial, authorTones, material } from '../rigs/works.ts'

const source = material('potassium')
const TITLE = source ? 'Potassium' : 'Three Tones'

describe('approvals, from both sides', () => {
  let dir: string
  let service: RunningService
  let wire: Wire
  let producer: AppDriver
  let artist: AppDriver

  const button = (driver: AppDriver, name: string | RegExp): Locator => driver.page.getByRole('button', { name })
  const tab = (driver: AppDriver, name: RegExp): Locator => driver.page.getByRole('tab', { name })
  const goTo = (driver: AppDriver, name: string): Promise<void> =>
    driver.page.getByRole('navigation', { name: 'Screens' }).getByRole('button', { name }).click()
  const sync = async (...drivers: AppDriver[]): Promise<void> => {
    for (const driver of drivers) {
      await goTo(driver, 'Approvals')
      await button(driver, 'Sync now').click()
      await driver.page.getByRole('status', { name: 'Sync' }).getByText('nothing queued').waitFor({ timeout: 30_000 })
      await button(driver, 'Sync now').waitFor()
    }
  }
  const standing = (): Locator => producer.page.getByRole('status', { name: 'Approval' })
  const stands = (text: string): Promise<void> => standing().locator('b', { hasText: text }).waitFor({ timeout: 15_000 })
  /** Mutes a clip: another sound. */
  const editRemix = async (clip: number): Promise<void> => {
    await goTo(producer, 'Remix')
    await producer.page.getByRole('gridcell').nth(clip).click()
    await producer.page.keyboard.press('m')
    await button(producer, /^Undo Mute/).waitFor()
  }
  const submit = async (message: string): Promise<void> => {
    const dialog = producer.page.getByRole('dialog', { name: 'Submit for approval' })
    await dialog.getByRole('textbox', { name: 'Message' }).fill(message)
    await dialog.getByRole('button', { name: 'Submit', exact: true }).click()
    await dialog.waitFor({ state: 'detached', timeout: 90_000 })
  }
  const answer = (): Locator => artist.page.getByRole('form', { name: 'Your answer' })
  const openReview = async (): Promise<void> => {
    await goTo(artist, 'Approvals')
    await tab(artist, /^Inbox/).click()
    await artist.page.getByRole('slider', { name: /^Position/ }).waitFor({ timeout: 60_000 })
  }

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-yes-'))
    mkdirSync(join(dir, 'out'))
    service = await startService({ dataDir: join(dir, 'service') })
    wire = await startWire(() => service.url)
    const env = { STEMMA_SERVICE: wire.url }
    ;[producer, artist] = await Promise.all([AppDriver.launch({ env }), AppDriver.launch({ env })])
  }, 90_000)
  afterEach(({ task }) => reportFailure(task, { producer, artist }))
  afterAll(async () => {
    await producer?.close()
    await artist?.close()
    await wire?.close()
    await service?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  it('makes an artist, whose public key a label puts into a licence', async () => {
    await goTo(artist, 'Approvals')
    await artist.screenshot('approvals-empty')
    await tab(artist, /^Artist profile/).click()
    await artist.page.getByRole('textbox', { name: 'Artist name' }).fill('Ada Stem')
    await artist.page.keyboard.press('Enter')
    await artist.page.getByRole('heading', { name: 'Ada Stem' }).waitFor()
    const keyFile = join(dir, 'key.json')
    await artist.stubDialogs({ save: keyFile })
    await button(artist, 'Save public key…').click()
    await expect.poll(() => readdirSync(dir).includes('key.json')).toBe(true)
    await artist.screenshot('approvals-artist')
    const approver: unknown = JSON.parse(readFileSync(keyFile, 'utf8'))
    const grant = { approval: { required: true, approvers: [approver], slaHours: 72 } }
    const author = join(dir, 'author')
    const folder = source ? authorMaterial(author, source, TITLE, grant) : authorTones(author, { title: TITLE, seconds: 20, grant })
    const signer = createSigner(createNodeProcessHost())
    const pack = join(dir, 'work.stemmapack')
    unwrap(await packFolder({ dir: folder, out: pack, homeDir: join(dir, 'label'), signer, appVersion: APP_VERSION, now: Date.now }))
    signer.dispose()
    const reply = await fetch(`${service.url}/v1/admin/packs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.adminToken}`, 'content-type': 'application/zip' },
      body: readFileSync(pack),
    })
    expect(reply.status, await reply.text()).toBe(200)
  }, 120_000)

  it('says in the top bar that the remix needs a yes, and submits it', async () => {
    const { page } = producer
    await goTo(producer, 'Library')
    await page.getByRole('searchbox').fill(TITLE)
    await page.locator('.work', { hasText: TITLE }).click({ timeout: 30_000 })
    await button(producer, /^Pull \d+ stems/).click()
    await button(producer, 'Open as remix').click({ timeout: 60_000 })
    await page.getByRole('grid', { name: 'Arrangement' }).waitFor()
    await stands('Needs approval')
    await producer.screenshot('approvals-needed')
    await button(producer, 'Export').click()
    await page
      .getByRole('region', { name: 'Approval' })
      .getByText(/needs a yes from Ada Stem/)
      .waitFor()
    await producer.screenshot('approvals-export-needed')
    await page.getByRole('region', { name: 'Approval' }).getByRole('button', { name: 'Submit for approval…' }).click()
    await producer.screenshot('approvals-submit')
    await submit('First go. What do you think of the start?')
    await stands('Waiting for approval')
  }, 180_000)

  it('lets the artist hear it in step with the original, leave notes at places, and ask for changes', async () => {
    const { page } = artist
    await sync(producer, artist)
    await openReview()
    await page.getByText('First go. What do you think of the start?').waitFor()
    const done = page.getByRole('region', { name: 'What was done to which stem' })
    expect(await done.innerText()).toMatch(/No AI took part/i)
    // A switch keeps the position: both sounds run on one clock.
    await page.keyboard.press('Space')
    await button(artist, 'Pause').waitFor()
    await page.waitForTimeout(700)
    const clock = async (): Promise<number> => {
      const [minutes = '0', seconds = '0'] = (await page.locator('.ab-clock b').innerText()).split(':')
      return Number(minutes) * 60 + Number(seconds)
    }
    const before = await clock()
    expect(before).toBeGreaterThan(0.2)
    await page.keyboard.press('x')
    await button(artist, /^Now the original/).waitFor()
    expect((await clock()) - before).toBeLessThan(2)
    expect(await clock()).toBeGreaterThanOrEqual(before)
    await page.keyboard.press('x')
    await page.keyboard.press('Space')
    await button(artist, 'Play').waitFor()
    const wave = page.getByRole('slider', { name: /^Position/ })
    const box = (await wave.boundingBox())!
    await page.mouse.click(box.x + box.width * 0.5, box.y + 100)
    await page.keyboard.press('n')
    await page.keyboard.type('Too loud from here on.')
    await page.keyboard.press('Enter')
    await page.mouse.move(box.x + box.width * 0.2, box.y + 100)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.35, box.y + 100, { steps: 5 })
    await page.mouse.up()
    await page.getByRole('textbox', { name: /^Note at .* – / }).fill('Leave this part as it was, please.')
    await button(artist, 'Add note').click()
    expect(await page.locator('.ab-mark.is-draft').count()).toBe(2)
    await answer().getByRole('radio', { name: 'Ask for changes' }).click()
    await artist.screenshot('approvals-review')
    for (const theme of ['light', 'contrast']) {
      await page.evaluate((name) => (document.documentElement.dataset.theme = name), theme)
      await artist.screenshot(`approvals-review-${theme}`)
    }
    await page.evaluate(() => (document.documentElement.dataset.theme = 'dark'))
    await page.setViewportSize({ width: 960, height: 600 })
    await artist.screenshot('approvals-review-small')
    await page.setViewportSize({ width: 1440, height: 900 })
    await answer().getByRole('button', { name: 'Sign: ask for changes' }).click()
    await page.getByText(/^You answered on/).waitFor()
    await sync(artist, producer)
    await producer.page.getByRole('article', { name: TITLE }).waitFor()
    await producer.page.getByText('Too loud from here on.').first().waitFor()
    await producer.screenshot('approvals-changes')
  }, 120_000)

  it('re-submits with one click as another version of the thread, and gets a yes with a condition', async () => {
    await editRemix(0)
    await stands('Ada Stem asked for changes')
    await standing().getByRole('button', { name: 'Re-submit…' }).click()
    // approval.late_sound: the request arrives before its sound, as over a slow line.
    let arrive = (): void => undefined
    const late = new Promise<void>((settle) => (arrive = settle))
    wire.hold = (method, path) => (method === 'POST' && path.startsWith('/v1/approvals/audio/') ? late : undefined)
    await submit('Without that stem.')
    await expect
      .poll(
        async () => {
          await sync(artist)
          return artist.page.getByText('Without that stem.').isVisible()
        },
        { timeout: 30_000 },
      )
      .toBe(true)
    await artist.page.getByText(/The sound of this version is on its way/).waitFor()
    await artist.screenshot('approvals-sound-late')
    arrive()
    await sync(producer, artist)
    await openReview()
    await artist.page
      .getByRole('radiogroup', { name: 'Versions' })
      .or(artist.page.getByRole('group', { name: 'Versions' }))
      .first()
      .waitFor()
    await answer().getByRole('radio', { name: 'Approve with conditions' }).click()
    await artist.page.getByRole('textbox', { name: 'A condition' }).fill('Name me in the title')
    await artist.page.keyboard.press('Enter')
    await artist.screenshot('approvals-conditions')
    await answer().getByRole('button', { name: 'Sign: approve with conditions' }).click()
    await artist.page.getByText(/^You answered on/).waitFor()
    await sync(artist, producer)
    await goTo(producer, 'Remix')
    await stands('Approved by Ada Stem with conditions')
    await producer.screenshot('approvals-standing')
  }, 150_000)

  it('shows the conditions at export, and the file carries the approval', async () => {
    const { page } = producer
    await producer.stubDialogs({ open: [join(dir, 'out')] })
    await button(producer, 'Export').click()
    await page.getByRole('list', { name: 'Conditions' }).getByText('Name me in the title').waitFor()
    await page.getByRole('combobox', { name: 'Loudness target' }).selectOption({ index: 1 })
    await button(producer, 'Use these settings').click()
    await producer.screenshot('approvals-export')
    await button(producer, 'Export…').click()
    await page.getByRole('region', { name: 'Files' }).waitFor({ timeout: 100_000 })
    await expect.poll(() => page.getByRole('region', { name: 'Files' }).innerText(), { timeout: 30_000 }).toMatch(/synced/i)
    await button(producer, 'Verify').click()
    await page
      .getByText(/Ada Stem heard exactly this sound/)
      .first()
      .waitFor({ timeout: 30_000 })
    await producer.screenshot('approvals-verified')
  }, 180_000)

  it('shows the artist every second of each stem that was used', async () => {
    const { page } = artist
    await goTo(artist, 'Approvals')
    await tab(artist, /^Use of my stems/).click()
    await page.getByRole('list', { name: 'Exports' }).getByText('approved with conditions').waitFor({ timeout: 30_000 })
    await artist.screenshot('approvals-usage')
  })

  it('voids the yes visibly with an edit, and brings it back when the edit is undone', async () => {
    await editRemix(1)
    await stands('Approved by Ada Stem · void since you edited')
    await producer.screenshot('approvals-void')
    await producer.page.keyboard.press('Control+z')
    await stands('Approved by Ada Stem with conditions')
  })

  it('takes a yes back for new exports, with a reason', async () => {
    const { page } = artist
    await openReview()
    await button(artist, 'Take it back…').click()
    await page.getByRole('textbox', { name: 'Reason' }).fill('A dispute with the label')
    await artist.screenshot('approvals-revoke')
    await button(artist, 'Take it back').last().click()
    await page
      .getByText(/Taken back for new exports from/)
      .first()
      .waitFor()
    await sync(artist, producer)
    await goTo(producer, 'Remix')
    await stands('Approval taken back by Ada Stem')
  }, 60_000)

  it('is answered on a page in a browser, without and with a key, and no network', async () => {
    await goTo(producer, 'Remix')
    await standing().getByRole('button', { name: 'Re-submit…' }).click()
    await submit('By mail this time.')
    await goTo(producer, 'Approvals')
    const path = join(dir, 'review.html')
    await producer.stubDialogs({ save: path })
    await button(producer, 'By file…').click()
    await producer.page.getByRole('menuitem', { name: 'Review page for any browser…' }).click()
    await expect.poll(() => existsSync(path), { timeout: 20_000 }).toBe(true)

    /** Opens the page in a window of its own; `canSign` turns on what newer browsers have by themselves. */
    const open = async (canSign: boolean, download: string): Promise<{ page: Page; asked: string[] }> => {
      const opened = artist.app.waitForEvent('window')
      await artist.app.evaluate(
        ({ BrowserWindow, session }, { file, experimentalFeatures, to }) => {
          session.defaultSession.once('will-download', (_event, item) => item.setSavePath(to))
          const window = new BrowserWindow({ width: 1000, height: 900, webPreferences: { sandbox: true, experimentalFeatures } })
          return window.loadFile(file)
        },
        { file: path, experimentalFeatures: canSign, to: download },
      )
      const page = await opened
      const asked: string[] = []
      page.on('request', (request) => asked.push(request.url()))
      page.on('console', (message) => message.type() === 'error' && asked.push(message.text()))
      page.on('pageerror', (error) => asked.push(String(error)))
      // Two whole songs are decoded first, on whatever cores are free.
      await expect.poll(() => page.locator('#listen').innerText(), { timeout: 90_000 }).toBe('Both play equally loud and in step.')
      return { page, asked }
    }
    const fill = async (page: Page, note: string): Promise<void> => {
      const wave = (await page.locator('#wave-area').boundingBox())!
      await page.mouse.move(wave.x + wave.width * 0.4, wave.y + 100)
      await page.mouse.down()
      await page.mouse.move(wave.x + wave.width * 0.6, wave.y + 100, { steps: 4 })
      await page.mouse.up()
      await page.getByRole('textbox', { name: 'A note for this place' }).fill(note)
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: /^Note 1, / }).waitFor()
    }

    const draft = join(dir, 'draft.stemma-answer')
    const first = await open(false, draft)
    expect(await first.page.getByText('By mail this time.').count()).toBeGreaterThan(0)
    await first.page.locator('#wave-area').focus()
    await first.page.keyboard.press('Space')
    await first.page.getByRole('button', { name: 'Pause' }).waitFor()
    await first.page.keyboard.press('x')
    expect(await first.page.locator('#is-original').getAttribute('class')).toBe('on')
    await first.page.waitForTimeout(400)
    expect(await first.page.locator('#clock').innerText()).not.toMatch(/^0:00\.0 /)
    await first.page.keyboard.press('Space')
    await fill(first.page, 'Written in a browser.')
    await first.page.getByRole('radio', { name: /^Ask for changes/ }).check()
    await first.page.evaluate(() => window.scrollTo(0, 0))
    await first.page.screenshot({ path: join(inRoot('out/screenshots'), 'approvals-page.png') })
    await first.page.getByRole('button', { name: 'Save answer, to be signed in Stemma' }).click()
    await expect.poll(() => existsSync(draft), { timeout: 15_000 }).toBe(true)
    expect(first.asked.filter((url) => !/^(blob|data|file):/.test(url))).toEqual([])
    await first.page.close()

    // Unsigned, it counts for nothing: the artist's own app shows it once more and signs it.
    await artist.stubDialogs({ open: [path] })
    await goTo(artist, 'Approvals')
    await button(artist, 'Open a review or answer…').click()
    await artist.page.getByText('By mail this time.').first().waitFor()
    await artist.stubDialogs({ open: [draft] })
    await button(artist, 'Open a review or answer…').click()
    await answer().getByText('Written in a browser.').waitFor()
    await answer().getByRole('button', { name: 'Sign: ask for changes' }).click()
    await artist.page.getByText(/^You answered on/).waitFor()

    const secret = join(dir, 'secret.json')
    await tab(artist, /^Artist profile/).click()
    await button(artist, 'Save signing key…').click()
    await artist.stubDialogs({ save: secret })
    await button(artist, 'Save the secret key…').click()
    await expect.poll(() => existsSync(secret)).toBe(true)
    const signed = join(dir, 'signed.stemma-answer')
    const second = await open(true, signed)
    await second.page.getByRole('radio', { name: /^Approve This/ }).check()
    await second.page.getByText('Sign here instead').click()
    await second.page.getByRole('button', { name: 'Choose the signing key and sign…' }).waitFor()
    await second.page.locator('#key').setInputFiles(secret)
    await second.page.getByText('Signed. Send the saved file to the producer; the key was not kept.').waitFor()
    await expect.poll(() => existsSync(signed), { timeout: 15_000 }).toBe(true)
    expect(second.asked.filter((url) => !/^(blob|data|file):/.test(url))).toEqual([])
    await second.page.close()
    await producer.stubDialogs({ open: [signed] })
    await button(producer, 'Open a review or answer…').click()
    await producer.page
      .getByText(/^Ada Stem approved it/)
      .first()
      .waitFor()
    await goTo(producer, 'Remix')
    await stands('Approved by Ada Stem')
    await sync(artist, producer)
  }, 300_000)

  it('works without a connection, shows what is queued, and sends it later', async () => {
    const port = new URL(service.url).port
    await service.close()
    await openReview()
    await artist.page.getByRole('textbox', { name: 'A comment' }).fill('I will be back online tonight.')
    await button(artist, 'Comment').click()
    await artist.page.getByRole('status', { name: 'Sync' }).getByText('1 queued').waitFor()
    await artist.screenshot('approvals-offline')
    service = await startService({ dataDir: join(dir, 'service'), port: Number(port) })
    await sync(artist, producer)
    await producer.page.getByText('I will be back online tonight.').first().waitFor()
    for (const driver of [producer, artist]) driver.consoleErrors.length = 0
  }, 90_000)
})
