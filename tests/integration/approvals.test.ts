// The artist's yes, with real parts: two homes, a real service over HTTP, real renders and stamps. Cites docs/spec/approval.md.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { generateKeyPairSync, sign } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeJws, buildJws, jwkThumbprint, type Problem, type Result, unwrap } from '../../src-shared/std/index.ts'
import { APPROVAL_TYP, type ApprovalAnswer, approvalAnswerSchema, reviewScript, statementHash } from '../../src-shared/approvals/index.ts'
import type { EditCommand, RemixSnapshot } from '../../src-shared/remix/index.ts'
import { APP_VERSION, createNodeProcessHost, createSigner, openStudio, packFolder, type Studio } from '../../src-main/studio/index.ts'
import { fileSecretBox } from '../../src-main/studio/index.ts'
import { sha256 } from '../../src-service/keys.ts'
import { type RunningService, startService } from '../../src-service/index.ts'
import { startWire, type Wire } from '../rigs/service-rig.ts'
import { orderOf, remixOfWork } from '../rigs/studio-rig.ts'
import { authorTones } from '../rigs/works.ts'

const TITLE = 'Asked'
let dir: string
let service: RunningService
let wire: Wire
let producer: Studio
let artist: Studio
let stranger: Studio
let skewMs = 0
const clock = (): number => Date.now() + skewMs

const problemOf = (result: Result<unknown>): Problem => {
  if (result.ok) throw new Error('it went well')
  expect(result.error.message).toMatch(/^.{20,}[.…]$/s)
  expect(result.error.message).not.toMatch(/undefined|\[object|Error:/)
  return result.error
}

const open = async (name: string, url: string | null): Promise<Studio> =>
  unwrap(await openStudio({ homeDir: join(dir, name), serviceUrl: url, host: createNodeProcessHost(), secrets: fileSecretBox, clock }))

const revoke = async (kind: string, id: string): Promise<void> => {
  const reply = await fetch(`${service.url}/v1/admin/revocations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind, id, reason: 'asked for' }),
  })
  expect(reply.status).toBe(200)
}

const publish = async (title: string, approval: unknown): Promise<string> => {
  const out = join(dir, 'packs', `${title}.stemmapack`)
  const signer = createSigner(createNodeProcessHost())
  const folder = authorTones(join(dir, `author-${title}`), { title, seconds: 4, grant: { approval } })
  unwrap(await packFolder({ dir: folder, out, homeDir: join(dir, 'label'), signer, appVersion: APP_VERSION, now: clock }))
  signer.dispose()
  return out
}

const pull = async (studio: Studio, title: string): Promise<void> => {
  unwrap(await studio.works.pull(unwrap(await studio.works.find(title))))
}

/** The remix of a work with one fader moved, so that each number is another sound. */
const remixAt = (gainDb: number, title = TITLE): Promise<RemixSnapshot> =>
  remixOfWork(producer, title, [{ op: 'track.set', trackId: '@Kick', gainDb }])

const submit = async (snapshot: RemixSnapshot, message = ''): Promise<string> => {
  const done = unwrap(await producer.approvals.submit({ snapshot, message, range: null, loudnessTargetLufs: null, threads: 1 }))
  expect(done.requests).toHaveLength(1)
  return done.requests[0]!
}

const say = (
  request: string,
  verdict: ApprovalAnswer['verdict'],
  more: { conditions?: string[]; notes?: ApprovalAnswer['notes'] } = {},
): string =>
  unwrap(artist.approvals.answer({ request, verdict, conditions: more.conditions ?? [], notes: more.notes ?? [], expires: null })).answer

const sync = async (...studios: Studio[]): Promise<void> => {
  for (const studio of studios) unwrap(await studio.approvals.sync())
}

let exports = 0
const exportOf = (
  snapshot: RemixSnapshot,
  more: Parameters<Studio['export']>[1] = {},
  order: Partial<Parameters<Studio['export']>[0]> = {},
) => producer.export(orderOf(snapshot, { [join(dir, 'out', `${exports++}.wav`)]: 'wav24' }, order), more)

const stateOf = (studio: Studio, request: string): string => unwrap(studio.approvals.find(request)).view.state

/** An answer as somebody with another key, or another mind, would write it. */
const forge = (
  answer: ApprovalAnswer,
  change: Partial<ApprovalAnswer>,
  key?: { kid: string; sign: (m: Uint8Array) => Uint8Array },
): string => {
  const own = artist.identity.artist()!
  const payload = approvalAnswerSchema.parse({ ...answer, ...change })
  return buildJws({ typ: APPROVAL_TYP, kid: key?.kid ?? own.kid, payload }, key?.sign ?? own.sign)
}

const post = async (
  studio: Studio,
  kind: string,
  id: string,
  jws: string,
): Promise<{ status: number; body: { code?: string; receivedAt?: string } }> => {
  const { enrolment } = unwrap(await studio.service.connect())
  const reply = await fetch(`${service.url}/v1/approvals/${kind}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${enrolment.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id, jws }),
  })
  return { status: reply.status, body: (await reply.json()) as { code?: string } }
}

