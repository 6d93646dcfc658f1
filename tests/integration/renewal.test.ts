// A licence that ended and is renewed by its rights holder: refused before, lawful after, with the same stems, so that remixes and receipts from before
// stand. By the commands people use, against a real service.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OpenRemix, renewPack } from '../../src-main/studio/index.ts'
import { createServiceAdmin } from '../../src-main/studio/service-client/index.ts'
import { RENEW_LICENCE } from '../../src-shared/protocol/index.ts'
import { type Problem, type Result, unwrap } from '../../src-shared/std/index.ts'
import { runCli, stemmaIn } from '../rigs/cli-rig.ts'
import { errorsOf, isWithoutGap, orderOf, remixOfWork, type StudioRig, startStudioRig } from '../rigs/studio-rig.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

let rig: StudioRig
/** The label's own computer. */
let label: ReturnType<typeof stemmaIn>
const packOf = (title: 'Lapsing' | 'Expired'): string => join(rig.dir, 'packs', `${title === 'Lapsing' ? 0 : 1}.stemmapack`)

const refusal = (result: Result<unknown>): Problem => {
  if (result.ok) throw new Error('it was allowed')
  return result.error
}

const publish = async (path: string): Promise<void> => {
  const { url, adminToken } = rig.service
  unwrap(await createServiceAdmin({ url, adminToken }).importPack(path))
}

const grantOf = (title: string) => {
  const id = rig.studio.library.works().find((work) => work.title === title)?.id ?? ''
  return rig.studio.licences.grantsInForce({ works: [id] })[0]?.grant
}

beforeAll(async () => {
  rig = await startStudioRig([
    {
      title: 'Lapsing',
      seconds: 12,
      grant: {
        validity: { notBefore: '2024-01-01T00:00:00Z', notAfter: new Date(Date.now() + 2 * HOUR).toISOString().replace(/\.\d+Z/, 'Z') },
      },
    },
    { title: 'Expired', seconds: 30, grant: { validity: { notBefore: '2023-01-01T00:00:00Z', notAfter: '2025-01-01T00:00:00Z' } } },
  ])
  label = stemmaIn(join(rig.dir, 'label'))
}, 60_000)

afterAll(() => rig?.close())

