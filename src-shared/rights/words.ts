// How licence matters are put into words. One place, so that the badge, a refusal and the ledger say the same thing the same way.
import type { Operation } from './grant.ts'

const OPERATION_WORDS: Readonly<Record<Operation, string>> = {
  arrange: 'arranging',
  trim: 'trimming',
  gain: 'level changes',
  pan: 'panning',
  fade: 'fades',
  automation: 'automation',
  stretch: 'time-stretching',
  pitch: 'pitch shifting',
  eq: 'EQ',
  filter: 'filters',
  compressor: 'compression',
  reverb: 'reverb',
  delay: 'delay',
  saturation: 'saturation',
  plugin: 'plugins',
  isolate: 'exporting it on its own',
  layer: 'layering it with other works',
  replace: 'replacing what it plays',
  'ai.restyle': 'AI restyling',
  'ai.voice': 'AI voice changes',
  'ai.transcribe': 'AI transcription',
  'ai.master': 'AI mastering',
  'ai.analyse': 'AI phrase detection',
}

/** `ai.voice` as `AI voice changes`; an operation nobody knows stays in quotes. */
export const operationWords = (op: string): string =>
  Object.hasOwn(OPERATION_WORDS, op) ? OPERATION_WORDS[op as Operation] : op === '*' ? 'any change' : `“${op}”`

/** `Vocals, Kick and 3 more`; with `or`, `Vocals, Kick or Bass`. */
export const listWords = (items: readonly string[], most = 3, conjunction: 'and' | 'or' = 'and'): string => {
  const shown = items.length > most ? [...items.slice(0, most - 1), `${items.length - most + 1} more`] : [...items]
  const last = shown.pop() ?? ''
  return shown.length === 0 ? last : `${shown.join(', ')} ${conjunction} ${last}`
}

/** `60 s`, `1 min 30 s`, `12.3 s`: tenths below a minute, rounded up so that a cut of that length is long enough. */
export const lengthWords = (ms: number): string => {
  if (ms < 60_000) return `${Math.ceil(ms / 100) / 10} s`
  const seconds = Math.ceil(ms / 1000)
  const rest = seconds % 60
  return rest === 0 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 60)} min ${rest} s`
}

export const centsWords = (cents: number): string => `${cents > 0 ? '+' : ''}${cents} cents`

/** Tempo ratio in permille as `104 %`. */
export const ratioWords = (permille: number): string => `${permille / 10} %`

/** `36 hours`, `7 days`: in days where they are whole ones, from two on. */
export const hoursWords = (hours: number): string =>
  hours >= 48 && hours % 24 === 0 ? `${hours / 24} days` : `${hours} hour${hours === 1 ? '' : 's'}`

/** Day of an instant, in UTC: licences must read the same everywhere. */
export const dayWords = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
