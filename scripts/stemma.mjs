// `npm run -s stemma -- ARGS`: the command line from the sources at hand. Stdout and exit code are the command's own.
import { spawn } from 'node:child_process'
import { ensureBuild } from './parts/build.mjs'
import { ensureDependencies } from './parts/dependencies.mjs'
import { childEnv, fail, inRoot, node24 } from './parts/project.mjs'

const main = async () => {
  await ensureDependencies()
  await ensureBuild()
  // The user's own folder, not the repository's: npm changes into the latter.
  const cwd = process.env.INIT_CWD ?? process.cwd()
  const command = spawn(node24, ['--enable-source-maps', inRoot('out/main/cli.js'), ...process.argv.slice(2)], {
    cwd,
    stdio: 'inherit',
    env: childEnv(),
  })
  // The command decides how to end on a signal; this process only waits for it.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => command.kill(signal))
  command.on('error', fail)
  command.on('close', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
}

await main().catch(fail)
