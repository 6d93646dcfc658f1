// Listens to made songs of known tempo, key and meter, to the demo works, and to the real song where it is there. Arguments: number of songs, scratch
// folder, folder of the real song or nothing. Prints one JSON object.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { analyseWork, buildStemMusic, type WorkStem } from '../../src-engine/analysis/requests/index.ts'
import { extractFeatures, isSameKey } from '../../src-engine/analysis/index.ts'
import { memorySource } from '../../src-engine/analysis/testing/memory-source.ts'
import { loadOneShots } from '../../src-engine/analysis/testing/one-shots.ts'
import { makeSong } from '../../src-engine/analysis/testing/songs.ts'
import { closeDecodePool, ensureDecoded, openDecoded } from '../../src-engine/files/index.ts'
import { renderDemoCatalogue } from '../../src-main/studio/demo/catalogue/index.ts'
import type { Role } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'

/** Not the seeds that the analysis was tuned by. */
const FIRST_SEED = 5_000

interface Piece {
  readonly name: string
  readonly milliBpm: number
  readonly key: string
  readonly meter: { readonly numerator: number; readonly denominator: number }
  readonly stems: readonly WorkStem[]
}

const [count = '40', scratch = '.', potassium = ''] = process.argv.slice(2)
const cacheDir = join(scratch, 'analysis')
mkdirSync(cacheDir, { recursive: true })
let cpuMs = 0
let soundSeconds = 0

const timed = <T>(work: () => T): T => {
  const before = process.cpuUsage()
  const value = work()
  const { user, system } = process.cpuUsage(before)
  cpuMs += (user + system) / 1_000
  return value
}

const stemFrom = (source: ReturnType<typeof memorySource>, role: Role, title: string): WorkStem => {
  soundSeconds += source.lengthFrames / 48_000
  const music = timed(() => {
    const features = extractFeatures(source)
    if (!features) throw new Error('nobody cancels a benchmark')
    return buildStemMusic(features)
  })
  return { stem: { contentSha256: '0'.repeat(64), role, title }, music, loudness: null }
}

const stemOfFile = async (path: string, role: Role): Promise<WorkStem> => {
  const contentSha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  unwrap(await ensureDecoded({ path, contentSha256, cacheDir }))
  const source = unwrap(openDecoded(cacheDir, contentSha256))
  try {
    return stemFrom(source, role, path)
  } finally {
    source.close()
  }
}

/** Roles of the real song's stems (its FACTS.md). */
const roleOf = (name: string): Role => {
  if (/vox/.test(name)) return 'vocals'
  if (/pad-bass/.test(name)) return 'bass'
  if (/mallet|keys/.test(name)) return 'keys'
  if (/synth/.test(name)) return 'synth'
  return /effect|build|sweep/.test(name) ? 'effects' : 'drums'
}

const tally = { songs: 0, within: 0, octave: 0, keyExact: 0, keyUnsure: 0, keyWrong: 0, meter: 0, confidenceRight: 0, confidenceWrong: 0 }
const others = { pieces: 0, within: 0, keyExact: 0, keyUnsure: 0, keyWrong: 0 }
const misses: string[] = []

const judge = ({ name, milliBpm, key, meter, stems }: Piece, isMade: boolean): void => {
  // Nothing is told to it: what it says is what it heard.
  const heard = timed(() => analyseWork(stems, null))
  const found = heard.tempo.detected
  const isWithin = found !== null && Math.abs(found.milliBpm / milliBpm - 1) <= 0.005
  const foundKey = heard.key.detected?.key ?? null
  const keyState = foundKey === null ? 'keyUnsure' : isSameKey(foundKey, key) ? 'keyExact' : 'keyWrong'
  if (!isWithin) misses.push(`${name}: ${milliBpm / 1_000} heard as ${found ? found.milliBpm / 1_000 : 'nothing'}`)
  if (keyState === 'keyWrong') misses.push(`${name}: ${key} heard as ${foundKey}`)
  if (!isMade) {
    others.pieces++
    if (isWithin) others.within++
    others[keyState]++
    return
  }
  tally.songs++
  tally[keyState]++
  if (isWithin) {
    tally.within++
    tally.confidenceRight += found.confidence
  } else {
    tally.confidenceWrong += found?.confidence ?? 0
    if (found && [0.5, 2].some((ratio) => Math.abs(found.milliBpm / milliBpm / ratio - 1) <= 0.005)) tally.octave++
  }
  if (heard.meter.detected?.numerator === meter.numerator && heard.meter.detected.denominator === meter.denominator) tally.meter++
}

const shots = await loadOneShots(cacheDir)
for (let i = 0; i < Number(count); i++) {
  const song = makeSong(FIRST_SEED + i, shots)
  const stems = song.stems.map(({ sound, role, title }) => stemFrom(memorySource(sound), role, title))
  judge({ ...song, stems }, true)
}
for (const { dir, title } of unwrap(await renderDemoCatalogue({ dir: join(scratch, 'analysis-demo') }))) {
  const work = JSON.parse(readFileSync(join(dir, 'work.json'), 'utf8')) as {
    readonly tempo: number
    readonly key: string
    readonly meter: string
    readonly stems: readonly { readonly file: string; readonly role: Role }[]
  }
  const stems: WorkStem[] = []
  for (const { file, role } of work.stems) stems.push(await stemOfFile(join(dir, file), role))
  const [numerator = 4, denominator = 4] = work.meter.split('/').map(Number)
  judge({ name: title, milliBpm: work.tempo * 1_000, key: work.key, meter: { numerator, denominator }, stems }, false)
}
if (potassium !== '') {
  const stems: WorkStem[] = []
  for (const name of readdirSync(potassium).sort())
    if (name.endsWith('.m4a')) stems.push(await stemOfFile(join(potassium, name), roleOf(name)))
  judge({ name: 'Potassium', milliBpm: 90_000, key: 'C major', meter: { numerator: 4, denominator: 4 }, stems }, false)
}
await closeDecodePool()
process.stdout.write(`${JSON.stringify({ ...tally, others, cpuMs, soundSeconds, misses })}\n`)
