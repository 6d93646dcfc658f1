// Match: the tone and the loudness of a reference, by an equaliser fitted to the difference of two third-octave profiles, smooth and with a strength.
import { fail } from '../../src-shared/std/index.ts'
import type { SpectralProfile } from '../../src-shared/protocol/index.ts'
import type { Stage } from './stage.ts'
import { num, type Style } from './style.ts'
import { compress } from './sound/index.ts'

interface Curve {
  readonly hz: number
  readonly db: number
}

/** Most an equaliser may be asked for: beyond that the reference has something this music does not. */
const MAX_DB = 9

/** Difference of two profiles in the bands both have, with the mean taken out: tone, not level. Bands 50 dB under the loudest say nothing. */
export const toneDifference = (from: SpectralProfile, to: SpectralProfile): readonly Curve[] => {
  const wanted = new Map(to.bandsHz.map((hz, i) => [Math.round(hz), to.levelsDb[i] ?? -200]))
  const loudest = (profile: SpectralProfile): number => Math.max(-200, ...profile.levelsDb)
  const [floorFrom, floorTo] = [loudest(from) - 50, loudest(to) - 50]
  const shared = from.bandsHz.flatMap((hz, i) => {
    const level = from.levelsDb[i] ?? -200
    const target = wanted.get(Math.round(hz))
    return target === undefined || level < floorFrom || target < floorTo ? [] : [{ hz, db: target - level }]
  })
  if (shared.length < 5) return []
  // The middle of the hearing carries the level.
  const middle = shared.filter(({ hz }) => hz >= 200 && hz <= 5_000)
  const base =
    (middle.length > 0 ? middle : shared).reduce((sum, { db }) => sum + db, 0) /
    Math.max(1, middle.length > 0 ? middle.length : shared.length)
  const level = shared.map(({ hz, db }) => ({ hz, db: db - base }))
  // Over five bands, so that no single resonance is copied.
  return level.map(({ hz }, i) => {
    const near = level.slice(Math.max(0, i - 2), i + 3)
    return { hz, db: near.reduce((sum, one) => sum + one.db, 0) / near.length }
  })
}

const at = (curve: readonly Curve[], hz: number): number => {
  let nearest = curve[0]
  for (const point of curve) if (nearest && Math.abs(Math.log2(point.hz / hz)) < Math.abs(Math.log2(nearest.hz / hz))) nearest = point
  return nearest?.db ?? 0
}

/** Six bands for the device: two shelves and four wide bells, fitted one after another to what the others leave. */
export const fitBands = (curve: readonly Curve[], strength: number): Record<string, number> => {
  const places = [
    { type: 2, hz: 90, q: 0.71 },
    { type: 3, hz: 220, q: 0.9 },
    { type: 3, hz: 600, q: 0.9 },
    { type: 3, hz: 1_600, q: 0.9 },
    { type: 3, hz: 4_000, q: 0.9 },
    { type: 4, hz: 9_000, q: 0.71 },
  ]
  // Neighbours an octave and a half apart add about a third of their gain to each other.
  const wanted = places.map(({ hz }) => at(curve, hz) * strength)
  const gains = [...wanted]
  for (let round = 0; round < 6; round++)
    for (let i = 0; i < gains.length; i++) gains[i] = (wanted[i] ?? 0) - 0.28 * ((gains[i - 1] ?? 0) + (gains[i + 1] ?? 0))
  const params: Record<string, number> = {}
  for (const [i, { type, hz, q }] of places.entries()) {
    params[`band${i + 1}Type`] = type
    params[`band${i + 1}Hz`] = hz
    params[`band${i + 1}Db`] = Math.max(-MAX_DB, Math.min(MAX_DB, Math.round((gains[i] ?? 0) * 10) / 10))
    params[`band${i + 1}Q`] = q
  }
  return params
}

/** K-weighting of BS.1770 in rough strokes: less below 60 Hz, 4 dB more in the treble. */
const kWeightDb = (hz: number): number => (hz < 60 ? 40 * Math.log10(hz / 60) : hz < 1_000 ? 0 : Math.min(4, 4 * Math.log2(hz / 1_000)))

