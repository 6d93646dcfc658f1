// The plan by which corrected notes are heard before they are in the remix: a short window of it, so that little has to be made anew after every
// change. Only what plays the notes is cut; everything else stays the very sound the remix has.
import type { NotesPiece } from '../../../src-shared/protocol/index.ts'
import {
  MASTER_TRACK_ID,
  type Make,
  type Note,
  type PlanClip,
  type PlanSource,
  type PlanTrack,
  type RenderPlan,
  type StemRecord,
} from '../../../src-shared/remix/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'

/** So much is heard of one plan; whoever listens on asks for the next one. */
const WINDOW_FRAMES = 20 * 48_000
/** What rang before still rings. */
const LEAD_FRAMES = 2 * 48_000
/** The very end of a made sound is faded: it lies behind what is heard. */
const MARGIN_FRAMES = 48_000
/** A note that began so long ago is not waited for. */
const OLDEST_FRAMES = 20 * 48_000

export interface NotesOrder {
  /** Clips that play the notes; the first one is preferred. */
  readonly clipIds: readonly string[]
  /** Without the rest of the remix. */
  readonly isAlone: boolean
  /** Frame of the stem (48 kHz) to begin at. */
  readonly fromFrame: number
  /** Where on the timeline something plays already, to go on there; null begins anew. */
  readonly nowFrame: number | null
}

export interface NotesPlan {
  readonly plan: RenderPlan
  readonly atFrame: number
  /** End of the window on the timeline, and of all that plays the notes. */
  readonly untilFrame: number
  readonly endFrame: number
  /** All places of the timeline that play the notes, ascending. */
  readonly pieces: readonly NotesPiece[]
}

type Stretch = readonly [from: number, to: number]

/** Where a clip's time on the timeline lies in its stem: one piece for every stretch of one speed. */
const piecesOf = ({ startFrame, lengthFrames, sourceStartFrame }: PlanClip, { warp }: PlanSource): readonly NotesPiece[] => {
  const anchors = warp && warp.anchors.length > 1 ? warp.anchors : ([[0, 0] as const, [1, 1] as const] as const)
  const last = anchors.length - 2
  return anchors.slice(0, -1).flatMap(([fromStem, fromOut], i) => {
    const [toStem, toOut] = anchors[i + 1] ?? [fromStem + 1, fromOut + 1]
    // The last stretch goes on, as the stem does.
    const from = Math.max(sourceStartFrame, fromOut)
    const to = Math.min(sourceStartFrame + lengthFrames, i === last ? Number.POSITIVE_INFINITY : toOut)
    if (to <= from) return []
    const speed = (toStem - fromStem) / (toOut - fromOut)
    return [
      {
        atFrame: startFrame + from - sourceStartFrame,
        lengthFrames: to - from,
        stemFrame: fromStem + (from - fromOut) * speed,
        stemLengthFrames: (to - from) * speed,
      },
    ]
  })
}

/** Where on the timeline a frame of the stem is heard first; the next thing that is heard where it is not. */
const placeOf = (pieces: readonly NotesPiece[], stemFrame: number): number | undefined => {
  const holding = pieces.find((piece) => stemFrame >= piece.stemFrame && stemFrame < piece.stemFrame + piece.stemLengthFrames)
  if (holding)
    return Math.round(holding.atFrame + ((stemFrame - holding.stemFrame) * holding.lengthFrames) / Math.max(1, holding.stemLengthFrames))
  const later = pieces.filter((piece) => piece.stemFrame >= stemFrame).sort((left, right) => left.stemFrame - right.stemFrame)
  return (later[0] ?? pieces[0])?.atFrame
}

