// Club, hard, chopped and dub: styles that take hold of the beat.
import { betweenWords, hasGrid, type Piece, phrasesOf, recut } from '../cuts.ts'
import type { Section } from '../grid.ts'
import { isBass, isDrums, isHarmony, isTexture, isVoice, type Lane, playsIn } from '../lanes.ts'
import type { Stage } from '../stage.ts'
import { choice, num, type Style, toggle } from '../style.ts'
import {
  balance,
  BELL,
  beatMs,
  bpmWords,
  byEnergy,
  compress,
  echo,
  eq,
  HIGH_SHELF,
  highPass,
  LOW_CUT,
  LOW_SHELF,
  lowPass,
  pump,
  reverb,
  roll,
  saturate,
} from './touch.ts'

/** The last beats before a loud section: where something can happen. */
const beforeLoud = (stage: Stage, atLeast: number): readonly Section[] =>
  stage.sections.filter((section, i) => i > 0 && section.energy >= atLeast && (stage.sections[i - 1]?.energy ?? 1) <= section.energy)

const pace = (stage: Stage, percent: number): void => {
  const done = stage.speed(Math.round(percent * 10))
  if (done !== 1000) stage.say(`now ${bpmWords(stage)}`)
}

export const club: Style = {
  id: 'club',
  version: 1,
  group: 'sound',
  label: 'Club',
  description: 'Kick and bass in front, everything else breathing with them, a gap before each lift.',
  parameters: [
    num('low', 'Low end', 'dB', [0, 8, 0.5], 4),
    num('pump', 'Pumping', 'dB', [0, 12, 0.5], 5),
    num('pace', 'Pace', '%', [90, 115, 1], 103),
    num('gap', 'Gap before a lift', 'beats', [0, 4, 1], 1),
    num('loudness', 'Loudness', 'dB', [0, 6, 0.5], 3),
  ],
  needs: ['sections'],
  run: (stage, params) => {
    const { random } = stage
    pace(stage, params.number('pace'))
    balance(stage, { vocals: -0.5, drums: 2, bass: 1.5, harmony: -1.5, texture: 0 })
    const gap = params.number('gap')
    if (gap > 0 && hasGrid(stage, 'gaps before lifts')) {
      let made = 0
      for (const section of beforeLoud(stage, 0.7).slice(0, 6)) {
        const bar = stage.bars(section.startTick - 1, section.startTick)[0]
        if (!bar) continue
        const from = Math.max(0, section.startTick - gap * bar.beatTicks)
        for (const lane of stage.lanes.filter((one) => isDrums(one) || isBass(one))) stage.rest(lane, from, section.startTick)
        made++
      }
      if (made > 0) stage.say(`${made} gaps before lifts`)
    }
    const low = params.number('low')
    for (const lane of stage.lanes) {
      if (lane.part === 'kick' || (lane.part === 'drums' && isDrums(lane)))
        stage.device(
          lane,
          eq(
            { type: LOW_SHELF, hz: random.fork(lane.track.id).between(65, 90, 1), db: low * 0.75 },
            { type: BELL, hz: 3_500, db: 1.5, q: 1 },
          ),
        )
      else if (isBass(lane)) stage.device(lane, eq({ type: LOW_SHELF, hz: 95, db: low * 0.6 }))
      else if (isHarmony(lane) || isTexture(lane)) stage.device(lane, highPass(random.fork(lane.track.id).between(140, 220, 5)))
      if (isDrums(lane)) stage.device(lane, compress(-18, 3, 25, 90, 1.5))
    }
    const depth = params.number('pump')
    const ducked = stage.lanes.filter((lane) => isBass(lane) || isHarmony(lane)).slice(0, 3)
    const loud = byEnergy(stage.sections).filter((section) => section.energy >= 0.6)
    if (depth > 0 && ducked.length > 0 && hasGrid(stage, 'pumping')) {
      for (const section of [...loud].slice(0, 4).sort((left, right) => left.startTick - right.startTick))
        pump(stage, ducked, section, depth)
      stage.say(`pumping by ${depth} dB`)
    }
    const bus = stage.bus('Club hall', [
      reverb(random.between(1.4, 2.2, 0.1), { preDelayMs: 20, lowCutHz: 400, dampingHz: 6_500, sizePercent: 70 }),
    ])
    for (const lane of stage.lanes) if (isVoice(lane) || lane.part === 'snare' || isTexture(lane)) bus.send(lane, isVoice(lane) ? -18 : -16)
    stage.master(
      eq(
        { type: LOW_CUT, hz: 28 },
        { type: LOW_SHELF, hz: 85, db: low * 0.35 },
        { type: BELL, hz: 320, db: -1.5, q: 0.8 },
        { type: HIGH_SHELF, hz: 9_000, db: 1 },
      ),
    )
    const push = params.number('loudness')
    stage.master(compress(-16, 2, 30, 120, push * 0.5))
    stage.master({ kind: 'limiter', params: { ceilingDb: -1, inputDb: push, releaseMs: 60 } })
    stage.say(`low end up ${low} dB`)
    return undefined
  },
}

