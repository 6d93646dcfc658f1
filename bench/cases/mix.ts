// The mix benchmark: stems with high-pass, bell, shelf, gain, pan and a reverb send, a compressor on the sum. The peer is ffmpeg on the same graph.
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExportJob } from '../../src-shared/protocol/index.ts'
import { applyEdits, compilePlan, createRemix, type EditCommand, tracksOf } from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { compare, type Outcome } from '../compare.ts'
import { denseStem, scratchDir } from '../material.ts'
import { type Command, isInstalled, measure } from '../measure.ts'

const RATE = 48_000

const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** An export job over `count` dense stems of `seconds`. */
export const mixJob = async (count: number, seconds: number, threads: number): Promise<ExportJob> => {
  const paths = Array.from({ length: count }, (_, i) => denseStem(i, seconds))
  const hashes = await Promise.all(paths.map(sha256Of))
  let id = 0
  const newId = (): string => `bench-${id++}`
  const remix = createRemix(
    {
      id: 'urn:stemma:work:bench',
      title: 'Bench',
      artists: ['Bench'],
      milliBpm: 120_000,
      key: null,
      meter: { numerator: 4, denominator: 4 },
      sections: [],
      stems: hashes.map((contentSha256, i) => ({
        id: `urn:stemma:stem:bench-${i}`,
        title: `Stem ${i}`,
        role: 'other' as const,
        contentSha256,
        sampleRate: RATE,
        channels: 2,
        lengthFrames: RATE * seconds,
        isrc: null,
      })),
    },
    { newId, now: 0 },
  )
  const edits: EditCommand[] = [
    { op: 'track.add', id: 'reverb', kind: 'bus', name: 'Reverb' },
    { op: 'device.add', trackId: 'reverb', kind: 'reverb' },
  ]
  for (const [i, track] of tracksOf(remix)
    .filter(({ kind }) => kind === 'audio')
    .entries()) {
    edits.push(
      {
        op: 'device.add',
        trackId: track.id,
        kind: 'eq',
        params: {
          band1Type: 1,
          band1Hz: 80,
          band2Type: 3,
          band2Hz: 1_000,
          band2Db: 3,
          band2Q: 1,
          band3Type: 4,
          band3Hz: 8_000,
          band3Db: 2,
          band4Type: 0,
          band5Type: 0,
        },
      },
      { op: 'track.set', trackId: track.id, gainDb: -6, pan: (i % 5) / 5 - 0.4 },
      { op: 'send.add', fromTrackId: track.id, toTrackId: 'reverb', gainDb: -14 },
    )
  }
  edits.push({
    op: 'device.add',
    trackId: 'track:master',
    kind: 'compressor',
    index: 0,
    params: { thresholdDb: -18, ratio: 2, attackMs: 10, releaseMs: 120 },
  })
  const plan = unwrap(compilePlan(unwrap(applyEdits(remix, edits, { newId })).snapshot))
  return {
    plan: plan as ExportJob['plan'],
    stems: paths.map((path, i) => ({ path, contentSha256: hashes[i] ?? '', name: `Stem ${i}` })),
    range: { fromFrame: 0, toFrame: RATE * seconds },
    loudnessTargetLufs: null,
    threads,
    outputs: [
      {
        path: join(scratchDir(), `mix-${count}-${seconds}-${threads}.wav`),
        format: 'wav24',
        trackId: null,
        tags: { title: 'Bench', artist: 'Bench' },
      },
    ],
  }
}

export interface OurMix {
  readonly command: Command
  /** Removes the file that was written: an export does not write over another. */
  readonly forgetExport: () => void
  /** Removes what was decoded, too. */
  readonly forgetDecoded: () => void
}

/** Our side: one export through the built engine process, as the command line runs it. */
export const ourMix = async ({
  size: [count, seconds],
  threads,
  node,
}: {
  readonly size: readonly [count: number, seconds: number]
  readonly threads: number
  readonly node: string
}): Promise<OurMix> => {
  const job = await mixJob(count, seconds, threads)
  const cacheDir = join(scratchDir(), 'pcm')
  const file = join(scratchDir(), `mix-${count}-${seconds}-${threads}.json`)
  writeFileSync(file, JSON.stringify({ cacheDir, job }))
  mkdirSync(cacheDir, { recursive: true })
  const forgetExport = (): void => {
    for (const output of job.outputs) rmSync(output.path, { force: true })
  }
  return {
    command: { file: node, args: [join(import.meta.dirname, '../runners/engine-export.mjs'), file] },
    forgetExport,
    forgetDecoded: () => {
      forgetExport()
      rmSync(cacheDir, { recursive: true, force: true })
      mkdirSync(cacheDir, { recursive: true })
    },
  }
}

