// Stereo buffers at 48 kHz and the few operations on whole buffers.

export { SAMPLE_RATE } from '../score.ts'

/** Two channels of equal length, 48 kHz. */
export interface Stereo {
  readonly left: Float32Array
  readonly right: Float32Array
}

export const createStereo = (frames: number): Stereo => ({ left: new Float32Array(frames), right: new Float32Array(frames) })

/** Adds `source` into `target`, both starting at frame 0. */
export const addInto = (target: Stereo, source: Stereo, gain = 1): Stereo => {
  const frames = Math.min(target.left.length, source.left.length)
  for (let i = 0; i < frames; i++) {
    target.left[i] = (target.left[i] as number) + (source.left[i] as number) * gain
    target.right[i] = (target.right[i] as number) + (source.right[i] as number) * gain
  }
  return target
}

/** Equal-power gains for `pan` in -1 … 1. */
export const panGains = (pan: number): readonly [left: number, right: number] => {
  const angle = ((Math.max(-1, Math.min(1, pan)) + 1) * Math.PI) / 4
  return [Math.cos(angle) * Math.SQRT2, Math.sin(angle) * Math.SQRT2]
}

export const fromDb = (db: number): number => 10 ** (db / 20)

export const midiToHz = (midi: number): number => 440 * 2 ** ((midi - 69) / 12)
