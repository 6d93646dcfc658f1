// Envelopes, in seconds.

/** Attack, decay and release are times in seconds, sustain a level. */
export interface Envelope {
  readonly attack: number
  readonly decay: number
  readonly sustain: number
  readonly release: number
}

/** Level of an envelope `seconds` after its note began, the note being held for `held` seconds. */
export const envelopeAt = (envelope: Envelope, seconds: number, held: number): number => {
  const { attack, decay, sustain, release } = envelope
  const whileHeld = (at: number): number => {
    if (at < attack) {
      // A raised cosine starts and ends flat, so nothing clicks however short it is.
      return 0.5 - 0.5 * Math.cos((Math.PI * at) / attack)
    }
    return sustain + (1 - sustain) * Math.exp((-3 * (at - attack)) / Math.max(decay, 1e-4))
  }
  if (seconds < held) return whileHeld(seconds)
  const past = seconds - held
  if (past >= release) return 0
  const left = 1 - past / release
  return whileHeld(held) * left * left
}
