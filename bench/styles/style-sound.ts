// What a style does to the sound, in numbers: the remix is made, rendered by the engine as previews end to end, and measured where it differs from
// the original.
import { createLoudnessMeter, findGroove } from '../../src-engine/analysis/index.ts'
import { openDecoded, type PcmSource } from '../../src-engine/files/index.ts'
import { type Kernels, loadKernels } from '../../src-engine/kernels/index.ts'
import { PreviewListener } from '../../src-engine/previews/index.ts'
import type { Studio } from '../../src-main/studio/index.ts'
import { type EngineClient, type GrooveFinding, MAX_PREVIEW_FRAMES } from '../../src-shared/protocol/index.ts'
import { compilePlan, type RenderPlan, recordsOf, type RemixSnapshot, remixOf } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { barTicks, frame, tickAtFrame } from '../../src-shared/time/index.ts'

const RATE = 48_000
/** Frames of one comparison with the original: 100 ms. */
const BLOCK = 4_800
/** Stretches nearer than this belong together: 1 s. */
const GAP_BLOCKS = 10
/** Previews that stay on disk meanwhile. */
const MAX_KEPT_BYTES = 1.5e9
/** Ticks of a sixteenth note. */
const SIXTEENTH = 240
/** Fewer say nothing of a timing. */
const MIN_HITS = 12
/** Frames before and after an onset that are compared: 20 ms. */
const RISE = 960
const ATTACK_DB = 3

/** From, to in 48 kHz frames. */
export type Stretch = readonly [fromFrame: number, toFrame: number]

export interface StyleSound {
  readonly lufs: number | null
  readonly truePeakDb: number
  /** Middle of the spectrum weighed by amplitude, over 16 bands from 60 Hz to 16 kHz. */
  readonly centroidHz: number
  /** Level of the bands under 150 Hz against all of them. */
  readonly lowDb: number
  /** Level of the bands over 5 kHz against all of them. */
  readonly highDb: number
  /** Onsets of the mix at which it gets louder by 3 dB or more: those that are heard as attacks, however loud the whole is. */
  readonly attacksPerSecond: number
  /** Share of a pair of eighths that the first one takes in the drums; null where eighths come in no pairs, or too few are heard. */
  readonly eighthsPercent: number | null
  /** The same of sixteenths. */
  readonly sixteenthsPercent: number | null
  /** How far the drums lie from straight sixteenths, hard hits counting more; null without drums. */
  readonly offGridMs: number | null
  /** Of the whole rendering. */
  readonly seconds: number
  readonly bpm: number
  /** Seconds the last sound rings on at most, by the devices there are. */
  readonly tailSeconds: number
  readonly clips: number
}

interface Hit {
  readonly frame: number
  readonly strength: number
  /** How much louder the 20 ms after it are than the 20 ms before. */
  readonly riseDb: number
}

interface Window {
  readonly fromFrame: number
  readonly toFrame: number
  readonly key: string
}

/** A remix that was rendered. */
export interface Rendered {
  readonly snapshot: RemixSnapshot
  readonly plan: RenderPlan
  /** How much of it was rendered. */
  readonly lengthFrames: number
  readonly windows: readonly Window[]
  readonly attacks: readonly Hit[]
  readonly drums: readonly Hit[]
}

const EDGES = Array.from({ length: 17 }, (_, i) => 60 * (16_000 / 60) ** (i / 16))
const tenth = (value: number): number => Math.round(value * 10) / 10
const framesOf = (stretches: readonly Stretch[]): number => stretches.reduce((sum, [from, to]) => sum + to - from, 0)
const within = (hits: readonly Hit[], stretches: readonly Stretch[]): readonly Hit[] =>
  hits.filter((hit) => stretches.some(([from, to]) => hit.frame >= from && hit.frame < to))

/** The remix with everything but its drums silent; undefined where it has none. */
const drumsOnly = (snapshot: RemixSnapshot): RemixSnapshot | undefined => {
  const tracks = recordsOf(snapshot, 'track').filter((track) => track.kind === 'audio')
  if (!tracks.some((track) => track.role === 'drums' && !track.isMuted)) return undefined
  return new Map(
    [...snapshot].map(([id, one]) => [
      id,
      one.type === 'track' && one.kind === 'audio' && one.role !== 'drums' ? { ...one, isMuted: true } : one,
    ]),
  )
}

