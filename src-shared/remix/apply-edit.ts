// Applying commands to a remix: arguments read, the pure edit run, a label for the undo menu.
import { fail, type NewId, ok, type Result } from '../std/index.ts'
import { type MeterPoint, type TempoPoint, tick } from '../time/index.ts'
import { clipIdsOf, oneId, readFrames, readLength, readPosition, readSpan, Refusal, refuse } from './edit-arguments.ts'
import type { EditCommand } from './edit-command.ts'
import * as edits from './edits/index.ts'
import type { RemixSnapshot } from './records.ts'
import { recordOf, remixOf } from './snapshot.ts'

const clipsLabel = (snapshot: RemixSnapshot, verb: string, clipIds: readonly string[]): string => {
  const only = clipIds.length === 1 ? recordOf(snapshot, 'clip', clipIds[0] ?? '') : undefined
  return only ? `${verb} ${only.name}` : `${verb} ${clipIds.length} clips`
}

const trackName = (snapshot: RemixSnapshot, trackId: string): string => recordOf(snapshot, 'track', trackId)?.name ?? 'track'

const deviceName = (snapshot: RemixSnapshot, deviceId: string): string => {
  const device = recordOf(snapshot, 'device', deviceId)
  return device ? edits.deviceLabel(device) : 'device'
}

const sidechainOf = <T extends string | null | undefined>(snapshot: RemixSnapshot, reference: T): string | Exclude<T, string> =>
  typeof reference === 'string' ? oneId(snapshot, 'track', reference) : (reference as Exclude<T, string>)

const sectionName = (snapshot: RemixSnapshot, markerId: string): string => recordOf(snapshot, 'marker', markerId)?.name ?? 'section'

const trackLabel = (snapshot: RemixSnapshot, command: Extract<EditCommand, { op: 'track.set' }>, trackId: string): string => {
  const called = trackName(snapshot, trackId)
  if (command.isMuted !== undefined) return `${command.isMuted ? 'Mute' : 'Unmute'} ${called}`
  if (command.isSoloed !== undefined) return `${command.isSoloed ? 'Solo' : 'Unsolo'} ${called}`
  if (command.gainDb !== undefined) return `Set ${called} level`
  if (command.pan !== undefined) return `Pan ${called}`
  if (command.name !== undefined) return `Rename ${called}`
  return command.index === undefined ? `Change ${called}` : `Move track ${called}`
}

/** Ids that the command names, in order, and new ones after them. */
const idsFirst = (ids: readonly string[] | undefined, newId: NewId): NewId => {
  let used = 0
  return () => ids?.[used++] ?? newId()
}

const earliest = (snapshot: RemixSnapshot, clipIds: readonly string[]): number =>
  Math.min(...clipIds.map((id) => recordOf(snapshot, 'clip', id)?.startTick ?? 0))

