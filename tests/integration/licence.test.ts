// The licence has its say: on edits, when a render starts, and once more when its file is about to get a receipt. Against a real service, with
// packs whose terms bite.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExportStep } from '../../src-shared/protocol/index.ts'
import type { EditCommand } from '../../src-shared/remix/index.ts'
import { type Problem, type Result, unwrap } from '../../src-shared/std/index.ts'
import { OpenRemix } from '../../src-main/studio/index.ts'
import { errorsOf, isWithoutGap, leftoversIn, remixOfWork, type StudioRig, startStudioRig } from '../rigs/studio-rig.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const RULES = [
  { roles: ['vocals'], op: 'eq', effect: 'deny' },
  { roles: ['vocals'], op: 'pitch', effect: 'deny' },
  { roles: ['drums'], op: 'reverb', effect: 'approval', sla: 'P3D' },
]

let rig: StudioRig

const refusal = (result: Result<unknown>): Problem => {
  if (result.ok) throw new Error('it was allowed')
  return result.error
}

/** Runs one edit in an open remix of a work; the session is left as it was. */
const tryEdit = async (title: string, edits: readonly EditCommand[]) => {
  const work = rig.studio.library.works().find((one) => one.title === title)
  if (!work) throw new Error('not pulled')
  const remix = unwrap(await OpenRemix.create(rig.studio.remixTools, unwrap(rig.studio.works.newRemix(work))))
  const before = remix.session.snapshot
  const result = remix.edit(edits)
  if (!result.ok) expect(remix.session.snapshot, 'a refused edit changed the remix').toBe(before)
  await remix.close({ isDiscarded: true })
  return result
}

/** Does something when an export reaches a step. */
const when = (step: ExportStep, act: () => void) => ({
  onProgress: (now: ExportStep) => {
    if (now === step) act()
  },
})

const filesIn = (folder: string): string[] => readdirSync(folder)

beforeAll(async () => {
  rig = await startStudioRig([
    {
      title: 'Restricted',
      seconds: 65,
      sampleRate: 24_000,
      channels: 1,
      grant: {
        use: { exports: { max: 3, perDays: 30 }, formats: ['wav', 'flac'], maxBitDepth: 16 },
        transform: { rules: RULES, maxUsedMs: 60_000 },
        offline: { leaseMaxHours: 24, graceHours: 12 },
      },
    },
    { title: 'Expired', grant: { validity: { notBefore: '2023-01-01T00:00:00Z', notAfter: '2025-01-01T00:00:00Z' } } },
    { title: 'Open', grant: { offline: { leaseMaxHours: 24, graceHours: 12 } } },
    { title: 'Withdrawn' },
    {
      title: 'Ending',
      grant: {
        validity: { notBefore: '2024-01-01T00:00:00Z', notAfter: new Date(Date.now() + 2 * HOUR).toISOString().replace(/\.\d+Z/, 'Z') },
      },
    },
  ])
  for (const title of ['Restricted', 'Open', 'Withdrawn', 'Ending']) unwrap(await rig.pull(title))
}, 60_000)

afterAll(() => rig?.close())

/** Puts the clocks right and renews what a test let run out. */
const resetClock = async (): Promise<void> => {
  rig.skewMs = 0
  rig.deviceSkewMs = 0
  await rig.reopen()
}

