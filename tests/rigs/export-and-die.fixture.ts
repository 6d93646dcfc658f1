// Exports a remix and dies by SIGKILL at the point it is told. Run as a child: node export-and-die.fixture.ts JOB.json
import fs, { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { unwrap } from '../../src-shared/std/index.ts'
import { decodeDocument } from '../../src-shared/remix/index.ts'
import { openStudioAt, orderOf } from './studio-rig.ts'

/** Where an export can be killed. `link` and `named` are before and after the file gets its name, the receipt being written already. */
export const DEATHS = ['check', 'prepare', 'render', 'encoded', 'stamp', 'stamping', 'commit', 'link', 'named'] as const
export type Death = (typeof DEATHS)[number]

export interface DeathJob {
  readonly homeDir: string
  readonly serviceUrl: string
  /** File with the remix document. */
  readonly remix: string
  readonly out: string
  readonly at: Death
}

const die = (): void => {
  process.kill(process.pid, 'SIGKILL')
}

const run = async ({ homeDir, serviceUrl, remix, out, at }: DeathJob): Promise<void> => {
  const { link } = fs.promises
  fs.promises.link = async (from, to) => {
    if (at === 'link') die()
    await link(from, to)
    if (at === 'named') die()
  }
  syncBuiltinESMExports()
  const studio = unwrap(await openStudioAt(homeDir, serviceUrl))
  const { snapshot } = unwrap(decodeDocument(readFileSync(remix, 'utf8')))
  const result = await studio.export(orderOf(snapshot, { [out]: 'wav24' }), {
    onProgress: (step, fraction) => {
      if (step === at) die()
      if (at === 'encoded' && step === 'render' && fraction >= 0.79) die()
      if (at === 'stamping' && step === 'stamp') setTimeout(die, 30)
    },
  })
  await studio.close()
  // Reached only where the export was not killed: the test must not take that for a death survived.
  throw new Error(`the export ended alive: ${JSON.stringify(result)}`)
}

const [job] = process.argv.slice(2)
if (job !== undefined && process.argv[1]?.endsWith('export-and-die.fixture.ts'))
  await run(JSON.parse(readFileSync(job, 'utf8')) as DeathJob)
