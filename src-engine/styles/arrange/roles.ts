// Styles that change who plays when, and how fast: half-time and double-time, call and answer, minus one, stem swaps.
import { homeWork, recordsOf } from '../../../src-shared/remix/index.ts'
import { fail } from '../../../src-shared/std/index.ts'
import { betweenWords, hasGrid, type Piece, phrasesOf, recut } from '../cuts.ts'
import { contentEnd, type Section } from '../grid.ts'
import { isBass, isDrums, isHarmony, isVoice, type Lane, namesOf, playsIn } from '../lanes.ts'
import type { Stage } from '../stage.ts'
import { choice, num, type Style, text, toggle } from '../style.ts'
import { chosenSections, oneLoud, sectionParam, wholeBars } from './parts.ts'

/** Half or double speed of a lane in a section: stretched where the licence allows it, else its beats laid further apart or closer together. */
const retime = (stage: Stage, lane: Lane, section: Section, permille: 500 | 2000): 'stretched' | 'laid' => {
  const isLegal =
    lane.stems.every((stem) => stage.licence.verdict(stem, 'stretch', { ratioPermille: permille }).effect !== 'deny') &&
    stage.clipsNow(lane).every((clip) => clip.warp?.milliBpm == null)
  const bars = wholeBars(stage, section)
  const pieces: Piece[] = []
  for (const [i, bar] of bars.entries()) {
    if (isLegal) {
      // Half-time takes half a bar for a whole one: two bars of time play one bar of music, so that the snare lands on three.
      const start = permille === 500 ? (bars[i - (i % 2)]?.startTick ?? bar.startTick) + (i % 2) * (bar.lengthTicks / 2) : bar.startTick
      if (permille === 500)
        pieces.push({ fromTick: Math.round(start), lengthTicks: bar.lengthTicks, atTick: bar.startTick, speedPermille: 500 })
      else
        for (const half of [0, 1])
          pieces.push({
            fromTick: bar.startTick,
            lengthTicks: bar.lengthTicks / 2,
            atTick: bar.startTick + (half * bar.lengthTicks) / 2,
            speedPermille: 2000,
          })
    } else if (permille === 500) {
      const source = bars[i - (i % 2)] ?? bar
      const beats = Math.ceil(bar.beats / 2)
      for (let beat = 0; beat < beats; beat++) {
        const at = bar.startTick + beat * 2 * bar.beatTicks
        const from = source.startTick + ((i % 2) * beats + beat) * bar.beatTicks
        if (at < bar.startTick + bar.lengthTicks)
          pieces.push({
            fromTick: Math.min(from, source.startTick + source.lengthTicks - bar.beatTicks),
            lengthTicks: bar.beatTicks,
            atTick: at,
          })
      }
    } else {
      for (let step = 0; step < bar.beats * 2; step++)
        pieces.push({
          fromTick: bar.startTick + (step % bar.beats) * bar.beatTicks,
          lengthTicks: Math.round(bar.beatTicks / 2),
          atTick: Math.round(bar.startTick + (step * bar.beatTicks) / 2),
        })
    }
  }
  const first = bars[0]
  const last = bars.at(-1)
  if (first && last) recut(stage, lane, first.startTick, last.startTick + last.lengthTicks, pieces)
  return isLegal ? 'stretched' : 'laid'
}

const timeStyle = (id: 'half-time' | 'double-time', label: string, description: string, permille: 500 | 2000): Style => ({
  id,
  version: 1,
  group: 'arrangement',
  label,
  description,
  parameters: [
    sectionParam,
    toggle('bass', 'Bass too', permille === 500),
    choice('hats', 'Hats', { change: 'Change with the drums', keep: 'Keep their speed' }, permille === 500 ? 'keep' : 'change'),
  ],
  needs: ['sections', 'beats'],
  run: (stage, params) => {
    if (!hasGrid(stage, label.toLowerCase())) return undefined
    const chosen = chosenSections(stage, params.text('section'), (sections) => oneLoud(stage, sections))
    if (!chosen.ok) return chosen
    // Hats can keep their speed only over drums that change theirs.
    const keepsHats = params.text('hats') !== 'change' && stage.lanes.some((lane) => isDrums(lane) && lane.part !== 'hats')
    const lanes = stage.lanes.filter(
      (lane) => (isDrums(lane) && !(keepsHats && lane.part === 'hats')) || (params.flag('bass') && isBass(lane)),
    )
    const touched = new Set<string>()
    for (const section of chosen.value) {
      for (const lane of lanes) {
        if (!playsIn(lane, section.startTick, section.startTick + section.lengthTicks)) continue
        const way = retime(stage, lane, section, permille)
        if (way === 'laid')
          stage.leaveOut(
            `stretching ${lane.title}`,
            `Its licence does not allow that speed, so its beats are laid ${permille === 500 ? 'further apart' : 'closer together'} instead.`,
          )
        touched.add(lane.title)
      }
    }
    if (touched.size === 0) stage.leaveOut(label.toLowerCase(), `No drums play in ${namesOf(chosen.value.map((section) => section.name))}.`)
    else stage.say(`${namesOf([...new Set(chosen.value.map((section) => section.name))])} in ${label.toLowerCase()}`)
    return undefined
  },
})

