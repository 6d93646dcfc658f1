import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFile, writeFile } from 'node:fs/promises'
import { Builder, Reader } from '@contentauth/c2pa-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VerifyReport } from '../../../src-shared/protocol/index.ts'
import {
  buildCheckpoint,
  buildVerifierKey,
  leafHash,
  signNote,
  signReceipt,
  type ExportReceipt,
} from '../../../src-shared/receipts/index.ts'
import { jwkThumbprint, unwrap, utf8, type Ed25519Jwk, type Sha256 } from '../../../src-shared/std/index.ts'
import { createRootCertificate, issueSigningCertificate } from '../pack/label-certificates.ts'
import { librarySettings, signerConfig } from '../stamp/profile.ts'
import type { Signer, SigningIdentity, StampedFile, StampStem } from '../stamp/index.ts'
import { fixture, identityOf, openRig, TONES, type Rig } from '../stamp/rig.ts'
import { appendChunk, flip, flipText, locate, stripWav, transplantWav } from './hostile.ts'
import { verifyFile, type FoundReceipt, type VerifyOptions } from './index.ts'
import { verifyOwn } from './own/index.ts'

let rig: Rig
let stems: readonly StampStem[]
const stamped = new Map<string, StampedFile>()

beforeAll(async () => {
  rig = await openRig()
  stems = [await rig.stem('vocals', 'wav'), await rig.stem('keys', 'm4a')]
  for (const { container } of TONES) stamped.set(container, unwrap(await rig.signer.stamp(rig.request(container, container, stems))))
}, 60_000)
afterAll(() => rig.close())

const verify = async (path: string, more: Partial<VerifyOptions> = {}): Promise<VerifyReport> =>
  unwrap(
    await verifyFile(path, {
      signer: rig.signer,
      anchors: rig.anchors,
      logKey: null,
      receipts: { find: async () => [] },
      revocations: null,
      now: Date.now,
      ...more,
    }),
  )

const made = async (name: string, bytes: Uint8Array): Promise<string> => {
  const path = rig.path(name)
  await writeFile(path, bytes)
  return path
}

const wav = (): Promise<Buffer> => readFile(rig.path('wav.part'))
const codes = (report: VerifyReport): readonly string[] => report.findings.map(({ code }) => code)

describe('an untouched file', () => {
  it.each(TONES)('$container is intact, signed and trusted, with its stems', async ({ container }) => {
    const report = await verify(rig.path(`${container}.part`))
    expect(report).toMatchObject({
      verdict: 'good',
      integrity: { state: 'intact' },
      signer: { name: 'Test Machine', issuer: 'Test Rights Root', signedAtSource: 'claimed' },
      trust: { state: 'trusted' },
      c2pa: stamped.get(container)?.c2paUrn,
      sha256: stamped.get(container)?.sha256,
      scope: 'personal-use',
      ai: { containsAI: 'None', sentence: 'Contains nothing made by generative AI.' },
      trainingMining: { 'cawg.ai_training': 'notAllowed' },
    })
    expect(
      report.ingredients.map(({ title, urn, role, state, range, usedMs, grant }) => ({ title, urn, role, state, range, usedMs, grant })),
    ).toEqual(
      stems.map(({ id, title }) => ({
        title,
        urn: id,
        role: 'other',
        state: 'trusted',
        range: { fromMs: 0, toMs: 200 },
        usedMs: 200,
        grant: { id: 'urn:stemma:grant:1', version: 1 },
      })),
    )
    expect(report.actions.map(({ text }) => text)).toEqual(['Made as a new recording', 'Put together from stems', 'Mixed'])
    expect(report.actions[1]?.stems).toEqual(['vocals', 'keys'])
    expect(report.findings.filter(({ severity }) => severity !== 'info')).toEqual([])
  })
})

