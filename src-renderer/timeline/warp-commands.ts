// Transposing the chosen clips by key, and how a warp is said in a few signs.
import { type Clip, type EditCommand, milliBpmAt, recordOf } from '../../src-shared/remix/index.ts'
import type { TempoPoint } from '../../src-shared/time/index.ts'
import { announce } from '../parts/index.ts'
import { edit, settledSnapshot, viewStore } from '../state/index.ts'

/** `+2 st`, `−0.50 st`, `0 st`. */
export const semitonesText = (cents: number): string => {
  const size = Math.abs(cents) / 100
  return `${cents > 0 ? '+' : cents < 0 ? '−' : ''}${Number.isInteger(size) ? size : size.toFixed(2)} st`
}

/** What a clip's warp does where it starts; empty where nothing is heard of it. */
export const warpText = ({ warp, startTick }: Clip, tempo: readonly TempoPoint[]): string => {
  if (!warp) return ''
  const ratio = warp.milliBpm === null ? 1 : milliBpmAt(tempo, startTick) / warp.milliBpm
  const parts: string[] = []
  if (Math.abs(ratio - 1) >= 0.0005) parts.push(`×${ratio.toFixed(2)}`)
  if (warp.cents !== 0) parts.push(semitonesText(warp.cents))
  return parts.join(' ')
}

/** Transposes the chosen clips by a semitone; a refusal of the licence is said beside the pointer with the nearest legal value. */
export const transposeChosen = (bySemitones: 1 | -1): void => {
  const snapshot = settledSnapshot()
  const groups = new Map<number, string[]>()
  for (const id of viewStore.getState().clipIds) {
    const clip = recordOf(snapshot, 'clip', id)
    if (!clip) continue
    const cents = Math.max(-2_400, Math.min(2_400, (clip.warp?.cents ?? 0) + bySemitones * 100))
    groups.set(cents, [...(groups.get(cents) ?? []), id])
  }
  if (groups.size === 0) return
  const commands = [...groups].map(([cents, clipIds]): EditCommand => ({ op: 'clip.warp', clipIds, cents }))
  const first = [...groups.keys()][0] ?? 0
  void edit(commands, 'Transpose').then((isDone) => isDone && announce(`Transposed to ${semitonesText(first)}`))
}
