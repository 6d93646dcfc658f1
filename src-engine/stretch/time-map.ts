// Which frame of the input is heard at a frame of the output: straight lines between anchors, the outer two go on for ever.

/** Ascending pairs of an input and an output position; fractions are allowed. */
export type Anchors = readonly (readonly [input: number, output: number])[]

export class TimeMap {
  readonly anchors: Anchors
  /** The line that was asked last: positions mostly ascend. */
  #line = 0

  constructor(anchors: Anchors) {
    this.anchors = anchors
  }

  /** Input position heard at an output position. */
  inputAt(output: number): number {
    const last = this.anchors.length - 2
    while (this.#line < last && output >= (this.anchors[this.#line + 1]?.[1] ?? 0)) this.#line++
    while (this.#line > 0 && output < (this.anchors[this.#line]?.[1] ?? 0)) this.#line--
    const [fromInput, fromOutput] = this.anchors[this.#line] ?? [0, 0]
    const [toInput, toOutput] = this.anchors[this.#line + 1] ?? [fromInput + 1, fromOutput + 1]
    return fromInput + ((output - fromOutput) * (toInput - fromInput)) / (toOutput - fromOutput)
  }

  /** The other way round. */
  outputAt(input: number): number {
    return new TimeMap(this.anchors.map(([from, to]) => [to, from])).inputAt(input)
  }

  /** Output frames an input frame is spread over, where they are fewest and where they are most. */
  get slopes(): { readonly least: number; readonly most: number } {
    let least = Number.POSITIVE_INFINITY
    let most = 0
    for (let i = 1; i < this.anchors.length; i++) {
      const [fromInput, fromOutput] = this.anchors[i - 1] ?? [0, 0]
      const [toInput, toOutput] = this.anchors[i] ?? [0, 0]
      const slope = (toOutput - fromOutput) / (toInput - fromInput)
      least = Math.min(least, slope)
      most = Math.max(most, slope)
    }
    return { least, most }
  }

  get isIdentity(): boolean {
    return this.anchors.every(([input, output]) => input === output)
  }

  /** The same with every output position multiplied by `up / down`. */
  scaled(up: number, down: number): TimeMap {
    return new TimeMap(this.anchors.map(([input, output]) => [input, (output * up) / down]))
  }

  /** Maps that give this one when run one after the other, each line spread over them evenly. */
  split(parts: number): readonly TimeMap[] {
    if (parts === 1) return [this]
    const levels = Array.from({ length: parts + 1 }, (_, level) => {
      if (level === 0) return this.anchors.map(([input]) => input)
      if (level === parts) return this.anchors.map(([, output]) => output)
      let at = 0
      return this.anchors.map(([input, output], i) => {
        const [lastInput, lastOutput] = this.anchors[i - 1] ?? [input, output]
        const length = input - lastInput
        if (length > 0) at += length * ((output - lastOutput) / length) ** (level / parts)
        // Rounded, so that the last digit of a power can never decide the bits.
        return Math.round(at * 64) / 64
      })
    })
    return Array.from(
      { length: parts },
      (_, part) => new TimeMap(this.anchors.map((_, i) => [levels[part]?.[i] ?? 0, levels[part + 1]?.[i] ?? 0])),
    )
  }
}
