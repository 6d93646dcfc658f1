// Loudness and true peak for the tests, independent of the engine that the catalogue is later played by.

const K_WEIGHTING = [
  { b: [1.53512485958697, -2.69169618940638, 1.19839281085285], a: [-1.69065929318241, 0.73248077421585] },
  { b: [1, -2, 1], a: [-1.99004745483398, 0.99007225036621] },
] as const

const weighted = (samples: Float64Array): Float64Array => {
  let signal = samples
  for (const { b, a } of K_WEIGHTING) {
    const out = new Float64Array(signal.length)
    let z1 = 0
    let z2 = 0
    for (let n = 0; n < signal.length; n++) {
      const x = signal[n] as number
      const y = b[0] * x + z1
      z1 = b[1] * x - a[0] * y + z2
      z2 = b[2] * x - a[1] * y
      out[n] = y
    }
    signal = out
  }
  return signal
}

/** Integrated loudness of stereo at 48 kHz in LUFS (ITU-R BS.1770-4, both gates). */
export const integratedLoudness = (left: Float64Array, right: Float64Array): number => {
  const channels = [weighted(left), weighted(right)]
  const powers: number[] = []
  for (let start = 0; start + 19_200 <= left.length; start += 4_800) {
    let sum = 0
    for (const channel of channels) for (let n = start; n < start + 19_200; n++) sum += (channel[n] as number) ** 2
    powers.push(sum / 19_200)
  }
  const loudness = (power: number): number => -0.691 + 10 * Math.log10(power)
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const audible = powers.filter((power) => loudness(power) > -70)
  const gate = loudness(mean(audible)) - 10
  return loudness(mean(audible.filter((power) => loudness(power) > gate)))
}

/** True peak in dBTP by four-fold windowed-sinc oversampling, near peaks only. */
export const truePeakDb = (samples: Float64Array): number => {
  let peak = 0
  for (let n = 24; n < samples.length - 24; n++) {
    peak = Math.max(peak, Math.abs(samples[n] as number))
    if (Math.abs(samples[n] as number) < 0.6) continue
    for (const part of [0.25, 0.5, 0.75]) {
      let sum = 0
      for (let k = -23; k <= 24; k++) {
        const t = part - k
        sum += (samples[n + k] as number) * (Math.sin(Math.PI * t) / (Math.PI * t)) * (0.5 + 0.5 * Math.cos((Math.PI * t) / 24.5))
      }
      peak = Math.max(peak, Math.abs(sum))
    }
  }
  return 20 * Math.log10(peak)
}
