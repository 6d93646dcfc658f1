// Measures every style on the works of a home (made by `stemma demo` or pulled) and writes the tables in docs/styles.md between its marks. Works that are
// not measured this time keep their table.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gainModel } from '../../src-engine/ai/onnx-writer.fixture.ts'
import { type RecipeOrder, STYLES, type Style, type StyleRun } from '../../src-engine/styles/index.ts'
import {
  addWork,
  createNodeProcessHost,
  defaultHomeDir,
  fileSecretBox,
  openStudio,
  proposeStyle,
  type Studio,
} from '../../src-main/studio/index.ts'
import type { GrooveFinding, WorkSummary } from '../../src-shared/protocol/index.ts'
import { usageOf } from '../../src-shared/provenance/index.ts'
import { applyEdits, type EditCommand, recordsOf, type RemixSnapshot } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { grooveDistanceMs, type Rendered, StyleEar, type StyleSound, type Stretch } from './style-sound.ts'

const { values } = parseArgs({
  options: {
    home: { type: 'string' },
    write: { type: 'boolean', default: false },
    style: { type: 'string', multiple: true },
    work: { type: 'string', multiple: true },
  },
})

const START = '<!-- measured -->'
const END = '<!-- /measured -->'
const HEAD = [
  '| | heard s | LUFS | centroid Hz | low dB | high dB | attacks/s | eighths % | 16ths % | off grid ms | BPM | s | tail s | clips |',
  '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|',
]

/** A wish that most works can be given, and the style file of docs/formats/recipe.md. */
const WISH = 'darker, half-time chorus, keep the lead vocal dry'
const NIGHT_BUS = JSON.stringify([
  { style: 'lo-fi', params: { dark: 3_500, swing: 58 } },
  { style: 'edit-60s', params: { seconds: 45 } },
])
/** Halves what it hears: the model that is made for tests. */
const HALVER = { name: 'Halver', version: '1', licence: 'CC0-1.0' }

interface Trial {
  readonly label: string
  readonly order: RecipeOrder
  /** The remix that the style is run on. */
  readonly snapshot: RemixSnapshot
  /** The second work goes on, unheard, after the first one ended. */
  readonly isSecond?: boolean
  /** What else is worth saying of it. */
  readonly tell?: (made: Made) => string
}

interface Made {
  readonly run: StyleRun
  readonly before: Rendered
  readonly after: Rendered
  /** Where they differ; left out where that is almost everywhere. */
  readonly stretches?: readonly Stretch[]
}

/** A row; beside what a person looks for first stands how far it moved from the same stretch of the original. */
const row = (name: string, sound: StyleSound, stretches: readonly Stretch[] | null, before?: StyleSound): string => {
  const {
    lufs,
    centroidHz,
    lowDb,
    highDb,
    attacksPerSecond,
    eighthsPercent,
    sixteenthsPercent,
    offGridMs,
    bpm,
    seconds,
    tailSeconds,
    clips,
  } = sound
  const signed = (value: number, digits: number): string => `${value < 0 ? '' : '+'}${value.toFixed(digits)}`
  const moved = (value: number | null, old: number | null | undefined, digits: number): string =>
    value === null ? '–' : `${value.toFixed(digits)}${before && old != null ? ` (${signed(value - old, digits)})` : ''}`
  const heard = stretches ? stretches.reduce((sum, [from, to]) => sum + to - from, 0) / 48_000 : null
  const cells = [
    name,
    heard === null ? 'all' : heard.toFixed(1),
    lufs === null ? 'silent' : moved(lufs, before?.lufs, 1),
    `${centroidHz}${before ? ` (${signed((centroidHz / before.centroidHz - 1) * 100, 0)} %)` : ''}`,
    lowDb.toFixed(1),
    highDb.toFixed(1),
    moved(attacksPerSecond, before?.attacksPerSecond, 2),
    moved(eighthsPercent, before?.eighthsPercent, 1),
    moved(sixteenthsPercent, before?.sixteenthsPercent, 1),
    moved(offGridMs, before?.offGridMs, 1),
    bpm,
    seconds.toFixed(1),
    tailSeconds.toFixed(1),
    clips,
  ]
  return `| ${cells.join(' | ')} |`
}

