import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { renderPlanSchema } from '../protocol/render-plan.ts'
import { type Sha256, toBase64, unwrap, utf8 } from '../std/index.ts'
import { applyEdits } from './apply-edit.ts'
import { canonicalPlan, compilePlan } from './compile-plan.ts'
import { checkSnapshot, decodeDocument, encodeDocument, MAX_DOCUMENT_LENGTH } from './document.ts'
import { decodeEditCommands, type EditCommand } from './edit-command.ts'
import type { PlanPlugin } from './plan.ts'
import { checkPluginStates } from './plugin-states.ts'
import { type Device, DEVICE_KINDS, type RemixSnapshot } from './records.ts'
import { countingIds, PLUGIN, sampleRemix, SYNTH } from './remix.fixture.ts'
import { automationOf, clipsOf, devicesOf, recordOf, recordsOf, tracksOf } from './snapshot.ts'
import { createRemixStore } from './store.ts'

const KEY = 'ab'.repeat(32)
const STATE = toBase64(utf8('what the plugin keeps'))
const STATE_SHA256 = createHash('sha256').update('what the plugin keeps').digest('hex')

const apply = (snapshot: RemixSnapshot, ...commands: unknown[]) =>
  applyEdits(snapshot, unwrap(decodeEditCommands(commands)), { newId: countingIds(`n${snapshot.size}`) })
const edit = (snapshot: RemixSnapshot, ...commands: unknown[]): RemixSnapshot => unwrap(apply(snapshot, ...commands)).snapshot
const refusal = (snapshot: RemixSnapshot, ...commands: unknown[]): string => {
  const decoded = decodeEditCommands(commands)
  const result = decoded.ok ? applyEdits(snapshot, decoded.value, { newId: countingIds('n') }) : decoded
  return result.ok ? 'done' : result.error.code
}
const trackNamed = (snapshot: RemixSnapshot, name: string) => tracksOf(snapshot).find((track) => track.name === name)!
const device = (snapshot: RemixSnapshot, id: string): Device => recordOf(snapshot, 'device', id)!
const planOf = (snapshot: RemixSnapshot) => unwrap(compilePlan(snapshot))
const planTrack = (snapshot: RemixSnapshot, name: string) => planOf(snapshot).tracks.find((track) => track.name === name)!
const hashOf = (snapshot: RemixSnapshot): string =>
  createHash('sha256')
    .update(canonicalPlan(planOf(snapshot)))
    .digest('hex')
const ADD = { op: 'plugin.add', id: 'p', trackId: '@Bass', plugin: PLUGIN } as const
const withPlugin = (...commands: unknown[]): RemixSnapshot => edit(sampleRemix(), ADD, ...commands)

