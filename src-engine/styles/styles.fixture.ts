// Songs and licences for tests of styles: shaped like real works, without their sound.
import type { LicenceTerms } from '../../src-shared/provenance/index.ts'
import {
  applyEdits,
  createRemix,
  type EditCommand,
  ownModelUrn,
  recordsOf,
  type RemixSnapshot,
  type Role,
  type WorkFacts,
} from '../../src-shared/remix/index.ts'
import { context, GRANT_HASH, sampleGrant, sampleLease } from '../../src-shared/rights/grant.fixture.ts'
import type { Rule } from '../../src-shared/rights/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import type { StyleFacts } from './facts.ts'

const counting = (prefix: string) => {
  let count = 0
  return () => `${prefix}:${++count}`
}

const PARTS: readonly (readonly [string, Role])[] = [
  ['Lead vocal', 'vocals'],
  ['Backing vocals', 'vocals'],
  ['Kick', 'drums'],
  ['Snare', 'drums'],
  ['Hats', 'drums'],
  ['Bass', 'bass'],
  ['Piano', 'keys'],
  ['Pad', 'synth'],
  ['Guitar', 'guitar'],
  ['Sweeps', 'effects'],
]

export interface SongOptions {
  readonly seconds?: number
  readonly meter?: readonly [number, number]
  readonly drift?: boolean
  readonly key?: string
  readonly tracks?: number
  readonly sections?: boolean
  readonly milliBpm?: number | null
}

/** A remix of a made-up work with ten parts (or as many as asked for), a stem of each. */
export const songOf = ({
  seconds = 120,
  meter = [4, 4],
  drift = false,
  key = 'A minor',
  tracks = 10,
  sections = true,
  milliBpm = 112_000,
}: SongOptions): RemixSnapshot => {
  const barSeconds = (60 / ((milliBpm ?? 120_000) / 1000)) * ((meter[0] * 4) / meter[1])
  const bars = Math.floor(seconds / barSeconds)
  const names = ['Intro', 'Verse', 'Pre-chorus', 'Chorus', 'Break', 'Verse 2', 'Last chorus', 'Outro']
  const each = Math.floor(bars / names.length)
  const work: WorkFacts = {
    id: 'urn:stemma:work:song',
    title: 'Song',
    artists: ['Nobody'],
    milliBpm,
    key,
    meter: { numerator: meter[0], denominator: meter[1] },
    sections: sections ? names.map((name, i) => ({ name, startBar: 1 + i * each, lengthBars: each })) : [],
    stems: Array.from({ length: tracks }, (_, i) => {
      const [title, role] = PARTS[i % PARTS.length] ?? ['Part', 'other']
      return {
        id: `urn:stemma:stem:song-${i}`,
        title: i < PARTS.length ? title : `${title} ${Math.floor(i / PARTS.length) + 1}`,
        role,
        contentSha256: (i + 1).toString(16).padStart(64, '0'),
        sampleRate: i % 3 === 1 ? 44_100 : 48_000,
        channels: 2,
        lengthFrames: Math.round(seconds * (i % 3 === 1 ? 44_100 : 48_000)),
        isrc: null,
      }
    }),
  }
  const snapshot = createRemix(work, { newId: counting('n'), now: Date.UTC(2026, 10, 22) })
  if (!drift) return snapshot
  const bar = (960 * 4 * meter[0]) / meter[1]
  const points = [0, 8, 16, 24].map((at, i) => ({ at: at * bar, milliBpm: (milliBpm ?? 120_000) + i * 700 }))
  const commands: EditCommand[] = [{ op: 'tempo.set', points, keep: 'audio' }]
  return unwrap(applyEdits(snapshot, commands, { newId: counting('d') })).snapshot
}

/** The terms of the demo catalogue's restricted work. */
export const HARBOUR_RULES: readonly Rule[] = [
  { roles: ['vocals'], op: 'pitch', effect: 'deny' },
  { roles: ['*'], op: 'pitch', effect: 'allow', cents: [-300, 300] },
  { roles: ['*'], op: 'stretch', effect: 'allow', ratioPermille: [850, 1150] },
  { roles: ['vocals'], op: 'ai.restyle', effect: 'deny' },
  { roles: ['vocals'], op: 'ai.voice', effect: 'approval', sla: 'P3D' },
]

