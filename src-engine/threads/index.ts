// Worker threads: where their programs lie, what they may take, and pools of them that take one job each.
export { SOUND_THREAD_LIMITS } from './limits.ts'
export { type JobCall, ThreadPool } from './pool.ts'
export { type JobTools, serveJobs } from './serve.ts'
export { workerEntry } from './worker-entry.ts'
