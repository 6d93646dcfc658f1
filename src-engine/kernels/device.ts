// Built-in devices: one uniform handle over the kernels, parameters by the names of DEVICE_PARAMETERS.
import { DEVICE_PARAMETERS, type DeviceKind } from '../../src-shared/remix/index.ts'
import { assert } from '../../src-shared/std/index.ts'
import type { Kernels } from './load.ts'

/** One running device. Same input and same `setParam` calls at the same frames give the same bits, whatever the block lengths. */
export interface DeviceProcessor {
  readonly kind: DeviceKind
  /** Frames by which the output lags the input; the dry part of a mix lags alike. Constant. */
  readonly latencyFrames: number
  /** How long it rings after its input ends, at the present parameters. */
  tailFrames(): number
  /** Clamped to the parameter's range; glides in a few milliseconds unless nothing was processed since `reset`. */
  setParam(name: string, value: number): void
  /** In place, any number of frames. */
  process(left: number, right: number, frames: number): void
  /** Forgets all sound; parameters stay. */
  reset(): void
  /** How many dB the last processed block was turned down at most, as a positive number (compressor, limiter). */
  gainReductionDb?(): number
  dispose(): void
}

type Raw = Readonly<Record<string, ((...args: number[]) => number) | undefined>>

/** Builds a device with its default parameters. Its memory lives until `dispose`. */
export const createDevice = (kernels: Kernels, kind: DeviceKind, sampleRate: number): DeviceProcessor => {
  const raw = kernels.raw as unknown as Raw
  const method = (name: string): ((...args: number[]) => number) => {
    const found = raw[`${kind}${name}`]
    assert(found, `the kernels have no ${kind}${name}`)
    return found
  }
  const set = method('Set')
  const process = method('Process')
  const reset = method('Reset')
  const tail = method('Tail')
  const latency = raw[`${kind}Latency`]
  const reduction = raw[`${kind}Reduction`]
  const parameters = new Map(DEVICE_PARAMETERS[kind].map((parameter, index) => [parameter.name, { ...parameter, index }]))
  const handle = method('Create')(sampleRate)
  for (const { index, default: value } of parameters.values()) set(handle, index, value)
  let isDisposed = false
  return {
    kind,
    latencyFrames: latency ? latency(handle) : 0,
    tailFrames: () => tail(handle),
    setParam(name, value) {
      const parameter = parameters.get(name)
      assert(parameter, `${kind} has no parameter ${name}`)
      set(handle, parameter.index, Number.isNaN(value) ? parameter.default : Math.min(Math.max(value, parameter.min), parameter.max))
    },
    process: (left, right, frames) => void process(handle, left, right, frames),
    reset: () => void reset(handle),
    ...(reduction ? { gainReductionDb: () => reduction(handle) } : {}),
    dispose() {
      if (isDisposed) return
      isDisposed = true
      method('Dispose')(handle)
    },
  }
}
