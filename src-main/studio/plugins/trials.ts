// Tries plugins out one by one, each in a child of its own, and says which of them can be relied on.
import { type PluginTrial, pluginTrialSchema, type TrialStep } from '../../../src-engine/plugins/index.ts'
import type { PluginRef } from '../../../src-shared/plugins/index.ts'
import type { ProcessHost } from '../process-host/index.ts'
import { runScanner } from './scanner-child.ts'

/** A plugin that has not been through everything by then is given up. */
export const TRIAL_LIMIT_MS = 30_000

const STEP_WORDS: Readonly<Record<TrialStep, string>> = {
  open: 'while it was loaded',
  process: 'while it played',
  sweep: 'while its parameters moved',
  state: 'while its state was saved and restored',
  latency: 'while its latency was measured',
  close: 'while it was closed',
}

export interface TrialReport {
  readonly isFine: boolean
  /** What does not hold; empty where all does. */
  readonly failures: readonly string[]
  /** What is odd, but safe in use. */
  readonly notes: readonly string[]
  /** Null where it did not get to the end. */
  readonly trial: PluginTrial | null
}

const dbOf = (value: number | null): string => (value === null ? 'silence' : `${value} dBFS`)

/** Louder than anything meant: 60 dB over full scale. The engine silences such samples. */
const ABSURD_DB = 60

const judge = (trial: PluginTrial): TrialReport => {
  const failures: string[] = []
  const notes: string[] = []
  const { notFinite, peakDb, state, latency } = trial
  if (notFinite.atDefaults > 0) failures.push(`${notFinite.atDefaults} samples are no numbers, with every parameter at its default`)
  else if (notFinite.whileSwept > 0) notes.push(`${notFinite.whileSwept} samples are no numbers while parameters move; they are silenced`)
  if ((peakDb.atDefaults ?? 0) > ABSURD_DB) notes.push(`its output peaks at ${dbOf(peakDb.atDefaults)}; such samples are silenced`)
  else if ((peakDb.whileSwept ?? 0) > ABSURD_DB)
    notes.push(`its output peaks at ${dbOf(peakDb.whileSwept)} while parameters move; such samples are silenced`)
  if (state.wrongCount > 0) {
    const [first] = state.wrong
    failures.push(
      `${state.wrongCount} of ${trial.parameters} parameters are not restored${first ? ` (${first.id}: ${first.saved} became ${first.restored})` : ''}`,
    )
  }
  if (state.isSameBytes === false) notes.push('it stores the same state in other bytes each time')
  if (latency.measured !== null && latency.measured !== latency.reported)
    notes.push(`it reports ${latency.reported} frames of latency, ${latency.measured} were measured`)
  return { isFine: failures.length === 0, failures, notes, trial }
}

/** Tries one plugin out. Undefined where it was cancelled. */
export const tryOut = async (
  host: ProcessHost,
  target: PluginRef & { readonly path: string; readonly environment: Readonly<Record<string, string>> },
  { signal, limitMs = TRIAL_LIMIT_MS }: { readonly signal?: AbortSignal; readonly limitMs?: number } = {},
): Promise<TrialReport | undefined> => {
  const { format, id, path, environment } = target
  const outcome = await runScanner(host, { kind: 'try', format, id, path, limitMs }, { environment, ...(signal ? { signal } : {}) })
  const failed = (text: string): TrialReport => ({ isFine: false, failures: [text], notes: [], trial: null })
  const where = 'at' in outcome && outcome.at ? ` ${STEP_WORDS[outcome.at]}` : ''
  switch (outcome.kind) {
    case 'cancelled':
      return undefined
    case 'crashed':
      return failed(`it crashed${where} (${outcome.signal})`)
    case 'timed out':
      return failed(`it gave no answer within ${limitMs / 1000} seconds${where}`)
    case 'failed':
      return failed(`${outcome.reason.replace(/\.$/, '')}${where}`)
    case 'done': {
      const trial = outcome.message.kind === 'tried' ? pluginTrialSchema.safeParse(outcome.message.trial) : undefined
      return trial?.success ? judge(trial.data) : failed('it answered in a way that makes no sense')
    }
  }
}
