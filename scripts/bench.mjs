// `npm run bench`: builds what the benchmarks measure, then hands over to bench/main.ts on Node 24.
import { ensureBuild } from './parts/build.mjs'
import { ensureDependencies } from './parts/dependencies.mjs'
import { electronEnv } from './parts/electron.mjs'
import { childEnv, fail, inRoot, node24, root } from './parts/project.mjs'
import { spawn } from 'node:child_process'

const main = async () => {
  await ensureDependencies()
  await ensureBuild()
  const bench = spawn(node24, [inRoot('bench/main.ts'), ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: childEnv(electronEnv()),
  })
  bench.on('error', fail)
  bench.on('close', (code) => {
    process.exitCode = code ?? 1
  })
}

await main().catch(fail)