describe('renewing a licence', { timeout: 240_000 }, () => {
  it('is refused without a day to come, without anything new, and to anybody but the label', async () => {
    const before = readFileSync(packOf('Expired'))
    for (const until of ['2024-06-01', 'next year', '2044-02-31']) {
      const problem = refusal(
        await renewPack({ pack: packOf('Expired'), out: packOf('Expired'), homeDir: label.homeDir, until, now: Date.now }),
      )
      expect(problem).toMatchObject({ code: 'pack.bad_end' })
      expect(problem.message).toContain(`“${until}” is none`)
    }
    const { problem: stranger } = await stemmaIn(join(rig.dir, 'stranger')).json(['renew', packOf('Expired'), '--until', '2044-01-01'], 1)
    expect(stranger).toMatchObject({ code: 'pack.no_label' })
    expect(stranger.message).toMatch(/Only the label itself/)
    expect(existsSync(join(rig.dir, 'stranger', 'labels'))).toBe(false)
    expect((await runCli(['renew', packOf('Expired'), '--home', label.homeDir])).code).toBe(2)
    expect(readFileSync(packOf('Expired')).equals(before)).toBe(true)
  })

  it('lets an expired work be pulled, varied and exported', async () => {
    const expired = refusal(await rig.pull('Expired'))
    expect(expired).toMatchObject({ code: 'lease.ended' })
    expect(expired.message).toMatch(/ended on 2025-01-01/)

    const renewed = await label.json(['renew', packOf('Expired'), '--until', '2044-12-31'])
    expect(renewed).toMatchObject({ title: 'Expired', notAfter: '2044-12-31T23:59:59Z', before: '2025-01-01T00:00:00Z' })
    expect(refusal(await rig.pull('Expired')).code).toBe('lease.ended')
    await publish(packOf('Expired'))
    expect(unwrap(await rig.studio.works.find('Expired')).licence.state).toBe('open')
    unwrap(await rig.pull('Expired'))
    expect(grantOf('Expired')).toMatchObject({ version: 2, validity: { notAfter: '2044-12-31T23:59:59Z' } })
    expect(grantOf('Expired')?.supersedes).toMatch(/^sha256:[0-9a-f]{64}$/)

    const stemma = stemmaIn(rig.homeDir)
    const remix = join(rig.dir, 'expired.stemma')
    await stemma.json(['new', 'Expired', '-o', remix])
    const varied = await stemma.json(['vary', remix, '--count', '12', '--seed', '1', '--dry'])
    expect(varied.variations.length).toBeGreaterThan(5)
    const file = join(rig.out, 'expired.wav')
    unwrap(await rig.export('Expired', { 'expired.wav': 'wav16' }))
    expect(unwrap(await rig.studio.verify(file)).verdict).toBe('good')
  })

  it('carries on remixes made under the old one, whose receipts stand', async () => {
    unwrap(await rig.pull('Lapsing'))
    const remix = await remixOfWork(rig.studio, 'Lapsing')
    unwrap(await rig.studio.export(orderOf(remix, { [join(rig.out, 'before.wav')]: 'wav16' })))
    const [first] = rig.studio.ledger.list({ limit: 1 })
    const stems = rig.studio.library.works().find(({ title }) => title === 'Lapsing')?.stems

    rig.skewMs = 3 * HOUR
    await rig.reopen()
    const after = orderOf(remix, { [join(rig.out, 'after.wav')]: 'wav16' })
    const ended = refusal(await rig.studio.export(after))
    expect(ended).toMatchObject({ code: 'licence.ended' })
    expect(ended.message).toMatch(/ended on/)
    expect(refusal(await rig.pull('Lapsing')).code).toBe('lease.ended')

    const open = unwrap(await OpenRemix.create(rig.studio.remixTools, remix))
    const offered = open.session.status().notices.find(({ code }) => code === 'licence.ended')?.alternative
    expect(offered).toEqual({ label: 'Ask whether it was renewed, or replace the stems.', command: RENEW_LICENCE })

    await label.json(['renew', packOf('Lapsing'), '--until', new Date(Date.now() + 400 * DAY).toISOString().slice(0, 10)])
    await publish(packOf('Lapsing'))
    // As the window does when that is taken up; nothing is downloaded anew.
    const work = unwrap(await rig.studio.works.find('Lapsing'))
    expect(work.stems).toEqual(stems)
    unwrap(await rig.studio.works.lease(work.id))
    open.session.reassess()
    expect(open.session.status().notices).toEqual([])
    await open.close({ isDiscarded: true })
    unwrap(await rig.studio.export(after))
    expect(unwrap(await rig.studio.verify(join(rig.out, 'after.wav'))).verdict).toBe('good')

    const old = unwrap(await rig.studio.verify(join(rig.out, 'before.wav')))
    expect(old.verdict).toBe('good')
    const synced = unwrap(await rig.studio.sync())
    expect(synced).toMatchObject({ remaining: 0, refused: [] })
    expect(unwrap(rig.studio.ledger.show(first?.id ?? '')).receipt).toMatchObject({ type: 'export' })
    expect(await rig.service.flags()).toEqual([])
    expect(await errorsOf(rig.studio)).toEqual([])
    expect(isWithoutGap(rig.studio)).toBe(true)
  })

  it('takes other terms from a file, and says what is wrong with them', async () => {
    const terms = join(rig.dir, 'author-1', 'work.json')
    const renewed = await label.json([
      'renew',
      packOf('Expired'),
      '--terms',
      terms,
      '--until',
      '2050-01-01',
      '-o',
      join(rig.dir, 'other.stemmapack'),
    ])
    expect(renewed).toMatchObject({ before: '2044-12-31T23:59:59Z', notAfter: '2050-01-01T23:59:59Z' })
    const { problem } = await label.json(['renew', packOf('Expired'), '--terms', join(rig.dir, 'expired.stemma')], 1)
    expect(problem).toMatchObject({ code: 'pack.terms_invalid' })
  })
})
