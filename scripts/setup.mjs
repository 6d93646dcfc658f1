// Makes a checkout ready to run: packages, system libraries, a real Electron. Quick when nothing is to do.
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'
import { ensureDependencies } from './parts/dependencies.mjs'
import { electronKind, ensureElectron } from './parts/electron.mjs'
import { fail } from './parts/project.mjs'
import { ensureSqliteForRig } from './parts/sqlite.mjs'
import { ensureSystemPackages, offerPlugins } from './parts/system-packages.mjs'

/** What Electron needs to start here. @param {{ forTests: boolean }} purpose */
export const setUpElectron = async ({ forTests }) => {
  await ensureSystemPackages({ forRig: electronKind() === undefined, forTests })
  await offerPlugins({ forTests })
  const kind = await ensureElectron()
  if (kind === 'rig') await ensureSqliteForRig()
}

/** Everything that `npm start` and `npm test` rely on. @param {{ forTests: boolean }} purpose */
export const setUp = async ({ forTests }) => {
  await ensureDependencies()
  await setUpElectron({ forTests })
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) await setUp({ forTests: argv.includes('--tests') }).catch(fail)
