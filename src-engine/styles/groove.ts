// Groove: timing taken from another work, and drums played anew from what was heard in the old ones.
import { type Hit, KITS_BY_NAME } from './kits.ts'
import type { GrooveFinding } from '../../src-shared/protocol/index.ts'
import { homeWork, type Make, recordsOf, stemOf } from '../../src-shared/remix/index.ts'
import { fail } from '../../src-shared/std/index.ts'
import { hasGrid, layFeel, MAX_SLICES, swingFeel } from './cuts.ts'
import type { Bar } from './grid.ts'
import { isDrums, isTexture, type Lane, namesOf } from './lanes.ts'
import type { Stage } from './stage.ts'
import { choice, num, type Style, text, toggle } from './style.ts'
import { balance } from './sound/index.ts'

export const swing: Style = {
  id: 'swing',
  version: 1,
  group: 'groove',
  label: 'Swing',
  description: 'Every second eighth or sixteenth of the drums comes later.',
  parameters: [
    num('swing', 'Swing', '%', [50, 72, 1], 60),
    choice('unit', 'Of', { '2': 'Eighths', '4': 'Sixteenths' }, '2'),
    toggle('all', 'Textures too', false),
  ],
  needs: ['onsets'],
  run: (stage, params) => {
    if (!hasGrid(stage, 'swing')) return undefined
    const lanes = stage.lanes.filter((lane) => isDrums(lane) || (params.flag('all') && isTexture(lane)))
    if (lanes.length === 0) return fail('style.no_part', 'There are no drums here to swing.')
    const perBeat = params.text('unit') === '4' ? 4 : 2
    const exact = params.number('swing') * 10 + stage.random.between(-5, 5, 1)
    layAll(stage, lanes, (lane) => swingFeel(exact + stage.random.fork(lane.track.id).between(-4, 4, 1), perBeat))
    stage.say(`${namesOf(lanes.map((lane) => lane.title))} at ${Math.round(exact) / 10} % swing`)
    return undefined
  },
}

/** Lays a feel over lanes, the busiest parts first, until the slices run out. */
const layAll = (stage: Stage, lanes: readonly Lane[], feelOf: (lane: Lane) => Parameters<typeof layFeel>[2]): number => {
  let room = MAX_SLICES
  let laid = 0
  const rank = { hats: 0, drums: 1, snare: 2, kick: 3 } as const
  for (const lane of [...lanes].sort((left, right) => (rank[left.part as 'hats'] ?? 4) - (rank[right.part as 'hats'] ?? 4))) {
    if (room < 8) {
      stage.leaveOut(
        `the timing of ${lane.title}`,
        `Timing is changed by cutting a track into slices, and ${MAX_SLICES} are enough for one remix to stay editable.`,
      )
      continue
    }
    const slices = layFeel(stage, lane, feelOf(lane), room)
    room -= slices
    if (slices > 0) laid++
  }
  return laid
}

const TICKS_PER_QUARTER = 960
const TICKS_PER_SIXTEENTH = 240

/** How late, in ticks, a groove plays each sixteenth of a bar. Of one found in bars of another length only its swing is taken. */
const offsetsIn = (groove: GrooveFinding, { lengthTicks, beatTicks }: Bar, ticksPerUs: number): number[] => {
  const count = Math.round(lengthTicks / TICKS_PER_SIXTEENTH)
  if (groove.offsetsUs.length === count) return groove.offsetsUs.map((us) => (us ?? 0) * ticksPerUs)
  const late = (permille: number, pairTicks: number): number => (permille / 1000) * pairTicks - pairTicks / 2
  // Where eighths are counted they come in no pairs.
  const eighths = beatTicks === TICKS_PER_QUARTER ? late(groove.swingEighthPermille, TICKS_PER_QUARTER) : 0
  const sixteenths = late(groove.swingSixteenthPermille, 2 * TICKS_PER_SIXTEENTH)
  return Array.from({ length: count }, (_, i) => (i % 2 === 1 ? sixteenths : i % 4 === 2 ? eighths : 0))
}

