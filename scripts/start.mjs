// `npm start`: installs what is missing, builds and opens the app; without a display it runs the same job headless.
import { spawn } from 'node:child_process'
import { ensureBuild } from './parts/build.mjs'
import { ensureDependencies } from './parts/dependencies.mjs'
import { electronEnv, electronPath } from './parts/electron.mjs'
import { childEnv, fail, hasDisplay, inRoot, node24, root } from './parts/project.mjs'
import { say } from './parts/progress.mjs'
import { setUpElectron } from './setup.mjs'

/** @param {string} command @param {readonly string[]} args */
const hand = (command, args) => {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: childEnv(electronEnv()) })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
  child.on('error', fail)
  child.on('close', (code, signal) => {
    process.exitCode = code ?? (signal ? 130 : 1)
  })
}

const main = async () => {
  await ensureDependencies()
  if (!hasDisplay()) {
    await ensureBuild()
    say('No display here (neither DISPLAY nor WAYLAND_DISPLAY is set): running the same job without a window, `stemma demo`.')
    hand(node24, ['--enable-source-maps', inRoot('out/main/cli.js'), 'demo', ...process.argv.slice(2)])
    return
  }
  await setUpElectron({ forTests: false })
  await ensureBuild()
  say('Opening Stemma')
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0
  // Chromium refuses to start its sandbox as root; level 3 drops the noise of missing desktop services.
  hand(electronPath(), ['.', '--log-level=3', ...(isRoot ? ['--no-sandbox'] : []), ...process.argv.slice(2)])
}

await main().catch(fail)
