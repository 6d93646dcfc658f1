// What one sounding note is to the renderer, and the parameters every instrument takes.
import { INSTRUMENT_PARAMETERS, type InstrumentParameterName } from '../../src-shared/music/index.ts'

export const RATE = 48_000

export interface Voice {
  /** Adds `frames` samples to both sides from `at` on. */
  add(left: Float64Array, right: Float64Array, at: number, frames: number): void
  release(): void
  /** Fades within milliseconds. */
  stop(): void
  readonly isDone: boolean
  readonly isReleased: boolean
}

export type Parameters = Readonly<Record<InstrumentParameterName, number>>

/** A tone to start. */
export interface Tone {
  /** MIDI number, transposition applied. */
  readonly pitch: number
  /** 0..1, already shaped for loudness. */
  readonly level: number
  /** 0..1 as played. */
  readonly force: number
  /** Which note of the score it is: seeds what varies from note to note. */
  readonly index: number
}

export type MakeVoice = (tone: Tone, parameters: Parameters) => Voice

/** Fills in defaults and holds values to their range; numbers that are none count as missing. */
export const parametersOf = (given: Readonly<Record<string, number>>): Parameters =>
  Object.fromEntries(
    INSTRUMENT_PARAMETERS.map(({ name, min, max, default: usual }) => {
      const value = Object.hasOwn(given, name) ? given[name] : undefined
      return [name, value === undefined || Number.isNaN(value) ? usual : Math.max(min, Math.min(max, value))]
    }),
  ) as unknown as Parameters

/** Gains of a place between left (-1) and right (1), equal in power, 1 in the middle. */
export const sidesOf = (place: number): readonly [number, number] => {
  const right = (1 + Math.max(-1, Math.min(1, place))) / 2
  return [Math.sqrt(2 * (1 - right)), Math.sqrt(2 * right)]
}
