// `npm run build`: kernels, then the bundles in out/.
import { build } from './parts/build.mjs'
import { ensureDependencies } from './parts/dependencies.mjs'
import { fail } from './parts/project.mjs'
import { step } from './parts/progress.mjs'

const main = async () => {
  await ensureDependencies()
  await step('Building', build)
}

await main().catch(fail)
