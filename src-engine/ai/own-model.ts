// What Stemma asks of a model of the user's: one float32 sound in, one of the same length out. Pure; the worker checks with it before anything runs.
import { ProblemError } from '../../src-shared/std/index.ts'
import type { OnnxFacts } from './onnx-file.ts'

export const MAX_MODEL_BYTES = 512 * 1024 * 1024
/** Memory the runtime may take for a model and its sound. */
export const MAX_RUN_BYTES = 2 * 1024 * 1024 * 1024

const FLOAT32 = 1
const DEFAULT_RATE = 48_000
const LONGEST_SECONDS = 60
const SHORTEST_FRAMES = 64

/** How sound goes into a model and comes out. */
export interface ModelPort {
  readonly input: string
  readonly output: string
  /** `[1, frames]` or `[1, channels, frames]`. */
  readonly rank: 2 | 3
  /** Null: any. */
  readonly channels: 1 | 2 | null
  /** Frames of every call; null: any. */
  readonly frames: number | null
  readonly sampleRate: number
  readonly declared: { readonly name: string | null; readonly version: string | null; readonly licence: string | null }
}

const refuse = (message: string): never => {
  throw new ProblemError({ code: 'ai.model_refused', message })
}

const SHAPES = 'Stemma runs models with one float32 sound of shape [1, frames] or [1, channels, frames] in and one of the same shape out.'

/** Reads the port off the file's own description. Throws `ai.model_refused` with what does not fit. */
export const portOf = ({ inputs, outputs, metadata }: OnnxFacts): ModelPort => {
  const [input] = inputs
  const [output] = outputs
  if (!input || !output || inputs.length !== 1 || outputs.length !== 1)
    return refuse(`The model has ${count(inputs.length, 'input')} and ${count(outputs.length, 'output')}. ${SHAPES}`)
  if (input.elementType !== FLOAT32 || output.elementType !== FLOAT32)
    return refuse(`The model does not work on float32 numbers. ${SHAPES}`)
  const { shape } = input
  if (!shape || (shape.length !== 2 && shape.length !== 3) || (shape[0] !== null && shape[0] !== 1))
    return refuse(`The model takes an input of shape ${shapeText(shape)}. ${SHAPES}`)
  if (output.shape && output.shape.length !== shape.length)
    return refuse(`The model gives an output of shape ${shapeText(output.shape)}. ${SHAPES}`)
  const rank = shape.length
  const channels = rank === 2 ? 1 : (shape[1] ?? null)
  if (channels !== null && channels !== 1 && channels !== 2)
    return refuse(`The model works on ${channels} channels; stems have one or two.`)
  const sampleRate = rateOf(metadata.get('stemma.sampleRate'))
  const frames = shape[rank - 1] ?? null
  if (frames !== null && (frames < SHORTEST_FRAMES || frames > sampleRate * LONGEST_SECONDS))
    return refuse(`The model takes ${frames} frames at a time; Stemma gives from ${SHORTEST_FRAMES} frames to a minute.`)
  const text = (key: string): string | null => metadata.get(key)?.trim().slice(0, 300) || null
  return {
    input: input.name,
    output: output.name,
    rank,
    channels,
    frames,
    sampleRate,
    declared: { name: text('stemma.name'), version: text('stemma.version'), licence: text('stemma.licence') },
  }
}

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`

const shapeText = (shape: readonly (number | null)[] | null): string =>
  shape ? `[${shape.map((size) => size ?? 'any').join(', ')}]` : 'unknown'

const rateOf = (declared: string | undefined): number => {
  if (declared === undefined) return DEFAULT_RATE
  const rate = Number(declared)
  return Number.isInteger(rate) && rate >= 8_000 && rate <= 192_000
    ? rate
    : refuse(`The model declares a sample rate of "${declared.slice(0, 40)}". It has to be a whole number from 8000 to 192000.`)
}
