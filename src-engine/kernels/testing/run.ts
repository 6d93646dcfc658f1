// Runs a device over a whole signal, block by block.
import { createDevice, type DeviceProcessor, type Kernels } from '../index.ts'
import type { DeviceKind } from '../../../src-shared/remix/index.ts'
import { type Stereo, stereo } from './signals.ts'

export const makeDevice = (
  kernels: Kernels,
  kind: DeviceKind,
  params: Readonly<Record<string, number>>,
  rate = 48_000,
): DeviceProcessor => {
  const device = createDevice(kernels, kind, rate)
  for (const [name, value] of Object.entries(params)) device.setParam(name, value)
  return device
}

/** What to do before the frame is processed. */
export type Gesture = readonly (readonly [frame: number, name: string, value: number])[]

export interface RunOptions {
  readonly block?: number
  readonly gesture?: Gesture
}

/** The device's output for the input, same length; late by its latency. */
export const run = (kernels: Kernels, device: DeviceProcessor, input: Stereo, { block = 4_096, gesture = [] }: RunOptions = {}): Stereo => {
  const total = input.left.length
  const output = stereo(total)
  const left = kernels.alloc(block * 4)
  const right = kernels.alloc(block * 4)
  let at = 0
  for (const stop of [...gesture.map(([frame]) => frame), total]) {
    while (at < stop) {
      const frames = Math.min(block, stop - at)
      kernels.f32(left, frames).set(input.left.subarray(at, at + frames))
      kernels.f32(right, frames).set(input.right.subarray(at, at + frames))
      device.process(left, right, frames)
      output.left.set(kernels.f32(left, frames), at)
      output.right.set(kernels.f32(right, frames), at)
      at += frames
    }
    for (const [frame, name, value] of gesture) if (frame === stop) device.setParam(name, value)
  }
  kernels.release(left)
  kernels.release(right)
  return output
}

/** Exact bytes of a signal, to compare bit for bit. */
export const bitsOf = ({ left, right }: Stereo): string =>
  Buffer.concat([Buffer.from(left.buffer), Buffer.from(right.buffer)]).toString('base64')
