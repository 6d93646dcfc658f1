// A plugin in a chain. It is asked for whole plugin blocks; where it is switched off, late or not there, the sound goes past it just as late, and
// every change between the two is a fade. An instrument adds to what passes; everything else takes its place.
import { type PlanDevice, type PlanPlugin, type PlanTrack, REMIX_SAMPLE_RATE } from '../../src-shared/remix/index.ts'
import { assert } from '../../src-shared/std/index.ts'
import { PLUGIN_BLOCK_FRAMES, type PluginVoice } from '../plugins/rack/index.ts'
import type { RenderContext } from './context.ts'
import { DelayLine } from './delay-line.ts'
import { NoteEvents, ParameterEvents, type TimelineReader } from './plugin-events.ts'
import type { Running, Slot } from './slot.ts'
import { SidechainInput, type Taps } from './taps.ts'

/** Where a plugin breaks off without notice, the sound that goes past it starts from the last sample over this many frames. */
const GLIDE_FRAMES = 256
/** Longest tail that is believed: some plugins say they ring for ever. */
const MAX_TAIL_FRAMES = 30 * REMIX_SAMPLE_RATE

/** What a plugin is told of its place in the mix. */
export interface PluginPlace {
  readonly timeline: TimelineReader
  /** Frames by which the input lags the timeline. */
  readonly latency: number
  readonly tap: Taps | undefined
}

export class PluginSlot implements Slot {
  readonly #context: RenderContext
  readonly #voice: PluginVoice | undefined
  readonly #voiceLatency: number
  readonly #timeline: TimelineReader
  readonly #sidechain: SidechainInput | undefined
  /** Holds the input back until the sidechain is there. */
  readonly #wait: DelayLine | undefined
  readonly #dry: DelayLine | undefined
  readonly #parameters = new ParameterEvents()
  readonly #notes: NoteEvents
  readonly latencyFrames: number
  #device: PlanPlugin
  #planNotes: PlanTrack['notes']
  /** A plugin that came from a running mix keeps its sound when it begins here. */
  #keepsSound: boolean
  #isWet: boolean
  #epoch: number
  /** Frames that the plugin still has to hear before its output is sound. */
  #warmFrames = 0
  /** The last sample that was heard; null where it begins, perhaps before its plugin is ready: there is nothing to glide from. */
  #last: { readonly left: number; readonly right: number } | null = null

  constructor(context: RenderContext, track: PlanTrack, device: PlanPlugin, running: PluginVoice | undefined, place: PluginPlace) {
    this.#context = context
    this.#device = device
    this.#voice = context.openVoice(track, device)
    this.#keepsSound = running !== undefined && running === this.#voice
    this.#epoch = this.#voice?.epoch ?? 0
    this.#isWet = device.isEnabled
    this.#timeline = place.timeline
    this.#voiceLatency = this.#voice?.latencyFrames ?? 0
    const { sidechainTrackId } = device.plugin
    const tap = this.#voice && sidechainTrackId !== null ? place.tap?.get(sidechainTrackId) : undefined
    this.#sidechain = tap && new SidechainInput(context, tap, place.latency)
    const waitFrames = this.#sidechain?.waitFrames ?? 0
    this.#wait = waitFrames > 0 ? new DelayLine(context, waitFrames) : undefined
    this.#dry = this.#voiceLatency > 0 ? new DelayLine(context, this.#voiceLatency) : undefined
    this.latencyFrames = waitFrames + this.#voiceLatency
    this.#planNotes = track.notes
    this.#notes = new NoteEvents(notesOf(device, track))
    this.#parameters.update(device)
  }

  get device(): PlanPlugin {
    return this.#device
  }

  get isCurrent(): boolean {
    return this.#voice === undefined || this.#voice.latencyFrames === this.#voiceLatency
  }

  update(device: PlanDevice, track: PlanTrack): void {
    assert(device.kind === 'plugin', 'a plugin does not become a device')
    if (device.isEnabled && !this.#device.isEnabled && !this.#isWet) {
      // It heard nothing while it was off.
      this.#voice?.reset()
      this.#notes.begin()
      this.#warmFrames = this.#voiceLatency
    }
    this.#device = device
    this.#parameters.update(device)
    if (track.notes !== this.#planNotes) {
      this.#planNotes = track.notes
      this.#notes.update(notesOf(device, track))
    }
  }