/** Labels are worked out when asked for: a style makes hundreds of edits and shows none of theirs. */
const run = (
  snapshot: RemixSnapshot,
  command: EditCommand,
  newId: NewId,
): { readonly result: Result<RemixSnapshot>; readonly label: () => string } => {
  const remix = remixOf(snapshot)
  const position = (value: number | string) => readPosition(remix, value)
  switch (command.op) {
    case 'clip.move': {
      const clipIds = clipIdsOf(snapshot, command.clipIds)
      const from = earliest(snapshot, clipIds)
      const byTicks = command.toTick === undefined ? readSpan(remix, command.byTicks ?? 0, from) : position(command.toTick) - from
      const toTrackId = command.toTrackId === undefined ? undefined : oneId(snapshot, 'track', command.toTrackId)
      return { result: edits.moveClips(snapshot, { clipIds, byTicks, toTrackId }), label: () => clipsLabel(snapshot, 'Move', clipIds) }
    }
    case 'clip.split': {
      const clipIds = clipIdsOf(snapshot, command.clipIds)
      const atTick = position(command.atTick)
      return {
        result: edits.splitClips(snapshot, { clipIds, atTick, rightIds: command.rightIds }, newId),
        label: () => clipsLabel(snapshot, 'Split', clipIds),
      }
    }
    case 'clip.trim': {
      const clipId = oneId(snapshot, 'clip', command.clipId)
      return {
        result: edits.trimClip(snapshot, { clipId, edge: command.edge, toTick: position(command.toTick) }),
        label: () => clipsLabel(snapshot, 'Trim', [clipId]),
      }
    }
    case 'clip.slip': {
      const clipIds = clipIdsOf(snapshot, command.clipIds)
      return {
        result: edits.slipClips(snapshot, { clipIds, byFrames: readFrames(command.byFrames) }),
        label: () => clipsLabel(snapshot, 'Slip', clipIds),
      }
    }
    case 'clip.delete': {
      const clipIds = clipIdsOf(snapshot, command.clipIds)
      return { result: edits.deleteClips(snapshot, { clipIds }), label: () => clipsLabel(snapshot, 'Delete', clipIds) }
    }
    case 'clip.rest': {
      const clipIds = clipIdsOf(snapshot, command.clipIds)
      const spans = command.spans.map(({ fromTick, toTick }) => ({ fromTick: position(fromTick), toTick: position(toTick) }))
      return {
        result: edits.restClips(snapshot, { clipIds, spans, rightIds: command.rightIds }, newId),
        label: () => clipsLabel(snapshot, 'Rest', clipIds),
      }
    }
    case 'clip.duplicate': {
      const clipIds = clipIdsOf(snapshot, command.clipIds)
      const byTicks = command.byTicks === undefined ? undefined : readSpan(remix, command.byTicks, earliest(snapshot, clipIds))
      return {
        result: edits.duplicateClips(snapshot, { clipIds, byTicks, newIds: command.newIds }, newId),
        label: () => clipsLabel(snapshot, 'Duplicate', clipIds),
      }
    }
    case 'clip.set': {
      const clipIds = clipIdsOf(snapshot, command.clipIds)
      const { op: _, clipIds: __, fadeInFrames, fadeOutFrames, ...changes } = command
      const fades = {
        fadeInFrames: fadeInFrames === undefined ? undefined : readFrames(fadeInFrames),
        fadeOutFrames: fadeOutFrames === undefined ? undefined : readFrames(fadeOutFrames),
      }
      const verb =
        command.isMuted === undefined
          ? command.gainDb === undefined
            ? command.name === undefined
              ? 'Fade'
              : 'Rename'
            : 'Set gain of'
          : command.isMuted
            ? 'Mute'
            : 'Unmute'
      return { result: edits.setClips(snapshot, { clipIds, ...changes, ...fades }), label: () => clipsLabel(snapshot, verb, clipIds) }
    }
    case 'clip.warp': {
      const clipIds = clipIdsOf(snapshot, command.clipIds)
      const milliBpm = command.bpm === undefined ? command.milliBpm : Math.round(command.bpm * 1000)
      const cents = command.semitones === undefined ? command.cents : Math.round(command.semitones * 100)
      return {
        result: edits.warpClips(snapshot, { clipIds, milliBpm, cents, keepsFormants: command.keepsFormants }),
        label: () => clipsLabel(snapshot, cents === undefined ? 'Warp' : 'Transpose', clipIds),
      }
    }
    case 'clip.sound': {
      const clipIds = clipIdsOf(snapshot, command.clipIds)
      return {
        result: edits.setClipSound(snapshot, { clipIds, soundId: command.soundId }),
        label: () => clipsLabel(snapshot, command.soundId === null ? 'Restore' : 'Re-voice', clipIds),
      }
    }
    case 'sound.add': {
      const stemId = oneId(snapshot, 'stem', command.stemId)
      return { result: edits.addSound(snapshot, { ...command, stemId }, newId), label: () => `Make ${command.name}` }
    }
    case 'sound.set':
      return {
        result: edits.setSound(snapshot, command),
        label: () => `Change ${recordOf(snapshot, 'sound', command.soundId)?.name ?? 'sound'}`,
      }
    case 'sound.remove':
      return {
        result: edits.removeSound(snapshot, command),
        label: () => `Remove ${recordOf(snapshot, 'sound', command.soundId)?.name ?? 'sound'}`,
      }
    case 'work.add':
      return {
        result: edits.addWork(snapshot, { ...command, atTick: command.atTick === undefined ? 0 : position(command.atTick) }, newId),
        label: () => `Add ${command.work.title}`,
      }
    case 'work.set':
      return {
        result: edits.setWork(snapshot, command),
        label: () => `Correct ${recordOf(snapshot, 'work', command.workId)?.title ?? 'work'}`,
      }
    case 'work.match': {
      const asked = { tempo: command.tempo ?? true, key: command.key ?? true }
      const work = recordOf(snapshot, 'work', command.workId)
      return {
        result: edits.matchWork(snapshot, { workId: command.workId, ...asked }),
        label: () => edits.matchLabel(work?.title ?? 'work', work ? edits.matchable(snapshot, work, asked) : asked),
      }
    }
    case 'recipe.add':
      return { result: edits.addRecipe(snapshot, command), label: () => `Apply ${command.recipe.style}` }
    case 'clip.add': {
      const startTick = position(command.startTick)
      const lengthTicks = command.lengthTicks === undefined ? undefined : readLength(remix, command.lengthTicks, startTick)
      const stemId = oneId(snapshot, 'stem', command.stemId)
      const { id, sourceOffsetFrames, name, gainDb, warp, soundId, foundBy } = command
      const trackId = oneId(snapshot, 'track', command.trackId)
      const args = { id, trackId, stemId, startTick, lengthTicks, sourceOffsetFrames, name, gainDb, warp, soundId, foundBy }
      return { result: edits.addClip(snapshot, args, newId), label: () => `Add ${recordOf(snapshot, 'stem', stemId)?.title ?? 'clip'}` }
    }
    case 'track.set': {
      const { op: _, ...args } = command
      const trackId = oneId(snapshot, 'track', command.trackId)
      return { result: edits.setTrack(snapshot, { ...args, trackId }), label: () => trackLabel(snapshot, command, trackId) }
    }
    case 'track.add':
      return {
        result: edits.addTrack(snapshot, command, newId),
        label: () => `Add ${command.kind === 'bus' ? 'bus' : 'track'} ${command.name}`,
      }
    case 'track.delete': {
      const trackId = oneId(snapshot, 'track', command.trackId)
      return { result: edits.deleteTrack(snapshot, { trackId }), label: () => `Delete ${trackName(snapshot, trackId)}` }
    }
    case 'device.add': {
      const trackId = oneId(snapshot, 'track', command.trackId)
      return {
        result: edits.addDevice(snapshot, { ...command, trackId }, newId),
        label: () => `Add ${command.kind} to ${trackName(snapshot, trackId)}`,
      }
    }
    case 'device.set': {
      const deviceId = oneId(snapshot, 'device', command.deviceId)
      return { result: edits.setDevice(snapshot, { ...command, deviceId }), label: () => `Change ${deviceName(snapshot, deviceId)}` }
    }
    case 'device.move': {
      const deviceId = oneId(snapshot, 'device', command.deviceId)
      const toTrackId = command.toTrackId === undefined ? undefined : oneId(snapshot, 'track', command.toTrackId)
      const label = () => `Move ${deviceName(snapshot, deviceId)}`
      return { result: edits.moveDevice(snapshot, { ...command, deviceId, toTrackId }), label }
    }
    case 'device.remove': {
      const deviceId = oneId(snapshot, 'device', command.deviceId)
      // Read before: a draft has forgotten it when the label is asked for.
      const name = deviceName(snapshot, deviceId)
      return { result: edits.removeDevice(snapshot, { deviceId }), label: () => `Remove ${name}` }
    }
    case 'device.copy': {
      const deviceId = oneId(snapshot, 'device', command.deviceId)
      const toTrackId = command.toTrackId === undefined ? undefined : oneId(snapshot, 'track', command.toTrackId)
      const to = toTrackId === undefined ? '' : ` to ${trackName(snapshot, toTrackId)}`
      const label = () => `Copy ${deviceName(snapshot, deviceId)}${to}`
      return { result: edits.copyDevice(snapshot, { ...command, deviceId, toTrackId }, newId), label }
    }
    case 'plugin.add': {
      const trackId = oneId(snapshot, 'track', command.trackId)
      const plugin = { ...command.plugin, sidechainTrackId: sidechainOf(snapshot, command.plugin.sidechainTrackId) }
      const label = () => `Add ${edits.pluginName(command.plugin)} to ${trackName(snapshot, trackId)}`
      return { result: edits.addPlugin(snapshot, { ...command, trackId, plugin }, newId), label }
    }
    case 'plugin.set': {
      const deviceId = oneId(snapshot, 'device', command.deviceId)
      const sidechainTrackId = sidechainOf(snapshot, command.sidechainTrackId)
      const verb =
        command.state === undefined ? (command.sidechainTrackId === undefined ? 'Change' : 'Set sidechain of') : 'Load settings of'
      const label = () => `${verb} ${deviceName(snapshot, deviceId)}`
      return { result: edits.setPlugin(snapshot, { ...command, deviceId, sidechainTrackId }), label }
    }
    case 'plugin.replace': {
      const deviceId = oneId(snapshot, 'device', command.deviceId)
      const plugin = { ...command.plugin, sidechainTrackId: sidechainOf(snapshot, command.plugin.sidechainTrackId) }
      const name = deviceName(snapshot, deviceId)
      const label = () => `Replace ${name} by ${edits.pluginName(command.plugin)}`
      return { result: edits.replacePlugin(snapshot, { ...command, deviceId, plugin }), label }
    }
    case 'track.freeze': {
      const trackId = oneId(snapshot, 'track', command.trackId)
      return { result: edits.freezeTrack(snapshot, { ...command, trackId }), label: () => `Freeze ${trackName(snapshot, trackId)}` }
    }
    case 'track.unfreeze': {
      const trackId = oneId(snapshot, 'track', command.trackId)
      return { result: edits.unfreezeTrack(snapshot, { trackId }), label: () => `Unfreeze ${trackName(snapshot, trackId)}` }
    }
    case 'send.add': {
      const fromTrackId = oneId(snapshot, 'track', command.fromTrackId)
      const toTrackId = oneId(snapshot, 'track', command.toTrackId)
      const label = () => `Send ${trackName(snapshot, fromTrackId)} to ${trackName(snapshot, toTrackId)}`
      return { result: edits.addSend(snapshot, { ...command, fromTrackId, toTrackId }, newId), label }
    }
    case 'send.set':
      return { result: edits.setSend(snapshot, command), label: () => 'Change send' }
    case 'send.remove':
      return { result: edits.removeSend(snapshot, command), label: () => 'Remove send' }
    case 'automation.set': {
      const ownerId = command.ownerId.startsWith('@') ? oneId(snapshot, 'track', command.ownerId) : command.ownerId
      const points = command.points.map((point) => ({ ...point, atTick: position(point.atTick) }))
      return { result: edits.setAutomation(snapshot, { ...command, ownerId, points }, newId), label: () => `Automate ${command.param}` }
    }
    case 'automation.remove': {
      const ownerId = command.ownerId.startsWith('@') ? oneId(snapshot, 'track', command.ownerId) : command.ownerId
      return { result: edits.removeAutomation(snapshot, { ...command, ownerId }), label: () => `Remove automation of ${command.param}` }
    }
    case 'remix.set': {
      let result: Result<RemixSnapshot> = ok(snapshot)
      if (command.title !== undefined) result = edits.renameRemix(snapshot, { title: command.title })
      if (result.ok && command.key !== undefined) result = edits.setKey(result.value, { key: command.key })
      return { result, label: () => (command.title === undefined ? 'Set key' : 'Rename remix') }
    }
    case 'loop.set': {
      const startTick = command.startTick === undefined ? (remix.loop?.startTick ?? 0) : position(command.startTick)
      const lengthTicks =
        command.lengthTicks === undefined ? (remix.loop?.lengthTicks ?? 0) : readLength(remix, command.lengthTicks, startTick)
      return {
        result: edits.setLoop(snapshot, { loop: { startTick, lengthTicks, isEnabled: command.isEnabled ?? true } }),
        label: () => 'Set loop',
      }
    }
    case 'loop.clear':
      return { result: edits.setLoop(snapshot, { loop: null }), label: () => 'Clear loop' }
    case 'tempo.set': {
      const points: TempoPoint[] = (command.points ?? [{ at: 0, milliBpm: undefined, bpm: command.bpm }]).map((point) => ({
        atTick: tick(position(point.at)),
        milliBpm: point.milliBpm ?? Math.round((point.bpm ?? refuse('tempo.missing', 'Give a tempo as “bpm”.')) * 1000),
      }))
      return { result: edits.setTempo(snapshot, { tempo: points, keep: command.keep ?? 'audio' }), label: () => 'Set tempo' }
    }
    case 'meter.set': {
      const points: MeterPoint[] = (
        command.points ?? [{ at: 0, numerator: command.numerator ?? 4, denominator: command.denominator ?? 4 }]
      ).map(({ at, numerator, denominator }) => ({ atTick: tick(position(at)), numerator, denominator }))
      return { result: edits.setMeter(snapshot, { meter: points }), label: () => 'Set meter' }
    }
    case 'marker.add': {
      const atTick = position(command.atTick)
      const lengthTicks = command.lengthTicks ? readLength(remix, command.lengthTicks, atTick) : null
      return { result: edits.addMarker(snapshot, { ...command, atTick, lengthTicks }, newId), label: () => `Add marker ${command.name}` }
    }
    case 'marker.set': {
      const markerId = oneId(snapshot, 'marker', command.markerId)
      const atTick = command.atTick === undefined ? undefined : position(command.atTick)
      const from = atTick ?? recordOf(snapshot, 'marker', markerId)?.atTick ?? 0
      const lengthTicks = command.lengthTicks == null ? command.lengthTicks : readLength(remix, command.lengthTicks, from)
      return { result: edits.setMarker(snapshot, { ...command, markerId, atTick, lengthTicks }), label: () => 'Change marker' }
    }
    case 'section.move': {
      const markerId = oneId(snapshot, 'marker', command.markerId)
      return {
        result: edits.moveSection(snapshot, { markerId, toTick: position(command.toTick) }, newId),
        label: () => `Move ${sectionName(snapshot, markerId)}`,
      }
    }
    case 'section.repeat': {
      const markerId = oneId(snapshot, 'marker', command.markerId)
      const times = command.times ?? 2
      return {
        result: edits.repeatSection(snapshot, { markerId, times }, newId),
        label: () =>
          times === 2 ? `Duplicate ${sectionName(snapshot, markerId)}` : `Repeat ${sectionName(snapshot, markerId)} ${times} times`,
      }
    }
    case 'section.swap': {
      const markerId = oneId(snapshot, 'marker', command.markerId)
      const withMarkerId = oneId(snapshot, 'marker', command.withMarkerId)
      return {
        result: edits.swapSections(snapshot, { markerId, withMarkerId }, newId),
        label: () => `Swap ${sectionName(snapshot, markerId)} and ${sectionName(snapshot, withMarkerId)}`,
      }
    }
    case 'section.delete': {
      const markerId = oneId(snapshot, 'marker', command.markerId)
      return { result: edits.deleteSection(snapshot, { markerId }, newId), label: () => `Delete ${sectionName(snapshot, markerId)}` }
    }
    case 'time.insert': {
      const atTick = position(command.atTick)
      const lengthTicks = readLength(remix, command.lengthTicks, atTick)
      return { result: edits.insertTime(snapshot, { atTick, lengthTicks }, newId), label: () => 'Insert time' }
    }
    case 'time.delete': {
      const fromTick = position(command.fromTick)
      const lengthTicks = readLength(remix, command.lengthTicks, fromTick)
      return { result: edits.deleteTime(snapshot, { fromTick, lengthTicks }, newId), label: () => 'Delete time' }
    }
    case 'time.arrange': {
      const pieces = command.pieces.map((piece) => {
        const fromTick = piece.fromTick === null ? null : position(piece.fromTick)
        return { fromTick, lengthTicks: readLength(remix, piece.lengthTicks, fromTick ?? 0) }
      })
      return { result: edits.arrangeTime(snapshot, { pieces }, idsFirst(command.newIds, newId)), label: () => 'Rearrange' }
    }
    case 'marker.remove': {
      const markerId = oneId(snapshot, 'marker', command.markerId)
      return { result: edits.removeMarker(snapshot, { markerId }), label: () => 'Remove marker' }
    }
  }
}