describe('a plugin on a track (plugin.edit)', () => {
  it('is added, set, switched, moved, copied, replaced and removed, each an undo step that names it', () => {
    const steps: readonly (readonly [EditCommand, string])[] = [
      [{ ...ADD, params: { ratio: 4 } }, 'Add Calf Compressor to Bass'],
      [{ op: 'plugin.set', deviceId: 'p', params: { attack: 5, ratio: null } }, 'Change Calf Compressor'],
      [{ op: 'plugin.set', deviceId: '@calf compressor', sidechainTrackId: '@Kick' }, 'Set sidechain of Calf Compressor'],
      [{ op: 'plugin.set', deviceId: 'p', state: STATE, stateSha256: STATE_SHA256 }, 'Load settings of Calf Compressor'],
      [{ op: 'automation.set', ownerId: 'p', param: 'mix', points: [{ atTick: 0, value: 0.5 }] }, 'Automate mix'],
      [{ op: 'device.copy', deviceId: 'p', id: 'q', toTrackId: '@Lead' }, 'Copy Calf Compressor to Lead'],
      [{ op: 'device.set', deviceId: 'q', isEnabled: false }, 'Change Calf Compressor'],
      [{ op: 'device.move', deviceId: 'q', toTrackId: '@Bass', index: 0 }, 'Move Calf Compressor'],
      [{ op: 'plugin.replace', deviceId: 'q', plugin: SYNTH }, 'Replace Calf Compressor by Calf Monosynth'],
      [{ op: 'device.remove', deviceId: 'p' }, 'Remove Calf Compressor'],
    ]
    const store = createRemixStore(sampleRemix())
    const files = [encodeDocument(store.snapshot)]
    for (const [command, label] of steps) {
      const step = unwrap(applyEdits(store.snapshot, [command], { newId: countingIds(`s${files.length}`) }))
      expect(step.label).toBe(label)
      unwrap(checkSnapshot(step.snapshot))
      store.transact(step.label, () => ({ ok: true, value: step.snapshot }))
      files.push(encodeDocument(store.snapshot))
    }
    for (const [i, file] of files.entries()) {
      store.jumpTo(i)
      expect(encodeDocument(store.snapshot)).toBe(file)
    }
  })

  it('keeps what a new state does not speak of out of it, and copies automation with the device', () => {
    const set = withPlugin({ op: 'plugin.set', deviceId: 'p', params: { ratio: 4, attack: 5 } })
    const loaded = edit(set, { op: 'plugin.set', deviceId: 'p', state: STATE, stateSha256: STATE_SHA256 })
    expect(device(loaded, 'p')).toMatchObject({ params: {}, state: STATE, plugin: { stateSha256: STATE_SHA256 } })
    const cleared = edit(loaded, { op: 'plugin.set', deviceId: 'p', state: null, params: { ratio: 2 } })
    expect(device(cleared, 'p')).toMatchObject({ params: { ratio: 2 }, plugin: { stateSha256: null } })
    expect(device(cleared, 'p').state).toBeUndefined()
    const copied = edit(
      loaded,
      { op: 'automation.set', ownerId: 'p', param: 'mix', points: [{ atTick: 0, value: 0.5 }] },
      { op: 'device.copy', deviceId: 'p', id: 'q' },
    )
    expect(devicesOf(copied, trackNamed(copied, 'Bass').id).map(({ id }) => id)).toEqual(['p', 'q'])
    expect(automationOf(copied, 'q', 'mix')?.points).toEqual(automationOf(copied, 'p', 'mix')?.points)
  })

  it('keeps settings, automation and the AI mark of the same plugin in another version, and nothing of another plugin', () => {
    const before = withPlugin(
      { op: 'plugin.set', deviceId: 'p', state: STATE, stateSha256: STATE_SHA256, isGenerative: true, sidechainTrackId: '@Kick' },
      { op: 'automation.set', ownerId: 'p', param: 'mix', points: [{ atTick: 0, value: 0.5 }] },
    )
    const newer = edit(before, { op: 'plugin.replace', deviceId: 'p', plugin: { format: PLUGIN.format, id: PLUGIN.id, version: '0.91' } })
    expect(device(newer, 'p')).toMatchObject({ state: STATE, plugin: { version: '0.91', name: 'Calf Compressor', isGenerative: true } })
    expect(automationOf(newer, 'p', 'mix')).toBeDefined()
    const other = edit(before, { op: 'plugin.replace', deviceId: 'p', plugin: SYNTH })
    expect(device(other, 'p')).toMatchObject({ params: {}, plugin: { name: 'Calf Monosynth', isGenerative: false, stateSha256: null } })
    expect(device(other, 'p').plugin?.sidechainTrackId).toBe(trackNamed(other, 'Kick').id)
    expect(device(other, 'p').state).toBeUndefined()
    expect(automationOf(other, 'p', 'mix')).toBeUndefined()
  })

  it('makes names of foreign code fit to show', () => {
    const named = edit(sampleRemix(), { ...ADD, plugin: { ...PLUGIN, name: '\u202eevil\u0000\n name ', vendor: '\u0007' } })
    expect(device(named, 'p').plugin).toMatchObject({ name: 'evil name', vendor: '' })
    const bare = edit(sampleRemix(), { op: 'plugin.add', id: 'p', trackId: '@Bass', plugin: { format: 'lv2', id: 'urn:x' } })
    expect(device(bare, 'p').plugin).toMatchObject({ name: 'urn:x', isInstrument: false, isGenerative: false, stateSha256: null })
  })

  it.each([
    ['a path as LV2 id', { plugin: { format: 'lv2', id: '/usr/lib/lv2/calf.lv2' } }, 'plugin.bad_id'],
    ['a file URL', { plugin: { format: 'lv2', id: 'file:///tmp/x.lv2' } }, 'plugin.bad_id'],
    ['a drive', { plugin: { format: 'lv2', id: 'C:\\plugins\\x' } }, 'plugin.bad_id'],
    ['a path as CLAP id', { plugin: { format: 'clap', id: '../../x.clap' } }, 'plugin.bad_id'],
    ['a home folder', { plugin: { format: 'clap', id: '~evil' } }, 'plugin.bad_id'],
    ['a path as VST3 id', { plugin: { format: 'vst3', id: 'x.vst3' } }, 'plugin.bad_id'],
    ['a path beside the id', { plugin: { ...PLUGIN, path: '/tmp/x.so' } }, 'edits.malformed'],
    ['an unknown format', { plugin: { ...PLUGIN, format: 'au' } }, 'edits.malformed'],
    ['a value that is no number', { params: { ratio: Number.NaN } }, 'edits.malformed'],
    ['a parameter with control characters', { params: { 'a\u0000b': 1 } }, 'plugin.bad_params'],
    ['a prototype key', { params: JSON.parse('{"constructor": 1}') as unknown }, 'plugin.bad_params'],
    ['too many parameters', { params: Object.fromEntries(Array.from({ length: 20_001 }, (_, i) => [`p${i}`, i])) }, 'plugin.bad_params'],
    ['a state that is no base64', { state: 'not base64!' }, 'plugin.bad_state'],
    ['a state of 17 MB', { state: 'A'.repeat(17 * 1024 * 1024) }, 'edits.malformed'],
    ['a hash without its state', { stateSha256: STATE_SHA256 }, 'plugin.bad_state'],
    ['a path as device id', { id: '../x' }, 'edit.bad_id'],
  ])('refuses %s', (_, change, code) => {
    expect(refusal(sampleRemix(), { ...ADD, ...change })).toBe(code)
  })
})

