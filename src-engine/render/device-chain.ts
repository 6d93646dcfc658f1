// A track's devices in order. Every device keeps its latency when it is switched off, so switching never moves the sound.
import type { DeviceProcessor } from '../kernels/index.ts'
import { REMIX_SAMPLE_RATE, type PlanDevice, type PlanTrack } from '../../src-shared/remix/index.ts'
import { ValueReader } from './automation.ts'
import type { RenderContext } from './context.ts'
import { DelayLine } from './delay-line.ts'

interface Parameter {
  readonly name: string
  reader: ValueReader
  applied: number
}

/** One device: its processor, its automation and its latency-matched dry path. */
export class DeviceSlot {
  readonly #context: RenderContext
  readonly processor: DeviceProcessor
  #device: PlanDevice
  #parameters: Parameter[]
  /** Frame of the next automation step, in this device's own time. */
  #nextStep = Number.NEGATIVE_INFINITY
  readonly #dry: DelayLine | undefined
  /** Set for the one block in which the device is switched on or off. */
  #isSwitching = false
  /** A processor that came from a running mix keeps its sound when it begins here. */
  #keepsSound: boolean

  constructor(context: RenderContext, device: PlanDevice, processor: DeviceProcessor, isAdopted: boolean) {
    this.#keepsSound = isAdopted
    this.#context = context
    this.#device = device
    this.processor = processor
    this.#parameters = Object.entries(device.params).map(([name, value]) => ({ name, reader: new ValueReader(value), applied: Number.NaN }))
    this.#dry = processor.latencyFrames > 0 ? new DelayLine(context, processor.latencyFrames) : undefined
  }

  get device(): PlanDevice {
    return this.#device
  }

  /** Takes the values of the same device in a newer plan. */
  update(device: PlanDevice): void {
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

  /** Sets the parameters of a frame without gliding there; sound before it is forgotten. */
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

/** The devices of one track. A processor that throws silences the track; the failure is reported once. */
export class DeviceChain {
  readonly #context: RenderContext
  readonly #track: PlanTrack
  readonly slots: readonly DeviceSlot[]
  readonly latencyFrames: number
  /** Frame, in mix time, at which the first device's input is at frame 0 of the timeline. */
  readonly #inputLatency: number
  /** True where a processor came from a mix that was running: there may be a tail to play. */
  readonly isAdopted: boolean
  #isBroken = false

  /** `adopt` may hand over processors that already run, by device id. */
  constructor(
    context: RenderContext,
    track: PlanTrack,
    devices: readonly PlanDevice[],
    inputLatency: number,
    adopt?: (device: PlanDevice) => DeviceProcessor | undefined,
  ) {
    this.#context = context
    this.#track = track
    this.#inputLatency = inputLatency
    const slots: DeviceSlot[] = []
    let isAdopted = false
    for (const device of devices) {
      try {
        const running = adopt?.(device)
        isAdopted ||= running !== undefined
        slots.push(
          new DeviceSlot(context, device, running ?? context.makeDevice(context.kernels, device, REMIX_SAMPLE_RATE), running !== undefined),
        )
      } catch (error) {
        this.#isBroken = true
        context.onDeviceFailed(track, device, error)
      }
    }
    this.slots = slots
    this.isAdopted = isAdopted
    this.latencyFrames = slots.reduce((sum, slot) => sum + slot.processor.latencyFrames, 0)
  }

  tailFrames(): number {
    let sum = 0
    for (const slot of this.slots) sum += slot.tailFrames()
    return sum
  }

  update(devices: readonly PlanDevice[]): void {
    for (const [index, slot] of this.slots.entries()) slot.update(devices[index]!)
  }

  begin(frame: number): void {
    let local = frame - this.#inputLatency
    for (const slot of this.slots) {
      slot.begin(local)
      local -= slot.processor.latencyFrames
    }
  }

  process(left: number, right: number, frame: number, frames: number): void {
    if (this.#isBroken) {
      this.#silence(left, right, frames)
      return
    }
    let local = frame - this.#inputLatency
    for (const slot of this.slots) {
      try {
        slot.process(left, right, local, frames)
      } catch (error) {
        this.#isBroken = true
        this.#silence(left, right, frames)
        this.#context.onDeviceFailed(this.#track, slot.device, error)
        return
      }
      local -= slot.processor.latencyFrames
    }
  }

  #silence(left: number, right: number, frames: number): void {
    const { raw } = this.#context.kernels
    raw.clear(left, frames)
    raw.clear(right, frames)
  }

  dispose(): void {
    for (const slot of this.slots) slot.processor.dispose()
  }
}