export const halfTime = timeStyle('half-time', 'Half-time', 'Drums at half their speed in a section, so that it feels twice as wide.', 500)
export const doubleTime = timeStyle('double-time', 'Double-time', 'Drums at twice their speed in a section, so that it runs.', 2000)

export const callAndAnswer: Style = {
  id: 'call-and-answer',
  version: 1,
  group: 'arrangement',
  label: 'Call and answer',
  description: 'Two groups of tracks take turns, phrase by phrase, over a beat that goes on.',
  parameters: [
    num('bars', 'Turn', 'bars', [1, 8, 1], 2),
    choice('who', 'Who calls', { voice: 'The voice', chords: 'The chords' }, 'voice'),
    toggle('beat', 'Beat goes on', true),
    sectionParam,
  ],
  needs: ['sections', 'phrases'],
  run: (stage, params) => {
    if (!hasGrid(stage, 'taking turns')) return undefined
    const chosen = chosenSections(stage, params.text('section'), (sections) => {
      const wide = sections.filter((section) => stage.bars(section.startTick, section.startTick + section.lengthTicks).length >= 4)
      return oneLoud(stage, wide.length > 0 ? wide : sections)
    })
    if (!chosen.ok) return chosen
    const melodic = stage.lanes.filter((lane) => !isDrums(lane) && !(params.flag('beat') && isBass(lane)))
    const voices = melodic.filter(isVoice)
    const others = melodic.filter((lane) => !isVoice(lane))
    const half = Math.ceil(melodic.length / 2)
    const [callers, answerers] =
      voices.length > 0 && others.length > 0
        ? params.text('who') === 'voice'
          ? [voices, others]
          : [others, voices]
        : [melodic.slice(0, half), melodic.slice(half)]
    if (callers.length === 0 || answerers.length === 0)
      return fail('style.needs_two_groups', 'Call and answer needs two tracks besides drums and bass; this remix has fewer.')
    const turn = params.number('bars')
    let turns = 0
    for (const section of chosen.value) {
      const bars = wholeBars(stage, section)
      for (let i = 0; i < bars.length; i += turn) {
        const first = bars[i]
        const last = bars[Math.min(bars.length, i + turn) - 1]
        if (!first || !last) continue
        const isCall = Math.floor(i / turn) % 2 === 0
        for (const lane of isCall ? answerers : callers) {
          const phrases = isVoice(lane) ? phrasesOf(stage, lane) : undefined
          const from = betweenWords(phrases, first.startTick, first.lengthTicks)
          const to = betweenWords(phrases, last.startTick + last.lengthTicks, first.lengthTicks)
          if (to > from) stage.rest(lane, from, to)
        }
        turns++
      }
    }
    stage.say(
      `${turns} turns of ${turn} bars between ${namesOf(callers.map((lane) => lane.title))} and ${namesOf(answerers.map((lane) => lane.title))}`,
    )
    return undefined
  },
}

