import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sweepLeft } from './index.ts'

const dir = mkdtempSync(join(tmpdir(), 'stemma-left-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const MODULE = join(import.meta.dirname, 'private-folders.ts')

/** A process that makes a folder with a file, says so, and waits. */
const owner = () =>
  spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      `import { writeFileSync } from 'node:fs'
       const { makePrivateFolder } = await import(${JSON.stringify(MODULE)})
       writeFileSync(makePrivateFolder('stemma-lv2-') + '/samples', 'x')
       console.log('made')
       setInterval(() => {}, 1000)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: dir } },
  )

describe.skipIf(process.platform === 'win32')('private folders', () => {
  it('of processes that were killed are removed by the next one, and nothing else is', async () => {
    const first = owner()
    await once(first.stdout, 'data')
    const [left] = readdirSync(dir)
    expect(left).toMatch(new RegExp(`^stemma-lv2-${first.pid}-`))
    for (const name of ['stemma-lv2-state-abc', 'stemma-lv2-Xy12', `stemma-lv2-${process.pid}-mine`, 'stemma-lv3-1-x', '1-x']) {
      mkdirSync(join(dir, name))
      writeFileSync(join(dir, name, 'kept'), 'x')
    }
    const second = owner()
    await once(second.stdout, 'data')
    expect(existsSync(join(dir, left!)), 'its owner lives').toBe(true)
    first.kill('SIGKILL')
    await once(first, 'exit')
    sweepLeft(dir, 'stemma-lv2-')
    const now = readdirSync(dir)
    expect(now).not.toContain(left)
    expect(now).toHaveLength(6)
    expect(now.filter((name) => name.startsWith(`stemma-lv2-${second.pid}-`))).toHaveLength(1)
    second.kill('SIGKILL')
    await once(second, 'exit')
  }, 30_000)
})
