// Playback: keeps a few blocks of the one renderer ahead of the output's clock. Every change is heard from the next block not yet scheduled.
import type { FrameRange, MeterFrame, TransportState } from '../../src-shared/protocol/index.ts'
import { REMIX_SAMPLE_RATE, type RenderPlan } from '../../src-shared/remix/index.ts'
import { fail, ok, type Problem, ProblemError, type Result } from '../../src-shared/std/index.ts'
import { loadKernels } from '../kernels/index.ts'
import type { OpenVoice } from '../plugins/rack/index.ts'
import { BlockRenderer, playbackDeviceFailure } from '../render/index.ts'
import { BlockMeters } from './block-meters.ts'
import type { AudioOutput, OutputVoice } from './output.ts'

/** Blocks of playback: a power of two plays back to back exactly, and a knob is heard from the next one. */
const BLOCK_FRAMES = 512
/** How far ahead of the clock blocks are scheduled: with the block, a fader or a plugin's knob is heard within 60 ms. */
const AHEAD_SECONDS = 0.045
/** A machine that was late gets more time, and less again when it shows for so long that it would do with less. */
const MAX_AHEAD_SECONDS = 0.18
const EASE_SECONDS = 3
const TICK_MS = 10
/** Between pressing play and the first sample. */
const START_SECONDS = 0.04
const POSITION_MS = 30
/** Where the routing changes, old sound fades out and new sound in over this many frames. */
const SEAM_FRAMES = 256
const LATE_WARNING_MS = 5_000

export interface TransportListener {
  onState(state: TransportState): void
  onPosition(frame: number): void
  onMeters(meters: MeterFrame): void
  onWarning(problem: Problem): void
}

interface Scheduled {
  /** Output time of the first frame. */
  readonly at: number
  /** Timeline frame of the first frame. */
  readonly frame: number
  readonly meters: MeterFrame
}

export interface TransportOptions {
  readonly output: AudioOutput
  readonly cacheDir: string
  readonly listener: TransportListener
  /** Where plugins run; without it plans must hold none. */
  readonly openVoice?: OpenVoice
  /** Hears the exact blocks that are played, in order; the arrays are reused. */
  readonly onBlock?: (left: Float32Array, right: Float32Array, frame: number) => void
}

export class Transport {
  readonly #options: TransportOptions
  readonly #kernels = loadKernels()
  readonly #meters = new BlockMeters(this.#kernels)
  readonly #left = new Float32Array(BLOCK_FRAMES)
  readonly #right = new Float32Array(BLOCK_FRAMES)
  #filled = 0
  /** Timeline frame of the first sample in the block being filled. */
  #blockFrame = 0
  #plan: RenderPlan | undefined
  /** What the renderer plays. */
  #playing: RenderPlan | undefined
  /** A newer plan that has not reached the renderer. */
  #pending: RenderPlan | undefined
  #renderer: BlockRenderer | undefined
  #voice: OutputVoice | undefined
  #scheduled: Scheduled[] = []
  #nextAt = 0
  #ahead = AHEAD_SECONDS
  /** The most of the lead that was used up since a time of the clock. */
  #used = { since: 0, most: 0 }
  #frame = 0
  #loop: FrameRange | null = null
  #fadeIn = 0
  /** Where playback ends by itself: an edit that shortens the remix behind the playhead must not stop it, it may be undone. */
  #rollsTo = 0
  #timer: ReturnType<typeof setInterval> | undefined
  #lastPosition = 0
  #lastLateWarning = Number.NEGATIVE_INFINITY
  #hasEnded = false

  constructor(options: TransportOptions) {
    this.#options = options
  }

  get state(): TransportState {
    return {
      isPlaying: this.#renderer !== undefined,
      frame: this.#position(),
      loop: this.#loop,
      output: this.#options.output.state,
      endFrame: this.#endFrame(),
    }
  }

  /** Takes the plan that plays from now on; null unloads. While playing it is heard from the next block. */
  load(plan: RenderPlan | null): void {
    if (plan === null) {
      this.stop()
      this.#plan = undefined
      this.#tell()
      return
    }
    const isFirst = this.#plan === undefined
    this.#plan = plan
    if (this.#renderer) {
      this.#pending = plan
      this.#rollsTo = Math.max(this.#rollsTo, this.#endFrame())
    }
    if (isFirst) this.#tell()
  }

