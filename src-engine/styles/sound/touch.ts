// Small moves that sound styles are made of, each with its seeded spread.
import { beatTicks } from '../../../src-shared/time/index.ts'
import { hasGrid, layFeel, MAX_SLICES, recut, swingFeel } from '../cuts.ts'
import { meterAt, type Section } from '../grid.ts'
import { isDrums, type Lane, type Part, playsIn } from '../lanes.ts'
import type { DeviceSpec, Stage } from '../stage.ts'

type RoleLevels = Readonly<Partial<Record<'vocals' | 'drums' | 'bass' | 'harmony' | 'texture', number>>>

const groupOf = ({ role }: Lane): keyof RoleLevels =>
  role === 'vocals' || role === 'drums' || role === 'bass'
    ? role
    : role === 'keys' || role === 'synth' || role === 'guitar'
      ? 'harmony'
      : 'texture'

/** Moves the faders by role; each track by up to half a dB more or less of its own. */
export const balance = (stage: Stage, levels: RoleLevels): void => {
  for (const lane of stage.lanes) {
    const by = levels[groupOf(lane)] ?? 0
    stage.level(lane, by + stage.random.fork(`level/${lane.track.id}`).between(-0.5, 0.5, 0.1))
  }
}

/** An equaliser from pairs of type and place; types as in `DEVICE_PARAMETERS.eq`. */
export const eq = (
  ...bands: readonly { readonly type: 1 | 2 | 3 | 4 | 5; readonly hz: number; readonly db?: number; readonly q?: number }[]
): DeviceSpec => {
  const params: Record<string, number> = {}
  for (let i = 0; i < 6; i++) {
    const band = bands[i]
    params[`band${i + 1}Type`] = band?.type ?? 0
    if (!band) continue
    params[`band${i + 1}Hz`] = band.hz
    params[`band${i + 1}Db`] = band.db ?? 0
    params[`band${i + 1}Q`] = band.q ?? 0.71
  }
  return { kind: 'eq', params }
}

export const LOW_CUT = 1
export const LOW_SHELF = 2
export const BELL = 3
export const HIGH_SHELF = 4
export const HIGH_CUT = 5

export const lowPass = (cutoffHz: number, resonance = 0.71): DeviceSpec => ({ kind: 'filter', params: { mode: 0, cutoffHz, resonance } })
export const highPass = (cutoffHz: number, resonance = 0.71): DeviceSpec => ({ kind: 'filter', params: { mode: 1, cutoffHz, resonance } })
export const saturate = (driveDb: number, mixPercent = 100, bias = 0): DeviceSpec => ({
  kind: 'saturation',
  // What the drive adds in level comes off again, or a style would only be louder.
  params: { driveDb, bias, outputDb: -driveDb * 0.45, mixPercent },
})
export const compress = (
  thresholdDb: number,
  ratio: number,
  attackMs: number,
  releaseMs: number,
  makeupDb = 0,
  mixPercent = 100,
): DeviceSpec => ({
  kind: 'compressor',
  params: { thresholdDb, ratio, attackMs, releaseMs, makeupDb, mixPercent, kneeDb: 6 },
})
export const reverb = (decaySeconds: number, more: Readonly<Record<string, number>> = {}): DeviceSpec => ({
  kind: 'reverb',
  params: { decaySeconds, mixPercent: 100, ...more },
})

/** Length of a share of a beat in milliseconds at the tempo there is. */
export const beatMs = (stage: Stage, share: number): number => {
  const quarter = 60_000_000 / (stage.tempo[0]?.milliBpm ?? 120_000)
  const point = meterAt(stage.meter, 0)
  return ((quarter * beatTicks(point)) / 960) * share
}

export const echo = (timeMs: number, feedbackPercent: number, more: Readonly<Record<string, number>> = {}): DeviceSpec => {
  let time = timeMs
  while (time > 2_000) time /= 2
  return { kind: 'delay', params: { timeMs: time, feedbackPercent, mixPercent: 100, ...more } }
}

