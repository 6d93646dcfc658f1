// Lo-fi, acoustic room, radio: styles that put the same music in front of other ears.
import { isBass, isDrums, isHarmony, isTexture, isVoice } from '../lanes.ts'
import { layFeel } from '../cuts.ts'
import { num, type Style } from '../style.ts'
import { balance, BELL, bpmWords, compress, eq, HIGH_CUT, HIGH_SHELF, LOW_CUT, LOW_SHELF, reverb, saturate, swingDrums } from './touch.ts'

export const loFi: Style = {
  id: 'lo-fi',
  version: 1,
  group: 'sound',
  label: 'Lo-fi',
  description: 'A worn tape in a small room: darker, narrower, a little slower, drums that lean back.',
  parameters: [
    num('dark', 'Top cut at', 'Hz', [2_000, 10_000, 100], 4_600),
    num('wear', 'Wear', 'dB', [0, 18, 0.5], 7),
    num('swing', 'Swing', '%', [50, 66, 1], 56),
    num('slow', 'Slower by', '%', [0, 15, 1], 5),
    num('room', 'Room', '%', [0, 100, 5], 35),
  ],
  needs: ['onsets'],
  run: (stage, params) => {
    const { random } = stage
    const done = stage.speed(Math.round(1000 - params.number('slow') * 10))
    if (done !== 1000) stage.say(`slower by ${(1000 - done) / 10} %, now ${bpmWords(stage)}`)
    swingDrums(stage, params.number('swing') * 10)
    balance(stage, { vocals: -1.5, drums: -2, bass: 1, harmony: 1.5, texture: 0 })
    const dark = params.number('dark')
    const wear = params.number('wear')
    for (const lane of stage.lanes) {
      if (isDrums(lane)) {
        stage.device(lane, saturate(wear, 80, 0.05))
        stage.device(lane, compress(-22, 4, 15, 180, 2))
        stage.device(lane, eq({ type: HIGH_CUT, hz: dark * 1.2 }))
      } else if (isHarmony(lane)) {
        stage.device(
          lane,
          eq({ type: LOW_CUT, hz: random.fork(lane.track.id).between(120, 190, 1) }, { type: BELL, hz: 700, db: 2, q: 0.7 }),
        )
        stage.pan(lane, lane.track.pan * 0.5)
      } else if (isVoice(lane)) stage.device(lane, saturate(wear * 0.4, 60))
    }
    stage.master(
      eq(
        { type: LOW_CUT, hz: random.between(60, 95, 1) },
        { type: BELL, hz: 350, db: 1.5, q: 0.7 },
        { type: HIGH_SHELF, hz: 3_000, db: -3 },
        { type: HIGH_CUT, hz: dark },
        { type: HIGH_CUT, hz: dark * 1.4 },
      ),
    )
    stage.say(`top above ${Math.round(dark / 100) / 10} kHz off`)
    if (wear > 0) stage.master(saturate(wear * 0.3, 60))
    const room = params.number('room') / 100
    if (room > 0) {
      const bus = stage.bus('Small room', [
        reverb(random.between(0.5, 0.9, 0.05), { preDelayMs: 4, sizePercent: 30, dampingHz: 3_200, lowCutHz: 250, widthPercent: 50 }),
      ])
      const sent = stage.lanes.filter((lane) => !isBass(lane) && bus.send(lane, -24 + 14 * room))
      if (sent.length > 0) stage.say('small room')
    }
    return undefined
  },
}

