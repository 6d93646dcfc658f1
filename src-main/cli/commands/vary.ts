// `stemma vary`: the variations of the window, without one. What is saved are ordinary remix files.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MAX_VARIATIONS, type VariationRow } from '../../../src-shared/protocol/index.ts'
import { ROLES, type Role } from '../../../src-shared/remix/index.ts'
import { safeFileName, saveRemixFile, type Variations } from '../../studio/index.ts'
import { type Run, UsageError } from '../command.ts'
import { done, formatDuration, refused, table } from '../output.ts'
import { withRemix } from './remix.ts'

export interface VaryOptions {
  readonly file: string
  readonly count?: number
  readonly seed?: number
  readonly style?: string
  readonly keep?: string
  readonly top?: number
  readonly out?: string
  /** Checks the rules only; nothing is rendered. */
  readonly dry?: boolean
}

const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)

const rolesOf = (text: string | undefined): Role[] =>
  list(text).map((name) => {
    const role = ROLES.find((one) => one === name.toLowerCase())
    if (!role) throw new UsageError(`There is no role “${name}”; there are ${ROLES.join(', ')}.`)
    return role
  })

/** So many rows, spread evenly from the closest to the furthest. */
const spreadOf = (rows: readonly VariationRow[], count: number): VariationRow[] => {
  const distance = ({ structureDistance, soundDistance }: VariationRow): number => structureDistance + (soundDistance ?? 0)
  const sorted = [...rows].sort((left, right) => distance(left) - distance(right) || left.number - right.number)
  if (sorted.length <= count) return sorted
  return Array.from({ length: count }, (_, i) => sorted[Math.round((i * (sorted.length - 1)) / Math.max(1, count - 1))] as VariationRow)
}

const percent = (share: number | null): string => (share === null ? '' : `${Math.round(share * 100)} %`)

const lineOf = (row: VariationRow): string[] => [
  `#${row.number}`,
  formatDuration(row.lengthMs),
  `${Math.round(row.bpm * 10) / 10} BPM`,
  percent(row.structureDistance),
  percent(row.soundDistance),
  row.preview?.integratedLufs == null ? '' : `${row.preview.integratedLufs.toFixed(1)} LUFS`,
  row.summary,
]

/** Keeps rows and writes each as a remix file; paths of what was written. */
const saveAll = async (variations: Variations, rows: readonly VariationRow[], dir: string, title: string) => {
  mkdirSync(dir, { recursive: true })
  const saved: { readonly id: string; readonly path: string }[] = []
  const numbers = new Set<number>()
  for (const row of rows) {
    const snapshot = variations.remixOfItsOwn(row.id)
    if (!snapshot.ok) return snapshot
    // What was kept of another seed comes first and may bear the number of one of this seed.
    const name = numbers.has(row.number) ? `${row.number} ${row.id.slice(0, 4)}` : `${row.number}`
    numbers.add(row.number)
    const path = join(dir, `${safeFileName(title)} - variation ${name}.stemma`)
    const written = await saveRemixFile(path, snapshot.value, { expected: null })
    if (!written.ok) return written
    const marked = await variations.mark(row.id, 'kept')
    if (!marked.ok) return marked
    saved.push({ id: row.id, path })
  }
  return { ok: true, value: saved } as const
}

export const varyCommand: Run<VaryOptions> = async (context, options) => {
  const { count = 100, seed = 1, top = 10 } = options
  if (!Number.isInteger(count) || count < 1 || count > MAX_VARIATIONS)
    throw new UsageError(`--count takes a whole number from 1 to ${MAX_VARIATIONS}.`)
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) throw new UsageError('--seed takes a whole number from 0 to 4294967295.')
  if (!Number.isInteger(top) || top < 1) throw new UsageError('--top takes a whole number from 1.')
  const keep = rolesOf(options.keep)
  const studio = await context.studio()
  if (!studio.ok) return refused(studio.error)
  if (!options.dry) studio.value.warmUp()
  return withRemix(studio.value, options.file, async (remix) => {
    const variations = studio.value.variations(remix.session.snapshot, ({ run }) =>
      context.progress.show(run.state === 'generating' ? 'Making variations' : `Listening to ${run.shown} variations`, run.fraction),
    )
    context.signal.addEventListener('abort', () => void variations.stop())
    const run = await variations.start({ count, seed, styles: list(options.style), keep, isLearning: false, isDry: options.dry === true })
    if (!run.ok) return refused(run.error)
    if (run.value.state === 'stopped') return refused({ code: 'variations.cancelled', message: 'Stopped; nothing was saved.' })
    const { rows } = variations.list()
    const chosen = options.out === undefined ? [] : spreadOf(rows, top)
    const saved = await saveAll(variations, chosen, resolve(options.out ?? '.'), remix.session.title)
    if (!saved.ok) return refused(saved.error)
    const { licence, unfit, loudness, duplicates } = run.value.dropped
    return done(
      {
        ok: true,
        run: run.value,
        variations: rows.map(({ preview, ...row }) => ({ ...row, preview: preview && { ...preview, peaks: [...preview.peaks] } })),
        saved: saved.value,
      },
      [
        ...table((chosen.length > 0 ? chosen : rows.slice(0, 40)).map(lineOf)),
        ...(chosen.length === 0 && rows.length > 40 ? [`… and ${rows.length - 40} more`] : []),
        `${rows.length} variations with seed ${seed}. Dropped: ${licence} by the licence, ${unfit} that do not fit the remix, ${loudness} by loudness or clipping, ${duplicates} as duplicates.`,
        ...(run.value.problem === null ? [] : [run.value.problem]),
        ...saved.value.map(({ path }) => path),
      ],
    )
  })
}
