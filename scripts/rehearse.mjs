// `npm run rehearse [-- --count N] [--rendered N] [--work TITLE] [--dir DIR] [--write]`: a thousand versions of each work, from licence to the artist's
// ledger; `--rendered` renders only so many of them.
// `--dir` is where some gigabytes of sound may lie meanwhile; `--write` puts what was measured into docs/rehearsal.md.
import { spawn } from 'node:child_process'
import { ensureBuild } from './parts/build.mjs'
import { ensureDependencies } from './parts/dependencies.mjs'
import { childEnv, fail, inRoot, node24, root } from './parts/project.mjs'

/** @param {string} name */
const optionOf = (name) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? undefined : process.argv[at + 1]
}

const main = async () => {
  await ensureDependencies()
  await ensureBuild()
  const [count, rendered, work, dir] = [optionOf('--count'), optionOf('--rendered'), optionOf('--work'), optionOf('--dir')]
  const run = spawn(node24, [inRoot('node_modules/vitest/vitest.mjs'), 'run', '--config', 'vitest.rehearsal.config.ts'], {
    cwd: root,
    stdio: 'inherit',
    env: childEnv({
      ...(count === undefined ? {} : { STEMMA_REHEARSAL_COUNT: count }),
      ...(rendered === undefined ? {} : { STEMMA_REHEARSAL_RENDERED: rendered }),
      ...(work === undefined ? {} : { STEMMA_REHEARSAL_WORK: work }),
      ...(dir === undefined ? {} : { STEMMA_REHEARSAL_DIR: dir }),
      ...(process.argv.includes('--write') ? { STEMMA_REHEARSAL_REPORT: inRoot('docs/rehearsal.md') } : {}),
    }),
  })
  run.on('error', fail)
  run.on('close', (code) => {
    process.exitCode = code ?? 1
  })
}

await main().catch(fail)