interface Placed {
  /** Ticks since the meter began. */
  readonly tick: number
  readonly isInEighths: boolean
  /** Distance from the nearest sixteenth. */
  readonly offMs: number
  readonly weight: number
}

const placeOf = (snapshot: RemixSnapshot, { frame: at, strength: weight }: Hit): Placed => {
  const { tempo, meter } = remixOf(snapshot)
  const absolute = tickAtFrame(tempo, frame(at), RATE)
  const point = meter.findLast((one) => one.atTick <= absolute) ?? meter[0]
  const tick = absolute - (point?.atTick ?? 0)
  const ticksPerMs = ((tempo.findLast((one) => one.atTick <= absolute)?.milliBpm ?? 120_000) * 960) / 60_000_000
  return { tick, isInEighths: point?.denominator === 8, offMs: (tick - Math.round(tick / SIXTEENTH) * SIXTEENTH) / ticksPerMs, weight }
}

/** Where in a pair the second one usually falls. */
const pairPercent = (placed: readonly Placed[], pairTicks: number): number | null => {
  const second = placed
    .map(({ tick, weight }) => ({ share: (tick % pairTicks) / pairTicks, weight }))
    .filter(({ share }) => share > 0.38 && share < 0.69)
    .sort((a, b) => a.share - b.share)
  if (second.length < MIN_HITS) return null
  const half = second.reduce((sum, { weight }) => sum + weight, 0) / 2
  let passed = 0
  const middle = second.find(({ weight }) => {
    passed += weight
    return passed >= half
  })
  return middle ? tenth(middle.share * 100) : null
}

const timingOf = (
  snapshot: RemixSnapshot,
  drums: readonly Hit[],
): Pick<StyleSound, 'eighthsPercent' | 'sixteenthsPercent' | 'offGridMs'> => {
  const placed = drums.map((hit) => placeOf(snapshot, hit))
  const total = placed.reduce((sum, { weight }) => sum + weight, 0)
  return {
    eighthsPercent: pairPercent(
      placed.filter(({ isInEighths }) => !isInEighths),
      4 * SIXTEENTH,
    ),
    sixteenthsPercent: pairPercent(placed, 2 * SIXTEENTH),
    offGridMs:
      placed.length < MIN_HITS ? null : tenth(placed.reduce((sum, { offMs, weight }) => sum + Math.abs(offMs) * weight, 0) / total),
  }
}

/** Renders and measures remixes of one studio. */
export class StyleEar {
  readonly #studio: Studio
  readonly #kernels: Kernels = loadKernels()
  readonly #left: number
  readonly #right: number

  constructor(studio: Studio) {
    this.#studio = studio
    this.#left = this.#kernels.alloc(BLOCK * 4)
    this.#right = this.#kernels.alloc(BLOCK * 4)
  }

