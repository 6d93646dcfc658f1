// Worker thread entry: makes variations of one remix after another.
import { deserialize } from 'node:v8'
import type { StyleFacts } from '../../../src-engine/styles/index.ts'
import { serveJobs } from '../../../src-engine/threads/index.ts'
import type { RemixSnapshot } from '../../../src-shared/remix/index.ts'
import { ok, type Result } from '../../../src-shared/std/index.ts'
import { type Judged, judgeVariation, type Original, readOriginal } from './make.ts'
import type { MakeJob, MakeReport, SharedOriginal } from './make-pool.ts'

let known: { readonly number: number; readonly original: Result<Original> } | undefined

const read = ({ number, bytes }: SharedOriginal): Result<Original> => {
  if (known?.number === number) return known.original
  // A copy: what is read must not lie in memory that others write.
  const { snapshot, facts } = deserialize(Buffer.from(new Uint8Array(bytes))) as {
    readonly snapshot: RemixSnapshot
    readonly facts: StyleFacts
  }
  known = { number, original: readOriginal(snapshot, facts) }
  return known.original
}

serveJobs<MakeJob, MakeReport>(({ original: shared, variations }, { isCancelled }) => {
  if (variations.length === 0) return ok([])
  const original = read(shared)
  if (!original.ok) return original
  const results: Result<Judged>[] = []
  for (const variation of variations) {
    if (isCancelled()) break
    results.push(judgeVariation(original.value, variation))
  }
  return ok(results)
})