const jwsOf = (studio: Studio, id: string): string => studio.approvals.store.statements().find((one) => one.id === id)!.jws

/** The threads of a home as version 1 kept them: one row for each id, here with another text in the place of one. */
const makeV1 = (file: string, { id, jws }: { id: string; jws: string }): void => {
  const db = new Database(file)
  db.exec(`DROP TRIGGER statement_fixed; DROP TRIGGER statement_kept;
    ALTER TABLE statement RENAME TO s; ALTER TABLE outbox RENAME TO o; ALTER TABLE delivery RENAME TO d;
    CREATE TABLE statement (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, issuer TEXT NOT NULL, request_id TEXT NOT NULL,
      jws TEXT NOT NULL, hash TEXT NOT NULL, received_at TEXT NOT NULL, origin TEXT NOT NULL CHECK (origin IN ('own', 'service', 'file')));
    CREATE TABLE outbox (id TEXT PRIMARY KEY, attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL DEFAULT 0, last_error TEXT);
    CREATE TABLE delivery (id TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('sent', 'refused')), at TEXT NOT NULL, message TEXT);
    INSERT OR IGNORE INTO statement SELECT * FROM s ORDER BY seq;
    INSERT OR IGNORE INTO delivery SELECT s.id, d.state, d.at, d.message FROM d JOIN s ON s.hash = d.hash;
    DROP TABLE s; DROP TABLE o; DROP TABLE d;
    CREATE TRIGGER statement_fixed BEFORE DELETE ON statement BEGIN SELECT RAISE(ABORT, 'x'); END;
    CREATE TRIGGER statement_kept BEFORE DELETE ON statement BEGIN SELECT RAISE(ABORT, 'x'); END;
    PRAGMA user_version = 0`)
  db.prepare('UPDATE statement SET jws = ?, hash = ? WHERE id = ?').run(jws, statementHash(jws, sha256), id)
  db.close()
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'stemma-approvals-'))
  for (const name of ['packs', 'out']) mkdirSync(join(dir, name))
  artist = await open('artist', null)
  const made = artist.approvals.makeArtist('Ada Stem')
  await publish(TITLE, { required: true, approvers: [JSON.parse(made.approver)], slaHours: 48 })
  await publish('Open', undefined)
  service = await startService({ dataDir: join(dir, 'service'), catalogueDirs: [join(dir, 'packs')], clock })
  expect(service.refusedPacks).toEqual([])
  wire = await startWire(() => service.url)
  artist.service.use(wire.url)
  producer = await open('producer', wire.url)
  stranger = await open('stranger', wire.url)
  wire.tamper = () => ({})
  // Stems are binary: they come straight from the service.
  producer.service.use(service.url)
  await pull(producer, TITLE)
  await pull(producer, 'Open')
  producer.service.use(wire.url)
}, 120_000)

