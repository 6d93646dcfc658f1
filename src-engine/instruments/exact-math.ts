// Powers, sines and tangents from additions, multiplications and divisions alone: unlike Math.pow and Math.sin they give the same bits on every machine.

const LN2 = Math.LN2
const bits = new DataView(new ArrayBuffer(8))

/** 2 to a whole power between -1022 and 1023. */
const wholePower = (exponent: number): number => {
  bits.setBigUint64(0, BigInt(exponent + 1023) << 52n)
  return bits.getFloat64(0)
}

/** 2^x, off by less than 1e-15 of itself; x between -1000 and 1000. */
export const exp2 = (x: number): number => {
  const whole = Math.round(x)
  const y = (x - whole) * LN2
  let term = 1
  let sum = 1
  for (let n = 1; n <= 16; n++) {
    term = (term * y) / n
    sum += term
  }
  return sum * wholePower(whole)
}

export const gainOfDb = (db: number): number => exp2(db / 6.020599913279624)

/** sin(2 * pi * turns), off by less than 1e-15. */
export const sinTurns = (turns: number): number => {
  let part = turns - Math.floor(turns)
  let sign = 1
  if (part >= 0.5) {
    part -= 0.5
    sign = -1
  }
  if (part > 0.25) part = 0.5 - part
  const y = part * 6.283185307179586
  const q = y * y
  let term = y
  let sum = y
  for (let n = 1; n <= 11; n++) {
    term = (-term * q) / (2 * n * (2 * n + 1))
    sum += term
  }
  return sign * sum
}

export const cosTurns = (turns: number): number => sinTurns(turns + 0.25)

/** Hz of a MIDI pitch, which need not be whole. */
export const hzOfPitch = (pitch: number): number => 440 * exp2((pitch - 69) / 12)

/** Share of the way that an exponential approach covers in one sample, so that it covers all but 1/1000 in `seconds`. */
export const approachOf = (seconds: number, rate: number): number =>
  seconds <= 0 ? 1 : Math.min(1, 1 - exp2(-9.965784284662087 / (seconds * rate)))