describe('states of plugins (plugin.state)', () => {
  const big = (letter: string) => ({ state: letter.repeat(15 * 1024 * 1024), stateSha256: KEY })

  it('are refused where the file could not be opened again', () => {
    const two = edit(sampleRemix(), { ...ADD, ...big('A') }, { op: 'device.copy', deviceId: 'p', id: 'q' })
    expect(refusal(two, { op: 'device.copy', deviceId: 'p' })).toBe('plugin.no_room')
    expect(refusal(two, { ...ADD, id: 'r', ...big('B') })).toBe('plugin.no_room')
    const three = edit(two, { ...ADD, id: 'r' })
    expect(refusal(three, { op: 'plugin.set', deviceId: 'r', ...big('B') })).toBe('plugin.no_room')
    expect(refusal(three, { op: 'plugin.set', deviceId: 'q', ...big('B') })).toBe('done')
    expect(encodeDocument(two).length).toBeLessThan(MAX_DOCUMENT_LENGTH)
  })

  it('are what their hash says, or that is said', () => {
    const sha256: Sha256 = (...chunks) => {
      const hash = createHash('sha256')
      for (const chunk of chunks) hash.update(chunk)
      return new Uint8Array(hash.digest())
    }
    const good = withPlugin({ op: 'plugin.set', deviceId: 'p', state: STATE, stateSha256: STATE_SHA256 })
    expect(checkPluginStates(good, sha256)).toEqual({ snapshot: good, repairs: [] })
    const bare = checkPluginStates(withPlugin({ op: 'plugin.set', deviceId: 'p', state: STATE }), sha256)
    expect([encodeDocument(bare.snapshot), bare.repairs]).toEqual([encodeDocument(good), []])
    const lying = checkPluginStates(withPlugin({ op: 'plugin.set', deviceId: 'p', state: STATE, stateSha256: KEY }), sha256)
    expect(encodeDocument(lying.snapshot)).toBe(encodeDocument(good))
    expect(lying.repairs).toEqual(['The kept settings of Calf Compressor are not those the file was saved with; listen before you export.'])
  })
})

