// Progress of long steps, on stderr: stdout belongs to what a command prints as its result.

/** @param {number} startedAt milliseconds, from `performance.now()` */
const secondsSince = (startedAt) => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`

/** @param {string} line */
export const say = (line) => process.stderr.write(`${line}\n`)

/** @param {unknown} result what a step of tests returns carries its number of failures */
const hasFailures = (result) => typeof result === 'object' && result !== null && 'failed' in result && result.failed !== 0

/**
 * Runs one step under a heading, says every ten seconds that it still runs, and how long it took.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export const step = async (title, work) => {
  const startedAt = performance.now()
  say(`• ${title}`)
  const heartbeat = setInterval(() => say(`  … ${title}, ${secondsSince(startedAt)}`), 10_000)
  try {
    const result = await work()
    say(`  ${hasFailures(result) ? '✗' : '✓'} ${title} (${secondsSince(startedAt)})`)
    return result
  } catch (error) {
    say(`  ✗ ${title} (${secondsSince(startedAt)})`)
    throw error
  } finally {
    clearInterval(heartbeat)
  }
}
