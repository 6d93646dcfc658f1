// Carrying out what was understood of a wish: what is to be kept first, then shapes, then speed, then sound.
import { devicesOf, sendsOf } from '../../../src-shared/remix/index.ts'
import { fail, type Result } from '../../../src-shared/std/index.ts'
import { hasGrid, layFeel, swingFeel } from '../cuts.ts'
import { isBass, isDrums, isHarmony, isTexture, isVoice, type Lane, lanesOf, namesOf } from '../lanes.ts'
import type { Stage, StyleBus } from '../stage.ts'
import { num, readParams, Settings, type Style, type StyleNeed, text } from '../style.ts'
import { BELL, beatMs, compress, echo, eq, HIGH_CUT, HIGH_SHELF, LOW_CUT, LOW_SHELF, reverb, saturate } from '../sound/index.ts'
import { sectionsOf } from '../grid.ts'
import type { StyleFacts } from '../facts.ts'
import type { RemixSnapshot } from '../../../src-shared/remix/index.ts'
import type { Axis } from './lexicon.ts'
import { parseWords, type WordAction, type WordContext, type WordTarget, type WordUnderstanding } from './parse-words.ts'

/** The names a remix adds to the words. */
export const wordContextOf = (snapshot: RemixSnapshot, facts: StyleFacts): WordContext => ({
  tracks: lanesOf(snapshot).map((lane) => ({ id: lane.track.id, name: lane.title, role: lane.role, part: lane.part })),
  sections: sectionsOf(snapshot, facts).map((section) => section.name),
})

/** How a wish is understood for a remix. */
export const understandWords = (wish: string, snapshot: RemixSnapshot, facts: StyleFacts): WordUnderstanding =>
  parseWords(wish, wordContextOf(snapshot, facts))

const isMeant = (lane: Lane, target: WordTarget): boolean =>
  target.kind === 'all' ||
  (target.kind === 'role' && lane.role === target.name) ||
  (target.kind === 'part' && lane.part === target.name) ||
  (target.kind === 'track' && lane.title === target.name)

const meant = (stage: Stage, targets: readonly WordTarget[], others: readonly WordTarget[]): readonly Lane[] => {
  const named = targets.filter((target) => target.kind !== 'rest')
  const isRest = targets.some((target) => target.kind === 'rest')
  return stage.lanes.filter(
    (lane) =>
      targets.length === 0 || named.some((target) => isMeant(lane, target)) || (isRest && !others.some((target) => isMeant(lane, target))),
  )
}

interface Work {
  readonly stage: Stage
  readonly lanes: readonly Lane[]
  readonly isAll: boolean
  readonly amount: number
  readonly room: () => StyleBus
  readonly echoes: () => StyleBus
}

const quieten = (stage: Stage, send: ReturnType<typeof sendsOf>[number], amount: number): void =>
  void stage.edit({ op: 'send.set', sendId: send.id, gainDb: Math.max(-144, Math.round((send.gainDb + amount * 16) * 10) / 10) })

