// A connection over a channel. One request is under way at a time; a reply that came too late is waited for and dropped before the next is sent, so that
// nothing piles up in front of a host that hangs.
import { setTimeout as delay } from 'node:timers/promises'
import {
  Channel,
  closeEnd,
  type EngineEnds,
  FRAME,
  type Frame,
  killProcess,
  letGo,
  MAX_PAYLOAD_BYTES,
  MAX_REQUEST_FRAMES,
  MAX_STATE_BYTES,
  MAX_STEPS,
  packCommand,
  type Pipe,
  type ProcessReport,
  type ProcessRequest,
  readReply,
  type SharedMemory,
  type TransportKind,
  unpackCommand,
  WORD,
  writeRequest,
} from '../transport/index.ts'
import type { HostCommand, HostConnection, HostFailure, HostReply, HostTicket, InstanceId } from './host-connection.ts'

/** How often a reply is looked for that nobody blocks for: soon at first, since most commands take no time. */
const LOOK_MS = [1, 1, 2, 2, 4] as const

const failure = (error: HostFailure): { readonly ok: false; readonly error: HostFailure } => ({ ok: false, error })
const LATE = failure({ kind: 'late' })
const BUSY = failure({ kind: 'busy' })
const refused = (message: string): { readonly ok: false; readonly error: HostFailure } => failure({ kind: 'refused', message })

/** What a connection is made of. */
export interface ConnectionParts {
  readonly processId: number
  readonly ends: EngineEnds
  /** Descriptor that tells of the end of the process. */
  readonly watch: number | null
  readonly pipe: Pipe
  readonly memory: SharedMemory | null
  readonly sequence: number
}

export class ChannelConnection implements HostConnection {
  readonly processId: number
  readonly transport: TransportKind
  readonly #parts: ConnectionParts
  readonly #channel: Channel
  #sequence: number
  /** Sequence of a reply that is still to come and to be dropped. */
  #owed: number | null = null
  #isBusy = false
  #isClosed = false
  #gone: string | null = null
  #queue: Promise<unknown> = Promise.resolve()

  constructor(parts: ConnectionParts) {
    this.processId = parts.processId
    this.transport = parts.memory ? 'shm' : 'pipe'
    this.#parts = parts
    this.#channel = new Channel(parts.pipe, parts.memory, 'engine')
    this.#sequence = parts.sequence
  }

  get gone(): string | null {
    return this.#gone
  }