export const hard: Style = {
  id: 'hard',
  version: 1,
  group: 'sound',
  label: 'Hard',
  description: 'Faster, driven and close: distorted drums and bass, rolls into every loud part.',
  parameters: [
    num('drive', 'Drive', 'dB', [3, 30, 0.5], 13),
    num('pace', 'Pace', '%', [100, 125, 1], 108),
    num('bite', 'Bite', 'dB', [0, 8, 0.5], 3.5),
    toggle('rolls', 'Drum rolls', true),
    num('loudness', 'Loudness', 'dB', [0, 9, 0.5], 5),
  ],
  needs: ['sections'],
  run: (stage, params) => {
    const { random } = stage
    pace(stage, params.number('pace'))
    balance(stage, { vocals: 0, drums: 2.5, bass: 1.5, harmony: -1, texture: -1 })
    const drive = params.number('drive')
    const bite = params.number('bite')
    if (params.flag('rolls') && hasGrid(stage, 'drum rolls')) {
      let rolls = 0
      for (const section of beforeLoud(stage, 0.65).slice(0, 6)) {
        const bar = stage.bars(section.startTick - 1, section.startTick)[0]
        if (!bar || bar.startTick >= section.startTick) continue
        for (const lane of stage.lanes.filter((one) => isDrums(one) && one.part !== 'hats').slice(0, 3))
          roll(stage, lane, bar.startTick, section.startTick)
        rolls++
      }
      if (rolls > 0) stage.say(`${rolls} rolls`)
    }
    for (const lane of stage.lanes) {
      if (isDrums(lane)) {
        stage.device(lane, saturate(drive, 70, 0.1))
        stage.device(lane, compress(-20, 6, 8, 60, 2))
        stage.device(
          lane,
          eq({ type: BELL, hz: 110, db: 2 }, { type: BELL, hz: random.fork(lane.track.id).between(3_000, 4_500, 50), db: bite, q: 0.9 }),
        )
      } else if (isBass(lane)) {
        stage.device(lane, saturate(drive * 0.8, 60))
        stage.device(lane, eq({ type: BELL, hz: 900, db: bite * 0.6, q: 0.7 }))
      } else if (isVoice(lane)) stage.device(lane, compress(-24, 4, 4, 80, 3))
      else stage.device(lane, saturate(drive * 0.35, 50))
    }
    stage.master(eq({ type: LOW_CUT, hz: 30 }, { type: HIGH_SHELF, hz: 5_500, db: bite * 0.6 }))
    stage.master(compress(-20, 3, 10, 70, 4.5))
    stage.master({ kind: 'limiter', params: { ceilingDb: -1, inputDb: params.number('loudness') + 2, releaseMs: 40 } })
    const bus = stage.bus('Slam room', [
      reverb(random.between(0.3, 0.5, 0.05), { preDelayMs: 0, sizePercent: 25, dampingHz: 9_000, lowCutHz: 250 }),
    ])
    for (const lane of stage.lanes.filter((one) => isDrums(one) && one.part !== 'kick')) bus.send(lane, -16)
    stage.say(`driven by ${drive} dB`)
    return undefined
  },
}