describe('sidechains (plugin.sidechain)', () => {
  const routed = () =>
    edit(
      sampleRemix(),
      { op: 'track.add', kind: 'bus', name: 'Room', id: 'room' },
      { op: 'track.add', kind: 'bus', name: 'Hall', id: 'hall' },
      { op: 'send.add', id: 's', fromTrackId: '@Kick', toTrackId: 'room' },
      { ...ADD, plugin: { ...PLUGIN, sidechainTrackId: '@Kick' } },
      { op: 'plugin.add', id: 'h', trackId: 'hall', plugin: { ...PLUGIN, sidechainTrackId: 'room' } },
    )

  it('refuses what would feed a track into itself, however far round', () => {
    const snapshot = routed()
    const on = (trackId: string, sidechainTrackId: string) =>
      refusal(snapshot, { op: 'plugin.add', trackId, plugin: { ...PLUGIN, sidechainTrackId } })
    expect(on('@Kick', '@Kick')).toBe('plugin.sidechain_self')
    expect(on('@Kick', '@Bass')).toBe('plugin.sidechain_cycle')
    expect(on('@Bass', 'room')).toBe('plugin.sidechain_bus')
    expect(on('@Bass', '@Master')).toBe('plugin.sidechain_master')
    expect(on('room', 'hall')).toBe('plugin.sidechain_cycle')
    expect(on('@Master', '@Kick')).toBe('done')
    expect(on('hall', '@Lead')).toBe('done')
    expect(on('@Bass', '@Nobody')).not.toBe('done')
    expect(refusal(snapshot, { op: 'send.add', fromTrackId: 'hall', toTrackId: 'room' })).toBe('send.cycle')
    expect(refusal(snapshot, { op: 'device.move', deviceId: 'p', toTrackId: '@Kick' })).toBe('plugin.sidechain_self')
    expect(refusal(snapshot, { op: 'device.copy', deviceId: 'h', toTrackId: 'room' })).toBe('plugin.sidechain_self')
    expect(refusal(snapshot, { op: 'plugin.set', deviceId: 'p', sidechainTrackId: '@Lead' })).toBe('done')
  })

  it('is lost with its track, and orders the buses of the plan', () => {
    const snapshot = routed()
    expect(
      planOf(snapshot)
        .tracks.map(({ id }) => id)
        .slice(-3),
    ).toEqual(['room', 'hall', 'track:master'])
    const without = edit(snapshot, { op: 'track.delete', trackId: '@Kick' })
    expect(device(without, 'p').plugin?.sidechainTrackId).toBeNull()
    unwrap(checkSnapshot(without))
  })
})