afterAll(async () => {
  for (const studio of [producer, artist, stranger]) await studio?.close()
  await wire?.close()
  await service?.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('a thread', () => {
  it('goes from a no over changes to a yes, and only the approved sound leaves the app (approval.bound)', async () => {
    const first = await remixAt(-3)
    expect(problemOf(await exportOf(first))).toMatchObject({ code: 'licence.needs_approval' })
    expect(unwrap(producer.approvals.standing(first))).toMatchObject([{ state: 'none', isNeeded: true }])

    const request = await submit(first, 'What do you think?')
    expect(await submit(first)).toBe(request)
    expect(unwrap(producer.approvals.find(request)).view.delivery).toBe('local')
    producer.service.use(service.url)
    artist.service.use(service.url)
    await sync(producer, artist)
    const heard = unwrap(artist.approvals.find(request))
    expect(heard.thread).toMatchObject({ state: 'waiting', mayAnswer: true, isMine: false, waitsFor: 'artist' })
    expect(heard.thread.dueAt).not.toBeNull()
    expect(heard.view.request.message).toBe('What do you think?')
    expect(heard.view.request.done.map(({ title }) => title).sort()).toEqual(['Bass', 'Kick', 'Lead'])
    expect(heard.view.request.done.find(({ title }) => title === 'Kick')?.lines.map(({ text }) => text)).toContain('Made louder or quieter')
    expect(heard.view.request.ai.containsAI).toBe('None')
    for (const which of ['preview', 'original'] as const) {
      const sound = unwrap(await artist.approvals.sound(request, which))
      expect(sound.sha256).toBe(heard.view.request[which]?.sha256)
      expect(sound.bytes.length).toBe(heard.view.request[which]?.bytes)
    }
    expect(problemOf(await exportOf(first)).code).toBe('approval.waiting')

    unwrap(producer.approvals.comment({ request, text: 'Listen to the kick.', atMs: 1_000 }))
    unwrap(producer.approvals.comment({ request, text: 'Friendly reminder.', kind: 'reminder' }))
    say(request, 'changes', { notes: [{ fromMs: 1_000, toMs: 2_000, text: 'The kick is too loud.' }] })
    await sync(artist, producer, artist)
    expect(unwrap(producer.approvals.find(request)).view).toMatchObject({ state: 'changes', answers: [{ artistName: 'Ada Stem' }] })
    expect(unwrap(artist.approvals.find(request)).view.comments.map(({ comment }) => comment.kind)).toEqual(['comment', 'reminder'])
    expect(problemOf(await exportOf(first)).code).toBe('approval.changes')

    const second = await remixAt(-9)
    const again = await submit(second, 'Quieter now.')
    await sync(producer, artist)
    const thread = unwrap(artist.approvals.find(again)).thread
    // Two remixes of one work are two threads; the same remix submitted again is one.
    expect(thread.requests.at(-1)?.request.id).toBe(again)
    const yes = say(again, 'approve_with_conditions', { conditions: ['Name me in the title'] })
    await sync(artist, producer)
    const exported = unwrap(await exportOf(second))
    expect(exported.files).toHaveLength(1)
    const view = unwrap(producer.approvals.find(again)).view
    expect(view.request.pcmSha256).toBe(`sha256:${exported.pcmSha256}`)
    const { receipt } = unwrap(producer.ledger.show(exported.files[0]!.receiptId))
    const carried = { id: yes, sha256: statementHash(jwsOf(artist, yes), sha256), verdict: 'approve_with_conditions' }
    expect(receipt).toMatchObject({ approvals: [{ ...carried, artist: artist.identity.artist()!.kid }] })
    const report = unwrap(await producer.verify(exported.paths[0]!))
    expect(report.verdict).toBe('good')
    expect(report.findings.map(({ code }) => code)).toContain('approval.held')

    // Any later edit voids it, visibly.
    const edited = await remixAt(-8)
    expect(problemOf(await exportOf(edited)).code).toBe('approval.other_plan')
    expect(problemOf(await exportOf(second, {}, { loudnessTargetLufs: -14 })).code).toBe('approval.other_settings')
  }, 120_000)

  it('is one thread for one remix, and an edit is told as such (approval.voided)', async () => {
    const { OpenRemix } = await import('../../src-main/studio/index.ts')
    const work = producer.library.works().find(({ title }) => title === TITLE)!
    const remix = unwrap(await OpenRemix.create(producer.remixTools, unwrap(producer.works.newRemix(work))))
    unwrap(remix.edit([{ op: 'track.set', trackId: '@Lead', gainDb: -1 }]))
    const first = await submit(remix.session.snapshot)
    await sync(producer, artist)
    say(first, 'approve')
    await sync(artist, producer)
    expect(unwrap(producer.approvals.standing(remix.session.snapshot))).toMatchObject([
      { state: 'approved', isNeeded: true, request: first },
    ])
    unwrap(remix.edit([{ op: 'track.set', trackId: '@Lead', gainDb: -2 }]))
    expect(unwrap(producer.approvals.standing(remix.session.snapshot))).toMatchObject([{ state: 'edited', request: first }])
    const second = await submit(remix.session.snapshot)
    const { thread, view } = unwrap(producer.approvals.find(second))
    expect(thread.requests.map(({ request }) => request.id)).toEqual([first, second])
    expect(view.request.supersedes).toBe(first)
    expect(unwrap(producer.approvals.find(first)).view.isSuperseded).toBe(true)
    // Undoing the edit brings the approved sound back, and with it the yes.
    unwrap(remix.edit([{ op: 'track.set', trackId: '@Lead', gainDb: -1 }]))
    expect(unwrap(producer.approvals.standing(remix.session.snapshot))).toMatchObject([{ state: 'approved' }])
    // A plugin, and every setting of one, is part of what was heard.
    const settings: readonly EditCommand[] = [
      { op: 'plugin.add', id: 'p', trackId: '@Lead', plugin: { format: 'lv2', id: 'urn:a:plugin', name: 'A plugin' } },
      { op: 'plugin.set', deviceId: 'p', params: { drive: 0.5 } },
      { op: 'plugin.set', deviceId: 'p', state: 'AAAA' },
    ]
    for (const command of settings) {
      unwrap(remix.edit([command]))
      expect(unwrap(producer.approvals.standing(remix.session.snapshot))).toMatchObject([{ state: 'edited' }])
    }
    unwrap(remix.edit([{ op: 'device.remove', deviceId: 'p' }]))
    expect(unwrap(producer.approvals.standing(remix.session.snapshot))).toMatchObject([{ state: 'approved' }])
    await remix.close({ isDiscarded: true })
  }, 60_000)
})

describe('an answer that is not one', () => {
  let request: string
  let other: string
  let answer: ApprovalAnswer
  let snapshot: RemixSnapshot

  beforeAll(async () => {
    snapshot = await remixAt(-12)
    request = await submit(snapshot)
    other = await submit(await remixAt(-13))
    await sync(producer, artist)
    const id = say(other, 'approve')
    answer = decodePayload(jwsOf(artist, id))
    await sync(artist)
  }, 60_000)
  const decodePayload = (jws: string): ApprovalAnswer => unwrap(decodeJws(jws, APPROVAL_TYP)).payload as ApprovalAnswer
  const asFile = (jws: string): string => JSON.stringify({ format: 'stemma-answer', v: 1, statements: [{ kind: 'answer', jws }] })

  const keyPair = (): { kid: string; sign: (m: Uint8Array) => Uint8Array } => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.export({ format: 'jwk' }).x ?? '' } as const
    return { kid: jwkThumbprint(jwk, sha256), sign: (message) => new Uint8Array(sign(null, message, privateKey)) }
  }
  const mine = (): Partial<ApprovalAnswer> => {
    const { view } = unwrap(producer.approvals.find(request))
    const { planSha256, pcmSha256 } = view.request
    return { id: crypto.randomUUID(), requestId: request, requestHash: view.hash, planSha256, pcmSha256 }
  }

  it.each([
    [
      'signed by somebody else',
      'approval.not_approver',
      () => {
        const key = keyPair()
        return forge(answer, { ...mine(), artist: key.kid }, key)
      },
    ],
    [
      'signed by somebody else in the artist’s name',
      'approval.forged',
      () => forge(answer, mine(), { ...keyPair(), kid: artist.identity.artist()!.kid }),
    ],
    [
      'with one byte changed',
      'approval.forged',
      () => {
        const [head, body, tail] = forge(answer, mine()).split('.') as [string, string, string]
        const text = Buffer.from(body, 'base64url').toString().replace('"conditions":[]', '"conditions":["x"]')
        return `${head}.${Buffer.from(text).toString('base64url')}.${tail}`
      },
    ],
    ['given to another request, replayed', 'approval.other_request', () => forge(answer, { ...mine(), requestHash: answer.requestHash })],
    ['for other audio', 'approval.other_sound', () => forge(answer, { ...mine(), pcmSha256: answer.pcmSha256 })],
    ['for the remix before an edit', 'approval.other_plan', () => forge(answer, { ...mine(), planSha256: answer.planSha256 })],
  ])('%s is refused by the service, by the studio, and covers nothing (%s)', async (_what, code, make) => {
    const jws = make()
    const { id } = decodePayload(jws)
    const reply = await post(artist, 'answers', id, jws)
    expect(reply.body.code).toBe(code)
    expect(reply.status).toBeGreaterThanOrEqual(400)
    expect(problemOf(await producer.approvals.takeIn('x.stemma-answer', asFile(jws))).code).toBe(code)
    await sync(producer)
    expect(problemOf(await exportOf(snapshot)).code).toBe('approval.waiting')
  })

  it('brought twice counts once, another one under its id is refused, and both sides say the same (approval.once)', async () => {
    const jws = forge(answer, mine())
    const { id } = decodePayload(jws)
    const first = await post(artist, 'answers', id, jws)
    const second = await post(stranger, 'answers', id, jws)
    expect([first.status, second.status]).toEqual([200, 200])
    expect(second.body).toEqual(first.body)
    const changed = await post(artist, 'answers', id, forge(answer, { ...mine(), id, verdict: 'refuse' }))
    expect(changed).toMatchObject({ status: 409, body: { code: 'approval.conflict' } })
    expect((await service.flags()).some(({ kind }) => kind === 'approval-conflict')).toBe(true)
    await sync(producer)
    unwrap(await producer.approvals.takeIn('x.stemma-answer', asFile(jws)))
    await sync(producer, artist)
    expect(unwrap(producer.approvals.find(request)).view.answers.map((one) => one.answer.id)).toEqual([id])
    expect(stateOf(artist, request)).toBe('approved')
    unwrap(await exportOf(snapshot))
  }, 60_000)

  it('to somebody else’s request is no yes for this account', async () => {
    // The same remix, the same sound, another account: the answer names a request that was not made here.
    const file = unwrap(producer.approvals.answerFile(other))
    expect(problemOf(await stranger.approvals.takeIn('a.stemma-answer', JSON.stringify(file))).code).toBe('approval.unknown_request')
  })

  it('is seen by nobody who has no part in it', async () => {
    await sync(stranger)
    expect(stranger.approvals.threads()).toEqual([])
    const { enrolment } = unwrap(await stranger.service.connect())
    const { view } = unwrap(producer.approvals.find(request))
    const reply = await fetch(`${service.url}/v1/approvals/audio/${view.request.preview.sha256}`, {
      headers: { authorization: `Bearer ${enrolment.token}` },
    })
    expect(reply.status).toBe(404)
  })
})

