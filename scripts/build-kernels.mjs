// Compiles src-engine/kernels/assembly to src-engine/kernels/kernels.wasm. Does nothing while the file is newer than everything it is made of.
import { spawnSync } from 'node:child_process'
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { argv, execPath, exit, pid } from 'node:process'
import { pathToFileURL } from 'node:url'

const ROOT = join(import.meta.dirname, '..')
const ASSEMBLY = join(ROOT, 'src-engine/kernels/assembly')
const COMPILER = join(ROOT, 'node_modules/assemblyscript')
export const KERNELS_WASM = join(ROOT, 'src-engine/kernels/kernels.wasm')

/** @param {string} path */
const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

const isFresh = () => {
  const builtAt = changedAt(KERNELS_WASM)
  const sources = readdirSync(ASSEMBLY).map((name) => join(ASSEMBLY, name))
  return [...sources, import.meta.filename, join(COMPILER, 'package.json')].every((path) => changedAt(path) < builtAt)
}

/** Builds the kernels if they are missing or out of date; throws with the compiler's words if they do not compile. */
export const buildKernels = ({ force = false } = {}) => {
  if (!force && isFresh()) return false
  // Written beside and renamed, so that two builds at once never leave half a module.
  const partial = `${KERNELS_WASM}.${pid}.tmp`
  const { status, stdout, stderr } = spawnSync(
    execPath,
    [
      join(COMPILER, 'bin/asc.js'),
      join(ASSEMBLY, 'index.ts'),
      ...['--outFile', partial],
      ...['--runtime', 'minimal', '--enable', 'simd', '-O3', '--converge', '--noAssert', '--uncheckedBehavior', 'always'],
    ],
    { cwd: ROOT, encoding: 'utf8' },
  )
  if (status !== 0) {
    rmSync(partial, { force: true })
    throw new Error(`The audio kernels do not compile.\n${stdout}${stderr}`)
  }
  renameSync(partial, KERNELS_WASM)
  return true
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  try {
    console.log(buildKernels({ force: argv.includes('--force') }) ? 'Kernels built.' : 'Kernels are up to date.')
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    exit(1)
  }
}
