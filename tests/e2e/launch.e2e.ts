// The app starts, shows its window, and the window is the closed room it should be.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppDriver } from '../driver/app-driver.ts'

describe('launch', () => {
  let driver: AppDriver

  beforeAll(async () => {
    driver = await AppDriver.launch()
  })
  afterAll(() => driver.close())

  it('opens a window that says Stemma', async () => {
    expect(await driver.page.title()).toContain('Stemma')
    await driver.page.getByText('Stemma').first().waitFor()
    await driver.screenshot('launch')
  })

  it('gives the window neither Node nor a way out', async () => {
    const reach = await driver.page.evaluate(() => ({
      require: 'require' in window,
      process: 'process' in window,
      opened: window.open('https://example.com') !== null,
    }))
    expect(reach).toEqual({ require: false, process: false, opened: false })
    expect(driver.app.windows()).toHaveLength(1)
  })

  it('refuses script that is not its own', async () => {
    const ran = await driver.page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'window.intruder = true'
      document.head.append(script)
      return 'intruder' in window
    })
    expect(ran).toBe(false)
    expect(driver.consoleErrors.splice(0).join('\n')).toContain('Content Security Policy')
  })

  it('starts again on the same data', async () => {
    await driver.restart()
    expect(await driver.page.title()).toContain('Stemma')
    await driver.kill()
    await driver.start()
    expect(await driver.page.title()).toContain('Stemma')
  })
})