/** The remix with a second work on tracks below, in the remix's tempo where it may be; of it only these roles are heard. */
const withSecond = (snapshot: RemixSnapshot, second: WorkSummary, roles: readonly string[]): RemixSnapshot => {
  const newId = (): string => randomUUID()
  const added = unwrap(applyEdits(snapshot, [addWork(second)], { newId })).snapshot
  const mute = recordsOf(added, 'track').flatMap((track): EditCommand[] =>
    snapshot.has(track.id) || track.kind !== 'audio' || roles.includes(track.role)
      ? []
      : [{ op: 'track.set', trackId: track.id, isMuted: true }],
  )
  return unwrap(applyEdits(added, mute, { newId })).snapshot
}

/** Seconds that the drums of each work are heard. */
const drumSeconds = ({ plan, lengthFrames }: Rendered, workId: string): string => {
  const stems = new Set(plan.sources.flatMap((source) => (source.workId === workId && source.role === 'drums' ? [source.stemId] : [])))
  const used = usageOf(plan, { range: { fromFrame: 0, toFrame: lengthFrames } }).stems.filter((stem) => stems.has(stem.stem))
  return `${(Math.max(0, ...used.map((stem) => stem.usedMs)) / 1_000).toFixed(1)} s`
}

const grooveText = (groove: GrooveFinding | null): string =>
  groove ? `eighths ${groove.swingEighthPermille / 10} %, sixteenths ${groove.swingSixteenthPermille / 10} %` : 'no groove'

/** Trials of one style: its defaults, or what it needs beside them. */
const trialsOf = async (studio: Studio, ear: StyleEar, work: WorkSummary, snapshot: RemixSnapshot, style: Style): Promise<Trial[]> => {
  const others = studio.library.works().filter((one) => one.id !== work.id && studio.works.newRemix(one).ok)
  const order: RecipeOrder = { style: style.id, seed: 1 }
  const bar = (one: WorkSummary): number => one.meter.numerator / one.meter.denominator
  const near = (one: WorkSummary): number => Math.abs(Math.log2((one.milliBpm ?? 120_000) / (work.milliBpm ?? 120_000)))
  // A restricted licence allows little stretching.
  const nearest = others.filter((one) => one.licence.state === 'open' || near(one) < 0.2).toSorted((a, b) => near(a) - near(b))
  const rated = (label: string, more: Partial<RecipeOrder>): Trial[] => [{ label, order: { ...order, ...more }, snapshot }]
  switch (style.id) {
    case 'match': {
      const [other] = others
      return other ? rated(`match (${other.title})`, { inputs: [other.id] }) : rated(style.id, {})
    }
    case 'words':
      return rated(`words (“${WISH}”)`, { params: { text: WISH } })
    case 'own':
      return rated('own (“Night bus”)', { params: { name: 'Night bus', steps: NIGHT_BUS } })
    case 'model':
      return rated('model (“Halver” on the voice)', { params: { model: HALVER.name, part: 'vocals' } })
    case 'stem-swaps': {
      const [second] = nearest
      if (!second) return rated(style.id, {})
      const tell = ({ before, after, run }: Made): string =>
        `stem-swaps: ${run.summary.replace(/^.*?: /, '')} The drums of “${work.title}” are heard for ${drumSeconds(after, work.id)} (${drumSeconds(before, work.id)} before), those of “${second.title}” for ${drumSeconds(after, second.id)} (none before).`
      return [{ label: `stem-swaps (${second.title})`, order, snapshot: withSecond(snapshot, second, ['drums']), isSecond: true, tell }]
    }
    case 'groove-transfer': {
      const grooves = new Map<string, GrooveFinding | null>()
      for (const one of [work, ...others]) grooves.set(one.id, unwrap(await studio.works.analyse(one)).groove)
      const swingOf = (one: WorkSummary): number => grooves.get(one.id)?.swingSixteenthPermille ?? 500
      const unlike = (one: WorkSummary): number => Math.abs(swingOf(one) - swingOf(work))
      // Where the bars are alike every sixteenth has a counterpart; elsewhere only swing can be taken.
      return others
        .toSorted((a, b) => Number(bar(a) !== bar(work)) - Number(bar(b) !== bar(work)) || unlike(b) - unlike(a))
        .slice(0, 1)
        .map((second) => ({
          label: `groove-transfer (${second.title})`,
          order: { ...order, params: { from: second.title } },
          snapshot: withSecond(snapshot, second, []),
          isSecond: true,
          tell: ({ before, after, run }) => {
            const groove = grooves.get(second.id) ?? null
            const [was, is] = [ear.groove(before), ear.groove(after)]
            const [far, close] = groove ? [was && grooveDistanceMs(was, groove), is && grooveDistanceMs(is, groove)] : []
            const distance =
              far == null || close == null
                ? 'their bars are of another length, so only swing is taken'
                : `on average ${far.toFixed(1)} ms from it before and ${close.toFixed(1)} ms after, sixteenth by sixteenth`
            const left = run.leftOut.map(({ what, why }) => ` Left out: ${what}. ${why}`).join('')
            return `groove-transfer: “${second.title}” is played with ${grooveText(groove)}; the drums of “${work.title}” with ${grooveText(was)} before and ${grooveText(is)} after: ${distance}.${left}`
          },
        }))
    }
    case 'half-time':
    case 'double-time': {
      const tell = ({ before, after, stretches }: Made): string =>
        `${style.id}: the drums strike ${ear.strikes(after, stretches)} times a second there, ${ear.strikes(before, stretches)} before.`
      return [{ label: style.id, order, snapshot, tell }]
    }
    default:
      return rated(style.id, {})
  }
}

