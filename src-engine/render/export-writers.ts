// The files of one render pass: each takes pieces of sound in order, fills the silence between them and hands them to its encoder.
import type { ExportFormat, ExportJob, FrameRange, LoudnessReport, WrittenFile } from '../../src-shared/protocol/index.ts'
import { REMIX_SAMPLE_RATE, type RenderPlan } from '../../src-shared/remix/index.ts'
import { err, fail, ok, type Problem, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { type AudioEncoderSink, createEncoder, type EncodeSettings } from '../files/index.ts'
import type { Kernels } from '../kernels/index.ts'
import type { StereoBlock } from './channel.ts'
import { CELL_FRAMES } from './context.ts'
import { FloatHash } from './float-hash.ts'

export type Output = ExportJob['outputs'][number]

const SETTINGS: Readonly<Record<ExportFormat, EncodeSettings>> = {
  wav16: { format: 'wav', bitDepth: 16 },
  wav24: { format: 'wav', bitDepth: 24 },
  wav32f: { format: 'wav', bitDepth: 32 },
  flac16: { format: 'flac', bitDepth: 16 },
  flac24: { format: 'flac', bitDepth: 24 },
  mp3: { format: 'mp3' },
  m4a: { format: 'm4a' },
}

/** Whether the format is encoded in a thread or process of its own. */
export const isSideEncoder = (format: ExportFormat): boolean => SETTINGS[format].format !== 'wav'

/** A stretch that waits for the encoder: samples, or silence of a length. */
type Piece = { readonly left: Float32Array; readonly right: Float32Array } | { readonly silentFrames: number }

export class Writer {
  readonly output: Output
  /** Null writes the mix. */
  readonly trackIndex: number | null
  readonly #sink: AudioEncoderSink
  readonly #kernels: Kernels
  /** Stems have a hash of their own; the mix's is the render's. */
  readonly #hash: FloatHash | undefined
  readonly #silence: StereoBlock
  readonly #zeros = new Float32Array(CELL_FRAMES)
  #waiting: Piece[] = []
  /** Timeline frame up to which pieces were taken. */
  #at: number

  constructor(output: Output, trackIndex: number | null, sink: AudioEncoderSink, kernels: Kernels, fromFrame: number) {
    this.output = output
    this.trackIndex = trackIndex
    this.#sink = sink
    this.#kernels = kernels
    this.#hash = trackIndex === null ? undefined : new FloatHash(kernels)
    const zeros = kernels.alloc(CELL_FRAMES * 4)
    this.#silence = { left: zeros, right: zeros }
    this.#at = fromFrame
  }

  /** Takes a piece; what was left out before it was silence. Runs inside a block: encoding waits for `drain`. */
  push(block: StereoBlock, frames: number, frame: number): void {
    this.#skipTo(frame)
    this.#hash?.update(block, frames)
    this.#waiting.push({ left: this.#kernels.f32(block.left, frames).slice(), right: this.#kernels.f32(block.right, frames).slice() })
    this.#at = frame + frames
  }

  /** Hands everything taken to the encoder, at its pace. */
  async drain(): Promise<void> {
    const pieces = this.#waiting
    if (pieces.length === 0) return
    this.#waiting = []
    for (const piece of pieces) {
      if ('left' in piece) await this.#sink.write(piece.left, piece.right, piece.left.length)
      else await this.#writeSilence(piece.silentFrames)
    }
  }

  async finish(toFrame: number, master: { readonly pcmSha256: string; readonly loudness: LoudnessReport }): Promise<Result<WrittenFile>> {
    const { path, format, trackId, tags } = this.output
    this.#skipTo(toFrame)
    try {
      await this.drain()
    } catch (error) {
      if (error instanceof ProblemError) return err(error.problem)
      throw error
    }
    const loudness = this.#hash ? undefined : summarise(master.loudness)
    const finished = await this.#sink.finish({ tags, ...(loudness ? { loudness } : {}) })
    if (!finished.ok) return finished
    return ok({
      path,
      format,
      trackId,
      bytes: finished.value.bytes,
      pcmSha256: this.#hash?.digest() ?? master.pcmSha256,
      filePcmSha256: finished.value.pcmSha256,
    })
  }

  abort(): Promise<void> {
    return this.#sink.abort()
  }

  #skipTo(frame: number): void {
    const silentFrames = frame - this.#at
    if (silentFrames <= 0) return
    this.#waiting.push({ silentFrames })
    this.#at = frame
    for (let done = 0; done < silentFrames; done += CELL_FRAMES)
      this.#hash?.update(this.#silence, Math.min(CELL_FRAMES, silentFrames - done))
  }

  async #writeSilence(frames: number): Promise<void> {
    for (let done = 0; done < frames; done += CELL_FRAMES)
      await this.#sink.write(this.#zeros, this.#zeros, Math.min(CELL_FRAMES, frames - done))
  }
}

/** What encoders write into their containers; nothing where there was too little sound to measure. */
const summarise = ({ integratedLufs, rangeLu, truePeakDb, momentaryMaxLufs, shortTermMaxLufs }: LoudnessReport) =>
  integratedLufs === null || rangeLu === null || momentaryMaxLufs === null || shortTermMaxLufs === null
    ? undefined
    : { integratedLufs, rangeLu, truePeakDbtp: truePeakDb, maxMomentaryLufs: momentaryMaxLufs, maxShortTermLufs: shortTermMaxLufs }

/** Removes what the writers wrote. */
export const abortWriters = async (writers: readonly Writer[]): Promise<void> => {
  await Promise.all(writers.map((writer) => writer.abort()))
}

/** Opens all files of a pass, or none. */
export const openWriters = async (
  plan: RenderPlan,
  range: FrameRange,
  outputs: readonly Output[],
  kernels: Kernels,
): Promise<Result<readonly Writer[]>> => {
  const writers: Writer[] = []
  const refuse = async (problem: Problem): Promise<Result<never>> => {
    await abortWriters(writers)
    return err(problem)
  }
  for (const output of outputs) {
    const trackIndex =
      output.trackId === null ? null : plan.tracks.findIndex((track) => track.id === output.trackId && track.kind !== 'master')
    if (trackIndex !== null && trackIndex < 0) {
      const missing = fail(
        'export.track_missing',
        'A track that was to be exported alone is not in the remix any more. Start the export again.',
        { trackId: output.trackId },
      )
      return refuse(missing.error)
    }
    const created = await createEncoder({
      ...SETTINGS[output.format],
      path: output.path,
      sampleRate: REMIX_SAMPLE_RATE,
      expectedFrames: range.toFrame - range.fromFrame,
    })
    if (!created.ok) return refuse(created.error)
    writers.push(new Writer(output, trackIndex, created.value, kernels, range.fromFrame))
  }
  return ok(writers)
}
