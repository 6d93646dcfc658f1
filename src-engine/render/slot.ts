// One place in a track's chain, whatever runs there: a built-in device or a plugin.
import type { DeviceProcessor } from '../kernels/index.ts'
import type { DeviceKind, PlanDevice, PlanTrack } from '../../src-shared/remix/index.ts'
import type { PluginVoice } from '../plugins/rack/index.ts'

/** What runs in a place, and may go on running in another mix. */
export type Running =
  | { readonly kind: DeviceKind; readonly processor: DeviceProcessor }
  | { readonly kind: 'plugin'; readonly voice: PluginVoice | undefined }

/** Hands over what already runs for a device. */
export type Adopt = (device: PlanDevice) => Running | undefined

export interface Slot {
  readonly device: PlanDevice
  /** Frames by which the output lags the input, switched on or off. Constant. */
  readonly latencyFrames: number
  /** False where the mix has to be built anew for it: a plugin has another latency now. */
  readonly isCurrent: boolean
  /** Takes the values of the same device in a newer plan. */
  update(device: PlanDevice, track: PlanTrack): void
  tailFrames(): number
  /** Sets the parameters of a frame without gliding there; sound before it is forgotten, unless it came from a running mix. */
  begin(frame: number): void
  /** In place. */
  process(left: number, right: number, frame: number, frames: number): void
  /** How many dB the last block was turned down at most, 0 or positive. */
  gainReductionDb(): number
  release(): Running
  dispose(): void
}
