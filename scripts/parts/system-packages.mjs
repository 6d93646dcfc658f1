// System libraries and tools. As root on Debian they are installed; elsewhere the user gets the one line to run.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Advice, isOnPath, must } from './project.mjs'
import { say, step } from './progress.mjs'

const windowLibraries = {
  'libgtk-3.so.0': 'libgtk-3-0',
  'libnss3.so': 'libnss3',
  'libasound.so.2': 'libasound2',
  'libgbm.so.1': 'libgbm1',
  'libatk-bridge-2.0.so.0': 'libatk-bridge2.0-0',
  'libcups.so.2': 'libcups2',
  'libdrm.so.2': 'libdrm2',
  'libXcomposite.so.1': 'libxcomposite1',
  'libXdamage.so.1': 'libxdamage1',
  'libXfixes.so.3': 'libxfixes3',
  'libXrandr.so.2': 'libxrandr2',
  'libxkbcommon.so.0': 'libxkbcommon0',
  'libpango-1.0.so.0': 'libpango-1.0-0',
  'libcairo.so.2': 'libcairo2',
}
const rigTools = { unzip: 'unzip', make: 'make', 'g++': 'g++', python3: 'python3' }
const testTools = { Xvfb: 'xvfb', 'xvfb-run': 'xvfb', xauth: 'xauth', ffmpeg: 'ffmpeg', flac: 'flac', rubberband: 'rubberband-cli' }

/** Real plugins of all three formats that tests play, by a file of each: about 60 MB to fetch. Tests that miss one are skipped by name. */
const testPlugins = {
  '/usr/lib/clap/ZamComp.clap': 'zam-plugins',
  '/usr/lib/lv2/mda.lv2': 'mda-lv2',
  '/usr/lib/lv2/amp-swh.lv2': 'swh-lv2',
  '/usr/lib/lv2/lsp-plugins.lv2': 'lsp-plugins-lv2',
  '/usr/lib/lv2/dpl.lv2': 'x42-plugins',
  '/usr/lib/lv2/calf.lv2': 'calf-plugins',
  '/usr/lib/lv2/DragonflyHallReverb.lv2': 'dragonfly-reverb-lv2',
  '/usr/lib/lv2/rubberband.lv2': 'rubberband-lv2',
}
/** Hosts LV2; 0.1 MB with what it needs. */
const pluginLibraries = { 'liblilv-0.so.0': 'liblilv-0-0' }
/** Compiles the fixture plugins. */
const pluginTools = { cc: 'gcc' }

const libraryCache = () => {
  for (const ldconfig of ['/sbin/ldconfig', '/usr/sbin/ldconfig', 'ldconfig']) {
    try {
      return execFileSync(ldconfig, ['-p'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    } catch {}
  }
  return undefined
}

/** @param {Record<string, string>} wanted @param {(name: string) => boolean} isPresent */
const missingOf = (wanted, isPresent) => Object.entries(wanted).flatMap(([name, debianPackage]) => (isPresent(name) ? [] : [debianPackage]))

/** Newer Debian and Ubuntu renamed some libraries for 64-bit time. @param {string} name */
const aptName = (name) => {
  try {
    execFileSync('apt-cache', ['show', `${name}t64`], { stdio: 'ignore' })
    return `${name}t64`
  } catch {
    return name
  }
}

/**
 * Makes sure that Linux has what the app window, the test rig and the tests need.
 * @param {{ forRig: boolean, forTests: boolean }} purpose
 */
export const ensureSystemPackages = async ({ forRig, forTests }) => {
  if (process.platform !== 'linux') return
  const libraries = libraryCache()
  const missing = [
    ...missingOf(windowLibraries, (name) => libraries === undefined || libraries.includes(name)),
    ...(forRig ? missingOf(rigTools, isOnPath) : []),
    ...(forTests ? missingOf(testTools, isOnPath) : []),
  ]
  if (missing.length === 0) return
  const hasApt = isOnPath('apt-get')
  const isRoot = process.getuid?.() === 0
  if (!hasApt || !isRoot) {
    const names = [...new Set(missing)].join(' ')
    const line = hasApt ? `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names}` : undefined
    throw new Advice(
      line
        ? `Some system packages are missing. Run this once, then try again:\n\n  ${line}\n`
        : `Some system packages are missing. Install what your distribution calls: ${names}`,
    )
  }
  await step(`Installing system packages (${[...new Set(missing)].join(', ')})`, () => install(missing))
}

/** @param {readonly string[]} names */
const install = async (names) => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await must('apt-get', ['update', '-q'], { env }).catch(() => say('  apt-get update failed; trying with the lists at hand'))
  await must('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...new Set(names.map(aptName))], { env })
}

/**
 * Installs what hosting plugins can use, and for tests the plugins they play. Never fails: the app and the tests do without.
 * @param {{ forTests: boolean }} purpose
 */
export const offerPlugins = async ({ forTests }) => {
  if (process.platform !== 'linux') return
  const libraries = libraryCache()
  const missing = [
    ...missingOf(pluginLibraries, (name) => libraries === undefined || libraries.includes(name)),
    ...(forTests ? [...missingOf(testPlugins, existsSync), ...missingOf(pluginTools, isOnPath)] : []),
  ]
  if (missing.length === 0) return
  if (!isOnPath('apt-get') || process.getuid?.() !== 0) {
    say(
      forTests
        ? `Tests of real plugins are skipped where these are missing: ${missing.join(', ')}`
        : 'LV2 plugins need liblilv (on Debian: liblilv-0-0)',
    )
    return
  }
  const title = forTests ? `Installing plugins for the tests (${missing.join(', ')})` : `Installing ${missing.join(', ')}`
  await step(title, () => install(missing)).catch((error) => say(`  ${error instanceof Error ? error.message : error}`))
}
