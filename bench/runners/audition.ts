// How soon a variation is heard: through the built engine, in a process of its own, on the real song. Arguments: scratch folder, folder of the real song.
// Prints one JSON object: milliseconds until it plays, the middle of several starts.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { PreviewReport, StemFile } from '../../src-shared/protocol/index.ts'
import { applyEdits, compilePlan, createRemix, type EditCommand, type RenderPlan } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { potassiumWork } from './potassium-work.ts'

const [scratch = '.', potassium = ''] = process.argv.slice(2)
const cacheDir = join(scratch, 'audition')
rmSync(cacheDir, { recursive: true, force: true })
mkdirSync(cacheDir, { recursive: true })

const { paths, work } = await potassiumWork(potassium, cacheDir)
const files: StemFile[] = work.stems.map(({ contentSha256 }, i) => ({ name: `stem ${i}`, path: paths[i] ?? '', contentSha256 }))
let id = 0
const newId = (): string => `b${++id}`
const remix = createRemix(work, { newId, now: 0 })
const planOf = (commands: readonly EditCommand[]): RenderPlan =>
  unwrap(compilePlan(unwrap(applyEdits(remix, commands, { newId })).snapshot))

const engine: ChildProcess = fork(join(import.meta.dirname, '../../out/main/engine.js'), [], {
  serialization: 'advanced',
  stdio: ['ignore', 2, 2, 'ipc'],
})
let nextId = 1
const waiting = new Map<number, (result: { ok: boolean; value?: unknown; error?: { code: string; message: string } }) => void>()
engine.on('message', (message: { id: number; result?: { ok: boolean } }) => {
  if (message.result) waiting.get(message.id)?.(message.result)
})
const ask = (name: string, payload: unknown): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const mine = nextId++
    waiting.set(mine, (result) => {
      waiting.delete(mine)
      if (result.ok) resolve(result.value)
      else reject(new Error(`${result.error?.code}: ${result.error?.message}`))
    })
    engine.send({ id: mine, name, payload })
  })
const middle = (values: readonly number[]): number => values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0
const until = async (name: string, payload: unknown): Promise<number> => {
  const started = performance.now()
  const state = (await ask(name, payload)) as { isPlaying: boolean }
  const took = performance.now() - started
  if (!state.isPlaying) throw new Error(`${name} does not play`)
  return took
}

await ask('engine.open', { cacheDir, output: 'silent' })
const at = (second: number) => ({ fromFrame: second * 48_000, toFrame: (second + 30) * 48_000 })
const starts = [60, 90, 120, 150, 180]
const rendered: number[] = []
const fresh: number[] = []
const stretched: number[] = []
for (const [i, second] of starts.entries()) {
  const range = at(second)
  const plain = planOf([{ op: 'track.set', trackId: '@master', gainDb: -1 - i }])
  const report = (await ask('preview.render', { plan: plain, stems: files, range, keeps: true })) as PreviewReport
  rendered.push(await until('audition.preview', { key: report.key, ...range, atFrame: range.fromFrame, gainDb: 0 }))
  const other = planOf([{ op: 'track.set', trackId: '@master', gainDb: -7 - i }])
  fresh.push(await until('audition.plan', { plan: other, stems: files, range, atFrame: range.fromFrame, gainDb: 0 }))
  await ask('audition.stop', {})
  // A tempo that nothing was stretched to yet.
  const faster = planOf([{ op: 'tempo.set', points: [{ at: 0, milliBpm: 96_000 + i * 1_000 }], keep: 'stretch' }])
  stretched.push(await until('audition.plan', { plan: faster, stems: files, range, atFrame: range.fromFrame, gainDb: 0 }))
  await ask('audition.stop', {})
}
engine.disconnect()
engine.kill()
rmSync(cacheDir, { recursive: true, force: true })
process.stdout.write(
  JSON.stringify({
    renderedMs: middle(rendered),
    freshMs: middle(fresh),
    stretchedMs: middle(stretched),
  }),
)
