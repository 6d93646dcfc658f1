// Sending receipts to a real service over a wire that fails and lies (PROVENANCE 6.6 to 6.10, 6.17).
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildCheckpoint, signNote } from '../../../src-shared/receipts/index.ts'
import { SERVICE_PATHS } from '../../../src-shared/protocol/index.ts'
import type { Inclusion } from '../../../src-shared/protocol/index.ts'
import { unwrap } from '../../../src-shared/std/index.ts'
import { openKeys } from '../../../src-service/keys.ts'
import { identityIn } from '../ledger/ledger.fixture.ts'
import { openRecords } from '../licences/index.ts'
import { ensureEnrolled, sha256 } from '../identity/index.ts'
import { createServiceClient } from '../service-client/index.ts'
import { backoffMs } from './backoff.ts'
import { BackgroundSync, Sync } from './index.ts'
import { startRig, WORK } from '../../../tests/rigs/service-rig.ts'
import type { Rig } from '../../../tests/rigs/service-rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.close())

const syncOf = (): Sync =>
  new Sync({ ledger: rig.records.ledger, identity: rig.identity, url: rig.wire.url, clock: () => rig.nowMs, random: () => 0.5 })
const states = (): string[] => rig.records.ledger.list().map((row) => (row.isSynced ? 'synced' : row.state))
const isReceipts = (path: string): boolean => path === SERVICE_PATHS.receipts

interface StoredResult {
  status: string
  proof: Inclusion
}
const changeProofs = (change: (proof: Inclusion) => void) => (path: string, body: string) => {
  if (!isReceipts(path)) return {}
  const reply = JSON.parse(body) as { results: StoredResult[] }
  for (const result of reply.results) if (result.status === 'stored') change(result.proof)
  return { body: JSON.stringify(reply) }
}