/** The part of a made sound that is heard: its source, and how many frames of its sound lie before it. Null where it cannot be cut. */
const cutSource = (source: PlanSource, [fromOut, toOut]: Stretch): { readonly source: PlanSource; readonly skippedOut: number } | null => {
  const { make, warp } = source
  if (make?.kind !== 'notes' || (warp && warp.anchors.length !== 2)) return null
  const total = Math.round((source.lengthFrames * 48_000) / source.sampleRate)
  const ratio = warp ? (warp.anchors[1]?.[1] ?? total) / Math.max(1, (warp.anchors[1]?.[0] ?? total) - (warp.anchors[0]?.[0] ?? 0)) : 1
  const wanted = Math.max(0, Math.floor(fromOut / ratio) - (warp ? MARGIN_FRAMES : 0))
  const held = make.notes.filter(
    ({ startFrame, lengthFrames }) => startFrame < wanted && startFrame + lengthFrames > wanted && startFrame > wanted - OLDEST_FRAMES,
  )
  const from = Math.min(wanted, ...held.map(({ startFrame }) => startFrame))
  const to = Math.min(total, Math.ceil(toOut / ratio) + MARGIN_FRAMES)
  if (to - from >= total || to <= from) return null
  const notes = make.notes.flatMap((note): readonly Note[] => {
    const end = note.startFrame + note.lengthFrames
    if (end <= from || note.startFrame >= to) return []
    const start = Math.max(0, note.startFrame - from)
    return [{ ...note, startFrame: start, lengthFrames: Math.max(1, end - from - start) }]
  })
  const { instrument } = make
  const cut: Make = {
    ...make,
    notes,
    // Sounds are named by how they are made, not by how long they are: two windows may hold the same notes.
    instrument: { ...instrument, params: { ...instrument.params, windowFrames: to - from } },
  }
  const { warp: _, ...plain } = source
  const outFrames = Math.max(1, Math.round((to - from) * ratio))
  return {
    source: {
      ...plain,
      sampleRate: 48_000,
      lengthFrames: to - from,
      make: cut,
      ...(warp
        ? {
            warp: {
              ...warp,
              anchors: [
                [0, 0],
                [to - from, outFrames],
              ],
            },
          }
        : {}),
    },
    skippedOut: Math.round(from * ratio),
  }
}

/** The clip in a cut source, `outFrames` long, of whose sound the first `skippedOut` frames are gone. */
const moveClip = (clip: PlanClip, skippedOut: number, outFrames: number): readonly PlanClip[] => {
  const missing = Math.max(0, skippedOut - clip.sourceStartFrame)
  const sourceStartFrame = clip.sourceStartFrame + missing - skippedOut
  const lengthFrames = Math.min(clip.lengthFrames - missing, outFrames - sourceStartFrame)
  if (lengthFrames <= 0) return []
  const fadeInFrames = missing > 0 ? 0 : Math.min(clip.fadeInFrames, lengthFrames)
  return [
    {
      ...clip,
      startFrame: clip.startFrame + missing,
      lengthFrames,
      sourceStartFrame,
      fadeInFrames,
      fadeOutFrames: lengthFrames < clip.lengthFrames - missing ? 0 : Math.min(clip.fadeOutFrames, lengthFrames - fadeInFrames),
    },
  ]
}

/**
 * What is heard of the notes in a plan that holds them, from where they are wanted. Codes: `revoice.not_heard` where no clip plays them.
 */