export const grooveTransfer: Style = {
  id: 'groove-transfer',
  version: 2,
  group: 'groove',
  label: 'Groove of another',
  description: 'Swing and small delays as another work plays them, laid over this one’s drums.',
  parameters: [
    num('strength', 'Strength', '%', [0, 100, 5], 80),
    text('from', 'Take it from', 'title of the other work, or of one of its drum tracks'),
    toggle('all', 'Everything but voices', false),
  ],
  needs: ['second-work', 'onsets'],
  run: (stage, params) => {
    const wanted = params.text('from').trim().toLowerCase()
    const works = recordsOf(stage.snapshot, 'work')
    const grooves = [
      ...recordsOf(stage.snapshot, 'stem').flatMap((stem) => {
        const groove = stage.heard(stem).groove
        return groove ? [{ title: stem.title, workId: stem.workId, groove, isStem: true }] : []
      }),
      ...works.flatMap((work) => {
        const groove = stage.facts.works?.[work.id]?.groove
        return groove ? [{ title: work.title, workId: work.id, groove, isStem: false }] : []
      }),
    ].filter((one) => one.groove.confidence > 0)
    const home = homeWork(stage.snapshot)?.id
    const found =
      wanted === '' ? grooves.find((one) => !one.isStem && one.workId !== home) : grooves.find((one) => one.title.toLowerCase() === wanted)
    if (!found)
      return fail(
        'style.needs_groove',
        grooves.length === 0
          ? 'No groove was heard in any work of this remix. Add the work whose groove you want, with its drums, and try again.'
          : wanted === ''
            ? 'Say whose groove to take: this remix has one work only. Its own drum tracks can be named too.'
            : `No groove was heard in “${params.text('from')}”; there are ${grooves
                .map((one) => one.title)
                .slice(0, 8)
                .join(', ')}.`,
      )
    if (!hasGrid(stage, 'the groove')) return undefined
    const strength = params.number('strength') / 100
    const { groove } = found
    const lanes = stage.lanes.filter((lane) => (params.flag('all') ? lane.role !== 'vocals' : isDrums(lane)) && lane.title !== found.title)
    const ticksPerUs = ((stage.tempo[0]?.milliBpm ?? 120_000) * TICKS_PER_QUARTER) / 60_000_000_000
    const laid = layAll(stage, lanes, (lane) => {
      // A stem alone may be heard in another tempo than its work.
      const own = lane.stems.map((stem) => stage.facts.works?.[stem.workId]?.groove).find((one) => one && one.confidence > 0)
      return {
        offsets: (bar) => {
          const theirs = offsetsIn(groove, bar, ticksPerUs)
          // What a part does of its own makes way: laid over it, the other groove would come out as the sum of both.
          const mine = own ? offsetsIn(own, bar, ticksPerUs) : []
          return theirs.map((late, i) => {
            const ticks = Math.round((late - (mine[i] ?? 0)) * strength)
            // Less than two milliseconds nobody hears, and every move is a cut.
            return Math.abs(ticks) < 2_000 * ticksPerUs ? 0 : ticks
          })
        },
      }
    })
    if (laid === 0) stage.leaveOut('the groove', `These drums are played as ${found.title} is, so nothing would move.`)
    else stage.say(`groove of ${found.title} at ${params.number('strength')} %`)
    return undefined
  },
}

/** Hits of a stem, thinned and shaped by the seed; undefined where none are known. */
const hitsOf = (
  stage: Stage,
  lane: Lane,
  parts: ReadonlySet<string>,
): { readonly stemId: string; readonly hits: readonly Hit[] } | undefined => {
  for (const stem of lane.stems) {
    const hits = stage.heard(stem).hits?.filter((hit) => parts.has(hit.drum))
    if (hits && hits.length > 0) return { stemId: stem.id, hits }
  }
  return undefined
}