describe('edits under a restricted licence', () => {
  const eq: EditCommand = { op: 'device.add', trackId: '@Lead', kind: 'eq', params: { band3Db: 3 } }

  it('are refused with the reason and the nearest legal alternative', async () => {
    const problem = refusal(await tryEdit('Restricted', [eq]))
    expect(problem).toMatchObject({ code: 'licence.operation_denied' })
    expect(problem.message).toMatch(/rules out EQ.*Take EQ off Lead\./i)
  })

  it('that need the artist are made with a notice, and exported only with a yes', async () => {
    const reverb: EditCommand = { op: 'device.add', trackId: '@Kick', kind: 'reverb' }
    const edited = unwrap(await tryEdit('Restricted', [reverb]))
    expect(edited.status.notices).toContainEqual(expect.objectContaining({ code: 'licence.needs_approval', effect: 'approval' }))
    const range = { fromFrame: 0, toFrame: 24_000 }
    const problem = refusal(await rig.export('Restricted', { 'asked.wav': 'wav16' }, { edits: [reverb], order: { range } }))
    expect(problem).toMatchObject({ code: 'licence.needs_approval' })
    expect(problem.message).toMatch(/P3D.*Ask the artist/)
  })

  it('go by the role in the grant, whatever the remix calls it', async () => {
    const renamed = await tryEdit('Restricted', [
      { op: 'track.set', trackId: '@Lead', role: 'drums', name: 'Snare' },
      { ...eq, trackId: '@Snare' },
    ])
    expect(refusal(renamed).code).toBe('licence.operation_denied')
  })

  it('see a refused device on a bus that the stem is sent to', async () => {
    const sent = await tryEdit('Restricted', [
      { op: 'track.add', id: 'bus', kind: 'bus', name: 'Bus' },
      { op: 'device.add', trackId: 'bus', kind: 'eq', params: { band3Db: 3 } },
      { op: 'send.add', fromTrackId: '@Lead', toTrackId: 'bus' },
    ])
    expect(refusal(sent).code).toBe('licence.operation_denied')
  })

  it('that break nothing are allowed', async () => {
    expect((await tryEdit('Restricted', [{ op: 'device.add', trackId: '@Bass', kind: 'eq', params: { band3Db: 3 } }])).ok).toBe(true)
    expect((await tryEdit('Restricted', [{ op: 'clip.split', clipIds: ['@Lead'], atTick: '5.1.0' }])).ok).toBe(true)
  })
})

describe('the cap on one stem', () => {
  it('refuses an export over it, naming the stem and by how much', async () => {
    const problem = refusal(await rig.export('Restricted', { 'long.wav': 'wav16' }))
    expect(problem.code).toBe('licence.too_long')
    expect(problem.message).toMatch(/^Lead is used for 1 min 5 s; its licence allows 1 min in one export\. Shorten Lead by 5 s\./)
    expect(filesIn(rig.out)).toEqual([])
  })

  it('lets an edit shorten a stem that is over it, but not lengthen it', async () => {
    expect(
      (
        await tryEdit('Restricted', [
          { op: 'clip.split', clipIds: ['@Lead'], atTick: '30.1.0', rightIds: ['r'] },
          { op: 'clip.delete', clipIds: ['r'] },
        ])
      ).ok,
    ).toBe(true)
    expect(refusal(await tryEdit('Restricted', [{ op: 'clip.duplicate', clipIds: ['@Lead'] }])).code).toBe('licence.too_long')
  })
})

describe('formats and bit depths', () => {
  const range = { fromFrame: 0, toFrame: 48_000 }
  it('are held to the grant, with what would be allowed', async () => {
    const mp3 = refusal(await rig.export('Restricted', { 'a.mp3': 'mp3' }, { order: { range } }))
    expect(mp3).toMatchObject({ code: 'licence.format' })
    expect(mp3.message).toMatch(/MP3.*Export as WAV and FLAC/)
    const deep = refusal(await rig.export('Restricted', { 'a.wav': 'wav24' }, { order: { range } }))
    expect(deep).toMatchObject({ code: 'licence.bit_depth' })
    expect(deep.message).toMatch(/at most 16 bits.*Export with 16 bits/)
    // One target that is not allowed stops them all, before anything is made.
    expect(refusal(await rig.export('Restricted', { 'a.wav': 'wav16', 'b.mp3': 'mp3' }, { order: { range } })).code).toBe('licence.format')
    expect(filesIn(rig.out)).toEqual([])
  })
})

