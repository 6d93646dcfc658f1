// Electron 33 has Node-API 9, the prebuilt better-sqlite3 needs 10 and crashes there. Builds it once for 9; the one file
// loads on Node 20, Node 24 and Electron 33. better-sqlite3 looks in build/Release before its prebuilds.
import { cpSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheDir, inRoot, must, node24, run } from './project.mjs'
import { step } from './progress.mjs'

const moduleDir = inRoot('node_modules/better-sqlite3')
const target = join(moduleDir, 'build/Release/better_sqlite3.node')

const cachedFile = () => {
  const { version } = JSON.parse(readFileSync(join(moduleDir, 'package.json'), 'utf8'))
  return join(cacheDir, `better-sqlite3-${version}-napi9-linux-x64.node`)
}

/** Node's headers, where they are on this machine, spare a download from a host that may be out of reach. */
const headersDir = async () => {
  const { output } = await run('npm', ['config', 'get', 'nodedir'], { env: process.env })
  const configured = output.trim().split('\n').at(-1) ?? ''
  const candidates = [configured, dirname(dirname(process.execPath)), '/usr', '/usr/local']
  return candidates.find((dir) => existsSync(join(dir, 'include/node/node_api.h')))
}

/** @param {string} output where the built file goes */
const build = async (output) => {
  mkdirSync(cacheDir, { recursive: true })
  const temporary = mkdtempSync(join(cacheDir, 'sqlite-'))
  try {
    mkdirSync(join(temporary, 'node_modules'))
    for (const name of ['better-sqlite3', 'node-addon-api']) {
      cpSync(inRoot(`node_modules/${name}`), join(temporary, 'node_modules', name), { recursive: true })
    }
    const headers = await headersDir()
    const env = {
      ...process.env,
      ...(headers ? { npm_config_nodedir: headers } : {}),
      CXXFLAGS: '-UNAPI_VERSION -DNAPI_EXPERIMENTAL -DNODE_API_EXPERIMENTAL_NOGC_ENV_OPT_OUT',
      JOBS: 'max',
    }
    const gyp = inRoot('node_modules/node-gyp/bin/node-gyp.js')
    const cwd = join(temporary, 'node_modules/better-sqlite3')
    await must(node24, [gyp, 'rebuild', '--', '-Dforce_build=1'], { cwd, env })
    copyFileSync(join(cwd, 'build/Release/better_sqlite3.node'), `${output}.new`)
    renameSync(`${output}.new`, output)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** Puts a better-sqlite3 that Electron 33 can load in place; instant once it is cached. */
export const ensureSqliteForRig = async () => {
  const cached = cachedFile()
  if (!existsSync(cached)) await step('Building SQLite for Electron 33 (about a minute)', () => build(cached))
  if (existsSync(target) && readFileSync(target).equals(readFileSync(cached))) return
  mkdirSync(dirname(target), { recursive: true })
  // Renamed into place: a test that has the old file mapped must not see it change.
  copyFileSync(cached, `${target}.new`)
  renameSync(`${target}.new`, target)
}
