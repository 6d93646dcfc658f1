// Trained models: notes and vocal phrases of a stem, and models of the user's own. Each runs in a thread of its own and can be cancelled.
export { closeAiJobs } from './ai-jobs.ts'
export { findPhrases, transcribe } from './analyse.ts'
export { aiHandlers } from './handlers.ts'
export { BASIC_PITCH, SILERO_VAD } from './models.ts'
export { probeModel, runModel } from './run-model.ts'
export type { ReadSound, SoundBlock, SoundBlocks } from '../sound-blocks.ts'
