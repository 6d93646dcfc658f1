// The plugins of this machine, without loading any.
export { asInstalled, completeEdits } from './as-installed.ts'
export { knownTrouble } from './known-bad.ts'
export { Plugins } from './plugins.ts'
export type { TrialReport } from './trials.ts'
