// The engine's port: transport requests out, position and meters in. Position and meters never go through React: they are read by what draws.
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type {
  EngineEvents,
  EngineReplies,
  EngineRequest,
  FromEngine,
  FrameRange,
  MeterFrame,
  OutputState,
  TransportRequestName,
  TransportState,
} from '../../src-shared/protocol/index.ts'
import { fail, type Problem, type Result } from '../../src-shared/std/index.ts'
import { request } from './bridge.ts'
import { takePreparing } from './listening-store.ts'
import { toastProblem } from './notices.ts'

export const SAMPLE_RATE = 48_000

export interface TransportView {
  readonly isConnected: boolean
  readonly isPlaying: boolean
  readonly loop: FrameRange | null
  readonly output: OutputState | null
  readonly endFrame: number
  /** Why there is no engine, in words. */
  readonly lost: string | null
}

export const transportStore = createStore<TransportView>(() => ({
  isConnected: false,
  isPlaying: false,
  loop: null,
  output: null,
  endFrame: 0,
  lost: null,
}))

export const useTransport = <T>(select: (state: TransportView) => T): T => useStore(transportStore, select)

const playhead = { frame: 0, at: 0, start: 0 }
let meters: MeterFrame | null = null
let metersAt = 0

/** Where the playhead is now, in frames at 48 kHz; between reports of the engine it runs on by the clock. */
export const playheadFrame = (): number => {
  const { isPlaying, loop } = transportStore.getState()
  if (!isPlaying) return playhead.frame
  const run = Math.min(250, performance.now() - playhead.at) * (SAMPLE_RATE / 1000)
  const frame = playhead.frame + run
  return loop && playhead.frame < loop.toFrame && frame >= loop.toFrame
    ? loop.fromFrame + ((frame - loop.fromFrame) % (loop.toFrame - loop.fromFrame))
    : frame
}

/** The newest meters, or null when none came in the last third of a second. */
export const currentMeters = (): MeterFrame | null => (performance.now() - metersAt < 330 ? meters : null)

/** The newest meters however old: loudness stays readable after stop. */
export const lastMeters = (): MeterFrame | null => meters

const waiting = new Map<number, (result: Result<unknown>) => void>()
let port: MessagePort | null = null
let nextId = 1

const placePlayhead = (frame: number): void => {
  playhead.frame = frame
  playhead.at = performance.now()
}

const takeState = (state: TransportState): void => {
  placePlayhead(state.frame)
  transportStore.setState({
    isPlaying: state.isPlaying,
    loop: state.loop,
    output: state.output,
    endFrame: state.endFrame,
    isConnected: true,
    lost: null,
  })
}

const onEvent = (name: string, payload: unknown): void => {
  if (name === 'transport.position') placePlayhead((payload as EngineEvents['transport.position']).frame)
  else if (name === 'transport.changed') takeState(payload as TransportState)
  else if (name === 'meters') {
    meters = payload as MeterFrame
    metersAt = performance.now()
  } else if (name === 'playback.warning') toastProblem(payload as Problem)
  else if (name === 'playback.preparing') takePreparing(payload as EngineEvents['playback.preparing'])
  else if (name === 'audition.changed' || name === 'audition.position')
    for (const listener of auditionListeners) listener(name, payload as never)
}

type AuditionListener = (name: 'audition.changed' | 'audition.position', payload: TransportState | { readonly frame: number }) => void
const auditionListeners = new Set<AuditionListener>()

/** Calls back with what the player for previews does; it runs beside the remix. */
export const onAudition = (listener: AuditionListener): (() => void) => {
  auditionListeners.add(listener)
  return () => auditionListeners.delete(listener)
}

const connect = (next: MessagePort): void => {
  port?.close()
  port = next
  next.onmessage = ({ data }: MessageEvent<FromEngine>) => {
    if ('event' in data) onEvent(data.event, data.payload)
    else if ('result' in data) {
      waiting.get(data.id)?.(data.result)
      waiting.delete(data.id)
    }
  }
  next.start()
  transportStore.setState({ isConnected: true, lost: null })
  void send('transport.state', {}).then((state) => state.ok && takeState(state.value))
}

/** Sends a transport request to the engine. */
export const send = <N extends TransportRequestName>(name: N, payload: EngineRequest<N>): Promise<Result<EngineReplies[N]>> => {
  const { current } = { current: port }
  if (!current)
    return Promise.resolve(fail('engine.not_connected', 'The audio engine is not running yet. It starts with the first remix you open.'))
  return new Promise((resolve) => {
    const id = nextId++
    waiting.set(id, resolve as (result: Result<unknown>) => void)
    current.postMessage({ id, name, payload })
  })
}

/** Listens for the engine's port and asks main for it. */
export const startTransport = (): void => {
  window.addEventListener('message', (event) => {
    const data: unknown = event.data
    if (
      event.source !== window ||
      typeof data !== 'object' ||
      data === null ||
      !('type' in data) ||
      data.type !== window.stemma.engineMessage
    )
      return
    const [received] = event.ports
    if (received) connect(received)
  })
  window.stemma.on('engine.lost', ({ message }) => {
    port = null
    for (const resolve of waiting.values()) resolve(fail('engine.lost', message))
    waiting.clear()
    transportStore.setState({ isConnected: false, isPlaying: false, lost: message })
    void connectEngine()
  })
  void connectEngine()
}

/** Asks main to connect this window to the engine. */
export const connectEngine = async (): Promise<void> => {
  const reply = await request('engine.connect', {})
  if (!reply.ok) transportStore.setState({ lost: reply.error.message })
}

const settle = async (asked: Promise<Result<TransportState>>): Promise<void> => {
  const reply = await asked
  if (reply.ok) takeState(reply.value)
  else toastProblem(reply.error)
}

export const play = (fromFrame: number | null = null): void => {
  playhead.start = fromFrame ?? playhead.frame
  void settle(send('transport.play', { fromFrame: fromFrame === null ? null : Math.round(fromFrame) }))
}
export const stop = (): void => void settle(send('transport.stop', {}))
export const togglePlay = (): void => (transportStore.getState().isPlaying ? stop() : play())

/** Moves the playhead; shown at once. */
export const seek = (frame: number): void => {
  const to = Math.max(0, Math.round(frame))
  placePlayhead(to)
  playhead.start = to
  for (const listener of seekListeners) listener()
  if (port) void settle(send('transport.seek', { frame: to }))
}

/** Stops and goes back to where play began. */
export const stopAndReturn = (): void => {
  const back = playhead.start
  void settle(send('transport.stop', {})).then(() => seek(back))
}

/** Tells the engine which stretch to repeat; null plays on. */
export const sendLoop = (range: FrameRange | null): void => {
  if (port) void send('transport.loop', { range }).then((reply) => reply.ok && takeState(reply.value))
}

const seekListeners = new Set<() => void>()

/** Calls back when the playhead jumps by the user's will. */
export const onSeek = (listener: () => void): (() => void) => {
  seekListeners.add(listener)
  return () => seekListeners.delete(listener)
}
