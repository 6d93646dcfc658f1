// Makes a thousand variations of a large remix, and renders previews of the real song where it is there. Arguments: scratch folder, folder of the real
// song or nothing. Prints one JSON object.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { closeDecodePool, ensureDecoded } from '../../src-engine/files/index.ts'
import { loadKernels } from '../../src-engine/kernels/index.ts'
import { renderPreview } from '../../src-engine/previews/render-preview.ts'
import { factsUnder, HARBOUR_RULES, heardFacts, openTerms, songOf } from '../../src-engine/styles/styles.fixture.ts'
import { STYLES } from '../../src-engine/styles/index.ts'
import { drawVariation } from '../../src-main/studio/variations/draw.ts'
import { makeVariation, readOriginal } from '../../src-main/studio/variations/make.ts'
import { compilePlan, createRemix } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'

const COUNT = 1_000
const PREVIEW_SECONDS = 30
const [scratch = '.', potassium = ''] = process.argv.slice(2)

const cpuOf = async (work: () => Promise<void> | void): Promise<number> => {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

const snapshot = songOf({ seconds: 250, tracks: 19 })
const original = unwrap(readOriginal(snapshot, factsUnder(openTerms(snapshot, HARBOUR_RULES), heardFacts(snapshot))))
const styles = STYLES.filter(
  (style) =>
    ['sound', 'arrangement', 'groove'].includes(style.group) && !style.needs.includes('reference') && !style.needs.includes('second-work'),
)
let legal = 0
const started = performance.now()
const recipesCpuMs = await cpuOf(() => {
  for (let number = 1; legal < COUNT && number < COUNT * 3; number++)
    if (makeVariation(original, drawVariation(number, { seed: 1, styles, keep: [] })).ok) legal++
})
const recipesMs = performance.now() - started

const previewTimesRealtime = async (): Promise<number | null> => {
  if (potassium === '') return null
  const cacheDir = join(scratch, 'previews')
  mkdirSync(cacheDir, { recursive: true })
  const paths = readdirSync(potassium)
    .filter((name) => name.endsWith('.m4a'))
    .map((name) => join(potassium, name))
  const stems = await Promise.all(
    paths.map(async (path, i) => {
      const contentSha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
      const { lengthFrames, channels } = unwrap(await ensureDecoded({ path, contentSha256, cacheDir }))
      return {
        id: `urn:stem:${i}`,
        title: path,
        role: 'other' as const,
        contentSha256,
        sampleRate: 48_000,
        channels,
        lengthFrames,
        isrc: null,
      }
    }),
  )
  await closeDecodePool()
  let id = 0
  const work = {
    id: 'urn:work',
    title: 'Potassium',
    artists: [],
    milliBpm: 90_000,
    key: null,
    meter: { numerator: 4, denominator: 4 },
    sections: [],
    stems,
  }
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
process.stdout.write(JSON.stringify({ legal, recipesMs, recipesCpuMs, previewTimesRealtime: timesRealtime }))