describe('a changed file (PROVENANCE 1.8, 6.2)', () => {
  it.each(TONES)('$container: one byte of sound', async ({ container }) => {
    const path = rig.path(`${container}.part`)
    const bytes = await readFile(path)
    const { chunk, boxes } = await locate(path)
    const mdat = boxes.find(({ type }) => type === 'mdat')
    const at = mdat ? mdat.start + 100 : container === 'wav' ? 4_000 : (chunk?.start ?? 0) + (chunk?.length ?? 0) + 1_500
    const report = await verify(await made(`sound.${container}`, flip(bytes, at)))
    expect(report).toMatchObject({ verdict: 'bad', integrity: { state: 'changed' }, trust: { state: 'trusted' } })
    expect(codes(report)).toContain(container === 'm4a' ? 'assertion.bmffHash.mismatch' : 'assertion.dataHash.mismatch')
    expect(codes(report)).not.toContain('verify.verifiers_disagree')
  })

  it.each(TONES)('$container: a tag edited after signing', async ({ container }) => {
    const report = await verify(await made(`tag.${container}`, flipText(await readFile(rig.path(`${container}.part`)), 'Nobody')))
    expect(report).toMatchObject({ verdict: 'bad', integrity: { state: 'changed' } })
    expect(codes(report)).not.toContain('verify.verifiers_disagree')
  })

  it.each(TONES)('$container: a byte in an action', async ({ container }) => {
    const bytes = await readFile(rig.path(`${container}.part`))
    const report = await verify(await made(`action.${container}`, flipText(bytes, 'c2pa.mixed')))
    expect(report.verdict).toBe('bad')
    expect(codes(report)).toContain('assertion.hashedURI.mismatch')
  })

  it.each(TONES)('$container: a byte in the manifest of an ingredient', async ({ container }) => {
    const bytes = await readFile(rig.path(`${container}.part`))
    const report = await verify(await made(`ingredient.${container}`, flipText(bytes, 'digitalCapture')))
    expect(report.verdict).toBe('bad')
    expect(codes(report)).toEqual(expect.arrayContaining(['ingredient.manifest.mismatch', 'assertion.hashedURI.mismatch']))
    expect(report.ingredients.map(({ state }) => state).sort()).toEqual(['changed', 'trusted'])
    expect(codes(report)).not.toContain('verify.verifiers_disagree')
  })

  it('a byte in the claim', async () => {
    const report = await verify(await made('claim.wav', flipText(await wav(), 'Tone (Test Remix)')))
    expect(codes(report)).toContain('claimSignature.mismatch')
  })

  it('a chunk appended after the credentials', async () => {
    const report = await verify(await made('appended.wav', appendChunk(await wav(), 'junk', Buffer.from('hello'))))
    expect(report).toMatchObject({ verdict: 'bad' })
    expect(codes(report)).toContain('assertion.dataHash.mismatch')
  })

  it('bytes after the end of the RIFF', async () => {
    expect(await verify(await made('trailing.wav', Buffer.concat([await wav(), Buffer.from('tail')])))).toMatchObject({ verdict: 'bad' })
  })

  it('a second manifest store', async () => {
    const bytes = await wav()
    const { chunk } = await locate(rig.path('wav.part'))
    const body = bytes.subarray((chunk?.start ?? 0) + 8, (chunk?.start ?? 0) + (chunk?.length ?? 0))
    const report = await verify(await made('twice.wav', appendChunk(bytes, 'C2PA', body)))
    expect(report.verdict).toBe('bad')
  })

  it('credentials moved to other sound', async () => {
    const moved = transplantWav(await wav(), await locate(rig.path('wav.part')), await readFile(fixture('other.wav')))
    const report = await verify(await made('moved.wav', moved))
    expect(report).toMatchObject({ verdict: 'bad', integrity: { state: 'changed' } })
  })

  it.each(TONES)('$container: cut short', async ({ container }) => {
    const bytes = await readFile(rig.path(`${container}.part`))
    const report = await verify(await made(`short.${container}`, bytes.subarray(0, bytes.length - 500)))
    expect(report.verdict).toBe('bad')
    expect(['changed', 'unreadable']).toContain(report.integrity.state)
  })

  it('hidden behind an exclusion: a detached manifest may leave nothing out', async () => {
    // The library calls this trusted: credentials beside a copy of the file whose own chunk was overwritten.
    const bytes = await wav()
    const { store, chunk } = await locate(rig.path('wav.part'))
    const overwritten = Buffer.from(bytes).fill(0x41, (chunk?.start ?? 0) + 8, (chunk?.start ?? 0) + (chunk?.length ?? 0))
    const path = await made('overwritten.wav', overwritten)
    const library = await Reader.fromManifestDataAndAsset(store as Buffer, { path, mimeType: 'audio/wav' }, librarySettings(rig.anchors))
    expect(library.json()).toMatchObject({ validation_state: 'Trusted' })
    const own = await verifyOwn(path, { anchors: rig.anchors, now: Date.now(), detachedStore: store as Uint8Array })
    expect(own.state).toBe('invalid')
  })
})

