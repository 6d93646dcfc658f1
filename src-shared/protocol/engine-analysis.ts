// What the engine hears in stems and works: tempo, beats, key, sections, drums, groove, tone. Every finding carries a confidence, and what a work
// states stands beside what was detected: nothing here is ever applied by itself.
import { z } from 'zod'
import { DRUMS, keySchema, roleSchema } from '../remix/index.ts'

/** Raised whenever a finding may change for the same sound, so that kept analyses are made anew. */
export const ANALYSIS_VERSION = 2

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const frame = z
  .int()
  .min(0)
  .max(2 ** 34)
const milliBpm = z.int().min(10_000).max(800_000)
const confidence = z.number().min(0).max(1)
const meter = z.object({ numerator: z.int().min(1).max(32), denominator: z.int().min(1).max(16) })
const sentence = z.string().max(1_000)

/** What a work states of itself; null where it says nothing. `sections` count bars from 1. */
export const statedMusicSchema = z.object({
  milliBpm: milliBpm.nullable(),
  key: keySchema.nullable(),
  meter: meter.nullable(),
  sections: z.array(z.object({ name: z.string().max(100), startBar: z.int().min(1), lengthBars: z.int().min(1) })).max(500),
})
export type StatedMusic = z.infer<typeof statedMusicSchema>

export const analysisStemSchema = z.object({
  contentSha256: sha256,
  role: roleSchema,
  /** What sentences call it. */
  title: z.string().max(300).exactOptional(),
})
export type AnalysisStem = z.infer<typeof analysisStemSchema>

export const analysisRequestSchemas = {
  /** One decoded stem by itself. */
  'analysis.stem': z.object({ contentSha256: sha256 }),
  /** All decoded stems of a work together. */
  'analysis.work': z.object({ stems: z.array(analysisStemSchema).min(1).max(500), stated: statedMusicSchema.nullable() }),
} as const satisfies Record<string, z.ZodType>

/** How a tempo relates to the one that was detected. */
export const TEMPO_RELATIONS = ['detected', 'half', 'double', 'two-thirds', 'three-halves', 'other'] as const

export const tempoFindingSchema = z.object({
  /** Quarter notes per thousand minutes. */
  milliBpm,
  confidence,
  /** False where the tempo drifts: the one given is then only its middle. */
  isSteady: z.boolean(),
  /** Slowest and fastest tempo heard over a few bars. */
  slowestMilliBpm: milliBpm,
  fastestMilliBpm: milliBpm,
  /** The likeliest first, which is the one above. Confidences add up to at most 1. */
  candidates: z.array(z.object({ milliBpm, relation: z.enum(TEMPO_RELATIONS), confidence })).max(10),
})
export type TempoFinding = z.infer<typeof tempoFindingSchema>

export const meterFindingSchema = meter.extend({ confidence })

/** Beats are quarter notes, or eighths where the meter counts an odd number of them. */
export const beatsFindingSchema = z.object({
  /** Each beat at 48 kHz, ascending. */
  frames: z.array(frame).max(1_000_000),
  confidence,
  beatsPerBar: z.int().min(1).max(32),
  /** Beats per quarter note: 1, or 2 where eighths are counted. */
  beatsPerQuarter: z.int().min(1).max(2),
  /** Which beat, from 0, starts the first whole bar. */
  firstDownbeat: z.int().min(0),
  downbeatConfidence: confidence,
})
export type BeatsFinding = z.infer<typeof beatsFindingSchema>

export const keyFindingSchema = z.object({
  /** `A minor`; null where the sound does not tell. */
  key: keySchema.nullable(),
  confidence,
  /** How far from 440 Hz the instruments are tuned. */
  tuningCents: z.int().min(-50).max(50),
  /** The likeliest first, whether or not they were sure enough. */
  candidates: z.array(z.object({ key: keySchema, confidence })).max(5),
})
export type KeyFinding = z.infer<typeof keyFindingSchema>

export const sectionFindingSchema = z.object({
  name: z.string().max(100),
  /** Sections with one letter sound alike. */
  label: z.string().max(10),
  /** Bars from 1, counted from the first downbeat. */
  startBar: z.int().min(1),
  lengthBars: z.int().min(1),
  startFrame: frame,
  lengthFrames: frame,
  /** 0 is the quietest stretch of the work, 1 the loudest. */
  energy: z.number().min(0).max(1),
  confidence,
})
export type SectionFinding = z.infer<typeof sectionFindingSchema>

