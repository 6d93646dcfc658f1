export * from './arrange.ts'
export {
  clipFrames,
  DECLICK_FRAMES,
  endTick,
  MAX_TICK,
  frozenTrackIds,
  openDraft,
  sealDraft,
  stemFrames,
  tickAfterFrames,
} from './change.ts'
export * from './clips.ts'
export * from './devices.ts'
export * from './frozen.ts'
export * from './plugins.ts'
export * from './rest-clips.ts'
export * from './sounds.ts'
export * from './timeline.ts'
export * from './tracks.ts'
export * from './works.ts'