describe('a file without credentials (6.1)', () => {
  it('says so, and nothing more', async () => {
    for (const name of ['tone.wav', 'tone.mp3', 'tone.flac', 'tone.m4a', 'tone.ogg']) {
      const report = await verify(fixture(name))
      expect(report, name).toMatchObject({
        verdict: 'none',
        integrity: { state: 'none' },
        signer: null,
        trust: { state: 'none' },
        findings: [],
      })
    }
  })

  it('finds the receipt of a stripped file by its sound: recovered, not intact', async () => {
    const stripped = await made('stripped.wav', stripWav(await wav(), await locate(rig.path('wav.part'))))
    const sound = await rig.signer.hashSound(fixture('tone.wav'))
    const { found, logKey } = receiptOf(stamped.get('wav') as StampedFile, sound ?? '')
    const asked: unknown[] = []
    const report = await verify(stripped, {
      logKey,
      receipts: {
        find: async (query) => {
          asked.push(query.filePcmSha256)
          return [{ ...found, matched: 'sound' }]
        },
      },
    })
    expect(asked).toEqual([sound])
    expect(report).toMatchObject({ verdict: 'caution', integrity: { state: 'recovered' }, receipt: { state: 'synced', matched: 'sound' } })

    // A service may answer with anything: a good receipt of another sound recovers nothing.
    const other = receiptOf(stamped.get('wav') as StampedFile)
    const fooled = await verify(stripped, { logKey: other.logKey, receipts: { find: async () => [{ ...other.found, matched: 'sound' }] } })
    expect(fooled).toMatchObject({ verdict: 'none', integrity: { state: 'none' }, receipt: { state: 'unproved' } })
    expect(codes(fooled)).toContain('receipt.other_file')
  })

  it('tells broken files from files without credentials', async () => {
    expect(await verify(await made('text.wav', Buffer.from('this is not audio at all')))).toMatchObject({ integrity: { state: 'none' } })
    expect(await verify(await made('empty.wav', Buffer.alloc(0)))).toMatchObject({ verdict: 'bad', integrity: { state: 'unreadable' } })
    expect(await verifyFile(rig.path('nowhere.wav'), {} as VerifyOptions)).toMatchObject({ ok: false, error: { code: 'verify.missing' } })
  })
})

