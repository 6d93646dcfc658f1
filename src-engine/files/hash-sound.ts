// SHA-256 of a sound in the cache by its samples alone: 32-bit little-endian floats, left and right in turn. What the cache leaves out counts as zeros.
import { createHash } from 'node:crypto'
import type { PcmSource } from './pcm-source.ts'

/** Frames read at a time: a chunk of the cache. */
const PIECE_FRAMES = 16_384

/** Gives every piece to `onPiece` on the way: views that the next piece overwrites. Throws what `read` throws. */
export const hashSound = async (
  source: Pick<PcmSource, 'lengthFrames' | 'read'>,
  onPiece: (left: Float32Array, right: Float32Array, frames: number) => void = () => {},
): Promise<string> => {
  const hash = createHash('sha256')
  const [left, right, both] = [new Float32Array(PIECE_FRAMES), new Float32Array(PIECE_FRAMES), new Float32Array(PIECE_FRAMES * 2)]
  for (let at = 0, piece = 0; at < source.lengthFrames; at += PIECE_FRAMES, piece++) {
    const frames = Math.min(PIECE_FRAMES, source.lengthFrames - at)
    source.read(at, frames, left, right)
    for (let i = 0; i < frames; i++) {
      both[i * 2] = left[i] as number
      both[i * 2 + 1] = right[i] as number
    }
    hash.update(new Uint8Array(both.buffer, 0, frames * 8))
    onPiece(left, right, frames)
    // Playback in the same process has to be served in between.
    if (piece % 16 === 15) await new Promise((resolve) => setImmediate(resolve))
  }
  return hash.digest('hex')
}
