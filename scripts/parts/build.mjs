// Builds the app when its sources changed since the last build, one build at a time.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inRoot, must, node24, root } from './project.mjs'
import { step } from './progress.mjs'

const stampPath = inRoot('out/.built')
const lockPath = inRoot('out/.lock')

/** @param {string} folder @returns {string[]} */
const filesBelow = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  })

/** Changes with every file that goes into the bundle: names, sizes and times tell, reading contents would take longer. */
const fingerprint = () => {
  const folders = readdirSync(root).filter((name) => name.startsWith('src-') || name === 'resources')
  const files = [
    ...folders.flatMap((folder) => filesBelow(inRoot(folder))),
    ...['electron.vite.config.ts', 'package.json', 'package-lock.json'].map(inRoot),
  ].filter((path) => !/\.test\.tsx?$|\.wasm$|\.tmp$|\.generated\.|tsconfig[^/\\]*\.json$/.test(path))
  const hash = createHash('sha256')
  for (const path of files.sort()) {
    // A file may go between the listing and here: an editor's, or a compiler's temporary one.
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat) hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`)
  }
  return hash.digest('hex')
}

/** Whether what is built is what the sources say. */
export const isFresh = () => existsSync(stampPath) && readFileSync(stampPath, 'utf8') === fingerprint()

/** @param {number} pid */
const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Two commands started together must not write the same bundle. @param {() => Promise<void>} work */
const underLock = async (work) => {
  mkdirSync(inRoot('out'), { recursive: true })
  for (;;) {
    try {
      writeFileSync(lockPath, String(process.pid), { flag: 'wx' })
      break
    } catch {
      const holder = existsSync(lockPath) ? Number(readFileSync(lockPath, 'utf8')) : 0
      if (holder && !isAlive(holder)) rmSync(lockPath, { force: true })
      await sleep(100)
    }
  }
  try {
    await work()
  } finally {
    rmSync(lockPath, { force: true })
  }
}

/** Compiles the DSP kernels to WebAssembly. */
export const buildKernels = async () => {
  const script = inRoot('scripts/build-kernels.mjs')
  if (existsSync(script)) await must(node24, [script])
}

/** Bundles everything, whatever was there. */
export const build = () =>
  underLock(async () => {
    const before = fingerprint()
    await buildKernels()
    await must(node24, [inRoot('node_modules/electron-vite/bin/electron-vite.js'), 'build', '--logLevel', 'warn'])
    writeFileSync(stampPath, before)
  })

/** Bundles what changed since the last time; a few milliseconds when nothing did. */
export const ensureBuild = async () => {
  if (!isFresh()) await step('Building', build)
}
