// Fixture plugins of our own, compiled from tests/fixtures/plugins on first use and kept by the hash of their sources. One binary per trouble
// that happens while scanning (copies that go by their name), one for many plugins where it happens later.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { hasLv2Binary, LV2_BINARY, LV2_BUNDLES, type Lv2BundleName, lv2BundleTexts } from './fixture-lv2-bundles.ts'

export { type Lv2BundleName, lv2Uri } from './fixture-lv2-bundles.ts'

/** Why tests of fixture plugins are skipped where `buildFixtures` gives null. */
export const NO_FIXTURES = 'Skipped: the fixture plugins need Linux and a C compiler (cc).'

const run = promisify(execFile)
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..')
const SOURCES = join(ROOT, 'tests/fixtures/plugins')
const CACHE = join(ROOT, '.cache/fixture-plugins')
const FLAGS = ['-std=gnu11', '-O1', '-fPIC', '-shared', '-fvisibility=hidden']
/** What VST3 calls the machine inside a bundle. */
const VST3_MACHINE = process.arch === 'arm64' ? 'aarch64-linux' : 'x86_64-linux'
const LIBRARIES = ['-lm', '-lpthread', '-ldl']

/** `.clap` binaries that scan well; which plugins they hold is in `CLAP_FIXTURES`. */
const GOOD_CLAPS = ['sounds', 'troubles', 'claims'] as const

/** `.clap` binaries with one plugin, `SCANNED_ID`, that misbehave while they are scanned, `slow-to-load` by 1.5 s of waiting only. */
export const SCAN_CLAPS = [
  'crash-in-load',
  'hang-in-load',
  'crash-in-entry',
  'hang-in-entry',
  'refuse-entry',
  'quit-in-entry',
  'no-factory',
  'crash-in-factory',
  'hang-in-factory',
  'crash-in-create',
  'hang-in-create',
  'refuse-create',
  'crash-in-init',
  'hang-in-init',
  'refuse-init',
  'crash-at-exit',
  'hang-at-exit',
  'unruly',
  'slow-to-load',
  'empty',
] as const
/** No plugin at all: a library without an entry, and a text file by the name of one. */
const NO_CLAPS = ['no-entry', 'no-library'] as const

export type ClapBinary = (typeof GOOD_CLAPS)[number] | (typeof SCAN_CLAPS)[number] | (typeof NO_CLAPS)[number]

/** VST3 bundles with one plugin, `VST3_ID`, each; `gain` has a parameter for trouble on demand. What each does stands in vst3/fixture.c. */
export const VST3_BUNDLES = [
  'gain',
  'wrong-latency',
  'many-parameters',
  'hostile-names',
  'odd-ranges',
  'missing-buses',
  'endless-buses',
  'endless-channels',
  'endless-classes',
  'endless-latency',
  'crash-in-entry',
  'hang-in-entry',
  'refuse-entry',
  'no-factory',
  'empty',
  'crash-in-factory',
  'hang-in-factory',
  'crash-in-create',
  'hang-in-create',
  'refuse-create',
  'crash-in-initialize',
  'hang-in-initialize',
  'refuse-initialize',
  'crash-in-activate',
  'hang-in-activate',
  'refuse-activate',
  'crash-in-process',
  'hang-in-process',
  'crash-in-get-state',
  'hang-in-get-state',
  'crash-in-set-state',
  'hang-in-set-state',
  'huge-state',
  'crash-in-terminate',
  'hang-in-terminate',
] as const
export type Vst3BundleName = (typeof VST3_BUNDLES)[number]

/** Id of the only plugin of every bundle in `VST3_BUNDLES`: the class id in hex. */
export const VST3_ID = '5374656D6D6146697874757265000001'

/** Id of the only plugin of the binaries in `SCAN_CLAPS`. */
export const SCANNED_ID = 'stemma.fixture.scanned'

/** Names of plugins by the binary that holds them; the id is `clapId(name)`. What each does stands beside it in the C sources. */
export const CLAP_FIXTURES = {
  sounds: [
    'gain',
    'stateless',
    'sine',
    'sine-midi',
    'ducker',
    'echo',
    'latency',
    'wrong-latency',
    'timekeeper',
    'render-mode',
    'companion',
    'threaded',
  ],
  troubles: [
    'on-demand',
    'crash-in-process',
    'abort-in-process',
    'divide-in-process',
    'hang-in-process',
    'crash-once',
    'hang-once',
    'nan',
    'infinity',
    'loud',
    'denormals',
    'crash-in-activate',
    'hang-in-activate',
    'refuse-activate',
    'crash-in-save',
    'hang-in-save',
    'fail-save',
    'crash-in-load',
    'hang-in-load',
    'fail-load',
    'huge-state',
    'crash-in-destroy',
    'hang-in-destroy',
    'prints',
    'forks',
    'moves',
    'locale',
    'closes',
    'signals',
  ],
  claims: [
    'plain',
    'odd-ranges',
    'many-parameters',
    'too-many-parameters',
    'hostile-names',
    'long-name',
    'no-words',
    'missing-ports',
    'changing-ports',
    'endless-ports',
    'endless-channels',
    'endless-latency',
  ],
} as const

export type ClapFixture = (typeof CLAP_FIXTURES)[keyof typeof CLAP_FIXTURES][number]

export const clapId = (name: ClapFixture): string => `stemma.fixture.${name}`

