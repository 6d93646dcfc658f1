// A built-in device in a chain.
import type { DeviceProcessor } from '../kernels/index.ts'
import type { PlanBuiltIn, PlanDevice } from '../../src-shared/remix/index.ts'
import { assert } from '../../src-shared/std/index.ts'
import { ValueReader } from './automation.ts'
import type { RenderContext } from './context.ts'
import { DelayLine } from './delay-line.ts'
import type { Running, Slot } from './slot.ts'

interface Parameter {
  readonly name: string
  reader: ValueReader
  applied: number
}

/** One device: its processor, its automation and its latency-matched dry path. */
export class DeviceSlot implements Slot {
  readonly #context: RenderContext
  readonly processor: DeviceProcessor
  #device: PlanBuiltIn
  #parameters: Parameter[]
  /** Frame of the next automation step, in this device's own time. */
  #nextStep = Number.NEGATIVE_INFINITY
  readonly #dry: DelayLine | undefined
  /** Set for the one block in which the device is switched on or off. */
  #isSwitching = false
  /** A processor that came from a running mix keeps its sound when it begins here. */
  #keepsSound: boolean

  constructor(context: RenderContext, device: PlanBuiltIn, processor: DeviceProcessor, isAdopted: boolean) {
    this.#keepsSound = isAdopted
    this.#context = context
    this.#device = device
    this.processor = processor
    this.#parameters = Object.entries(device.params).map(([name, value]) => ({ name, reader: new ValueReader(value), applied: Number.NaN }))
    this.#dry = processor.latencyFrames > 0 ? new DelayLine(context, processor.latencyFrames) : undefined
  }

  get device(): PlanBuiltIn {
    return this.#device
  }

  get latencyFrames(): number {
    return this.processor.latencyFrames
  }

  get isCurrent(): boolean {
    return true
  }

  update(device: PlanDevice): void {
    assert(device.kind !== 'plugin', 'a device does not become a plugin')
    if (device.isEnabled !== this.#device.isEnabled) {
      this.#isSwitching = true
      if (device.isEnabled) this.processor.reset()
    }
    this.#device = device
    for (const parameter of this.#parameters)
      parameter.reader = new ValueReader(device.params[parameter.name] ?? { value: parameter.applied })
    this.#nextStep = Number.NEGATIVE_INFINITY
  }

  tailFrames(): number {
    return this.processor.latencyFrames + (this.#device.isEnabled ? this.processor.tailFrames() : 0)
  }

  begin(frame: number): void {
    if (this.#keepsSound) this.#keepsSound = false
    else this.processor.reset()
    this.#dry?.reset()
    this.#nextStep = Number.NEGATIVE_INFINITY
    this.#step(frame)
  }

  process(left: number, right: number, frame: number, frames: number): void {
    const { raw } = this.#context.kernels
    const { isEnabled } = this.#device
    if (!isEnabled && !this.#isSwitching) {
      this.#dry?.exchange(left, right, frames)
      return
    }
    if (!this.#isSwitching && this.#dry === undefined) {
      this.#run(left, right, frame, frames)
      return
    }
    // Two scratch blocks hold the dry signal; the delay line has to hear everything, or switching off would replay old sound.
    const dry = this.#context.scratch
    raw.copy(dry.left, left, frames)
    raw.copy(dry.right, right, frames)
    this.#dry?.exchange(dry.left, dry.right, frames)
    this.#run(left, right, frame, frames)
    if (!this.#isSwitching) return
    this.#isSwitching = false
    if (isEnabled) {
      this.#context.crossfade(left, dry.left, frames)
      this.#context.crossfade(right, dry.right, frames)
    } else {
      this.#context.crossfade(dry.left, left, frames)
      this.#context.crossfade(dry.right, right, frames)
      raw.copy(left, dry.left, frames)
      raw.copy(right, dry.right, frames)
    }
  }

  gainReductionDb(): number {
    return this.processor.gainReductionDb?.() ?? 0
  }

  release(): Running {
    return { kind: this.#device.kind, processor: this.processor }
  }

  dispose(): void {
    this.processor.dispose()
  }

  #run(left: number, right: number, frame: number, frames: number): void {
    let at = frame
    const end = frame + frames
    while (at < end) {
      if (at >= this.#nextStep) this.#step(at)
      const stop = Math.min(end, this.#nextStep)
      const offset = (at - frame) * 4
      this.processor.process(left + offset, right + offset, stop - at)
      at = stop
    }
  }

  #step(frame: number): void {
    let next = Number.POSITIVE_INFINITY
    for (const parameter of this.#parameters) {
      const value = parameter.reader.at(frame)
      if (value !== parameter.applied) {
        this.processor.setParam(parameter.name, value)
        parameter.applied = value
      }
      next = Math.min(next, parameter.reader.nextStep(frame))
    }
    this.#nextStep = next
  }
}
