// What payloads hold. Commands: length of a JSON document, the document, an attachment. Blocks of sound: 32-bit and 64-bit numbers at fixed places, then
// samples, 64-byte aligned; read where they arrived.
import type { NoteEvent, ParameterEvent, Timeline } from '../instance.ts'
import { AREA_BYTES, type Frame, type FrameArea } from './frame.ts'

/** Most frames and steps of one request. */
export const MAX_REQUEST_FRAMES = 4_096
export const MAX_STEPS = 32

/** The parts of a command's payload. */
export const packCommand = (body: unknown, attachment: Uint8Array | null): readonly Uint8Array[] => {
  const json = new TextEncoder().encode(JSON.stringify(body))
  return [new Uint8Array(new Uint32Array([json.byteLength]).buffer), json, ...(attachment ? [attachment] : [])]
}

/** Throws where it is none. The attachment is a view of the payload. */
export const unpackCommand = (payload: Uint8Array): { readonly body: unknown; readonly attachment: Uint8Array } => {
  if (payload.byteLength < 4) throw new RangeError('a message without a body')
  // Copied first: text cannot be decoded out of memory that is shared.
  const length = new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0, true)
  if (length > payload.byteLength - 4) throw new RangeError('a message that claims more than it holds')
  return { body: JSON.parse(new TextDecoder().decode(payload.slice(4, 4 + length))), attachment: payload.slice(4 + length) }
}

/** Two channels of one block. */
export type StereoBlock = readonly [Float32Array, Float32Array]

/** One instance of a chain, and what happens to it; frames count from the start of the request, ascending. */
export interface ProcessStep {
  /** Number of the instance within its host. */
  readonly instance: number
  readonly parameters: readonly ParameterEvent[]
  readonly notes: readonly NoteEvent[]
  readonly sidechain: StereoBlock | null
}

/** A block through one instance, or through a chain of them in one round trip. `output` may be `input`. */
export interface ProcessRequest {
  readonly frames: number
  readonly input: StereoBlock
  readonly output: StereoBlock
  readonly steps: readonly ProcessStep[]
  /** At the first frame; the host carries it on through the request at this tempo and meter. */
  readonly timeline: Timeline
  /** Asks for the values of output parameters. */
  readonly wantsOutputs: boolean
}

const IS_PLAYING = 1
const WANTS_OUTPUTS = 2

/** Request: frames, steps, flags, numerator, denominator, bar; frame, tempo, quarter and bar's quarter as doubles; then the steps. */
const REQUEST_HEADER_BYTES = 64
const STEP_BYTES = 16
const EVENT_BYTES = 16
const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64

/** Lays a request out; its length, or null where it has more events than fit. */
export const writeRequest = (area: FrameArea, { frames, input, steps, timeline, wantsOutputs }: ProcessRequest): number | null => {
  const { ints, doubles, floats } = area
  let events = 0
  let channels = 2
  for (const step of steps) {
    events += step.parameters.length + step.notes.length
    if (step.sidechain) channels += 2
  }
  const samplesAt = aligned(REQUEST_HEADER_BYTES + steps.length * STEP_BYTES + events * EVENT_BYTES)
  const length = samplesAt + channels * frames * 4
  if (length > AREA_BYTES) return null
  ints[0] = frames
  ints[1] = steps.length
  ints[2] = (timeline.isPlaying ? IS_PLAYING : 0) | (wantsOutputs ? WANTS_OUTPUTS : 0)
  ints[3] = timeline.numerator
  ints[4] = timeline.denominator
  ints[5] = timeline.bar
  doubles[4] = timeline.frame
  doubles[5] = timeline.bpm
  doubles[6] = timeline.quarter
  doubles[7] = timeline.barQuarter
  let stepAt = REQUEST_HEADER_BYTES / 4
  let eventAt = (REQUEST_HEADER_BYTES + steps.length * STEP_BYTES) / 4
  let sampleAt = samplesAt / 4
  const put = (samples: Float32Array): void => {
    floats.set(samples.length === frames ? samples : samples.subarray(0, frames), sampleAt)
    sampleAt += frames
  }
  put(input[0])
  put(input[1])
  for (const step of steps) {
    ints[stepAt] = step.instance
    ints[stepAt + 1] = step.parameters.length
    ints[stepAt + 2] = step.notes.length
    ints[stepAt + 3] = step.sidechain ? 1 : 0
    stepAt += STEP_BYTES / 4
    for (const event of step.parameters) {
      ints[eventAt] = event.frame
      ints[eventAt + 1] = event.parameter
      doubles[eventAt / 2 + 1] = event.value
      eventAt += EVENT_BYTES / 4
    }
    for (const event of step.notes) {
      ints[eventAt] = event.frame
      ints[eventAt + 1] = event.pitch | (event.kind === 'on' ? 256 : 0)
      doubles[eventAt / 2 + 1] = event.velocity
      eventAt += EVENT_BYTES / 4
    }
    if (step.sidechain) {
      put(step.sidechain[0])
      put(step.sidechain[1])
    }
  }
  return length
}

