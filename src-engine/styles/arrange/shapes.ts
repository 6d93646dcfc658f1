// Styles that change the order and the length of a remix: the 60 s edit, the loop edit, the long intro for DJs, builds, drops and breakdowns.
import { REMIX_SAMPLE_RATE } from '../../../src-shared/remix/index.ts'
import { frameAt, tick } from '../../../src-shared/time/index.ts'
import { hasGrid } from '../cuts.ts'
import type { Section } from '../grid.ts'
import { isBass, isDrums, isHarmony, isTexture, isVoice, type Lane, playsIn } from '../lanes.ts'
import type { Stage } from '../stage.ts'
import { choice, num, type Style, toggle } from '../style.ts'
import { byEnergy, reverb, roll } from '../sound/index.ts'
import { arrangeWithWords, chosenSections, nameSection, oneLoud, ride, sectionParam, type Stretch, sweep, wholeBars } from './parts.ts'

const secondsBetween = (stage: Stage, from: number, to: number): number =>
  (frameAt(stage.tempo, tick(Math.round(to)), REMIX_SAMPLE_RATE) - frameAt(stage.tempo, tick(Math.round(from)), REMIX_SAMPLE_RATE)) /
  REMIX_SAMPLE_RATE

/** Fades the end of everything and lets a room take it. */
const ending = (stage: Stage, bars: number): void => {
  const end = stage.endTick
  const length = (stage.bars(Math.max(0, end - 1), end)[0]?.lengthTicks ?? 3_840) * bars
  const from = Math.max(0, end - length)
  const frames = frameAt(stage.tempo, tick(end), REMIX_SAMPLE_RATE) - frameAt(stage.tempo, tick(from), REMIX_SAMPLE_RATE)
  for (const lane of stage.lanes) {
    const last = stage.clipsNow(lane).filter((clip) => clip.startTick + clip.lengthTicks > from)
    if (last.length > 0 && stage.may(lane, 'fade', 'the last fade'))
      stage.edit({ op: 'clip.set', clipIds: last.map((clip) => clip.id), fadeOutFrames: Math.max(240, frames) })
  }
  const bus = stage.bus('Last room', [reverb(3.5, { preDelayMs: 20, lowCutHz: 200 })])
  for (const lane of stage.lanes.filter((one) => !isBass(one) && playsIn(one, from, end))) {
    if (!bus.send(lane, -60)) continue
    stage.automate([lane], bus.sendIdOf(lane) ?? '', 'gainDb', [
      { atTick: 0, value: -60, curve: 'hold' },
      { atTick: from, value: -30 },
      { atTick: end, value: -8, curve: 'hold' },
    ])
  }
}