describe('the number of exports', () => {
  const range = { fromFrame: 0, toFrame: 24_000 }
  it('counts files, not orders; refused and cancelled ones cost nothing', async () => {
    const four = refusal(
      await rig.export('Restricted', { '1.wav': 'wav16', '2.flac': 'flac16', '3.wav': 'wav16', '4.flac': 'flac16' }, { order: { range } }),
    )
    expect(four.code).toBe('licence.exports_used_up')
    expect(filesIn(rig.out)).toEqual([])
    const controller = new AbortController()
    const hooks = { signal: controller.signal, ...when('stamp', () => controller.abort()) }
    expect(refusal(await rig.export('Restricted', { '1.wav': 'wav16' }, { order: { range }, hooks })).code).toBe('export.cancelled')

    unwrap(await rig.export('Restricted', { '1.wav': 'wav16', '2.flac': 'flac16' }, { order: { range } }))
    expect(refusal(await rig.export('Restricted', { '3.wav': 'wav16', '4.flac': 'flac16' }, { order: { range } })).code).toBe(
      'licence.exports_used_up',
    )
    unwrap(await rig.export('Restricted', { '3.wav': 'wav16' }, { order: { range } }))
    const over = refusal(await rig.export('Restricted', { '4.wav': 'wav16' }, { order: { range } }))
    expect(over.code).toMatch(/^licence\.(exports_used_up|lease_used_up)$/)
    expect(filesIn(rig.out).toSorted()).toEqual(['1.wav', '2.flac', '3.wav'])
    expect(isWithoutGap(rig.studio)).toBe(true)
  })

  it('is not won back by a new lease, and the service agrees', async () => {
    expect(unwrap(await rig.studio.sync())).toMatchObject({ remaining: 0, refused: [] })
    unwrap(await rig.pull('Restricted'))
    expect(refusal(await rig.export('Restricted', { '4.wav': 'wav16' }, { order: { range } })).code).toMatch(/used_up$/)
    expect(await rig.service.flags()).toEqual([])
  })
})

describe('time', () => {
  it('an expired work can be seen but not pulled, in plain words', async () => {
    const work = unwrap(await rig.studio.works.find('Expired'))
    expect(work.licence.state).toBe('ended')
    const problem = refusal(await rig.pull('Expired'))
    expect(problem).toMatchObject({ code: 'lease.ended' })
    expect(problem.message).toMatch(/ended on 2025-01-01.*choose another work/)
  })

  it('a lease that ends while a render runs stops its receipt and its file', async () => {
    unwrap(await rig.pull('Open'))
    const problem = refusal(
      await rig.export('Open', { 'slow.wav': 'wav24' }, { hooks: when('stamp', () => (rig.deviceSkewMs = 25 * HOUR)) }),
    )
    expect(problem.code).toBe('licence.lease_ended')
    expect(existsSync(join(rig.out, 'slow.wav'))).toBe(false)
    expect(leftoversIn(rig.dir)).toEqual([])
    expect(rig.studio.ledger.list({ limit: 1 })[0]).toMatchObject({ type: 'void' })
    await resetClock()
    expect(await errorsOf(rig.studio)).toEqual([])
    expect(isWithoutGap(rig.studio)).toBe(true)
    unwrap(await rig.pull('Open'))
  })

  it('a clock set back a day lets edit and stops exports until the service was asked', async () => {
    rig.deviceSkewMs = -DAY
    expect((await tryEdit('Open', [{ op: 'track.set', trackId: '@Kick', isMuted: true }])).ok).toBe(true)
    const problem = refusal(await rig.export('Open', { 'yesterday.wav': 'wav16' }))
    expect(problem).toMatchObject({ code: 'licence.clock_rolled_back' })
    expect(problem.message).toMatch(/you can go on editing\. Set the clock right/)
    await rig.reopen()
    expect(refusal(await rig.export('Open', { 'yesterday.wav': 'wav16' })).code).toBe('licence.clock_rolled_back')
    await resetClock()
  })

  it('a clock set back during a render stops its receipt', async () => {
    const problem = refusal(await rig.export('Open', { 'trick.wav': 'wav16' }, { hooks: when('stamp', () => (rig.deviceSkewMs = -DAY)) }))
    expect(problem.code).toBe('licence.clock_rolled_back')
    expect(existsSync(join(rig.out, 'trick.wav'))).toBe(false)
    await resetClock()
  })

  it('a licence that ends is over for exports and new uses, and says on which day', async () => {
    rig.skewMs = 3 * HOUR
    await rig.reopen()
    const problem = refusal(await rig.export('Ending', { 'ended.wav': 'wav16' }))
    expect(problem.code).toBe('licence.ended')
    expect(problem.message).toMatch(/ended on \d{4}-\d\d-\d\d|ended on \d/)
    expect(refusal(await rig.pull('Ending')).code).toBe('lease.ended')
    await resetClock()
  })
})

