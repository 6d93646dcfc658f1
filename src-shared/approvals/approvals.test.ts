// Answers judged and threads put together, without a service. Cites docs/spec/approval.md.
import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { jwkThumbprint, unwrap } from '../std/index.ts'
import type { Ed25519Jwk, Sha256, VerifyEd25519 } from '../std/index.ts'
import {
  type ApprovalAnswer,
  type ApprovalRequest,
  type Approver,
  buildReviewPage,
  buildThreads,
  judgeApproval,
  type JudgeOptions,
  type KnownStatement,
  lengthNoteOf,
  levelMatchOf,
  readApprovalFile,
  type ReviewFile,
  signAnswer,
  signApprovalRevocation,
  signRequest,
  statementHash,
  verifyApprovalRevocation,
  verifyRequest,
} from './index.ts'

const sha256: Sha256 = (...chunks) => {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return new Uint8Array(hash.digest())
}
const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) =>
  verify(
    null,
    message,
    createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]), format: 'der', type: 'spki' }),
    signature,
  )
const crypto = { sha256, verify: verifyEd25519 }

const makeKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const jwk: Ed25519Jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.export({ format: 'jwk' }).x ?? '' }
  return { jwk, kid: jwkThumbprint(jwk, sha256), sign: (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey)) }
}
const device = makeKey()
const ada = makeKey()
const ben = makeKey()
const approver = (key: typeof ada, name: string): Approver => ({ kid: key.kid, name, publicKeyJwk: key.jwk })
const approvers = [approver(ada, 'Ada'), approver(ben, 'Ben')]

const hash = (letter: string): string => `sha256:${letter.repeat(64)}`
const uuid = (n: number): string => `0197b3a0-0000-7000-8000-${String(n).padStart(12, '0')}`
const at = (hours: number): string => new Date(Date.parse('2026-11-22T12:00:00.000Z') + hours * 3_600_000).toISOString()

const requestOf = (n: number, more: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
  v: 1,
  id: uuid(n),
  thread: uuid(n),
  supersedes: null,
  issuer: 'urn:service',
  work: 'urn:work',
  workTitle: 'River',
  grant: { id: 'urn:grant', version: 1, hash: hash('a') },
  remix: { uid: 'urn:remix', title: 'River <b>Remix</b>' },
  recipes: [],
  planSha256: hash('b'),
  pcmSha256: hash('c'),
  export: { range: null, centiLufsTarget: -1_400 },
  durationMs: 60_000,
  preview: { sha256: 'd'.repeat(64), bytes: 10, mimeType: 'audio/mpeg', durationMs: 60_000, centiLufs: -900 },
  original: { sha256: 'e'.repeat(64), bytes: 10, mimeType: 'audio/mpeg', durationMs: 60_000, centiLufs: -1_200 },
  done: [],
  ai: { containsAI: 'None', contributions: [], dst: '' },
  message: '',
  device: device.kid,
  key: device.jwk,
  account: 'urn:account',
  issuedAt: at(n),
  ...more,
})

const answerOf = (n: number, request: ApprovalRequest, more: Partial<ApprovalAnswer> = {}): ApprovalAnswer => ({
  v: 1,
  id: uuid(100 + n),
  requestId: request.id,
  requestHash: statementHash(signRequest(request, device.sign), sha256),
  planSha256: request.planSha256,
  pcmSha256: request.pcmSha256,
  verdict: 'approve',
  conditions: [],
  notes: [],
  artist: ada.kid,
  issuedAt: at(n),
  expires: null,
  ...more,
})

const request = requestOf(1)
const optionsOf = (more: Partial<JudgeOptions> = {}): JudgeOptions => ({
  ...crypto,
  request: { id: request.id, hash: statementHash(signRequest(request, device.sign), sha256) },
  planSha256: request.planSha256,
  pcmSha256: request.pcmSha256,
  approvers,
  revocations: [],
  revokedArtists: [],
  atMs: Date.parse(at(10)),
  ...more,
})
const judge = (answer: ApprovalAnswer, more: Partial<JudgeOptions> = {}, key = ada) =>
  judgeApproval(signAnswer(answer, key.sign), optionsOf(more))
const codes = (verdict: ReturnType<typeof judgeApproval>): string[] => verdict.findings.map(({ code }) => code)

const known = (kind: KnownStatement['kind'], id: string, jws: string, receivedAt = at(0)): KnownStatement => ({
  kind,
  id,
  jws,
  hash: statementHash(jws, sha256),
  receivedAt,
  delivery: 'sent',
  deliveryMessage: null,
})
const threadsOf = (statements: readonly KnownStatement[], nowMs = Date.parse(at(10)), slaHours: number | null = 24) =>
  buildThreads(statements, { ...crypto, approversOf: () => ({ approvers, slaHours }), revokedArtists: [], hasAudio: () => true, nowMs })