export const edit60: Style = {
  id: 'edit-60s',
  version: 1,
  group: 'arrangement',
  label: 'Short edit',
  description: 'The song in a minute or whatever you ask for: its way up, its best part, an end; cut on bars and between words.',
  parameters: [
    num('seconds', 'Length', 's', [15, 240, 1], 60),
    num('intro', 'Share of the way in', '%', [0, 50, 5], 15),
    toggle('ending', 'Fade into a room', true),
  ],
  needs: ['sections', 'phrases'],
  run: (stage, params) => {
    const target = params.number('seconds')
    const total = secondsBetween(stage, 0, stage.endTick)
    if (total <= target + 0.5) {
      stage.leaveOut('the cut', `The remix is ${Math.round(total)} s long already.`)
      return undefined
    }
    const { sections, random } = stage
    // Bars are chosen from the loudest section down, each section from its start, and played in the order of the song.
    const barsOf = sections.map((section) => wholeBars(stage, section))
    const take = sections.map(() => 0)
    const seconds = (i: number, bars: number): number => {
      const first = barsOf[i]?.[0]
      const last = barsOf[i]?.[bars - 1]
      return first && last ? secondsBetween(stage, first.startTick, last.startTick + last.lengthTicks) : 0
    }
    let room = target
    const grab = (i: number, most: number): void => {
      const all = barsOf[i]?.length ?? 0
      const now = take[i] ?? 0
      // Phrases are four bars long more often than not.
      for (const step of [4, 2, 1]) {
        let more = Math.min(all, most) - (take[i] ?? 0)
        more -= more % step
        while (more > 0) {
          const cost = seconds(i, (take[i] ?? 0) + more) - seconds(i, take[i] ?? 0)
          if (cost <= room + 1e-6) {
            room -= cost
            take[i] = (take[i] ?? 0) + more
            break
          }
          more -= step
        }
        if ((take[i] ?? 0) > now) break
      }
    }
    const jitter = sections.map((_, i) => random.fork(`pick/${i}`).between(0, 0.15))
    const rank = sections
      .map((_, i) => i)
      .sort((left, right) => (sections[right]?.energy ?? 0) + (jitter[right] ?? 0) - (sections[left]?.energy ?? 0) - (jitter[left] ?? 0))
    const best = rank[0] ?? 0
    const introSeconds = (target * params.number('intro')) / 100
    if (best > 0 && introSeconds > 0) {
      const perBar = seconds(0, 1)
      grab(0, perBar > 0 ? Math.max(1, Math.round(introSeconds / perBar)) : 0)
    }
    grab(best, Number.POSITIVE_INFINITY)
    if (best > 0) grab(best - 1, 8)
    for (const i of rank) grab(i, 8)
    for (const i of rank) grab(i, Number.POSITIVE_INFINITY)
    const pieces: Stretch[] = []
    const used: string[] = []
    for (const [i, bars] of take.entries()) {
      const first = barsOf[i]?.[0]
      const last = barsOf[i]?.[bars - 1]
      if (!first || !last) continue
      // The way into a section is its end: a first section that is only partly taken gives its last bars.
      const shift = i < best && bars < (barsOf[i]?.length ?? 0) ? (barsOf[i]?.length ?? 0) - bars : 0
      const from = barsOf[i]?.[shift] ?? first
      const to = barsOf[i]?.[shift + bars - 1] ?? last
      pieces.push({ fromTick: from.startTick, lengthTicks: to.startTick + to.lengthTicks - from.startTick })
      used.push(sections[i]?.name ?? '')
    }
    if (pieces.length === 0) {
      stage.leaveOut('the cut', `Not one whole bar fits into ${target} s.`)
      return undefined
    }
    arrangeWithWords(stage, pieces)
    if (params.flag('ending')) ending(stage, 1)
    stage.say(`${Math.round(secondsBetween(stage, 0, stage.endTick))} s from ${used.slice(0, 6).join(', ')}`)
    return undefined
  },
}

export const loopEdit: Style = {
  id: 'loop-edit',
  version: 1,
  group: 'arrangement',
  label: 'Loop edit',
  description: 'A few bars as a loop that is built up track by track and taken down again.',
  parameters: [
    num('bars', 'Loop', 'bars', [1, 16, 1], 4),
    num('rounds', 'Rounds', '', [4, 32, 1], 10),
    sectionParam,
    choice('order', 'Order', { 'drums-first': 'Drums first', 'chords-first': 'Chords first', 'by-chance': 'By chance' }, 'drums-first'),
  ],
  needs: ['sections'],
  run: (stage, params) => {
    const chosen = chosenSections(stage, params.text('section'), (sections) => oneLoud(stage, sections))
    if (!chosen.ok) return chosen
    const [section] = chosen.value
    const bars = section ? wholeBars(stage, section) : []
    const length = Math.min(params.number('bars'), bars.length)
    const starts = Math.max(1, Math.floor(bars.length / Math.max(1, length)))
    const first = bars[stage.random.below(starts) * length]
    const last = bars[bars.indexOf(first ?? bars[0] ?? { startTick: 0, lengthTicks: 0, beatTicks: 960, beats: 4 }) + length - 1]
    if (!section || !first || !last) {
      stage.leaveOut('the loop', 'There is no whole bar to loop.')
      return undefined
    }
    const loop = { fromTick: first.startTick, lengthTicks: last.startTick + last.lengthTicks - first.startTick }
    const playing = stage.lanes.filter((lane) => playsIn(lane, loop.fromTick, loop.fromTick + loop.lengthTicks))
    const rounds = params.number('rounds')
    const weight = (lane: Lane): number => (isDrums(lane) ? 0 : isBass(lane) ? 1 : isHarmony(lane) ? 2 : isTexture(lane) ? 3 : 4)
    const way = params.text('order')
    const order =
      way === 'by-chance'
        ? stage.random.shuffle(playing)
        : [...playing].sort((left, right) =>
            way === 'drums-first' ? weight(left) - weight(right) : ((weight(left) + 3) % 5) - ((weight(right) + 3) % 5),
          )
    stage.arrange(Array.from({ length: rounds }, () => loop))
    // The first track plays all rounds; the last joins after half of them; at the end they leave in twos.
    for (const [i, lane] of order.entries()) {
      const joins = order.length <= 1 ? 0 : Math.round((i / (order.length - 1)) * rounds * 0.5)
      const leaves = i === 0 ? rounds : rounds - Math.min(2, Math.ceil((order.length - i) / 3))
      if (joins > 0) stage.rest(lane, 0, joins * loop.lengthTicks)
      if (leaves < rounds && leaves > joins) stage.rest(lane, leaves * loop.lengthTicks, rounds * loop.lengthTicks)
    }
    for (const marker of [...stage.snapshot.values()])
      if (marker.type === 'marker') stage.edit({ op: 'marker.remove', markerId: marker.id })
    nameSection(stage, `Loop of ${section.name}`.slice(0, 300), 0, rounds * loop.lengthTicks, 'amber')
    stage.say(`${length} bars of ${section.name}, ${rounds} rounds, ${order.length} tracks one by one`)
    return undefined
  },
}