export const drumHitSchema = z.object({ frame, drum: z.enum(DRUMS), velocity: z.int().min(1).max(127) })
export type DrumHit = z.infer<typeof drumHitSchema>

/** How players lie against the grid, to be laid over other sound. */
export const grooveFindingSchema = z.object({
  /** Share of a pair of eighths, and of sixteenths, that the first one takes, in thousandths: 500 is straight, 667 a triplet swing. */
  swingEighthPermille: z.int().min(0).max(1_000),
  swingSixteenthPermille: z.int().min(0).max(1_000),
  /** Mean distance from the straight grid for each sixteenth of a bar, in microseconds (late is positive); null where nothing is played. */
  offsetsUs: z.array(z.int().min(-1_000_000).max(1_000_000).nullable()).max(64),
  /** How much is played there, against the fullest place. */
  weights: z.array(z.number().min(0).max(1)).max(64),
  confidence,
})
export type GrooveFinding = z.infer<typeof grooveFindingSchema>

/** Levels in third-octave bands from 25 Hz to 16 kHz, in tenths of dB against full scale; the tone of a sound. */
export const spectralProfileSchema = z.object({
  bandsHz: z.array(z.number().min(1).max(24_000)).max(40),
  levelsDb: z.array(z.number().min(-200).max(50)).max(40),
})
export type SpectralProfile = z.infer<typeof spectralProfileSchema>

const loudness = z.number().min(-200).max(50).nullable()

export const stemAnalysisSchema = z.object({
  version: z.literal(ANALYSIS_VERSION),
  contentSha256: sha256,
  lengthFrames: frame,
  isSilent: z.boolean(),
  onsets: z.object({
    /** At 48 kHz, ascending. */
    frames: z.array(frame).max(1_000_000),
    /** Strength of each against the strongest. */
    strengths: z.array(z.number().min(0).max(1)).max(1_000_000),
  }),
  tempo: tempoFindingSchema.nullable(),
  beats: beatsFindingSchema.nullable(),
  key: keyFindingSchema,
  drums: z.object({ hits: z.array(drumHitSchema).max(100_000), confidence }),
  groove: grooveFindingSchema.nullable(),
  integratedLufs: loudness,
  truePeakDb: loudness,
  /** Middle of the spectrum weighed by level; 0 for silence. */
  centroidHz: z.int().min(0).max(24_000),
  profile: spectralProfileSchema,
  /** What cannot be told, in plain words. */
  notes: z.array(sentence).max(20),
})
export type StemAnalysis = z.infer<typeof stemAnalysisSchema>

/** What a work states beside what was heard. `agrees` is null where one of the two is missing. */
const compared = <S extends z.ZodType, D extends z.ZodType>(stated: S, detected: D) =>
  z.object({ stated: stated.nullable(), detected: detected.nullable(), agrees: z.boolean().nullable() })

export const workAnalysisSchema = z.object({
  version: z.literal(ANALYSIS_VERSION),
  lengthFrames: frame,
  tempo: compared(milliBpm, tempoFindingSchema),
  meter: compared(meter, meterFindingSchema),
  key: compared(keySchema, keyFindingSchema),
  beats: beatsFindingSchema.nullable(),
  /** As stated where the work states them, else detected. Empty where there is too little to tell. */
  sections: z.object({ origin: z.enum(['stated', 'detected']), list: z.array(sectionFindingSchema).max(500) }),
  /** Start of each bar, and how loud it is: mean level of all stems in dB, null for silence. */
  bars: z.array(z.object({ startFrame: frame, levelDb: loudness })).max(100_000),
  groove: grooveFindingSchema.nullable(),
  profile: spectralProfileSchema,
  centroidHz: z.int().min(0).max(24_000),
  stems: z
    .array(
      z.object({
        contentSha256: sha256,
        role: roleSchema,
        isSilent: z.boolean(),
        onsets: z.int().min(0),
        key: keyFindingSchema,
        /** Whether its key fits the one stated, or the one of the others where none is; null where it cannot be told. */
        keyAgrees: z.boolean().nullable(),
        integratedLufs: loudness,
        truePeakDb: loudness,
        centroidHz: z.int().min(0).max(24_000),
      }),
    )
    .max(500),
  /** What does not agree and what cannot be told, in plain words. */
  notes: z.array(sentence).max(600),
})
export type WorkAnalysis = z.infer<typeof workAnalysisSchema>

export interface AnalysisReplies {
  'analysis.stem': StemAnalysis
  'analysis.work': WorkAnalysis
}
