// A plugin between two channels in and two out, whatever it has itself. Runs inside the host's loop; throws with the plugin's refusal.
import type { BlockEvents, InstanceBus, PluginInstance, PluginLoader, Timeline } from '../instance.ts'
import { PLUGIN_BLOCK_FRAMES } from '../instance.ts'
import { MAX_OUTPUTS, type ParameterValue, type ProcessStep, type StepReport } from '../transport/index.ts'

/** Beyond this a sample is no sound any more: 36 dB above full scale. */
const LOUDEST = 64
/** The same as bits of a 32-bit float without its sign; infinities and what is no number are above it. */
const LOUDEST_BITS = 0x42800000

type Source = 'left' | 'right' | 'sum' | 'sideLeft' | 'sideRight' | 'sideSum' | 'silence'

interface Feed {
  readonly samples: Float32Array
  readonly source: Source
}

/** What a plugin writes to, also as bits: whole numbers are compared in a third of the time. */
interface Outlet {
  readonly samples: Float32Array
  readonly bits: Int32Array
}

interface Lane {
  readonly instance: PluginInstance
  readonly feeds: readonly Feed[]
  /** One for each side, one for both where it is mono; none where nothing comes out. */
  readonly outputs: readonly Outlet[]
}

export interface OpenHosted {
  readonly path: string
  readonly id: string
  readonly sampleRate: number
  readonly isOffline: boolean
  readonly takesShortBlocks: boolean
  readonly state: Uint8Array | null
  readonly values: Readonly<Record<string, number>>
}

/** Two channels that a chain works on in place. */
export interface Work {
  readonly left: Float32Array
  readonly right: Float32Array
}

const channelsOf = (buses: readonly InstanceBus[]): readonly Float32Array<ArrayBuffer>[] => buses.flatMap((bus) => [...bus.samples])

/** The channels that matter: those of the first bus, or of several mono ones together. */
const mainChannels = (buses: readonly InstanceBus[]): readonly Float32Array<ArrayBuffer>[] => {
  const main = buses.filter((bus) => !bus.isSidechain && bus.channels > 0)
  const first = main[0]
  if (!first) return []
  return first.channels > 1 || main.length !== 2 || main[1]?.channels !== 1 ? first.samples : channelsOf(main)
}

const sourceOf = (place: number, count: number, lane: number, lanes: number, isSidechain: boolean): Source => {
  if (isSidechain) {
    if (lanes === 2) return lane === 0 ? 'sideLeft' : 'sideRight'
    if (count === 1) return 'sideSum'
    return place === 0 ? 'sideLeft' : place === 1 ? 'sideRight' : 'silence'
  }
  if (lanes === 2) return lane === 0 ? 'left' : 'right'
  if (count === 1) return 'sum'
  return place === 0 ? 'left' : place === 1 ? 'right' : 'silence'
}

const feedsOf = ({ inputs }: PluginInstance, lane: number, lanes: number): readonly Feed[] => {
  const main = mainChannels(inputs)
  const stereo = main.slice(0, 2)
  const side = inputs.find((bus) => bus.isSidechain)?.samples ?? main.slice(2, 4)
  return channelsOf(inputs).map((samples) => {
    const [mainPlace, sidePlace] = [stereo.indexOf(samples), side.indexOf(samples)]
    if (mainPlace >= 0) return { samples, source: sourceOf(mainPlace, stereo.length, lane, lanes, false) }
    if (sidePlace >= 0) return { samples, source: sourceOf(sidePlace, side.length, lane, lanes, true) }
    return { samples, source: 'silence' }
  })
}

const advanced = (timeline: Timeline, frames: number, sampleRate: number): Timeline => {
  if (frames === 0) return timeline
  const quarter = timeline.isPlaying ? timeline.quarter + ((frames / sampleRate) * timeline.bpm) / 60 : timeline.quarter
  const barLength = (timeline.numerator * 4) / timeline.denominator
  const bars = barLength > 0 ? Math.max(0, Math.floor((quarter - timeline.barQuarter) / barLength)) : 0
  return {
    ...timeline,
    frame: timeline.isPlaying ? timeline.frame + frames : timeline.frame,
    quarter,
    bar: timeline.bar + bars,
    barQuarter: timeline.barQuarter + bars * barLength,
  }
}

const within = <T extends { readonly frame: number }>(events: readonly T[], start: number, end: number): readonly T[] =>
  events.length === 0
    ? events
    : events.filter(({ frame }) => frame >= start && frame < end).map((event) => ({ ...event, frame: event.frame - start }))

