// `npm test`: installs what is missing, builds, and runs every check. Ends with one line, `N passed, N failed`.
import { ensureBuild } from './parts/build.mjs'
import { ensureDependencies } from './parts/dependencies.mjs'
import { electronEnv, electronKind, ensureElectron } from './parts/electron.mjs'
import { fail, isOnPath } from './parts/project.mjs'
import { say, step } from './parts/progress.mjs'
import { ensureSqliteForRig } from './parts/sqlite.mjs'
import { ensureSystemPackages } from './parts/system-packages.mjs'
import { runVitest } from './parts/vitest.mjs'
import { runChecks } from './check.mjs'

const checks = async () => {
  const results = await runChecks()
  const failed = results.filter(({ passed }) => !passed).length
  return { passed: results.length - failed, failed, skipped: 0 }
}

/** Windows of the tests open on a screen of their own, not in front of the user's work. */
const ownScreen = () => (process.platform === 'linux' && isOnPath('xvfb-run') ? ['xvfb-run', '-a', '-s', '-screen 0 1440x900x24'] : [])

const main = async () => {
  await ensureDependencies()
  await ensureSystemPackages({ forRig: electronKind() === undefined, forTests: true })
  const kind = await ensureElectron()
  // Compiling takes a minute on one core; the tests before the end-to-end ones do not need its result.
  const sqlite = kind === 'rig' ? ensureSqliteForRig() : Promise.resolve()
  sqlite.catch(() => {})
  await ensureBuild()

  const counts = [await step('Format, lint, types', checks), await step('Unit and integration tests', () => runVitest({ args: [] }))]
  await sqlite
  counts.push(
    await step('End-to-end tests', () => runVitest({ args: ['--config', 'vitest.e2e.config.ts'], env: electronEnv(), under: ownScreen() })),
  )

  const total = (/** @type {'passed' | 'failed' | 'skipped'} */ key) => counts.reduce((sum, count) => sum + count[key], 0)
  if (total('skipped') > 0) say(`${total('skipped')} skipped`)
  console.log(`${total('passed')} passed, ${total('failed')} failed`)
  process.exitCode = total('failed') === 0 ? 0 : 1
}

await main().catch(fail)
