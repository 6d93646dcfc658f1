// What keys and menus do to clips. Each is one undo step.
import { type Clip, clipsOf, type EditCommand, endTick, MASTER_TRACK_ID, recordOf, remixOf } from '../../src-shared/remix/index.ts'
import { barTicks, beatTicks, type MeterPoint, TICKS_PER_QUARTER, tick } from '../../src-shared/time/index.ts'
import { announce } from '../parts/index.ts'
import {
  edit,
  newId,
  playheadTick,
  preferencesStore,
  seekTick,
  selectClips,
  settledSnapshot,
  showTip,
  snapGridOf,
  viewStore,
} from '../state/index.ts'
import { revealRow, revealTick, showStretch } from './camera.ts'
import { spokenClip } from './clip-gestures.ts'
import { allRows } from './rows.ts'
import { clipsOfTrack, lastTick, shownMarkers } from './snapshot-index.ts'

const chosen = (): readonly Clip[] => viewStore.getState().clipIds.flatMap((id) => recordOf(settledSnapshot(), 'clip', id) ?? [])

const meterAt = (position: number): MeterPoint => {
  const { meter } = remixOf(settledSnapshot())
  return meter.findLast((point) => point.atTick <= position) ?? { atTick: tick(0), numerator: 4, denominator: 4 }
}

/** Ticks of one step of the snap grid; a sixteenth while it is off. */
export const gridStep = (position: number): number => {
  const grid = snapGridOf(preferencesStore.getState().snap)
  const point = meterAt(position)
  const steps = {
    off: 240,
    bar: barTicks(point),
    beat: beatTicks(point),
    '1/8': 480,
    '1/16': 240,
    '1/32': 120,
    '1/8t': TICKS_PER_QUARTER / 3,
    '1/16t': TICKS_PER_QUARTER / 6,
  }
  return steps[grid]
}

/** Splits the chosen clips at the playhead, or with none chosen every clip under it on the chosen track. The right parts are chosen then. */
export const splitAtPlayhead = async (): Promise<void> => {
  const at = playheadTick()
  const isUnder = (clip: Clip): boolean => at > clip.startTick && at < endTick(clip)
  const { trackId } = viewStore.getState()
  const clips = chosen()
  const across = (clips.length > 0 ? clips : clipsOf(settledSnapshot(), trackId ?? undefined)).filter(isUnder)
  if (across.length === 0) {
    return showTip({
      title: 'Nothing to split here',
      message: 'No chosen clip lies under the playhead. Click where the cut should be, then split.',
      alternative: null,
    })
  }
  const rightIds = across.map(newId)
  const isDone = edit([{ op: 'clip.split', clipIds: across.map((clip) => clip.id), atTick: at, rightIds }])
  selectClips(rightIds, across[0]?.trackId ?? null)
  if (await isDone) announce(`Split ${across.length === 1 ? across[0]?.name : `${across.length} clips`}`)
}

/** Clips that close up when others go, for one track or all. */
const rippleMoves = (gone: readonly Clip[], mode: 'track' | 'all'): readonly EditCommand[] => {
  const goneIds = new Set(gone.map((clip) => clip.id))
  const from = Math.min(...gone.map((clip) => clip.startTick))
  const to = Math.max(...gone.map(endTick))
  const trackIds = new Set(gone.map((clip) => clip.trackId))
  const later = clipsOf(settledSnapshot()).filter(
    (clip) => !goneIds.has(clip.id) && clip.startTick >= to && (mode === 'all' || trackIds.has(clip.trackId)),
  )
  return later.length === 0 ? [] : [{ op: 'clip.move', clipIds: later.map((clip) => clip.id), byTicks: from - to }]
}

/** Deletes the chosen clips; what comes later closes up by the ripple preference, or as asked. */
export const deleteChosen = (ripple?: 'off' | 'track' | 'all'): void => {
  const clips = chosen()
  if (clips.length === 0) return
  const mode = ripple ?? preferencesStore.getState().ripple
  const commands: EditCommand[] = [{ op: 'clip.delete', clipIds: clips.map((clip) => clip.id) }]
  if (mode !== 'off') commands.push(...rippleMoves(clips, mode))
  selectClips([])
  void edit(commands)
}