export const planNotes = (plan: RenderPlan, { clipIds, isAlone, fromFrame, nowFrame }: NotesOrder): Result<NotesPlan> => {
  const wanted = new Set(clipIds)
  const found = plan.tracks.flatMap((track) =>
    track.clips.flatMap((clip) => {
      const source = plan.sources[clip.source]
      return wanted.has(clip.clipId) && source ? piecesOf(clip, source).map((piece) => ({ piece, clipId: clip.clipId })) : []
    }),
  )
  const inTime = found.map(({ piece }) => piece).sort((left, right) => left.atFrame - right.atFrame)
  const preferred = found.flatMap(({ piece, clipId }) => (clipId === clipIds[0] ? [piece] : []))
  const isIn = (pieces: readonly NotesPiece[]): boolean =>
    pieces.some((piece) => fromFrame >= piece.stemFrame && fromFrame < piece.stemFrame + piece.stemLengthFrames)
  const at = nowFrame ?? placeOf(isIn(preferred) || !isIn(inTime) ? [...preferred, ...inTime] : inTime, fromFrame)
  if (at === undefined)
    return fail('revoice.not_heard', 'No clip plays these notes now: it is muted, or it was deleted. Unmute it or choose another clip.')
  const endFrame = Math.max(...inTime.map((piece) => piece.atFrame + piece.lengthFrames))
  const untilFrame = Math.max(at + 1, Math.min(endFrame, at + WINDOW_FRAMES))
  const since = Math.max(0, at - LEAD_FRAMES)

  const isConcerned = (track: PlanTrack): boolean => track.clips.some((clip) => wanted.has(clip.clipId))
  const near = plan.tracks.map((track) => {
    const isAudible = isConcerned(track) || (isAlone ? track.kind !== 'audio' : track.isAudible)
    const chosen = isAlone ? track.clips.filter((clip) => wanted.has(clip.clipId)) : track.clips
    // What was frozen is the whole track, and as it was.
    const { frozen, ...unfrozen } = track
    if (frozen && !isConcerned(track)) return { ...track, isAudible, clips: isAlone ? [] : track.clips }
    return {
      ...unfrozen,
      isAudible,
      clips: chosen.filter((clip) => clip.startFrame < untilFrame && clip.startFrame + clip.lengthFrames > since),
    }
  })

  const sources = [...plan.sources]
  const skipped = new Map<number, { readonly skippedOut: number; readonly outFrames: number }>()
  for (const [index, source] of plan.sources.entries()) {
    const clips = near.flatMap((track) => track.clips.filter((clip) => clip.source === index && !clip.isPlayedByInstrument))
    if (clips.length === 0 || source.make?.kind !== 'notes') continue
    const outOf = (clip: PlanClip, frame: number): number =>
      clip.sourceStartFrame + Math.max(0, Math.min(clip.lengthFrames, frame - clip.startFrame))
    const cut = cutSource(source, [
      Math.min(...clips.map((clip) => outOf(clip, since))),
      Math.max(...clips.map((clip) => outOf(clip, untilFrame))),
    ])
    if (!cut) continue
    sources[index] = cut.source
    skipped.set(index, { skippedOut: cut.skippedOut, outFrames: cut.source.warp?.anchors[1]?.[1] ?? cut.source.lengthFrames })
  }
  const tracks = near.map((track) => ({
    ...track,
    clips: track.clips.flatMap((clip) => {
      const cut = skipped.get(clip.source)
      return cut && !clip.isPlayedByInstrument ? moveClip(clip, cut.skippedOut, cut.outFrames) : [clip]
    }),
  }))
  return ok({
    plan: { ...plan, sources, tracks, lengthFrames: Math.max(1, Math.min(plan.lengthFrames, untilFrame)) },
    atFrame: at,
    untilFrame,
    endFrame,
    pieces: inTime,
  })
}

const NOTE_FRAMES = 21_600
const RING_FRAMES = 72_000

/** One note on an instrument, alone: what a key of the roll sounds like. */
export const planNote = (
  { id, workId, role, title, contentSha256, channels, isrc }: StemRecord,
  instrument: { readonly name: string; readonly params: Readonly<Record<string, number>> },
  { pitch, velocity }: Pick<Note, 'pitch' | 'velocity'>,
): RenderPlan => {
  const track = { role, isAudible: true, devices: [], gainDb: { value: 0 }, pan: { value: 0 }, sends: [] } as const
  const note = { startFrame: 0, lengthFrames: NOTE_FRAMES, pitch, velocity }
  return {
    v: 1,
    sampleRate: 48_000,
    lengthFrames: RING_FRAMES,
    tailFrames: 0,
    sources: [
      {
        stemId: id,
        workId,
        role,
        title,
        contentSha256,
        sampleRate: 48_000,
        channels,
        lengthFrames: RING_FRAMES,
        isrc,
        make: {
          kind: 'notes',
          instrument: { ...instrument, params: { ...instrument.params, windowFrames: RING_FRAMES } },
          notes: [note],
          model: null,
        },
      },
    ],
    tracks: [
      {
        ...track,
        id: 'note',
        kind: 'audio',
        name: title,
        clips: [
          {
            clipId: 'note',
            source: 0,
            startFrame: 0,
            lengthFrames: RING_FRAMES,
            sourceStartFrame: 0,
            gainDb: 0,
            fadeInFrames: 0,
            fadeOutFrames: 480,
            fadeCurve: 'linear',
          },
        ],
      },
      { ...track, id: MASTER_TRACK_ID, kind: 'master', name: 'Master', clips: [] },
    ],
  }
}
