// Slowed, sped-up and ambient: styles that live by another speed and another room.
import { type Clip, endTick } from '../../../src-shared/remix/index.ts'
import { isBass, isDrums, isHarmony, isTexture, isVoice, type Lane } from '../lanes.ts'
import type { Stage } from '../stage.ts'
import { num, type Style, toggle } from '../style.ts'
import {
  balance,
  BELL,
  beatMs,
  bpmWords,
  byEnergy,
  compress,
  echo,
  eq,
  HIGH_CUT,
  HIGH_SHELF,
  LOW_CUT,
  LOW_SHELF,
  reverb,
  saturate,
} from './touch.ts'

const semitones = (cents: number): string => `${cents > 0 ? '+' : ''}${Math.round(cents) / 100} semitones`

/** Changes the speed, and with `isTape` the pitch as a tape would. */
const tapeSpeed = (stage: Stage, permille: number, isTape: boolean, keepsFormants: boolean): void => {
  const done = stage.speed(permille)
  if (done === 1000) return
  stage.say(`${done < 1000 ? 'slower' : 'faster'} by ${Math.abs(1000 - done) / 10} %, now ${bpmWords(stage)}`)
  if (!isTape) return
  const cents = stage.transpose(Math.round(1_200 * Math.log2(done / 1000)), { isTape: true, keepsFormants })
  if (cents !== 0) stage.say(semitones(cents))
}

export const slowed: Style = {
  id: 'slowed',
  version: 1,
  group: 'sound',
  label: 'Slowed',
  description: 'Slower and deeper as from a tape, with a long soft room behind the voice.',
  parameters: [
    num('speed', 'Speed', '%', [60, 98, 1], 83),
    toggle('tape', 'Pitch follows speed', true),
    toggle('natural', 'Keep the voice natural', false),
    num('room', 'Room', '%', [0, 100, 5], 45),
    num('warmth', 'Warmth', 'dB', [0, 6, 0.5], 2.5),
  ],
  needs: [],
  run: (stage, params) => {
    const { random } = stage
    tapeSpeed(stage, Math.round(params.number('speed') * 10), params.flag('tape'), params.flag('natural'))
    balance(stage, { vocals: 0.5, drums: -1.5, bass: 1.5, harmony: 0, texture: 1 })
    const warmth = params.number('warmth')
    const top = random.between(6_500, 9_500, 100)
    stage.master(
      eq({ type: LOW_SHELF, hz: 140, db: warmth }, { type: BELL, hz: 2_800, db: -warmth * 0.6, q: 0.8 }, { type: HIGH_CUT, hz: top }),
    )
    stage.say(`warmer, top above ${Math.round(top / 100) / 10} kHz off`)
    const room = params.number('room') / 100
    if (room > 0) {
      const bus = stage.bus('Slow room', [
        reverb(random.between(3.2, 5.5, 0.1), { preDelayMs: 40, dampingHz: 4_200, lowCutHz: 220, sizePercent: 85 }),
      ])
      const wet = -22 + 14 * room
      const sent = stage.lanes.filter((lane) => !isBass(lane) && bus.send(lane, wet + (isVoice(lane) ? 3 : isDrums(lane) ? -5 : 0)))
      if (sent.length > 0) stage.say('long room')
    }
    for (const lane of stage.lanes.filter(isDrums)) stage.device(lane, compress(-20, 2.5, 25, 260, 1))
    return undefined
  },
}

export const spedUp: Style = {
  id: 'sped-up',
  version: 1,
  group: 'sound',
  label: 'Sped-up',
  description: 'Faster and higher, lighter in the low end and quick on its feet.',
  parameters: [
    num('speed', 'Speed', '%', [102, 150, 1], 122),
    toggle('tape', 'Pitch follows speed', true),
    toggle('natural', 'Keep the voice natural', false),
    num('air', 'Air', 'dB', [0, 6, 0.5], 2.5),
    num('punch', 'Punch', '%', [0, 100, 5], 50),
  ],
  needs: [],
  run: (stage, params) => {
    const { random } = stage
    tapeSpeed(stage, Math.round(params.number('speed') * 10), params.flag('tape'), params.flag('natural'))
    balance(stage, { vocals: 1.5, drums: 0.5, bass: -1, harmony: -0.5, texture: -1.5 })
    const air = params.number('air')
    stage.master(
      eq(
        { type: LOW_CUT, hz: random.between(32, 45, 1) },
        { type: LOW_SHELF, hz: 160, db: -air * 0.5 },
        { type: HIGH_SHELF, hz: random.between(6_500, 8_500, 100), db: air },
      ),
    )
    stage.say('brighter')
    const punch = params.number('punch') / 100
    if (punch > 0)
      for (const lane of stage.lanes.filter(isDrums)) stage.device(lane, compress(-16 - 6 * punch, 2 + 2 * punch, 18, 70, 1 + 2 * punch))
    const bus = stage.bus('Short plate', [
      reverb(random.between(0.7, 1.1, 0.05), { preDelayMs: 8, dampingHz: 9_000, lowCutHz: 350, sizePercent: 45 }),
    ])
    const sent = stage.lanes.filter((lane) => (isVoice(lane) || isHarmony(lane)) && bus.send(lane, isVoice(lane) ? -15 : -20))
    if (sent.length > 0) stage.say('short plate')
    return undefined
  },
}

