// A decoded stem that lies in memory: what made songs and hostile sounds are analysed from without a disk.
import type { PcmSource } from '../../files/index.ts'

export const memorySource = (left: Float32Array, right: Float32Array = left): PcmSource => ({
  contentSha256: '0'.repeat(64),
  lengthFrames: left.length,
  channels: 2,
  isSilent(startFrame, frames) {
    for (let i = Math.max(0, startFrame); i < Math.min(left.length, startFrame + frames); i++)
      if (left[i] !== 0 || right[i] !== 0) return false
    return true
  },
  read(startFrame, frames, toLeft, toRight) {
    for (let i = 0; i < frames; i++) {
      toLeft[i] = left[startFrame + i] ?? 0
      toRight[i] = right[startFrame + i] ?? 0
    }
  },
  readInto() {
    throw new Error('this source has no kernels')
  },
  silentRanges: () => [],
  close() {},
})
