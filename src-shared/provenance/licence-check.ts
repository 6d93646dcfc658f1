// What the licence says of a remix as it stands, and the edits that would put it right. Pure: main decides with it, the window asks it while dragging.
import { applyEdits, compilePlan, type Clip, type EditCommand, recordsOf, type RemixSnapshot, type RenderPlan } from '../remix/index.ts'
import { type Decision, decide, type DecisionContext, type GrantInForce, newRefusals, refusalsOf, type Usage } from '../rights/index.ts'
import { ok, type Result } from '../std/index.ts'
import { usageOf } from './usage.ts'

/** The grants that concern a remix, and the moment they are judged at. */
export interface LicenceTerms {
  readonly grants: readonly GrantInForce[]
  readonly context: DecisionContext
}

/** A compiled remix and everything derived from it. */
export interface Assessment {
  readonly plan: RenderPlan
  readonly usage: Usage
  readonly grants: readonly GrantInForce[]
  readonly decisions: readonly Decision[]
}

/** Compiles a snapshot and asks the licence about it. Grants of works that are not in the plan are left out. Refusals of the Result are those of `compilePlan`. */
export const assessRemix = (snapshot: RemixSnapshot, { grants, context }: LicenceTerms): Result<Assessment> => {
  const plan = compilePlan(snapshot)
  if (!plan.ok) return plan
  const sources = new Set(plan.value.sources.map((source) => source.stemId))
  const inPlan = grants.filter(({ grant }) => grant.assets.some((asset) => sources.has(asset.stem)))
  const usage = usageOf(plan.value)
  return ok({ plan: plan.value, usage, grants: inPlan, decisions: decide(inPlan, usage, context) })
}

/** What keeps an edit from being made: denials that were not there before, or are further over their limit now. */
export const denialsOfEdit = (before: readonly Decision[], after: readonly Decision[]): readonly Decision[] =>
  newRefusals(before, after).filter((decision) => decision.effect === 'deny')

/** A way out of a refusal: what it is called, and the edits that do it. */
export interface Remedy {
  readonly label: string
  readonly commands: readonly EditCommand[]
}

/** A clip to shorten first, and from which end: the one a gesture was about. */
export interface Touched {
  readonly clipId: string
  readonly edge: 'start' | 'end'
}

/** Steps a remedy may take before it is no longer one click's worth. */
const MAX_STEPS = 40

const neverNewId = (): string => 'remedy'

const applied = (snapshot: RemixSnapshot, commands: readonly EditCommand[]): RemixSnapshot | null => {
  const result = applyEdits(snapshot, commands, { newId: neverNewId })
  return result.ok ? result.value.snapshot : null
}

const usedMsOf = (snapshot: RemixSnapshot, stem: string): number => {
  const plan = compilePlan(snapshot)
  return plan.ok ? (usageOf(plan.value).stems.find((one) => one.stem === stem)?.usedMs ?? 0) : Number.POSITIVE_INFINITY
}

/** Edits after which a stem is used no longer than `capMs`: the touched clip first, then from the end of the remix. */
const shorten = (snapshot: RemixSnapshot, stem: string, capMs: number, touched: readonly Touched[]): readonly EditCommand[] | null => {
  const edgeOf = new Map(touched.map(({ clipId, edge }) => [clipId, edge]))
  const end = (clip: Clip): number => clip.startTick + clip.lengthTicks
  const clips = recordsOf(snapshot, 'clip')
    .filter((clip) => clip.stemId === stem && !clip.isMuted)
    .sort((a, b) => Number(edgeOf.has(b.id)) - Number(edgeOf.has(a.id)) || end(b) - end(a))
  const commands: EditCommand[] = [
    ...unfreezing(
      snapshot,
      clips.map((clip) => clip.trackId),
    ),
  ]
  const thawed = applied(snapshot, commands)
  if (!thawed) return null
  // What other stems do changes nothing here, and this is asked some twenty times.
  let current: RemixSnapshot = new Map([...thawed].filter(([, record]) => record.type !== 'clip' || record.stemId === stem))
  for (const clip of clips.slice(0, MAX_STEPS)) {
    const without = applied(current, [{ op: 'clip.delete', clipIds: [clip.id] }])
    if (!without) return null
    if (usedMsOf(without, stem) >= capMs) {
      commands.push({ op: 'clip.delete', clipIds: [clip.id] })
      current = without
      if (usedMsOf(current, stem) <= capMs) return commands
      continue
    }
    // The longest part of this clip that stays within the cap; used time grows with what is kept, so halving finds it.
    const edge = edgeOf.get(clip.id) ?? 'end'
    const trim = (kept: number): EditCommand => ({
      op: 'clip.trim',
      clipId: clip.id,
      edge,
      toTick: edge === 'end' ? clip.startTick + kept : end(clip) - kept,
    })
    let fits = 0
    let tooLong: number = clip.lengthTicks
    while (tooLong - fits > 1) {
      const kept = (fits + tooLong) >> 1
      const trimmed = applied(current, [trim(kept)])
      if (trimmed && usedMsOf(trimmed, stem) <= capMs) fits = kept
      else tooLong = kept
    }
    return [...commands, fits === 0 ? { op: 'clip.delete', clipIds: [clip.id] } : trim(fits)]
  }
  return null
}

