// Small edits of tracks that heads, strips and inspector share.
import { applyEdit, type Track } from '../../src-shared/remix/index.ts'
import type { EditCommand } from '../../src-shared/remix/index.ts'
import type { NumberRange } from '../parts/index.ts'
import { edit, endPreview, hear, newId, preview, settledSnapshot } from '../state/index.ts'

export const TRACK_GAIN_RANGE: NumberRange = { min: -60, max: 12, default: 0, scale: 'linear', step: 0.5 }
export const PAN_RANGE: NumberRange = { min: -1, max: 1, default: 0, scale: 'linear', step: 0.05 }
export const SEND_RANGE: NumberRange = { min: -60, max: 12, default: 0, scale: 'linear', step: 0.5 }

/** Shows an edit and lets it be heard without deciding it; null ends the preview. */
export const previewEdit = (command: EditCommand | null): void => {
  hear(command)
  if (!command) {
    endPreview()
    return
  }
  const result = applyEdit(settledSnapshot(), command, { newId })
  if (result.ok) preview(result.value.snapshot)
}

/** Shows a track with other values while a control is dragged. */
export const previewTrack = (trackId: string, changes: Partial<Pick<Track, 'gainDb' | 'pan'>> | null): void =>
  previewEdit(changes && { op: 'track.set', trackId, ...changes })

export const toggleTrackMute = (track: Track): void => void edit([{ op: 'track.set', trackId: track.id, isMuted: !track.isMuted }])

/** Solo; exclusive takes every other solo off. */
export const toggleTrackSolo = (track: Track, isExclusive: boolean): void =>
  void edit([
    { op: 'track.set', trackId: track.id, isSoloed: isExclusive ? true : !track.isSoloed, ...(isExclusive ? { isExclusive: true } : {}) },
  ])