describe('a yes taken back', () => {
  it('stops new exports from its date on; past ones stay (approval.revoked)', async () => {
    const snapshot = await remixAt(-15)
    const request = await submit(snapshot)
    await sync(producer, artist)
    const yes = say(request, 'approve')
    await sync(artist, producer)
    const before = unwrap(await exportOf(snapshot))
    expect(problemOf(artist.approvals.revoke({ answer: yes, reason: '', since: '2020-01-01T00:00:00.000Z' })).code).toBe(
      'approval.backdated',
    )
    unwrap(artist.approvals.revoke({ answer: yes, reason: 'A label dispute', since: new Date(clock() + 3_600_000).toISOString() }))
    await sync(artist, producer)
    unwrap(await exportOf(snapshot))
    skewMs += 2 * 3_600_000
    const refused = problemOf(await exportOf(snapshot))
    expect(refused.code).toBe('approval.revoked')
    expect(refused.message).toContain('A label dispute')
    expect(unwrap(await producer.verify(before.paths[0]!)).verdict).toBe('good')
    expect(problemOf(artist.approvals.revoke({ answer: yes, reason: '', since: null })).code).toBe('approval.revoked')
  }, 60_000)

  it('while the export renders is noticed before the file gets its receipt', async () => {
    const snapshot = await remixAt(-16)
    const request = await submit(snapshot)
    await sync(producer, artist)
    const yes = say(request, 'approve')
    await sync(artist, producer)
    unwrap(artist.approvals.revoke({ answer: yes, reason: '', since: null }))
    const file = JSON.stringify(unwrap(artist.approvals.answerFile(request)))
    let taken: Promise<unknown> | undefined
    const result = await exportOf(snapshot, {
      onProgress: (step) => {
        if (step === 'render') taken ??= producer.approvals.takeIn('a.stemma-answer', file)
      },
    })
    await taken
    expect(problemOf(result).code).toBe('approval.revoked')
    await sync(artist)
  }, 60_000)
})

