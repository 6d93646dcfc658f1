// Decoder of a render plan that crosses a process border. It bounds what a plan may claim before the engine allocates for it.
import { z } from 'zod'
import {
  areParameterIds,
  DEVICE_KINDS,
  DEVICE_PARAMETERS,
  frozenSchema,
  isBase64,
  makeSchema,
  MAX_PLAN_NOTES,
  MAX_STATE_LENGTH,
  PLAN_VERSION,
  pluginUseSchema,
  REMIX_SAMPLE_RATE,
  type PlanSource,
  type RenderPlan,
  roleSchema,
} from '../remix/index.ts'

const id = z.string().min(1).max(200)
/** About 100 hours at 48 kHz: far beyond any remix, far below where frame arithmetic loses exactness. */
const MAX_FRAMES = 2 ** 34
const frames = z.int().min(0).max(MAX_FRAMES)

const valueSchema = z.object({
  value: z.number(),
  points: z
    .array(z.object({ frame: frames, value: z.number(), curve: z.enum(['hold', 'linear']) }))
    .max(200_000)
    .refine((points) => points.every((point, index) => index === 0 || point.frame >= (points[index - 1]?.frame ?? 0)), 'points must ascend')
    .exactOptional(),
})

const clipSchema = z.object({
  clipId: id,
  source: z.int().min(0).max(100_000),
  startFrame: frames,
  lengthFrames: frames,
  sourceStartFrame: frames,
  gainDb: z.number().min(-144).max(36),
  fadeInFrames: frames,
  fadeOutFrames: frames,
  fadeCurve: z.enum(['linear', 'equal-power']),
  foundBy: id.exactOptional(),
  isPlayedByInstrument: z.literal(true).exactOptional(),
})

const builtInSchema = z
  .object({
    deviceId: id,
    kind: z.enum(DEVICE_KINDS),
    isEnabled: z.boolean(),
    params: z.record(z.string().max(100), valueSchema),
  })
  .refine(
    ({ kind, params }) => DEVICE_PARAMETERS[kind].every(({ name }) => params[name] !== undefined),
    'every parameter of the device must be present',
  )

const pluginSchema = z.object({
  deviceId: id,
  kind: z.literal('plugin'),
  isEnabled: z.boolean(),
  params: z.record(z.string().max(200), valueSchema),
  plugin: pluginUseSchema,
  state: z.string().max(MAX_STATE_LENGTH).refine(isBase64, 'must be base64').nullable(),
})

const deviceSchema = z.discriminatedUnion('kind', [
  builtInSchema,
  pluginSchema.refine(({ params }) => areParameterIds(Object.keys(params)), 'must be parameters of a plugin'),
])

const noteSchema = z.object({
  startFrame: frames,
  lengthFrames: frames.min(1),
  pitch: z.int().min(0).max(127),
  velocity: z.int().min(1).max(127),
})

const trackSchema = z.object({
  id,
  kind: z.enum(['audio', 'bus', 'master']),
  name: z.string().max(300),
  role: roleSchema,
  isAudible: z.boolean(),
  clips: z.array(clipSchema).max(100_000),
  devices: z.array(deviceSchema).max(100),
  gainDb: valueSchema,
  pan: valueSchema,
  sends: z.array(z.object({ sendId: id, toTrackId: id, gainDb: valueSchema, isPreFader: z.boolean() })).max(1_000),
  notes: z.array(noteSchema).max(MAX_PLAN_NOTES).exactOptional(),
  frozen: frozenSchema.exactOptional(),
})

const quarter = z.number().min(0).max(1e9)
const timelineSchema = z
  .object({
    tempo: z
      .array(z.object({ frame: frames, milliBpm: z.int().min(20_000).max(400_000), quarter }))
      .min(1)
      .max(10_000),
    meter: z
      .array(
        z.object({
          frame: frames,
          numerator: z.int().min(1).max(32),
          // A denominator of zero has killed a plugin.
          denominator: z.int().min(1).max(16),
          bar: z.int().min(0).max(1e7),
          quarter,
        }),
      )
      .min(1)
      .max(10_000),
  })
  .refine(
    ({ tempo, meter }) =>
      [tempo, meter].every((points) => points.every(({ frame }, i) => (i === 0 ? frame === 0 : frame >= (points[i - 1]?.frame ?? 0)))),
    'tempo and meter must begin at 0 and ascend',
  )

/** Slowest and fastest a source may be played: beyond, a hostile plan would only fill the disk. */
const MAX_RATIO = 40

const warpSchema = z.object({
  anchors: z
    .array(z.tuple([frames, frames]))
    .min(2)
    .max(10_001)
    .refine(
      (anchors) =>
        anchors[0]?.[1] === 0 &&
        anchors.every(([source, out], i) => {
          const [lastSource, lastOut] = anchors[i - 1] ?? [-1, -1]
          return source > lastSource && out > lastOut && (i === 0 || out - lastOut <= (source - lastSource) * MAX_RATIO)
        }),
      'a warp must ascend from 0 and not slow down beyond reason',
    ),
  cents: z.int().min(-2_400).max(2_400),
  keepsFormants: z.boolean(),
})

/** One source of a plan. */
export const planSourceSchema: z.ZodType<PlanSource> = z.object({
  stemId: id,
  workId: id,
  role: roleSchema,
  title: z.string().max(300),
  contentSha256: z.string().regex(/^[0-9a-f]{64}$/),
  sampleRate: z.int().min(8_000).max(384_000),
  channels: z.int().min(1).max(2),
  lengthFrames: z
    .int()
    .min(0)
    .max(2 ** 40),
  isrc: z.string().max(20).nullable(),
  make: makeSchema.exactOptional(),
  warp: warpSchema.exactOptional(),
})

/** A render plan whose routing holds: one master at the end, clips point at sources, sends only ever run forward. */
export const renderPlanSchema: z.ZodType<RenderPlan> = z
  .object({
    v: z.literal(PLAN_VERSION),
    sampleRate: z.literal(REMIX_SAMPLE_RATE),
    lengthFrames: frames,
    tailFrames: frames,
    sources: z.array(planSourceSchema).max(10_000),
    tracks: z.array(trackSchema).min(1).max(2_000),
    timeline: timelineSchema.exactOptional(),
  })
  .superRefine((plan, context) => {
    const position = new Map(plan.tracks.map((track, index) => [track.id, index]))
    if (position.size !== plan.tracks.length) context.addIssue({ code: 'custom', message: 'track ids must be unique' })
    plan.tracks.forEach((track, index) => {
      if ((track.kind === 'master') !== (index === plan.tracks.length - 1))
        context.addIssue({ code: 'custom', message: 'the master comes last, once' })
      if (track.clips.some((clip) => clip.source >= plan.sources.length))
        context.addIssue({ code: 'custom', message: 'a clip names no source' })
      const plugins = track.devices.flatMap((device) => (device.kind === 'plugin' ? [device.plugin] : []))
      if (plugins.length > 0 && !plan.timeline) context.addIssue({ code: 'custom', message: 'plugins need tempo and meter' })
      for (const { sidechainTrackId } of plugins)
        if (sidechainTrackId !== null && (sidechainTrackId === track.id || !position.has(sidechainTrackId)))
          context.addIssue({ code: 'custom', message: 'a sidechain must come from another track' })
      for (const send of track.sends) {
        const to = position.get(send.toTrackId)
        if (to === undefined || to <= index || plan.tracks[to]?.kind !== 'bus')
          context.addIssue({ code: 'custom', message: 'a send must run to a later bus' })
      }
    })
  })
