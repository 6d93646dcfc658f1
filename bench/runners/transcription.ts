// Plays scores that are known, on our instruments and by additive synthesis, has them transcribed, and scores the notes found: a note counts when its
// pitch is exact and it begins within 50 ms. Then transcribes again and again and watches the memory. Prints JSON.
import type { Note } from '../../src-shared/remix/index.ts'
import { loadPitchModel } from '../../src-engine/ai/basic-pitch.ts'
import { transcribeSamples } from '../../src-engine/ai/transcribe.ts'
import { renderNotes } from '../../src-engine/instruments/index.ts'
import { createResampler, loadKernels } from '../../src-engine/kernels/index.ts'

const RATE = 48_000
const MODEL_RATE = 22_050
const TOLERANCE = 0.05 * RATE
const RUNS = Number(process.argv[2] ?? 100)

const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const MINOR = [0, 2, 3, 5, 7, 8, 10]

/** A tune that mostly steps, in a minor key. */
const melody = (seed: number, { low, seconds }: { readonly low: number; readonly seconds: number }): Note[] => {
  const random = randomOf(seed)
  const notes: Note[] = []
  let degree = 7
  let at = 0.2
  while (at < seconds - 1) {
    const length = [0.25, 0.25, 0.5, 0.375, 0.75][Math.floor(random() * 5)] as number
    degree = Math.max(0, Math.min(14, degree + Math.floor(random() * 5) - 2 + (random() < 0.15 ? 3 : 0)))
    const pitch = low + 12 * Math.floor(degree / 7) + (MINOR[degree % 7] as number)
    notes.push({
      startFrame: Math.round(at * RATE),
      lengthFrames: Math.round(length * 0.92 * RATE),
      pitch,
      velocity: 70 + Math.floor(random() * 50),
    })
    at += length
  }
  return notes
}

/** Chords of three and four notes, one a second. */
const chords = (seed: number, { low, seconds }: { readonly low: number; readonly seconds: number }): Note[] => {
  const random = randomOf(seed)
  const notes: Note[] = []
  for (let at = 0.2; at < seconds - 1.2; at += 1) {
    const root = Math.floor(random() * 7)
    for (let n = 0; n < 3 + Math.floor(random() * 2); n++) {
      const degree = root + 2 * n
      notes.push({
        startFrame: Math.round(at * RATE),
        lengthFrames: Math.round(0.95 * RATE),
        pitch: low + 12 * Math.floor(degree / 7) + (MINOR[degree % 7] as number),
        velocity: 75 + Math.floor(random() * 30),
      })
    }
  }
  return notes
}

interface Timbre {
  readonly partials: readonly number[]
  /** Seconds in which a partial falls to 1/e; higher ones faster. Infinity holds. */
  readonly decay: number
  readonly attack: number
}
const STRUCK: Timbre = { partials: [1, 0.6, 0.35, 0.25, 0.15, 0.1, 0.07, 0.04], decay: 0.9, attack: 0.004 }
const BLOWN: Timbre = { partials: [1, 0.35, 0.12, 0.05], decay: Number.POSITIVE_INFINITY, attack: 0.05 }

const additive = (notes: readonly Note[], { partials, decay, attack }: Timbre, frames: number): Float32Array => {
  const sound = new Float32Array(frames)
  for (const { startFrame, lengthFrames, pitch, velocity } of notes) {
    const hz = 440 * 2 ** ((pitch - 69) / 12)
    for (let n = 0; n < lengthFrames + 4_800 && startFrame + n < frames; n++) {
      const t = n / RATE
      const envelope = Math.min(1, t / attack) * (n < lengthFrames ? 1 : Math.max(0, 1 - (n - lengthFrames) / 4_800))
      let value = 0
      partials.forEach((gain, index) => {
        const k = index + 1
        if (hz * k < 20_000)
          value += gain * Math.exp((-t * k ** 0.6) / decay) * Math.sin(2 * Math.PI * hz * k * Math.sqrt(1 + 0.0004 * k * k) * t)
      })
      sound[startFrame + n] = (sound[startFrame + n] as number) + (0.12 * velocity * envelope * value) / 127
    }
  }
  return sound
}

const played = async (notes: readonly Note[], name: string, frames: number): Promise<Float32Array> => {
  const sound = new Float32Array(frames)
  let at = 0
  for await (const block of renderNotes(notes, { name, params: {} }, frames)) {
    for (let n = 0; n < block.frames; n++) sound[at + n] = ((block.left[n] as number) + (block.right[n] as number)) / 2
    at += block.frames
  }
  return sound
}

const toModelRate = (sound: Float32Array): Float32Array => {
  const parts: number[] = []
  const resampler = createResampler(loadKernels(), RATE, MODEL_RATE)
  const take = ([channel]: readonly Float32Array[], frames: number): void => {
    for (let n = 0; n < frames; n++) parts.push(channel?.[n] ?? 0)
  }
  resampler.write([sound], sound.length, take)
  resampler.finish(take)
  resampler.dispose()
  return Float32Array.from(parts)
}

