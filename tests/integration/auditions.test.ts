// Hearing what is not in the remix yet: a comp of variations, corrected notes of a stem. The real engine plays; the remix stays as it is.
import { readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { planNote, planNotes, RemixSession, type Variations } from '../../src-main/studio/index.ts'
import type { PreviewReport } from '../../src-shared/protocol/index.ts'
import {
  applyEdits,
  compilePlan,
  encodeDocument,
  recordsOf,
  type EditCommand,
  type Note,
  type RemixSnapshot,
  type RenderPlan,
} from '../../src-shared/remix/index.ts'
import { unwrap } from '../../src-shared/std/index.ts'
import { remixOfWork, startStudioRig, type StudioRig } from '../rigs/studio-rig.ts'

const STEMS = [
  { title: 'Lead', role: 'vocals', hz: 440 },
  { title: 'Piano', role: 'keys', hz: 261.63, isStruck: true },
  { title: 'Bass', role: 'bass', hz: 110 },
]
/** A bar at 120 BPM, in ticks. */
const BAR = 3_840

let rig: StudioRig

beforeAll(async () => {
  rig = await startStudioRig([
    { title: 'Open', stems: STEMS, channels: 1, seconds: 40 },
    {
      title: 'No notes',
      stems: STEMS,
      channels: 1,
      grant: { transform: { rules: [{ roles: ['keys'], op: 'ai.transcribe', effect: 'deny' }] } },
    },
  ])
  unwrap(await rig.pull('Open'))
  unwrap(await rig.pull('No notes'))
}, 60_000)
afterAll(() => rig.close())

const stemsOf = (snapshot: RemixSnapshot) => {
  const locate = rig.studio.works.stemLocator(snapshot)
  return recordsOf(snapshot, 'stem').flatMap((stem) => {
    const file = locate(stem.id)
    return file ? [{ path: file.path, contentSha256: file.contentSha256, name: file.name }] : []
  })
}

const heard = async (snapshot: RemixSnapshot, plan: RenderPlan, fromFrame: number, toFrame: number): Promise<PreviewReport> => {
  const engine = unwrap(await rig.studio.engine.client())
  return unwrap(await engine.request('preview.render', { plan, stems: stemsOf(snapshot), range: { fromFrame, toFrame }, keeps: false }))
}

const generated = async (snapshot: RemixSnapshot): Promise<Variations> => {
  const variations = rig.studio.variations(snapshot, () => {})
  unwrap(
    await variations.start({
      count: 6,
      seed: 3,
      styles: ['radio', 'acoustic-room', 'minus-one', 'breakdown'],
      keep: [],
      isLearning: false,
    }),
  )
  return variations
}

const signal = new AbortController().signal

describe('variations of a remix that was edited since (variations.again)', { timeout: 200_000 }, () => {
  it('are compared with how it sounds now', async () => {
    const snapshot = await remixOfWork(rig.studio, 'Open')
    const variations = await generated(snapshot)
    const before = variations.run.original?.integratedLufs ?? 0
    const quieter = unwrap(applyEdits(snapshot, [{ op: 'track.set', trackId: '@master', gainDb: -9 }], { newId: () => 'quieter' })).snapshot
    variations.noteEdited(quieter)
    expect(variations.run.isOutdated).toBe(true)
    unwrap(await variations.start({ count: 2, seed: 3, styles: ['radio'], keep: [], isLearning: false }))
    expect(variations.run.isOutdated).toBe(false)
    expect(variations.run.original?.integratedLufs).toBeCloseTo(before - 9, 0)
  })
})

describe('a comp, heard before it is applied (variations.comp_audition)', { timeout: 200_000 }, () => {
  let snapshot: RemixSnapshot
  let variations: Variations
  beforeAll(async () => {
    snapshot = await remixOfWork(rig.studio, 'Open')
    variations = await generated(snapshot)
  }, 120_000)

  it('plays from where it is wanted, goes on in place when a lane changes, and is as loud as the original', async () => {
    const [one, two] = variations.list().rows
    const before = encodeDocument(snapshot)
    const lanes = [
      { fromTick: 0, toTick: 4 * BAR, id: one?.id ?? '' },
      { fromTick: 4 * BAR, toTick: 20 * BAR, id: null },
    ]
    const started = unwrap(await variations.auditionComp(lanes, 6 * 48_000, signal))
    expect(started.state).toMatchObject({ isPlaying: true })
    expect(started.state.frame).toBeGreaterThanOrEqual(6 * 48_000)
    expect(started.state.frame).toBeLessThan(8 * 48_000)
    const changed = [...lanes.slice(0, 1), { fromTick: 4 * BAR, toTick: 20 * BAR, id: two?.id ?? '' }]
    const next = unwrap(await variations.auditionComp(changed, null, signal))
    expect(next.state).toMatchObject({ isPlaying: true })
    expect(next.state.frame).toBeGreaterThanOrEqual(started.state.frame)
    expect(next.state.frame).toBeLessThan(started.state.frame + 5 * 48_000)
    // On a busy machine it plays before its loudness is known, and is asked for again.
    let { gainDb } = next
    await expect
      .poll(
        async () => {
          gainDb ??= unwrap(await variations.auditionComp(changed, null, signal)).gainDb
          return gainDb
        },
        { timeout: 60_000 },
      )
      .not.toBeNull()
    unwrap(await variations.endAudition())
    expect(encodeDocument(snapshot)).toBe(before)

    // What it is played with makes it as loud as the original, measured on the sound itself.
    const comped = unwrap(compilePlan(unwrap(variations.comp(changed))))
    const range = [0, Math.min(comped.lengthFrames, 36 * 48_000)] as const
    const [own, original] = [
      (await heard(snapshot, comped, ...range)).loudness.integratedLufs ?? 0,
      (await heard(snapshot, unwrap(compilePlan(snapshot)), ...range)).loudness.integratedLufs ?? 0,
    ]
    expect(Math.abs(own + (gainDb ?? -99) - original)).toBeLessThan(1.5)
  })

  it('says what keeps it from being heard', async () => {
    const lanes = [{ fromTick: 0, toTick: BAR, id: 'gone' }]
    expect(await variations.auditionComp(lanes, 0, signal)).toMatchObject({ ok: false, error: { code: 'variations.unknown' } })
  })
})

describe('notes, heard before they are applied (revoice.audition)', { timeout: 200_000 }, () => {
  const note = (second: number, pitch: number): Note => ({ startFrame: second * 48_000, lengthFrames: 30_000, pitch, velocity: 90 })
  const NOTES = Array.from({ length: 38 }, (_, i) => note(i, 48 + ((i * 5) % 24)))
  const commands = (snapshot: RemixSnapshot, notes: readonly Note[] = NOTES, model: string | null = null): readonly EditCommand[] => {
    const stem = recordsOf(snapshot, 'stem').find(({ title }) => title === 'Piano')
    const clips = recordsOf(snapshot, 'clip').filter(({ stemId }) => stemId === stem?.id)
    const make = { kind: 'notes' as const, instrument: { name: 'e-piano', params: {} }, notes: [...notes], model }
    return [
      { op: 'sound.add', id: 'new-sound', stemId: stem?.id ?? '', name: 'Piano, re-voiced', make },
      { op: 'clip.sound', clipIds: clips.map(({ id }) => id), soundId: 'new-sound' },
    ]
  }
  const pianoClips = (snapshot: RemixSnapshot): string[] => {
    const [, command] = commands(snapshot)
    return command?.op === 'clip.sound' ? [...command.clipIds] : []
  }
  const order = (snapshot: RemixSnapshot) => ({ clipIds: pianoClips(snapshot), isAlone: false, fromFrame: 12 * 48_000, nowFrame: null })

  it('sounds as the remix will after the edit, from the place in the stem that is looked at, and changes nothing', async () => {
    const snapshot = await remixOfWork(rig.studio, 'Open')
    const session = new RemixSession(snapshot, rig.studio.desk, { isReadOnly: false })
    const whole = unwrap(session.foresee(commands(snapshot)))
    const part = unwrap(planNotes(whole, order(snapshot)))
    expect(part).toMatchObject({ atFrame: 12 * 48_000, untilFrame: 32 * 48_000 })
    expect(part.pieces).toEqual([{ atFrame: 0, lengthFrames: 40 * 48_000, stemFrame: 0, stemLengthFrames: 40 * 48_000 }])
    // Less was made, and what is heard is the same.
    const source = part.plan.sources.find(({ make }) => make)
    expect(source?.lengthFrames).toBeLessThan(24 * 48_000)
    const [whole10, part10] = [
      await heard(snapshot, whole, part.atFrame, part.atFrame + 480_000),
      await heard(snapshot, part.plan, part.atFrame, part.atFrame + 480_000),
    ]
    expect([...part10.peaks]).toEqual([...whole10.peaks])
    expect(part10.loudness).toEqual(whole10.loudness)
    const engine = unwrap(await rig.studio.engine.client())
    const state = unwrap(
      await engine.request('audition.plan', { plan: part.plan, stems: stemsOf(snapshot), atFrame: part.atFrame, gainDb: 0 }),
    )
    expect(state).toMatchObject({ isPlaying: true })
    const later = unwrap(
      planNotes(unwrap(session.foresee(commands(snapshot, NOTES.slice(3)))), { ...order(snapshot), nowFrame: state.frame }),
    )
    const next = unwrap(await engine.request('audition.plan', { plan: later.plan, stems: stemsOf(snapshot), atFrame: null, gainDb: 0 }))
    expect(next.isPlaying).toBe(true)
    expect(next.frame).toBeGreaterThanOrEqual(state.frame)
    unwrap(await engine.request('audition.stop', {}))
    expect(encodeDocument(session.snapshot)).toBe(encodeDocument(snapshot))
    expect(session.history.entries).toHaveLength(0)
  })

  it('alone leaves the others out, also where the mixer silences the stem', async () => {
    const snapshot = await remixOfWork(rig.studio, 'Open', [{ op: 'track.set', trackId: '@Piano', isMuted: true }])
    const session = new RemixSession(snapshot, rig.studio.desk, { isReadOnly: false })
    const { plan } = unwrap(planNotes(unwrap(session.foresee(commands(snapshot))), { ...order(snapshot), isAlone: true }))
    expect(plan.tracks.filter((one) => one.isAudible && one.kind === 'audio').map(({ name }) => name)).toEqual(['Piano'])
    const silence = await heard(
      snapshot,
      unwrap(planNotes(unwrap(session.foresee(commands(snapshot, [note(0, 60)]))), { ...order(snapshot), isAlone: true })).plan,
      20 * 48_000,
      25 * 48_000,
    )
    expect(silence.loudness.integratedLufs).toBeNull()
  })

  it('finds its place where clips are warped, trimmed and repeated', async () => {
    const snapshot = await remixOfWork(rig.studio, 'Open', [{ op: 'clip.warp', clipIds: ['@Piano'], bpm: 240 }])
    const session = new RemixSession(snapshot, rig.studio.desk, { isReadOnly: false })
    const part = unwrap(planNotes(unwrap(session.foresee(commands(snapshot))), { ...order(snapshot), isAlone: true }))
    // A source at 240 in a remix at 120 takes twice as long.
    expect(part.atFrame).toBe(24 * 48_000)
    expect(part.pieces[0]).toMatchObject({ atFrame: 0, stemFrame: 0 })
    const whole = unwrap(session.foresee(commands(snapshot)))
    const levels = async (plan: RenderPlan) =>
      (await heard(snapshot, plan, part.atFrame, part.atFrame + 240_000)).loudness.integratedLufs ?? -99
    const solo = { ...whole, tracks: whole.tracks.map((one) => ({ ...one, isAudible: one.kind !== 'audio' || one.name === 'Piano' })) }
    expect(Math.abs((await levels(part.plan)) - (await levels(solo)))).toBeLessThan(0.5)
  })

  it('is refused in the words that applying it would meet', async () => {
    const snapshot = await remixOfWork(rig.studio, 'No notes')
    const session = new RemixSession(snapshot, rig.studio.desk, { isReadOnly: false })
    const order = commands(snapshot, NOTES.slice(0, 4), 'urn:stemma:model:basic-pitch')
    const heard = session.foresee(order)
    const applied = session.edit(order)
    expect(heard.ok).toBe(false)
    expect(heard).toEqual(applied)
    const muted = await remixOfWork(rig.studio, 'Open', [{ op: 'clip.set', clipIds: ['@Piano'], isMuted: true }])
    const silent = new RemixSession(muted, rig.studio.desk, { isReadOnly: false })
    const refused = planNotes(unwrap(silent.foresee(commands(muted))), {
      clipIds: pianoClips(muted),
      isAlone: true,
      fromFrame: 0,
      nowFrame: null,
    })
    expect(refused).toMatchObject({ ok: false, error: { code: 'revoice.not_heard' } })
  })

  it('plays one key on its own', async () => {
    const snapshot = await remixOfWork(rig.studio, 'Open')
    const stem = recordsOf(snapshot, 'stem').find(({ title }) => title === 'Piano')
    if (!stem) throw new Error('no piano')
    const plan = planNote(stem, { name: 'e-piano', params: {} }, { pitch: 60, velocity: 90 })
    const report = await heard(snapshot, plan, 0, plan.lengthFrames)
    expect(report.loudness.integratedLufs).toBeGreaterThan(-60)
    const engine = unwrap(await rig.studio.engine.client())
    const state = unwrap(await engine.request('audition.plan', { plan, stems: stemsOf(snapshot), atFrame: 0, gainDb: 0 }))
    expect(state.isPlaying).toBe(true)
  })
})

describe('a mix that cannot be rendered (variations.mix)', { timeout: 200_000 }, () => {
  it('does not stay among the variations, and the reason names the stem', async () => {
    const snapshot = await remixOfWork(rig.studio, 'Open')
    const variations = await generated(snapshot)
    const { rows } = variations.list()
    const structural = rows.find(({ styles }) => styles.some((style) => ['minus-one', 'breakdown'].includes(style)))
    const sounding = rows.find((row) => row !== structural && row.styles.some((style) => ['radio', 'acoustic-room'].includes(style)))
    // The stem was damaged on disk, and its decoded copy is gone.
    for (const file of stemsOf(snapshot)) {
      unlinkSync(file.path)
      writeFileSync(file.path, 'no sound any more')
    }
    const cache = rig.studio.home.pcmCache
    for (const name of readdirSync(cache)) rmSync(join(cache, name), { recursive: true, force: true })
    const mixed = await variations.mix(structural?.id ?? '', sounding?.id ?? '')
    expect(mixed.ok).toBe(false)
    if (mixed.ok) return
    expect(mixed.error.message).toMatch(/Lead|Piano|Bass/)
    const after = variations.list()
    expect(after.rows.map(({ id }) => id)).toEqual(rows.map(({ id }) => id))
    expect(after.run.shown).toBe(after.rows.length)
  })
})