describe('trust', () => {
  it('says “intact, but unknown” of a signer nobody vouches for', async () => {
    const stranger = await createRootCertificate({ name: 'Stranger' })
    const report = await verify(rig.path('wav.part'), { anchors: [stranger.certificate] })
    expect(report).toMatchObject({ verdict: 'caution', integrity: { state: 'intact' }, trust: { state: 'unknown' } })
    expect(codes(report)).toContain('signingCredential.untrusted')
    expect(codes(report)).not.toContain('verify.verifiers_disagree')
  })

  it('knows a certificate that ended and one that was revoked', async () => {
    const later = await verify(rig.path('wav.part'), { now: () => Date.now() + 3 * 365 * 86_400_000 })
    expect(later).toMatchObject({ verdict: 'caution', integrity: { state: 'intact' }, trust: { state: 'expired' } })
    const serial = (await verify(rig.path('wav.part'))).signer?.serial ?? ''
    const entries = [{ kind: 'certificate' as const, id: serial, since: '2026-11-01T00:00:00.000Z', reason: 'lost' }]
    const revocations = { v: 1 as const, seq: 1, prev: `sha256:${'0'.repeat(64)}`, issuedAt: '', nextUpdate: '', entries }
    expect(await verify(rig.path('wav.part'), { revocations })).toMatchObject({ verdict: 'bad', trust: { state: 'revoked' } })
  })

  it('knows a stem whose label’s certificate was withdrawn', async () => {
    const path = rig.path('wav.part')
    const own = await verifyOwn(path, { anchors: rig.anchors, now: Date.now() })
    const serial = own.manifest?.ingredients[0]?.manifest?.signer?.serial ?? ''
    expect(serial).toMatch(/^[0-9a-f]+$/)
    // Lists are written by people: with colons and in capitals.
    const id = (serial.match(/../g) ?? []).join(':').toUpperCase()
    const entries = [{ kind: 'certificate' as const, id, since: '2026-11-01T00:00:00.000Z', reason: 'lost' }]
    const revocations = { v: 1 as const, seq: 1, prev: `sha256:${'0'.repeat(64)}`, issuedAt: '', nextUpdate: '', entries }
    const report = await verify(path, { revocations })
    expect(report.verdict).not.toBe('good')
    expect(report.ingredients[0]?.state).toBe('untrusted')
    expect(report.findings.find(({ code }) => code === 'ingredient.signer_revoked')?.message).toContain('vocals')
  })

  it('counts the worse of two verifiers and says that they differ', async () => {
    const changed = await made('disputed.wav', flip(await wav(), 4_000))
    const blind: Signer = {
      ...rig.signer,
      inspect: async (request) => {
        const { tags } = await rig.signer.inspect(request)
        return { tags, verdict: { state: 'trusted', activeManifest: null, failures: [], signedAt: null, reason: null } }
      },
    }
    const report = await verify(changed, { signer: blind })
    expect(report).toMatchObject({ verdict: 'bad', integrity: { state: 'changed' } })
    expect(codes(report)).toContain('verify.verifiers_disagree')
  })
})

const sha256: Sha256 = (...chunks) => {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return new Uint8Array(hash.digest())
}

