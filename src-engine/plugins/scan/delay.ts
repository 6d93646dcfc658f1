// How much later a sound comes out than it went in, by normalised cross-correlation.

export interface Delay {
  /** Frames. */
  readonly delay: number
  /** 1 where the output is the delayed input, whatever its level or sign; 0 where it has nothing of it. */
  readonly likeness: number
}

/** Compares the last `window` frames of the output with the input, 0 to `maxDelay` frames before. The input must be noise, `maxDelay + window` frames or longer. */
export const delayOf = (
  input: Float32Array,
  output: Float32Array,
  { window, maxDelay }: { readonly window: number; readonly maxDelay: number },
): Delay => {
  const end = Math.min(input.length, output.length)
  const start = end - window
  let energyOut = 0
  for (let i = start; i < end; i++) energyOut += (output[i] as number) ** 2
  if (!(energyOut > 0 && energyOut < Number.POSITIVE_INFINITY)) return { delay: 0, likeness: 0 }
  let energyIn = 0
  for (let i = start; i < end; i++) energyIn += (input[i] as number) ** 2
  let best: Delay = { delay: 0, likeness: 0 }
  for (let delay = 0; delay <= Math.min(maxDelay, start); delay++) {
    let sum = 0
    for (let i = start; i < end; i++) sum += (output[i] as number) * (input[i - delay] as number)
    const likeness = Math.abs(sum) / Math.sqrt(energyIn * energyOut)
    if (likeness > best.likeness) best = { delay, likeness }
    // The window of the input moves back by one frame.
    energyIn += (input[start - delay - 1] ?? 0) ** 2 - (input[end - delay - 1] as number) ** 2
  }
  return { delay: best.delay, likeness: Math.min(1, best.likeness) }
}