export class HostedPlugin {
  readonly #lanes: readonly Lane[]
  readonly #sampleRate: number
  readonly #isGenerator: boolean
  readonly #outputParameters: readonly number[]
  readonly #scratch: readonly Float32Array[] = [new Float32Array(PLUGIN_BLOCK_FRAMES), new Float32Array(PLUGIN_BLOCK_FRAMES)]
  #latencyFrames = 0
  #hasNewLatency = false
  #hasNewValues = false

  /** One instance, or two of the same that take a side each. */
  constructor(instances: readonly PluginInstance[], sampleRate: number) {
    this.#lanes = instances.map((instance, lane) => ({
      instance,
      feeds: feedsOf(instance, lane, instances.length),
      outputs: mainChannels(instance.outputs).slice(0, 2).map(outletOf),
    }))
    this.#sampleRate = sampleRate
    this.#isGenerator = mainChannels(this.#first.inputs).length === 0
    this.#outputParameters = this.descriptor.parameters.flatMap(({ isOutput }, index) => (isOutput ? [index] : [])).slice(0, MAX_OUTPUTS)
  }

  /** Before the first sound: state, then values by parameter id. */
  start(state: Uint8Array | null, values: Readonly<Record<string, number>>): void {
    const indices = new Map(this.descriptor.parameters.map((parameter, index) => [parameter.id, index]))
    if (state) for (const { instance } of this.#lanes) instance.loadState(state)
    this.setValues(
      Object.entries(values).flatMap(([parameter, value]) => {
        const index = indices.get(parameter)
        return index === undefined ? [] : [{ parameter: index, value }]
      }),
    )
    for (const { instance } of this.#lanes) instance.activate()
    this.#takeChanges()
    this.#settle()
    // Whoever opens it is told all of it as it is now.
    this.#hasNewLatency = false
    this.#hasNewValues = false
  }

  get #first(): PluginInstance {
    return (this.#lanes[0] as Lane).instance
  }

  get descriptor(): PluginInstance['descriptor'] {
    return this.#first.descriptor
  }

  timing(): { readonly latencyFrames: number; readonly tailFrames: number | null } {
    this.#latencyFrames = this.#first.latencyFrames()
    return { latencyFrames: this.#latencyFrames, tailFrames: this.#first.tailFrames() }
  }

  setValues(values: readonly ParameterValue[]): void {
    const count = this.descriptor.parameters.length
    for (const { parameter, value } of values) {
      if (!Number.isInteger(parameter) || parameter < 0 || parameter >= count) throw new Error(`It has no parameter number ${parameter}.`)
      if (Number.isFinite(value)) for (const { instance } of this.#lanes) instance.setValue(parameter, value)
    }
  }

  values(): Float64Array {
    return Float64Array.from(this.descriptor.parameters, (_, index) => this.#first.value(index))
  }

  texts(values: readonly ParameterValue[]): readonly (string | null)[] {
    return values.map(({ parameter, value }) => this.#first.text(parameter, value)?.slice(0, 1_000) ?? null)
  }

  saveState(): Uint8Array | null {
    return this.#first.saveState()
  }

  loadState(state: Uint8Array): void {
    for (const { instance } of this.#lanes) instance.loadState(state)
    this.#settle()
  }

  loadPreset(preset: string): void {
    for (const { instance } of this.#lanes) instance.loadPreset(preset)
    this.#settle()
  }

  reset(): void {
    for (const { instance } of this.#lanes) instance.reset()
  }

  idle(): void {
    for (const { instance } of this.#lanes) instance.idle()
  }

  close(): void {
    for (const { instance } of this.#lanes) {
      instance.deactivate()
      instance.close()
    }
  }

  /** Works on `frames` in place, in blocks counted from the first. */
  run(work: Work, frames: number, step: ProcessStep, timeline: Timeline, wantsOutputs: boolean): StepReport {
    const start = performance.now()
    let scrubbedSamples = 0
    for (let offset = 0; offset < frames; offset += PLUGIN_BLOCK_FRAMES) {
      const count = Math.min(PLUGIN_BLOCK_FRAMES, frames - offset)
      const events: BlockEvents = {
        parameters: within(step.parameters, offset, offset + count),
        notes: within(step.notes, offset, offset + count),
        timeline: advanced(timeline, offset, this.#sampleRate),
      }
      for (const lane of this.#lanes) this.#feed(lane, work, step, offset, count)
      for (const { instance } of this.#lanes) instance.process(count, events)
      scrubbedSamples += this.#collect(work, offset, count)
      this.idle()
    }
    this.#takeChanges()
    const report: StepReport = {
      scrubbedSamples,
      cpuMicroseconds: (performance.now() - start) * 1_000,
      latencyFrames: this.#latencyFrames,
      hasNewValues: this.#hasNewValues,
      hasNewLatency: this.#hasNewLatency,
      outputs: wantsOutputs ? this.#outputParameters.map((parameter) => ({ parameter, value: this.#first.value(parameter) })) : [],
    }
    this.#hasNewValues = false
    this.#hasNewLatency = false
    return report
  }

  #feed({ feeds }: Lane, { left, right }: Work, { sidechain }: ProcessStep, offset: number, count: number): void {
    const end = offset + count
    for (const { samples, source } of feeds) {
      if (source === 'left') samples.set(left.subarray(offset, end))
      else if (source === 'right') samples.set(right.subarray(offset, end))
      else if (source === 'sum') mixInto(samples, left, right, offset, count)
      else if (!sidechain || source === 'silence') samples.fill(0, 0, count)
      else if (source === 'sideLeft') samples.set(sidechain[0].subarray(offset, end))
      else if (source === 'sideRight') samples.set(sidechain[1].subarray(offset, end))
      else mixInto(samples, sidechain[0], sidechain[1], offset, count)
    }
  }

  /** Takes the output over and counts what was silenced. What generates sound is added to what was there; what has no output lets it pass. */
  #collect({ left, right }: Work, offset: number, count: number): number {
    const [first, second] = this.#lanes as readonly [Lane, Lane | undefined]
    const fromLeft = first.outputs[0]
    if (!fromLeft) return 0
    const fromRight = second?.outputs[0] ?? first.outputs[1] ?? fromLeft
    if (this.#isGenerator) {
      const [scratchLeft, scratchRight] = this.#scratch as readonly [Float32Array, Float32Array]
      const scrubbed = scrub(fromLeft, scratchLeft, 0, count) + scrub(fromRight, scratchRight, 0, count)
      for (let frame = 0; frame < count; frame++) {
        left[offset + frame] = (left[offset + frame] as number) + (scratchLeft[frame] as number)
        right[offset + frame] = (right[offset + frame] as number) + (scratchRight[frame] as number)
      }
      return scrubbed
    }
    return scrub(fromLeft, left, offset, count) + scrub(fromRight, right, offset, count)
  }

  #takeChanges(): void {
    let wantsRestart = false
    for (const { instance } of this.#lanes) {
      const changes = instance.takeChanges()
      wantsRestart ||= changes.wantsRestart
      this.#hasNewValues ||= changes.hasNewValues
      if (changes.hasNewLatency) this.#settle()
    }
    if (!wantsRestart) return
    for (const { instance } of this.#lanes) {
      instance.deactivate()
      instance.activate()
    }
    this.#settle()
  }

  #settle(): void {
    const latencyFrames = this.#first.latencyFrames()
    if (latencyFrames !== this.#latencyFrames) this.#hasNewLatency = true
    this.#latencyFrames = latencyFrames
  }
}

const mixInto = (into: Float32Array, left: Float32Array, right: Float32Array, offset: number, count: number): void => {
  for (let frame = 0; frame < count; frame++) {
    into[frame] = ((left[offset + frame] as number) + (right[offset + frame] as number)) / 2
  }
}

/** A plugin that is ready for sound; nothing stays open where it refuses. */
export const openHosted = (loader: PluginLoader, { path, id, state, values, ...options }: OpenHosted): HostedPlugin => {
  const instances: PluginInstance[] = []
  const open = (): PluginInstance => {
    const instance = loader.open(path, id, { ...options, maxFrames: PLUGIN_BLOCK_FRAMES })
    instances.push(instance)
    return instance
  }
  try {
    const first = open()
    // A mono effect works on each side by itself.
    if (mainChannels(first.inputs).length === 1 && mainChannels(first.outputs).length === 1) open()
    const plugin = new HostedPlugin(instances, options.sampleRate)
    plugin.start(state, values)
    return plugin
  } catch (error) {
    for (const instance of instances) instance.close()
    throw error
  }
}

const outletOf = (samples: Float32Array<ArrayBuffer>): Outlet => ({
  samples,
  bits: new Int32Array(samples.buffer, samples.byteOffset, samples.length),
})

/** Copies `count` samples to `offset`, without what is no sound; gives the number of those. */
const scrub = ({ samples, bits }: Outlet, to: Float32Array, offset: number, count: number): number => {
  // Negative as soon as one of them is; without a branch a sample.
  let sign = 0
  for (let frame = 0; frame < count; frame++) sign |= LOUDEST_BITS - ((bits[frame] as number) & 0x7fffffff)
  to.set(samples.length === count ? samples : samples.subarray(0, count), offset)
  if (sign >= 0) return 0
  let scrubbed = 0
  for (let frame = offset; frame < offset + count; frame++) {
    // False for what is no number, too.
    if (Math.abs(to[frame] as number) <= LOUDEST) continue
    to[frame] = 0
    scrubbed++
  }
  return scrubbed
}
