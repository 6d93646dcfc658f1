// Does one thing with a plugin in a process of its own and tells how that ended: for fixtures that take their process with them.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { PluginFormat } from '../../src-shared/plugins/index.ts'

const TRIAL = fileURLToPath(new URL('./plugin-trial.fixture.ts', import.meta.url))

export interface Trial {
  readonly format: PluginFormat
  /** `load` loads what was saved; `close` closes after 40 blocks, which is all that `process` does. */
  readonly step: 'scan' | 'process' | 'save' | 'load' | 'close'
  readonly path: string
  readonly id: string
  /** What has not ended so long after it started hangs. */
  readonly patienceMs?: number
  readonly environment?: Readonly<Record<string, string>>
}

/** `done`, `hung`, `refused` with a sentence, or the signal or exit code of a process that ended otherwise. */
export type Ending = 'done' | 'hung' | 'refused' | NodeJS.Signals | number

/** Long enough to start, and to finish, on a busy machine. */
const PATIENCE_MS = 30_000

export const tryPluginAlone = ({ format, step, path, id, patienceMs = PATIENCE_MS, environment = {} }: Trial): Promise<Ending> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [TRIAL, format, step, path, id], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
    })
    let said = ''
    let hasHung = false
    const giveUp = () => {
      hasHung = true
      child.kill('SIGKILL')
    }
    let timer = setTimeout(giveUp, PATIENCE_MS)
    child.stdio[3]!.on('data', (text: Buffer) => {
      // Only from here on foreign code runs; before that the machine may be busy.
      if (said === '') {
        clearTimeout(timer)
        timer = setTimeout(giveUp, patienceMs)
      }
      said += text.toString()
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (hasHung) resolve('hung')
      else if (said === 'started done') resolve('done')
      else resolve(code === 1 ? 'refused' : (signal ?? code ?? 0))
    })
  })
