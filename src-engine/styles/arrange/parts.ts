// Finding the stretches arrangement styles speak of, joining them well, and sweeping into them.
import { endTick } from '../../../src-shared/remix/index.ts'
import { fail, type Result } from '../../../src-shared/std/index.ts'
import { phraseAt, phrasesOf } from '../cuts.ts'
import { type Bar, type Section, type SectionKind, sectionKind } from '../grid.ts'
import { isVoice, type Lane } from '../lanes.ts'
import type { Stage } from '../stage.ts'
import { text, type StyleParameter } from '../style.ts'
import { byEnergy, highPass, lowPass } from '../sound/index.ts'

export const sectionParam: StyleParameter = text(
  'section',
  'Section',
  'a section’s name, or chorus, verse, drop …; empty: the style chooses',
)

/** Sections a person means: by name, else by kind; several of one name are all meant. */
export const namedSections = (sections: readonly Section[], wanted: string): readonly Section[] => {
  const plain = wanted.trim().toLowerCase()
  if (plain === '') return []
  const exact = sections.filter((section) => section.name.toLowerCase() === plain)
  if (exact.length > 0) return exact
  const partly = sections.filter((section) => section.name.toLowerCase().includes(plain))
  if (partly.length > 0) return partly
  const kind: SectionKind = sectionKind(plain)
  if (kind === 'other') return []
  const ofKind = sections.filter((section) => section.kind === kind)
  // What one song calls a chorus, another calls a drop.
  const alike = kind === 'chorus' ? 'drop' : kind === 'drop' ? 'chorus' : kind
  return ofKind.length > 0 ? ofKind : sections.filter((section) => section.kind === alike)
}

/** The sections a setting names, or `otherwise`; a refusal where it names none. Code: `style.no_section`. */
export const chosenSections = (
  stage: Stage,
  wanted: string,
  otherwise: (sections: readonly Section[]) => readonly Section[],
): Result<readonly Section[]> => {
  const { sections } = stage
  if (wanted.trim() !== '') {
    const found = namedSections(sections, wanted)
    if (found.length > 0) return { ok: true, value: found }
    return fail(
      'style.no_section',
      `There is no section “${wanted}” here; there are ${sections
        .map((one) => one.name)
        .slice(0, 12)
        .join(', ')}.`,
    )
  }
  return { ok: true, value: otherwise(sections) }
}

/** Among the loud sections one by the seed. */
export const oneLoud = (stage: Stage, sections: readonly Section[], from = 0): readonly Section[] => {
  const ranked = byEnergy(sections.filter((section) => section.startTick >= from))
  const best = ranked.filter((section) => section.energy >= (ranked[0]?.energy ?? 0) - 0.12)
  return best.length > 0 ? [stage.random.pick(best)] : ranked.slice(0, 1)
}

export const wholeBars = (stage: Stage, section: Section): readonly Bar[] => {
  const end = section.startTick + section.lengthTicks
  return stage.bars(section.startTick, end).filter((bar) => bar.startTick >= section.startTick && bar.startTick + bar.lengthTicks <= end)
}

export interface Stretch {
  readonly fromTick: number
  readonly lengthTicks: number
}

/**
 * Puts the remix together from stretches, then lets voices keep the words a new edge would have cut: a pick-up plays before it, a last word after it,
 * where nothing else is sung there. What is kept so names the model that found the words.
 */