describe('the artist’s ledger', () => {
  it('shows every second of each stem used, to the artist alone, and marks what was withdrawn (approval.usage)', async () => {
    const snapshot = await remixAt(-31)
    const request = await submit(snapshot)
    await sync(producer, artist)
    say(request, 'approve')
    await sync(artist, producer)
    const exported = unwrap(await exportOf(snapshot))
    const { receiptId } = exported.files[0]!
    unwrap(await producer.sync())
    const { receipt } = unwrap(producer.ledger.show(receiptId))
    if (receipt.type === 'void') throw new Error('a void')
    const usage = unwrap(await artist.approvals.usage({ max: 1_000 }))
    const use = usage.uses.find((one) => one.receipt === receiptId)!
    expect(use).toMatchObject({ isWithdrawn: false, workTitle: TITLE, approval: 'approve', containsAI: 'None', scope: receipt.scope })
    expect(use.logIndex).not.toBeNull()
    expect(use.stems.map(({ stem, usedMs }) => [stem, usedMs])).toEqual(receipt.stems.map(({ stem, usedMs }) => [stem, usedMs]))
    // Where in the export each operation lies is what the receipt says, span by span.
    const spans = (ops: readonly { op: string; fromMs: number; toMs: number }[]) => ops.map(({ op, fromMs, toMs }) => [op, fromMs, toMs])
    expect(use.stems.map(({ operations }) => spans(operations))).toEqual(receipt.stems.map(({ ops }) => spans(ops)))
    expect(use.stems.flatMap(({ operations }) => operations).length).toBeGreaterThan(0)
    expect(use.stems.find(({ title }) => title === 'Kick')?.operations.map(({ text }) => text)).toContain('Made louder or quieter')
    // An export of a work of somebody else is not among them.
    unwrap(await exportOf(await remixOfWork(producer, 'Open')))
    unwrap(await producer.sync())
    const uses = unwrap(await artist.approvals.usage({ max: 1_000 })).uses
    expect(new Set(uses.map(({ workTitle }) => workTitle))).toEqual(new Set([TITLE]))
    expect(unwrap(await artist.approvals.usage({ max: 1 }))).toMatchObject({ isTruncated: true, uses: [{ receipt: uses[0]!.receipt }] })
    expect(problemOf(await stranger.approvals.usage({ max: 10 })).code).toBe('approval.no_artist')
    const { enrolment } = unwrap(await stranger.service.connect())
    const reply = await fetch(`${service.url}/v1/usage`, { headers: { authorization: `Bearer ${enrolment.token}` } })
    expect(reply.status).toBeGreaterThanOrEqual(400)
    unwrap(producer.ledger.voidReceipt(receiptId))
    unwrap(await producer.sync())
    const after = unwrap(await artist.approvals.usage({ max: 1_000 })).uses
    expect(after.filter(({ isWithdrawn }) => isWithdrawn).map((one) => one.receipt)).toEqual([receiptId])
  }, 60_000)
})

