// How sound is handed to what makes sound anew, and comes back: stereo at 48 kHz, block by block.

/** Fills `frames` samples of both arrays from `fromFrame` on; zeros outside the sound. `PcmSource.read` is one. */
export type ReadSound = (fromFrame: number, frames: number, left: Float32Array, right: Float32Array) => void

/** Both arrays are the receiver's to keep. Blocks come in order, without holes; together they are exactly as long as was asked. */
export interface SoundBlock {
  readonly frames: number
  readonly left: Float32Array<ArrayBuffer>
  readonly right: Float32Array<ArrayBuffer>
}

export type SoundBlocks = AsyncGenerator<SoundBlock, void, undefined>
