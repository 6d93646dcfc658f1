// How strong one frequency is in a short piece of sound.
import { PITCH_RATE } from './rates.ts'

export const hzOf = (pitch: number): number => 440 * 2 ** ((pitch - 69) / 12)

/** Magnitude near a frequency, by Goertzel's recurrence. */
export const magnitudeAt = (piece: Float64Array, hz: number): number => {
  if (hz <= 0 || hz >= PITCH_RATE / 2) return 0
  const factor = 2 * Math.cos((2 * Math.PI * hz) / PITCH_RATE)
  let one = 0
  let two = 0
  for (let n = 0; n < piece.length; n++) {
    const now = (piece[n] as number) + factor * one - two
    two = one
    one = now
  }
  return Math.sqrt(Math.max(0, one * one + two * two - factor * one * two))
}