  /** What runs a device has changed so that the mix has to be built anew: a plugin has another latency. */
  reroute(): void {
    if (this.#renderer) this.#pending ??= this.#playing
  }

  play(fromFrame: number | null): Result<TransportState> {
    const plan = this.#plan
    if (plan === undefined) return fail('playback.nothing_loaded', 'There is nothing to play yet. Open a remix first.')
    const wanted = fromFrame ?? this.#position()
    const start = wanted >= this.#endFrame() && this.#loop === null ? 0 : wanted
    const started = this.#start(plan, start)
    if (started.ok) this.#tell()
    return started.ok ? ok(this.state) : started
  }

  stop(): TransportState {
    const frame = this.#position()
    this.#end()
    this.#frame = frame
    this.#tell()
    return this.state
  }

  seek(frame: number): Result<TransportState> {
    if (this.#renderer && this.#plan) {
      const started = this.#start(this.#plan, frame)
      if (!started.ok) return started
    } else this.#frame = frame
    this.#tell()
    return ok(this.state)
  }

  loop(range: FrameRange | null): TransportState {
    this.#loop = range
    this.#tell()
    return this.state
  }

  dispose(): void {
    this.#end()
  }

  #start(plan: RenderPlan, frame: number): Result<null> {
    this.#end()
    try {
      this.#renderer = new BlockRenderer({
        plan,
        cacheDir: this.#options.cacheDir,
        fromFrame: frame,
        blockFrames: BLOCK_FRAMES,
        kernels: this.#kernels,
        ...(this.#options.openVoice ? { openVoice: this.#options.openVoice } : {}),
        onDeviceFailed: (track, device, error) => this.#options.listener.onWarning(playbackDeviceFailure(track, device, error)),
        onWarning: (problem) => this.#options.listener.onWarning(problem),
        onTrack: (index, block, frames) => this.#meters.track(index, block, frames),
      })
    } catch (error) {
      if (error instanceof ProblemError) return { ok: false, error: error.problem }
      throw error
    }
    this.#playing = plan
    this.#rollsTo = this.#endFrame()
    this.#meters.restart()
    this.#voice = this.#options.output.startVoice(frame > 0)
    this.#filled = 0
    this.#fadeIn = 0
    this.#blockFrame = frame
    this.#frame = frame
    this.#hasEnded = false
    this.#ahead = AHEAD_SECONDS
    this.#used = { since: this.#options.output.now, most: 0 }
    this.#nextAt = onGrid(this.#options.output.now + START_SECONDS)
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
    this.#tick()
    return ok(null)
  }

  #end(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#voice?.release()
    this.#voice = undefined
    this.#renderer?.dispose()
    this.#renderer = undefined
    this.#pending = undefined
    this.#scheduled = []
  }

  #tick(): void {
    try {
      this.#fill()
    } catch (error) {
      // A stem that vanished while playing ends playback with a sentence, not the engine.
      if (!(error instanceof ProblemError)) throw error
      this.#options.listener.onWarning(error.problem)
      this.stop()
      return
    }
    this.#report()
  }

  #fill(): void {
    const { output } = this.#options
    const { now } = output
    if (this.#nextAt < now && !this.#hasEnded) {
      this.#nextAt = onGrid(now + START_SECONDS)
      // Nobody hears a gap in a silent clock.
      if (output.state.kind === 'device') this.#warnLate()
      this.#ahead = Math.min(MAX_AHEAD_SECONDS, this.#ahead * 2)
      this.#used = { since: now, most: 0 }
    }
    this.#ease(now)
    while (!this.#hasEnded && this.#nextAt < now + this.#ahead) this.#advance()
  }

  /** Takes the lead back where the machine has long not needed it. */
  #ease(now: number): void {
    if (this.#ahead === AHEAD_SECONDS) return
    this.#used.most = Math.max(this.#used.most, this.#ahead - (this.#nextAt - now))
    if (now - this.#used.since < EASE_SECONDS) return
    if (this.#used.most < AHEAD_SECONDS * 0.7) this.#ahead = Math.max(AHEAD_SECONDS, this.#ahead / 2)
    this.#used = { since: now, most: 0 }
  }

  /** Renders one more block, and schedules what that fills; or finds the end. */
  #advance(): void {
    const renderer = this.#renderer!
    const loop = this.#loop !== null && renderer.position < this.#loop.toFrame ? this.#loop : null
    const limit = loop?.toFrame ?? this.#rollsTo
    if (renderer.position >= limit) {
      this.#hasEnded = true
      if (this.#filled > 0) this.#append(undefined, BLOCK_FRAMES - this.#filled)
      return
    }
    const hasNewRouting = this.#pending !== undefined && !this.#glide(renderer, this.#pending)
    const block = renderer.render()
    if (!block) return
    const frames = Math.min(block.frames, limit - block.frame)
    this.#meters.master(block, frames)
    const left = this.#kernels.f32(block.left, frames)
    const right = this.#kernels.f32(block.right, frames)
    this.#fadeStart(left, right)
    if (hasNewRouting) fadeEnd(left, right)
    for (let done = 0; done < frames; ) {
      const count = Math.min(frames - done, BLOCK_FRAMES - this.#filled)
      if (this.#filled === 0) this.#blockFrame = block.frame + done
      this.#append({ left: left.subarray(done, done + count), right: right.subarray(done, done + count) }, count)
      done += count
    }
    const next = block.frame + frames
    // The loop's start follows its end without a gap; tails ring across it.
    if (loop && next >= loop.toFrame) this.#rebuild(renderer, loop.fromFrame)
    else if (hasNewRouting) {
      this.#rebuild(renderer, next)
      this.#fadeIn = SEAM_FRAMES
    }
  }

  #append(samples: { readonly left: Float32Array; readonly right: Float32Array } | undefined, count: number): void {
    if (samples) {
      this.#left.set(samples.left, this.#filled)
      this.#right.set(samples.right, this.#filled)
    } else {
      this.#left.fill(0, this.#filled)
      this.#right.fill(0, this.#filled)
    }
    this.#filled += count
    if (this.#filled < BLOCK_FRAMES) return
    this.#filled = 0
    this.#options.onBlock?.(this.#left, this.#right, this.#blockFrame)
    this.#voice!.schedule(this.#left, this.#right, this.#nextAt)
    this.#scheduled.push({
      at: this.#nextAt,
      frame: this.#blockFrame,
      meters: this.#meters.take(this.#playing!, this.#blockFrame, this.#renderer!.gainReductionDb()),
    })
    this.#nextAt = onGrid(this.#nextAt + BLOCK_FRAMES / REMIX_SAMPLE_RATE)
  }

  /** Hands the newer plan to the mix where it can glide into it; false where the mix has to be built anew. */
  #glide(renderer: BlockRenderer, plan: RenderPlan): boolean {
    if (!renderer.canUpdate(plan)) return false
    this.#pending = undefined
    this.#playing = plan
    this.#tolerate(() => renderer.update(plan))
    return true
  }

  #rebuild(renderer: BlockRenderer, frame: number): void {
    const plan = this.#pending ?? this.#playing!
    this.#pending = undefined
    if (this.#tolerate(() => renderer.rebuild(plan, frame))) this.#playing = plan
    else if (renderer.position !== frame) renderer.rebuild(this.#playing!, frame)
  }

  /** A newer plan may name a stem that is not there: that is told, and what plays goes on. */
  #tolerate(change: () => void): boolean {
    try {
      change()
      return true
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error
      this.#options.listener.onWarning(error.problem)
      return false
    }
  }

  #fadeStart(left: Float32Array, right: Float32Array): void {
    const frames = Math.min(this.#fadeIn, left.length)
    for (let i = 0; i < frames; i++) {
      const gain = 1 - (this.#fadeIn - i) / SEAM_FRAMES
      left[i]! *= gain
      right[i]! *= gain
    }
    this.#fadeIn -= frames
  }

  #report(): void {
    const { output, listener } = this.#options
    const { now } = output
    let heard: Scheduled | undefined
    while (this.#scheduled.length > 1 && this.#scheduled[1]!.at <= now) heard = this.#scheduled.shift()
    const time = performance.now()
    if (heard || time - this.#lastPosition >= POSITION_MS) {
      this.#lastPosition = time
      listener.onPosition(this.#position())
    }
    if (heard) listener.onMeters(this.#scheduled[0]!.meters)
    const last = this.#scheduled[this.#scheduled.length - 1]
    if (this.#hasEnded && (last === undefined || now >= last.at + BLOCK_FRAMES / REMIX_SAMPLE_RATE)) {
      this.#end()
      this.#frame = this.#rollsTo
      this.#tell()
    }
  }

  #position(): number {
    const current = this.#scheduled[0]
    if (this.#renderer === undefined || current === undefined) return this.#frame
    const elapsed = Math.max(0, Math.min(BLOCK_FRAMES, Math.floor((this.#options.output.now - current.at) * REMIX_SAMPLE_RATE)))
    const frame = current.frame + elapsed
    return this.#loop && current.frame < this.#loop.toFrame && frame >= this.#loop.toFrame
      ? this.#loop.fromFrame + frame - this.#loop.toFrame
      : frame
  }

  #endFrame(): number {
    return this.#plan ? this.#plan.lengthFrames + this.#plan.tailFrames : 0
  }

  #warnLate(): void {
    const time = performance.now()
    if (time - this.#lastLateWarning < LATE_WARNING_MS) return
    this.#lastLateWarning = time
    this.#options.listener.onWarning({
      code: 'playback.late',
      message: 'The machine was too busy to play without a gap. Close other programs or switch devices off.',
    })
  }

  #tell(): void {
    this.#options.listener.onState(this.state)
  }
}

const fadeEnd = (left: Float32Array, right: Float32Array): void => {
  const from = Math.max(0, left.length - SEAM_FRAMES)
  for (let i = from; i < left.length; i++) {
    const gain = (left.length - 1 - i) / SEAM_FRAMES
    left[i]! *= gain
    right[i]! *= gain
  }
}

/** Times on exact frames of the clock: a buffer that starts between two frames would be interpolated. */
const onGrid = (seconds: number): number => Math.round(seconds * REMIX_SAMPLE_RATE) / REMIX_SAMPLE_RATE