const clipsOfStems = (snapshot: RemixSnapshot, stems: ReadonlySet<string>): readonly string[] =>
  recordsOf(snapshot, 'clip')
    .filter((clip) => stems.has(clip.stemId) && !clip.isMuted)
    .map((clip) => clip.id)

const tracksOfClips = (snapshot: RemixSnapshot, clipIds: readonly string[]): readonly string[] =>
  clipIds.flatMap((id) => {
    const clip = snapshot.get(id)
    return clip?.type === 'clip' ? [clip.trackId] : []
  })

/** Frozen tracks take no change of their sound: what the licence wants comes after they are let go. */
const unfreezing = (snapshot: RemixSnapshot, trackIds: readonly string[]): readonly EditCommand[] =>
  [...new Set(trackIds)].flatMap((trackId): EditCommand[] => {
    const track = snapshot.get(trackId)
    return track?.type === 'track' && track.frozen ? [{ op: 'track.unfreeze', trackId }] : []
  })

/** Takes what causes a refusal off: the device, or the fade, level or curve of what was named. */
const takeOff = (snapshot: RemixSnapshot, { causeId, op, stem }: Decision): readonly EditCommand[] | null => {
  const cause = causeId === undefined ? undefined : snapshot.get(causeId)
  if (cause?.type === 'device') return [...unfreezing(snapshot, [cause.trackId]), { op: 'device.remove', deviceId: cause.id }]
  if (cause?.type === 'track') {
    if (op === 'gain') return [{ op: 'track.set', trackId: cause.id, gainDb: 0 }]
    if (op === 'pan') return [{ op: 'track.set', trackId: cause.id, pan: 0 }]
    if (op === 'automation')
      return recordsOf(snapshot, 'automation').flatMap(({ ownerId, param }): EditCommand[] =>
        ownerId === cause.id ? [{ op: 'automation.remove', ownerId, param }] : [],
      )
  }
  if (cause?.type === 'clip' && stem !== null) {
    const clipIds = [...clipsOfStems(snapshot, new Set([stem]))]
    const first = unfreezing(snapshot, tracksOfClips(snapshot, clipIds))
    if (op === 'gain') return [...first, { op: 'clip.set', clipIds, gainDb: 0 }]
    if (op === 'fade') return [...first, { op: 'clip.set', clipIds, fadeInFrames: 0, fadeOutFrames: 0 }]
  }
  return null
}

/** Refusals that end where nothing of the stems is heard. */
const MUTED_AWAY: ReadonlySet<string> = new Set([
  'licence.stem_withdrawn',
  'licence.stem_swapped',
  'licence.ended',
  'licence.revoked',
  'licence.not_yet',
])