/** Orders of the slices of a bar: each entry is the slice that plays there. */
const chopOrder = (stage: Stage, count: number, amount: number): number[] => {
  const { random } = stage
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = 1; i < count; i++) {
    if (!random.chance(amount)) continue
    // A repeat of what just was, a return to the start, or a leap within the bar.
    const way = random.below(3)
    order[i] = way === 0 ? (order[i - 1] ?? 0) : way === 1 ? i % Math.max(1, count >> 1) : random.below(count)
  }
  return order
}

const chopLane = (
  stage: Stage,
  lane: Lane,
  sections: readonly Section[],
  perBeat: number,
  amount: number,
  gate: number,
  budget: number,
): number => {
  let used = 0
  const phrases = isVoice(lane) ? phrasesOf(stage, lane) : undefined
  for (const section of sections) {
    const end = section.startTick + section.lengthTicks
    if (!playsIn(lane, section.startTick, end)) continue
    const bars = stage
      .bars(section.startTick, end)
      .filter((bar) => bar.startTick >= section.startTick && bar.startTick + bar.lengthTicks <= end)
    // One order per two bars: a chop that never repeats is noise.
    const pattern = stage.within(`${lane.track.id}/${section.startTick}`, () =>
      [0, 1].map(() => chopOrder(stage, (bars[0]?.beats ?? 4) * perBeat, amount)),
    )
    for (const [b, bar] of bars.entries()) {
      const count = bar.beats * perBeat
      const unit = bar.lengthTicks / count
      const order = pattern[b % 2] ?? []
      const pieces: Piece[] = []
      let open: { from: number; at: number; count: number } | undefined
      const close = (): void => {
        if (open)
          pieces.push({
            fromTick: Math.round(open.from),
            lengthTicks: Math.round(open.count * unit * (open.count === 1 ? gate : 1)),
            atTick: Math.round(open.at),
            ...modelOf,
          })
      }
      const modelOf = phrases?.[0] ? { foundBy: phrases[0].model } : {}
      for (let i = 0; i < count; i++) {
        const from = betweenWords(phrases, bar.startTick + (order[i] ?? i) * unit, unit / 2)
        const at = bar.startTick + i * unit
        // Slices that follow on stay one clip.
        if (open && Math.abs(open.from + open.count * unit - from) < 2) open.count++
        else {
          close()
          open = { from, at, count: 1 }
        }
      }
      close()
      if (pieces.length <= 1) continue
      if (used + pieces.length > budget) return used
      recut(stage, lane, bar.startTick, bar.startTick + bar.lengthTicks, pieces)
      used += pieces.length
    }
  }
  return used
}