  tailFrames(): number {
    return this.latencyFrames + (this.#device.isEnabled ? Math.min(MAX_TAIL_FRAMES, this.#voice?.tailFrames ?? 0) : 0)
  }

  begin(_frame: number): void {
    if (this.#keepsSound) this.#keepsSound = false
    else if (this.#device.isEnabled) this.#voice?.reset()
    this.#wait?.reset()
    this.#dry?.reset()
    this.#sidechain?.reset()
    this.#notes.begin()
    this.#warmFrames = 0
    this.#isWet = this.#device.isEnabled
    this.#last = null
  }

  process(left: number, right: number, frame: number, frames: number): void {
    const voice = this.#voice
    if (voice === undefined) return
    const { raw } = this.#context.kernels
    const { isEnabled } = this.#device
    const sidechain = this.#sidechain?.read(frames)
    this.#wait?.exchange(left, right, frames)
    if (!isEnabled && !this.#isWet) {
      this.#dry?.exchange(left, right, frames)
      return
    }
    // Two scratch blocks hold what goes past; its delay has to hear everything, or switching off would replay old sound.
    const dry = this.#context.scratch
    raw.copy(dry.left, left, frames)
    raw.copy(dry.right, right, frames)
    this.#dry?.exchange(dry.left, dry.right, frames)
    if (voice.epoch !== this.#epoch) {
      this.#epoch = voice.epoch
      this.#warmFrames = this.#voiceLatency
      this.#notes.begin()
    }
    const hasRun = this.#run(voice, left, right, frame - (this.#wait?.frames ?? 0), frames, sidechain)
    if (hasRun && this.#device.plugin.isInstrument) {
      raw.addScaled(left, dry.left, frames, 1)
      raw.addScaled(right, dry.right, frames, 1)
    }
    const isWarm = this.#warmFrames <= 0
    if (hasRun && !isWarm) this.#warmFrames -= frames
    this.#choose(isEnabled && hasRun && isWarm, hasRun, left, right, frames)
  }

  gainReductionDb(): number {
    return 0
  }

  release(): Running {
    return { kind: 'plugin', voice: this.#voice }
  }

  /** The plugin itself belongs to the rack. */
  dispose(): void {}

  #run(
    voice: PluginVoice,
    left: number,
    right: number,
    frame: number,
    frames: number,
    sidechain: readonly [Float32Array, Float32Array] | undefined,
  ): boolean {
    assert(frames % PLUGIN_BLOCK_FRAMES === 0, 'plugins take whole blocks')
    const { kernels } = this.#context
    for (let done = 0; done < frames; ) {
      const at = frame + done
      const count = this.#timeline.nextChange(at, frames - done)
      const hasRun = voice.run({
        left: kernels.f32(left + done * 4, count),
        right: kernels.f32(right + done * 4, count),
        frames: count,
        parameters: this.#parameters.take(voice, at, count),
        notes: this.#notes.take(voice, at, count),
        timeline: this.#timeline.at(at, REMIX_SAMPLE_RATE),
        sidechain: sidechain ? [sidechain[0].subarray(done, done + count), sidechain[1].subarray(done, done + count)] : null,
      })
      if (!hasRun) return false
      done += count
    }
    return true
  }

  /** Leaves in the block what is heard: the plugin's sound, what went past it, or a fade from one to the other. */
  #choose(isWet: boolean, hasRun: boolean, left: number, right: number, frames: number): void {
    const { raw } = this.#context.kernels
    const dry = this.#context.scratch
    const wasWet = this.#isWet
    this.#isWet = isWet
    if (isWet && !wasWet) {
      this.#context.crossfade(left, dry.left, frames)
      this.#context.crossfade(right, dry.right, frames)
    } else if (!isWet) {
      if (wasWet && hasRun) {
        this.#context.crossfade(dry.left, left, frames)
        this.#context.crossfade(dry.right, right, frames)
      } else if (wasWet && this.#last) {
        this.#glide(dry.left, this.#last.left, frames)
        this.#glide(dry.right, this.#last.right, frames)
      }
      raw.copy(left, dry.left, frames)
      raw.copy(right, dry.right, frames)
    }
    const { kernels } = this.#context
    this.#last = { left: kernels.f32(left, frames)[frames - 1]!, right: kernels.f32(right, frames)[frames - 1]! }
  }

  #glide(block: number, from: number, frames: number): void {
    const samples = this.#context.kernels.f32(block, Math.min(frames, GLIDE_FRAMES))
    const step = from - samples[0]!
    for (let i = 0; i < samples.length; i++) samples[i]! += step * (1 - i / GLIDE_FRAMES)
  }
}

const notesOf = ({ plugin }: PlanPlugin, { notes }: PlanTrack): NonNullable<PlanTrack['notes']> =>
  plugin.isInstrument && notes !== undefined ? notes : []
