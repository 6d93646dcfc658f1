// Runs vitest on Node 24 and counts what it found.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childEnv, inRoot, node24, run } from './project.mjs'

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Runs tests with their output shown. A file that does not load, or a run that dies, counts as a failure too.
 * @param {{ args: readonly string[], env?: Record<string, string>, under?: readonly string[] }} options `under` is a command to run it under
 * @returns {Promise<Counts>}
 */
export const runVitest = async ({ args, env = {}, under = [] }) => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-tests-'))
  const report = join(folder, 'report.json')
  try {
    const vitest = inRoot('node_modules/vitest/vitest.mjs')
    const line = [...under, node24, vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args]
    const { code } = await run(/** @type {string} */ (line[0]), line.slice(1), { env: childEnv(env), show: 'stderr' })
    const counts = countsOf(report)
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} report @returns {Counts} */
const countsOf = (report) => {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
    const broken = testResults.filter(
      (/** @type {{ status: string, assertionResults: readonly unknown[] }} */ file) =>
        file.status === 'failed' && file.assertionResults.length === 0,
    ).length
    return { passed: numPassedTests, failed: numFailedTests + broken, skipped: numPendingTests }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}
