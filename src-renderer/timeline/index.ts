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
  renameChosen,
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
export { tapTempo } from '../state/index.ts'
export { MusicPopover, openMusic } from './music-panel.tsx'
export { addSection, detectSections, duplicateSectionOrTime, letGo } from './section-commands.ts'
export { runPlainDrag } from './gesture.ts'
export { NameField } from './track-header.tsx'
export { zoomBy } from './camera.ts'
export { TipView } from './overlays.tsx'
export { clipsOfTrack, lastTick, shownTracks } from './snapshot-index.ts'
export { Timeline } from './timeline.tsx'
export { semitonesText, transposeChosen } from './warp-commands.ts'
export { addWork, matchWork } from './work-commands.ts'
