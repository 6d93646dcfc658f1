// Owner <-> engine: requests with ids, replies, progress, events and cancel, the same over a utility process, a child process and a window's
// port. Sample data never crosses except peaks and meters.
import { z } from 'zod'
import type { Problem, Result } from '../std/index.ts'
import { exportFormatSchema, type ExportFormat } from './app.ts'
import { type AiReplies, aiRequestSchemas } from './engine-ai.ts'
import { type AnalysisReplies, analysisRequestSchemas } from './engine-analysis.ts'
import { type EnginePluginEvents, type EnginePluginReplies, enginePluginRequestSchemas } from './engine-plugins.ts'
import { type PreviewEvents, type PreviewReplies, previewRequestSchemas } from './engine-preview.ts'
import { type DeriveEvents, type DeriveReplies, deriveRequestSchemas } from './engine-derive.ts'
import { renderPlanSchema } from './render-plan.ts'
import { stemFileSchema } from './stem-file.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const path = z.string().min(1).max(4_096)
const frame = z
  .int()
  .min(0)
  .max(2 ** 34)
const id = z.string().min(1).max(200)
const none = z.object({}).strict()

export const frameRangeSchema = z
  .object({ fromFrame: frame, toFrame: frame })
  .refine(({ fromFrame, toFrame }) => toFrame > fromFrame, 'a range must hold at least one frame')
export type FrameRange = z.infer<typeof frameRangeSchema>

const text = z.string().max(10_000)
/** Ordinary tags of one file; the stamp that follows signs over them. */
export const fileTagsSchema = z.object({
  title: text,
  artist: text,
  remixer: text.exactOptional(),
  originalArtist: text.exactOptional(),
  originalTitle: text.exactOptional(),
  rights: text.exactOptional(),
  licenceUrl: text.exactOptional(),
  sourceUrl: text.exactOptional(),
  encoder: text.exactOptional(),
  comment: text.exactOptional(),
  digitalSourceType: text.exactOptional(),
  containsAi: z.enum(['All', 'Partly', 'None']).exactOptional(),
  sourceIsrcs: z.array(z.string().max(100)).max(1_000).exactOptional(),
  receiptId: text.exactOptional(),
  extra: z.record(z.string().max(100), text).exactOptional(),
})
export type FileTags = z.infer<typeof fileTagsSchema>

export const exportJobSchema = z.object({
  plan: renderPlanSchema,
  /** Where to decode from what the cache lacks. */
  stems: z.array(stemFileSchema).max(10_000).readonly(),
  /** Null is the whole remix with its tail. */
  range: frameRangeSchema.nullable(),
  loudnessTargetLufs: z.number().min(-40).max(-5).nullable(),
  threads: z.int().min(1).max(64),
  /** Files to write from one render. `trackId` null is the master mix; otherwise that track alone, before master processing. Paths are the caller's
   *  temporary files; the engine removes them again when the export fails or is cancelled. */
  outputs: z
    .array(z.object({ path, format: exportFormatSchema, trackId: id.nullable(), tags: fileTagsSchema }))
    .max(10_000)
    .readonly(),
})
export type ExportJob = z.infer<typeof exportJobSchema>

/** Transport commands: the only requests a window's port may send. */
export const transportRequestSchemas = {
  /** From a frame, or from where the playhead is. */
  'transport.play': z.object({ fromFrame: frame.nullable() }),
  'transport.stop': none,
  'transport.seek': z.object({ frame }),
  /** Null ends looping. */
  'transport.loop': z.object({ range: frameRangeSchema.nullable() }),
  'transport.state': none,
} as const satisfies Record<string, z.ZodType>

