// A track's devices in order. Every device keeps its latency when it is switched off, so switching never moves the sound.
import { REMIX_SAMPLE_RATE, type PlanDevice, type PlanTimeline, type PlanTrack } from '../../src-shared/remix/index.ts'
import type { RenderContext } from './context.ts'
import { DeviceSlot } from './device-slot.ts'
import { TimelineReader } from './plugin-events.ts'
import { PluginSlot, type PluginPlace } from './plugin-slot.ts'
import type { Adopt, Running, Slot } from './slot.ts'
import type { Taps } from './taps.ts'

/** What a chain is given beside its devices. */
export interface ChainWiring {
  readonly adopt?: Adopt | undefined
  readonly taps?: Taps | undefined
  readonly timeline?: PlanTimeline | undefined
}

const newSlot = (context: RenderContext, track: PlanTrack, device: PlanDevice, running: Running | undefined, place: PluginPlace): Slot => {
  if (device.kind === 'plugin') return new PluginSlot(context, track, device, running?.kind === 'plugin' ? running.voice : undefined, place)
  const processor = running && running.kind !== 'plugin' ? running.processor : undefined
  return new DeviceSlot(
    context,
    device,
    processor ?? context.makeDevice(context.kernels, device, REMIX_SAMPLE_RATE),
    processor !== undefined,
  )
}

/** The devices of one track. A processor that throws silences the track; the failure is reported once. */
export class DeviceChain {
  readonly #context: RenderContext
  readonly #track: PlanTrack
  readonly slots: readonly Slot[]
  readonly latencyFrames: number
  /** Frame, in mix time, at which the first device's input is at frame 0 of the timeline. */
  readonly #inputLatency: number
  readonly hasPlugins: boolean
  /** True where a processor came from a mix that was running: there may be a tail to play. */
  readonly isAdopted: boolean
  #isBroken = false

  /** `adopt` may hand over what already runs, by device id; `taps` are the tracks that sidechains may listen to. */
  constructor(context: RenderContext, track: PlanTrack, devices: readonly PlanDevice[], inputLatency: number, wiring: ChainWiring = {}) {
    this.#context = context
    this.#track = track
    this.#inputLatency = inputLatency
    const slots: Slot[] = []
    const timeline = new TimelineReader(wiring.timeline)
    let isAdopted = false
    let latency = inputLatency
    for (const device of devices) {
      try {
        const running = wiring.adopt?.(device)
        isAdopted ||= running !== undefined
        const slot = newSlot(context, track, device, running, { timeline, latency, tap: wiring.taps })
        latency += slot.latencyFrames
        slots.push(slot)
      } catch (error) {
        this.#isBroken = true
        context.onDeviceFailed(track, device, error)
      }
    }
    this.slots = slots
    this.isAdopted = isAdopted
    this.hasPlugins = slots.some((slot) => slot.device.kind === 'plugin')
    this.latencyFrames = latency - inputLatency
  }

  tailFrames(): number {
    let sum = 0
    for (const slot of this.slots) sum += slot.tailFrames()
    return sum
  }

  update(track: PlanTrack, devices: readonly PlanDevice[]): void {
    for (const [index, slot] of this.slots.entries()) slot.update(devices[index]!, track)
  }

  begin(frame: number): void {
    let local = frame - this.#inputLatency
    for (const slot of this.slots) {
      slot.begin(local)
      local -= slot.latencyFrames
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
      local -= slot.latencyFrames
    }
  }

  #silence(left: number, right: number, frames: number): void {
    const { raw } = this.#context.kernels
    raw.clear(left, frames)
    raw.clear(right, frames)
  }

  dispose(): void {
    for (const slot of this.slots) slot.dispose()
  }
}