const DO: Readonly<Record<Axis, (work: Work) => void>> = {
  tone: ({ stage, lanes, isAll, amount }) => {
    const spec =
      amount < 0
        ? eq({ type: HIGH_SHELF, hz: 2_600, db: amount * 9 }, { type: HIGH_CUT, hz: 14_000 + amount * 9_000 })
        : eq({ type: HIGH_SHELF, hz: 5_000, db: amount * 7 }, { type: BELL, hz: 300, db: -amount * 2, q: 0.7 })
    if (isAll) stage.master(spec)
    else for (const lane of lanes) stage.device(lane, spec)
  },
  warmth: ({ stage, lanes, isAll, amount }) => {
    const spec = eq({ type: LOW_SHELF, hz: 220, db: amount * 4 }, { type: BELL, hz: 3_200, db: -amount * 3, q: 0.7 })
    if (isAll) stage.master(spec)
    else for (const lane of lanes) stage.device(lane, spec)
    if (amount > 0)
      for (const lane of lanes.filter((one) => (isAll ? isHarmony(one) || isBass(one) : true)))
        stage.device(lane, saturate(2 + 3 * amount, 50))
  },
  width: ({ stage, lanes, amount }) => {
    const movable = lanes.filter((lane) => !isBass(lane) && lane.part !== 'kick' && lane.part !== 'lead')
    for (const [i, lane] of movable.entries())
      stage.pan(
        lane,
        amount < 0
          ? lane.track.pan * (1 + amount)
          : (Math.sign(lane.track.pan) || (i % 2 === 0 ? -1 : 1)) * Math.min(1, Math.abs(lane.track.pan) + amount * 0.7),
      )
  },
  space: ({ stage, lanes, amount, room }) => {
    if (amount > 0) {
      const bus = room()
      for (const lane of lanes) if (!isBass(lane)) bus.send(lane, -20 + 14 * amount)
      return
    }
    for (const lane of lanes) {
      for (const send of sendsOf(stage.snapshot, lane.track.id)) quieten(stage, send, amount)
      stage.device(lane, eq({ type: BELL, hz: 3_000, db: -amount * 2, q: 0.7 }))
    }
  },
  echo: ({ stage, lanes, amount, echoes }) => {
    if (amount > 0) {
      const bus = echoes()
      for (const lane of lanes) if (!isBass(lane) && lane.part !== 'kick') bus.send(lane, -22 + 14 * amount)
      return
    }
    for (const lane of lanes)
      for (const send of sendsOf(stage.snapshot, lane.track.id))
        if (devicesOf(stage.snapshot, send.toTrackId).some((device) => device.kind === 'delay')) quieten(stage, send, amount)
  },
  speed: ({ stage, amount }) => {
    stage.speed(Math.round(1_000 + amount * (amount < 0 ? 180 : 150)))
  },
  level: ({ stage, lanes, amount }) => {
    for (const lane of lanes) stage.level(lane, amount * 5)
  },
  weight: ({ stage, lanes, amount, isAll }) => {
    for (const lane of lanes) {
      if (!isAll || isBass(lane) || lane.part === 'kick' || lane.part === 'drums') {
        stage.device(
          lane,
          amount > 0
            ? eq({ type: LOW_SHELF, hz: 110, db: amount * 6 })
            : eq({ type: LOW_SHELF, hz: 180, db: amount * 7 }, { type: LOW_CUT, hz: 40 - amount * 40 }),
        )
        stage.level(lane, amount * 2)
      }
    }
  },
  punch: ({ stage, lanes, isAll, amount }) => {
    for (const lane of isAll ? lanes.filter((one) => isDrums(one) || isBass(one)) : lanes)
      stage.device(
        lane,
        amount > 0 ? compress(-18 - 6 * amount, 2.5 + 2 * amount, 25, 80, 1 + 2 * amount) : compress(-24, 2 - amount * 2, 1, 180, 1),
      )
  },
  drive: ({ stage, lanes, isAll, amount }) => {
    if (amount <= 0) {
      for (const lane of lanes) stage.device(lane, eq({ type: BELL, hz: 400, db: amount * 2, q: 0.8 }))
      return
    }
    for (const lane of isAll ? lanes.filter((one) => !isVoice(one)) : lanes) stage.device(lane, saturate(4 + 14 * amount, 75))
  },
  dream: (work) => {
    DO.space({ ...work, amount: work.amount })
    DO.echo({ ...work, amount: work.amount * 0.5 })
    DO.tone({ ...work, amount: -work.amount * 0.4 })
  },
  age: ({ stage, lanes, isAll, amount }) => {
    if (amount <= 0) {
      DO.tone({ stage, lanes, isAll, amount: -amount * 0.6, room: noBus, echoes: noBus })
      return
    }
    const spec = eq(
      { type: LOW_CUT, hz: 60 + 60 * amount },
      { type: BELL, hz: 900, db: 2 * amount, q: 0.6 },
      { type: HIGH_CUT, hz: 12_000 - 7_000 * amount },
    )
    if (isAll) stage.master(spec)
    else for (const lane of lanes) stage.device(lane, spec)
    for (const lane of lanes.filter((one) => !isAll || isDrums(one) || isHarmony(one)))
      stage.device(lane, saturate(3 + 6 * amount, 60, 0.05))
  },
  density: ({ stage, lanes, amount, echoes }) => {
    if (amount > 0) {
      const bus = echoes()
      for (const lane of lanes.filter((one) => one.part === 'hats' || isHarmony(one))) bus.send(lane, -18 + 8 * amount)
      for (const lane of lanes.filter(isTexture)) stage.level(lane, 3 * amount)
      return
    }
    // Fewer things at a time: what is least missed rests in the quiet sections.
    const spared = lanes.filter((lane) => isTexture(lane) || lane.part === 'backing' || lane.part === 'hats')
    const candidates = spared.length > 0 ? spared : lanes.filter(isHarmony).slice(1)
    const quiet = stage.sections.filter((section) => section.energy < 0.5 - amount * 0.35)
    for (const lane of candidates) for (const section of quiet) stage.rest(lane, section.startTick, section.startTick + section.lengthTicks)
  },
  swing: ({ stage, lanes, amount }) => {
    if (amount <= 0 || !hasGrid(stage, 'swing')) return
    let room = 600
    for (const lane of lanes.filter(isDrums)) if (room > 8) room -= layFeel(stage, lane, swingFeel(500 + Math.round(160 * amount), 2), room)
  },
  energy: (work) => {
    // A song has one speed: more energy for the drums is not more for everything.
    if (work.isAll) DO.speed({ ...work, amount: work.amount * 0.35 })
    DO.punch(work)
    for (const lane of work.lanes.filter((one) => isDrums(one) || isBass(one))) work.stage.level(lane, work.amount * 2.5)
  },
}

const noBus = (): StyleBus => ({ send: () => false, trackId: '', deviceIds: [], sendIdOf: () => undefined })