/** Built fixtures. Folders hold nothing but plugins, so that they can be scanned as a user's. */
export interface FixturePlugins {
  /** Every `.clap`. */
  readonly clapFolder: string
  /** Every LV2 bundle. */
  readonly lv2Folder: string
  /** Every VST3 bundle. */
  readonly vst3Folder: string
  clap(binary: ClapBinary): string
  lv2Bundle(name: Lv2BundleName): string
  vst3Bundle(name: Vst3BundleName): string
  /** Where a plugin is and what it is called. */
  plugin(name: ClapFixture): { readonly path: string; readonly id: string }
}

const sourceFiles = (): readonly string[] =>
  readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[ch]$/.test(name))
    .sort()

const hashOf = (compiler: string): string => {
  const hash = createHash('sha256').update(compiler).update(FLAGS.join(' '))
  for (const name of sourceFiles()) hash.update(name).update(readFileSync(join(SOURCES, name)))
  for (const name of Object.keys(LV2_BUNDLES) as Lv2BundleName[]) hash.update(JSON.stringify([lv2BundleTexts(name), hasLv2Binary(name)]))
  hash.update(JSON.stringify([GOOD_CLAPS, SCAN_CLAPS, NO_CLAPS, VST3_BUNDLES]))
  return hash.digest('hex').slice(0, 16)
}

const compile = async (output: string, sources: readonly string[], defines: readonly string[] = []): Promise<void> => {
  await run('cc', [...FLAGS, ...defines, '-o', output, ...sources.map((name) => join(SOURCES, name)), ...LIBRARIES])
}

const buildInto = async (folder: string): Promise<void> => {
  const clap = (name: ClapBinary) => join(folder, 'clap', `${name}.clap`)
  mkdirSync(join(folder, 'clap'), { recursive: true })
  const parts = mkdtempSync(join(folder, 'parts-'))
  const [scan, lv2, vst3] = [join(parts, 'scan.clap'), join(parts, LV2_BINARY), join(parts, 'vst3.so')]
  await Promise.all([
    ...GOOD_CLAPS.map((name) => compile(clap(name), ['clap/fixture.c', `clap/${name}.c`])),
    compile(scan, ['clap/fixture.c', 'clap/scan.c'], ['-DOWN_ENTRY']),
    compile(clap('no-entry'), ['clap/no-entry.c']),
    compile(lv2, ['lv2/fixture.c']),
    compile(vst3, ['vst3/fixture.c']),
  ])
  for (const name of SCAN_CLAPS) copyFileSync(scan, clap(name))
  writeFileSync(clap('no-library'), 'This is no library.\n')
  for (const name of Object.keys(LV2_BUNDLES) as Lv2BundleName[]) {
    const bundle = join(folder, 'lv2', `${name}.lv2`)
    mkdirSync(bundle, { recursive: true })
    for (const [file, text] of Object.entries(lv2BundleTexts(name))) writeFileSync(join(bundle, file), text)
    if (hasLv2Binary(name)) copyFileSync(lv2, join(bundle, LV2_BINARY))
  }
  for (const name of VST3_BUNDLES) {
    const code = join(folder, 'vst3', `${name}.vst3`, 'Contents', VST3_MACHINE)
    mkdirSync(code, { recursive: true })
    copyFileSync(vst3, join(code, `${name}.so`))
  }
  rmSync(parts, { recursive: true })
}

const openFolder = (folder: string): FixturePlugins => {
  const clap = (binary: ClapBinary) => join(folder, 'clap', `${binary}.clap`)
  const binaries = Object.keys(CLAP_FIXTURES) as (keyof typeof CLAP_FIXTURES)[]
  return {
    clapFolder: join(folder, 'clap'),
    lv2Folder: join(folder, 'lv2'),
    clap,
    vst3Folder: join(folder, 'vst3'),
    vst3Bundle: (name) => join(folder, 'vst3', `${name}.vst3`),
    lv2Bundle: (name) => join(folder, 'lv2', `${name}.lv2`),
    plugin: (name) => {
      const binary = binaries.find((candidate) => (CLAP_FIXTURES[candidate] as readonly string[]).includes(name))!
      return { path: clap(binary), id: clapId(name) }
    },
  }
}

/** A build that takes longer was killed. */
const STALE_MS = 120_000

/** Test files run side by side: one builds, the others wait. */
const takeLock = (path: string): boolean => {
  try {
    mkdirSync(path)
    return true
  } catch {
    const since = statSync(path, { throwIfNoEntry: false })?.mtimeMs
    if (since !== undefined && Date.now() - since > STALE_MS) rmSync(path, { recursive: true, force: true })
    return false
  }
}

/**
 * The fixture plugins, compiled if they are not yet (a few seconds, once per change of their sources). Null where there is no C compiler:
 * skip by name then and print `NO_FIXTURES`. Rejects where the compiler refuses a source, which is a fault of ours.
 */
export const buildFixtures = async (): Promise<FixturePlugins | null> => {
  if (process.platform !== 'linux') return null
  const compiler = await run('cc', ['--version']).then(
    ({ stdout }) => stdout,
    () => null,
  )
  if (compiler === null) return null
  const folder = join(CACHE, hashOf(compiler))
  while (!existsSync(folder)) {
    mkdirSync(CACHE, { recursive: true })
    const hasLock = takeLock(`${folder}.lock`)
    if (!hasLock) {
      await delay(200)
      continue
    }
    const building = mkdtempSync(join(CACHE, 'building-'))
    try {
      await buildInto(building)
      // Whole or not at all; if another run took over, its folder is as good.
      if (!existsSync(folder)) renameSync(building, folder)
    } finally {
      rmSync(building, { recursive: true, force: true })
      rmSync(`${folder}.lock`, { recursive: true, force: true })
    }
  }
  return openFolder(folder)
}
