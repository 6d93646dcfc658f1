// Noise that is the same every time: a plugin that failed on it fails on it again.

/** Numbers from 0 to below 1 (xorshift32). */
export const randomSource = (seed: number): (() => number) => {
  let state = (seed * 0x9e37_79b9) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 0x1_0000_0000
  }
}

/** Fills blocks with white noise that peaks at `level`. */
export const noise = (seed: number, level: number): ((samples: Float32Array) => void) => {
  const random = randomSource(seed)
  return (samples) => {
    for (let i = 0; i < samples.length; i++) samples[i] = (random() * 2 - 1) * level
  }
}
