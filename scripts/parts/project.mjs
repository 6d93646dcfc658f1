// Where things are and how children are run. Plain JavaScript for Node 20 without packages: it runs before anything is installed.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

/** Downloads and builds that outlive `node_modules`; set STEMMA_CACHE to share them between checkouts. */
export const cacheDir = resolve(process.env.STEMMA_CACHE || join(root, '.cache'))

/** The Node 24 that comes with the dependencies; the system's Node may be older. */
export const node24 = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')

/** @param {string} path relative to the repository root */
export const inRoot = (path) => join(root, path)

/** Whether a command is on the PATH. @param {string} name */
export const isOnPath = (name) =>
  (process.env.PATH ?? '').split(process.platform === 'win32' ? ';' : ':').some((dir) => existsSync(join(dir, name)))

/** Whether a window can be shown. macOS and Windows always have a display. */
export const hasDisplay = () => process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)

/** Environment whose `node`, `npx` and `npm run` are Node 24. @param {NodeJS.ProcessEnv} [extra] */
export const childEnv = (extra = {}) => {
  const separator = process.platform === 'win32' ? ';' : ':'
  return { ...process.env, PATH: `${inRoot('node_modules/.bin')}${separator}${process.env.PATH ?? ''}`, ...extra }
}

/**
 * Runs a command and resolves with its exit code and, unless its output is passed through, everything it wrote.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: 'nothing' | 'stderr' | 'all' }} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export const run = (command, args, { cwd = root, env = childEnv(), show = 'nothing' } = {}) =>
  new Promise((settle, reject) => {
    const stdio = /** @type {const} */ ({ nothing: ['ignore', 'pipe', 'pipe'], stderr: ['ignore', 2, 2], all: 'inherit' })[show]
    // On Windows npm is a script, which only a shell can start.
    const shell = process.platform === 'win32' && command === 'npm'
    const child = spawn(command, args, { cwd, env, shell, stdio: /** @type {import('node:child_process').StdioOptions} */ (stdio) })
    let output = ''
    child.stdout?.on('data', (chunk) => {
      output += chunk
    })
    child.stderr?.on('data', (chunk) => {
      output += chunk
    })
    child.on('error', reject)
    child.on('close', (code, signal) => settle({ code: code ?? (signal ? 128 : 1), output }))
  })

/**
 * Runs a command quietly; a failure throws with the last lines it wrote.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: 'nothing' | 'stderr' | 'all' }} [options]
 */
export const must = async (command, args, options) => {
  const { code, output } = await run(command, args, options)
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} failed with code ${code}\n${output.split('\n').slice(-30).join('\n')}`)
  return output
}

/** A failure that the user can act on; its sentence is printed without a stack. */
export class Advice extends Error {}

/** Prints a failure as a user should see it and ends the process. @param {unknown} error @returns {never} */
export const fail = (error) => {
  process.stderr.write(`\n${error instanceof Advice ? error.message : error instanceof Error ? error.stack : error}\n`)
  process.exit(1)
}