/** Soft edges: clips come and go in half a bar and more. */
const soften = (stage: Stage, lane: Lane, frames: number): void => {
  if (!stage.may(lane, 'fade', 'soft edges')) return
  const clipIds = stage.clipsNow(lane).map((clip) => clip.id)
  if (clipIds.length > 0) stage.edit({ op: 'clip.set', clipIds, fadeInFrames: frames, fadeOutFrames: frames, fadeCurve: 'equal-power' })
}

const soundsAfter = (clips: readonly Clip[], at: number): boolean => clips.some((clip) => endTick(clip) > at)

export const ambient: Style = {
  id: 'ambient',
  version: 1,
  group: 'sound',
  label: 'Ambient',
  description: 'The beat steps back or away, everything rings long and wide.',
  parameters: [
    num('decay', 'Decay', 's', [3, 15, 0.5], 8),
    num('wash', 'Wash', '%', [20, 100, 5], 70),
    num('beat', 'Beat that stays', '%', [0, 100, 5], 15),
    num('slow', 'Slower by', '%', [0, 25, 1], 6),
    num('dark', 'Top cut at', 'Hz', [2_500, 12_000, 100], 6_000),
  ],
  needs: ['sections'],
  run: (stage, params) => {
    const { random } = stage
    const slow = params.number('slow')
    if (slow > 0) tapeSpeed(stage, Math.round(1000 - slow * 10), false, true)
    // The beat stays in the loudest sections, as much of them as asked for.
    const beat = params.number('beat') / 100
    const rhythm = stage.lanes.filter(isDrums)
    const others = stage.lanes.filter((lane) => !isDrums(lane))
    if (rhythm.length > 0 && others.length > 0) {
      const total = stage.sections.reduce((sum, section) => sum + section.lengthTicks, 0)
      let room = total * beat
      const keeps = new Set(
        byEnergy(stage.sections).filter((section) => {
          if (section.lengthTicks > room) return false
          room -= section.lengthTicks
          return true
        }),
      )
      for (const section of stage.sections) {
        if (keeps.has(section)) continue
        const end = section.startTick + section.lengthTicks
        // Silence is no music: where only drums play they stay.
        if (
          others.some((lane) =>
            soundsAfter(
              stage.clipsNow(lane).filter((clip) => clip.startTick < end),
              section.startTick,
            ),
          )
        )
          for (const lane of rhythm) stage.rest(lane, section.startTick, end)
      }
      stage.say(
        keeps.size === 0
          ? 'no drums'
          : `drums only in ${[...keeps]
              .map((one) => one.name)
              .slice(0, 2)
              .join(' and ')}`,
      )
    }
    balance(stage, { vocals: -2, drums: -7, bass: -3, harmony: 1.5, texture: 3 })
    const wash = params.number('wash') / 100
    const decay = params.number('decay')
    const bus = stage.bus('Wide space', [
      echo(beatMs(stage, random.pick([0.75, 1.5, 1])), random.between(35, 55, 1), {
        isPingPong: 1,
        lowCutHz: 300,
        highCutHz: 4_500,
        mixPercent: 35,
      }),
      reverb(decay, { preDelayMs: 30, dampingHz: 5_500, lowCutHz: 180, sizePercent: 100, widthPercent: 100 }),
    ])
    const wet = -14 + 14 * wash
    const sent = stage.lanes.filter((lane) => !isBass(lane) && bus.send(lane, wet + (isDrums(lane) ? 2 : isTexture(lane) ? 1 : 0)))
    if (sent.length > 0) stage.say(`${decay} s of space`)
    for (const [i, lane] of stage.lanes.filter((one) => isHarmony(one) || isTexture(one)).entries()) {
      stage.pan(lane, (i % 2 === 0 ? -1 : 1) * random.between(0.25, 0.6, 0.05))
      soften(stage, lane, 24_000)
    }
    const dark = params.number('dark')
    stage.master(eq({ type: LOW_CUT, hz: 40 }, { type: BELL, hz: 3_000, db: -2, q: 0.6 }, { type: HIGH_CUT, hz: dark }))
    for (const lane of stage.lanes.filter(isDrums)) stage.device(lane, eq({ type: HIGH_SHELF, hz: 4_000, db: -7 }))
    for (const lane of stage.lanes.filter(isVoice)) stage.device(lane, saturate(1.5, 40))
    return undefined
  },
}