describe('a frozen track (track.freeze)', () => {
  const frozen = () =>
    edit(
      withPlugin({ op: 'automation.set', ownerId: 'p', param: 'mix', points: [{ atTick: 0, value: 0.5 }] }),
      { op: 'track.add', kind: 'bus', name: 'Room', id: 'room' },
      { op: 'send.add', id: 's', fromTrackId: '@Bass', toTrackId: 'room' },
      { op: 'track.freeze', trackId: '@Bass', key: KEY },
    )

  it.each<readonly [string, unknown]>([
    ['moving its clip', { op: 'clip.move', clipIds: ['@Bass'], byTicks: 960 }],
    ['taking its clip away', { op: 'clip.move', clipIds: ['@Bass'], toTrackId: '@Lead' }],
    ['putting a clip on it', { op: 'clip.move', clipIds: ['@Lead'], toTrackId: '@Bass' }],
    ['fading its clip', { op: 'clip.set', clipIds: ['@Bass'], fadeInFrames: 480 }],
    ['muting its clip', { op: 'clip.set', clipIds: ['@Bass'], isMuted: true }],
    ['warping its clip', { op: 'clip.warp', clipIds: ['@Bass'], semitones: 2 }],
    ['setting its plugin', { op: 'plugin.set', deviceId: 'p', params: { ratio: 3 } }],
    ['switching its plugin off', { op: 'device.set', deviceId: 'p', isEnabled: false }],
    ['removing its plugin', { op: 'device.remove', deviceId: 'p' }],
    ['adding a device', { op: 'device.add', trackId: '@Bass', kind: 'eq' }],
    ['automating its plugin', { op: 'automation.set', ownerId: 'p', param: 'ratio', points: [{ atTick: 0, value: 2 }] }],
    ['changing that', { op: 'automation.set', ownerId: 'p', param: 'mix', points: [{ atTick: 0, value: 0.6 }] }],
    ['removing that', { op: 'automation.remove', ownerId: 'p', param: 'mix' }],
    ['another tempo', { op: 'tempo.set', bpm: 100 }],
    ['another meter, which the plugin may follow', { op: 'meter.set', numerator: 3, denominator: 4 }],
    ['inserting time', { op: 'time.insert', atTick: 0, lengthTicks: '1 bar' }],
  ])('refuses %s, and says how to go on', (_, command) => {
    const result = apply(frozen(), command)
    expect(result.ok ? 'done' : result.error).toMatchObject({
      code: 'track.frozen',
      message: 'Bass is frozen, so its sound cannot be changed. Its level, pan and sends can; for all else unfreeze it.',
      details: { alternative: { label: 'Unfreeze', command: [{ op: 'track.unfreeze' }] } },
    })
    expect(refusal(edit(frozen(), { op: 'track.unfreeze', trackId: '@Bass' }), command)).toBe('done')
  })

  it.each<readonly [string, unknown]>([
    ['level and pan', { op: 'track.set', trackId: '@Bass', gainDb: -3, pan: 0.5 }],
    ['mute, solo and name', { op: 'track.set', trackId: '@Bass', isMuted: true, isSoloed: true, name: 'Low' }],
    ['sends', { op: 'send.set', sendId: 's', gainDb: -6 }],
    ['automation of level', { op: 'automation.set', ownerId: '@Bass', param: 'gainDb', points: [{ atTick: 0, value: -6 }] }],
    ['the name of a clip', { op: 'clip.set', clipIds: ['@Bass'], name: 'Low' }],
    ['other tracks', { op: 'clip.delete', clipIds: ['@Lead'] }],
    ['a setting that is what it was', { op: 'clip.set', clipIds: ['@Bass'], gainDb: 0 }],
    ['deleting it', { op: 'track.delete', trackId: '@Bass' }],
  ])('leaves %s free', (_, command) => {
    expect(refusal(frozen(), command)).toBe('done')
  })

  it('is refused where there is nothing to freeze, twice, and for buses and the master', () => {
    expect(refusal(frozen(), { op: 'track.freeze', trackId: '@Bass', key: KEY })).toBe('track.frozen_already')
    expect(refusal(frozen(), { op: 'track.unfreeze', trackId: '@Lead' })).toBe('track.not_frozen')
    expect(refusal(frozen(), { op: 'track.freeze', trackId: 'room', key: KEY })).toBe('track.cannot_freeze')
    expect(refusal(frozen(), { op: 'track.freeze', trackId: '@Master', key: KEY })).toBe('track.cannot_freeze')
    expect(refusal(frozen(), { op: 'track.freeze', trackId: '@Lead', key: 'x' })).toBe('edits.malformed')
  })

  it('holds within one list of edits, and undo goes through it', () => {
    expect(refusal(sampleRemix(), ADD, { op: 'track.freeze', trackId: '@Bass', key: KEY }, { op: 'clip.delete', clipIds: ['@Bass'] })).toBe(
      'track.frozen',
    )
    expect(
      refusal(
        frozen(),
        { op: 'track.unfreeze', trackId: '@Bass' },
        { op: 'clip.delete', clipIds: ['@Bass'] },
        {
          op: 'track.freeze',
          trackId: '@Lead',
          key: KEY,
        },
      ),
    ).toBe('done')
    const snapshot = frozen()
    expect(planTrack(snapshot, 'Bass').frozen).toEqual({ key: KEY })
    expect(encodeDocument(edit(snapshot, { op: 'track.unfreeze', trackId: '@Bass' }))).not.toContain(KEY)
    expect(hashOf(snapshot)).not.toBe(hashOf(edit(snapshot, { op: 'track.unfreeze', trackId: '@Bass' })))
  })

  it('lets the track that keyed it be deleted', () => {
    const keyed = edit(
      sampleRemix(),
      { ...ADD, plugin: { ...PLUGIN, sidechainTrackId: '@Kick' } },
      { op: 'track.freeze', trackId: '@Bass', key: KEY },
    )
    expect(refusal(keyed, { op: 'track.delete', trackId: '@Kick' })).toBe('done')
  })
})