export const arrangeWithWords = (stage: Stage, pieces: readonly Stretch[]): void => {
  const bar = stage.bars(0, 1)[0]?.lengthTicks ?? 3_840
  const kept: {
    readonly lane: Lane
    readonly edge: 'start' | 'end'
    readonly atTick: number
    readonly toTick: number
    readonly model: string
  }[] = []
  for (const lane of stage.lanes.filter(isVoice)) {
    const phrases = phrasesOf(stage, lane)
    let at = pieces[0]?.lengthTicks ?? 0
    for (const [i, piece] of pieces.entries()) {
      const before = pieces[i - 1]
      if (!before) continue
      const cut = before.fromTick + before.lengthTicks
      if (cut !== piece.fromTick) {
        const last = phraseAt(phrases, cut)
        const first = phraseAt(phrases, piece.fromTick)
        if (first && !last && piece.fromTick - first.startTick <= bar)
          kept.push({ lane, edge: 'start', atTick: at, toTick: at - (piece.fromTick - first.startTick), model: first.model })
        else if (last && !first && last.endTick - cut <= bar)
          kept.push({ lane, edge: 'end', atTick: at, toTick: at + last.endTick - cut, model: last.model })
      }
      at += piece.lengthTicks
    }
  }
  stage.arrange(pieces.map((piece) => ({ ...piece })))
  let words = 0
  for (const { lane, edge, atTick, toTick, model } of kept) {
    const clip = stage.clipsNow(lane).find((one) => (edge === 'start' ? one.startTick : endTick(one)) === atTick)
    if (!clip || toTick < 0) continue
    stage.edit({ op: 'clip.trim', clipId: clip.id, edge, toTick })
    const long = stage.clipsNow(lane).find((one) => one.id === clip.id)
    if (!long) continue
    const { stemId, startTick, lengthTicks, sourceOffsetFrames, name, gainDb, warp, soundId } = long
    stage.edit({ op: 'clip.delete', clipIds: [clip.id] })
    stage.edit({
      op: 'clip.add',
      id: stage.newId(),
      trackId: lane.track.id,
      stemId,
      startTick,
      lengthTicks,
      sourceOffsetFrames,
      name,
      gainDb,
      foundBy: model,
      ...(warp ? { warp } : {}),
      ...(soundId === undefined ? {} : { soundId }),
    })
    words++
  }
  if (words > 0) stage.say(`${words} words kept whole at the cuts`)
}

/** A filter that opens or closes over a stretch, on the master or on lanes of its own. Cutoffs in Hz; rests fully open outside of the stretch. */
export const sweep = (
  stage: Stage,
  lanes: readonly Lane[],
  {
    fromTick,
    toTick,
    kind,
    startHz,
    endHz,
  }: { fromTick: number; toTick: number; kind: 'low-pass' | 'high-pass'; startHz: number; endHz: number },
): void => {
  const open = kind === 'low-pass' ? 20_000 : 20
  for (const lane of lanes) {
    const id = stage.device(lane, kind === 'low-pass' ? lowPass(20_000) : highPass(20))
    if (id === undefined) continue
    // Pitch is heard in ratios: straight lines between a few points of equal ratio.
    const steps = 6
    const points = Array.from({ length: steps + 1 }, (_, i) => ({
      atTick: Math.round(fromTick + ((toTick - fromTick) * i) / steps),
      value: Math.round(startHz * (endHz / startHz) ** (i / steps)),
      curve: 'linear' as const,
    }))
    stage.automate([lane], id, 'cutoffHz', [
      ...(fromTick > 0 ? [{ atTick: fromTick - 1, value: open, curve: 'hold' as const }] : []),
      ...points.slice(0, -1),
      { atTick: toTick - 1, value: points.at(-1)?.value ?? endHz, curve: 'hold' },
      { atTick: toTick, value: open, curve: 'hold' },
    ])
  }
}

/** Rises or falls of a lane's level over a stretch. */
export const ride = (stage: Stage, lane: Lane, fromTick: number, toTick: number, fromDb: number, toDb: number): void => {
  const base = lane.track.gainDb
  stage.automate([lane], lane.track.id, 'gainDb', [
    ...(fromTick > 0 ? [{ atTick: fromTick - 1, value: base, curve: 'hold' as const }] : []),
    { atTick: fromTick, value: base + fromDb },
    { atTick: toTick - 1, value: base + toDb, curve: 'hold' },
    { atTick: toTick, value: base, curve: 'hold' },
  ])
}

/** Names a stretch on the ruler. */
export const nameSection = (stage: Stage, name: string, atTick: number, lengthTicks: number, color: string): void => {
  stage.edit({ op: 'marker.add', id: stage.newId(), name, atTick, lengthTicks, color })
}
