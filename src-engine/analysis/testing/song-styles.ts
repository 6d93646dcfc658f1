// The styles that test songs are written in: usual patterns of usual music, on a grid of sixteenths per bar.

/** Where in the bar, and how hard (1 where left out). */
export type Strike = readonly [sixteenth: number, velocity?: number]

export interface Style {
  readonly name: string
  /** How often it is drawn. */
  readonly share: number
  readonly bpm: readonly [number, number]
  readonly meter: { readonly numerator: number; readonly denominator: number }
  readonly kick: readonly Strike[]
  readonly snare: readonly Strike[]
  readonly hat: readonly Strike[]
  readonly drumsFromStart: boolean
  /** At most this much of a pair goes to its first half, above one half. */
  readonly swing: number
  /** Sixteenths that the swing delays: 1, or 2 for eighths. */
  readonly swingUnit: 1 | 2
  /** 1 is a good player: a few milliseconds. */
  readonly looseness: number
  readonly bass: readonly (readonly [sixteenth: number, length: number, step: number])[]
  readonly chords: 'pad' | 'comp' | 'arp'
  readonly comp: readonly (readonly [sixteenth: number, length: number])[]
  readonly lead: readonly (readonly [sixteenth: number, length: number])[]
  readonly barsPerChord: number
}

export const MINOR_STEPS = [0, 2, 3, 5, 7, 8, 10]

const every = (step: number, to: number, velocity: (at: number) => number = () => 1): Strike[] =>
  Array.from({ length: Math.ceil(to / step) }, (_, i) => [i * step, velocity(i * step)] as const)
const accented = (at: number): number => (at % 4 === 0 ? 1 : 0.7)

const FOUR = { numerator: 4, denominator: 4 }
const EIGHTHS = [
  [0, 2],
  [2, 2],
  [4, 2],
  [6, 2],
  [8, 2],
  [10, 2],
  [12, 2],
  [14, 2],
] as const
const SONG_LEAD = [
  [0, 3],
  [4, 2],
  [6, 2],
  [8, 4],
  [12, 2],
] as const
const OFF_LEAD = [
  [2, 2],
  [4, 4],
  [9, 3],
  [12, 4],
] as const
const plain = { drumsFromStart: false, swing: 0, swingUnit: 1, looseness: 1, barsPerChord: 1 } as const

