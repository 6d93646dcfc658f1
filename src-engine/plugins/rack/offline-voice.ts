// Plugins of a render that need not be in time: opened beforehand, then run to the end on whatever thread renders their track. Any failure ends the
// render by name.
import type { PlanPlugin, PlanTrack } from '../../../src-shared/remix/index.ts'
import { type Problem, ProblemError } from '../../../src-shared/std/index.ts'
import { adoptHost, type HostConnection, type HostTicket, hostCommands, type InstanceId } from '../client/index.ts'
import { exportLatencyChanged, exportPluginFailed, exportPluginScrubbed } from './problems.ts'
import type { OpenVoice, PluginVoice, VoiceBlock } from './voice.ts'

/** Beyond this a plugin hangs: the slowest ones known take a hundredth of it for a block. */
const HANG_MS = 30_000

/** A plugin that was opened for a render. Plain data. */
export interface OpenedVoice {
  readonly deviceId: string
  /** Place of its host in the ticket. */
  readonly host: number
  readonly instance: InstanceId
  readonly latencyFrames: number
  readonly tailFrames: number | null
  /** Places of the parameters that the plan sets. */
  readonly indexes: Readonly<Record<string, number>>
  /** Values it was opened with. */
  readonly values: Readonly<Record<string, number>>
}

/** The plugins of one thread, in a form that travels to it. */
export interface VoicesTicket {
  readonly hosts: readonly HostTicket[]
  readonly voices: readonly OpenedVoice[]
}

/** Plugins on the thread that runs them. */
export interface Voices {
  readonly open: OpenVoice
  /** Ends their hosts. */
  close(): void
}

class OfflineVoice implements PluginVoice {
  readonly latencyFrames: number
  readonly tailFrames: number | null
  readonly epoch = 0
  readonly sent: Map<string, number>
  readonly held = new Map<number, number>()
  readonly #opened: OpenedVoice
  readonly #connection: HostConnection
  readonly #named: { readonly track: PlanTrack; readonly device: PlanPlugin }
  readonly #onWarning: (problem: Problem) => void
  /** Has heard nothing: there is nothing to forget. */
  #isFresh = true
  #hasWarned = { scrubbed: false, latency: false }

  constructor(
    opened: OpenedVoice,
    connection: HostConnection,
    named: { readonly track: PlanTrack; readonly device: PlanPlugin },
    onWarning: (problem: Problem) => void,
  ) {
    this.latencyFrames = opened.latencyFrames
    this.tailFrames = opened.tailFrames
    this.sent = new Map(Object.entries(opened.values))
    this.#opened = opened
    this.#connection = connection
    this.#named = named
    this.#onWarning = onWarning
  }

  indexOf(parameter: string): number | undefined {
    return this.#opened.indexes[parameter]
  }

  /** A render has one plan to its end: nothing is ever given back. */
  baseValue(): undefined {
    return undefined
  }

  run({ left, right, frames, parameters, notes, timeline, sidechain }: VoiceBlock): boolean {
    this.#isFresh = false
    const sound = [left, right] as const
    const reply = this.#connection.run(
      {
        frames,
        input: sound,
        output: sound,
        steps: [{ instance: this.#opened.instance, parameters, notes, sidechain }],
        timeline,
        wantsOutputs: false,
      },
      HANG_MS,
    )
    if (!reply.ok) throw new ProblemError(exportPluginFailed(this.#named, reply.error))
    const [step] = reply.value.steps
    if (step && step.scrubbedSamples > 0 && !this.#hasWarned.scrubbed) {
      this.#hasWarned.scrubbed = true
      this.#onWarning(exportPluginScrubbed(this.#named))
    }
    if (step && step.latencyFrames !== this.latencyFrames && !this.#hasWarned.latency) {
      this.#hasWarned.latency = true
      this.#onWarning(exportLatencyChanged(this.#named))
    }
    return true
  }

  reset(): void {
    if (this.#isFresh) return
    this.#isFresh = true
    this.held.clear()
    const reply = this.#connection.call(hostCommands.reset(this.#opened.instance), HANG_MS)
    if (!reply.ok) throw new ProblemError(exportPluginFailed(this.#named, reply.error))
  }
}

/** Voices over connections of this thread. */
export const voicesOver = (
  connections: readonly HostConnection[],
  opened: readonly OpenedVoice[],
  onWarning: (problem: Problem) => void,
): Voices => {
  const byDevice = new Map(opened.map((voice) => [voice.deviceId, voice]))
  return {
    open: (track, device) => {
      const voice = byDevice.get(device.deviceId)
      const connection = voice && connections[voice.host]
      return connection && new OfflineVoice(voice, connection, { track, device }, onWarning)
    },
    close: () => {
      for (const connection of connections) connection.close()
    },
  }
}

/** Takes on what another thread prepared. */
export const adoptVoices = ({ hosts, voices }: VoicesTicket, onWarning: (problem: Problem) => void): Voices =>
  voicesOver(hosts.map(adoptHost), voices, onWarning)
