// Every command with its words and keys, once: keys, palette, help and the app's menu all read this table.
import { recordOf, type Track } from '../../src-shared/remix/index.ts'
import {
  cancelFreeze,
  closeRemix,
  freezeTrack,
  importPack,
  openRemix,
  openSheet,
  pluginsStore,
  preferencesStore,
  redo,
  redoText,
  remixStore,
  saveRemix,
  seek,
  seekTick,
  setPreferences,
  settledSnapshot,
  showScreen,
  stop,
  stopAndReturn,
  syncNow,
  toastDone,
  toggleSnap,
  togglePlay,
  transportStore,
  undo,
  undoText,
  unfreezeTrack,
  wantsFreezing,
  viewStore,
} from '../state/index.ts'
import { openSubmit } from '../approvals/index.ts'
import { showStyles } from '../styles/index.ts'
import * as timeline from '../timeline/index.ts'
import { areVariationsActive, variationKeys } from '../variations/index.ts'
import { togglePanel } from './panels.ts'

export type CommandGroup = 'Play' | 'Edit' | 'Variations' | 'View' | 'File' | 'Go to'

export interface Command {
  readonly id: string
  readonly title: string
  readonly group: CommandGroup
  /** Key combinations, the first is the one that is shown. `Mod` is Ctrl or Cmd. */
  readonly keys: readonly string[]
  readonly run: () => void
  /** Commands of the arrangement do nothing without a remix on screen. */
  readonly needsRemix?: boolean
  /** Commands of the variations act while these have the screen or the focus; they come before others of the same key. */
  readonly isOfVariations?: boolean
  /** Text that depends on the state, e.g. what undo would undo. */
  readonly text?: () => string | null
}

const inRemix = (
  id: string,
  title: string,
  group: CommandGroup,
  keys: readonly string[],
  run: () => void,
  text?: () => string | null,
): Command => ({
  id,
  title,
  group,
  keys,
  run,
  needsRemix: true,
  ...(text ? { text } : {}),
})

const inVariations = (id: string, title: string, keys: readonly string[], run: () => void): Command => ({
  id: `variations.${id}`,
  title,
  group: 'Variations',
  keys,
  run,
  isOfVariations: true,
})

/** Commands of the remix that act on every screen: the top bar shows transport and export there too, and work is saved from anywhere. */
const EVERYWHERE: ReadonlySet<string> = new Set(['remix.save', 'remix.saveAs', 'remix.close', 'export.open'])

/** Screens where the remix is what plays; approvals and variations play their own sound with these keys. */
const PLAYS_REMIX: ReadonlySet<string> = new Set(['remix', 'library', 'verify', 'ledger'])
const PLAYING: ReadonlySet<string> = new Set(['transport.toggle', 'transport.return', 'transport.stop'])

/** Commands of the remix that make sense wherever it is shown. */
const OF_THE_WHOLE: ReadonlySet<string> = new Set(['edit.undo', 'edit.redo', 'approvals.submit'])

const hasSelection = (): boolean => viewStore.getState().clipIds.length > 0

/** The track that is chosen, or the one of the chosen clip; undefined where there is none. */
const chosenTrack = (): Track | undefined => {
  const { trackId, clipIds } = viewStore.getState()
  const snapshot = settledSnapshot()
  const ofClip = clipIds[0] === undefined ? undefined : recordOf(snapshot, 'clip', clipIds[0])?.trackId
  const id = trackId ?? ofClip
  return id === undefined ? undefined : recordOf(snapshot, 'track', id)
}

const addDevice = (): void => {
  const track = chosenTrack()
  if (track) viewStore.setState({ picking: { trackId: track.id, replaces: null } })
  else toastDone('Choose a track first', 'A device works on what is on a track, a bus or the master.')
}

const toggleFreeze = (): void => {
  const track = chosenTrack()
  if (track?.kind !== 'audio') toastDone('Choose a track with clips first', 'Only these can be frozen.')
  else if (pluginsStore.getState().freezing?.trackId === track.id) cancelFreeze()
  else if (track.frozen) unfreezeTrack(track.id)
  else void freezeTrack(track.id)
}

const freezeAgain = (): void => {
  const track = chosenTrack()
  if (!track?.frozen) toastDone('Choose a frozen track first')
  else if (wantsFreezing(pluginsStore.getState().frozen[track.id])) void freezeTrack(track.id)
  else toastDone(`${track.name} is frozen as it is`, 'Nothing it is made of has changed.')
}

