// The raw exports of kernels.wasm, as `assembly/index.ts` defines them. Pointers are byte offsets into the module's memory; block pointers
// hold f32 and are 4-byte aligned; `n` and `frames` count frames. Nothing here checks bounds: callers own their pointers.
import type { DeviceKind } from '../../src-shared/remix/index.ts'

type Block = (dst: number, n: number) => void

type DeviceExports = {
  readonly [K in DeviceKind as `${K}Create`]: (sampleRate: number) => number
} & {
  readonly [K in DeviceKind as `${K}Dispose` | `${K}Reset`]: (device: number) => void
} & {
  /** `index` is the parameter's place in DEVICE_PARAMETERS. */
  readonly [K in DeviceKind as `${K}Set`]: (device: number, index: number, value: number) => void
} & {
  readonly [K in DeviceKind as `${K}Process`]: (device: number, left: number, right: number, frames: number) => void
} & {
  readonly [K in DeviceKind as `${K}Tail`]: (device: number) => number
}

export interface MixExports {
  readonly clear: Block
  readonly copy: (dst: number, src: number, n: number) => void
  /** dst += src * gain */
  readonly addScaled: (dst: number, src: number, n: number, gain: number) => void
  /** dst += src * envelope */
  readonly addEnveloped: (dst: number, src: number, envelope: number, n: number) => void
  readonly scale: (dst: number, n: number, gain: number) => void
  /** dst *= envelope */
  readonly applyEnvelope: (dst: number, envelope: number, n: number) => void
  readonly fill: (dst: number, n: number, value: number) => void
  /** Writes samples `position`… of a line from `from` to `to` that is `length` samples long. */
  readonly rampAt: (dst: number, n: number, from: number, to: number, position: number, length: number) => void
  /** The same for a line in dB, written as gain; -144 dB and below is silence. */
  readonly rampDbAt: (dst: number, n: number, fromDb: number, toDb: number, position: number, length: number) => void
  readonly gainsOfDbs: Block
  /** Multiplies by frames `position`… of a fade `length` frames long (curve 0 linear, 1 equal power); rests outside it. */
  readonly applyFade: (dst: number, n: number, position: number, length: number, curve: number, isOut: number) => void
  /** StereoPannerNode's stereo formula. */
  readonly panStereo: (left: number, right: number, n: number, pan: number) => void
  /** The same with one pan value a frame. */
  readonly panStereoEnveloped: (left: number, right: number, pans: number, n: number) => void
  readonly peakOf: (src: number, n: number) => number
  readonly energyOf: (src: number, n: number) => number
  /** NaN and infinity become 0, |x| is held below 2^20; returns 1 when anything in the block is not zero. */
  readonly sanitise: (left: number, right: number, frames: number) => number
}

type FromInterleaved = (src: number, left: number, right: number, n: number, channels: number) => void
type ToInteger = (dst: number, left: number, right: number, n: number, isDithered: number, seed: number, frame: number) => void

export interface ConvertExports {
  readonly fromS16: FromInterleaved
  readonly fromS24: FromInterleaved
  readonly fromF32: FromInterleaved
  readonly toF32: (dst: number, left: number, right: number, n: number) => void
  /** `frame` is the absolute position of the block: dither depends on it and on `seed` alone. */
  readonly toS16: ToInteger
  /** One channel of f32 that came from 16-bit integers back to them, exactly. */
  readonly backToS16: (dst: number, src: number, n: number) => void
  readonly toS24: ToInteger
  /** `n` packed integers to 32-bit ones, left-justified. */
  readonly widenS16: (dst: number, src: number, n: number) => void
  readonly widenS24: (dst: number, src: number, n: number) => void
}

export interface LoudnessExports {
  readonly loudnessCreate: (sampleRate: number) => number
  readonly loudnessDispose: (meter: number) => void
  readonly loudnessPush: (meter: number, left: number, right: number, frames: number) => void
  readonly loudnessIntegrated: (meter: number) => number
  /** Loudness of the last `steps` times 100 ms. */
  readonly loudnessRecent: (meter: number, steps: number) => number
  readonly loudnessMaximum: (meter: number, steps: number) => number
  readonly loudnessRange: (meter: number) => number
  /** Linear. */
  readonly loudnessSamplePeak: (meter: number) => number
  readonly loudnessTruePeak: (meter: number) => number
}

export interface ResamplerExports {
  readonly resamplerCreate: (from: number, to: number) => number
  readonly resamplerDispose: (resampler: number) => void
  readonly resamplerReset: (resampler: number) => void
  /** Most frames a push of `n` frames, or a flush (n = 0), can give. */
  readonly resamplerCapacity: (resampler: number, n: number) => number
  readonly resamplerPush: (resampler: number, left: number, right: number, n: number, outLeft: number, outRight: number) => number
  readonly resamplerFlush: (resampler: number, outLeft: number, outRight: number) => number
}

export interface PeaksExports {
  /** `state` is a bucket: two f32, empty at +infinity, -infinity. */
  readonly peaksExtend: (src: number, n: number, state: number) => void
  readonly peaksClose: (state: number, dst: number) => void
  readonly peaksOf: (src: number, buckets: number, state: number, dst: number) => void
  readonly peaksHalve: (src: number, pairs: number, dst: number) => void
}

/** Loops of the acoustic fingerprint; pointers hold f64 but for the stereo block and `order` (u32). */
export interface FingerprintExports {
  /** Stereo f32 to mono; what is no number, or beyond +-8, is 0. */
  readonly fingerprintMono: (dst: number, left: number, right: number, n: number) => void
  /** To 6 kHz by 32 rows of 2 * `half` taps: writes what `length` samples of input from number `start` on are enough for, returns how many. */
  readonly fingerprintDownsample: (
    dst: number,
    input: number,
    length: number,
    start: number,
    taps: number,
    half: number,
    sampleRate: number,
    emitted: number,
  ) => number
  /** dst[i] = src[order[i]] * window[order[i]] */
  readonly fingerprintWindow: (dst: number, src: number, window: number, order: number, size: number) => void
  /** Power of bins of two real frames in bit-reversed order, which it overwrites; `twiddles`: cosines, then sines, of spans 1, 2, 4 ... size / 2. */
  readonly fingerprintSpectra: (
    re: number,
    im: number,
    twiddles: number,
    size: number,
    fromBin: number,
    toBin: number,
    power0: number,
    power1: number,
  ) => void
}

/** Memory of a module; growing it replaces `buffer`. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer
}

export interface KernelExports
  extends DeviceExports,
    MixExports,
    ConvertExports,
    LoudnessExports,
    ResamplerExports,
    PeaksExports,
    FingerprintExports {
  readonly memory: WasmMemory
  readonly alloc: (bytes: number) => number
  readonly free: (ptr: number) => void
  readonly gainOfDb: (db: number) => number
  readonly dbOfGain: (gain: number) => number
  readonly log10: (x: number) => number
}