/** Puts copies of the chosen clips right behind them and chooses those. */
export const duplicateChosen = (): void => {
  const clips = chosen()
  if (clips.length === 0) return
  const newIds = clips.map(newId)
  void edit([{ op: 'clip.duplicate', clipIds: clips.map((clip) => clip.id), newIds }])
  selectClips(newIds, clips[0]?.trackId ?? null)
  // Behind a long clip the copies begin out of sight; the content is wide enough for them from the next frame on.
  const behind = Math.max(...clips.map(endTick))
  requestAnimationFrame(() => revealTick(behind))
}

/** Moves the chosen clips by a step of the grid, or a tenth of it. */
export const nudgeChosen = (direction: -1 | 1, isFine: boolean): void => {
  const clips = chosen()
  if (clips.length === 0) {
    selectNeighbour(direction === 1 ? 'next' : 'previous')
    return
  }
  const earliest = Math.min(...clips.map((clip) => clip.startTick))
  const step = Math.max(1, Math.round(gridStep(earliest) / (isFine ? 10 : 1)))
  const byTicks = Math.max(-earliest, direction * step)
  void edit([{ op: 'clip.move', clipIds: clips.map((clip) => clip.id), byTicks }]).then(sayChosen)
}

const sayChosen = (): void => {
  const clip = chosen().at(-1)
  if (clip) announce(spokenClip(clip, ''))
}

/** Moves the selection to a neighbouring clip, in time or on the track above or below. */
export const selectNeighbour = (way: 'next' | 'previous' | 'above' | 'below'): void => {
  const snapshot = settledSnapshot()
  const tracks = allRows().map((row) => row.trackId)
  const current = chosen().at(-1)
  const at = current?.startTick ?? playheadTick()
  const home = current?.trackId ?? viewStore.getState().trackId ?? tracks[0]
  if (home === undefined) return
  let found: Clip | undefined
  if (way === 'next' || way === 'previous') {
    const list = clipsOfTrack(snapshot, home)
    const index = current ? list.findIndex((clip) => clip.id === current.id) + (way === 'next' ? 1 : -1) : 0
    found = list[index]
  } else {
    const step = way === 'above' ? -1 : 1
    for (let row = tracks.indexOf(home) + step; row >= 0 && row < tracks.length && !found; row += step) {
      const list = clipsOfTrack(snapshot, tracks[row] ?? '')
      found =
        list.find((clip) => clip.startTick <= at && endTick(clip) > at) ??
        [...list].sort((a, b) => Math.abs(a.startTick - at) - Math.abs(b.startTick - at))[0]
    }
  }
  if (found) focusClip(found)
}

