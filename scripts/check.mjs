// `npm run check`: format and lint, types per area, and the walls between the areas.
import { readdirSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'
import { ensureDependencies } from './parts/dependencies.mjs'
import { fail, inRoot, node24, root, run } from './parts/project.mjs'
import { say } from './parts/progress.mjs'
import { runVitest } from './parts/vitest.mjs'

/** @typedef {{ name: string, passed: boolean, output: string }} CheckResult */

/** Each area has a project file of its own, so that its `lib` and `types` are those of the place where it runs. */
const projects = [
  'tsconfig.json',
  'scripts/tsconfig.json',
  'bench/tsconfig.json',
  'src-shared/tsconfig.json',
  'src-shared/tsconfig.tests.json',
  'src-engine/tsconfig.json',
  'src-main/studio/tsconfig.json',
  'src-main/cli/tsconfig.json',
  'src-main/shell/tsconfig.json',
  'src-main/shell/tsconfig.electron33.json',
  'src-preload/tsconfig.json',
  'src-renderer/tsconfig.json',
  'src-renderer/tsconfig.tests.json',
  'src-service/tsconfig.json',
  'tests/tsconfig.json',
]

const sourceFolders = () => ['scripts', 'bench', 'tests', ...readdirSync(root).filter((name) => name.startsWith('src-'))]

/** @param {string} path */
const isTypeScript = (path) => /\.tsx?$/.test(path) && !path.startsWith('src-engine/kernels/assembly/')

const allSources = () =>
  sourceFolders()
    .flatMap((folder) =>
      readdirSync(inRoot(folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path.replaceAll('\\', '/')}`),
    )
    .filter(isTypeScript)

/** @param {string} project @returns {Promise<CheckResult & { files: readonly string[] }>} */
const checkTypes = async (project) => {
  const { code, output } = await run(node24, [inRoot('node_modules/typescript/bin/tsc'), '-p', project, '--listFiles', '--pretty', 'false'])
  const lines = output.split('\n')
  const isListed = (/** @type {string} */ line) => /^(\/|[A-Za-z]:)/.test(line) && !line.includes('): error ')
  const folder = `${dirname(project)}/`
  // Only its own: what it merely imports has to stand up in its own project, with that place's `lib` and `types`.
  const files = lines.filter(isListed).flatMap((path) => {
    const name = relative(root, path).replaceAll('\\', '/')
    return name.startsWith(folder) ? [name] : []
  })
  // No inputs is no fault while a part has no such files: every file that exists must be in some project, see below.
  const passed = code === 0 || output.includes('error TS18003')
  return { name: `types: ${project}`, passed, output: lines.filter((line) => !isListed(line)).join('\n'), files }
}

/** @param {readonly string[]} args @param {string} name @returns {Promise<CheckResult>} */
const checkBiome = async (args, name) => {
  const { code, output } = await run(node24, [
    inRoot('node_modules/@biomejs/biome/bin/biome'),
    ...args,
    '--max-diagnostics=40',
    '--error-on-warnings',
  ])
  return { name, passed: code === 0, output }
}

/** @param {readonly string[]} projects @param {number} width how many compilers run at a time */
const checkAllTypes = async (projects, width) => {
  const queue = [...projects]
  /** @type {Awaited<ReturnType<typeof checkTypes>>[]} */
  const results = []
  const work = async () => {
    for (let project = queue.shift(); project !== undefined; project = queue.shift()) results.push(await checkTypes(project))
  }
  await Promise.all(Array.from({ length: width }, work))
  return results
}

/** Runs the static checks and returns one result each; prints those that failed. @returns {Promise<readonly CheckResult[]>} */
export const runChecks = async () => {
  const style = checkBiome(['check', '.'], 'format and lint')
  const types = await checkAllTypes(projects, 2)
  const seen = new Set(types.flatMap(({ files }) => files))
  // A pattern that matches nothing makes the compiler pass; a file in no project would never be checked.
  const unseen = allSources().filter((path) => !seen.has(path))
  /** @type {CheckResult} */
  const coverage = {
    name: 'types: every source is in a project',
    passed: unseen.length === 0,
    output: unseen.map((path) => `${path} is in no tsconfig project`).join('\n'),
  }
  const results = [await style, ...types.map(({ name, passed, output }) => ({ name, passed, output })), coverage]
  for (const { name, passed, output } of results) if (!passed) say(`  ✗ ${name}\n${output.trim()}\n`)
  return results
}

const main = async () => {
  await ensureDependencies()
  const results = await runChecks()
  const floors = await runVitest({ args: ['tests/floors.test.ts'] })
  const passed = results.filter((result) => result.passed).length + floors.passed
  const failed = results.filter((result) => !result.passed).length + floors.failed
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) await main().catch(fail)