describe('enrolment', () => {
  it('gives a certificate chain by the profile, and no name in it', () => {
    const [leaf, intermediate] = rig.enrolment.certificates.map((pem) => new X509Certificate(pem))
    const anchor = new X509Certificate(rig.enrolment.trust.anchors[0]!)
    expect([leaf!.ca, leaf!.verify(intermediate!.publicKey), intermediate!.verify(anchor.publicKey), intermediate!.ca]).toEqual([
      false,
      true,
      true,
      true,
    ])
    expect(leaf!.keyUsage).toEqual(['1.3.6.1.4.1.62558.2.1', '1.3.6.1.5.5.7.3.36'])
    expect(leaf!.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' })
    expect(leaf!.subject).toMatch(/^CN=Stemma device [\w-]{12}\nO=Stemma$/)
    expect(leaf!.checkPrivateKey(createPrivateKey(rig.identity.claimKeyPem))).toBe(true)
    const days = (Date.parse(rig.enrolment.notAfter) - rig.nowMs) / 86_400_000
    expect(Math.round(days)).toBe(90)
  })
  it('cannot be replayed, nor made with a key one does not hold', async () => {
    let body: unknown
    const stranger = identityIn(join(rig.dir, 'stranger'))
    const client = unwrap(createServiceClient({ url: rig.wire.url }))
    const spy: typeof client = {
      ...client,
      enrol: (sent) => {
        body = sent
        return client.enrol(sent)
      },
    }
    unwrap(await ensureEnrolled(spy, stranger, { nowMs: rig.nowMs }))
    expect(await client.enrol(body as never)).toMatchObject({ ok: false, error: { code: 'enrol.expired' } })
    const { deviceKey: _, ...rest } = body as { deviceKey: unknown }
    expect(await client.enrol({ ...rest, deviceKey: rig.identity.jwk } as never)).toMatchObject({
      ok: false,
      error: { code: 'enrol.bad_proof' },
    })
  })
  it('renews a certificate that ends soon and keeps the account', async () => {
    rig.nowMs += 85 * 86_400_000
    const renewed = unwrap(await ensureEnrolled(rig.client, rig.identity, { nowMs: rig.nowMs }))
    expect(renewed.account).toBe(rig.enrolment.account)
    expect(Date.parse(renewed.notAfter)).toBeGreaterThan(Date.parse(rig.enrolment.notAfter))
  })
  it('does not accept a service that signs with new keys under the old name', async () => {
    const { trustJws } = unwrap(await rig.client.trust())
    const other = openKeys(join(rig.dir, 'impostor'))
    const { buildJws, decodeJws } = await import('../../../src-shared/std/index.ts')
    const bundle = unwrap(decodeJws(trustJws, 'stemma-trust+jws')).payload as object
    const payload = { ...bundle, grantKeys: [{ ...other.grant.jwk, kid: other.grant.kid }] }
    rig.wire.tamper = (path) =>
      path === SERVICE_PATHS.trust
        ? { body: JSON.stringify({ trustJws: buildJws({ typ: 'stemma-trust+jws', kid: other.grant.kid, payload }, other.grant.sign) }) }
        : {}
    expect(await ensureEnrolled(rig.client, rig.identity, { nowMs: rig.nowMs })).toMatchObject({
      ok: false,
      error: { code: 'trust.changed' },
    })
  })
})

describe('sending', () => {
  it('sync.proven: receipts become synced with proofs that were checked, in order, in batches', async () => {
    const licence = await rig.lease()
    for (let i = 0; i < 130; i++) rig.exportUnder(licence)
    const summary = unwrap(await syncOf().run())
    expect(summary).toMatchObject({ sent: 130, synced: 130, refused: [], remaining: 0, hasNewEpoch: false })
    expect(new Set(states())).toEqual(new Set(['synced']))
    const indexes = rig.records.ledger.list({ limit: 200 }).map((row) => rig.records.ledger.proof(row.id)!.logIndex)
    expect(indexes).toEqual(Array.from({ length: 130 }, (_, i) => 129 - i))
    expect(rig.wire.paths.filter(isReceipts)).toHaveLength(2)
    expect(unwrap(await syncOf().run())).toMatchObject({ sent: 0, remaining: 0 })
  })
  it('sync.void: voids are sent like receipts', async () => {
    const licence = await rig.lease()
    const id = rig.exportUnder(licence)
    unwrap(rig.records.ledger.voidReceipt(id))
    expect(unwrap(await syncOf().run())).toMatchObject({ synced: 2 })
  })
  it('sync.lookup: anyone with the file finds its receipt by its hash', async () => {
    const licence = await rig.lease()
    const id = rig.exportUnder(licence, `sha256:${'cd'.repeat(32)}`)
    unwrap(await syncOf().run())
    const { receipts } = unwrap(await rig.client.lookup({ sha256: 'cd'.repeat(32) }))
    expect(receipts.map((receipt) => [receipt.id, receipt.matched, receipt.proof?.logIndex])).toEqual([[id, 'sha256', 0]])
    expect(unwrap(await rig.client.lookup({ filePcmSha256: 'ef'.repeat(32) })).receipts).toEqual([])
  })
  it('sync.lost_reply: a reply that was lost is asked for again and brings the same place in the log (6.7)', async () => {
    const licence = await rig.lease()
    const id = rig.exportUnder(licence)
    rig.wire.tamper = (path) => (isReceipts(path) ? 'lost' : {})
    expect(await syncOf().run()).toMatchObject({ ok: false, error: { code: 'service.unreachable' } })
    expect(states()).toEqual(['queued'])
    rig.wire.tamper = () => ({})
    rig.exportUnder(licence)
    unwrap(await syncOf().run())
    expect(rig.records.ledger.proof(id)).toMatchObject({ logIndex: 0, treeSize: 1 })
  })
  it('sync.partial: an error for one batch and a missing answer for one item are tried again, item by item (6.7)', async () => {
    const licence = await rig.lease()
    for (let i = 0; i < 3; i++) rig.exportUnder(licence)
    rig.wire.tamper = (path) => (isReceipts(path) ? { status: 500, body: 'oops' } : {})
    expect(await syncOf().run()).toMatchObject({ ok: false, error: { code: 'service.failed' } })
    let isFirst = true
    rig.wire.tamper = (path, body) => {
      if (!isReceipts(path) || !isFirst) return {}
      isFirst = false
      return { body: JSON.stringify({ results: (JSON.parse(body) as { results: unknown[] }).results.slice(0, 2) }) }
    }
    expect(unwrap(await syncOf().run())).toMatchObject({ synced: 3, remaining: 0 })
  })
  it('sync.unreachable: says so in words and keeps everything', async () => {
    const licence = await rig.lease()
    rig.exportUnder(licence)
    await rig.wire.close()
    const result = await syncOf().run()
    expect(result).toMatchObject({ ok: false, error: { code: 'service.unreachable' } })
    expect(states()).toEqual(['queued'])
  })
  it('sync.token: a token that is not accepted any more is renewed once', async () => {
    const licence = await rig.lease()
    rig.exportUnder(licence)
    rig.identity.saveEnrolment({ ...rig.enrolment, token: 'stale' })
    expect(unwrap(await syncOf().run())).toMatchObject({ synced: 1 })
  })
  it('sync.backoff: waits within full jitter between nothing and a ceiling of 15 minutes', () => {
    expect([0, 3, 30].map((attempts) => backoffMs(attempts, () => 1))).toEqual([1_000, 8_000, 900_000])
    expect(backoffMs(5, () => 0)).toBe(250)
  })
  it('sync.background: sends by itself, pauses, resumes', async () => {
    const licence = await rig.lease()
    const seen: string[] = []
    const background = new BackgroundSync({ sync: syncOf(), ledger: rig.records.ledger, onStatus: (status) => seen.push(status.state) })
    background.start()
    background.pause()
    rig.exportUnder(licence)
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(background.status()).toMatchObject({ state: 'paused', queued: 1 })
    background.resume()
    await expect.poll(() => background.status(), { timeout: 5_000 }).toMatchObject({ state: 'idle', queued: 0, synced: 1 })
    expect(seen).toContain('syncing')
    await background.stop()
  })
})

describe('a service that misbehaves (6.9)', () => {
  const expectEvidence = async (code: string): Promise<void> => {
    const sync = syncOf()
    expect(await sync.run()).toMatchObject({ ok: false, error: { code: 'sync.evidence' } })
    expect(sync.outbox.evidence().map((one) => one.code)).toEqual([code])
    expect(states()[0]).toBe('queued')
    const background = new BackgroundSync({ sync, ledger: rig.records.ledger, onStatus: () => {} })
    expect(background.status().state).toBe('evidence')
    expect(() => rig.records.ledger.db.exec('DELETE FROM evidence')).toThrow(/never deleted/)
  }
  const syncedOnce = async () => {
    const licence = await rig.lease()
    rig.exportUnder(licence)
    unwrap(await syncOf().run())
    return licence
  }
  const signAs = (size: number, root: Uint8Array): string => {
    const keys = openKeys(join(rig.dir, 'service'))
    const { name, key } = keys.log.noteKey
    return signNote(buildCheckpoint({ origin: name, size, root }), name, key, { sign: keys.log.sign, sha256 })
  }

  it('sync.evidence: that proves another leaf', async () => {
    const licence = await syncedOnce()
    rig.exportUnder(licence)
    rig.wire.tamper = changeProofs((proof) => Object.assign(proof, { logIndex: 0 }))
    await expectEvidence('proof.inclusion')
  })
  it('sync.evidence: that signs with another key', async () => {
    const licence = await syncedOnce()
    rig.exportUnder(licence)
    const other = openKeys(join(rig.dir, 'impostor'))
    rig.wire.tamper = changeProofs((proof) => {
      const { name, key } = other.log.noteKey
      Object.assign(proof, { checkpoint: signNote(`${proof.checkpoint.split('\n\n')[0]}\n`, name, key, { sign: other.log.sign, sha256 }) })
    })
    await expectEvidence('note.unknown_key')
  })
  it('sync.evidence: that shows a log in which the earlier receipt is missing', async () => {
    const licence = await syncedOnce()
    const id = rig.exportUnder(licence)
    const { jws } = unwrap(rig.records.ledger.show(id))
    const { leafHash } = await import('../../../src-shared/receipts/index.ts')
    const root = leafHash(new TextEncoder().encode(jws), sha256)
    // A tree of one leaf, signed by the log itself: a smaller tree than was shown would be, or another root at the same size.
    rig.wire.tamper = changeProofs((proof) =>
      Object.assign(proof, { logIndex: 0, treeSize: 1, inclusion: [], checkpoint: signAs(1, root) }),
    )
    await expectEvidence('proof.consistency')
  })
  it('sync.evidence: that lies about consistency', async () => {
    const licence = await syncedOnce()
    rig.exportUnder(licence)
    rig.wire.tamper = (path) =>
      path.startsWith(SERVICE_PATHS.consistency)
        ? { body: JSON.stringify({ from: 1, to: 2, proof: [Buffer.alloc(32).toString('base64')] }) }
        : {}
    await expectEvidence('proof.consistency')
  })
  it('sync.evidence: that forgets receipts it gave proofs for', async () => {
    const licence = await syncedOnce()
    rig.exportUnder(licence)
    rig.wire.tamper = (path, body) =>
      isReceipts(path)
        ? {
            body: JSON.stringify({
              results: (JSON.parse(body) as { results: { id: string }[] }).results.map(({ id }) => ({
                id,
                status: 'refused',
                code: 'chain-gap',
                message: 'm',
                have: -1,
              })),
            }),
          }
        : {}
    await expectEvidence('service.lost_receipts')
  })
  it.each([
    ['garbage', 'not json'],
    ['a wrong shape', '{"results": 7}'],
  ])('sync.untrusted: that answers with %s is not believed', async (_name, body) => {
    const licence = await rig.lease()
    rig.exportUnder(licence)
    rig.wire.tamper = (path) => (isReceipts(path) ? { body } : {})
    expect(await syncOf().run()).toMatchObject({ ok: false, error: { code: 'service.bad_reply' } })
  })
})

describe('the chain at the service (6.6, 6.8)', () => {
  it('sync.replay: the same receipt twice brings the same proof; another under its id is a conflict', async () => {
    const licence = await rig.lease()
    const id = rig.exportUnder(licence)
    const { jws } = unwrap(rig.records.ledger.show(id))
    const send = async (receipts: { id: string; jws: string }[]) => unwrap(await rig.client.receipts(receipts)).results
    const first = await send([{ id, jws }])
    expect(
      await send([
        { id, jws },
        { id, jws },
      ]),
    ).toEqual([first[0], first[0]])
    const { signReceipt } = await import('../../../src-shared/receipts/index.ts')
    const { receipt } = unwrap(rig.records.ledger.show(id))
    const changed = signReceipt({ ...receipt, seq: 1 }, rig.identity.sign)
    expect(await send([{ id, jws: changed }])).toMatchObject([{ status: 'refused', code: 'receipt-conflict' }])
    expect((await rig.service.flags()).map((flag) => flag.kind)).toEqual(['receipt-conflict'])
  })
  it("sync.wrong_device: another device's receipt is refused", async () => {
    const licence = await rig.lease()
    const id = rig.exportUnder(licence)
    const { jws } = unwrap(rig.records.ledger.show(id))
    const stranger = identityIn(join(rig.dir, 'stranger'))
    let token: string | undefined
    const client = unwrap(createServiceClient({ url: rig.wire.url, token: () => token }))
    token = unwrap(await ensureEnrolled(client, stranger, { nowMs: rig.nowMs })).token
    expect(unwrap(await client.receipts([{ id, jws }])).results).toMatchObject([{ status: 'refused', code: 'wrong-device' }])
  })
  it('sync.gap: a receipt without the one before it waits', async () => {
    const licence = await rig.lease()
    rig.exportUnder(licence)
    const id = rig.exportUnder(licence)
    const { jws } = unwrap(rig.records.ledger.show(id))
    expect(unwrap(await rig.client.receipts([{ id, jws }])).results).toMatchObject([{ status: 'refused', code: 'chain-gap', have: -1 }])
    expect(unwrap(await syncOf().run())).toMatchObject({ synced: 2 })
  })
  it('sync.fork: a ledger restored from a backup is noticed; both receipts are kept; a new series goes on', async () => {
    const licence = await rig.lease()
    rig.exportUnder(licence)
    unwrap(await syncOf().run())
    const reopen = async () => {
      rig.records = unwrap(
        await openRecords({ dir: rig.dir, key: rig.identity, app: { name: 'Stemma', version: '0.1.0' }, clock: () => rig.nowMs }),
      )
    }
    rig.records.close()
    for (const name of ['ledger.sqlite', 'receipts.jsonl']) copyFileSync(join(rig.dir, name), join(rig.dir, `${name}.backup`))
    await reopen()
    rig.exportUnder(licence)
    unwrap(await syncOf().run())
    rig.records.close()
    for (const name of ['ledger.sqlite', 'receipts.jsonl']) copyFileSync(join(rig.dir, `${name}.backup`), join(rig.dir, name))
    for (const suffix of ['-wal', '-shm']) rmSync(join(rig.dir, `ledger.sqlite${suffix}`), { force: true })
    await reopen()
    rig.exportUnder(licence)
    rig.exportUnder(licence)
    const summary = unwrap(await syncOf().run())
    expect(summary.refused.map((one) => one.code)).toEqual(['fork', 'fork'])
    expect(summary.hasNewEpoch).toBe(true)
    expect((await rig.service.flags()).filter((flag) => flag.kind === 'fork')).toHaveLength(2)
    rig.exportUnder(licence)
    expect(unwrap(await syncOf().run())).toMatchObject({ synced: 1, refused: [] })
    expect(rig.records.ledger.head(rig.enrolment.issuer)?.seq).toBe(0)
    unwrap(
      await rig.records.licences.lease(rig.client, rig.enrolment, {
        work: WORK,
        ledgerHead: rig.records.ledger.head(rig.enrolment.issuer),
      }),
    )
  })
  it('survives a restart of the service with its log whole', async () => {
    const licence = await rig.lease()
    rig.exportUnder(licence)
    unwrap(await syncOf().run())
    await rig.restartService()
    rig.exportUnder(licence)
    expect(unwrap(await syncOf().run())).toMatchObject({ synced: 1 })
  })
})