/** All commands in the order help shows them. */
export const COMMANDS: readonly Command[] = [
  inVariations('listen', 'Listen, or stop listening', ['Space'], variationKeys.listen),
  inVariations('original', 'Between the original and the variation, equally loud', ['X', '`'], variationKeys.original),
  inVariations('pair', 'Pin as B, then between A and B', ['B'], variationKeys.pair),
  inVariations('left', 'The variation before', ['ArrowLeft'], () => variationKeys.move('left')),
  inVariations('right', 'The next variation', ['ArrowRight'], () => variationKeys.move('right')),
  inVariations('up', 'The variation above', ['ArrowUp'], () => variationKeys.move('up')),
  inVariations('down', 'The variation below', ['ArrowDown'], () => variationKeys.move('down')),
  inVariations('extendLeft', 'Choose the one before as well', ['Shift+ArrowLeft', 'Shift+ArrowUp'], () => variationKeys.move('left', true)),
  inVariations('extendRight', 'Choose the next one as well', ['Shift+ArrowRight', 'Shift+ArrowDown'], () =>
    variationKeys.move('right', true),
  ),
  inVariations('pageUp', 'A page up', ['PageUp'], () => variationKeys.move('pageUp')),
  inVariations('pageDown', 'A page down', ['PageDown'], () => variationKeys.move('pageDown')),
  inVariations('first', 'The first variation', ['Home'], () => variationKeys.move('first')),
  inVariations('last', 'The last variation', ['End'], () => variationKeys.move('last')),
  inVariations('keep', 'Keep, or take the star away', ['K'], variationKeys.keep),
  inVariations('reject', 'Reject, or take it back', ['R', 'Delete'], variationKeys.reject),
  inVariations('tag', 'Tag', ['T'], variationKeys.tag),
  inVariations('apply', 'Make the remix this variation', ['Enter'], variationKeys.apply),
  inVariations('mix', 'Mix two: sections of the first, sound of the second', ['M'], variationKeys.mix),
  inVariations('comp', 'Comp stretches of several', ['C'], variationKeys.comp),
  inVariations('browse', 'Listen while browsing, or not', ['H'], variationKeys.browse),
  inVariations('find', 'Find among the variations', ['/', 'Mod+F'], variationKeys.find),
  inVariations('generate', 'Generate, or stop', ['G'], variationKeys.generate),
  inVariations('leave', 'Close the lanes, the search, the choice', ['Escape'], variationKeys.leave),

  inRemix('transport.toggle', 'Play or stop', 'Play', ['Space'], togglePlay),
  inRemix('transport.return', 'Stop and return to where play began', 'Play', ['Shift+Space'], () =>
    transportStore.getState().isPlaying ? stopAndReturn() : togglePlay(),
  ),
  inRemix('transport.stop', 'Stop', 'Play', [], stop),
  inRemix('transport.start', 'To the start', 'Play', ['Home', 'Enter'], () => seek(0)),
  inRemix('transport.end', 'To the end', 'Play', ['End'], () => seekTick(timeline.lastTick(settledSnapshot()))),
  inRemix('loop.toggle', 'Loop on or off', 'Play', ['L'], timeline.toggleLoop),
  inRemix('loop.selection', 'Loop around the selection', 'Play', ['Mod+L'], timeline.loopSelection),
  inRemix('marker.previous', 'Playhead to the marker before', 'Play', ['Mod+Alt+ArrowLeft'], () => timeline.jumpMarker(-1)),
  inRemix('marker.next', 'Playhead to the next marker', 'Play', ['Mod+Alt+ArrowRight'], () => timeline.jumpMarker(1)),

  inRemix('edit.undo', 'Undo', 'Edit', ['Mod+Z'], undo, () => undoText(remixStore.getState().history)),
  inRemix('edit.redo', 'Redo', 'Edit', ['Mod+Shift+Z', 'Mod+Y'], redo, () => redoText(remixStore.getState().history)),
  inRemix('clip.split', 'Split at playhead', 'Edit', ['S', 'Mod+E'], () => void timeline.splitAtPlayhead()),
  inRemix('clip.duplicate', 'Duplicate', 'Edit', ['Mod+D'], timeline.duplicateChosen),
  inRemix('clip.delete', 'Delete', 'Edit', ['Delete', 'Backspace'], () => timeline.deleteChosen()),
  inRemix('clip.deleteTrack', 'Delete and close the gap on the track', 'Edit', ['Shift+Delete'], () => timeline.deleteChosen('track')),
  inRemix('clip.deleteAll', 'Delete and close the gap everywhere', 'Edit', ['Mod+Delete'], () => timeline.deleteChosen('all')),
  inRemix('edit.cut', 'Cut', 'Edit', ['Mod+X'], timeline.cutChosen),
  inRemix('edit.copy', 'Copy', 'Edit', ['Mod+C'], timeline.copyChosen),
  inRemix('edit.paste', 'Paste at playhead', 'Edit', ['Mod+V'], () => timeline.pasteClips(false)),
  inRemix('edit.pasteInPlace', 'Paste at the same time as copied', 'Edit', ['Mod+Shift+V'], () => timeline.pasteClips(true)),
  inRemix('edit.all', 'Select all clips', 'Edit', ['Mod+A'], timeline.selectAll),
  inRemix('edit.none', 'Select nothing', 'Edit', ['Escape'], timeline.letGo),
  inRemix('clip.left', 'Nudge earlier by a grid step, or select the clip before', 'Edit', ['ArrowLeft'], () =>
    timeline.nudgeChosen(-1, false),
  ),
  inRemix('clip.right', 'Nudge later by a grid step, or select the next clip', 'Edit', ['ArrowRight'], () =>
    timeline.nudgeChosen(1, false),
  ),
  inRemix('clip.leftFine', 'Nudge earlier by a tenth; without selection to the marker before', 'Edit', ['Alt+ArrowLeft'], () =>
    hasSelection() ? timeline.nudgeChosen(-1, true) : timeline.jumpMarker(-1),
  ),
  inRemix('clip.rightFine', 'Nudge later by a tenth; without selection to the next marker', 'Edit', ['Alt+ArrowRight'], () =>
    hasSelection() ? timeline.nudgeChosen(1, true) : timeline.jumpMarker(1),
  ),
  inRemix('clip.previous', 'Select the clip before', 'Edit', ['Mod+ArrowLeft'], () => timeline.selectNeighbour('previous')),
  inRemix('clip.next', 'Select the next clip', 'Edit', ['Mod+ArrowRight'], () => timeline.selectNeighbour('next')),
  inRemix('clip.above', 'Select a clip on the track above', 'Edit', ['ArrowUp'], () => timeline.selectNeighbour('above')),
  inRemix('clip.below', 'Select a clip on the track below', 'Edit', ['ArrowDown'], () => timeline.selectNeighbour('below')),
  inRemix('clip.up', 'Transpose up a semitone', 'Edit', ['Shift+ArrowUp'], () => timeline.transposeChosen(1)),
  inRemix('clip.down', 'Transpose down a semitone', 'Edit', ['Shift+ArrowDown'], () => timeline.transposeChosen(-1)),
  inRemix('mute', 'Mute the clips, or the track', 'Edit', ['M'], timeline.toggleMute),
  inRemix('solo', 'Solo the track', 'Edit', ['Shift+S'], timeline.toggleSolo),
  inRemix('rename', 'Rename the clip, or the track', 'Edit', ['F2'], timeline.renameChosen),
  inRemix('device.add', 'Add a device or plugin to the track…', 'Edit', ['P'], addDevice),
  inRemix('track.freeze', 'Freeze the track, or unfreeze it', 'Edit', [], toggleFreeze),
  inRemix('track.freezeAgain', 'Freeze a frozen track again', 'Edit', [], freezeAgain),
  inRemix('marker.add', 'Marker at the playhead', 'Edit', ['Mod+M'], timeline.addMarker),
  inRemix(
    'section.duplicate',
    'Duplicate the section, or the time of the selection',
    'Edit',
    ['Mod+Shift+D'],
    timeline.duplicateSectionOrTime,
  ),
  inRemix('section.add', 'Section around the selection', 'Edit', ['Mod+Shift+M'], timeline.addSection),
  inRemix('section.detect', 'Detect sections…', 'Edit', [], () => void timeline.detectSections()),
  inRemix('music.open', 'Tempo, meter and key…', 'Edit', ['Mod+T'], timeline.openMusic),
  inRemix('styles.open', 'Apply a style…', 'Edit', ['Mod+Shift+Y'], () => showStyles(true)),
  inRemix('work.match', 'Match tempo and key of the other work', 'Edit', ['Shift+M'], () => timeline.matchWork()),
  inRemix('tempo.tap', 'Tap the tempo', 'Edit', ['T'], timeline.tapTempo),

  inRemix('zoom.in', 'Zoom in', 'View', ['+', '='], () => timeline.zoomBy(1.5)),
  inRemix('zoom.out', 'Zoom out', 'View', ['-'], () => timeline.zoomBy(1 / 1.5)),
  inRemix('zoom.selection', 'Zoom to the selection', 'View', ['Z'], timeline.zoomToSelection),
  inRemix('zoom.all', 'Show everything', 'View', ['Shift+Z'], timeline.zoomToAll),
  inRemix('snap.toggle', 'Snap on or off', 'View', ['N'], toggleSnap),
  inRemix('follow.toggle', 'Follow the playhead', 'View', ['F'], () =>
    setPreferences({ followPlayhead: !preferencesStore.getState().followPlayhead }),
  ),
  inRemix('panel.library', 'Library panel: show or hide', 'View', ['Alt+1'], () => togglePanel('library')),
  inRemix('panel.below', 'Lower panel: show or hide', 'View', ['Alt+2'], () => togglePanel('below')),
  inRemix('panel.inspector', 'Inspector: show or hide', 'View', ['Alt+3'], () => togglePanel('inspector')),
  { id: 'palette', title: 'Find a command', group: 'View', keys: ['Mod+K'], run: () => openSheet('palette') },
  { id: 'help', title: 'Keys', group: 'View', keys: ['?', 'F1'], run: () => openSheet('help') },
  { id: 'plugins.open', title: 'Plugins…', group: 'View', keys: ['Mod+Shift+P'], run: () => openSheet('plugins') },
  { id: 'settings', title: 'Settings', group: 'View', keys: ['Mod+,'], run: () => openSheet('settings') },

  { id: 'remix.new', title: 'New remix: choose a work', group: 'File', keys: ['Mod+N'], run: () => showScreen('library') },
  { id: 'remix.open', title: 'Open a remix…', group: 'File', keys: ['Mod+O'], run: () => void openRemix() },
  inRemix('remix.save', 'Save', 'File', ['Mod+S'], () => void saveRemix()),
  inRemix('remix.saveAs', 'Save as…', 'File', ['Mod+Shift+S'], () => void saveRemix(true)),
  inRemix('remix.close', 'Close the remix', 'File', ['Mod+W'], () => void closeRemix().then(() => showScreen('library'))),
  inRemix('export.open', 'Export…', 'File', ['Mod+Shift+E'], () => openSheet('export')),
  inRemix('approvals.submit', 'Submit for approval…', 'File', ['Mod+Shift+A'], openSubmit),
  { id: 'pack.import', title: 'Import a licence pack…', group: 'File', keys: [], run: () => void importPack(null) },
  { id: 'sync.now', title: 'Sync the ledger now', group: 'File', keys: [], run: () => void syncNow() },

  { id: 'go.library', title: 'Library', group: 'Go to', keys: ['Mod+1'], run: () => showScreen('library') },
  { id: 'go.remix', title: 'Remix', group: 'Go to', keys: ['Mod+2'], run: () => remixStore.getState().uid !== null && showScreen('remix') },
  {
    id: 'go.variations',
    title: 'Variations',
    group: 'Go to',
    keys: ['V'],
    run: () => remixStore.getState().uid !== null && showScreen('variations'),
  },
  { id: 'go.verify', title: 'Verify a file', group: 'Go to', keys: ['Mod+3'], run: () => showScreen('verify') },
  { id: 'go.ledger', title: 'Ledger', group: 'Go to', keys: ['Mod+4'], run: () => showScreen('ledger') },
  { id: 'go.approvals', title: 'Approvals', group: 'Go to', keys: ['Mod+5'], run: () => showScreen('approvals') },
]

/** Whether a command can run now. */
export const canRun = ({ id, needsRemix, isOfVariations }: Command): boolean => {
  if (needsRemix !== true && isOfVariations !== true) return true
  if (remixStore.getState().uid === null) return false
  if (isOfVariations) return areVariationsActive()
  const { screen } = viewStore.getState()
  if (EVERYWHERE.has(id) || (PLAYING.has(id) && PLAYS_REMIX.has(screen))) return true
  return screen === 'remix' || (screen === 'variations' && OF_THE_WHOLE.has(id))
}

/** What a command is called now. */
export const commandText = (command: Command): string => command.text?.() ?? command.title

/** Shown key of a command, by id. */
export const keysOf = (id: string): string | undefined => COMMANDS.find((command) => command.id === id)?.keys[0]

/** Runs a command by id, as the app's menu asks. */
export const runCommand = (id: string): void => {
  const command = COMMANDS.find((one) => one.id === id)
  if (command && canRun(command)) command.run()
}
