// `npm test`: installs what is missing, builds, and runs every check. Ends with one line, `N passed, N failed`.
import { ensureBuild } from './parts/build.mjs'
import { ensureDependencies } from './parts/dependencies.mjs'
import { electronEnv, electronKind, ensureElectron } from './parts/electron.mjs'
import { Advice, isOnPath } from './parts/project.mjs'
import { say, step } from './parts/progress.mjs'
import { ensureSqliteForRig } from './parts/sqlite.mjs'
import { ensureSystemPackages, offerPlugins } from './parts/system-packages.mjs'
import { runVitest } from './parts/vitest.mjs'
import { runChecks } from './check.mjs'

const checks = async () => {
  const results = await runChecks()
  const failed = results.filter(({ passed }) => !passed).length
  return { passed: results.length - failed, failed, skipped: 0 }
}

/** Windows of the tests open on a screen of their own, not in front of the user's work. */
const ownScreen = () => (process.platform === 'linux' && isOnPath('xvfb-run') ? ['xvfb-run', '-a', '-s', '-screen 0 1440x900x24'] : [])

/** @typedef {import('./parts/vitest.mjs').Counts} Counts */

/** @type {Counts} */
const oneFailure = { passed: 0, failed: 1, skipped: 0 }

/** Runs one part under its heading. A part that cannot run at all is one failure, and the others still run. @param {string} title @param {() => Promise<Counts>} work */
const part = async (title, work) => {
  try {
    return await step(title, work)
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return oneFailure
  }
}

/** What the end-to-end tests need beyond a checkout with its packages. */
const prepareElectron = async () => {
  await ensureSystemPackages({ forRig: electronKind() === undefined, forTests: true })
  await offerPlugins({ forTests: true })
  const kind = await ensureElectron()
  // Compiling takes a minute on one core; the tests before the end-to-end ones do not need its result.
  const sqlite = kind === 'rig' ? ensureSqliteForRig() : Promise.resolve()
  sqlite.catch(() => {})
  return { sqlite }
}

/** @returns {Promise<readonly Counts[]>} */
const runParts = async () => {
  await ensureDependencies()
  const electron = await prepareElectron()
  const built = ensureBuild()
  // The kernels are part of the build, and tests load them; a build that fails must not hide what the tests say.
  await built.catch((error) => say(error.message))
  const checked = await part('Format, lint, types', checks)
  const units = await part('Unit and integration tests', () => runVitest({ args: [] }))
  const endToEnd = await part('End-to-end tests', async () => {
    await built
    await electron.sqlite
    return runVitest({ args: ['--config', 'vitest.e2e.config.ts'], env: electronEnv(), under: ownScreen() })
  })
  return [checked, units, endToEnd]
}

const main = async () => {
  /** @type {readonly Counts[]} */
  const counts = await runParts().catch((error) => {
    say(error instanceof Advice ? error.message : (error.stack ?? String(error)))
    return [oneFailure]
  })
  const total = (/** @type {keyof Counts} */ key) => counts.reduce((sum, count) => sum + count[key], 0)
  if (total('skipped') > 0) say(`${total('skipped')} skipped`)
  console.log(`${total('passed')} passed, ${total('failed')} failed`)
  process.exitCode = total('failed') === 0 ? 0 : 1
}

await main()
