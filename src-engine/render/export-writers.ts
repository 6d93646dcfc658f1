// The files of one render pass: each takes pieces of sound in order, fills the silence between them and hands them to its encoder.
import type { ExportFormat, ExportJob, FrameRange, LoudnessReport, WrittenFile } from '../../src-shared/protocol/index.ts'
import { storedFingerprint } from '../../src-shared/receipts/index.ts'
import { REMIX_SAMPLE_RATE, type RenderPlan } from '../../src-shared/remix/index.ts'
import { err, fail, ok, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { createFingerprinter, type Fingerprinter } from '../analysis/index.ts'
import { type AudioEncoderSink, createEncoder, type EncodeRequest, type EncodeSettings } from '../files/index.ts'
import type { Kernels } from '../kernels/index.ts'
import type { StereoBlock } from './channel.ts'
import { CELL_FRAMES } from './context.ts'
import { FloatHash } from './float-hash.ts'
import type { MasterReport } from './master-measure.ts'

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

/** Pieces that may wait for an encoder to open: a few seconds of sound. */
const MAX_WAITING = 256

/** A stretch that waits for the encoder: samples, or silence of a length. */
type Piece = { readonly left: Float32Array; readonly right: Float32Array } | { readonly silentFrames: number }

/** Starts a WAV file. */
export type WriteWav = (request: EncodeRequest) => Promise<Result<AudioEncoderSink>>

export class Writer {
  readonly output: Output
  /** Null writes the mix. */
  readonly trackIndex: number | null
  /** Opening takes a moment where an encoder has a thread of its own; the render starts meanwhile. */
  readonly #opening: Promise<Result<AudioEncoderSink>>
  #sink: AudioEncoderSink | undefined
  readonly #kernels: Kernels
  /** Stems have a hash and a fingerprint of their own; the mix's are the render's. */
  readonly #hash: FloatHash | undefined
  readonly #fingerprinter: Fingerprinter | undefined
  readonly #silence: StereoBlock
  readonly #zeros = new Float32Array(CELL_FRAMES)
  #waiting: Piece[] = []
  #pending: Promise<void> | undefined
  /** Timeline frame up to which pieces were taken. */
  #at: number

  constructor(output: Output, trackIndex: number | null, opening: Promise<Result<AudioEncoderSink>>, kernels: Kernels, fromFrame: number) {
    this.output = output
    this.trackIndex = trackIndex
    this.#opening = opening
    opening.then((opened) => {
      if (opened.ok) this.#sink = opened.value
    })
    this.#kernels = kernels
    this.#hash = trackIndex === null ? undefined : new FloatHash(kernels)
    this.#fingerprinter = trackIndex === null ? undefined : createFingerprinter(kernels, REMIX_SAMPLE_RATE)
    const zeros = kernels.alloc(CELL_FRAMES * 4)
    this.#silence = { left: zeros, right: zeros }
    this.#at = fromFrame
  }

  /** Takes a piece; what was left out before it was silence. Runs inside a block: an encoder that wants time gets it in `drain`. */
  push(block: StereoBlock, frames: number, frame: number): void {
    this.#skipTo(frame)
    this.#hash?.update(block, frames)
    this.#at = frame + frames
    this.#fingerprinter?.push(block.left, block.right, frames)
    const left = this.#kernels.f32(block.left, frames)
    const right = this.#kernels.f32(block.right, frames)
    // The usual case copies nothing: encoders take what they need at once.
    if (this.#sink && this.#pending === undefined && this.#waiting.length === 0) this.#pending = this.#sink.write(left, right, frames)
    else this.#waiting.push({ left: left.slice(), right: right.slice() })
  }

  /** Lets the encoder catch up with everything taken. Throws a `ProblemError` where it refuses. */
  async drain(): Promise<void> {
    if (this.#pending) {
      await this.#pending
      this.#pending = undefined
    }
    if (this.#waiting.length === 0 || (this.#sink === undefined && this.#waiting.length < MAX_WAITING)) return
    const sink = await this.#opened()
    const pieces = this.#waiting
    this.#waiting = []
    for (const piece of pieces) {
      const pending =
        'left' in piece ? sink.write(piece.left, piece.right, piece.left.length) : this.#writeSilence(sink, piece.silentFrames)
      if (pending) await pending
    }
  }

  /** Whether `drain` has something to do. */
  get isBehind(): boolean {
    return this.#pending !== undefined || this.#waiting.length > 0
  }

  async finish(toFrame: number, master: MasterReport): Promise<Result<WrittenFile>> {
    const { path, format, trackId, tags } = this.output
    this.#skipTo(toFrame)
    let sink: AudioEncoderSink
    try {
      sink = await this.#opened()
      await this.drain()
    } catch (error) {
      if (error instanceof ProblemError) return err(error.problem)
      throw error
    }
    const loudness = this.#hash ? undefined : summarise(master.loudness)
    const finished = await sink.finish({ tags, ...(loudness ? { loudness } : {}) })
    if (!finished.ok) return finished
    return ok({
      path,
      format,
      trackId,
      bytes: finished.value.bytes,
      pcmSha256: this.#hash?.digest() ?? master.pcmSha256,
      filePcmSha256: finished.value.pcmSha256,
      fingerprint: this.#fingerprinter ? storedFingerprint(this.#fingerprinter.finish()) : master.fingerprint,
    })
  }

  async abort(): Promise<void> {
    const opened = await this.#opening
    if (opened.ok) await opened.value.abort()
  }

  async #opened(): Promise<AudioEncoderSink> {
    if (this.#sink) return this.#sink
    const opened = await this.#opening
    if (!opened.ok) throw new ProblemError(opened.error)
    this.#sink = opened.value
    return opened.value
  }

  #skipTo(frame: number): void {
    const silentFrames = frame - this.#at
    if (silentFrames <= 0) return
    this.#waiting.push({ silentFrames })
    this.#at = frame
    for (let done = 0; done < silentFrames; done += CELL_FRAMES) {
      const frames = Math.min(CELL_FRAMES, silentFrames - done)
      this.#hash?.update(this.#silence, frames)
      this.#fingerprinter?.push(this.#silence.left, this.#silence.right, frames)
    }
  }

  async #writeSilence(sink: AudioEncoderSink, frames: number): Promise<void> {
    for (let done = 0; done < frames; done += CELL_FRAMES) await sink.write(this.#zeros, this.#zeros, Math.min(CELL_FRAMES, frames - done))
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

/** Starts opening all files of a pass; a refusal shows when the first sound is handed over. `writeMixWav` opens WAV files of the mix in the encoder's place. */
export const openWriters = (
  plan: RenderPlan,
  range: FrameRange,
  outputs: readonly Output[],
  kernels: Kernels,
  writeMixWav: WriteWav = createEncoder,
): Result<readonly Writer[]> => {
  const indexOf = ({ trackId }: Output): number => plan.tracks.findIndex((track) => track.id === trackId && track.kind !== 'master')
  const gone = outputs.find((output) => output.trackId !== null && indexOf(output) < 0)
  if (gone)
    return fail('export.track_missing', 'A track that was to be exported alone is not in the remix any more. Start the export again.', {
      trackId: gone.trackId,
    })
  return ok(
    outputs.map((output) => {
      const settings = SETTINGS[output.format]
      const open = output.trackId === null && settings.format === 'wav' ? writeMixWav : createEncoder
      const opening = open({
        ...settings,
        path: output.path,
        sampleRate: REMIX_SAMPLE_RATE,
        expectedFrames: range.toFrame - range.fromFrame,
      })
      return new Writer(output, output.trackId === null ? null : indexOf(output), opening, kernels, range.fromFrame)
    }),
  )
}
