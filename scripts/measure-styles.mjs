// `npm run -s styles:measure [-- --home DIR] [--write]`: plays every style on the demo works and says how it sounds beside the original.
import { spawn } from 'node:child_process'
import { ensureDependencies } from './parts/dependencies.mjs'
import { childEnv, fail, inRoot, node24, root } from './parts/project.mjs'

const main = async () => {
  await ensureDependencies()
  const run = spawn(node24, ['--disable-warning=ExperimentalWarning', inRoot('bench/styles/measure-styles.ts'), ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: childEnv(),
  })
  run.on('error', fail)
  run.on('close', (code) => {
    process.exitCode = code ?? 1
  })
}

await main().catch(fail)
