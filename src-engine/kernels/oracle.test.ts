// Linear kernels against an independent engine: node-web-audio-api renders the same signal, and the difference must stay below -90 dBFS.
import { OfflineAudioContext } from 'node-web-audio-api'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Kernels, loadKernels } from './index.ts'
import { makeDevice, run } from './testing/run.ts'
import { differenceDb, noise, type Stereo, stereo } from './testing/signals.ts'

const RATE = 48_000
const FRAMES = 24_064
const INPUT = noise(FRAMES, 42, 0.25)

let kernels: Kernels
beforeAll(() => {
  kernels = loadKernels()
})

const oracle = async (connect: (context: OfflineAudioContext, source: AudioNode) => AudioNode): Promise<Stereo> => {
  const context = new OfflineAudioContext(2, FRAMES, RATE)
  const buffer = context.createBuffer(2, FRAMES, RATE)
  buffer.copyToChannel(INPUT.left, 0)
  buffer.copyToChannel(INPUT.right, 1)
  const source = context.createBufferSource()
  source.buffer = buffer
  connect(context, source as unknown as AudioNode).connect(context.destination as unknown as AudioNode)
  source.start(0)
  const rendered = await context.startRendering()
  const output = stereo(FRAMES)
  rendered.copyFromChannel(output.left, 0)
  rendered.copyFromChannel(output.right, 1)
  return output
}

const expectEqual = (ours: Stereo, theirs: Stereo, limitDb = -90): void => {
  expect(differenceDb(ours.left, theirs.left)).toBeLessThan(limitDb)
  expect(differenceDb(ours.right, theirs.right)).toBeLessThan(limitDb)
}

// The shelves of Web Audio have a fixed slope of 1, which is Q = 1/sqrt(2); its low-pass and high-pass Q is in dB.
const EQ: readonly (readonly [string, BiquadFilterType, number, number, number, number])[] = [
  ['low cut', 'highpass', 1, 120, 0, 1.2],
  ['low shelf', 'lowshelf', 2, 200, 6, Math.SQRT1_2],
  ['bell', 'peaking', 3, 1_000, -9, 2],
  ['high shelf', 'highshelf', 4, 6_000, 4.5, Math.SQRT1_2],
  ['high cut', 'lowpass', 5, 9_000, 0, Math.SQRT1_2],
  ['notch', 'notch', 6, 3_000, 0, 5],
]

describe('equaliser against BiquadFilterNode', () => {
  it.each(EQ)('%s', async (_name, type, band, hz, db, q) => {
    const eq = makeDevice(kernels, 'eq', { band1Type: band, band1Hz: hz, band1Db: db, band1Q: q })
    const ours = run(kernels, eq, INPUT)
    const theirs = await oracle((context, source) => {
      const filter = context.createBiquadFilter()
      filter.type = type
      filter.frequency.value = hz
      filter.gain.value = db
      filter.Q.value = type === 'highpass' || type === 'lowpass' ? 20 * Math.log10(q) : q
      source.connect(filter as unknown as AudioNode)
      return filter as unknown as AudioNode
    })
    expectEqual(ours, theirs)
  })
})

describe('mixing', () => {
  const onBlock = (work: (left: number, right: number) => void): Stereo => {
    const left = kernels.alloc(FRAMES * 4)
    const right = kernels.alloc(FRAMES * 4)
    kernels.f32(left, FRAMES).set(INPUT.left)
    kernels.f32(right, FRAMES).set(INPUT.right)
    work(left, right)
    const output = { left: kernels.f32(left, FRAMES).slice(), right: kernels.f32(right, FRAMES).slice() }
    kernels.release(left)
    kernels.release(right)
    return output
  }

  it.each([-1, -0.7, -0.2, 0, 0.4, 1])('pan %d against StereoPannerNode', async (pan) => {
    const ours = onBlock((left, right) => kernels.raw.panStereo(left, right, FRAMES, pan))
    const theirs = await oracle((context, source) => {
      const panner = context.createStereoPanner()
      panner.pan.value = pan
      source.connect(panner as unknown as AudioNode)
      return panner as unknown as AudioNode
    })
    expectEqual(ours, theirs, -120)
  })

  it('a moving pan and a gain ramp', async () => {
    const ours = onBlock((left, right) => {
      const envelope = kernels.alloc(FRAMES * 4)
      kernels.raw.rampAt(envelope, FRAMES, -1, 1, 0, FRAMES)
      kernels.raw.panStereoEnveloped(left, right, envelope, FRAMES)
      kernels.raw.rampAt(envelope, FRAMES, 0.25, 1, 0, FRAMES)
      kernels.raw.applyEnvelope(left, envelope, FRAMES)
      kernels.raw.applyEnvelope(right, envelope, FRAMES)
      kernels.release(envelope)
    })
    const theirs = await oracle((context, source) => {
      const panner = context.createStereoPanner()
      panner.pan.setValueAtTime(-1, 0)
      panner.pan.linearRampToValueAtTime(1, FRAMES / RATE)
      const gain = context.createGain()
      gain.gain.setValueAtTime(0.25, 0)
      gain.gain.linearRampToValueAtTime(1, FRAMES / RATE)
      source.connect(panner as unknown as AudioNode)
      panner.connect(gain)
      return gain as unknown as AudioNode
    })
    expectEqual(ours, theirs, -100)
  })
})

it('a delay of whole frames is exact', async () => {
  const seconds = 1_200 / RATE
  const delay = makeDevice(kernels, 'delay', {
    timeMs: seconds * 1_000,
    feedbackPercent: 0,
    mixPercent: 100,
    lowCutHz: 20,
    highCutHz: 20_000,
  })
  const ours = run(kernels, delay, INPUT)
  // The echo's filters sit at the edge of hearing and its first frame comes exactly on time.
  expect(ours.left.findIndex((x) => x !== 0)).toBe(1_200)
})