  get #cacheDir(): string {
    return this.#studio.home.pcmCache
  }

  async #engine(): Promise<EngineClient> {
    return unwrap(await this.#studio.engine.client())
  }

  async #windows(snapshot: RemixSnapshot, plan: RenderPlan, lengthFrames: number): Promise<Window[]> {
    const engine = await this.#engine()
    const locate = this.#studio.works.stemLocator(snapshot)
    const stems = [...new Set(plan.sources.map((source) => source.stemId))].flatMap((id) => {
      const file = locate(id)
      return file ? [{ path: file.path, contentSha256: file.contentSha256, name: file.name }] : []
    })
    const windows: Window[] = []
    for (let fromFrame = 0; fromFrame < lengthFrames; fromFrame += MAX_PREVIEW_FRAMES) {
      const range = { fromFrame, toFrame: Math.min(lengthFrames, fromFrame + MAX_PREVIEW_FRAMES) }
      const { key } = unwrap(await engine.request('preview.render', { plan, stems, range, keeps: true }))
      windows.push({ ...range, key })
    }
    return windows
  }

  async #hits(windows: readonly Window[]): Promise<Hit[]> {
    const engine = await this.#engine()
    const hits: Hit[] = []
    for (const { key, fromFrame } of windows) {
      const { onsets } = unwrap(await engine.request('analysis.stem', { contentSha256: key }))
      const source = unwrap(openDecoded(this.#cacheDir, key))
      const left = new Float32Array(RISE)
      const right = new Float32Array(RISE)
      const powerAt = (at: number): number => {
        source.read(Math.max(0, at), RISE, left, right)
        return left.reduce((sum, value, i) => sum + value ** 2 + (right[i] ?? 0) ** 2, 0)
      }
      for (const [i, at] of onsets.frames.entries()) {
        const riseDb = 10 * Math.log10((powerAt(at) + 1e-9) / (powerAt(at - RISE) + 1e-9))
        hits.push({ frame: fromFrame + at, strength: onsets.strengths[i] ?? 0, riseDb })
      }
      source.close()
    }
    return hits
  }

  /** Renders a remix, or its beginning. */
  async render(snapshot: RemixSnapshot, mostFrames = Number.POSITIVE_INFINITY): Promise<Rendered> {
    await (await this.#engine()).request('preview.trim', { maxBytes: MAX_KEPT_BYTES })
    const plan = unwrap(compilePlan(snapshot))
    const lengthFrames = Math.min(plan.lengthFrames, mostFrames)
    const windows = await this.#windows(snapshot, plan, lengthFrames)
    const alone = drumsOnly(snapshot)
    const drums = alone ? await this.#windows(alone, unwrap(compilePlan(alone)), lengthFrames) : []
    return { snapshot, plan, lengthFrames, windows, attacks: await this.#hits(windows), drums: await this.#hits(drums) }
  }

  /** Reads rendered sound block by block; a block ends where a window or a stretch does. */
  #read({ windows }: Rendered, [from, to]: Stretch, onBlock: (left: Float32Array, right: Float32Array, at: number) => void): void {
    for (const { key, fromFrame, toFrame } of windows) {
      if (toFrame <= from || fromFrame >= to) continue
      const source: PcmSource = unwrap(openDecoded(this.#cacheDir, key))
      try {
        for (let at = Math.max(from, fromFrame); at < Math.min(to, toFrame); at += BLOCK) {
          const frames = Math.min(BLOCK, to - at, toFrame - at)
          const left = this.#kernels.f32(this.#left, frames)
          const right = this.#kernels.f32(this.#right, frames)
          source.read(at - fromFrame, frames, left, right)
          onBlock(left, right, at)
        }
      } finally {
        source.close()
      }
    }
  }

  /** Where two renderings of one length and tempo differ audibly; null where they cannot be laid over one another. */
  changes(before: Rendered, after: Rendered): readonly Stretch[] | null {
    const isSameTempo = JSON.stringify(remixOf(before.snapshot).tempo) === JSON.stringify(remixOf(after.snapshot).tempo)
    if (!isSameTempo || Math.abs(before.lengthFrames - after.lengthFrames) > BLOCK) return null
    const end = Math.min(before.lengthFrames, after.lengthFrames)
    const originals = new Map<number, Float32Array>()
    this.#read(before, [0, end], (left, _right, at) => originals.set(at, left.slice()))
    const stretches: [number, number][] = []
    this.#read(after, [0, end], (left, _right, at) => {
      const original = originals.get(at)
      let difference = 0
      let power = 0
      for (let i = 0; i < left.length; i++) {
        difference += ((left[i] ?? 0) - (original?.[i] ?? 0)) ** 2
        power += (original?.[i] ?? 0) ** 2
      }
      // 30 dB under what plays, and never for what is softer than -80 dBFS.
      if (difference <= Math.max(power * 1e-3, left.length * 1e-8)) return
      const last = stretches.at(-1)
      if (last && at - last[1] <= GAP_BLOCKS * BLOCK) last[1] = at + left.length
      else stretches.push([at, at + left.length])
    })
    return stretches
  }

  /** Measures the stretches of a rendering as if they followed each other. */
  measure(rendered: Rendered, stretches: readonly Stretch[] = [[0, rendered.lengthFrames]]): StyleSound {
    const { snapshot, attacks, drums } = rendered
    const length = framesOf(stretches)
    const listener = new PreviewListener(length)
    const meter = createLoudnessMeter(this.#kernels, RATE)
    for (const stretch of stretches)
      this.#read(rendered, stretch, (left, right) => {
        meter.push(this.#left, this.#right, left.length)
        listener.push(left, right, left.length)
      })
    const lufs = meter.integratedLufs()
    const truePeakDb = meter.truePeakDb()
    meter.dispose()
    const { signature } = listener.finish()
    const power = Array.from({ length: 16 }, (_, band) => {
      let sum = 0
      for (let segment = 0; segment < 8; segment++) sum += 10 ** ((signature[segment * 16 + band] ?? -100) / 10)
      return sum
    })
    const amplitude = power.map(Math.sqrt)
    const total = power.reduce((sum, one) => sum + one, 0)
    const middle = (band: number): number => Math.sqrt((EDGES[band] ?? 0) * (EDGES[band + 1] ?? 0))
    const share = (isIn: (hz: number) => boolean): number =>
      10 * Math.log10(Math.max(1e-9, power.reduce((sum, one, band) => sum + (isIn(middle(band)) ? one : 0), 0) / total))
    return {
      lufs: Number.isFinite(lufs) ? tenth(lufs) : null,
      truePeakDb: tenth(Math.max(-200, truePeakDb)),
      centroidHz: Math.round(
        amplitude.reduce((sum, one, band) => sum + one * middle(band), 0) / amplitude.reduce((sum, one) => sum + one, 0),
      ),
      lowDb: tenth(share((hz) => hz < 150)),
      highDb: tenth(share((hz) => hz > 5_000)),
      attacksPerSecond:
        Math.round((within(attacks, stretches).filter(({ riseDb }) => riseDb >= ATTACK_DB).length * RATE * 100) / Math.max(1, length)) /
        100,
      ...timingOf(snapshot, within(drums, stretches)),
      seconds: tenth(rendered.lengthFrames / RATE),
      bpm: tenth((remixOf(snapshot).tempo[0]?.milliBpm ?? 0) / 1_000),
      tailSeconds: tenth(rendered.plan.tailFrames / RATE),
      clips: recordsOf(snapshot, 'clip').length,
    }
  }

  /** Attacks of the drums alone in a second of these stretches. */
  strikes({ drums, lengthFrames }: Rendered, stretches: readonly Stretch[] = [[0, lengthFrames]]): number {
    const struck = within(drums, stretches).filter(({ riseDb }) => riseDb >= ATTACK_DB).length
    return tenth((struck * RATE) / Math.max(1, framesOf(stretches)))
  }

  /** How the drums of a rendering lie against the grid of its first bar's meter; null where too few hits are heard. */
  groove({ snapshot, drums }: Rendered): GrooveFinding | null {
    const { tempo, meter } = remixOf(snapshot)
    const [first] = meter
    if (!first || tempo.length !== 1) return null
    const quarterFrames = (RATE * 60_000) / (tempo[0]?.milliBpm ?? 120_000)
    return findGroove(drums, { startFrame: 0, quarterFrames, slots: barTicks(first) / SIXTEENTH })
  }
}

/** Mean distance in milliseconds of two grooves where both play something; null where their bars differ. */
export const grooveDistanceMs = (left: GrooveFinding, right: GrooveFinding): number | null => {
  if (left.offsetsUs.length !== right.offsetsUs.length) return null
  let sum = 0
  let weights = 0
  for (const [i, offset] of left.offsetsUs.entries()) {
    const other = right.offsetsUs[i]
    const weight = left.weights[i] ?? 0
    if (offset === null || other == null) continue
    sum += Math.abs(offset - other) * weight
    weights += weight
  }
  return weights === 0 ? null : tenth(sum / weights / 1_000)
}