/** Requests of the engine's owner. */
export const engineRequestSchemas = {
  ...transportRequestSchemas,
  /** First message: where decoded audio is cached and which output to use. */
  'engine.open': z.object({
    cacheDir: path,
    output: z.enum(['default', 'silent']),
    /** Who starts plugin children: the owner, asked by `plugins.fork`, or (where absent) the engine itself, which only works in plain Node. */
    forks: z.enum(['owner', 'engine']).exactOptional(),
    /** Models that sounds are made with, each named `<sha256 of the file>.onnx`. */
    modelsDir: path.nullable().exactOptional(),
  }),
  'engine.formats': none,
  /** Decodes what is missing; progress per stem. */
  'sources.prepare': z.object({ stems: z.array(stemFileSchema).max(10_000) }),
  'sources.peaks': z.object({ contentSha256: sha256 }),
  /** Loudness of one decoded stem. */
  'sources.measure': z.object({ contentSha256: sha256 }),
  /** The plan that plays; while playing the change is heard from the next block that is not scheduled yet. Null unloads. */
  'plan.load': z.object({ plan: renderPlanSchema.nullable() }),
  /** Renders without writing: hash and loudness. */
  'plan.measure': z.object({ plan: renderPlanSchema, range: frameRangeSchema.nullable(), threads: z.int().min(1).max(64) }),
  'export.run': exportJobSchema,
  ...aiRequestSchemas,
  ...analysisRequestSchemas,
  ...previewRequestSchemas,
  ...deriveRequestSchemas,
  ...enginePluginRequestSchemas,
} as const satisfies Record<string, z.ZodType>

export type TransportRequestName = keyof typeof transportRequestSchemas
export type EngineRequestName = keyof typeof engineRequestSchemas
export type EngineRequest<N extends EngineRequestName> = z.infer<(typeof engineRequestSchemas)[N]>

/** Where the sound goes. `silent` is a real-time clock without a sound card; `reason` says why, in words for the window. */
export type OutputState = { readonly kind: 'device'; readonly sampleRate: number } | { readonly kind: 'silent'; readonly reason: string }

export interface TransportState {
  readonly isPlaying: boolean
  readonly frame: number
  readonly loop: FrameRange | null
  readonly output: OutputState
  /** End of the loaded plan with its tail. */
  readonly endFrame: number
}

/** Loudness by BS.1770-4 and EBU Tech 3342; null where there was too little sound to tell. */
export interface LoudnessReport {
  readonly integratedLufs: number | null
  readonly rangeLu: number | null
  readonly momentaryMaxLufs: number | null
  readonly shortTermMaxLufs: number | null
  readonly truePeakDb: number
  readonly samplePeakDb: number
}

export interface PreparedStem {
  readonly contentSha256: string
  /** At 48 kHz. */
  readonly lengthFrames: number
  readonly channels: number
}

export interface StemPeaks {
  readonly framesPerPeak: number
  readonly lengthFrames: number
  /** min, max pairs as signed steps of 1/127. */
  readonly peaks: Int8Array
}

export interface WrittenFile {
  readonly path: string
  readonly format: ExportFormat
  readonly trackId: string | null
  readonly bytes: number
  /** SHA-256 of the float samples handed to the encoder, interleaved, little-endian. */
  readonly pcmSha256: string
  /** Canonical hash of the integer samples the file holds (docs/formats/pcm-hash.md); null where a decoder does not give them back exactly. */
  readonly filePcmSha256: string | null
  /** Acoustic fingerprint as a receipt carries it (docs/formats/fingerprint.md); null where there is too little to hear. */
  readonly fingerprint: string | null
}

export interface RenderReport {
  /** Of the final master output: after loudness gain and limiter, before dither. */
  readonly pcmSha256: string
  readonly durationFrames: number
  readonly loudness: LoudnessReport
  /** Gain applied for the loudness target; 0 without one. */
  readonly gainDb: number
  /** Why a loudness target was not reached, in words; null where it was or none was asked. */
  readonly shortfall: string | null
  /** What went wrong without stopping the render (broken numbers that were silenced, …). */
  readonly warnings: readonly Problem[]
}

export interface ExportReply extends RenderReport {
  /** Ids of tracks whose sound was frozen on another machine and could not be made here. */
  readonly frozenElsewhere: readonly string[]
  readonly files: readonly WrittenFile[]
}