/** A request as the host sees it: samples are views of the payload. */
export interface ArrivedRequest {
  readonly frames: number
  readonly input: StereoBlock
  readonly steps: readonly ProcessStep[]
  readonly timeline: Timeline
  readonly wantsOutputs: boolean
}

/** Throws where it does not add up. */
export const readRequest = ({ area, length }: Frame): ArrivedRequest => {
  if (!area || length < REQUEST_HEADER_BYTES) throw new RangeError('a block that is none')
  const { ints, doubles, floats } = area
  const frames = ints[0] as number
  const count = ints[1] as number
  const flags = ints[2] as number
  if (frames < 1 || frames > MAX_REQUEST_FRAMES || count < 0 || count > MAX_STEPS) throw new RangeError('a block out of bounds')
  let events = 0
  let channels = 2
  for (let step = 0; step < count; step++) {
    const at = (REQUEST_HEADER_BYTES + step * STEP_BYTES) / 4
    const [parameters, notes] = [ints[at + 1] as number, ints[at + 2] as number]
    if (parameters < 0 || notes < 0) throw new RangeError('events out of bounds')
    events += parameters + notes
    if (ints[at + 3]) channels += 2
  }
  let sampleAt = aligned(REQUEST_HEADER_BYTES + count * STEP_BYTES + events * EVENT_BYTES) / 4
  if (sampleAt * 4 + channels * frames * 4 !== length) throw new RangeError('a block of another length than it says')
  const take = (): Float32Array => {
    const samples = floats.subarray(sampleAt, sampleAt + frames)
    sampleAt += frames
    return samples
  }
  const input: StereoBlock = [take(), take()]
  let eventAt = (REQUEST_HEADER_BYTES + count * STEP_BYTES) / 4
  const steps: ProcessStep[] = []
  for (let step = 0; step < count; step++) {
    const at = (REQUEST_HEADER_BYTES + step * STEP_BYTES) / 4
    const parameters: ParameterEvent[] = []
    const notes: NoteEvent[] = []
    for (let event = ints[at + 1] as number; event > 0; event--, eventAt += EVENT_BYTES / 4) {
      parameters.push({ frame: ints[eventAt] as number, parameter: ints[eventAt + 1] as number, value: doubles[eventAt / 2 + 1] as number })
    }
    for (let event = ints[at + 2] as number; event > 0; event--, eventAt += EVENT_BYTES / 4) {
      const pitch = ints[eventAt + 1] as number
      notes.push({
        frame: ints[eventAt] as number,
        kind: pitch & 256 ? 'on' : 'off',
        pitch: pitch & 127,
        velocity: doubles[eventAt / 2 + 1] as number,
      })
    }
    steps.push({ instance: ints[at] as number, parameters, notes, sidechain: ints[at + 3] ? [take(), take()] : null })
  }
  return {
    frames,
    input,
    steps,
    wantsOutputs: (flags & WANTS_OUTPUTS) !== 0,
    timeline: {
      frame: doubles[4] as number,
      isPlaying: (flags & IS_PLAYING) !== 0,
      bpm: doubles[5] as number,
      numerator: ints[3] as number,
      denominator: ints[4] as number,
      quarter: doubles[6] as number,
      barQuarter: doubles[7] as number,
      bar: ints[5] as number,
    },
  }
}

/** A parameter by its index in the descriptor. */
export interface ParameterValue {
  readonly parameter: number
  readonly value: number
}

export interface StepReport {
  /** Samples that were no number, infinite or beyond 36 dBFS, and were silenced. */
  readonly scrubbedSamples: number
  readonly cpuMicroseconds: number
  readonly latencyFrames: number
  /** The plugin changed parameters by itself: read all values again. */
  readonly hasNewValues: boolean
  /** The latency is another than in the reply before. */
  readonly hasNewLatency: boolean
  /** Output parameters, where they were asked for. */
  readonly outputs: readonly ParameterValue[]
}

