// The plugins of this machine, without loading any.
export { asInstalled, completeEdits } from './as-installed.ts'
export { isKnownGenerative } from './known-generative.ts'
export { knownTrouble } from './known-bad.ts'
export { Plugins } from './plugins.ts'
export type { OwnPreset, OwnPresetBody } from './presets.ts'
export type { ScanCounts } from './scan.ts'
export type { PluginGrouping, PluginMarks } from './settings.ts'
export type { TrialReport } from './trials.ts'