describe('an answer', () => {
  it('covers the request, plan and sound it names (approval.bound)', () => {
    expect(judge(answerOf(2, request))).toMatchObject({ isApproved: true, findings: [] })
    const conditions = judge(answerOf(2, request, { verdict: 'approve_with_conditions', conditions: ['Name me'] }))
    expect(conditions).toMatchObject({ isApproved: true, findings: [{ code: 'approval.conditions', severity: 'warning' }] })
  })
  it.each([
    ['other_request', {}, { requestId: uuid(9) }],
    ['other_plan', { planSha256: hash('f') }, {}],
    ['other_sound', { pcmSha256: hash('f') }, {}],
    ['expired', {}, { expires: at(9) }],
    ['changes', {}, { verdict: 'changes' }],
    ['refused', {}, { verdict: 'refuse' }],
    ['artist_revoked', { revokedArtists: [{ kid: ada.kid, since: at(9) }] }, {}],
    ['not_approver', { approvers: [approver(ben, 'Ben')] }, {}],
  ] as const)('approval.%s', (code, options, change) => {
    const verdict = judge(answerOf(2, request, change), options)
    expect(codes(verdict)).toEqual([`approval.${code}`])
    expect(verdict.isApproved).toBe(false)
    expect(verdict.findings[0]?.message).toMatch(/\.$/)
  })
  it('signed by another key in the artist’s name, cut short, or of another type is forged or malformed (approval.forged)', () => {
    expect(codes(judge(answerOf(2, request), {}, ben))).toEqual(['approval.forged'])
    const jws = signAnswer(answerOf(2, request), ada.sign)
    expect(codes(judgeApproval(jws.slice(0, -9), optionsOf()))).toEqual(['approval.malformed'])
    expect(codes(judgeApproval(signRequest(request, device.sign), optionsOf()))).toEqual(['approval.malformed'])
  })
  it('given after an export does not cover it (approval.after_export)', () => {
    expect(codes(judge(answerOf(8, request), { atMs: Date.parse(at(7)) }))).toEqual(['approval.after_export'])
    expect(judge(answerOf(8, request), { atMs: Date.parse(at(8)) }).isApproved).toBe(true)
  })
  it('whose approver’s key does not fit its kid counts for nothing', () => {
    const swapped = [{ ...approver(ada, 'Ada'), publicKeyJwk: ben.jwk }]
    expect(judge(answerOf(2, request), { approvers: swapped }).isApproved).toBe(false)
    expect(judgeApproval(signAnswer(answerOf(2, request), ben.sign), optionsOf({ approvers: swapped })).isApproved).toBe(false)
  })
})

describe('a withdrawal', () => {
  const answer = answerOf(2, request)
  const answerHash = statementHash(signAnswer(answer, ada.sign), sha256)
  const revocation = {
    v: 1,
    id: uuid(200),
    answerId: answer.id,
    requestId: request.id,
    answerHash,
    since: at(5),
    reason: '',
    artist: ada.kid,
    issuedAt: at(4),
  } as const

  it('counts from its date, or from when it became known, and never before (approval.revoked)', () => {
    const knownAt = (moment: string) => ({ revocations: [{ revocation, knownSince: moment }] })
    expect(judge(answer, { ...knownAt(at(4)), atMs: Date.parse(at(4.9)) }).isApproved).toBe(true)
    expect(codes(judge(answer, { ...knownAt(at(4)), atMs: Date.parse(at(5)) }))).toEqual(['approval.revoked'])
    expect(judge(answer, { ...knownAt(at(9)), atMs: Date.parse(at(8)) }).isApproved).toBe(true)
  })
  it('that reaches back, or is somebody else’s, is refused', () => {
    const back = signApprovalRevocation({ ...revocation, since: at(3) }, ada.sign)
    expect(verifyApprovalRevocation(back, approvers, crypto)).toMatchObject({ ok: false, error: { code: 'approval.backdated' } })
    expect(verifyApprovalRevocation(signApprovalRevocation(revocation, ben.sign), approvers, crypto).ok).toBe(false)
    const others = { ...revocation, artist: ben.kid }
    expect(judge(answer, { revocations: [{ revocation: others, knownSince: at(5) }] }).isApproved).toBe(true)
  })
})

