// Starts the built app again and again in a real Electron and prints, as a JSON list, milliseconds from starting the process to a window that
// answers. Arguments: rounds. Needs a display.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv } from 'node:process'
import { AppDriver } from '../../tests/driver/app-driver.ts'

const userDataDir = mkdtempSync(join(tmpdir(), 'stemma-launch-'))

/** The first screen is there and takes a key. */
const launch = async (): Promise<number> => {
  const start = performance.now()
  const app = await AppDriver.launch({ userDataDir })
  await app.page.getByRole('main').waitFor()
  const elapsed = performance.now() - start
  await app.close()
  return elapsed
}

try {
  // The first start of an installation fills caches and makes the demo catalogue; it is told apart.
  const first = await launch()
  const again: number[] = []
  for (let round = 0; round < Number(argv[2] ?? 5); round++) again.push(await launch())
  process.stdout.write(JSON.stringify({ first, again }))
} finally {
  rmSync(userDataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}