/** Swings the drums by cutting them on the grid. */
export const swingDrums = (stage: Stage, swingPermille: number, perBeat: 2 | 4 = 2): void => {
  if (Math.abs(swingPermille - 500) < 10) return
  const lanes = stage.lanes.filter(isDrums)
  if (lanes.length === 0 || !hasGrid(stage, 'swing')) return
  // Hats and shakers carry a swing; where the cuts run out, the kick is the last to be missed.
  const rank: Partial<Record<Part, number>> = { hats: 0, drums: 1, snare: 2, kick: 3 }
  const order = [...lanes].sort((left, right) => (rank[left.part] ?? 4) - (rank[right.part] ?? 4))
  let room = MAX_SLICES / 2
  let swung = 0
  for (const lane of order) {
    const slices = layFeel(stage, lane, swingFeel(swingPermille, perBeat), room)
    room -= slices
    if (slices > 0) swung++
    if (room <= 8) {
      const rest = order.slice(order.indexOf(lane) + 1)
      for (const one of rest)
        stage.leaveOut(
          `swing on ${one.title}`,
          `Swing cuts a track into slices, and ${MAX_SLICES / 2} are enough for one remix to stay editable.`,
        )
      break
    }
  }
  if (swung > 0) stage.say(`drums swung ${Math.round(swingPermille / 10)} %`)
}

/** Sections sorted by energy, the loudest first. */
export const byEnergy = (sections: readonly Section[]): readonly Section[] =>
  [...sections].sort((left, right) => right.energy - left.energy || left.startTick - right.startTick)

/** Repeats the last part of a section faster and faster on the drums. */
export const roll = (stage: Stage, lane: Lane, fromTick: number, toTick: number): void => {
  const length = toTick - fromTick
  const { beatTicks: beat } = stage.bars(fromTick, toTick)[0] ?? { beatTicks: 960 }
  const pieces = []
  for (let at = fromTick; at < toTick; ) {
    const share = (at - fromTick) / length
    const unit = share < 0.5 ? beat : share < 0.75 ? beat / 2 : beat / 4
    const size = Math.min(unit, toTick - at)
    pieces.push({ fromTick, lengthTicks: size, atTick: at, gainDb: -6 + 6 * share })
    at += size
  }
  if (playsIn(lane, fromTick, toTick)) recut(stage, lane, fromTick, toTick, pieces)
}

/** Ducks lanes on every beat of a stretch, as a kick through a compressor does. */
export const pump = (stage: Stage, lanes: readonly Lane[], section: Section, depthDb: number): void => {
  const bars = stage.bars(section.startTick, section.startTick + section.lengthTicks)
  for (const lane of lanes) {
    const base = stage.snapshot.get(lane.track.id)
    const level = base?.type === 'track' ? base.gainDb : 0
    const points = bars.flatMap((bar) =>
      Array.from({ length: bar.beats }, (_, beat) => {
        const at = bar.startTick + beat * bar.beatTicks
        return [
          { atTick: at, value: Math.max(-144, level - depthDb), curve: 'linear' as const },
          { atTick: at + Math.round(bar.beatTicks * 0.6), value: level, curve: 'hold' as const },
        ]
      }).flat(),
    )
    const end = section.startTick + section.lengthTicks
    if (points.length > 0)
      stage.automate([lane], lane.track.id, 'gainDb', [
        ...(section.startTick > 0 ? [{ atTick: section.startTick - 1, value: level, curve: 'hold' as const }] : []),
        ...points.filter(({ atTick }) => atTick < end),
        { atTick: end, value: level, curve: 'hold' as const },
      ])
  }
}

export const percent = (permille: number): string => `${Math.round(permille) / 10} %`
export const bpmWords = (stage: Stage): string => `${Math.round((stage.tempo[0]?.milliBpm ?? 0) / 100) / 10} BPM`
