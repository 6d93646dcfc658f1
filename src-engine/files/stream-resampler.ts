// Brings a stream to the cache's rate.
import { audioError } from './problems.ts'

export type Emit = (channels: readonly Float32Array[], frames: number) => void

export interface StreamResampler {
  write(channels: readonly Float32Array[], frames: number, emit: Emit): void
  finish(emit: Emit): void
}

export const createStreamResampler = ({
  fromRate,
}: {
  readonly fromRate: number
  readonly toRate: number
  readonly channels: number
}): StreamResampler => {
  throw audioError('audio.unsupported_codec', `The file has a sample rate of ${fromRate} Hz.`)
}