export const STYLES: readonly Style[] = [
  {
    ...plain,
    name: 'rock',
    share: 4,
    bpm: [88, 160],
    meter: FOUR,
    kick: [[0], [8], [10, 0.8]],
    snare: [[4], [12]],
    hat: every(2, 16, accented),
    bass: EIGHTHS.map(([at, length]) => [at, length, 0]),
    chords: 'comp',
    comp: EIGHTHS,
    lead: SONG_LEAD,
  },
  {
    ...plain,
    name: 'house',
    share: 4,
    bpm: [112, 132],
    meter: FOUR,
    kick: [[0], [4], [8], [12]],
    snare: [[4], [12]],
    hat: [[2], [6], [10], [14]],
    drumsFromStart: true,
    looseness: 0,
    bass: [
      [2, 2, 0],
      [6, 2, 0],
      [10, 2, 0],
      [14, 2, 0],
    ],
    chords: 'comp',
    comp: [
      [0, 2],
      [3, 3],
      [6, 2],
      [10, 3],
    ],
    lead: OFF_LEAD,
  },
  {
    ...plain,
    name: 'hip-hop',
    share: 4,
    bpm: [76, 104],
    meter: FOUR,
    kick: [[0], [7, 0.8], [10]],
    snare: [[4], [12]],
    hat: every(2, 16, accented),
    swing: 0.14,
    bass: [
      [0, 5, 0],
      [7, 3, 0],
      [10, 5, 4],
    ],
    chords: 'pad',
    comp: [[0, 16]],
    lead: OFF_LEAD,
  },
  {
    ...plain,
    name: 'drum and bass',
    share: 3,
    bpm: [160, 178],
    meter: FOUR,
    kick: [[0], [10]],
    snare: [[4], [12]],
    hat: every(2, 16, accented),
    drumsFromStart: true,
    looseness: 0,
    bass: [
      [0, 8, 0],
      [10, 6, 0],
    ],
    chords: 'pad',
    comp: [[0, 16]],
    lead: [
      [0, 8],
      [8, 4],
      [12, 4],
    ],
    barsPerChord: 2,
  },
  {
    ...plain,
    name: 'ballad',
    share: 4,
    bpm: [62, 80],
    meter: FOUR,
    kick: [[0], [8]],
    snare: [[4], [12]],
    hat: every(2, 16, accented),
    bass: [
      [0, 6, 0],
      [6, 2, 0],
      [8, 8, 4],
    ],
    chords: 'arp',
    comp: EIGHTHS,
    lead: SONG_LEAD,
  },
  {
    ...plain,
    name: 'funk',
    share: 3,
    bpm: [94, 118],
    meter: FOUR,
    kick: [[0], [6], [10]],
    snare: [[4], [7, 0.3], [9, 0.3], [12], [15, 0.3]],
    hat: every(1, 16, accented),
    swing: 0.06,
    bass: [
      [0, 2, 0],
      [3, 1, 0],
      [6, 2, 4],
      [10, 2, 0],
      [14, 2, 2],
    ],
    chords: 'comp',
    comp: [
      [2, 1],
      [5, 1],
      [8, 1],
      [14, 2],
    ],
    lead: OFF_LEAD,
  },
  {
    ...plain,
    name: 'punk',
    share: 3,
    bpm: [150, 190],
    meter: FOUR,
    kick: [[0], [2, 0.8], [8], [10, 0.8]],
    snare: [[4], [12]],
    hat: every(2, 16, accented),
    bass: EIGHTHS.map(([at, length]) => [at, length, 0]),
    chords: 'comp',
    comp: EIGHTHS,
    lead: SONG_LEAD,
    barsPerChord: 2,
  },
  {
    ...plain,
    name: 'swing',
    share: 2,
    bpm: [112, 186],
    meter: FOUR,
    kick: [
      [0, 0.5],
      [8, 0.5],
    ],
    snare: [
      [4, 0.6],
      [12, 0.6],
    ],
    hat: [[0], [4], [6, 0.8], [8], [12], [14, 0.8]],
    swing: 0.166,
    swingUnit: 2,
    bass: [
      [0, 4, 0],
      [4, 4, 2],
      [8, 4, 4],
      [12, 4, 2],
    ],
    chords: 'comp',
    comp: [
      [0, 3],
      [6, 4],
    ],
    lead: [
      [0, 4],
      [4, 2],
      [6, 2],
      [10, 6],
    ],
  },
  {
    ...plain,
    name: 'reggaeton',
    share: 2,
    bpm: [86, 104],
    meter: FOUR,
    kick: [[0], [4], [8], [12]],
    snare: [[3], [6], [11], [14]],
    hat: every(2, 16, accented),
    looseness: 0,
    bass: [
      [0, 3, 0],
      [3, 3, 0],
      [6, 2, 4],
      [8, 4, 0],
      [12, 4, 0],
    ],
    chords: 'pad',
    comp: [[0, 16]],
    lead: SONG_LEAD,
  },
  {
    ...plain,
    name: 'piano song',
    share: 3,
    bpm: [66, 112],
    meter: FOUR,
    kick: [],
    snare: [],
    hat: [],
    bass: [
      [0, 8, 0],
      [8, 8, 4],
    ],
    chords: 'arp',
    comp: EIGHTHS,
    lead: SONG_LEAD,
  },
  {
    ...plain,
    name: 'synth song',
    share: 2,
    bpm: [90, 130],
    meter: FOUR,
    kick: [],
    snare: [],
    hat: [],
    bass: [
      [0, 2, 0],
      [4, 2, 0],
      [8, 2, 0],
      [12, 2, 0],
      [14, 2, 4],
    ],
    chords: 'pad',
    comp: [[0, 16]],
    lead: SONG_LEAD,
  },
  {
    ...plain,
    name: 'waltz',
    share: 3,
    bpm: [84, 180],
    meter: { numerator: 3, denominator: 4 },
    kick: [[0]],
    snare: [
      [4, 0.6],
      [8, 0.6],
    ],
    hat: every(4, 12),
    bass: [[0, 4, 0]],
    chords: 'comp',
    comp: [
      [4, 3],
      [8, 3],
    ],
    lead: [
      [0, 4],
      [4, 4],
      [8, 2],
      [10, 2],
    ],
  },
  {
    ...plain,
    name: 'six-eight',
    share: 2,
    bpm: [84, 150],
    meter: { numerator: 6, denominator: 8 },
    kick: [[0]],
    snare: [[6]],
    hat: every(2, 12, (at) => (at % 6 === 0 ? 1 : 0.6)),
    bass: [
      [0, 6, 0],
      [6, 4, 4],
      [10, 2, 0],
    ],
    chords: 'arp',
    comp: every(2, 12).map(([at]) => [at, 2]),
    lead: [
      [0, 4],
      [4, 2],
      [6, 6],
    ],
  },
  {
    ...plain,
    name: 'seven-eight',
    share: 1,
    bpm: [84, 160],
    meter: { numerator: 7, denominator: 8 },
    kick: [[0], [8, 0.8]],
    snare: [[4], [12, 0.8]],
    hat: every(2, 14, (at) => (at === 0 ? 1 : 0.7)),
    bass: [
      [0, 4, 0],
      [4, 4, 0],
      [8, 6, 4],
    ],
    chords: 'comp',
    comp: [
      [0, 4],
      [4, 4],
      [8, 6],
    ],
    lead: [
      [0, 4],
      [4, 2],
      [6, 2],
      [8, 6],
    ],
  },
]
