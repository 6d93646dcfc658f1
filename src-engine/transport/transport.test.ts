// What you hear is what you export: played blocks are the exported ones to the bit; changes while playing never click, stop or crash.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MeterFrame, TransportState } from '../../src-shared/protocol/index.ts'
import type { PlanTrack, RenderPlan } from '../../src-shared/remix/index.ts'
import { renderPlan } from '../render/index.ts'
import { bus, clip, device, noise, plan, send, type Stereo, StemFolder, stereo, track } from '../render/testing/plans.ts'
import { type AudioOutput, openOutput } from './output.ts'
import { Transport } from './transport.ts'

const folder = new StemFolder()
let stems: number[]
beforeAll(async () => {
  const tone: Stereo = stereo(200_000)
  for (let i = 0; i < 200_000; i++) tone.left[i] = tone.right[i] = 0.25 * Math.sin((2 * Math.PI * 200 * i) / 48_000)
  stems = [await folder.add(noise(60_000, 20, 0.3)), await folder.add(noise(50_000, 21, 0.3)), await folder.add(tone)]
})
afterAll(() => folder.remove())

const music = (): RenderPlan =>
  plan(
    folder.sources,
    [
      track('a', {
        clips: [clip(stems[0]!, 60_000, { startFrame: 100 })],
        devices: [device('eq', 'eq', { band3Db: 4 })],
        pan: { value: -0.3 },
        sends: [send('verb', -8)],
      }),
      track('b', { clips: [clip(stems[1]!, 50_000, { startFrame: 5_000, fadeInFrames: 1_000 })], gainDb: { value: -4 } }),
      bus('verb', { devices: [device('rev', 'reverb', { decaySeconds: 0.3 })] }),
      track('track:master', { kind: 'master', devices: [device('comp', 'compressor'), device('lim', 'limiter')] }),
    ],
    20_000,
  )

/** A sound card whose clock moves by hand. */
class HandOutput implements AudioOutput {
  readonly state = { kind: 'device', sampleRate: 48_000 } as const
  now = 1
  readonly times: number[] = []
  startVoice() {
    return { schedule: (_left: Float32Array, _right: Float32Array, at: number) => void this.times.push(at), release: () => {} }
  }
  async close(): Promise<void> {}
}

interface Heard {
  readonly output: HandOutput
  readonly transport: Transport
  readonly left: number[]
  readonly frames: number[]
  readonly warnings: string[]
  readonly meters: MeterFrame[]
  readonly states: TransportState[]
  /** Lets the clock run. */
  run(seconds: number, each?: (second: number) => void): Promise<void>
}

const listen = (): Heard => {
  const output = new HandOutput()
  const heard = {
    left: [] as number[],
    frames: [] as number[],
    warnings: [] as string[],
    meters: [] as MeterFrame[],
    states: [] as TransportState[],
  }
  const transport = new Transport({
    output,
    cacheDir: folder.cacheDir,
    listener: {
      onState: (state) => heard.states.push(state),
      onPosition: () => {},
      onMeters: (meters) => heard.meters.push(meters),
      onWarning: ({ code }) => heard.warnings.push(code),
    },
    onBlock: (left, _right, frame) => {
      heard.left.push(...left)
      heard.frames.push(frame)
    },
  })
  const run = async (seconds: number, each: (second: number) => void = () => {}): Promise<void> => {
    const end = output.now + seconds
    while (output.now < end) {
      output.now += 0.02
      each(output.now - 1)
      await new Promise((resolve) => setTimeout(resolve, 12))
    }
  }
  return { output, transport, ...heard, run }
}

const offline = async (of: RenderPlan, fromFrame: number, frames: number): Promise<number[]> => {
  const left: number[] = []
  const result = await renderPlan({
    plan: of,
    cacheDir: folder.cacheDir,
    fromFrame,
    toFrame: fromFrame + frames,
    threads: 1,
    onBlock: (block, kernels) => void left.push(...kernels.f32(block.left, block.frames)),
  })
  expect(result.ok).toBe(true)
  return left
}

/** Largest step between neighbouring samples. */
const steepest = (samples: readonly number[]): number =>
  samples.reduce((most, sample, i) => (i === 0 ? most : Math.max(most, Math.abs(sample - samples[i - 1]!))), 0)

