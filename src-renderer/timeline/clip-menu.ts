// The menu of a clip.
import { AudioLines, Copy, Flag, Pencil, Piano, Repeat, Scissors, Trash2, VolumeX, ZoomIn } from 'lucide-react'
import type { Clip } from '../../src-shared/remix/index.ts'
import type { MenuEntry } from '../parts/index.ts'
import { openRevoice, playStemAgain } from '../pianoroll/index.ts'
import { edit, viewStore } from '../state/index.ts'
import {
  addMarker,
  copyChosen,
  deleteChosen,
  duplicateChosen,
  loopSelection,
  renameChosen,
  splitAtPlayhead,
  toggleMute,
  zoomToSelection,
} from './clip-commands.ts'
import { transposeChosen } from './warp-commands.ts'

/** Entries of a clip's menu; they act on the chosen clips. */
export const clipMenu = (clip: Clip): readonly MenuEntry[] => {
  const ids = viewStore.getState().clipIds
  const set = (fade: { fadeInFrames?: number; fadeOutFrames?: number; gainDb?: number }) => () =>
    void edit([{ op: 'clip.set', clipIds: [...ids], ...fade }])
  return [
    { label: 'Split at playhead', icon: Scissors, keys: 'S', run: () => void splitAtPlayhead() },
    { label: 'Duplicate', icon: Copy, keys: 'Mod+D', run: duplicateChosen },
    { label: 'Copy', keys: 'Mod+C', run: copyChosen },
    { label: clip.isMuted ? 'Unmute' : 'Mute', icon: VolumeX, keys: 'M', run: toggleMute },
    { label: 'Rename…', icon: Pencil, keys: 'F2', run: renameChosen },
    { label: 'Transpose up a semitone', keys: 'Shift+ArrowUp', run: () => transposeChosen(1) },
    { label: 'Transpose down a semitone', keys: 'Shift+ArrowDown', run: () => transposeChosen(-1) },
    'separator',
    { label: 'Fade in 50 ms', icon: AudioLines, run: set({ fadeInFrames: 2_400 }) },
    { label: 'Fade out 50 ms', run: set({ fadeOutFrames: 2_400 }) },
    { label: 'Reset gain and fades', run: set({ gainDb: 0, fadeInFrames: 0, fadeOutFrames: 0 }) },
    'separator',
    { label: clip.soundId === undefined ? 'Re-voice (AI)…' : 'Edit its notes…', icon: Piano, run: () => openRevoice(clip) },
    ...(clip.soundId === undefined ? [] : [{ label: 'Play the stem again', run: () => playStemAgain(clip) }]),
    'separator',
    { label: 'Loop around it', icon: Repeat, run: loopSelection },
    { label: 'Zoom to it', icon: ZoomIn, keys: 'Z', run: zoomToSelection },
    { label: 'Marker at playhead', icon: Flag, keys: 'Mod+M', run: addMarker },
    'separator',
    { label: 'Delete', icon: Trash2, keys: 'Delete', isDanger: true, run: () => deleteChosen() },
    { label: 'Delete and close the gap on the track', keys: 'Shift+Delete', isDanger: true, run: () => deleteChosen('track') },
    { label: 'Delete and close the gap everywhere', keys: 'Mod+Delete', isDanger: true, run: () => deleteChosen('all') },
  ]
}