describe('a thread', () => {
  const second = requestOf(3, { thread: request.id, supersedes: request.id, planSha256: hash('1') })
  const statements = [
    known('request', request.id, signRequest(request, device.sign)),
    known('answer', uuid(102), signAnswer(answerOf(2, request, { verdict: 'changes' }), ada.sign)),
    known('request', second.id, signRequest(second, device.sign)),
    known('answer', uuid(104), signAnswer(answerOf(4, second), ada.sign)),
  ]
  it('is the same whatever order statements come in and however often (approval.once)', () => {
    const whole = threadsOf(statements)
    expect(whole).toMatchObject([
      { id: request.id, state: 'approved', requests: [{ state: 'changes', isSuperseded: true }, { state: 'approved' }] },
    ])
    expect(threadsOf([...statements.toReversed(), ...statements])).toEqual(whole)
  })
  it('waits with a due date, and is overdue after it (approval.sla)', () => {
    const [waiting] = threadsOf(statements.slice(0, 1))
    expect(waiting).toMatchObject({ state: 'waiting', waitsFor: 'artist', waitingSince: at(1), dueAt: at(25), isOverdue: false })
    expect(threadsOf(statements.slice(0, 1), Date.parse(at(26)))[0]?.isOverdue).toBe(true)
    expect(threadsOf(statements.slice(0, 2))[0]).toMatchObject({ state: 'changes', waitsFor: 'producer', dueAt: null })
  })
  it('takes a later answer of the same artist for the earlier, and a no of one against the yes of another (approval.no_beats_yes)', () => {
    const no = known('answer', uuid(106), signAnswer(answerOf(6, second, { verdict: 'refuse', artist: ben.kid }), ben.sign))
    expect(threadsOf([...statements, no])[0]?.state).toBe('refused')
    const yes = known('answer', uuid(107), signAnswer(answerOf(7, second, { artist: ben.kid }), ben.sign))
    const [thread] = threadsOf([...statements, no, yes])
    expect(thread?.state).toBe('approved')
    expect(thread?.requests[1]?.answers.map(({ isReplaced }) => isReplaced)).toEqual([false, true, false])
  })
  it('cannot be joined by another device, nor a request changed', () => {
    const other = makeKey()
    const foreign = requestOf(5, { thread: request.id, supersedes: request.id, device: other.kid, key: other.jwk })
    const [first, next] = threadsOf([...statements, known('request', foreign.id, signRequest(foreign, other.sign))])
    expect([first?.id, next?.id].sort()).toEqual([request.id, foreign.id].sort())
    expect(verifyRequest(signRequest(request, other.sign), crypto).ok).toBe(false)
  })
  it('plays preview and original equally loud by turning the louder down', () => {
    expect(levelMatchOf(request.preview, request.original)).toEqual({ previewGainDb: -3, originalGainDb: 0 })
    expect(levelMatchOf(request.preview, null)).toEqual({ previewGainDb: 0, originalGainDb: 0 })
  })
  it('says where the lengths of preview and original differ, since a switch keeps the second and not the bar', () => {
    const sound = (durationMs: number) => ({ ...request.preview, durationMs })
    expect(lengthNoteOf(sound(60_000), sound(72_000))).toMatch(/^The remix is 12 s shorter than the original: .*another bar\.$/)
    expect(lengthNoteOf(sound(72_000), sound(60_000))).toMatch(/12 s longer/)
    // A tail that rings on is the same song.
    expect(lengthNoteOf(sound(62_000), sound(60_000))).toBeNull()
    expect(lengthNoteOf(sound(62_000), null)).toBeNull()
  })
})

describe('a review file', () => {
  const review: ReviewFile = {
    format: 'stemma-review',
    v: 1,
    request: signRequest(requestOf(1, { message: '</script><script>alert(1)</script>' }), device.sign),
    approvers: [],
    preview: { mimeType: 'audio/mpeg', base64: 'AAAA' },
    original: null,
    statements: [],
  }
  it('stands in a page that runs its own script only, shows names as text, and is read back from it', () => {
    const page = unwrap(buildReviewPage(review, crypto))
    expect(page).toContain('River &#60;b&#62;Remix')
    const [policy = ''] = /Content-Security-Policy" content="[^"]*"/.exec(page) ?? []
    expect(policy).not.toContain('unsafe')
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) =>
      createHash('sha256').update(text!).digest('base64'),
    )
    expect(scripts).toHaveLength(1)
    expect(policy).toContain(`script-src 'sha256-${scripts[0]}'`)
    expect(page).not.toMatch(/<[^>]*\s(on\w+|src|href)=/)
    expect(page).not.toMatch(/https?:\/\//)
    expect(unwrap(readApprovalFile('x.html', page))).toEqual(review)
    expect(buildReviewPage({ ...review, request: `${review.request}x` }, crypto).ok).toBe(false)
  })
})
