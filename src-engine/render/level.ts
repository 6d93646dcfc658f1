// Faders, pans and send levels: constant ones cost one multiplication, moving ones get a value per sample. A level that a newer plan changed
// glides over one block, so that nothing clicks while playing.
import type { PlanValue } from '../../src-shared/remix/index.ts'
import { ValueReader } from './automation.ts'
import type { RenderContext } from './context.ts'

abstract class Glide {
  protected readonly context: RenderContext
  protected reader: ValueReader
  protected previous: ValueReader | undefined
  #value: PlanValue

  constructor(context: RenderContext, value: PlanValue) {
    this.context = context
    this.reader = new ValueReader(value)
    this.#value = value
  }

  update(value: PlanValue): void {
    if (isSameValue(value, this.#value)) return
    this.#value = value
    this.previous ??= this.reader
    this.reader = new ValueReader(value)
  }

  protected abstract write(reader: ValueReader, into: number, frame: number, frames: number): void

  /** Pointer to one value per sample, or undefined where the value stands still. */
  protected envelope(frame: number, frames: number): number | undefined {
    const { envelope, other } = this.context.scratch
    if (this.previous === undefined) {
      if (this.reader.isConstant(frame, frames)) return undefined
      this.write(this.reader, envelope, frame, frames)
      return envelope
    }
    this.write(this.reader, envelope, frame, frames)
    this.write(this.previous, other, frame, frames)
    this.previous = undefined
    this.context.crossfade(envelope, other, frames)
    return envelope
  }
}

const isSameValue = (a: PlanValue, b: PlanValue): boolean => {
  if (a === b) return true
  const first = a.points ?? []
  const second = b.points ?? []
  if (first.length !== second.length || (first.length === 0 && a.value !== b.value)) return false
  return first.every((point, index) => {
    const other = second[index]!
    return point.frame === other.frame && point.value === other.value && point.curve === other.curve
  })
}

/** A gain in dB over time; -144 dB is silence. */
export class Gain extends Glide {
  protected write(reader: ValueReader, into: number, frame: number, frames: number): void {
    const { raw } = this.context.kernels
    reader.visit(frame, frames, (offset, run, from, to, position, length) => {
      if (from === to) raw.fill(into + offset * 4, run, raw.gainOfDb(from))
      else raw.rampDbAt(into + offset * 4, run, from, to, position, length)
    })
  }

  apply(left: number, right: number, frame: number, frames: number): void {
    const { raw } = this.context.kernels
    const envelope = this.envelope(frame, frames)
    if (envelope === undefined) {
      const gain = raw.gainOfDb(this.reader.at(frame))
      raw.scale(left, frames, gain)
      raw.scale(right, frames, gain)
    } else {
      raw.applyEnvelope(left, envelope, frames)
      raw.applyEnvelope(right, envelope, frames)
    }
  }

  /** Adds the scaled signal to another. */
  add(toLeft: number, toRight: number, left: number, right: number, frame: number, frames: number): void {
    const { raw } = this.context.kernels
    const envelope = this.envelope(frame, frames)
    if (envelope === undefined) {
      const gain = raw.gainOfDb(this.reader.at(frame))
      if (gain === 0) return
      raw.addScaled(toLeft, left, frames, gain)
      raw.addScaled(toRight, right, frames, gain)
    } else {
      raw.addEnveloped(toLeft, left, envelope, frames)
      raw.addEnveloped(toRight, right, envelope, frames)
    }
  }
}

/** A stereo position over time, -1 left … 1 right. */
export class Pan extends Glide {
  protected write(reader: ValueReader, into: number, frame: number, frames: number): void {
    const { raw } = this.context.kernels
    reader.visit(frame, frames, (offset, run, from, to, position, length) => {
      if (from === to) raw.fill(into + offset * 4, run, from)
      else raw.rampAt(into + offset * 4, run, from, to, position, length)
    })
  }

  apply(left: number, right: number, frame: number, frames: number): void {
    const { raw } = this.context.kernels
    const envelope = this.envelope(frame, frames)
    if (envelope === undefined) raw.panStereo(left, right, frames, this.reader.at(frame))
    else raw.panStereoEnveloped(left, right, envelope, frames)
  }
}
