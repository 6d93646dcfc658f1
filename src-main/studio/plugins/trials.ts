// Tries plugins out one by one, each in a child of its own, and says which of them can be relied on.
import { type PluginTrial, pluginTrialSchema, type TrialStep } from '../../../src-engine/plugins/index.ts'
import type { PluginRef } from '../../../src-shared/plugins/index.ts'
import { basename } from 'node:path'
import type { ProcessHost } from '../process-host/index.ts'
import { cleanText } from './decode-descriptors.ts'
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

/** Louder than anything meant: 60 dB over full scale. The engine silences such samples. */
const ABSURD_DB = 60
/** Below that the output is too unlike the input to say where it lies. */
const SURE_LIKENESS = 0.8

const judge = (trial: PluginTrial, close: string | null): TrialReport => {
  const failures: string[] = []
  const notes: string[] = []
  const { notFinite, peakDb, state, latency } = trial
  if (notFinite.atDefaults > 0) failures.push(`${notFinite.atDefaults} samples are no numbers, with every parameter at its default`)
  else if (notFinite.whileSwept > 0) notes.push(`${notFinite.whileSwept} samples are no numbers while parameters move; they are silenced`)
  if ((peakDb.atDefaults ?? 0) > ABSURD_DB) notes.push(`its output peaks at ${peakDb.atDefaults} dBFS; such samples are silenced`)
  if (state.wrongCount > 0) {
    const [first] = state.wrong
    failures.push(
      `${state.wrongCount} of ${trial.parameters} parameters are not restored${first ? ` (${first.id}: ${first.saved} became ${first.restored})` : ''}`,
    )
  }
  if (state.isSameBytes === false) notes.push('it stores the same state in other bytes each time')
  // Where it reports none, a delay is what the effect is about.
  if (latency.reported > 0 && latency.measured !== null && latency.likeness > SURE_LIKENESS && latency.measured !== latency.reported)
    notes.push(`it reports ${latency.reported} frames of latency, ${latency.measured} were measured`)
  if (close !== null) notes.push(`it ${close} when it is closed; its process is ended from outside`)
  return { isFine: failures.length === 0, failures, notes, trial }
}

/** Tries one plugin out. Undefined where it was cancelled. */
export const tryOut = async (
  host: ProcessHost,
  target: PluginRef & { readonly path: string; readonly takesShortBlocks: boolean; readonly environment: Readonly<Record<string, string>> },
  { signal, limitMs = TRIAL_LIMIT_MS }: { readonly signal?: AbortSignal; readonly limitMs?: number } = {},
): Promise<TrialReport | undefined> => {
  const { environment, ...plugin } = target
  const { path } = plugin
  const outcome = await runScanner(host, { kind: 'try', ...plugin, limitMs }, { environment, ...(signal ? { signal } : {}) })
  const failed = (text: string): TrialReport => ({ isFine: false, failures: [text], notes: [], trial: null })
  const where = 'at' in outcome && outcome.at ? ` ${STEP_WORDS[outcome.at]}` : ''
  const isPlain = outcome.kind === 'failed' && outcome.at === 'open'
  switch (outcome.kind) {
    case 'cancelled':
      return undefined
    case 'crashed':
      return failed(`it ${outcome.isSignal ? 'crashed' : 'ended its process'}${where} (${outcome.signal})`)
    case 'timed out':
      return failed(`it gave no answer within ${limitMs / 1000} seconds${where}`)
    case 'failed':
      return failed(
        `${cleanText(outcome.reason.replaceAll(path, basename(path))).replace(/\.$/, '')}${where === '' || isPlain ? '' : `,${where}`}`,
      )
    case 'scanned':
      return failed('it answered in a way that makes no sense')
    case 'tried': {
      const trial = pluginTrialSchema.safeParse(outcome.trial)
      return trial.success ? judge(trial.data, outcome.close) : failed('it answered in a way that makes no sense')
    }
  }
}
