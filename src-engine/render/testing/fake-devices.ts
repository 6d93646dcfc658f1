// Devices with known behaviour, named by their device id: they test the infrastructure, not the sound. `latency:480` delays, `throw:3` throws in
// its third call, `nan:500` breaks one sample, `echo:100` rings on for 100 frames, everything else is the built-in device.
import { assert } from '../../../src-shared/std/index.ts'
import { createDevice, type DeviceProcessor } from '../../kernels/index.ts'
import type { MakeDevice } from '../context.ts'

/** Delays by whole frames and says so (or not: `echo`). */
const delayLine = (kernels: Parameters<MakeDevice>[0], frames: number) => {
  let ring = [new Float32Array(frames), new Float32Array(frames)]
  let at = 0
  return {
    push(left: number, right: number, count: number, mix: (input: number, delayed: number) => number): void {
      const blocks = [kernels.f32(left, count), kernels.f32(right, count)]
      for (let i = 0; i < count; i++) {
        for (const channel of [0, 1] as const) {
          const input = blocks[channel]![i]!
          const delayed = ring[channel]![at]!
          ring[channel]![at] = input
          blocks[channel]![i] = mix(input, delayed)
        }
        at = (at + 1) % frames
      }
    },
    clear(): void {
      ring = [new Float32Array(frames), new Float32Array(frames)]
      at = 0
    },
  }
}

export const makeDevice: MakeDevice = (kernels, device, sampleRate) => {
  const [name, argument] = device.deviceId.split(':')
  const number = Number(argument)
  const base = { kind: device.kind, latencyFrames: 0, tailFrames: () => 0, setParam: () => {}, reset: () => {}, dispose: () => {} }
  switch (name) {
    case 'latency': {
      const line = delayLine(kernels, number)
      return {
        ...base,
        latencyFrames: number,
        process: (left, right, frames) => line.push(left, right, frames, (_input, delayed) => delayed),
        reset: line.clear,
      }
    }
    case 'echo': {
      const line = delayLine(kernels, number)
      return {
        ...base,
        tailFrames: () => number,
        process: (left, right, frames) => line.push(left, right, frames, (input, delayed) => input + delayed * 0.5),
        reset: line.clear,
      }
    }
    case 'throw': {
      let calls = 0
      return {
        ...base,
        process: () => {
          calls++
          assert(calls < number, 'this device breaks on purpose')
        },
      }
    }
    case 'nan':
      return {
        ...base,
        process: (left, _right, frames) =>
          kernels.f32(left, frames).fill(Number.NaN, Math.min(frames, number), Math.min(frames, number + 1)),
      }
    case 'automation': {
      // Writes the value it was last told, so that a test can read when values arrive.
      let value = 0
      const told: DeviceProcessor = {
        ...base,
        setParam: (parameter, to) => {
          if (parameter === 'outputDb') value = to
        },
        process: (left, right, frames) => {
          kernels.f32(left, frames).fill(value)
          kernels.f32(right, frames).fill(value)
        },
      }
      return told
    }
    default:
      return createDevice(kernels, device.kind, sampleRate)
  }
}