/** What a band of the equaliser does at a frequency: the analogue prototypes of the RBJ cookbook that the device is made from. */
const bandDb = (type: number, hz: number, db: number, q: number, atHz: number): number => {
  const amp = 10 ** (db / 40)
  const w = type === 4 ? hz / atHz : atHz / hz
  const power = (whole: number, slope: number): number => whole ** 2 + (slope * w) ** 2
  if (type === 3) return 10 * Math.log10(power(1 - w ** 2, amp / q) / power(1 - w ** 2, 1 / (amp * q)))
  const slope = Math.sqrt(amp) / q
  return 10 * Math.log10((amp ** 2 * power(amp - w ** 2, slope)) / power(1 - amp * w ** 2, slope))
}

/** How much louder a sound of this tone gets by the equaliser, so that its tone does not change its loudness. */
const loudnessShift = (profile: SpectralProfile, bands: Readonly<Record<string, number>>): number => {
  const of = (name: string): number => bands[name] ?? 0
  let before = 0
  let after = 0
  for (const [i, hz] of profile.bandsHz.entries()) {
    const weighted = (profile.levelsDb[i] ?? -200) + kWeightDb(hz)
    const eqDb = [1, 2, 3, 4, 5, 6].reduce(
      (sum, band) => sum + bandDb(of(`band${band}Type`), of(`band${band}Hz`), of(`band${band}Db`), of(`band${band}Q`), hz),
      0,
    )
    before += 10 ** (weighted / 10)
    after += 10 ** ((weighted + eqDb) / 10)
  }
  return before > 0 && after > 0 ? 10 * Math.log10(after / before) : 0
}

const reference = (stage: Stage) => Object.entries(stage.facts.references ?? {})[0]

export const match: Style = {
  id: 'match',
  version: 1,
  group: 'match',
  label: 'Match a reference',
  description: 'Tone and loudness towards those of a reference, as far as you like.',
  parameters: [
    num('strength', 'Strength', '%', [0, 100, 5], 70),
    num('loudness', 'Loudness', '%', [0, 100, 5], 100),
    num('density', 'Density', '%', [0, 100, 5], 40),
  ],
  needs: ['reference'],
  run: (stage, params) => {
    const found = reference(stage)
    if (!found) return fail('style.needs_reference', 'Name a reference to match: an audio file, or another work.')
    const [, target] = found
    const mix = stage.facts.mix
    if (!mix) return fail('style.needs_mix', 'The mix as it is has to be measured first; its stems are not all on this computer.')
    const strength = params.number('strength') / 100
    const curve = toneDifference(mix.profile, target.profile)
    let louderDb = 0
    if (curve.length === 0) stage.leaveOut('the tone', `${target.title} or this remix is too quiet to tell its tone.`)
    else if (strength > 0) {
      const bands = fitBands(curve, strength)
      if (Object.entries(bands).some(([name, value]) => name.endsWith('Db') && value !== 0)) {
        stage.master({ kind: 'eq', params: bands })
        louderDb = loudnessShift(mix.profile, bands)
        const most = [1, 2, 3, 4, 5, 6].reduce(
          (best, i) => (Math.abs(bands[`band${i}Db`] ?? 0) > Math.abs(bands[`band${best}Db`] ?? 0) ? i : best),
          1,
        )
        const db = bands[`band${most}Db`] ?? 0
        stage.say(`${db > 0 ? 'up' : 'down'} ${Math.abs(db)} dB near ${bands[`band${most}Hz`]} Hz`)
      }
    }
    if (mix.integratedLufs === null || target.integratedLufs === null) stage.leaveOut('the loudness', 'One of the two is silent.')
    else {
      const gain = Math.max(-12, Math.min(12, ((target.integratedLufs - mix.integratedLufs) * params.number('loudness')) / 100 - louderDb))
      const density = params.number('density') / 100
      // Only what stands out is held down, or the mix would get quieter where it is to get louder.
      const threshold = Math.max(-30, Math.min(-6, mix.integratedLufs + louderDb + 9))
      const isDense = gain + louderDb > 1 && density > 0
      if (isDense) stage.master(compress(threshold, 1.5 + density, 20, 150, 0))
      stage.master({ kind: 'limiter', params: { ceilingDb: -1, inputDb: gain, releaseMs: 100 } })
      stage.say(`${Math.round((gain + louderDb) * 10) / 10} dB towards ${target.title}`)
    }
    return undefined
  },
}