describe('away from the service', () => {
  it('both sides work by file, and sync later without counting anything twice (approval.offline)', async () => {
    const snapshot = await remixAt(-18)
    wire.tamper = () => 'lost'
    producer.service.use(wire.url)
    artist.service.use(wire.url)
    const request = await submit(snapshot)
    const review = unwrap(await producer.approvals.review(request))
    const page = `<!doctype html><html><script type="application/json" id="stemma-review">${reviewScript(review)}</script></html>`
    expect(unwrap(await artist.approvals.takeIn('Asked.html', page))).toMatchObject({ kind: 'review', added: 1 })
    expect(unwrap(await artist.approvals.takeIn('Asked.stemma-review', JSON.stringify(review))).added).toBe(0)
    expect(unwrap(await artist.approvals.sound(request, 'preview')).bytes.length).toBeGreaterThan(1_000)
    const yes = say(request, 'approve', { notes: [{ fromMs: 500, toMs: null, text: 'Love this.' }] })
    expect((await artist.approvals.sync()).ok).toBe(false)
    expect(artist.approvals.syncView().queued).toBe(1)
    const answers = JSON.stringify(unwrap(artist.approvals.answerFile(request)))
    // What a browser wrote without a key is handed back to be signed, to the artist only, and counts for nothing.
    const { hash } = unwrap(artist.approvals.find(request)).view
    const draft = {
      format: 'stemma-answer-draft',
      v: 1,
      request,
      requestHash: hash,
      verdict: 'refuse',
      conditions: [],
      notes: [],
      expires: null,
    }
    expect(unwrap(await artist.approvals.takeIn('a', JSON.stringify(draft)))).toMatchObject({
      kind: 'draft',
      added: 0,
      draft: { verdict: 'refuse' },
    })
    expect(stateOf(artist, request)).toBe('approved')
    expect(problemOf(await producer.approvals.takeIn('a', JSON.stringify(draft))).code).toBe('approval.not_approver')
    const other = { ...draft, requestHash: `sha256:${'0'.repeat(64)}` }
    expect(problemOf(await artist.approvals.takeIn('a', JSON.stringify(other))).code).toBe('approval.other_request')
    expect(unwrap(await producer.approvals.takeIn('Asked.stemma-answer', answers)).added).toBe(1)
    expect(unwrap(await producer.approvals.takeIn('Asked.stemma-answer', answers)).added).toBe(0)
    const exported = unwrap(await exportOf(snapshot))
    expect(unwrap(producer.ledger.show(exported.files[0]!.receiptId)).receipt).toMatchObject({ approvals: [{ id: yes }] })

    // The artist's answer comes before the request is there: it waits, it is not lost.
    wire.tamper = () => ({})
    producer.service.use(service.url)
    artist.service.use(service.url)
    await sync(artist)
    expect(unwrap(artist.approvals.find(request)).view.answers[0]?.delivery).toBe('queued')
    await sync(producer, artist, producer)
    for (const studio of [producer, artist]) {
      const { view } = unwrap(studio.approvals.find(request))
      expect(view.answers.map(({ answer, delivery }) => [answer.id, delivery])).toEqual([[yes, 'sent']])
      expect(studio.approvals.syncView().queued).toBe(0)
    }
  }, 60_000)

  it('a lost reply is asked for again and changes nothing (approval.lost_reply)', async () => {
    const request = await submit(await remixAt(-19))
    producer.service.use(wire.url)
    wire.tamper = (path) => (path.endsWith('/requests') ? 'lost' : {})
    expect((await producer.approvals.sync()).ok).toBe(false)
    expect(unwrap(producer.approvals.find(request)).view.delivery).toBe('queued')
    wire.tamper = () => ({})
    producer.service.use(service.url)
    await sync(producer, artist)
    expect(unwrap(producer.approvals.find(request)).view.delivery).toBe('sent')
    expect(
      artist.approvals
        .threads()
        .flatMap(({ requests }) => requests)
        .filter((view) => view.request.id === request),
    ).toHaveLength(1)
  }, 60_000)

  it('what is signed while a sync runs goes out with the next one that is asked for, and a sound that comes late is told of (approval.late_sound)', async () => {
    producer.service.use(wire.url)
    let release = (): void => undefined
    const gate = new Promise<void>((settle) => (release = settle))
    const hasBegun = new Promise<void>((begun) => {
      wire.hold = (method, path) => {
        if (method !== 'GET' || !path.startsWith('/v1/approvals/threads')) return undefined
        begun()
        return gate
      }
    })
    const early = producer.approvals.sync()
    await hasBegun
    const request = await submit(await remixAt(-20))
    const asked = producer.approvals.sync()
    release()
    unwrap(await early)
    unwrap(await asked)
    expect(unwrap(producer.approvals.find(request)).view.delivery).toBe('sent')

    let arrive = (): void => undefined
    const late = new Promise<void>((settle) => (arrive = settle))
    const second = await submit(await remixAt(-20.5))
    const sending = new Promise<void>((begun) => {
      wire.hold = (method, path) => {
        if (method !== 'POST' || !path.startsWith('/v1/approvals/audio/')) return undefined
        begun()
        return late
      }
    })
    const sent = producer.approvals.sync()
    await sending
    await sync(artist)
    expect(unwrap(artist.approvals.find(second)).view.hasPreview).toBe(false)
    expect(problemOf(await artist.approvals.sound(second, 'preview')).code).toBe('approval.unknown_audio')
    arrive()
    unwrap(await sent)
    wire.hold = () => undefined
    producer.service.use(service.url)
    let told = 0
    const stop = artist.approvals.audio.onChange(() => told++)
    await sync(artist)
    stop()
    expect(unwrap(artist.approvals.find(second)).view.hasPreview).toBe(true)
    expect(told).toBeGreaterThan(0)
  }, 60_000)

  it('a program that ends between any two steps loses nothing (approval.kept)', async () => {
    const snapshot = await remixAt(-20)
    const request = await submit(snapshot)
    const reopen = async (): Promise<void> => {
      await producer.close()
      await artist.close()
      producer = await open('producer', service.url)
      artist = await open('artist', service.url)
    }
    await reopen()
    expect(stateOf(producer, request)).toBe('waiting')
    await sync(producer)
    await reopen()
    await sync(artist)
    const yes = say(request, 'approve')
    await reopen()
    expect(unwrap(artist.approvals.find(request)).view.answers.map(({ answer }) => answer.id)).toEqual([yes])
    await sync(artist)
    await service.close()
    service = await startService({ dataDir: join(dir, 'service'), clock })
    producer.service.use(service.url)
    artist.service.use(service.url)
    await sync(producer)
    unwrap(await exportOf(snapshot))
  }, 90_000)
})