/** Runs an edit; what its arguments refuse is a result like any other. */
const attempt = (snapshot: RemixSnapshot, command: EditCommand, newId: NewId): ReturnType<typeof run> => {
  try {
    const frozen = edits.readFrozen(snapshot)
    const step = run(snapshot, command, newId)
    if (!frozen || !step.result.ok) return step
    const kept = edits.checkFrozen(frozen, step.result.value)
    return kept.ok ? step : { ...step, result: kept }
  } catch (error) {
    if (error instanceof Refusal) return { result: { ok: false, error: error.problem }, label: () => '' }
    throw error
  }
}

/** Applies one edit. Pure: the new snapshot and the label for the undo menu, or a refusal that changed nothing. */
export const applyEdit = (
  snapshot: RemixSnapshot,
  command: EditCommand,
  { newId }: { readonly newId: NewId },
): Result<{ readonly snapshot: RemixSnapshot; readonly label: string }> => {
  const step = attempt(snapshot, command, newId)
  return step.result.ok ? ok({ snapshot: step.result.value, label: step.label() }) : step.result
}

/**
 * Edits made one after another to a snapshot of their own. After a refusal it is spent: the refused edit may be there in part. For those who look at
 * the remix between two edits; others take `applyEdits`.
 */
export class EditSequence {
  readonly #draft: RemixSnapshot
  readonly #newId: NewId