/** Two seconds of decaying noise: the impulse response of the peer's reverb. */
const impulseResponse = (): string => {
  const path = join(scratchDir(), 'impulse.wav')
  if (existsSync(path)) return path
  const frames = RATE * 2
  const bytes = Buffer.alloc(44 + frames * 4)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(36 + frames * 4, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(2, 22)
  bytes.writeUInt32LE(RATE, 24)
  bytes.writeUInt32LE(RATE * 4, 28)
  bytes.writeUInt16LE(4, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(frames * 4, 40)
  let state = 1
  for (let i = 0; i < frames * 2; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes.writeInt16LE(Math.round((state / 2 ** 31 - 1) * 1_600 * Math.exp((-6.9 * (i >> 1)) / frames)), 44 + i * 2)
  }
  writeFileSync(path, bytes)
  return path
}

/** The same graph in ffmpeg: one filter thread, since its default slice threads are slower. */
export const ffmpegMix = (count: number, seconds: number): Command => {
  const stems = Array.from({ length: count }, (_, i) => i)
  const chains = stems.map(
    (i) =>
      `[${i}:a]highpass=f=80,equalizer=f=1000:t=q:w=1:g=3,highshelf=f=8000:g=2,volume=-6dB,pan=stereo|c0=0.9*c0|c1=0.8*c1,asplit=2[d${i}][s${i}]`,
  )
  const graph = [
    ...chains,
    `${stems.map((i) => `[d${i}]`).join('')}amix=inputs=${count}:normalize=0[dry]`,
    `${stems.map((i) => `[s${i}]`).join('')}amix=inputs=${count}:normalize=0,volume=0.2[send]`,
    `[send][${count}:a]afir[wet]`,
    '[dry][wet]amix=inputs=2:normalize=0,acompressor=threshold=0.125:ratio=2:attack=10:release=120[out]',
  ].join(';')
  const inputs = [...stems.map((i) => denseStem(i, seconds)), impulseResponse()].flatMap((path) => ['-i', path])
  return {
    file: 'ffmpeg',
    args: [
      '-v',
      'error',
      '-nostdin',
      '-y',
      '-filter_complex_threads',
      '1',
      '-threads',
      '1',
      ...inputs,
      '-filter_complex',
      graph,
      '-map',
      '[out]',
      '-c:a',
      'pcm_s24le',
      join(scratchDir(), 'peer.wav'),
    ],
  }
}

const STEMS = 8
const SECONDS = 180

/** `isFirst`: nothing was decoded before; otherwise the stems were opened before, as in a running session. */
export const mixCase = async ({
  threads,
  isFirst,
  rounds,
  node,
}: {
  readonly threads: 1 | 2
  readonly isFirst: boolean
  readonly rounds: number
  readonly node: string
}): Promise<Outcome> => {
  const ours = await ourMix({ size: [STEMS, SECONDS], threads, node })
  ours.forgetDecoded()
  if (!isFirst) await measure(ours.command, { withMemory: false })
  return compare({
    name: `mix-${STEMS}x${SECONDS}s${isFirst ? '' : '-again'}-${threads}-thread${threads === 1 ? '' : 's'}`,
    rounds,
    ours: ours.command,
    before: isFirst ? ours.forgetDecoded : ours.forgetExport,
    peer: isInstalled('ffmpeg')
      ? { name: 'ffmpeg', command: ffmpegMix(STEMS, SECONDS) }
      : { name: 'ffmpeg', skipped: 'ffmpeg is not installed' },
    atMost: threads === 1 ? 0.5 : 0.25,
    notes: `${isFirst ? 'from the WAV files, nothing decoded before' : 'stems decoded before'}; whole processes from start to end`,
  })
}
