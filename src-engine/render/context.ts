// What every part of one running mix shares: kernels, scratch blocks, sources, devices and the way problems are told.
import { createDevice, type DeviceProcessor, type Kernels } from '../kernels/index.ts'
import type { PcmSource } from '../files/index.ts'
import type { OpenVoice } from '../plugins/rack/index.ts'
import { DisposableStore, type Problem } from '../../src-shared/std/index.ts'
import type { PlanBuiltIn, PlanDevice, PlanTrack, RenderPlan } from '../../src-shared/remix/index.ts'

/** Decisions about silence are taken once per cell of this many frames, counted from the start of the render. Blocks divide a cell, so no
 *  decision, and no bit, depends on the block length. */
export const CELL_FRAMES = 4_096

/** Blocks of the mix. A power of two: such buffers play back to back exactly. */
export const BLOCK_FRAMES = 1_024

/** Decoded sound at 48 kHz, both channels (mono twice), silent outside its ends. Synchronous: it runs between two blocks. */
export type PcmReader = Pick<PcmSource, 'isSilent' | 'readInto'>

/** Opens the sound of a plan's source; kept open for the render. */
export type OpenSource = (plan: RenderPlan, source: number) => PcmReader

/** Makes the processor of a device. */
export type MakeDevice = (kernels: Kernels, device: PlanBuiltIn, sampleRate: number) => DeviceProcessor

export const makeBuiltInDevice: MakeDevice = (kernels, device, sampleRate) => createDevice(kernels, device.kind, sampleRate)

/** For renders that nobody gave plugins to. */
export const noPlugins: OpenVoice = ({ isAudible }, { isEnabled, plugin }) => {
  if (isAudible && isEnabled) throw new Error(`nothing was prepared to run ${plugin.name}`)
  return undefined
}

export type DeviceFailure = (track: PlanTrack, device: PlanDevice, error: unknown) => void

export interface RenderContextOptions {
  readonly kernels: Kernels
  readonly openSource: OpenSource
  readonly makeDevice: MakeDevice
  readonly openVoice: OpenVoice
  /** Throws to fail the render, or takes note and lets the rest play on. */
  readonly onDeviceFailed: DeviceFailure
  readonly onWarning: (problem: Problem) => void
  /** First frame of the render: cells are counted from here. */
  readonly fromFrame: number
  /** False computes what could be skipped; the bits are the same. */
  readonly skipsSilence: boolean
}

/** Shared state of one mix in one thread. */
export class RenderContext {
  readonly kernels: Kernels
  readonly openSource: OpenSource
  readonly makeDevice: MakeDevice
  readonly openVoice: OpenVoice
  readonly onDeviceFailed: DeviceFailure
  readonly onWarning: (problem: Problem) => void
  readonly fromFrame: number
  readonly skipsSilence: boolean
  /** Scratch blocks of a cell's length; each is free between two calls of the parts that use it. */
  readonly scratch: {
    readonly left: number
    readonly right: number
    readonly envelope: number
    readonly other: number
    readonly weight: number
    readonly swap: number
  }
  readonly lifetime = new DisposableStore()

  constructor(options: RenderContextOptions) {
    this.kernels = options.kernels
    this.openSource = options.openSource
    this.makeDevice = options.makeDevice
    this.openVoice = options.openVoice
    this.onDeviceFailed = options.onDeviceFailed
    this.onWarning = options.onWarning
    this.fromFrame = options.fromFrame
    this.skipsSilence = options.skipsSilence
    const block = (): number => this.alloc(CELL_FRAMES)
    this.scratch = { left: block(), right: block(), envelope: block(), other: block(), weight: block(), swap: block() }
  }

  /** A zeroed block of floats that lives as long as the mix. */
  alloc(floats: number): number {
    const ptr = this.kernels.alloc(floats * 4)
    this.lifetime.add(() => this.kernels.release(ptr))
    return ptr
  }

  /** Mixes two blocks with weights that run from the first to the second: `to` = `from` fading out + `to` fading in. */
  crossfade(to: number, from: number, frames: number): void {
    const { raw } = this.kernels
    const { weight } = this.scratch
    raw.rampAt(weight, frames, 0, 1, 0, frames)
    raw.applyEnvelope(to, weight, frames)
    raw.rampAt(weight, frames, 1, 0, 0, frames)
    raw.addEnveloped(to, from, weight, frames)
  }

  /** End of the cell that holds the frame before `frame`. */
  cellEnd(frame: number): number {
    if (frame === Number.NEGATIVE_INFINITY) return frame
    return this.fromFrame + Math.ceil((frame - this.fromFrame) / CELL_FRAMES) * CELL_FRAMES
  }

  dispose(): void {
    this.lifetime.dispose()
  }
}
