// Audio kernels: mixing, devices, conversion, metering. All DSP runs in one WebAssembly module, so every machine gets the same bits.
export { createDevice, type DeviceProcessor } from './device.ts'
export { type Kernels, type KernelsModule, kernelsModule, loadKernels } from './load.ts'
export { createResampler, type Resampler } from './resampler.ts'
