// `npm run package`: packs the app for this platform into dist/. With `--for-tests` as a plain folder that tests can drive.
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { argv } from 'node:process'
import { ensureBuild } from './parts/build.mjs'
import { ensureDependencies } from './parts/dependencies.mjs'
import { electronKind, electronPath, rigVersion } from './parts/electron.mjs'
import { Advice, fail, inRoot, must, node24 } from './parts/project.mjs'
import { step } from './parts/progress.mjs'
import { setUpElectron } from './setup.mjs'

const main = async () => {
  const isForTests = argv.includes('--for-tests')
  await ensureDependencies()
  await setUpElectron({ forTests: isForTests })
  await ensureBuild()
  const isRig = electronKind() === 'rig'
  if (isRig && !isForTests) {
    throw new Advice(
      'Electron could not be downloaded here, and the stand-in for tests must not be shipped. Run this where github.com can be reached.',
    )
  }
  // The SQLite built for the stand-in would be packed in place of the prebuilt one.
  if (!isRig) rmSync(inRoot('node_modules/better-sqlite3/build'), { recursive: true, force: true })
  const args = [
    '--publish=never',
    ...(isForTests ? ['--dir', '-c.electronFuses.enableNodeCliInspectArguments=true'] : []),
    ...(isRig ? [`-c.electronDist=${dirname(electronPath())}`, `-c.electronVersion=${rigVersion}`] : []),
  ]
  await step('Packing', () => must(node24, [inRoot('node_modules/electron-builder/cli.js'), ...args], { show: 'stderr' }))
}

await main().catch(fail)