describe('withdrawal', () => {
  it('between render and commit stops the receipt; afterwards the export at its start; the service gives no new lease', async () => {
    const snapshot = await remixOfWork(rig.studio, 'Withdrawn')
    const [{ grant } = { grant: undefined }] = rig.studio.licences.grantsInForce({
      works: [rig.studio.library.works().find((work) => work.title === 'Withdrawn')?.id ?? ''],
    })
    if (!grant) throw new Error('no grant')
    unwrap(await rig.export('Withdrawn', { 'before.wav': 'wav16' }))
    let refreshed: Promise<unknown> | undefined
    const revokeAndHear = async (): Promise<void> => {
      await rig.revoke('grant', grant.id)
      const { client, enrolment } = unwrap(await rig.studio.service.connect())
      unwrap(await rig.studio.licences.refreshRevocations(client, enrolment))
    }
    const path = join(rig.out, 'during.wav')
    const during = await rig.studio.export(
      { snapshot, targets: [{ path, format: 'wav24', trackId: null }], range: null, loudnessTargetLufs: null, threads: 1 },
      // Signing follows the render; the news arrives while it runs.
      when('render', () => (refreshed ??= revokeAndHear())),
    )
    await refreshed
    expect(refusal(during).code).toBe('licence.revoked')
    expect(existsSync(path)).toBe(false)
    const after = refusal(await rig.export('Withdrawn', { 'after.wav': 'wav16' }))
    expect(after).toMatchObject({ code: 'licence.revoked' })
    expect(after.message).toMatch(/withdrawn on .*Exports made before stay lawful/)
    expect(refusal(await rig.pull('Withdrawn')).code).toBe('lease.revoked')
    expect(unwrap(await rig.studio.verify(join(rig.out, 'before.wav'))).verdict).toBe('good')
    expect(await errorsOf(rig.studio)).toEqual([])
  })
})

describe('no licence at all', () => {
  it('a remix of stems nobody granted exports nothing and says where to get them', async () => {
    const snapshot = new Map(await remixOfWork(rig.studio, 'Open'))
    for (const [id, record] of [...snapshot]) {
      if (record.type === 'stem') {
        snapshot.delete(id)
        snapshot.set(`${id}-other`, { ...record, id: `${id}-other` })
      }
      if (record.type === 'clip') snapshot.set(id, { ...record, stemId: `${record.stemId}-other` })
    }
    const path = join(rig.out, 'stranger.wav')
    const result = await rig.studio.export({
      snapshot,
      targets: [{ path, format: 'wav16', trackId: null }],
      range: null,
      loudnessTargetLufs: null,
      threads: 1,
    })
    const problem = refusal(result)
    expect(problem.code).toMatch(/^(licence\.stem_not_granted|export\.no_licence)$/)
    expect(problem.message).toMatch(/Pull its work|Pull their work/)
    expect(existsSync(path)).toBe(false)
  })

  it('audio that is not the licensed stem is refused by name', async () => {
    const snapshot = new Map(await remixOfWork(rig.studio, 'Open'))
    for (const [id, record] of [...snapshot])
      if (record.type === 'stem' && record.title === 'Lead') snapshot.set(id, { ...record, contentSha256: 'ab'.repeat(32) })
    const result = await rig.studio.export({
      snapshot,
      targets: [{ path: join(rig.out, 'swapped.wav'), format: 'wav16', trackId: null }],
      range: null,
      loudnessTargetLufs: null,
      threads: 1,
    })
    expect(refusal(result)).toMatchObject({ code: 'licence.stem_swapped', message: expect.stringContaining('Lead') })
  })
})

// Last, since time does not go back: what the service signed on a later day stays signed.
describe('days that pass', () => {
  it('a lease that ended stops exports at once and edits after the grace', async () => {
    const range = { fromFrame: 0, toFrame: 24_000 }
    rig.skewMs = 25 * HOUR
    await rig.reopen()
    expect((await tryEdit('Open', [{ op: 'track.set', trackId: '@Lead', gainDb: -3 }])).ok).toBe(true)
    const problem = refusal(await rig.export('Open', { 'late.wav': 'wav16' }, { order: { range } }))
    expect(problem).toMatchObject({ code: 'licence.lease_ended' })
    expect(problem.message).toMatch(/Connect to the rights service once/)
    rig.skewMs = 40 * HOUR
    await rig.reopen()
    expect(refusal(await tryEdit('Open', [{ op: 'clip.duplicate', clipIds: ['@Lead'] }])).code).toBe('licence.lease_ended')
    // A remix of such stems stays open to take them out.
    expect((await tryEdit('Open', [{ op: 'clip.delete', clipIds: ['@Lead'] }])).ok).toBe(true)
    unwrap(await rig.pull('Open'))
    unwrap(await rig.export('Open', { 'renewed.wav': 'wav16' }, { order: { range } }))
  })
})