describe('a damaged or forged statement under a real id', () => {
  /** The same text with another signature: it decodes, and proves nothing. */
  const bend = (jws: string): string => {
    const [head, body, tail] = jws.split('.') as [string, string, string]
    return `${head}.${body}.${tail.startsWith('A') ? 'B' : 'A'}${tail.slice(1)}`
  }
  const through = async (studio: Studio, bent: string): Promise<void> => {
    studio.service.use(wire.url)
    wire.tamper = (path, body) => (path.startsWith('/v1/approvals/threads') ? { body: body.replaceAll(bent, bend(bent)) } : {})
    await sync(studio)
    wire.tamper = () => ({})
    studio.service.use(service.url)
  }
  const answerFileOf = (...statements: { kind: string; jws: string }[]): string =>
    JSON.stringify({ format: 'stemma-answer', v: 1, statements })

  it('never keeps the genuine one out when it comes by sync (approval.damaged)', async () => {
    const snapshot = await remixAt(-26)
    const request = await submit(snapshot)
    await sync(producer, artist)
    const yes = say(request, 'approve')
    await sync(artist)
    await through(producer, jwsOf(artist, yes))
    expect(stateOf(producer, request)).toBe('waiting')
    await sync(producer)
    expect(stateOf(producer, request)).toBe('approved')
    unwrap(await exportOf(snapshot))

    const { revocation } = unwrap(artist.approvals.revoke({ answer: yes, reason: '', since: null }))
    await sync(artist)
    await through(producer, jwsOf(artist, revocation))
    expect(stateOf(producer, request)).toBe('approved')
    await sync(producer)
    expect(stateOf(producer, request)).toBe('revoked')
  }, 60_000)

  it('never keeps the genuine one out when it comes by file (approval.damaged)', async () => {
    const request = await submit(await remixAt(-27))
    const review = unwrap(await producer.approvals.review(request))
    unwrap(await artist.approvals.takeIn('r', JSON.stringify(review)))
    const yes = { kind: 'answer', jws: jwsOf(artist, say(request, 'approve')) } as const
    const { answer } = unwrap(artist.approvals.find(request)).view.answers[0]!
    const { revocation } = unwrap(artist.approvals.revoke({ answer: answer.id, reason: '', since: null }))
    const back = { kind: 'revocation', jws: jwsOf(artist, revocation) } as const
    const bent = [yes, back].map(({ kind, jws }) => ({ kind, jws: bend(jws) }))

    // In a review: what is damaged is left out, and said to be.
    const damaged = unwrap(await producer.approvals.takeIn('r', JSON.stringify({ ...review, statements: bent })))
    expect(damaged).toMatchObject({ added: 0, sentence: expect.stringContaining('damaged') })
    // From somebody nobody here knows yet: kept beside, in nobody's way.
    const nobody = stranger.approvals
    const early = unwrap(await nobody.takeIn('r', JSON.stringify({ ...review, approvers: [], statements: bent })))
    expect(early.added).toBe(3)
    // In an answer: turned away, before and after the genuine one.
    for (const one of bent) expect(problemOf(await producer.approvals.takeIn('a', answerFileOf(one))).code).toBe('approval.forged')
    unwrap(await producer.approvals.takeIn('a', answerFileOf(yes)))
    for (const one of bent) expect(problemOf(await producer.approvals.takeIn('a', answerFileOf(one))).code).toBe('approval.forged')
    expect(stateOf(producer, request)).toBe('approved')
    expect(unwrap(await producer.approvals.takeIn('a', answerFileOf(yes, back))).added).toBe(1)
    expect(stateOf(producer, request)).toBe('revoked')
    expect(unwrap(await nobody.takeIn('r', JSON.stringify({ ...review, statements: [yes] }))).added).toBe(1)
    expect(stateOf(stranger, request)).toBe('approved')
    // Handed on, only what holds goes along.
    expect(unwrap(nobody.answerFile(request)).statements).toEqual([yes])
  }, 60_000)

  it('a home of before, where a damaged one took the id, takes the genuine one at the next sync', async () => {
    const request = await submit(await remixAt(-28))
    await sync(producer, artist)
    const yes = say(request, 'approve')
    const jws = jwsOf(artist, yes)
    await sync(artist, producer)
    await producer.close()
    const file = join(dir, 'producer', 'approvals', 'approvals.sqlite')
    makeV1(file, { id: yes, jws: bend(jws) })
    producer = await open('producer', service.url)
    expect(stateOf(producer, request)).toBe('waiting')
    await sync(producer)
    expect(stateOf(producer, request)).toBe('approved')
    expect(producer.approvals.syncView().queued).toBe(0)
  }, 60_000)
})