  constructor(snapshot: RemixSnapshot, { newId }: { readonly newId: NewId }) {
    this.#draft = edits.openDraft(snapshot)
    this.#newId = newId
  }

  /** The remix as it stands; changes with the next edit. */
  get snapshot(): RemixSnapshot {
    return this.#draft
  }

  /** Makes one edit; the value tells its label until the next one. */
  apply(command: EditCommand): Result<() => string> {
    const { result, label } = attempt(this.#draft, command, this.#newId)
    return result.ok ? ok(label) : result
  }

  /** Ends the sequence: from here on the snapshot is immutable like any other. */
  finish(): RemixSnapshot {
    return edits.sealDraft(this.#draft)
  }
}

/** Applies edits in order, all or none, with one label for the lot. The refusal names the edit, by number from 1, where there are several. */
export const applyEdits = (
  snapshot: RemixSnapshot,
  commands: readonly EditCommand[],
  context: { readonly newId: NewId },
): Result<{ readonly snapshot: RemixSnapshot; readonly label: string; readonly labels: readonly string[] }> => {
  const sequence = new EditSequence(snapshot, context)
  if (commands.length === 0) return ok({ snapshot, label: 'Edit', labels: [] })
  const labels: string[] = []
  for (const [i, command] of commands.entries()) {
    const step = sequence.apply(command)
    if (!step.ok) {
      const { code, message, details } = step.error
      return commands.length === 1 ? step : fail(code, `Edit ${i + 1} (${command.op}): ${message}`, { ...details, edit: i + 1 })
    }
    labels.push(step.value())
  }
  const [first = 'Edit'] = labels
  const label = labels.every((one) => one === first) ? first : `${first} and ${labels.length - 1} more`
  return ok({ snapshot: sequence.finish(), label, labels })
}
