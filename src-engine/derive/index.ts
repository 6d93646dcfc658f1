// Derived sounds: stems made anew and warped, rendered ahead into the decoded-audio cache, so that playback and export just read them.
export { closeDerivePool } from './derive-pool.ts'
export { type DeriveCall, derivedSourcesOf, ensureDerived, isDerived } from './ensure-derived.ts'
export { type DeriveTools, deriveHandlers } from './handlers.ts'
export { type PlayablePlan, playablePlan } from './playable-plan.ts'
export { PreparedPlayback, type PreparedPlaybackOptions } from './prepared-playback.ts'