describe('an answer dated ahead of the service', () => {
  it('waits until its date is reached instead of being given up (approval.clock)', async () => {
    const snapshot = await remixAt(-29)
    const request = await submit(snapshot)
    await sync(producer, artist)
    const minutes = 10 * 60_000
    skewMs += minutes
    const yes = say(request, 'approve')
    skewMs -= minutes
    const early = unwrap(await artist.approvals.sync())
    expect(early).toMatchObject({ refused: [], remaining: 1 })
    expect(unwrap(artist.approvals.find(request)).view.answers[0]).toMatchObject({
      delivery: 'queued',
      deliveryMessage: expect.stringContaining('sent again by itself'),
    })
    skewMs += minutes
    await sync(artist, producer)
    expect(unwrap(producer.approvals.find(request)).view.answers.map(({ answer }) => answer.id)).toEqual([yes])
    unwrap(await exportOf(snapshot))
  }, 60_000)
})

describe('an id cut short', () => {
  it('that fits several is told as such, with those it could mean, for requests and for answers (approval.ambiguous)', async () => {
    // Both within 65 s, so that their ids begin with the same eight characters.
    const [first, second] = [await submit(await remixAt(-41)), await submit(await remixAt(-42))]
    await sync(producer, artist)
    let length = 8
    while (first[length] === second[length]) length++
    const both = first.slice(0, 8)
    expect(second.startsWith(both)).toBe(true)
    const refused = problemOf(artist.approvals.find(both))
    expect(refused.code).toBe('approval.ambiguous_request')
    for (const id of [first, second]) expect(refused.message).toContain(id)
    expect(unwrap(artist.approvals.find(first.slice(0, length + 1))).view.request.id).toBe(first)
    expect(problemOf(artist.approvals.find('ffffffff')).code).toBe('approval.unknown_request')
    expect(problemOf(artist.approvals.find(first.slice(0, 7))).code).toBe('approval.unknown_request')

    const answers = [say(first, 'approve'), say(second, 'approve')]
    const back = artist.approvals.revoke({ answer: answers[0]!.slice(0, 8), reason: '', since: null })
    const which = problemOf(back)
    expect(which.code).toBe('approval.ambiguous_answer')
    for (const id of answers) expect(which.message).toContain(id)
    await sync(artist)
    expect([stateOf(artist, first), stateOf(artist, second)]).toEqual(['approved', 'approved'])
  }, 60_000)
})

describe('an artist whose key is withdrawn', () => {
  it('can say yes to nothing new, and what was exported before stays good (approval.artist_revoked)', async () => {
    const snapshot = await remixAt(-22)
    const request = await submit(snapshot)
    await sync(producer, artist)
    say(request, 'approve')
    await sync(artist, producer)
    const before = unwrap(await exportOf(snapshot))
    const later = await submit(await remixAt(-23))
    await sync(producer, artist)
    await revoke('artist', artist.identity.artist()!.kid)
    say(later, 'approve')
    const summary = unwrap(await artist.approvals.sync())
    expect(summary.refused.map(({ code }) => code)).toEqual(['approval.artist_revoked'])
    await sync(producer)
    expect(problemOf(await exportOf(snapshot)).code).toBe('approval.revoked')
    expect(unwrap(producer.approvals.find(request)).view.sentence).toMatch(/withdrawn/)
    expect(unwrap(await producer.verify(before.paths[0]!)).verdict).toBe('good')
  }, 60_000)
})

describe('bad input', () => {
  it('files that are none, damaged or of somebody else get a sentence', async () => {
    const files = [
      '',
      '{}',
      '<html></html>',
      'a.b.c',
      '{"format":"stemma-review","v":1}',
      `{"format":"stemma-answer","v":1,"statements":[{"kind":"answer","jws":"a.b.c"}]}`,
    ]
    for (const text of files) problemOf(await producer.approvals.takeIn('x', text))
  })
  it('a remix that needs nobody’s yes is not submitted', async () => {
    const snapshot = await remixOfWork(producer, 'Open')
    const done = await producer.approvals.submit({ snapshot, message: '', range: null, loudnessTargetLufs: null, threads: 1 })
    expect(problemOf(done).code).toBe('approval.not_needed')
    unwrap(await exportOf(snapshot))
  }, 60_000)
  it('a home without an artist’s key, or with one the licence does not name, can answer nothing', async () => {
    const request = producer.approvals.threads()[0]!.requests[0]!.request.id
    const order = { request, verdict: 'approve', conditions: [], notes: [], expires: null } as const
    expect(problemOf(producer.approvals.answer(order)).code).toBe('approval.no_artist')
    producer.approvals.makeArtist('Me Myself')
    expect(problemOf(producer.approvals.answer(order)).code).toBe('approval.not_approver')
  })
  it('an upload that is not the sound a request names is not kept', async () => {
    writeFileSync(join(dir, 'x'), '')
    const { enrolment } = unwrap(await stranger.service.connect())
    const reply = await fetch(`${service.url}/v1/approvals/audio/${'ab'.repeat(32)}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${enrolment.token}`, 'content-type': 'audio/mpeg' },
      body: readFileSync(join(dir, 'packs', `${TITLE}.stemmapack`)).subarray(0, 1_000),
    })
    expect(reply.status).toBe(404)
  })
})
