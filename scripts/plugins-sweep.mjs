// `npm run plugins:sweep`: tries every plugin of this machine out, each in a process of its own, and writes docs/plugins.md. Installs nothing.
// `--from FILE` writes the page from what `stemma plugins test --all --json` printed earlier.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDependencies } from './parts/dependencies.mjs'
import { childEnv, fail, inRoot, node24, root, run } from './parts/project.mjs'
import { say, step } from './parts/progress.mjs'
import { pluginsPage } from './parts/plugins-page.mjs'

/** The command line from source: it needs no build, and the children run the same sources. @param {readonly string[]} args @returns {Promise<string>} */
const stemma = (args) =>
  new Promise((settle, reject) => {
    const line = ['--disable-warning=ExperimentalWarning', inRoot('src-main/cli/main.ts'), 'plugins', ...args, '--json']
    const child = spawn(node24, line, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: childEnv() })
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => child.kill(signal))
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.on('error', reject)
    // One that fails is a finding, not a failure of the sweep.
    child.on('close', (code) => (code === 0 || code === 1 ? settle(output) : reject(new Error(`stemma plugins ended with code ${code}`))))
  })

/** Packages that installed files, by Debian's own record; empty elsewhere. @param {readonly string[]} paths @returns {Promise<Map<string, string>>} */
const packagesOf = async (paths) => {
  const packages = new Map()
  for (let i = 0; i < paths.length; i += 200) {
    const { output } = await run('dpkg-query', ['-S', ...paths.slice(i, i + 200)]).catch(() => ({ output: '' }))
    for (const line of output.split('\n')) {
      const found = /^([a-z0-9][a-z0-9.+-]*)(?::\w+)?(?:, [^:]+)?: (\/.*)$/.exec(line)
      if (found) packages.set(found[2], found[1])
    }
  }
  return packages
}

const system = () => {
  try {
    const name = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
    return `${name ?? process.platform}, ${execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim()}`
  } catch {
    return `${process.platform} ${process.arch}`
  }
}

const sweep = async () => {
  const home = mkdtempSync(join(tmpdir(), 'stemma-sweep-'))
  try {
    const began = performance.now()
    const scan = JSON.parse(await step('Reading every plugin', () => stemma(['scan', '--force', '--home', home])))
    if (scan.isCancelled) throw new Error('The sweep was cancelled; docs/plugins.md is as it was.')
    say(`  ${scan.plugins} plugins in ${scan.read} files`)
    const scanSeconds = (performance.now() - began) / 1000
    const tested = JSON.parse(await step('Trying every plugin out', () => stemma(['test', '--all', '--home', home])))
    return { ...tested, scanSeconds, trySeconds: (performance.now() - began) / 1000 - scanSeconds, files: scan.read }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

const main = async () => {
  await ensureDependencies()
  const at = process.argv.indexOf('--from')
  const result = at < 0 ? await sweep() : JSON.parse(readFileSync(process.argv[at + 1] ?? '', 'utf8'))
  if (result.isCancelled) throw new Error('The sweep was cancelled; docs/plugins.md is as it was.')
  const packages = await packagesOf([...new Set(result.plugins.map((/** @type {{ path: string }} */ one) => one.path))])
  const page = pluginsPage(result, { packageOf: (path) => packages.get(path) ?? 'elsewhere', system: system() })
  writeFileSync(inRoot('docs/plugins.md'), page)
  say(`${result.fine} of ${result.tried} can be relied on; docs/plugins.md says more.`)
  process.exitCode = result.failed === result.known ? 0 : 1
}

await main().catch(fail)