describe('transport', () => {
  it('plays exactly what an export of the same stretch holds, back to back on the frames of the clock, and stops at the end', async () => {
    const { transport, run, left, output, states, meters } = listen()
    const of = music()
    transport.load(of)
    expect(transport.play(null).ok).toBe(true)
    await run(2)
    const expected = await offline(of, 0, 80_100)
    expect(left.length).toBe(Math.ceil(80_100 / 512) * 512)
    expect(left.slice(0, 80_100)).toEqual(expected)
    output.times.forEach((at, index) => {
      expect(Math.abs(at * 48_000 - Math.round(output.times[0]! * 48_000) - index * 512)).toBeLessThan(1e-6)
    })
    expect(states[states.length - 1]).toMatchObject({ isPlaying: false, frame: 80_100 })
    expect(meters.some((one) => one.tracks.length === 3 && one.tracks[0]!.peakLeft > 0.1 && one.master.momentaryLufs !== null)).toBe(true)
    transport.dispose()
  })

  it('plays from the middle what an export from there holds', async () => {
    const { transport, run, left, frames } = listen()
    transport.load(music())
    transport.seek(31_111)
    transport.play(null)
    await run(0.5)
    transport.stop()
    expect(frames[0]).toBe(31_111)
    expect(left).toEqual(await offline(music(), 31_111, left.length))
    transport.dispose()
  })

  it('loops without a gap', async () => {
    const { transport, run, left, warnings } = listen()
    transport.load(plan(folder.sources, [track('tone', { clips: [clip(stems[2]!, 200_000)] })]))
    // 240 frames are one period: a loop of whole periods is one endless tone.
    transport.loop({ fromFrame: 2_400, toFrame: 24_000 })
    transport.play(0)
    await run(2)
    transport.dispose()
    expect(left.length).toBeGreaterThan(80_000)
    expect(steepest(left)).toBeLessThan(0.0066)
    expect(warnings).toEqual([])
  })

  it('takes changes while playing without a click: levels, mute, clips, devices, tracks, and back again', async () => {
    const { transport, run, left, warnings } = listen()
    const tone = (more: Partial<PlanTrack> = {}): PlanTrack =>
      track('tone', { clips: [clip(stems[2]!, 200_000)], devices: [device('eq', 'eq', {}, false)], ...more })
    const of = (...tracks: readonly PlanTrack[]) => plan(folder.sources, tracks)
    const changes: RenderPlan[] = [
      of(tone({ gainDb: { value: -12 } })),
      of(tone({ isAudible: false })),
      of(tone()),
      of(tone({ clips: [clip(stems[2]!, 150_000, { startFrame: 131 })] })),
      of(tone({ devices: [device('eq', 'eq', { band2Db: 3 }, true)] })),
      of(tone({ devices: [device('eq', 'eq', { band2Db: 3 }, true), device('lim', 'limiter')] })),
      of(tone({ pan: { value: 0.8 } }), track('other', { clips: [clip(stems[2]!, 100_000)], gainDb: { value: -20 } })),
      of(tone()),
      of(),
      of(tone()),
    ]
    transport.load(of(tone()))
    transport.play(0)
    let at = 0
    await run(2.4, (second) => {
      if (second > 0.2 * (at + 1) && changes[at]) transport.load(changes[at++]!)
    })
    transport.dispose()
    expect(at).toBe(changes.length)
    expect(warnings).toEqual([])
    // The tone itself moves 0.0065 a frame at most; two of them crossing over, and the eq, stay far below a click.
    expect(steepest(left)).toBeLessThan(0.02)
    expect(Math.max(...left)).toBeGreaterThan(0.24)
  })

  it('hears a fader within a tenth of a second', async () => {
    const { transport, run, left, output } = listen()
    const of = (gainDb: number) => plan(folder.sources, [track('tone', { clips: [clip(stems[2]!, 200_000)], gainDb: { value: gainDb } })])
    transport.load(of(0))
    transport.play(0)
    await run(0.4)
    const start = output.times[0]!
    const heardAt = Math.floor((output.now - start) * 48_000)
    transport.load(of(-144))
    await run(0.3)
    transport.dispose()
    const lastLoud = left.findLastIndex((x) => Math.abs(x) > 0.01)
    expect(lastLoud - heardAt).toBeLessThan(5_000)
  })

  it('keeps playing when a newer plan names a stem that is not decoded', async () => {
    const missing = await folder.add(noise(1_000, 77), { isDecoded: false })
    const { transport, run, warnings } = listen()
    transport.load(plan(folder.sources, [track('tone', { clips: [clip(stems[2]!, 200_000)] })]))
    transport.play(0)
    await run(0.2)
    transport.load(plan(folder.sources, [track('tone', { clips: [clip(missing, 1_000)] })]))
    await run(0.2)
    transport.load(
      plan(folder.sources, [track('tone', { clips: [clip(stems[2]!, 200_000)] }), track('gone', { clips: [clip(missing, 1_000)] })]),
    )
    await run(0.3)
    expect(warnings).toEqual(['audio.cache_corrupt', 'audio.cache_corrupt'])
    expect(transport.state.isPlaying).toBe(true)
    transport.dispose()
  })

  it('says what it cannot play', () => {
    const { transport } = listen()
    expect(transport.play(null)).toMatchObject({ ok: false, error: { code: 'playback.nothing_loaded' } })
  })
})

describe('openOutput', () => {
  it('is a clock of real time without a sound card, and says why it is silent', async () => {
    const output = await openOutput('silent')
    expect(output.state).toMatchObject({ kind: 'silent', reason: expect.stringContaining('.') })
    const voice = output.startVoice(true)
    voice.schedule(new Float32Array(1_024), new Float32Array(1_024), output.now + 0.1)
    const from = output.now
    const deadline = Date.now() + 8_000
    while (output.now < from + 0.3 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(output.now).toBeGreaterThanOrEqual(from + 0.3)
    voice.release()
    await output.close()
  })
})