const carryOut = (
  stage: Stage,
  { actions }: WordUnderstanding,
  strength: number,
  styleById: (id: string) => Style | undefined,
): Result<null> => {
  const named = actions.flatMap((action) =>
    'targets' in action ? action.targets.filter((target) => target.kind !== 'rest' && target.kind !== 'all') : [],
  )
  for (const action of actions) {
    if (action.do !== 'spare') continue
    for (const lane of meant(stage, action.targets, named)) {
      if (action.ops === 'all') stage.keep(lane)
      else stage.spare(lane, action.ops, 'You asked to keep it so.')
    }
  }
  for (const action of actions) {
    if (action.do !== 'mute') continue
    const lanes = meant(stage, action.targets, named)
    if (lanes.length === stage.lanes.length) return fail('style.nothing_left', 'Without all that nothing would be left to hear.')
    for (const lane of lanes) stage.edit({ op: 'track.set', trackId: lane.track.id, isMuted: true })
    if (lanes.length > 0) stage.say(`without ${namesOf(lanes.map((lane) => lane.title))}`)
  }
  for (const [i, action] of actions.entries()) {
    if (action.do !== 'style') continue
    const style = styleById(action.style)
    const params = style && readParams(style, action.params)
    if (!style || !params?.ok) continue
    const done = stage.within(`style/${i}`, () => style.run(stage, new Settings(params.value)))
    if (done && !done.ok) stage.leaveOut(style.label.toLowerCase(), done.error.message)
  }
  for (const action of actions) {
    if (action.do === 'speed') stage.speed(action.permille)
    else if (action.do === 'tempo') stage.speed(Math.round((action.milliBpm * 1_000) / (stage.tempo[0]?.milliBpm ?? 120_000)))
  }
  let room: StyleBus | undefined
  let echoes: StyleBus | undefined
  for (const [i, action] of actions.entries()) {
    if (action.do !== 'quality') continue
    const lanes = meant(stage, action.targets, named)
    if (lanes.length === 0) {
      stage.leaveOut(`what was asked of ${targetNames(action)}`, 'Nothing of that kind plays here.')
      continue
    }
    stage.within(`quality/${i}`, () =>
      DO[action.axis]({
        stage,
        lanes,
        isAll: action.targets.length === 0,
        amount: Math.max(-1, Math.min(1, action.amount * strength)),
        room: () =>
          (room ??= stage.bus('Words room', [
            reverb(stage.random.between(1.8, 2.8, 0.1), { preDelayMs: 20, lowCutHz: 200, sizePercent: 75 }),
          ])),
        echoes: () =>
          (echoes ??= stage.bus('Words echo', [echo(beatMs(stage, 0.75), 32, { isPingPong: 1, lowCutHz: 350, highCutHz: 5_000 })])),
      }),
    )
  }
  return { ok: true, value: null }
}

const targetNames = (action: Extract<WordAction, { do: 'quality' }>): string =>
  action.targets.map((target) => ('name' in target ? target.name : 'everything')).join(' and ')

/** The style made of words; `styleById` finds the built-in styles it may call upon. */
export const createWordsStyle = (styleById: (id: string) => Style | undefined): Style => ({
  id: 'words',
  version: 2,
  group: 'words',
  label: 'Words',
  description: 'What you write, read by a grammar that shows how it understood each word; no model reads it.',
  parameters: [
    text('text', 'What you want', 'darker, half-time chorus, keep the lead vocal dry'),
    num('strength', 'Strength', '%', [10, 150, 5], 100),
  ],
  needs: ['sections', 'beats', 'onsets', 'phrases'],
  // “darker” listens to nobody: only what the wish asks for is heard.
  needsWith: (params, snapshot, facts) => {
    const needs = new Set<StyleNeed>(['sections'])
    for (const action of understandWords(params.text('text'), snapshot, facts).actions) {
      if (action.do === 'style') for (const need of styleById(action.style)?.needs ?? []) needs.add(need)
      else if (action.do === 'quality' && action.axis === 'swing') needs.add('onsets')
    }
    return [...needs]
  },
  run: (stage, params) => {
    const wish = params.text('text').trim()
    if (wish === '') return fail('style.no_words', 'Write what you want, such as “darker, half-time chorus, keep the lead vocal dry”.')
    const understood = understandWords(wish, stage.snapshot, stage.facts)
    for (const word of understood.notUnderstood) stage.leaveOut(`“${word}”`, 'It was not understood.')
    if (understood.actions.length === 0)
      return fail(
        'style.not_understood',
        `Nothing in “${wish.slice(0, 200)}” was understood. Use words like darker, wider, slower, half-time chorus, less reverb, keep the vocals dry.`,
      )
    const done = carryOut(stage, understood, params.number('strength') / 100, styleById)
    if (!done.ok) return done
    stage.say(
      understood.readings
        .flatMap((reading) => (reading.meaning === null ? [] : [reading.meaning]))
        .slice(0, 12)
        .join(', '),
    )
    return undefined
  },
})