/** Chooses a clip, brings it into view and moves the keyboard to it. */
export const focusClip = (clip: Clip): void => {
  selectClips([clip.id], clip.trackId)
  revealTick(clip.startTick, clip.lengthTicks)
  const row = allRows().find(({ trackId }) => trackId === clip.trackId)
  if (row) revealRow(row.top, row.height)
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-clip="${CSS.escape(clip.id)}"]`)?.focus({ preventScroll: true }))
}

export const selectAll = (): void => selectClips(clipsOf(settledSnapshot()).map((clip) => clip.id))

let clipboard: readonly Clip[] = []

export const copyChosen = (): void => {
  const clips = chosen()
  if (clips.length === 0) return
  clipboard = clips
  announce(`Copied ${clips.length === 1 ? clips[0]?.name : `${clips.length} clips`}`)
}

export const cutChosen = (): void => {
  copyChosen()
  deleteChosen()
}

/** Pastes at the playhead, or keeping the place in time they were copied from. */
export const pasteClips = (isInPlace: boolean): void => {
  const snapshot = settledSnapshot()
  const present = clipboard.filter((clip) => recordOf(snapshot, 'track', clip.trackId) && recordOf(snapshot, 'stem', clip.stemId))
  if (present.length === 0) return
  const by = isInPlace ? 0 : playheadTick() - Math.min(...present.map((clip) => clip.startTick))
  const ids = present.map(newId)
  const commands = present.flatMap((clip, i): EditCommand[] => {
    const id = ids[i] ?? newId()
    return [
      {
        op: 'clip.add',
        id,
        trackId: clip.trackId,
        stemId: clip.stemId,
        startTick: clip.startTick + by,
        lengthTicks: clip.lengthTicks,
        sourceOffsetFrames: clip.sourceOffsetFrames,
        name: clip.name,
        gainDb: clip.gainDb,
      },
      {
        op: 'clip.set',
        clipIds: [id],
        fadeInFrames: clip.fadeInFrames,
        fadeOutFrames: clip.fadeOutFrames,
        fadeCurve: clip.fadeCurve,
        isMuted: clip.isMuted,
      },
    ]
  })
  void edit(commands, `Paste ${present.length === 1 ? present[0]?.name : `${present.length} clips`}`)
  selectClips(ids, present[0]?.trackId ?? null)
}

/** Mutes the chosen clips, or with none chosen the chosen track. */
export const toggleMute = (): void => {
  const clips = chosen()
  if (clips.length > 0) {
    void edit([{ op: 'clip.set', clipIds: clips.map((clip) => clip.id), isMuted: !clips.every((clip) => clip.isMuted) }])
    return
  }
  const track = recordOf(settledSnapshot(), 'track', viewStore.getState().trackId ?? '')
  if (track) void edit([{ op: 'track.set', trackId: track.id, isMuted: !track.isMuted }])
}

/** Lets the name of the chosen clip be typed, or with none chosen that of the chosen track. */
export const renameChosen = (): void => {
  const clip = chosen().at(-1)
  const { trackId } = viewStore.getState()
  if (clip) {
    selectClips([clip.id], clip.trackId)
    viewStore.setState({ renaming: clip.id })
  } else if (trackId !== null && trackId !== MASTER_TRACK_ID) viewStore.setState({ renaming: trackId })
}

/** Solos the chosen track. */
export const toggleSolo = (): void => {
  const track = recordOf(settledSnapshot(), 'track', viewStore.getState().trackId ?? '')
  if (track && track.kind !== 'master') void edit([{ op: 'track.set', trackId: track.id, isSoloed: !track.isSoloed }])
}

/** Zooms to the chosen clips, or to the loop, or to everything. */
export const zoomToSelection = (): void => {
  const clips = chosen()
  const { loop } = remixOf(settledSnapshot())
  if (clips.length > 0) showStretch(Math.min(...clips.map((clip) => clip.startTick)), Math.max(...clips.map(endTick)))
  else if (loop) showStretch(loop.startTick, loop.startTick + loop.lengthTicks)
  else zoomToAll()
}

export const zoomToAll = (): void => {
  const snapshot = settledSnapshot()
  if (snapshot.has('remix')) showStretch(0, Math.max(lastTick(snapshot), 4 * barTicks(meterAt(0))))
}

/** Switches the loop; with none set yet, it goes around the chosen clips or four bars from the playhead. */
export const toggleLoop = (): void => {
  const { loop } = remixOf(settledSnapshot())
  if (loop) {
    void edit([{ op: 'loop.set', isEnabled: !loop.isEnabled }], loop.isEnabled ? 'Loop off' : 'Loop on')
    return
  }
  loopSelection()
}

/** Puts the loop around the chosen clips, or four bars from the playhead's bar. */
export const loopSelection = (): void => {
  const clips = chosen()
  const at = playheadTick()
  const point = meterAt(at)
  const bar = barTicks(point)
  const start =
    clips.length > 0 ? Math.min(...clips.map((clip) => clip.startTick)) : point.atTick + Math.floor((at - point.atTick) / bar) * bar
  const length = clips.length > 0 ? Math.max(...clips.map(endTick)) - start : 4 * bar
  void edit([{ op: 'loop.set', startTick: start, lengthTicks: length, isEnabled: true }])
}

/** Adds a marker at the playhead and lets its name be typed. */
export const addMarker = (): void => {
  const id = newId()
  const count = shownMarkers(settledSnapshot()).length
  void edit([{ op: 'marker.add', id, name: `Marker ${count + 1}`, atTick: playheadTick() }])
  viewStore.setState({ renaming: id })
}

/** Moves the playhead to the marker before or after it. */
export const jumpMarker = (direction: -1 | 1): void => {
  const at = playheadTick()
  const places = [0, ...shownMarkers(settledSnapshot()).map((marker) => marker.atTick), lastTick(settledSnapshot())]
  const target = direction === 1 ? places.find((place) => place > at + 1) : places.findLast((place) => place < at - 1)
  if (target === undefined) return
  seekTick(target)
  revealTick(target)
}