export interface ProcessReport {
  /** As the steps of the request. */
  readonly steps: readonly StepReport[]
}

/** Most output parameters of one step: what is beyond is not shown. */
export const MAX_OUTPUTS = 256

const HAS_NEW_VALUES = 1
const HAS_NEW_LATENCY = 2
/** Reply: frames, steps; then of each step: scrubbed, flags, latency, outputs; time. Then outputs, then two channels. */
const REPLY_HEADER_BYTES = 16
const REPORT_BYTES = 32
const OUTPUT_BYTES = 16

/** Where the samples of a reply lie, in floats; the host may write them there before the rest. */
const replySamplesAt = (steps: number, outputs: number): number =>
  aligned(REPLY_HEADER_BYTES + steps * REPORT_BYTES + outputs * OUTPUT_BYTES) / 4

/** Lays a reply out and gives its length. */
export const writeReply = (area: FrameArea, frames: number, output: StereoBlock, steps: readonly StepReport[]): number => {
  const { ints, doubles, floats } = area
  ints[0] = frames
  ints[1] = steps.length
  let at = REPLY_HEADER_BYTES / 4
  let outputAt = (REPLY_HEADER_BYTES + steps.length * REPORT_BYTES) / 4
  for (const step of steps) {
    ints[at] = step.scrubbedSamples
    ints[at + 1] = (step.hasNewValues ? HAS_NEW_VALUES : 0) | (step.hasNewLatency ? HAS_NEW_LATENCY : 0)
    ints[at + 2] = step.latencyFrames
    ints[at + 3] = step.outputs.length
    doubles[at / 2 + 2] = step.cpuMicroseconds
    at += REPORT_BYTES / 4
    for (const { parameter, value } of step.outputs) {
      ints[outputAt] = parameter
      doubles[outputAt / 2 + 1] = value
      outputAt += OUTPUT_BYTES / 4
    }
  }
  const samplesAt = aligned(outputAt * 4) / 4
  floats.set(output[0].subarray(0, frames), samplesAt)
  floats.set(output[1].subarray(0, frames), samplesAt + frames)
  return (samplesAt + 2 * frames) * 4
}

/** Takes a reply to a request over into its `output`. Throws, before anything is written, where it does not fit that request. */
export const readReply = ({ area, length }: Frame, request: ProcessRequest): ProcessReport => {
  if (!area || length < REPLY_HEADER_BYTES) throw new RangeError('a reply that is none')
  const { ints, doubles, floats } = area
  const { frames } = request
  const count = request.steps.length
  if (ints[0] !== frames || ints[1] !== count) throw new RangeError('a reply to something else')
  const counts: number[] = []
  let outputs = 0
  for (let step = 0; step < count; step++) {
    const wanted = ints[(REPLY_HEADER_BYTES + step * REPORT_BYTES) / 4 + 3] as number
    if (wanted < 0 || wanted > MAX_OUTPUTS) throw new RangeError('outputs out of bounds')
    counts.push(wanted)
    outputs += wanted
  }
  const samplesAt = replySamplesAt(count, outputs)
  if ((samplesAt + 2 * frames) * 4 !== length) throw new RangeError('a reply of another length than it says')
  let outputAt = (REPLY_HEADER_BYTES + count * REPORT_BYTES) / 4
  const steps = counts.map((wanted, step): StepReport => {
    const at = (REPLY_HEADER_BYTES + step * REPORT_BYTES) / 4
    const flags = ints[at + 1] as number
    const time = doubles[at / 2 + 2] as number
    const values: ParameterValue[] = []
    for (let output = 0; output < wanted; output++, outputAt += OUTPUT_BYTES / 4) {
      values.push({ parameter: ints[outputAt] as number, value: doubles[outputAt / 2 + 1] as number })
    }
    return {
      scrubbedSamples: Math.max(0, ints[at] as number),
      cpuMicroseconds: time >= 0 ? time : 0,
      latencyFrames: Math.max(0, ints[at + 2] as number),
      hasNewValues: (flags & HAS_NEW_VALUES) !== 0,
      hasNewLatency: (flags & HAS_NEW_LATENCY) !== 0,
      outputs: values,
    }
  })
  request.output[0].set(floats.subarray(samplesAt, samplesAt + frames))
  request.output[1].set(floats.subarray(samplesAt + frames, samplesAt + 2 * frames))
  return { steps }
}