export interface FormatAvailability {
  readonly format: ExportFormat
  readonly isAvailable: boolean
  readonly reason: string | null
}

export interface EngineReplies extends AiReplies, AnalysisReplies, PreviewReplies, DeriveReplies, EnginePluginReplies {
  'engine.open': { readonly pid: number; readonly output: OutputState }
  'engine.formats': readonly FormatAvailability[]
  'sources.prepare': readonly PreparedStem[]
  'sources.peaks': StemPeaks
  'sources.measure': LoudnessReport
  'plan.load': null
  'plan.measure': RenderReport
  'export.run': ExportReply
  'transport.play': TransportState
  'transport.stop': TransportState
  'transport.seek': TransportState
  'transport.loop': TransportState
  'transport.state': TransportState
}

/** Progress of a running request, 0..1. `stem` is set while one stem is decoded or its sound derived. */
export interface EngineProgress {
  readonly step: 'decode' | 'derive' | 'measure' | 'render' | 'analyse'
  readonly fraction: number
  readonly stem: string | null
}

/** Peaks and RMS are linear, full scale is 1; -Infinity never crosses: a silent loudness is null. */
export interface TrackMeter {
  readonly trackId: string
  readonly peakLeft: number
  readonly peakRight: number
  readonly rmsLeft: number
  readonly rmsRight: number
}

export interface MeterFrame {
  /** Timeline position these values were heard at. */
  readonly frame: number
  readonly tracks: readonly TrackMeter[]
  readonly master: {
    readonly peakLeft: number
    readonly peakRight: number
    readonly rmsLeft: number
    readonly rmsRight: number
    /** Highest since play started, dBTP; null before anything sounded. */
    readonly truePeakDb: number | null
    readonly momentaryLufs: number | null
    readonly shortTermLufs: number | null
    readonly integratedLufs: number | null
    /** Of the master's dynamics, 0 or negative. */
    readonly gainReductionDb: number
  }
}

export interface EngineEvents extends PreviewEvents, DeriveEvents, EnginePluginEvents {
  'transport.changed': TransportState
  /** 30 to 60 a second while playing, from the output's own clock. */
  'transport.position': { readonly frame: number }
  meters: MeterFrame
  /** Something broke in playback but it goes on: a device was silenced, blocks came late. */
  'playback.warning': Problem
}
export type EngineEventName = keyof EngineEvents

/** From main to the engine beside a message port: that port is a window's and may send transport commands only. */
export const ENGINE_ATTACH_WINDOW = 'engine.attachWindow'

/** What comes back. */
export type FromEngine =
  | { readonly id: number; readonly result: Result<unknown> }
  | { readonly id: number; readonly progress: EngineProgress }
  | { readonly event: EngineEventName; readonly payload: unknown }

export const toEngineSchema = z.union([
  z.object({ id: z.int().min(0), name: z.string().max(100), payload: z.unknown() }),
  z.object({ cancel: z.int().min(0) }),
])

/** The outer shape of what an engine sends; payloads are typed by the request that asked. */
export const fromEngineSchema = z.union([
  z.object({
    id: z.int().min(0),
    result: z.union([
      z.object({ ok: z.literal(true), value: z.unknown() }),
      z.object({
        ok: z.literal(false),
        error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.unknown()).exactOptional() }),
      }),
    ]),
  }),
  z.object({
    id: z.int().min(0),
    progress: z.object({
      step: z.enum(['decode', 'derive', 'measure', 'render', 'analyse']),
      fraction: z.number(),
      stem: z.string().nullable(),
    }),
  }),
  z.object({
    event: z.enum([
      'transport.changed',
      'transport.position',
      'meters',
      'playback.warning',
      'audition.changed',
      'audition.position',
      'playback.preparing',
      'plugins.status',
      'plugins.changed',
      'plugins.frozen',
      'plugins.crashed',
      'plugins.fork',
      'plugins.kill',
    ]),
    payload: z.unknown(),
  }),
])
