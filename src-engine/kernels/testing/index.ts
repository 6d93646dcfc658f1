// Sounds and runs for tests of whatever uses the kernels.
export { bitsOf, type Gesture, makeDevice, run } from './run.ts'
export { bothSides, differenceDb, noise, random, type Stereo, sine, stereo } from './signals.ts'
