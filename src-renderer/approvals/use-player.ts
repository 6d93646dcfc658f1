// The sounds of one request, decoded once and kept for the two that were heard last: an hour of listening must not fill the memory.
import { useEffect, useState } from 'react'
import type { RequestView } from '../../src-shared/approvals/index.ts'
import { fail, ok, type Problem, type Result } from '../../src-shared/std/index.ts'
import { request } from '../state/index.ts'
import { AbPlayer, type AbSide, peaksOf } from './ab-player.ts'

const MAX_KEPT = 4
const PEAKS = 1_200

let context: AudioContext | null = null
const decoded = new Map<string, AudioBuffer>()

const soundOf = async (view: RequestView, which: AbSide): Promise<Result<AudioBuffer | null>> => {
  const named = view.request[which]
  if (!named) return ok(null)
  const kept = decoded.get(named.sha256)
  if (kept) return ok(kept)
  const reply = await request('approvals.audio', { request: view.request.id, which })
  if (!reply.ok) return reply
  context ??= new AudioContext()
  try {
    const { bytes } = reply.value
    const buffer = await context.decodeAudioData(bytes.slice().buffer)
    decoded.set(named.sha256, buffer)
    for (const key of [...decoded.keys()].slice(0, Math.max(0, decoded.size - MAX_KEPT))) decoded.delete(key)
    return ok(buffer)
  } catch {
    return fail('approval.no_audio', 'The sound of this request cannot be played: it was damaged on the way. Sync, then try again.')
  }
}

export interface LoadedPlayer {
  readonly player: AbPlayer
  readonly peaks: Readonly<Record<AbSide, Float32Array | null>>
}

export type PlayerState =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly problem: Problem; readonly retry: () => void; readonly wasHere: boolean }
  | ({ readonly state: 'ready' } & LoadedPlayer)

/** Loads both sounds of a request and makes a player of them; it stops when another request is shown. A sound that arrives later is loaded then. */
export const usePlayer = (view: RequestView): PlayerState => {
  const [state, setState] = useState<PlayerState>({ state: 'loading' })
  const [attempt, setAttempt] = useState(0)
  const { id, original } = view.request
  const isHere = view.hasPreview && (original === null || view.hasOriginal)
  useEffect(() => {
    if (isHere && state.state === 'failed' && !state.wasHere) state.retry()
  }, [isHere, state])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a request never changes; its id stands for it.
  useEffect(() => {
    let player: AbPlayer | null = null
    let isGone = false
    setState({ state: 'loading' })
    const retry = (): void => setAttempt((count) => count + 1)
    void (async () => {
      const preview = await soundOf(view, 'preview')
      const before = preview.ok ? await soundOf(view, 'original') : preview
      if (isGone) return
      if (!preview.ok) return setState({ state: 'failed', problem: preview.error, retry, wasHere: isHere })
      if (!before.ok) return setState({ state: 'failed', problem: before.error, retry, wasHere: isHere })
      if (!preview.value || !context) return
      player = new AbPlayer(context, { preview: preview.value, original: before.value }, view.levelMatch)
      const { duration } = preview.value
      const peaks = {
        preview: peaksOf(preview.value, PEAKS, duration),
        original: before.value && peaksOf(before.value, PEAKS, duration),
      }
      setState({ state: 'ready', player, peaks })
    })()
    return () => {
      isGone = true
      player?.dispose()
    }
  }, [id, attempt])
  return state
}
