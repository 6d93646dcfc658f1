// Makes a thousand variations of a large remix, and renders previews of the real song where it is there. Arguments: scratch folder, folder of the real
// song or nothing. Prints one JSON object.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadKernels } from '../../src-engine/kernels/index.ts'
import { renderPreview } from '../../src-engine/previews/render-preview.ts'
import { factsUnder, HARBOUR_RULES, heardFacts, openTerms, songOf } from '../../src-engine/styles/styles.fixture.ts'
import { STYLES } from '../../src-engine/styles/index.ts'
import { drawVariation } from '../../src-main/studio/variations/draw.ts'
import { makePool, shareOriginal, warmMakers } from '../../src-main/studio/variations/make-pool.ts'
import { compilePlan, createRemix } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { potassiumWork } from './potassium-work.ts'

const COUNT = 1_000
const BATCH = 16
const PREVIEW_SECONDS = 30
const [scratch = '.', potassium = ''] = process.argv.slice(2)

const cpuOf = async (work: () => Promise<void> | void): Promise<number> => {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

const snapshot = songOf({ seconds: 250, tracks: 19 })
const facts = factsUnder(openTerms(snapshot, HARBOUR_RULES), heardFacts(snapshot))
const styles = STYLES.filter(
  (style) =>
    ['sound', 'arrangement', 'groove'].includes(style.group) && !style.needs.includes('reference') && !style.needs.includes('second-work'),
)

/** Makes and judges a thousand in threads, as a run does; how many are legal. */
const makeThousand = async (seed: number): Promise<number> => {
  const original = shareOriginal(snapshot, facts)
  const drawn = Array.from({ length: COUNT }, (_, i) => drawVariation(i + 1, { seed, styles, keep: [] }))
  const jobs = Array.from({ length: Math.ceil(COUNT / BATCH) }, (_, i) =>
    makePool.run({ original, variations: drawn.slice(i * BATCH, (i + 1) * BATCH) }, { signal: undefined }),
  )
  let legal = 0
  for (const made of await Promise.all(jobs)) legal += unwrap(made).filter(({ ok }) => ok).length
  return legal
}

const timed = async (work: () => Promise<void>): Promise<number> => {
  const started = performance.now()
  await work()
  return performance.now() - started
}

// A run starts its threads while the licence and what was heard are read.
await warmMakers()
let legal = 0
let recipesMs = 0
const recipesCpuMs = await cpuOf(async () => {
  recipesMs = await timed(async () => {
    legal = await makeThousand(1)
  })
})
const recipesAgainMs = await timed(async () => {
  await makeThousand(2)
})
makePool.dispose()

const previewTimesRealtime = async (): Promise<number | null> => {
  if (potassium === '') return null
  const cacheDir = join(scratch, 'previews')
  mkdirSync(cacheDir, { recursive: true })
  const { work } = await potassiumWork(potassium, cacheDir)
  let id = 0
  const plan = unwrap(compilePlan(createRemix(work, { newId: () => `b${++id}`, now: 0 })))
  const kernels = loadKernels()
  const starts = [30, 60, 90, 120, 150, 180, 210]
  const render = (at: number): void => {
    const range = { fromFrame: at * 48_000, toFrame: (at + PREVIEW_SECONDS) * 48_000 }
    unwrap(renderPreview({ plan, range, key: 'a'.repeat(64), keeps: false, cacheDir }, kernels, undefined, () => false))
  }
  for (const at of starts) render(at)
  const cpuMs = await cpuOf(() => {
    for (const at of starts) render(at)
  })
  return (starts.length * PREVIEW_SECONDS * 1_000) / cpuMs
}

const timesRealtime = await previewTimesRealtime()
process.stdout.write(JSON.stringify({ legal, recipesMs, recipesCpuMs, recipesAgainMs, previewTimesRealtime: timesRealtime }))