/** A signed receipt for a stamped file, alone in a log of its own. */
const receiptOf = (file: StampedFile, sound = 'a'.repeat(64)): { found: FoundReceipt; logKey: string } => {
  const device = generateKeyPairSync('ed25519')
  const log = generateKeyPairSync('ed25519')
  const deviceKey = device.publicKey.export({ format: 'jwk' }) as Ed25519Jwk
  const logBytes = new Uint8Array(Buffer.from((log.publicKey.export({ format: 'jwk' }) as Ed25519Jwk).x, 'base64url'))
  const receipt: ExportReceipt = {
    v: 1,
    id: '01890000-0000-7000-8000-000000000001',
    device: jwkThumbprint(deviceKey, sha256),
    epoch: '01890000-0000-7000-8000-000000000002',
    seq: 0,
    prev: `sha256:${'0'.repeat(64)}`,
    issuedAt: '2026-11-22T14:00:00.000Z',
    clock: { src: 'system', uncertaintyMs: 0, anchor: '', mono: 0 },
    account: 'acct',
    app: { name: 'Stemma', version: '0.1.0' },
    type: 'export',
    project: `sha256:${'1'.repeat(64)}`,
    plan: `sha256:${'2'.repeat(64)}`,
    asset: {
      sha256: `sha256:${file.sha256}`,
      bytes: file.bytes,
      format: 'audio/wav',
      durationMs: 300,
      pcmSha256: `sha256:${'3'.repeat(64)}`,
      filePcmSha256: `sha256:${sound}`,
      fingerprint: null,
      c2pa: file.c2paUrn,
    },
    scope: 'personal-use',
    stems: stems.map(({ id, role, contentSha256, c2pa }) => ({
      stem: id,
      role,
      contentSha256: `sha256:${contentSha256}`,
      c2pa,
      isrc: null,
      grant: 'urn:stemma:grant:1',
      grantVersion: 1,
      grantHash: `sha256:${'4'.repeat(64)}`,
      lease: 'urn:stemma:lease:1',
      usedMs: 200,
      ops: [],
    })),
    ai: { containsAI: 'None', contributions: [], dst: 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeCapture' },
    plugins: [],
  }
  const jws = signReceipt(receipt, (message) => new Uint8Array(sign(null, message, device.privateKey)))
  const checkpoint = signNote(
    buildCheckpoint({ origin: 'log.test/receipts', size: 1, root: leafHash(utf8(jws), sha256) }),
    'log.test/receipts',
    logBytes,
    { sign: (message) => new Uint8Array(sign(null, message, log.privateKey)), sha256 },
  )
  return {
    found: { jws, deviceKey, matched: 'id', proof: { logIndex: 0, treeSize: 1, inclusion: [], checkpoint }, isVoid: false },
    logKey: buildVerifierKey('log.test/receipts', logBytes, sha256),
  }
}

describe('the receipt', () => {
  const withReceipt = (found: FoundReceipt, logKey: string | null): Promise<VerifyReport> =>
    verify(rig.path('wav.part'), { logKey, receipts: { find: async () => [found] } })

  it('is checked down to the log', async () => {
    const { found, logKey } = receiptOf(stamped.get('wav') as StampedFile)
    expect(await withReceipt(found, logKey)).toMatchObject({
      verdict: 'good',
      receipt: {
        id: '01890000-0000-7000-8000-000000000001',
        state: 'synced',
        signatureIsValid: true,
        proof: { logIndex: 0, isValid: true },
      },
    })
    expect(await withReceipt({ ...found, proof: null }, logKey)).toMatchObject({
      verdict: 'good',
      receipt: { state: 'local', proof: null },
    })
    expect(await withReceipt({ ...found, isVoid: true }, logKey)).toMatchObject({ verdict: 'caution', receipt: { state: 'void' } })
  })

  it('does not count when its signature, its proof or its file is another', async () => {
    const file = stamped.get('wav') as StampedFile
    const { found, logKey } = receiptOf(file)
    const other = receiptOf(file)
    const cases: readonly (readonly [string, FoundReceipt, string])[] = [
      ['receipt.signature_invalid', { ...found, deviceKey: other.found.deviceKey }, logKey],
      ['receipt.signature_invalid', { ...found, jws: `${found.jws.slice(0, -4)}AAAA` }, logKey],
      ['receipt.proof_invalid', found, other.logKey],
      ['receipt.proof_invalid', { ...found, proof: { ...other.found.proof!, logIndex: 0 } }, logKey],
      ['receipt.other_file', receiptOf(stamped.get('mp3') as StampedFile).found, logKey],
    ]
    for (const [code, wrong, key] of cases) {
      const report = await withReceipt(wrong, key)
      expect(codes(report), code).toContain(code)
      expect(report, code).toMatchObject({ verdict: 'caution', receipt: { state: 'unproved' } })
    }
  })

  it('is asked for by the id the file names, and unknown is no failure', async () => {
    const ids: (string | null)[] = []
    const find = async (query: { receiptId: string | null }) => {
      ids.push(query.receiptId)
      return []
    }
    expect(await verify(rig.path('wav.part'), { receipts: { find } })).toMatchObject({ verdict: 'good', receipt: { state: 'unknown' } })
    expect(ids).toEqual(['01890000-0000-7000-8000-000000000001'])
  })
})

/** Signs the tone with the bare library, outside our profile. */
const signRaw = async (
  name: string,
  identity: SigningIdentity,
  {
    settings = librarySettings(rig.anchors),
    assertions = [],
    title = name,
    prepare = () => undefined as unknown,
  }: {
    settings?: object
    assertions?: readonly { label: string; data: unknown }[]
    title?: string
    prepare?: (builder: Builder) => unknown
  },
): Promise<string> => {
  const actions = {
    actions: [{ action: 'c2pa.created', digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture' }],
  }
  const definition = {
    claim_version: 2,
    claim_generator_info: [{ name: 'Other', version: '1' }],
    title,
    format: 'audio/wav',
    assertions: [{ label: 'c2pa.actions.v2', data: actions }, ...assertions],
  }
  const builder = Builder.withJson(definition as unknown as Parameters<typeof Builder.withJson>[0], settings)
  await prepare(builder)
  const key = createPrivateKey(identity.privateKey)
  await builder.signConfigAsync(
    async (data) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }),
    signerConfig(identity, undefined),
    { path: fixture('tone.wav'), mimeType: 'audio/wav' },
    { path: rig.path(name), mimeType: 'audio/wav' },
  )
  return rig.path(name)
}

describe('hostile credentials (6.16)', () => {
  it('reads created from gathered off the raw claim', async () => {
    const settings = { ...librarySettings(rig.anchors), builder: { thumbnail: { enabled: false } } }
    const own = await verifyOwn(await signRaw('gathered.wav', rig.identity, { settings }), { anchors: rig.anchors, now: Date.now() })
    expect(own.state).toBe('trusted')
    expect(own.manifest?.assertions.filter(({ isCreated }) => !isCreated).map(({ label }) => label)).toEqual(['c2pa.actions.v2'])
  })

  it('does not read an assertion of 20 MB', async () => {
    const big = { label: 'com.example.big', data: { text: 'x'.repeat(20 * 1024 * 1024) } }
    const report = await verify(await signRaw('big.wav', rig.identity, { assertions: [big] }))
    expect(report.verdict).toBe('bad')
    expect(codes(report)).toEqual(expect.arrayContaining(['assertion.too_large', 'verify.verifiers_disagree']))
  })

  it('answers within seconds on a thousand ingredients', async () => {
    const path = await signRaw('thousand.wav', rig.identity, {
      prepare: async (builder) => {
        for (let i = 0; i < 1_000; i++) {
          await builder.addIngredient(
            JSON.stringify({ title: `i${i}`, format: 'audio/wav', relationship: 'componentOf', label: `i${i}`, instance_id: `i${i}` }),
          )
        }
      },
    })
    const start = performance.now()
    const report = await verify(path)
    expect(performance.now() - start).toBeLessThan(10_000)
    expect(report.ingredients).toHaveLength(1_000)
  }, 60_000)

  it('never calls out to a manifest elsewhere', async () => {
    let calls = 0
    const server = createServer((_request, response) => {
      calls++
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/manifest.c2pa`
    const path = await signRaw('remote.wav', rig.identity, {
      prepare: (builder) => {
        builder.setRemoteUrl(url)
        builder.setNoEmbed(true)
      },
    })
    expect((await readFile(path)).toString('latin1')).toContain(url)
    const report = await verify(path)
    await new Promise((resolve) => server.close(resolve))
    expect(calls).toBe(0)
    expect(report.integrity.state).toBe('none')
  })

  it('hands odd titles on as plain text', async () => {
    const title = '<img src=x onerror=alert(1)>\u202e“; DROP'
    const leaf = identityOf(await issueSigningCertificate(rig.root, { name: '<b>CN="x", O=y</b>' }))
    const report = await verify(await signRaw('odd.wav', leaf, { title }))
    expect(report).toMatchObject({ verdict: 'good', title, signer: { name: '<b>CN="x", O=y</b>' } })
  })
})