const KIT_CHOICES = Object.fromEntries(KITS_BY_NAME)

const drumStyle = (id: 'beat-replace' | 'beat-layer', label: string, description: string): Style => ({
  id,
  version: 1,
  group: 'groove',
  label,
  description,
  parameters: [
    choice('kit', 'Kit', KIT_CHOICES, 'club'),
    choice(
      'what',
      'Which drums',
      { all: 'All of them', kick: 'Kick', snare: 'Snare and clap', hat: 'Hats' },
      id === 'beat-layer' ? 'kick' : 'all',
    ),
    num('level', 'Level', 'dB', [-18, 6, 0.5], id === 'beat-layer' ? -5 : -1),
    num('human', 'Unevenness', '%', [0, 40, 1], 8),
  ],
  needs: ['hits'],
  run: (stage, params) => {
    const what = params.text('what')
    const parts = new Set(what === 'all' ? ['kick', 'snare', 'hat', 'tom', 'clap', 'perc'] : what === 'snare' ? ['snare', 'clap'] : [what])
    const drums = stage.lanes.filter(isDrums)
    if (drums.length === 0) return fail('style.no_part', 'There are no drums here to play anew.')
    const kit = params.text('kit')
    const human = params.number('human') / 100
    let made = 0
    let total = 0
    for (const lane of drums) {
      if (stage.isKept(lane) || !stage.may(lane, 'replace', 'new drums')) continue
      const found = hitsOf(stage, lane, parts)
      if (!found) continue
      const own = stage.random.fork(`hits/${lane.track.id}`)
      const hits = found.hits.map(({ frame, drum, velocity }) => ({
        frame,
        drum,
        velocity: Math.max(1, Math.min(127, Math.round(velocity * (1 + own.between(-human, human))))),
      }))
      const make: Make = { kind: 'hits', kit, hits }
      const stem = stemOf(stage.snapshot, found.stemId)
      const soundId = stage.newId()
      stage.edit({
        op: 'sound.add',
        id: soundId,
        stemId: found.stemId,
        name: `${stem?.title ?? lane.title}, ${kit} kit`.slice(0, 300),
        make,
      })
      const clips = stage.clipsNow(lane).filter((clip) => clip.stemId === found.stemId)
      if (id === 'beat-replace') {
        stage.edit({ op: 'clip.sound', clipIds: clips.map((clip) => clip.id), soundId })
        stage.level(lane, params.number('level'))
      } else {
        const trackId = stage.newId()
        stage.edit({ op: 'track.add', id: trackId, kind: 'audio', name: `${lane.title} layer`.slice(0, 300), role: 'drums' })
        stage.edit({ op: 'track.set', trackId, gainDb: params.number('level') })
        for (const clip of clips)
          stage.edit({
            op: 'clip.add',
            id: stage.newId(),
            trackId,
            stemId: clip.stemId,
            startTick: clip.startTick,
            lengthTicks: clip.lengthTicks,
            sourceOffsetFrames: clip.sourceOffsetFrames,
            name: clip.name,
            gainDb: clip.gainDb,
            soundId,
            ...(clip.warp ? { warp: clip.warp } : {}),
          })
      }
      made++
      total += hits.length
    }
    if (made === 0) {
      if (stage.leftOut.length > 0) return fail('style.nothing_legal', `“${label}” can do nothing here: ${stage.leftOut[0]?.why ?? ''}`)
      return fail('style.needs_hits', 'No drum hits are known of these stems; let Stemma listen to the drums first, or choose other drums.')
    }
    if (id === 'beat-replace') balance(stage, { texture: 0 })
    stage.say(`${total} hits on the ${kit} kit`)
    return undefined
  },
})

export const beatReplace = drumStyle(
  'beat-replace',
  'New drums',
  'The drums played again, hit by hit, on another kit of recorded one-shots.',
)
export const beatLayer = drumStyle('beat-layer', 'Layered drums', 'One-shots of a kit under the drums, where they hit.')
