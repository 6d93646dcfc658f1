export { clipFrames, DECLICK_FRAMES, endTick, MAX_TICK, stemFrames, tickAfterFrames } from './change.ts'
export * from './clips.ts'
export * from './timeline.ts'
export * from './tracks.ts'