export const chopped: Style = {
  id: 'chopped',
  version: 1,
  group: 'sound',
  label: 'Chopped',
  description: 'Chords and voices cut on the grid and laid in a new order, dry and close over steady drums.',
  parameters: [
    num('amount', 'Amount', '%', [10, 90, 5], 45),
    choice('grid', 'Slices', { '1': 'Beats', '2': 'Half beats', '4': 'Quarter beats' }, '2'),
    num('gate', 'Gate', '%', [40, 100, 5], 90),
    toggle('voice', 'Chop the voice too', true),
    num('share', 'Of the song', '%', [10, 100, 5], 45),
  ],
  needs: ['sections', 'phrases'],
  run: (stage, params) => {
    if (!hasGrid(stage, 'chops')) return undefined
    const { random } = stage
    const total = stage.sections.reduce((sum, section) => sum + section.lengthTicks, 0)
    let room = (total * params.number('share')) / 100
    const chosen: Section[] = []
    for (const section of random.shuffle(stage.sections)) {
      if (room <= 0) break
      const bars = stage.bars(section.startTick, section.startTick + section.lengthTicks)
      const last = bars[Math.max(0, Math.min(bars.length, Math.ceil(room / (bars[0]?.lengthTicks ?? 3_840))) - 1)]
      if (!last) continue
      const lengthTicks = Math.min(section.lengthTicks, last.startTick + last.lengthTicks - section.startTick)
      chosen.push({ ...section, lengthTicks })
      room -= lengthTicks
    }
    chosen.sort((left, right) => left.startTick - right.startTick)
    const lanes = stage.lanes.filter((lane) => isHarmony(lane) || isTexture(lane) || (params.flag('voice') && isVoice(lane)))
    const targets = (lanes.length > 0 ? lanes : stage.lanes).slice(0, 4)
    const perBeat = Number(params.text('grid'))
    let slices = 0
    for (const lane of targets) {
      if (isVoice(lane) && phrasesOf(stage, lane) === undefined)
        stage.leaveOut(
          `whole words on ${lane.title}`,
          'Its phrases are not known yet, so a chop may go through a word. Find phrases first.',
        )
      slices += chopLane(stage, lane, chosen, perBeat, params.number('amount') / 100, params.number('gate') / 100, 240)
    }
    stage.say(
      `${slices} slices of ${targets
        .map((lane) => lane.title)
        .slice(0, 2)
        .join(' and ')}`,
    )
    balance(stage, { vocals: 0.5, drums: 1, bass: 0.5, harmony: 1, texture: -1 })
    for (const lane of stage.lanes.filter(isDrums)) stage.device(lane, compress(-18, 3, 12, 90, 1))
    for (const lane of targets) stage.device(lane, saturate(random.fork(lane.track.id).between(2, 5, 0.5), 60))
    stage.master(eq({ type: LOW_CUT, hz: 32 }, { type: BELL, hz: 1_800, db: 1, q: 0.7 }))
    const bus = stage.bus('Chop echo', [echo(beatMs(stage, 0.75), 22, { isPingPong: 1, lowCutHz: 500, highCutHz: 5_000 })])
    for (const lane of targets) bus.send(lane, -20)
    return undefined
  },
}

