// Ours and a peer in turn in the same run, so that a busy machine slows both; what is compared are medians.
import { type Command, type Measured, measure, median } from './measure.ts'

/** What a case promises: the figure it is judged by and its limit. */
export interface Target {
  readonly figure: string
  readonly limit: number
  readonly is: 'at most' | 'at least'
}

export interface JudgedTarget extends Target {
  readonly value: number | null
  readonly isMet: boolean | null
}

export interface Times {
  readonly wallMs: number
  /** Null where the case cannot tell. */
  readonly cpuMs: number | null
}

/** One finished case. */
export interface Outcome {
  readonly name: string
  readonly rounds: number
  /** Medians. */
  readonly ours: Times | null
  readonly peer: ({ readonly name: string } & Times) | { readonly name: string; readonly skipped: string } | null
  readonly wallRatio: number | null
  readonly cpuRatio: number | null
  readonly peakMemoryMiB: number | null
  readonly target: JudgedTarget | null
  /** Figures beside the common ones. */
  readonly figures?: Readonly<Record<string, number>>
  readonly notes?: string
}

/** Judges a value against a target; null where it could not be measured. */
export const judge = (target: Target, value: number | null): JudgedTarget => ({
  ...target,
  value,
  isMet: value === null ? null : target.is === 'at most' ? value <= target.limit : value >= target.limit,
})

/** A case that could not be run here. */
export const skip = (name: string, peer: string, skipped: string): Outcome => ({
  name,
  rounds: 0,
  ours: null,
  peer: { name: peer, skipped },
  wallRatio: null,
  cpuRatio: null,
  peakMemoryMiB: null,
  target: null,
})

export type Peer = { readonly name: string; readonly command: Command } | { readonly name: string; readonly skipped: string }

export interface Comparison {
  readonly name: string
  readonly rounds: number
  readonly ours: Command
  /** Runs before each of ours, not timed. */
  readonly before?: () => void | Promise<void>
  readonly peer: Peer
  /** Of the wall ratio. */
  readonly atMost: number
  readonly notes: string
}

const timesOf = (runs: readonly Measured[]): Times => ({
  wallMs: median(runs.map(({ wallMs }) => wallMs)),
  cpuMs: median(runs.map(({ cpuMs }) => cpuMs)),
})

const ratio = (ours: number | null, peer: number | null): number | null => (ours === null || peer === null ? null : ours / peer)

/** Memory comes from one more run of ours, so that watching it does not slow the timed ones. */
export const compare = async ({ name, rounds, ours, before, peer, atMost, notes }: Comparison): Promise<Outcome> => {
  const ourRuns: Measured[] = []
  const peerRuns: Measured[] = []
  for (let round = 0; round < rounds; round++) {
    await before?.()
    ourRuns.push(await measure(ours, { withMemory: false }))
    if ('command' in peer) peerRuns.push(await measure(peer.command, { withMemory: false }))
  }
  await before?.()
  const { peakMemoryMiB } = await measure(ours, { withMemory: true })
  const our = timesOf(ourRuns)
  const theirs = 'command' in peer ? timesOf(peerRuns) : null
  const wallRatio = theirs && ratio(our.wallMs, theirs.wallMs)
  return {
    name,
    rounds,
    ours: our,
    peer: 'command' in peer ? { name: peer.name, ...timesOf(peerRuns) } : peer,
    wallRatio,
    cpuRatio: theirs && ratio(our.cpuMs, theirs.cpuMs),
    peakMemoryMiB,
    target: judge({ figure: 'wallRatio', limit: atMost, is: 'at most' }, wallRatio),
    notes,
  }
}