export const extendedIntro: Style = {
  id: 'extended-intro',
  version: 1,
  group: 'arrangement',
  label: 'Extended for DJs',
  description: 'Bars of drums before the song and after it, so that it can be mixed in and out.',
  parameters: [
    num('intro', 'Before', 'bars', [0, 64, 4], 16),
    num('outro', 'After', 'bars', [0, 64, 4], 16),
    toggle('bass', 'Bass joins half-way', true),
  ],
  needs: ['sections'],
  run: (stage, params) => {
    const before = params.number('intro')
    const after = params.number('outro')
    if (!hasGrid(stage, 'the drums before and after')) return undefined
    const drums = stage.lanes.filter(isDrums)
    const source = steadyBars(stage, drums.length > 0 ? drums : stage.lanes, 4)
    const carrying = drums.filter((lane) => source && playsIn(lane, source.fromTick, source.fromTick + source.lengthTicks))
    if (!source || carrying.length === 0) {
      stage.leaveOut('the drums before and after', 'No four bars in a row have drums to loop.')
      return undefined
    }
    const bar = source.lengthTicks / 4
    const rounds = (bars: number): number => Math.ceil(bars / 4)
    const whole = { fromTick: 0, lengthTicks: stage.endTick }
    const added = rounds(before) * source.lengthTicks
    const songEnd = added + nextBar(stage, whole.lengthTicks)
    const loops = (count: number) => Array.from({ length: count }, () => source)
    stage.arrange([...loops(rounds(before)), { ...whole, lengthTicks: nextBar(stage, whole.lengthTicks) }, ...loops(rounds(after))])
    const end = songEnd + rounds(after) * source.lengthTicks
    for (const lane of stage.lanes) {
      if (carrying.some((one) => one.track.id === lane.track.id)) continue
      const joins = params.flag('bass') && isBass(lane) ? Math.floor(before / 2) * bar : added
      if (joins > 0) stage.rest(lane, 0, joins)
      const leaves = params.flag('bass') && isBass(lane) ? songEnd + Math.floor(after / 2) * bar : songEnd
      if (leaves < end) stage.rest(lane, leaves, end)
    }
    for (const marker of [...stage.snapshot.values()])
      if (marker.type === 'marker' && marker.lengthTicks !== null && (marker.atTick < added || marker.atTick >= songEnd))
        stage.edit({ op: 'marker.remove', markerId: marker.id })
    if (added > 0) nameSection(stage, 'DJ intro', 0, added, 'slate')
    if (end > songEnd) nameSection(stage, 'DJ outro', songEnd, end - songEnd, 'slate')
    for (const lane of carrying.slice(0, 4))
      if (added > 0) sweep(stage, [lane], { fromTick: 0, toTick: Math.min(added, bar * 8), kind: 'high-pass', startHz: 350, endHz: 30 })
    stage.say(`${rounds(before) * 4} bars before, ${rounds(after) * 4} after`)
    return undefined
  },
}

const nextBar = (stage: Stage, at: number): number => {
  const last = stage.bars(Math.max(0, at - 1), at).at(-1)
  return last ? Math.max(at, last.startTick + last.lengthTicks) : at
}

