// Plans and stems for tests: real stem files of known samples, decoded through the real cache.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unwrap } from '../../../src-shared/std/index.ts'
import {
  DEVICE_PARAMETERS,
  type DeviceKind,
  MASTER_TRACK_ID,
  type PlanClip,
  type PlanBuiltIn,
  type PlanPlugin,
  type PlanSource,
  type PlanTrack,
  type PlanValue,
  type RenderPlan,
} from '../../../src-shared/remix/index.ts'
import { ensureDecoded } from '../../files/index.ts'
import { noise, type Stereo, stereo } from '../../kernels/testing/index.ts'

export { noise, type Stereo, stereo }

/** A 32-bit float WAV file. */
export const floatWav = ({ left, right }: Stereo): Buffer => {
  const frames = left.length
  const bytes = Buffer.alloc(44 + frames * 8)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(36 + frames * 8, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(3, 20)
  bytes.writeUInt16LE(2, 22)
  bytes.writeUInt32LE(48_000, 24)
  bytes.writeUInt32LE(48_000 * 8, 28)
  bytes.writeUInt16LE(8, 32)
  bytes.writeUInt16LE(32, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(frames * 8, 40)
  const samples = new Float32Array(bytes.buffer, bytes.byteOffset + 44, frames * 2)
  for (let i = 0; i < frames; i++) {
    samples[i * 2] = left[i]!
    samples[i * 2 + 1] = right[i]!
  }
  return bytes
}

/** A folder with stem files and their decoded cache. */
export class StemFolder {
  readonly dir = mkdtempSync(join(tmpdir(), 'stemma-render-'))
  readonly cacheDir = join(this.dir, 'decoded')
  readonly sources: PlanSource[] = []
  readonly files: { path: string; contentSha256: string; name: string }[] = []

  /** Adds a stem and returns its place in `sources`. */
  async add(signal: Stereo, { isDecoded = true }: { readonly isDecoded?: boolean } = {}): Promise<number> {
    const bytes = floatWav(signal)
    const contentSha256 = createHash('sha256').update(bytes).digest('hex')
    const index = this.sources.length
    const path = join(this.dir, `stem-${index}.wav`)
    writeFileSync(path, bytes)
    if (isDecoded) unwrap(await ensureDecoded({ path, contentSha256, cacheDir: this.cacheDir }))
    this.files.push({ path, contentSha256, name: `Stem ${index}` })
    this.sources.push({
      stemId: `urn:stem:${index}`,
      workId: 'urn:work:test',
      role: 'other',
      title: `Stem ${index}`,
      contentSha256,
      sampleRate: 48_000,
      channels: 2,
      lengthFrames: signal.left.length,
      isrc: null,
    })
    return index
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

export const clip = (source: number, lengthFrames: number, more: Partial<PlanClip> = {}): PlanClip => ({
  clipId: `clip:${source}:${more.startFrame ?? 0}`,
  source,
  startFrame: 0,
  lengthFrames,
  sourceStartFrame: 0,
  gainDb: 0,
  fadeInFrames: 0,
  fadeOutFrames: 0,
  fadeCurve: 'linear',
  ...more,
})

export const device = (
  deviceId: string,
  kind: DeviceKind,
  params: Readonly<Record<string, number | PlanValue>> = {},
  isEnabled = true,
): PlanBuiltIn => ({
  deviceId,
  kind,
  isEnabled,
  params: Object.fromEntries(
    DEVICE_PARAMETERS[kind].map((parameter) => {
      const value = params[parameter.name] ?? parameter.default
      return [parameter.name, typeof value === 'number' ? { value } : value]
    }),
  ),
})

/** A plugin as a plan holds it. */
export const plugin = (
  deviceId: string,
  { format, id, ...use }: Partial<PlanPlugin['plugin']> & Pick<PlanPlugin['plugin'], 'format' | 'id'>,
  params: Readonly<Record<string, number | PlanValue>> = {},
  more: Partial<PlanPlugin> = {},
): PlanPlugin => ({
  deviceId,
  kind: 'plugin',
  isEnabled: true,
  params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, typeof value === 'number' ? { value } : value])),
  plugin: {
    format,
    id,
    name: deviceId,
    vendor: '',
    version: '1',
    isInstrument: false,
    isGenerative: false,
    sidechainTrackId: null,
    stateSha256: null,
    ...use,
  },
  state: null,
  ...more,
})

/** Steady tempo and 4/4, as plans with plugins carry them. */
export const steadyTimeline = (bpm = 120): NonNullable<RenderPlan['timeline']> => ({
  tempo: [{ frame: 0, milliBpm: bpm * 1_000, quarter: 0 }],
  meter: [{ frame: 0, numerator: 4, denominator: 4, bar: 0, quarter: 0 }],
})

export const track = (id: string, more: Partial<PlanTrack> = {}): PlanTrack => ({
  id,
  kind: 'audio',
  name: id,
  role: 'other',
  isAudible: true,
  clips: [],
  devices: [],
  gainDb: { value: 0 },
  pan: { value: 0 },
  sends: [],
  ...more,
})

export const bus = (id: string, more: Partial<PlanTrack> = {}): PlanTrack => track(id, { kind: 'bus', ...more })

export const send = (toTrackId: string, gainDb: number | PlanValue, isPreFader = false): PlanTrack['sends'][number] => ({
  sendId: `send:${toTrackId}:${isPreFader}`,
  toTrackId,
  gainDb: typeof gainDb === 'number' ? { value: gainDb } : gainDb,
  isPreFader,
})

/** A plan of these tracks; the master is added unless given. */
export const plan = (sources: readonly PlanSource[], tracks: readonly PlanTrack[], tailFrames = 0): RenderPlan => {
  const lengthFrames = Math.max(0, ...tracks.flatMap((one) => one.clips.map((c) => c.startFrame + c.lengthFrames)))
  const hasMaster = tracks.some((one) => one.kind === 'master')
  return {
    v: 1,
    sampleRate: 48_000,
    lengthFrames,
    tailFrames,
    timeline: steadyTimeline(),
    sources,
    tracks: hasMaster ? tracks : [...tracks, track(MASTER_TRACK_ID, { kind: 'master', name: 'Master' })],
  }
}

/** An impulse at a frame. */
export const impulse = (frames: number, at: number): Stereo => {
  const signal = stereo(frames)
  signal.left[at] = 1
  signal.right[at] = 1
  return signal
}