export const acousticRoom: Style = {
  id: 'acoustic-room',
  version: 1,
  group: 'sound',
  label: 'Acoustic room',
  description: 'As if played by people in one good room: softer drums, natural tone, seats from left to right.',
  parameters: [
    num('size', 'Room size', '%', [10, 100, 5], 45),
    num('distance', 'Distance', '%', [0, 100, 5], 40),
    num('softness', 'Softness', 'dB', [0, 8, 0.5], 3.5),
    num('looseness', 'Looseness', 'ms', [0, 20, 1], 7),
  ],
  needs: ['onsets'],
  run: (stage, params) => {
    const { random } = stage
    const soft = params.number('softness')
    balance(stage, { vocals: 1, drums: -soft, bass: -0.5, harmony: 1.5, texture: -4 })
    const looseness = params.number('looseness')
    if (looseness > 0) {
      // Players in a room are never exactly together: each beat of each backing player has its own small delay.
      const ticksPerMs = ((stage.tempo[0]?.milliBpm ?? 120_000) * 960) / 60_000_000
      let room = 300
      for (const lane of stage.lanes.filter((one) => isDrums(one) && one.part !== 'kick')) {
        const own = random.fork(`loose/${lane.track.id}`)
        room -= layFeel(
          stage,
          lane,
          {
            offsets: ({ beats }) =>
              Array.from({ length: beats }, (_, i) => (i === 0 ? 0 : Math.round(own.between(0, looseness, 0.1) * ticksPerMs))),
          },
          Math.max(0, room),
        )
      }
      stage.say(`beats up to ${looseness} ms loose`)
    }
    const far = params.number('distance') / 100
    const size = params.number('size')
    const bus = stage.bus('The room', [
      reverb(0.5 + size / 70, {
        preDelayMs: 6 + size / 6,
        sizePercent: Math.max(10, size),
        dampingHz: 5_200,
        lowCutHz: 140,
        widthPercent: 85,
      }),
    ])
    const seats = stage.lanes.length
    const order = random.shuffle(stage.lanes.map((_, i) => i))
    for (const [i, lane] of stage.lanes.entries()) {
      const seat = seats < 2 ? 0 : ((order[i] ?? i) / (seats - 1)) * 2 - 1
      if (isBass(lane) || lane.part === 'lead' || lane.part === 'kick') stage.pan(lane, 0)
      else stage.pan(lane, seat * 0.45)
      if (isDrums(lane)) stage.device(lane, eq({ type: LOW_SHELF, hz: 80, db: -2 }, { type: HIGH_SHELF, hz: 6_000, db: -soft * 0.7 }))
      else if (isTexture(lane)) stage.device(lane, eq({ type: HIGH_CUT, hz: 7_000 }))
      else if (isVoice(lane)) stage.device(lane, compress(-18, 1.8, 20, 200, 1))
      bus.send(lane, -22 + 13 * far + (lane.part === 'lead' ? -3 : isBass(lane) ? -6 : 0))
    }
    stage.master(eq({ type: LOW_CUT, hz: 45 }, { type: BELL, hz: 260, db: 1, q: 0.7 }, { type: HIGH_SHELF, hz: 10_000, db: -1.5 }))
    stage.say(`one room of size ${size} %`)
    return undefined
  },
}

export const radio: Style = {
  id: 'radio',
  version: 1,
  group: 'sound',
  label: 'Radio',
  description: 'Made to be broadcast: the voice in front, dense and even, and a short way to the first words.',
  parameters: [
    num('voice', 'Voice forward', 'dB', [0, 6, 0.5], 2.5),
    num('density', 'Density', '%', [0, 100, 5], 60),
    num('presence', 'Presence', 'dB', [0, 6, 0.5], 2),
    num('intro', 'Longest intro', 'bars', [2, 32, 1], 4),
  ],
  needs: ['sections'],
  run: (stage, params) => {
    const { random } = stage
    const [first, ...others] = stage.sections
    const longest = params.number('intro')
    if (first?.kind === 'intro' && others.length > 0) {
      const bars = stage.bars(first.startTick, first.startTick + first.lengthTicks)
      const from = bars[bars.length - longest]
      if (bars.length > longest && from) {
        stage.arrange([{ fromTick: from.startTick, lengthTicks: stage.endTick - from.startTick }])
        stage.say(`intro of ${longest} instead of ${bars.length} bars`)
      }
    }
    const forward = params.number('voice')
    balance(stage, { vocals: forward, drums: 0.5, bass: 0, harmony: -1, texture: -1.5 })
    const density = params.number('density') / 100
    const presence = params.number('presence')
    for (const lane of stage.lanes) {
      if (isVoice(lane)) {
        stage.device(
          lane,
          eq({ type: LOW_CUT, hz: random.between(85, 110, 1) }, { type: BELL, hz: random.between(2_600, 3_600, 50), db: presence, q: 0.8 }),
        )
        stage.device(lane, compress(-20 - 6 * density, 2.5 + density, 6, 110, 2 + density))
      } else if (isBass(lane)) stage.device(lane, compress(-20, 3, 20, 160, 1.5))
      else if (isHarmony(lane)) stage.device(lane, eq({ type: BELL, hz: 2_800, db: -presence * 0.6, q: 0.7 }))
    }
    stage.master(
      eq(
        { type: LOW_CUT, hz: random.between(35, 45, 1) },
        { type: BELL, hz: 250, db: -1, q: 0.8 },
        { type: HIGH_SHELF, hz: 9_000, db: presence * 0.5 },
      ),
    )
    if (density > 0) stage.master(compress(-16 - 8 * density, 1.6 + density, 15, 140, 2 + 5 * density))
    stage.master({ kind: 'limiter', params: { ceilingDb: -1, inputDb: 2 + 4 * density, releaseMs: 90 } })
    stage.say(`voice ${forward} dB forward, dense`)
    const bus = stage.bus('Vocal plate', [
      reverb(random.between(0.9, 1.4, 0.05), { preDelayMs: 25, lowCutHz: 300, dampingHz: 7_000, sizePercent: 50 }),
    ])
    for (const lane of stage.lanes.filter(isVoice)) bus.send(lane, -18)
    return undefined
  },
}