/** The bars in which most of these lanes play, whole, inside one section. */
const steadyBars = (stage: Stage, lanes: readonly Lane[], count: number): Stretch | undefined => {
  let best: Stretch | undefined
  let most = 0
  for (const section of stage.sections) {
    const bars = wholeBars(stage, section)
    for (let i = 0; i + count <= bars.length; i += count) {
      const first = bars[i]
      const last = bars[i + count - 1]
      if (!first || !last || first.lengthTicks !== last.lengthTicks) continue
      const end = last.startTick + last.lengthTicks
      const playing = lanes.filter((lane) =>
        lane.clips.some((clip) => clip.startTick <= first.startTick && clip.startTick + clip.lengthTicks >= end),
      ).length
      // Early sections carry less that the song itself wants to bring first.
      const score = playing + section.energy * 0.5 + stage.random.fork(`steady/${first.startTick}`).next() * 0.2
      if (playing > 0 && score > most) {
        most = score
        best = { fromTick: first.startTick, lengthTicks: end - first.startTick }
      }
    }
  }
  return best
}

/** Loud sections that follow a quieter one, or the loudest. */
const liftTargets = (sections: readonly Section[]): readonly Section[] => {
  const lifts = sections.filter((section, i) => i > 0 && section.energy > (sections[i - 1]?.energy ?? 1))
  return byEnergy(lifts.length > 0 ? lifts : sections.slice(1))
}

export const build: Style = {
  id: 'build',
  version: 1,
  group: 'arrangement',
  label: 'Build',
  description: 'Bars put in before a loud section: drums roll faster, the low end goes, everything rises.',
  parameters: [
    num('bars', 'Length', 'bars', [2, 16, 2], 8),
    num('rise', 'Sweep up to', 'Hz', [200, 4_000, 50], 900),
    num('gap', 'Silence before it', 'beats', [0, 4, 1], 1),
    toggle('rolls', 'Drum roll', true),
    sectionParam,
  ],
  needs: ['sections'],
  run: (stage, params) => {
    if (!hasGrid(stage, 'the build')) return undefined
    const chosen = chosenSections(stage, params.text('section'), (sections) => liftTargets(sections).slice(0, 1))
    if (!chosen.ok) return chosen
    const target = chosen.value.find((section) => section.startTick > 0) ?? chosen.value[0]
    if (!target) {
      stage.leaveOut('the build', 'There is no section to build up to.')
      return undefined
    }
    const bars = params.number('bars')
    const at = target.startTick
    const own = wholeBars(stage, target)
    const loopBars = Math.min(2, own.length)
    const first = own[0]
    const lastLoop = own[loopBars - 1]
    if (!first || !lastLoop) return undefined
    const loop = { fromTick: first.startTick, lengthTicks: lastLoop.startTick + lastLoop.lengthTicks - first.startTick }
    const rounds = Math.max(1, Math.round(bars / loopBars))
    const length = rounds * loop.lengthTicks
    const pieces: Stretch[] = [
      { fromTick: 0, lengthTicks: at },
      ...Array.from({ length: rounds }, () => loop),
      { fromTick: at, lengthTicks: stage.endTick - at },
    ]
    arrangeWithWords(stage, pieces)
    const end = at + length
    const gap = Math.min(length / 2, params.number('gap') * first.beatTicks)
    for (const lane of stage.lanes) {
      // The voice and the bass wait for what is built up to.
      if (isVoice(lane) || isBass(lane)) stage.rest(lane, at, end)
      else if (gap > 0) stage.rest(lane, end - gap, end)
    }
    const drums = stage.lanes.filter((lane) => isDrums(lane) && playsIn(lane, at, end))
    if (params.flag('rolls'))
      for (const lane of drums.filter((one) => one.part !== 'hats').slice(0, 2)) roll(stage, lane, at + length / 2, end - gap)
    const swept = stage.lanes.filter((lane) => !isVoice(lane) && playsIn(lane, at, end)).slice(0, 8)
    sweep(stage, swept, { fromTick: at, toTick: end, kind: 'high-pass', startHz: 30, endHz: params.number('rise') })
    for (const lane of swept.slice(0, 4)) ride(stage, lane, at, end, -5, 0)
    nameSection(stage, 'Build', at, length, 'amber')
    stage.say(`${rounds * loopBars} bars of build before ${target.name}`)
    return undefined
  },
}