export const minusOne: Style = {
  id: 'minus-one',
  version: 1,
  group: 'arrangement',
  label: 'Minus one',
  description: 'The song without one part, to sing or play over it.',
  parameters: [
    choice(
      'part',
      'Without',
      {
        lead: 'Lead voice',
        vocals: 'All voices',
        drums: 'Drums',
        bass: 'Bass',
        keys: 'Keys',
        synth: 'Synths',
        guitar: 'Guitars',
        effects: 'Effects',
      },
      'lead',
    ),
    num('guide', 'Guide left in', '%', [0, 30, 1], 0),
    text('track', 'Or a track', 'its name'),
  ],
  needs: [],
  run: (stage, params) => {
    const named = params.text('track').trim().toLowerCase()
    const part = params.text('part')
    const out = stage.lanes.filter((lane) =>
      named === '' ? (part === 'lead' ? lane.part === 'lead' : lane.role === part) : lane.title.toLowerCase() === named,
    )
    if (out.length === 0)
      return fail(
        'style.no_part',
        named === ''
          ? `Nothing plays the part “${part}” here; there are ${[...new Set(stage.lanes.map((lane) => lane.role))].join(', ')}.`
          : `There is no track “${params.text('track')}” here.`,
      )
    if (out.length === stage.lanes.length) return fail('style.nothing_left', 'Without that part nothing would be left to hear.')
    const guide = params.number('guide') / 100
    for (const lane of out) {
      // 20 log10 of the share, from a table of whole per cents: quieter is all that matters here.
      if (guide > 0) stage.level(lane, Math.round(200 * Math.log10(guide)) / 10)
      else stage.edit({ op: 'track.set', trackId: lane.track.id, isMuted: true })
    }
    stage.say(`without ${namesOf(out.map((lane) => lane.title))}${guide > 0 ? ' but for a trace of it' : ''}`)
    // What is left steps into the room the part leaves.
    const rest = stage.lanes.filter((lane) => !out.some((one) => one.track.id === lane.track.id))
    for (const lane of rest.filter((one) => isHarmony(one) || one.part === 'backing'))
      stage.level(lane, stage.random.fork(lane.track.id).between(0.5, 1.5, 0.1))
    return undefined
  },
}

export const stemSwaps: Style = {
  id: 'stem-swaps',
  version: 1,
  group: 'arrangement',
  label: 'Stem swaps',
  description: 'Two works in one remix trade parts: the drums of one under the voice of the other, section by section.',
  parameters: [
    choice('part', 'What is traded', { drums: 'Drums', bass: 'Bass', vocals: 'Voices', chords: 'Chords' }, 'drums'),
    num('share', 'Of the sections', '%', [10, 100, 5], 50),
    toggle('match', 'Match tempo and key first', true),
  ],
  needs: ['second-work', 'sections'],
  run: (stage, params) => {
    const home = homeWork(stage.snapshot)
    const guest = recordsOf(stage.snapshot, 'work').find((work) => work.id !== home?.id)
    if (!home || !guest) return fail('style.needs_second_work', 'Stem swaps need two works in the remix; add a second one first.')
    const ofWork = (workId: string) =>
      new Set(recordsOf(stage.snapshot, 'stem').flatMap((stem) => (stem.workId === workId ? [stem.id] : [])))
    if (params.flag('match') && guest.milliBpm !== null) {
      const ratioPermille = Math.round((1000 * (stage.tempo[0]?.milliBpm ?? 120_000)) / guest.milliBpm)
      const denied = stage.lanes
        .flatMap((lane) => lane.stems.filter((stem) => stem.workId === guest.id))
        .map((stem) => stage.licence.verdict(stem, 'stretch', { ratioPermille }))
        .find((verdict) => verdict.effect === 'deny')
      if (denied) stage.leaveOut(`bringing “${guest.title}” to this tempo`, denied.why)
      else stage.edit({ op: 'work.match', workId: guest.id, tempo: true, key: false })
    }
    const isPart = (lane: Lane): boolean => {
      const part = params.text('part')
      return part === 'chords' ? isHarmony(lane) : lane.role === part
    }
    const homeStems = ofWork(home.id)
    const mine = stage.lanes.filter((lane) => isPart(lane) && lane.stems.every((stem) => homeStems.has(stem.id)))
    const theirs = stage.lanes.filter((lane) => isPart(lane) && lane.stems.every((stem) => !homeStems.has(stem.id)))
    if (mine.length === 0 || theirs.length === 0)
      return fail(
        'style.no_part',
        `Both works need ${params.text('part')} of their own; “${(mine.length === 0 ? home : guest).title}” has none here.`,
      )
    // A longer guest would go on alone once the song is over.
    const homeEnd = contentEnd(recordsOf(stage.snapshot, 'clip').filter((clip) => homeStems.has(clip.stemId)))
    for (const lane of theirs) if (stage.endTick > homeEnd) stage.rest(lane, homeEnd, stage.endTick)
    const own = stage.sections.filter((section) => section.startTick < homeEnd)
    const sections = stage.random.shuffle(own).slice(0, Math.max(1, Math.round((own.length * params.number('share')) / 100)))
    const traded: string[] = []
    for (const section of own) {
      const end = section.startTick + section.lengthTicks
      const isTraded = sections.includes(section) && theirs.some((lane) => playsIn(lane, section.startTick, end))
      for (const lane of isTraded ? mine : theirs) stage.rest(lane, section.startTick, end)
      if (isTraded) traded.push(section.name)
    }
    stage.say(`${params.text('part')} of “${guest.title}” in ${namesOf(traded)}`)
    return undefined
  },
}
