// What plugins are told beside sound: every value and note on its frame, once, however the stretch is cut into blocks.
import { describe, expect, it } from 'vitest'
import type { PlanNote, PlanTimeline, PlanValue } from '../../src-shared/remix/index.ts'
import type { PluginVoice } from '../plugins/rack/index.ts'
import { NoteEvents, ParameterEvents, TimelineReader } from './plugin-events.ts'
import { plugin } from './testing/plans.ts'

/** A plugin that runs nothing and knows the parameters `a` and `b`. */
const silentVoice = (): PluginVoice => ({
  latencyFrames: 0,
  tailFrames: 0,
  epoch: 1,
  sent: new Map(),
  held: new Map(),
  indexOf: (parameter) => ({ a: 0, b: 1 })[parameter],
  baseValue: (parameter) => (parameter === 'a' ? 0.25 : 0.75),
  run: () => true,
  reset: () => {},
})

const deviceWith = (params: Readonly<Record<string, number | PlanValue>>) => plugin('p', { format: 'clap', id: 'test' }, params)
const ramp: PlanValue = {
  value: 0,
  points: [
    { frame: 100, value: 0, curve: 'linear' },
    { frame: 1_100, value: 1, curve: 'hold' },
    { frame: 3_000, value: 0.5, curve: 'hold' },
  ],
}

describe('parameter events', () => {
  const eventsOf = (blockFrames: number): readonly (readonly [number, number, number])[] => {
    const events = new ParameterEvents()
    const voice = silentVoice()
    events.update(deviceWith({ a: ramp, b: 0.1, unknown: 3 }))
    const all: [number, number, number][] = []
    for (let at = 0; at < 4_096; at += blockFrames)
      for (const { frame, parameter, value } of events.take(voice, at, blockFrames)) all.push([at + frame, parameter, value])
    return all
  }

  it('come once, to the frame, in steps of 64 frames on slopes', () => {
    const all = eventsOf(512)
    expect(all.filter(([, parameter]) => parameter === 1)).toEqual([[0, 1, 0.1]])
    const slope = all.filter(([, parameter]) => parameter === 0)
    expect(slope[0]).toEqual([0, 0, 0])
    expect(slope.find(([, , value]) => value === 1)).toEqual([1_100, 0, 1])
    expect(slope.at(-1)).toEqual([3_000, 0, 0.5])
    for (const [frame] of slope.slice(1, -2)) expect(frame % 64).toBe(0)
  })

  it('do not depend on block lengths', () => {
    expect(eventsOf(4_096)).toEqual(eventsOf(512))
  })

  it('give back what the plan no longer sets', () => {
    const events = new ParameterEvents()
    const voice = silentVoice()
    events.update(deviceWith({ a: 1, b: 1 }))
    expect(events.take(voice, 0, 512)).toHaveLength(2)
    expect(events.take(voice, 512, 512)).toEqual([])
    events.update(deviceWith({ b: 1 }))
    expect(events.take(voice, 1_024, 512)).toEqual([{ frame: 0, parameter: 0, value: 0.25 }])
    expect(events.take(voice, 1_536, 512)).toEqual([])
  })
})

describe('note events', () => {
  const note = (startFrame: number, lengthFrames: number, pitch: number): PlanNote => ({ startFrame, lengthFrames, pitch, velocity: 127 })
  const played = (events: NoteEvents, voice: PluginVoice, from: number, to: number, blockFrames = 512): readonly string[] => {
    const all: string[] = []
    for (let at = from; at < to; at += blockFrames)
      for (const { frame, kind, pitch } of events.take(voice, at, blockFrames)) all.push(`${at + frame} ${kind} ${pitch}`)
    return all
  }
  const song = [note(10, 990, 60), note(500, 1_000, 60), note(512, 0, 64), note(2_000, 10, 60)]
  const expected = ['10 on 60', '500 off 60', '500 on 60', '512 on 64', '513 off 64', '1500 off 60', '2000 on 60', '2010 off 60']

  it('end what they begin, also where one note cuts another off or has no length, however blocks lie', () => {
    for (const blockFrames of [512, 1_024, 4_096])
      expect(played(new NoteEvents(song), silentVoice(), 0, 4_096, blockFrames)).toEqual(expected)
  })

  it('strike what is held where playing begins, and keep it through a rebuilt mix', () => {
    const voice = silentVoice()
    expect(played(new NoteEvents(song), voice, 1_024, 1_536)).toEqual(['1024 on 60', '1500 off 60'])
    const first = new NoteEvents(song)
    played(first, voice, 512, 1_024)
    // Another mix goes on with the same plugin: the note sounds on.
    expect(played(new NoteEvents(song), voice, 1_024, 1_536)).toEqual(['1500 off 60'])
    played(new NoteEvents(song), voice, 512, 1_024)
    expect(played(new NoteEvents(song), voice, 2_048, 2_560)).toEqual(['2048 off 60'])
    expect(voice.held.size).toBe(0)
  })

  it('end notes that a newer plan took away', () => {
    const voice = silentVoice()
    const events = new NoteEvents(song)
    played(events, voice, 512, 1_024)
    events.update([])
    expect(played(events, voice, 1_024, 1_536)).toEqual(['1024 off 60'])
  })
})

describe('timeline', () => {
  const timeline: PlanTimeline = {
    tempo: [
      { frame: 0, milliBpm: 120_000, quarter: 0 },
      { frame: 48_000, milliBpm: 60_000, quarter: 2 },
    ],
    meter: [
      { frame: 0, numerator: 4, denominator: 4, bar: 0, quarter: 0 },
      { frame: 144_000, numerator: 6, denominator: 8, bar: 1, quarter: 4 },
    ],
  }

  it('says tempo, meter, quarter and bar at a frame, never less than nothing', () => {
    const reader = new TimelineReader(timeline)
    expect(reader.at(-100, 48_000)).toMatchObject({ frame: 0, bpm: 120, quarter: 0, bar: 0 })
    expect(reader.at(24_000, 48_000)).toMatchObject({ bpm: 120, quarter: 1, bar: 0, barQuarter: 0 })
    expect(reader.at(96_000, 48_000)).toMatchObject({ bpm: 60, quarter: 3, numerator: 4 })
    expect(reader.at(144_000 + 48_000 * 3, 48_000)).toMatchObject({ quarter: 7, numerator: 6, denominator: 8, bar: 2, barQuarter: 7 })
  })

  it('cuts a stretch on the plugin grid where something changes', () => {
    const reader = new TimelineReader(timeline)
    expect(reader.nextChange(45_056, 4_096)).toBe(3_072)
    expect(reader.nextChange(49_152, 4_096)).toBe(4_096)
    expect(reader.nextChange(48_000, 512)).toBe(512)
    expect(new TimelineReader(undefined).at(48_000, 48_000)).toMatchObject({ bpm: 120, quarter: 2, numerator: 4, denominator: 4 })
  })
})