  suspect(): InstanceId | null {
    const { memory } = this.#parts
    if (!memory || this.#isClosed) return null
    const running = Atomics.load(memory.words, WORD.running)
    return running > 0 ? running : null
  }

  run(request: ProcessRequest, deadlineMs: number): HostReply<ProcessReport> {
    const until = performance.now() + deadlineMs
    const hindrance = this.#hindrance(until)
    if (hindrance) return hindrance
    const { frames, steps } = request
    if (frames < 1 || frames > MAX_REQUEST_FRAMES || steps.length > MAX_STEPS) throw new RangeError('a block out of bounds')
    const length = writeRequest(this.#channel.outgoing, request)
    if (length === null) return refused('There are more automation points and notes in one block than a plugin host takes; thin them out.')
    const sequence = this.#next()
    this.#channel.send(FRAME.run, sequence, length)
    const reply = this.#await(sequence, until)
    if ('ok' in reply) return reply
    try {
      return { ok: true, value: readReply(reply, request) }
    } catch {
      return this.#end('The plugin host sent back a block that is none.')
    }
  }

  call<T>(command: HostCommand<T>, deadlineMs: number): HostReply<T> {
    const until = performance.now() + deadlineMs
    const hindrance = this.#hindrance(until)
    if (hindrance) return hindrance
    const sent = this.#send(command)
    if (typeof sent !== 'number') return sent
    const reply = this.#await(sent, until)
    return 'ok' in reply ? reply : decoded(command, reply)
  }

  callLater<T>(command: HostCommand<T>, deadlineMs: number): Promise<HostReply<T>> {
    const done = this.#queue.then(() => this.#callLater(command, deadlineMs))
    this.#queue = done.catch(() => {})
    return done
  }

  async #callLater<T>(command: HostCommand<T>, deadlineMs: number): Promise<HostReply<T>> {
    const until = performance.now() + deadlineMs
    if (this.#gone !== null) return failure({ kind: 'gone', message: this.#gone })
    this.#isBusy = true
    try {
      if (this.#owed !== null) {
        const settled = await this.#awaitLater(this.#owed, until)
        if ('ok' in settled && settled.error.kind !== 'refused') return settled
      }
      const sent = this.#send(command)
      if (typeof sent !== 'number') return sent
      const reply = await this.#awaitLater(sent, until)
      return 'ok' in reply ? reply : decoded(command, reply)
    } finally {
      this.#isBusy = false
    }
  }

  handOver(): HostTicket {
    if (this.#isBusy || this.#owed !== null || this.#gone !== null) throw new Error('a connection in use cannot be handed over')
    const { ends, watch, memory } = this.#parts
    if (memory) letGo(memory)
    this.#isClosed = true
    this.#gone = 'The plugin host belongs to another thread.'
    return {
      processId: this.processId,
      transport: this.transport,
      descriptors: { ...ends, process: watch },
      memory: memory?.buffer ?? null,
      sequence: this.#sequence,
    }
  }

  close(): void {
    if (this.#isClosed) return
    killProcess(this.processId, this.#parts.watch)
    this.#gone ??= 'The plugin host was closed.'
    this.#isClosed = true
    closeEnd(this.#parts.ends.leash)
    this.#channel.close()
  }

  #next(): number {
    this.#sequence = (this.#sequence + 1) & 0x7fffffff
    return this.#sequence
  }

  /** Why nothing can be sent now; waits for what is owed. */
  #hindrance(until: number): { readonly ok: false; readonly error: HostFailure } | null {
    if (this.#gone !== null) return failure({ kind: 'gone', message: this.#gone })
    if (this.#isBusy) return BUSY
    if (this.#owed === null) return null
    const settled = this.#await(this.#owed, until)
    return 'ok' in settled && settled.error.kind !== 'refused' ? settled : null
  }

  #send<T>({ name, body, attachment }: HostCommand<T>): number | { readonly ok: false; readonly error: HostFailure } {
    if (attachment && attachment.byteLength > MAX_STATE_BYTES) {
      return refused(
        `The state is ${megabytes(attachment.byteLength)} long; a remix keeps up to ${megabytes(MAX_STATE_BYTES)} for a plugin.`,
      )
    }
    const parts = packCommand({ name, ...(body as object) }, attachment)
    if (parts.reduce((sum, part) => sum + part.byteLength, 0) > MAX_PAYLOAD_BYTES)
      return refused('That is more than a plugin host takes at once.')
    const sequence = this.#next()
    this.#channel.sendParts(FRAME.command, sequence, parts)
    return sequence
  }

  /** The reply of that sequence, blocking. Where it does not come it is owed. */
  #await(sequence: number, until: number): Frame | { readonly ok: false; readonly error: HostFailure } {
    this.#owed = sequence
    const flushed = this.#channel.flush(until - performance.now())
    if (flushed === 'late') return LATE
    for (;;) {
      // Also where nobody reads any more: what the host said last is still here.
      const received = this.#channel.receive(Math.max(0, until - performance.now()))
      const judged = this.#judge(received, sequence)
      if (judged) return judged
    }
  }

  async #awaitLater(sequence: number, until: number): Promise<Frame | { readonly ok: false; readonly error: HostFailure }> {
    this.#owed = sequence
    for (let look = 0; ; look++) {
      this.#channel.push()
      const received = this.#channel.receive(0)
      if (received !== 'late' || performance.now() >= until) {
        const judged = this.#judge(received, sequence)
        if (judged) return judged
        continue
      }
      await delay(LOOK_MS[Math.min(look, LOOK_MS.length - 1)])
      // Closed by somebody else in the meantime.
      if (this.#gone !== null) return failure({ kind: 'gone', message: this.#gone })
    }
  }

  /** What to make of what came; null for a reply that nobody waits for any more. */
  #judge(
    received: Frame | 'late' | 'gone' | 'broken',
    sequence: number,
  ): Frame | { readonly ok: false; readonly error: HostFailure } | null {
    if (received === 'late') return LATE
    if (received === 'gone') return this.#end('The plugin host ended.')
    if (received === 'broken') return this.#end('The plugin host sent what is no message.')
    if (received.sequence !== sequence) return null
    this.#owed = null
    if (received.kind === FRAME.done) return received
    if (received.kind !== FRAME.refused) return this.#end('The plugin host sent what is no reply.')
    return refused(new TextDecoder().decode(received.payload.slice(0, MAX_MESSAGE_BYTES)))
  }

  #end(message: string): { readonly ok: false; readonly error: HostFailure } {
    killProcess(this.processId, this.#parts.watch)
    this.#gone ??= message
    return failure({ kind: 'gone', message: this.#gone })
  }
}

const MAX_MESSAGE_BYTES = 4_000

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`

/** What a plugin says of itself may make no sense; that is no reason to give up its host. */
const decoded = <T>(command: HostCommand<T>, { payload }: Frame): HostReply<T> => {
  try {
    const { body, attachment } = unpackCommand(payload)
    return { ok: true, value: command.decode(body, attachment) }
  } catch (error) {
    return refused(
      `The plugin answered ${command.name} with what makes no sense: ${error instanceof Error ? error.message.slice(0, 500) : 'unreadable'}`,
    )
  }
}