export const dub: Style = {
  id: 'dub',
  version: 1,
  group: 'sound',
  label: 'Dub',
  description: 'Heavy bass, chords that come and go, and echoes thrown from the ends of lines.',
  parameters: [
    num('bass', 'Bass', 'dB', [0, 6, 0.5], 3),
    num('echo', 'Echo', '%', [10, 90, 5], 55),
    choice(
      'time',
      'Echo time',
      { '0.5': 'Half a beat', '0.75': 'Three quarters of a beat', '1': 'A beat', '1.5': 'A beat and a half' },
      '0.75',
    ),
    num('holes', 'Holes', '%', [0, 80, 5], 40),
    num('throws', 'Throws', '', [0, 24, 1], 10),
  ],
  needs: ['sections', 'phrases'],
  run: (stage, params) => {
    const { random } = stage
    balance(stage, { vocals: -2, drums: 1, bass: params.number('bass'), harmony: -1, texture: 1 })
    for (const lane of stage.lanes.filter(isBass)) {
      stage.device(lane, eq({ type: LOW_SHELF, hz: 110, db: params.number('bass') * 0.7 }, { type: HIGH_SHELF, hz: 1_500, db: -6 }))
      stage.device(lane, lowPass(random.between(700, 1_400, 10)))
    }
    const feedback = params.number('echo') * 0.75 + 10
    const time = beatMs(stage, Number(params.text('time')))
    const bus = stage.bus('Dub echo', [
      echo(time, feedback, { lowCutHz: 250, highCutHz: 2_800 }),
      saturate(4, 60),
      reverb(random.between(1.8, 3, 0.1), { preDelayMs: 10, lowCutHz: 300, dampingHz: 3_200, mixPercent: 30 }),
    ])
    const wet = -24 + params.number('echo') * 0.14
    for (const lane of stage.lanes) if (!isBass(lane) && lane.part !== 'kick') bus.send(lane, wet + (lane.part === 'snare' ? 4 : 0))
    const isOnGrid = hasGrid(stage, 'holes and throws')
    const holes = params.number('holes') / 100
    const steady = stage.lanes.filter((lane) => isDrums(lane) || isBass(lane))
    if (isOnGrid && holes > 0 && steady.length > 0) {
      let count = 0
      for (const lane of stage.lanes.filter((one) => isHarmony(one) || isVoice(one) || isTexture(one)).slice(0, 6)) {
        const own = random.fork(`holes/${lane.track.id}`)
        const phrases = isVoice(lane) ? phrasesOf(stage, lane) : undefined
        for (const bar of stage.bars()) {
          if (count > 160 || !own.chance(holes * 0.5)) continue
          // Half a bar or all of it, from a beat on.
          const beats = own.pick([Math.ceil(bar.beats / 2), bar.beats])
          const from = bar.startTick + (bar.beats - beats) * bar.beatTicks
          const start = betweenWords(phrases, from, bar.beatTicks)
          const stop = betweenWords(phrases, bar.startTick + bar.lengthTicks, bar.beatTicks)
          if (stop <= start || !playsIn(lane, start, stop)) continue
          stage.rest(lane, start, stop)
          count++
        }
      }
      stage.say(`${count} holes`)
    }
    const throws = isOnGrid ? params.number('throws') : 0
    const thrown = stage.lanes
      .filter((lane) => bus.sendIdOf(lane) !== undefined && (isVoice(lane) || lane.part === 'snare' || isHarmony(lane)))
      .slice(0, 3)
    for (const lane of thrown) throwEcho(stage, lane, bus.sendIdOf(lane) ?? '', wet, Math.ceil(throws / thrown.length))
    if (throws > 0 && thrown.length > 0) stage.say(`${throws} echo throws`)
    stage.master(eq({ type: LOW_CUT, hz: 30 }, { type: LOW_SHELF, hz: 90, db: 1.5 }, { type: HIGH_SHELF, hz: 6_000, db: -2 }))
    for (const lane of stage.lanes.filter(isDrums)) stage.device(lane, compress(-20, 2.5, 30, 160, 1))
    return undefined
  },
}

/** Opens a send for the last beat of some phrases or bars. */
export const throwEcho = (stage: Stage, lane: Lane, sendId: string, restDb: number, count: number): void => {
  if (sendId === '' || count <= 0) return
  const phrases = isVoice(lane) ? phrasesOf(stage, lane) : undefined
  const own = stage.random.fork(`throws/${lane.track.id}`)
  const bars = stage.bars()
  const beat = bars[0]?.beatTicks ?? 960
  const ends = phrases
    ? phrases.map((phrase) => ({ from: Math.max(phrase.startTick, phrase.endTick - beat), to: phrase.endTick }))
    : bars
        .filter((_, i) => i % 2 === 1)
        .map((bar) => ({ from: bar.startTick + bar.lengthTicks - bar.beatTicks, to: bar.startTick + bar.lengthTicks }))
  const chosen = own
    .shuffle(ends.filter(({ from, to }) => to - from > 4 && playsIn(lane, from, to)))
    .slice(0, count)
    .sort((left, right) => left.from - right.from)
  const points = chosen.flatMap(({ from, to }) => [
    { atTick: Math.max(0, from - 1), value: restDb, curve: 'hold' as const },
    { atTick: from, value: -3, curve: 'hold' as const },
    { atTick: to, value: restDb, curve: 'hold' as const },
  ])
  if (points.length > 0) stage.automate([lane], sendId, 'gainDb', points)
}