const measureWork = async (studio: Studio, work: WorkSummary, snapshot: RemixSnapshot): Promise<string[]> => {
  const ear = new StyleEar(studio)
  const original = await ear.render(snapshot)
  const lines = [...HEAD, row('original', ear.measure(original), null)]
  const notes: string[] = []
  for (const style of STYLES.filter((one) => !values.style || values.style.includes(one.id))) {
    for (const trial of await trialsOf(studio, ear, work, snapshot, style)) {
      const started = performance.now()
      const run = await proposeStyle(studio.factTools(trial.snapshot), trial.snapshot, trial.order)
      let said = run.ok ? run.value.summary : run.error.message
      if (run.ok) {
        const after = await ear.render(run.value.snapshot, trial.isSecond ? original.lengthFrames : undefined)
        const changes = ear.changes(original, after)
        const changed = changes?.reduce((sum, [from, to]) => sum + to - from, 0) ?? 0
        if (changes?.length === 0) {
          said = `${said} Nothing of it is heard.`
          notes.push(`${trial.label}: ${[said, ...run.value.leftOut.map(({ why }) => why)].join(' ')}`)
        } else {
          const stretches = changes && changed < after.lengthFrames * 0.9 ? changes : null
          const sounds = [original, after].map((one) => ear.measure(one, stretches ?? undefined))
          if (sounds[1]) lines.push(row(trial.label, sounds[1], stretches, sounds[0]))
          const told = trial.tell?.({ run: run.value, before: original, after, ...(stretches ? { stretches } : {}) })
          if (told) notes.push(told)
        }
      } else notes.push(`${trial.label}: ${said}`)
      process.stderr.write(`${work.title} ${trial.label} ${Math.round((performance.now() - started) / 100) / 10} s: ${said}\n`)
    }
  }
  return [...lines, '', ...notes.map((one) => `- ${one}`)]
}

/** Tables by the title of their work, as they stand in the document. */
const readTables = (text: string): Map<string, string> =>
  new Map(
    text
      .split(/^### /m)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf('\n')).trim(), part.slice(part.indexOf('\n')).trim()]),
  )

const writeTable = async (title: string, lines: readonly string[]): Promise<void> => {
  const path = join(import.meta.dirname, '../../docs/styles.md')
  const text = await readFile(path, 'utf8')
  const [head = '', rest = ''] = text.split(START)
  const [measured = '', tail = ''] = rest.split(END)
  const tables = readTables(measured).set(title, lines.join('\n').trim())
  const all = [...tables].sort(([a], [b]) => a.localeCompare(b)).map(([name, table]) => `### ${name}\n\n${table}\n`)
  await writeFile(path, `${head}${START}\n\n${all.join('\n')}\n${END}${tail}`)
}

const studio = unwrap(
  await openStudio({
    homeDir: resolve(values.home ?? defaultHomeDir()),
    serviceUrl: null,
    host: createNodeProcessHost(),
    secrets: fileSecretBox,
  }),
)
const scratch = mkdtempSync(join(tmpdir(), 'stemma-measure-'))
try {
  const path = join(scratch, 'halver.onnx')
  writeFileSync(path, gainModel(0.5, {}))
  if (!(await studio.models.find(HALVER.name)).ok) unwrap(await studio.models.add(path, HALVER))
  const works = studio.library.works().filter((work) => !values.work || values.work.includes(work.title))
  for (const work of works) {
    const made = studio.works.newRemix(work)
    if (!made.ok) continue
    const lines = await measureWork(studio, work, made.value)
    process.stdout.write(`### ${work.title}\n\n${lines.join('\n')}\n\n`)
    if (values.write) await writeTable(work.title, lines)
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
  await studio.close()
}