/** Each note is matched at most once, nearest beginnings first. */
const score = (wanted: readonly Note[], found: readonly Note[]): { readonly hits: number; readonly lateMs: readonly number[] } => {
  const pairs = wanted
    .flatMap((note, w) => found.map((other, f) => ({ w, f, apart: other.startFrame - note.startFrame, fits: other.pitch === note.pitch })))
    .filter(({ apart, fits }) => fits && Math.abs(apart) <= TOLERANCE)
    .sort((a, b) => Math.abs(a.apart) - Math.abs(b.apart))
  const usedWanted = new Set<number>()
  const usedFound = new Set<number>()
  const lateMs: number[] = []
  for (const { w, f, apart } of pairs) {
    if (usedWanted.has(w) || usedFound.has(f)) continue
    usedWanted.add(w)
    usedFound.add(f)
    lateMs.push((apart / RATE) * 1_000)
  }
  return { hits: lateMs.length, lateMs }
}

const SECONDS = 20
const frames = SECONDS * RATE
const TUNE = { low: 57, seconds: SECONDS }
const BASS = { low: 28, seconds: SECONDS }
const CHORDS = { low: 48, seconds: SECONDS }
const both = [...chords(11, CHORDS), ...melody(12, { low: 69, seconds: SECONDS })]
const pieces: readonly {
  readonly name: string
  readonly group: 'melody' | 'chords'
  readonly notes: readonly Note[]
  readonly play: (notes: readonly Note[]) => Promise<Float32Array>
}[] = [
  ...(['e-piano', 'pluck', 'lead', 'organ', 'strings', 'glass'] as const).map((name, index) => ({
    name: `melody on ${name}`,
    group: 'melody' as const,
    notes: melody(index + 1, TUNE),
    play: (notes: readonly Note[]) => played(notes, name, frames),
  })),
  ...(['synth-bass', 'bass-round'] as const).map((name, index) => ({
    name: `bass line on ${name}`,
    group: 'melody' as const,
    notes: melody(index + 21, BASS),
    play: (notes: readonly Note[]) => played(notes, name, frames),
  })),
  { name: 'melody, struck partials', group: 'melody', notes: melody(31, TUNE), play: async (notes) => additive(notes, STRUCK, frames) },
  { name: 'melody, blown partials', group: 'melody', notes: melody(32, TUNE), play: async (notes) => additive(notes, BLOWN, frames) },
  ...(['e-piano', 'organ'] as const).map((name, index) => ({
    name: `chords on ${name}`,
    group: 'chords' as const,
    notes: chords(index + 41, CHORDS),
    play: (notes: readonly Note[]) => played(notes, name, frames),
  })),
  { name: 'chords, struck partials', group: 'chords', notes: chords(51, CHORDS), play: async (notes) => additive(notes, STRUCK, frames) },
  { name: 'chords and melody on e-piano', group: 'chords', notes: both, play: (notes) => played(notes, 'e-piano', frames) },
]

const model = await loadPitchModel()
const step = async (): Promise<void> => undefined
const totals = { melody: { hits: 0, wanted: 0, found: 0 }, chords: { hits: 0, wanted: 0, found: 0 } }
const late: number[] = []
let sounds = 0
let computed = 0
const details: object[] = []
let last = new Float32Array(0)
for (const { name, group, notes, play } of pieces) {
  const samples = toModelRate(await play(notes))
  const startMs = performance.now()
  const found = await transcribeSamples(model, samples, frames, step)
  computed += (performance.now() - startMs) / 1_000
  sounds += SECONDS
  const { hits, lateMs } = score(notes, found)
  late.push(...lateMs)
  const total = totals[group]
  total.hits += hits
  total.wanted += notes.length
  total.found += found.length
  details.push({ name, notes: notes.length, found: found.length, precision: hits / Math.max(1, found.length), recall: hits / notes.length })
  last = samples as Float32Array<ArrayBuffer>
}

const short = last.subarray(0, MODEL_RATE * 4)
const rss = (): number => process.memoryUsage().rss / 2 ** 20
const tensorsBefore = model.tensors()
const memory: number[] = []
for (let run = 1; run <= RUNS; run++) {
  await transcribeSamples(model, short, 4 * RATE, step)
  memory.push(rss())
}
// Collections come when they like: the highest of ten runs says more than any one.
const rssFirst = Math.max(...memory.slice(0, 10))
const rssLast = Math.max(...memory.slice(-10))

late.sort((a, b) => a - b)
const rates = ({ hits, wanted, found }: { readonly hits: number; readonly wanted: number; readonly found: number }) => ({
  precision: hits / Math.max(1, found),
  recall: hits / wanted,
  f1: (2 * hits) / (wanted + found),
})
process.stdout.write(
  `${JSON.stringify({
    timesRealtime: sounds / computed,
    computedMs: computed * 1_000,
    melody: rates(totals.melody),
    chords: rates(totals.chords),
    medianLateMs: late[late.length >> 1],
    runs: RUNS,
    rssFirstMiB: rssFirst,
    rssLastMiB: rssLast,
    tensorsLeft: model.tensors() - tensorsBefore,
    pieces: details,
  })}\n`,
)
