// Musical and sample time. Integers only; a position and a distance are different types, and so are ticks and frames.
import type { Brand } from '../std/index.ts'

/** Ticks per quarter note. */
export const TICKS_PER_QUARTER = 960

/** A position on the timeline, in ticks from the start of the remix. */
export type Tick = Brand<number, 'Tick'>
/** A distance on the timeline, in ticks. */
export type Ticks = Brand<number, 'Ticks'>
/** A position in a source or a render, in sample frames. */
export type Frame = Brand<number, 'Frame'>
/** A distance in sample frames. */
export type Frames = Brand<number, 'Frames'>

const integer = (value: number): number => {
  if (!Number.isSafeInteger(value)) throw new RangeError(`time must be a safe integer, got ${value}`)
  return value
}

export const tick = (value: number): Tick => integer(value) as Tick
export const ticks = (value: number): Ticks => integer(value) as Ticks
export const frame = (value: number): Frame => integer(value) as Frame
export const frames = (value: number): Frames => integer(value) as Frames

/** The distance from one position to a later one (negative when it is earlier). */
export function distance(from: Tick, to: Tick): Ticks
export function distance(from: Frame, to: Frame): Frames
export function distance(from: number, to: number): number {
  return to - from
}

/** A position moved by a distance. */
export function advance(position: Tick, by: Ticks): Tick
export function advance(position: Frame, by: Frames): Frame
export function advance(position: number, by: number): number {
  return position + by
}

/** The difference of two distances. */
export function subtract(left: Ticks, right: Ticks): Ticks
export function subtract(left: Frames, right: Frames): Frames
export function subtract(left: number, right: number): number {
  return left - right
}