const oneStep = (snapshot: RemixSnapshot, decision: Decision, { grants }: LicenceTerms): Remedy | null => {
  const { alternative, code, stem, causeId } = decision
  const cause = causeId === undefined ? undefined : snapshot.get(causeId)
  if (alternative?.kind === 'set' && cause?.type === 'device' && alternative.param !== undefined && typeof alternative.value === 'number') {
    const command: EditCommand = { op: 'device.set', deviceId: cause.id, params: { [alternative.param]: alternative.value } }
    return { label: alternative.words, commands: [command] }
  }
  if (alternative?.kind === 'remove') {
    const commands = takeOff(snapshot, decision)
    return commands && commands.length > 0 ? { label: alternative.words, commands } : null
  }
  if (MUTED_AWAY.has(code)) {
    const covered = new Set(
      stem !== null
        ? [stem]
        : grants.filter(({ grant }) => grant.id === decision.grantId).flatMap(({ grant }) => grant.assets.map((asset) => asset.stem)),
    )
    const clipIds = [...clipsOfStems(snapshot, covered)]
    const titles = recordsOf(snapshot, 'stem').flatMap((one) =>
      clipIds.length > 0 && covered.has(one.id) && recordsOf(snapshot, 'clip').some((clip) => clip.stemId === one.id && !clip.isMuted)
        ? [one.title]
        : [],
    )
    const what = titles.length === 1 ? titles[0] : `these ${titles.length} stems`
    return clipIds.length === 0
      ? null
      : {
          label: `Mute ${what}.`,
          commands: [...unfreezing(snapshot, tracksOfClips(snapshot, clipIds)), { op: 'clip.set', clipIds, isMuted: true }],
        }
  }
  return null
}

const isSameRefusal = (left: Decision, right: Decision): boolean =>
  left.code === right.code && left.grantId === right.grantId && left.stem === right.stem && left.op === right.op

/**
 * The edits after which a refusal is gone, checked by asking again; null where none of ours does it (waiting, asking the artist, adding
 * other material). `touched`: clips a gesture was about, which give way first.
 */
export const remedyFor = (
  snapshot: RemixSnapshot,
  decision: Decision,
  terms: LicenceTerms,
  touched: readonly Touched[] = [],
): Remedy | null => {
  const { alternative, stem } = decision
  if (alternative?.kind === 'shorten' && stem !== null && typeof alternative.value === 'number') {
    const shorter = shorten(snapshot, stem, alternative.value, touched)
    return shorter && { label: alternative.words, commands: shorter }
  }
  let label: string | null = null
  const commands: EditCommand[] = []
  let current = snapshot
  let open: Decision | undefined = decision
  for (let step = 0; open && step < MAX_STEPS; step++) {
    const remedy = oneStep(current, open, terms)
    const next = remedy && applied(current, remedy.commands)
    if (!remedy || !next) return null
    label ??= remedy.label
    commands.push(...remedy.commands)
    current = next
    const after = assessRemix(current, terms)
    if (!after.ok) return null
    const wanted: Decision = open
    open = refusalsOf(after.value.decisions).find((one) => isSameRefusal(one, wanted))
  }
  return open || label === null ? null : { label, commands }
}

/** The clips an edit added or changed, and the end of each that moved. */
const touchedBy = (before: RemixSnapshot, after: RemixSnapshot): readonly Touched[] =>
  recordsOf(after, 'clip').flatMap((clip): Touched[] => {
    const old = before.get(clip.id)
    if (old === clip) return []
    const isStart =
      old?.type === 'clip' && old.startTick !== clip.startTick && old.startTick + old.lengthTicks === clip.startTick + clip.lengthTicks
    return [{ clipId: clip.id, edge: isStart ? 'start' : 'end' }]
  })

/** The nearest edit that the licence allows to one it refuses: the same, followed by what puts it right. Null where there is none. */
export const nearestLegalEdit = (
  before: RemixSnapshot,
  after: RemixSnapshot,
  commands: readonly EditCommand[],
  refused: Decision,
  terms: LicenceTerms,
): Remedy | null => {
  const touched = touchedBy(before, after)
  const remedy = remedyFor(after, refused, terms, touched)
  if (!remedy) return null
  const deleted = new Set(remedy.commands.flatMap((command) => (command.op === 'clip.delete' ? command.clipIds : [])))
  // Where nothing of the edit would be left there is nothing near it that is allowed.
  if (touched.length > 0 && touched.every(({ clipId }) => deleted.has(clipId))) return null
  const all = [...commands, ...remedy.commands]
  const known = assessRemix(before, terms)
  const result = applied(before, all)
  const assessed = result && assessRemix(result, terms)
  // Ids that the edit makes up anew are not the ones the remedy speaks of: then the whole does not hold, and nothing is offered.
  if (!known.ok || !assessed?.ok || denialsOfEdit(known.value.decisions, assessed.value.decisions).length > 0) return null
  return { label: remedy.label, commands: all }
}