export const drop: Style = {
  id: 'drop',
  version: 1,
  group: 'arrangement',
  label: 'Drop',
  description: 'Everything stops for a moment, then the loudest section falls in, heavier than before.',
  parameters: [
    num('silence', 'Silence', 'beats', [0.5, 8, 0.5], 2),
    num('weight', 'Weight', 'dB', [0, 6, 0.5], 2.5),
    toggle('voice', 'Voice stays in the silence', true),
    sectionParam,
  ],
  needs: ['sections'],
  run: (stage, params) => {
    if (!hasGrid(stage, 'the drop')) return undefined
    const chosen = chosenSections(stage, params.text('section'), (sections) => liftTargets(sections).slice(0, 2))
    if (!chosen.ok) return chosen
    let made = 0
    const reached: string[] = []
    for (const section of chosen.value.filter((one) => one.startTick > 0)) {
      const bar = stage.bars(section.startTick - 1, section.startTick)[0]
      if (!bar) continue
      const from = Math.max(0, Math.round(section.startTick - params.number('silence') * bar.beatTicks))
      for (const lane of stage.lanes) if (!(params.flag('voice') && isVoice(lane))) stage.rest(lane, from, section.startTick)
      const end = section.startTick + section.lengthTicks
      const weight = params.number('weight')
      const heavy = stage.lanes.filter((lane) => (isDrums(lane) || isBass(lane)) && playsIn(lane, section.startTick, end))
      for (const lane of heavy.slice(0, 8)) if (weight > 0) ride(stage, lane, section.startTick, end, weight, weight)
      made++
      reached.push(section.name)
      const sweptFrom = Math.max(0, from - bar.lengthTicks * 2)
      sweep(stage, stage.lanes.filter((lane) => isHarmony(lane) && playsIn(lane, sweptFrom, from)).slice(0, 4), {
        fromTick: sweptFrom,
        toTick: from,
        kind: 'low-pass',
        startHz: 18_000,
        endHz: stage.random.between(400, 900, 10),
      })
    }
    if (made === 0) stage.leaveOut('the drop', 'No section follows a quieter one, so there is nothing to fall into.')
    else stage.say(`drop into ${reached.slice(0, 3).join(' and ')}`)
    return undefined
  },
}

export const breakdown: Style = {
  id: 'breakdown',
  version: 1,
  group: 'arrangement',
  label: 'Breakdown',
  description: 'Drums and bass leave for a while, the rest opens up and comes back through a sweep.',
  parameters: [
    num('bars', 'Length', 'bars', [2, 32, 2], 8),
    num('space', 'Space', '%', [0, 100, 5], 50),
    toggle('bass', 'Bass leaves too', true),
    sectionParam,
  ],
  needs: ['sections'],
  run: (stage, params) => {
    const chosen = chosenSections(stage, params.text('section'), (sections) => {
      const middle = sections.slice(1, -1)
      return middle.length > 0 ? [stage.random.pick(byEnergy(middle).slice(0, 3))] : sections.slice(0, 1)
    })
    if (!chosen.ok) return chosen
    const [section] = chosen.value
    const bars = section ? wholeBars(stage, section) : []
    const count = Math.min(params.number('bars'), bars.length)
    const first = bars[0]
    const last = bars[count - 1]
    if (!section || !first || !last) return undefined
    const from = first.startTick
    const to = last.startTick + last.lengthTicks
    const gone = stage.lanes.filter((lane) => (isDrums(lane) || (params.flag('bass') && isBass(lane))) && playsIn(lane, from, to))
    const staying = stage.lanes.filter((lane) => !gone.includes(lane) && playsIn(lane, from, to))
    if (gone.length === 0 || staying.length === 0) {
      stage.leaveOut(
        'the breakdown',
        `In ${section.name} ${staying.length === 0 ? 'nothing but drums and bass plays' : 'there are no drums to take out'}.`,
      )
      return undefined
    }
    for (const lane of gone) stage.rest(lane, from, to)
    const space = params.number('space') / 100
    if (space > 0) {
      const bus = stage.bus('Breakdown space', [reverb(3 + 4 * space, { preDelayMs: 30, lowCutHz: 220, sizePercent: 90 })])
      for (const lane of staying.filter((one) => !isBass(one)).slice(0, 6)) {
        if (!bus.send(lane, -60)) continue
        stage.automate([lane], bus.sendIdOf(lane) ?? '', 'gainDb', [
          { atTick: 0, value: -60, curve: 'hold' },
          { atTick: from, value: -24 },
          { atTick: to, value: -16 + 10 * space, curve: 'hold' },
          { atTick: to + 1, value: -60, curve: 'hold' },
        ])
      }
    }
    sweep(stage, staying.filter((lane) => !isVoice(lane)).slice(0, 4), {
      fromTick: from,
      toTick: to,
      kind: 'low-pass',
      startHz: stage.random.between(700, 1_500, 10),
      endHz: 16_000,
    })
    stage.say(`${count} bars of ${section.name} without ${gone.length === 1 ? gone[0]?.title : 'drums and bass'}`)
    return undefined
  },
}