/** A licence over every stem of a remix; with rules also the 60 s cap of the restricted work. */
export const openTerms = (
  snapshot: RemixSnapshot,
  rules: readonly Rule[] = [],
  capMs: number | null = rules.length > 0 ? 60_000 : null,
): LicenceTerms => {
  const assets = recordsOf(snapshot, 'stem').map(({ id, role, contentSha256 }) => ({
    stem: id,
    role,
    contentSha256,
    isrc: null,
    c2pa: null,
  }))
  const grant = sampleGrant({ rules: [...rules], maxUsedMs: capMs }, {}, { assets })
  return { grants: [{ grant, hash: GRANT_HASH, lease: sampleLease() }], context: context({ purpose: 'edit' }) }
}

export const factsUnder = (terms: LicenceTerms, more: Omit<StyleFacts, 'terms'> = {}): StyleFacts => ({ terms, ...more })

const BANDS = [
  25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1_000, 1_250, 1_600, 2_000, 2_500, 3_150, 4_000, 5_000, 6_300,
  8_000, 10_000, 12_500, 16_000,
]

/** A profile that falls by so many dB an octave. */
export const fallingProfile = (dbPerOctave: number) => ({
  bandsHz: BANDS,
  levelsDb: BANDS.map((hz) => -20 - dbPerOctave * Math.log2(hz / 25)),
})

/** Everything that can be heard, as an analysis of the made-up song would tell it. */
export const heardFacts = (snapshot: RemixSnapshot): Omit<StyleFacts, 'terms'> => {
  const beat = (60 * 48_000) / 112
  const stems: NonNullable<StyleFacts['stems']>[string][] = []
  const ids = recordsOf(snapshot, 'stem')
  for (const stem of ids) {
    const beats = Math.floor((stem.lengthFrames * 48_000) / stem.sampleRate / beat)
    const at = (i: number, share = 0): number => Math.round((i + share) * beat)
    const eighths = Array.from({ length: beats * 2 }, (_, i) => at(i / 2))
    if (stem.role === 'drums')
      stems.push({
        onsets: eighths,
        hits: eighths.map((frame, i) => ({
          frame,
          drum: i % 4 === 0 ? ('kick' as const) : i % 4 === 2 ? ('snare' as const) : ('hat' as const),
          velocity: 90,
        })),
        groove: {
          swingEighthPermille: 580,
          swingSixteenthPermille: 500,
          offsetsUs: Array.from({ length: 16 }, (_, i) => (i % 4 === 2 ? 18_000 : 0)),
          weights: Array.from({ length: 16 }, () => 1),
          confidence: 0.8,
        },
      })
    else if (stem.role === 'vocals')
      stems.push({
        phrases: {
          model: 'urn:stemma:model:voice',
          phrases: Array.from({ length: Math.floor(beats / 8) }, (_, i) => ({ startFrame: at(i * 8, 0.5), endFrame: at(i * 8 + 5, 0.2) })),
        },
      })
    else
      stems.push({
        notes: {
          model: 'urn:stemma:model:notes',
          notes: Array.from({ length: beats }, (_, i) => ({
            startFrame: at(i),
            lengthFrames: Math.round(beat * 0.9),
            pitch: 45 + ((i * 5) % 24),
            velocity: 80,
          })),
        },
      })
  }
  return {
    stems: Object.fromEntries(ids.map((stem, i) => [stem.id, stems[i] ?? {}])),
    model: { sha256: 'ab'.repeat(32), urn: ownModelUrn('ab'.repeat(32)), name: 'Halver', version: '1', licence: 'CC0-1.0' },
    references: { reference: { title: 'Reference', profile: fallingProfile(2.5), integratedLufs: -9 } },
    mix: { profile: fallingProfile(4), integratedLufs: -15, truePeakDb: -1.2 },
  }
}
