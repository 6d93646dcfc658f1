// Reads plan values over time. Every value depends on the absolute frame alone, never on where a block begins.
import type { PlanValue } from '../../src-shared/remix/index.ts'

/** Device parameters follow a slope on this absolute grid of frames, and meet breakpoints exactly. */
export const PARAMETER_GRID_FRAMES = 32

type Point = NonNullable<PlanValue['points']>[number]
const NO_POINTS: readonly Point[] = []

/** A piece of a value's course: `frames` long from `offset` in the block, part of a line `length` frames long entered at `position`. */
export type VisitPiece = (offset: number, frames: number, from: number, to: number, position: number, length: number) => void

/** One value over time. Before the first point it holds that point's value, after the last the last one's. */
export class ValueReader {
  readonly #constant: number
  readonly #points: readonly Point[]
  /** Index of the last point at or before the frame read last; reading runs forward, so it rarely moves. */
  #cursor = -1

  constructor(value: PlanValue) {
    this.#points = value.points ?? NO_POINTS
    this.#constant = this.#points[0]?.value ?? value.value
  }

  at(frame: number): number {
    const index = this.#seek(frame)
    const from = this.#points[index]
    if (from === undefined) return this.#constant
    const to = this.#points[index + 1]
    if (to === undefined || from.curve === 'hold') return from.value
    return from.value + (to.value - from.value) * ((frame - from.frame) / (to.frame - from.frame))
  }

  /** True where the value is the same at every frame of the stretch. */
  isConstant(frame: number, frames: number): boolean {
    return this.#points.length === 0 || this.#nextChange(frame) >= frame + frames
  }

  /** First frame after `frame` at which a device hears a new value: a breakpoint, or the next grid line on a slope; else Infinity. */
  nextStep(frame: number, gridFrames = PARAMETER_GRID_FRAMES): number {
    const change = this.#nextChange(frame)
    if (change === Number.POSITIVE_INFINITY) return change
    const end = this.#points[this.#seek(change - 1) + 1]?.frame ?? change
    return change === end ? change : Math.min(end, Math.ceil(change / gridFrames) * gridFrames)
  }

  /** Walks the straight pieces of a stretch in order. */
  visit(frame: number, frames: number, visitPiece: VisitPiece): void {
    let at = frame
    const end = frame + frames
    while (at < end) {
      const index = this.#seek(at)
      const from = this.#points[index]
      const to = this.#points[index + 1]
      const stop = Math.min(end, to?.frame ?? end)
      if (from !== undefined && to !== undefined && from.curve === 'linear') {
        visitPiece(at - frame, stop - at, from.value, to.value, at - from.frame, to.frame - from.frame)
      } else {
        const value = from?.value ?? this.#constant
        visitPiece(at - frame, stop - at, value, value, 0, 1)
      }
      at = stop
    }
  }

  /** First frame after `frame` whose value differs from the one before it. */
  #nextChange(frame: number): number {
    let index = this.#seek(frame)
    for (;;) {
      const from = this.#points[index]
      const to = this.#points[index + 1]
      if (to === undefined) return Number.POSITIVE_INFINITY
      const value = from?.value ?? this.#constant
      if (from?.curve === 'linear' && value !== to.value && to.frame > from.frame) return Math.max(frame, from.frame) + 1
      if (to.value !== value) return to.frame
      index++
    }
  }

  #seek(frame: number): number {
    const points = this.#points
    let index = this.#cursor
    if (index >= 0 && points[index]!.frame > frame) index = -1
    while (index + 1 < points.length && points[index + 1]!.frame <= frame) index++
    this.#cursor = index
    return index
  }
}