describe('the plan of a remix with plugins (plan.plugin)', () => {
  it('is what it always was where there are none, to the byte', () => {
    const plain = edit(
      sampleRemix(),
      ...DEVICE_KINDS.map((kind) => ({ op: 'device.add', id: `d:${kind}`, trackId: '@Bass', kind })),
      { op: 'track.add', kind: 'bus', name: 'Room', id: 'bus' },
      { op: 'send.add', id: 's', fromTrackId: '@Kick', toTrackId: 'bus' },
      {
        op: 'automation.set',
        id: 'au',
        ownerId: 'd:filter',
        param: 'cutoffHz',
        points: [
          { atTick: 0, value: 100 },
          { atTick: 3840, value: 9000 },
        ],
      },
    )
    // Written down before plans knew plugins.
    expect(hashOf(plain)).toBe('40078708a7377c3e2cb31a8e28e4f07f2e045dca6dbfe50b374743182631a961')
    expect(Object.keys(planOf(plain))).not.toContain('timeline')
  })

  it('names the plugin, its values, automation by parameter id, and its state; crosses a process border; any change is another hash', () => {
    const snapshot = withPlugin(
      { op: 'plugin.set', deviceId: 'p', state: STATE, stateSha256: STATE_SHA256, params: { ratio: 4, gain: 1e300 } },
      { op: 'automation.set', ownerId: 'p', param: 'mix', points: [{ atTick: 960, value: 0.7 }] },
    )
    const [planned] = planTrack(snapshot, 'Bass').devices as [PlanPlugin]
    expect(planned).toEqual({
      deviceId: 'p',
      kind: 'plugin',
      isEnabled: true,
      params: {
        gain: { value: 3.4028234663852886e38 },
        mix: { value: 0.7, points: [{ frame: 32_000, value: 0.7, curve: 'linear' }] },
        ratio: { value: 4 },
      },
      plugin: { ...PLUGIN, sidechainTrackId: null, stateSha256: STATE_SHA256 },
      state: STATE,
    })
    const plan = planOf(snapshot)
    expect(renderPlanSchema.parse(JSON.parse(new TextDecoder().decode(canonicalPlan(plan))))).toEqual(plan)
    expect(renderPlanSchema.safeParse({ ...plan, timeline: undefined }).success).toBe(false)
    const others = [
      { op: 'plugin.set', deviceId: 'p', params: { ratio: 5 } },
      { op: 'plugin.set', deviceId: 'p', isGenerative: true },
      { op: 'plugin.set', deviceId: 'p', sidechainTrackId: '@Kick' },
      { op: 'plugin.set', deviceId: 'p', state: toBase64(utf8('else')) },
      { op: 'plugin.replace', deviceId: 'p', plugin: { ...PLUGIN, version: '1' } },
      { op: 'device.set', deviceId: 'p', isEnabled: false },
    ]
    const hashes = [hashOf(snapshot), ...others.map((command) => hashOf(edit(snapshot, command)))]
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('tells plugins tempo and meter in frames, bars and quarters', () => {
    const snapshot = withPlugin(
      {
        op: 'tempo.set',
        points: [
          { at: 0, bpm: 120 },
          { at: 3840, bpm: 60 },
        ],
      },
      {
        op: 'meter.set',
        points: [
          { at: 0, numerator: 4, denominator: 4 },
          { at: 7680, numerator: 6, denominator: 8 },
          { at: 10_560, numerator: 3, denominator: 4 },
        ],
      },
    )
    expect(planOf(snapshot).timeline).toEqual({
      tempo: [
        { frame: 0, milliBpm: 120_000, quarter: 0 },
        { frame: 96_000, milliBpm: 60_000, quarter: 4 },
      ],
      meter: [
        { frame: 0, numerator: 4, denominator: 4, bar: 0, quarter: 0 },
        { frame: 288_000, numerator: 6, denominator: 8, bar: 2, quarter: 8 },
        { frame: 432_000, numerator: 3, denominator: 4, bar: 3, quarter: 11 },
      ],
    })
  })
})

describe('notes for an instrument (plan.notes)', () => {
  const note = (second: number, seconds: number, pitch: number, velocity = 100) => ({
    startFrame: second * 48_000,
    lengthFrames: seconds * 48_000,
    pitch,
    velocity,
  })
  const voiced = (...commands: unknown[]): RemixSnapshot => {
    const snapshot = sampleRemix()
    const stemId = clipsOf(snapshot, trackNamed(snapshot, 'Bass').id)[0]!.stemId
    const make = {
      kind: 'notes',
      instrument: { name: 'Sub', params: {} },
      notes: [note(8, 4, 43, 90), note(0, 1, 40), note(4, 2, 41, 1)],
      model: null,
    }
    return edit(
      snapshot,
      { op: 'sound.add', id: 'voice', stemId, name: 'Sub', make },
      { op: 'clip.sound', clipIds: ['@Bass'], soundId: 'voice' },
      { op: 'plugin.add', id: 'synth', trackId: '@Bass', plugin: SYNTH },
      ...commands,
    )
  }
  const notesOf = (snapshot: RemixSnapshot) =>
    planTrack(snapshot, 'Bass').notes?.map(({ startFrame, lengthFrames, pitch, velocity }) => [
      startFrame / 48_000,
      lengthFrames / 48_000,
      pitch,
      velocity,
    ])
  const WHOLE = [
    [0, 1, 40, 100],
    [4, 2, 41, 1],
    [8, 4, 43, 90],
  ]

  it('are those of the clips, whose sound is then not read but whose stem is used all the same', () => {
    expect(notesOf(voiced())).toEqual(WHOLE)
    const { clips } = planTrack(voiced(), 'Bass')
    expect(clips).toHaveLength(1)
    expect(clips[0]?.isPlayedByInstrument).toBe(true)
    const plan = planOf(voiced())
    expect(renderPlanSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
  })

  it('are not there without an instrument that is switched on', () => {
    expect(notesOf(edit(voiced(), { op: 'device.set', deviceId: 'synth', isEnabled: false }))).toBeUndefined()
    expect(notesOf(edit(voiced(), { op: 'plugin.replace', deviceId: 'synth', plugin: PLUGIN }))).toBeUndefined()
    expect(planTrack(edit(voiced(), { op: 'device.remove', deviceId: 'synth' }), 'Bass').clips[0]).not.toHaveProperty(
      'isPlayedByInstrument',
    )
    expect(notesOf(edit(voiced(), { op: 'clip.sound', clipIds: ['@Bass'], soundId: null }))).toEqual([])
  })

  it('move, end and are transposed with their clip; gain is not theirs, mute is', () => {
    expect(notesOf(voiced({ op: 'clip.move', clipIds: ['@Bass'], byTicks: '3s' }))?.map(([at]) => at)).toEqual([3, 7, 11])
    expect(notesOf(voiced({ op: 'clip.trim', clipId: '@Bass', edge: 'end', toTick: '9s' }))).toEqual([...WHOLE.slice(0, 2), [8, 1, 43, 90]])
    expect(notesOf(voiced({ op: 'clip.trim', clipId: '@Bass', edge: 'start', toTick: '5s' }))).toEqual([[5, 1, 41, 1], ...WHOLE.slice(2)])
    expect(notesOf(voiced({ op: 'clip.warp', clipIds: ['@Bass'], semitones: -5 }))?.map(([, , pitch]) => pitch)).toEqual([35, 36, 38])
    expect(notesOf(voiced({ op: 'clip.set', clipIds: ['@Bass'], gainDb: -20 }))).toEqual(WHOLE)
    expect(notesOf(voiced({ op: 'clip.set', clipIds: ['@Bass'], isMuted: true }))).toEqual([])
    const slow = voiced({ op: 'clip.warp', clipIds: ['@Bass'], bpm: 180 })
    expect(notesOf(slow)).toEqual(WHOLE.map(([at, length, ...rest]) => [at! * 2, length! * 2, ...rest]))
  })

  it('stay whole where a split runs through them, under one tempo and under several', () => {
    expect(
      notesOf(voiced({ op: 'clip.split', clipIds: ['@Bass'], atTick: '5s' }, { op: 'clip.split', clipIds: ['@Bass'], atTick: '10s' })),
    ).toEqual(WHOLE)
    const bent = voiced(
      { op: 'clip.warp', clipIds: ['@Bass'], bpm: 90 },
      {
        op: 'tempo.set',
        keep: 'grid',
        points: [
          { at: 0, bpm: 90 },
          { at: '4s', bpm: 100 },
        ],
      },
    )
    const cut = edit(bent, { op: 'clip.split', clipIds: ['@Bass'], atTick: '10s' })
    expect(notesOf(cut)?.length).toBe(3)
    for (const [i, [at, length]] of notesOf(cut)!.entries()) {
      expect(at).toBeCloseTo(notesOf(bent)![i]![0]!, 3)
      expect(length).toBeCloseTo(notesOf(bent)![i]![1]!, 3)
    }
  })
})

describe('plugins in remix files (file.hostile, file.newer)', () => {
  type Json = Record<string, unknown>
  const good = () =>
    JSON.parse(encodeDocument(withPlugin({ op: 'plugin.set', deviceId: 'p', state: STATE, stateSha256: STATE_SHA256 }))) as {
      records: Json[]
      schemaVersion: number
    }
  const opened = (change: (device: Json, records: Json[]) => void): string => {
    const file = good()
    change(file.records.find(({ id }) => id === 'p')!, file.records)
    const decoded = decodeDocument(JSON.stringify(file))
    return decoded.ok ? decoded.value.repairs.join(' ') || 'opened' : decoded.error.code
  }
  const plugin = (change: Json) => (device: Json) => Object.assign(device.plugin as Json, change)

  it.each<readonly [string, (device: Json, records: Json[]) => void]>([
    ['a path beside the id', plugin({ path: '/tmp/evil.so' })],
    ['a path as id', plugin({ id: '/tmp/evil.lv2' })],
    ['a file URL as id', plugin({ id: 'file:///tmp/evil.lv2' })],
    ['control characters in the name', plugin({ name: 'Calf\u0000' })],
    ['text turned around in the name', plugin({ vendor: '\u202efosfuR' })],
    ['an unknown format', plugin({ format: 'dll' })],
    ['a missing field', (device) => delete (device.plugin as Json).isGenerative],
    ['a value beyond all numbers', (device) => Object.assign(device, { params: { a: Number.POSITIVE_INFINITY } })],
    ['a parameter without a name', (device) => Object.assign(device, { params: { '': 1 } })],
    [
      '20,001 parameters',
      (device) => Object.assign(device, { params: Object.fromEntries(Array.from({ length: 20_001 }, (_, i) => [`p${i}`, 1])) }),
    ],
    ['a state that is no base64', (device) => Object.assign(device, { state: '<script>' })],
    ['a state of 17 MB', (device) => Object.assign(device, { state: 'A'.repeat(17 * 1024 * 1024) })],
    ['a hash without state', (device) => delete device.state],
    ['a plugin without its description', (device) => delete device.plugin],
    ['a description of what is none', (device) => Object.assign(device, { kind: 'eq', params: {} })],
    [
      'a frozen track with a path',
      (_, records) => Object.assign(records.find(({ type }) => type === 'track')!, { frozen: { key: '/tmp/x' } }),
    ],
  ])('refuses %s', (_, change) => {
    expect(opened(change)).toBe('remix_file.bad_record')
  })

  it('refuses prototype keys and sidechains in a circle, and lets go of sidechains from nowhere', () => {
    expect(opened((device) => Object.assign(device, { params: JSON.parse('{"__proto__":{"x":1}}') as Json }))).toBe('remix_file.hostile')
    const trackId = (records: Json[], name: string) => records.find((one) => one.type === 'track' && one.name === name)?.id
    expect(
      opened((device, records) => {
        Object.assign(device.plugin as Json, { sidechainTrackId: trackId(records, 'Kick') })
        records.push({
          ...device,
          id: 'q',
          trackId: trackId(records, 'Kick'),
          plugin: { ...(device.plugin as Json), sidechainTrackId: trackId(records, 'Bass') },
        })
      }),
    ).toBe('remix_file.send_cycle')
    expect(opened(plugin({ sidechainTrackId: 'nobody' }))).toBe('Left out: a sidechain from nowhere.')
    expect(opened((device) => Object.assign(device.plugin as Json, { sidechainTrackId: device.trackId }))).toBe(
      'Left out: a sidechain from nowhere.',
    )
  })

  it('opens files of version 2, where the word meant nothing, and newer ones to look at', () => {
    const old = good()
    old.schemaVersion = 2
    const read = unwrap(decodeDocument(JSON.stringify(old)))
    expect(read.isReadOnly).toBe(false)
    expect(recordOf(read.snapshot, 'device', 'p')).toMatchObject({ kind: 'unknown plugin', state: STATE })
    expect(recordOf(read.snapshot, 'device', 'p')?.plugin).toBeUndefined()
    const newer = good()
    newer.schemaVersion = 4
    Object.assign(newer.records.find(({ id }) => id === 'p')!.plugin as Json, { colour: 'blue' })
    const looked = unwrap(decodeDocument(JSON.stringify(newer)))
    expect(looked.isReadOnly).toBe(true)
    expect(looked.repairs.join(' ')).toContain('1 record made by a newer version')
    expect(recordsOf(looked.snapshot, 'clip')).toHaveLength(3)
  })
})
