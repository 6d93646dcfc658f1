// Brings node_modules in line with the lock file, and leaves it alone when it already is.
import { existsSync, readFileSync } from 'node:fs'
import { inRoot, node24, run } from './project.mjs'
import { step } from './progress.mjs'

/** @param {string} path @returns {Record<string, { version?: string, integrity?: string, optional?: boolean, devOptional?: boolean }>} */
const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages ?? {}

/** Compares contents, not times: a fresh checkout touches the lock file without changing it. */
const isInstalled = () => {
  const installedPath = inRoot('node_modules/.package-lock.json')
  if (!existsSync(installedPath) || !existsSync(node24)) return false
  const installed = packagesOf(installedPath)
  return Object.entries(packagesOf(inRoot('package-lock.json'))).every(([path, wanted]) => {
    if (path === '') return true
    const present = installed[path]
    // Optional packages of other platforms are in the lock file but never on disk.
    return present
      ? present.version === wanted.version && present.integrity === wanted.integrity
      : Boolean(wanted.optional || wanted.devOptional)
  })
}

/** Installs what the lock file names. Does nothing, in a few milliseconds, when it is all there. */
export const ensureDependencies = async () => {
  if (isInstalled()) return
  const isFirstTime = !existsSync(inRoot('node_modules'))
  const args = isFirstTime ? ['ci'] : ['install', '--no-save']
  await step(isFirstTime ? 'Installing packages (about 500, half a minute)' : 'Updating packages', async () => {
    // npm before 11 runs every package's script, whatever `allowScripts` in package.json says. Of these two, one would fetch
    // an Electron that is here for its typings alone, the other a binary that scripts/postinstall.mjs sees to.
    const env = { ...process.env, ELECTRON_SKIP_BINARY_DOWNLOAD: '1', SKIP_RUST_BUILD: '1' }
    const { code } = await run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { env, show: 'stderr' })
    if (code !== 0) throw new Error(`npm ${args.join(' ')} failed with code ${code}; its own message is above.`)
  })
}
