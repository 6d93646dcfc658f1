export {
  addMarker,
  copyChosen,
  cutChosen,
  deleteChosen,
  duplicateChosen,
  focusClip,
  jumpMarker,
  loopSelection,
  nudgeChosen,
  pasteClips,
  selectAll,
  selectNeighbour,
  splitAtPlayhead,
  toggleLoop,
  toggleMute,
  toggleSolo,
  zoomToAll,
  zoomToSelection,
} from './clip-commands.ts'
export { barText } from './clip-gestures.ts'
export { zoomBy } from './camera.ts'
export { TipView } from './overlays.tsx'
export { clipsOfTrack, lastTick, shownTracks } from './snapshot-index.ts'
export { Timeline } from './timeline.tsx'
