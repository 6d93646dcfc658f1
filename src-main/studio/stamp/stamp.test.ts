import { createHash } from 'node:crypto'
import { copyFile, link, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unwrap } from '../../../src-shared/std/index.ts'
import { createRootCertificate, issueSigningCertificate } from '../pack/label-certificates.ts'
import { createNodeProcessHost } from '../process-host/index.ts'
import { verifyFile } from '../verify/index.ts'
import { locateStore, openByteFile, verifyOwn } from '../verify/own/index.ts'
import { createSigner, type StampStem } from './index.ts'
import { fixture, flipByte, identityOf, openRig, planFor, sha256, TONES, type Rig } from './rig.ts'

let rig: Rig
let stems: readonly StampStem[]
let vocals: StampStem

beforeAll(async () => {
  rig = await openRig()
  vocals = await rig.stem('vocals', 'wav')
  stems = [vocals, await rig.stem('keys', 'm4a'), await rig.stem('drums', 'mp3'), await rig.stem('bass', 'flac')]
}, 60_000)
afterAll(() => rig.close())

const check = (name: string) => verifyOwn(rig.path(name), { anchors: rig.anchors, now: Date.now() })
const leftovers = async (): Promise<readonly string[]> => (await readdir(rig.dir)).filter((name) => name.startsWith('refused'))
const hashOf = async (path: string): Promise<string> => sha256(await readFile(path))

describe('stamping', () => {
  it.each(TONES)('gives a trusted $container with its stems as ingredients', async ({ container, mimeType }) => {
    const stamped = unwrap(await rig.signer.stamp(rig.request(`out-${container}`, container, stems)))
    const path = rig.path(`out-${container}.part`)
    const bytes = await readFile(path)
    expect(stamped).toMatchObject({ bytes: bytes.length, sha256: sha256(bytes) })

    const own = await check(`out-${container}.part`)
    expect(own.findings).toEqual([])
    expect(own).toMatchObject({
      state: 'trusted',
      fileSha256: stamped.sha256,
      manifest: { label: stamped.c2paUrn, title: 'Tone (Test Remix)' },
    })
    const lineage = own.manifest?.ingredients.map(({ instanceId, manifest, range, relationship }) => [
      instanceId,
      manifest?.label,
      range,
      relationship,
    ])
    expect(lineage).toEqual(stems.map(({ id, c2pa }) => [id, c2pa, { fromMs: 0, toMs: 200 }, 'componentOf']))

    const { verdict, tags } = await rig.signer.inspect({ path, mimeType, anchors: rig.anchors })
    expect(verdict).toMatchObject({ state: 'trusted', failures: [], activeManifest: stamped.c2paUrn })
    expect(tags.map(({ value }) => value)).toEqual(expect.arrayContaining(['Tone', 'Nobody']))
  })

  it('vouches for every assertion: none is merely gathered', async () => {
    const model = 'urn:stemma:model:restyle-1'
    unwrap(await rig.signer.stamp({ ...rig.request('model', 'wav', stems), manifest: planFor(stems, model) }))
    const { manifest } = await check('model.part')
    expect(manifest?.assertions.filter(({ isCreated }) => !isCreated)).toEqual([])
    expect(manifest?.assertions.map(({ label }) => label)).toEqual(
      expect.arrayContaining([
        'c2pa.actions.v2',
        'c2pa.ai-disclosure',
        'cawg.training-mining',
        'com.stemma.provenance',
        'c2pa.hash.data',
        'c2pa.ingredient.v3',
      ]),
    )
    expect(manifest?.ingredients.at(-1)).toMatchObject({ instanceId: model, relationship: 'inputTo' })
  })

  it('names the plugins that took part, a generative one as the model it is, and refuses to keep one quiet', async () => {
    const urn = 'urn:stemma:plugin:lv2:http://a.example/plugins#dream'
    const plan = planFor(stems, urn)
    const plugin = { format: 'lv2', id: 'http://a.example/plugins#dream', name: 'Dream', vendor: 'A', version: '2' }
    const parameters = { 'com.stemma.plugin': 'Dream', 'com.stemma.pluginFormat': 'lv2', 'com.stemma.pluginId': plugin.id }
    const actions = plan.actions.map((action) =>
      action.parameters['com.stemma.model'] === urn ? { ...action, parameters: { ...action.parameters, ...parameters } } : action,
    )
    const quiet = await rig.signer.stamp({ ...rig.request('quiet', 'wav', stems), manifest: { ...plan, actions } })
    expect(quiet).toMatchObject({ ok: false, error: { code: 'stamp.plan_invalid' } })
    const stateHash = `sha256:${'a'.repeat(64)}`
    const plugins = [{ ...plugin, stateHash, isGenerative: true }]
    unwrap(await rig.signer.stamp({ ...rig.request('plugin', 'wav', stems), manifest: { ...plan, actions, plugins } }))
    const { manifest } = await check('plugin.part')
    expect(manifest?.assertions.find(({ label }) => label === 'com.stemma.provenance')?.data).toMatchObject({
      plugins: [{ ...plugin, state: stateHash }],
    })
    expect(manifest?.ingredients.at(-1)).toMatchObject({ instanceId: urn, relationship: 'inputTo' })
    const { verdict } = await rig.signer.inspect({ path: rig.path('plugin.part'), mimeType: 'audio/wav', anchors: rig.anchors })
    expect(verdict).toMatchObject({ state: 'trusted', failures: [] })
    const report = unwrap(
      await verifyFile(rig.path('plugin.part'), {
        signer: rig.signer,
        anchors: rig.anchors,
        logKey: null,
        receipts: { find: async () => [] },
        revocations: null,
        now: Date.now,
      }),
    )
    expect(report.findings).toContainEqual({
      code: 'verify.plugins',
      severity: 'info',
      message: 'Plugins took part in this sound: Dream 2. Rendered again with other versions of them, it may differ.',
    })
  })

  it('discloses AI only where a model ran', async () => {
    unwrap(await rig.signer.stamp(rig.request('plain', 'wav', [vocals])))
    const { manifest } = await check('plain.part')
    expect(manifest?.assertions.some(({ label }) => label.startsWith('c2pa.ai-disclosure'))).toBe(false)
  })

  it('writes the receipt, the grants and the credits into its own assertion, and nothing personal', async () => {
    unwrap(await rig.signer.stamp(rig.request('receipt', 'wav', [vocals])))
    const { manifest } = await check('receipt.part')
    expect(manifest?.assertions.find(({ label }) => label === 'com.stemma.provenance')?.data).toEqual({
      v: 1,
      receiptId: 'urn:uuid:01890000-0000-7000-8000-000000000001',
      intentSha256: `sha256:${'1'.repeat(64)}`,
      log: 'log.test/receipts',
      scope: 'personal-use',
      ddex: { ContainsAI: 'None', AiContribution: [] },
      stems: [{ stem: vocals.id, role: 'other', contentSha256: vocals.contentSha256, usedMs: 200 }],
      grants: [{ stem: vocals.id, grant: 'urn:stemma:grant:1', version: 1, hash: `sha256:${'2'.repeat(64)}` }],
    })
    const text = (await readFile(rig.path('receipt.part'))).toString('latin1')
    for (const secret of [rig.dir, process.cwd(), process.env.HOSTNAME, process.env.USER === 'root' ? undefined : process.env.USER]) {
      if (secret) expect(text).not.toContain(secret)
    }
  })

  it('takes in a stem that cannot carry credentials by its hash', async () => {
    const bytes = await readFile(fixture('tone.ogg'))
    const ogg: StampStem = {
      ...vocals,
      id: 'urn:stemma:stem:ogg',
      path: fixture('tone.ogg'),
      mimeType: 'audio/ogg',
      c2pa: null,
      contentSha256: sha256(bytes),
      title: 'ogg',
    }
    unwrap(await rig.signer.stamp(rig.request('by-hash', 'wav', [ogg, vocals])))
    const own = await check('by-hash.part')
    expect(own.state).toBe('trusted')
    expect(own.manifest?.ingredients.map(({ instanceId, manifest }) => [instanceId, manifest?.label ?? null])).toEqual([
      [ogg.id, null],
      [vocals.id, vocals.c2pa],
    ])
    const changed = { ...ogg, contentSha256: '0'.repeat(64) }
    expect(await rig.signer.stamp(rig.request('refused-hash', 'wav', [changed]))).toMatchObject({
      ok: false,
      error: { code: 'stamp.stem_tampered' },
    })
  })
})

describe('refusals leave nothing behind', () => {
  it.each([
    ['stamp.stem_bare', async (): Promise<StampStem> => ({ ...vocals, path: fixture('tone.wav') })],
    ['stamp.stem_swapped', async (): Promise<StampStem> => ({ ...vocals, path: stems[3]?.path ?? '', mimeType: 'audio/flac' })],
    [
      'stamp.stem_tampered',
      async (): Promise<StampStem> => {
        await flipByte(vocals.path, rig.path('bad-stem.wav'), 2_000)
        return { ...vocals, path: rig.path('bad-stem.wav') }
      },
    ],
    [
      // The catalogue's hash was changed along with the file: the credentials still tell.
      'stamp.stem_tampered',
      async (): Promise<StampStem> => {
        await flipByte(vocals.path, rig.path('bad-stem.wav'), 2_000)
        return { ...vocals, path: rig.path('bad-stem.wav'), contentSha256: await hashOf(rig.path('bad-stem.wav')) }
      },
    ],
    ['stamp.stem_tampered', async (): Promise<StampStem> => ({ ...vocals, contentSha256: 'f'.repeat(64) })],
    ['stamp.stem_missing', async (): Promise<StampStem> => ({ ...vocals, path: rig.path('gone.wav') })],
  ])('%s', async (code, make) => {
    const refused = await rig.signer.stamp(rig.request('refused', 'wav', [stems[1] as StampStem, await make()]))
    expect(refused).toMatchObject({ ok: false, error: { code, message: expect.stringContaining('vocals') } })
    expect(await leftovers()).toEqual([])
  })

  it('checks stems ahead of the stamp, and once more when one changed since', async () => {
    const path = rig.path('watched.wav')
    await copyFile(vocals.path, path)
    const watched = { ...vocals, path }
    expect(await rig.signer.prepare([watched], rig.anchors)).toEqual({ ok: true, value: null })
    expect(await rig.signer.prepare([{ ...vocals, path: fixture('tone.wav') }], rig.anchors)).toMatchObject({
      ok: false,
      error: { code: 'stamp.stem_bare' },
    })
    await flipByte(vocals.path, path, 2_000)
    expect(await rig.signer.stamp(rig.request('refused', 'wav', [watched]))).toMatchObject({
      ok: false,
      error: { code: 'stamp.stem_tampered' },
    })
  })

  it('refuses a stem of a signer nobody vouches for', async () => {
    const stranger = await createRootCertificate({ name: 'Stranger' })
    const refused = await rig.signer.stamp({ ...rig.request('refused', 'wav', [vocals]), anchors: [stranger.certificate] })
    expect(refused).toMatchObject({ ok: false, error: { code: 'stamp.stem_untrusted' } })
    expect(await leftovers()).toEqual([])
  })

  it.each([
    ['the same path', async (path: string) => path],
    [
      'a symbolic link',
      async (path: string) => {
        await symlink(path, rig.path('refused-link'))
        return rig.path('refused-link')
      },
    ],
    [
      'a hard link',
      async (path: string) => {
        await link(path, rig.path('refused-hard'))
        return rig.path('refused-hard')
      },
    ],
  ])('never signs in place: %s', async (_name, make) => {
    const input = rig.path('in-place.wav')
    await copyFile(fixture('tone.wav'), input)
    const refused = await rig.signer.stamp({ ...rig.request('x', 'wav', [vocals]), inputPath: input, outputPath: await make(input) })
    expect(refused).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^stamp\.(in_place|output_exists)$/) } })
    expect(await hashOf(input)).toBe(await hashOf(fixture('tone.wav')))
  })

  it('removes the output when signing fails half way', async () => {
    // More certificates than the space set aside for the signature: the library fails after it has begun to write.
    const chain = await Promise.all(Array.from({ length: 30 }, () => createRootCertificate({ name: 'Filler' })))
    const identity = { ...rig.identity, certificates: [...rig.identity.certificates, ...chain.map(({ certificate }) => certificate)] }
    const refused = await rig.signer.stamp({ ...rig.request('refused-half', 'wav', [vocals]), identity })
    expect(refused).toMatchObject({ ok: false, error: { code: 'stamp.failed' } })
    expect(await leftovers()).not.toContain('refused-half.part')
  })

  it('removes the output when the signing process dies', async () => {
    const host = createNodeProcessHost()
    let kill = (): void => {}
    const dying = createSigner({
      fork: (entry, options) => {
        const child = host.fork(entry, options)
        kill = () => child.kill()
        return child
      },
    })
    const pending = dying.stamp(rig.request('refused-dead', 'wav', stems))
    setTimeout(() => kill(), 150)
    const outcome = await pending
    if (!outcome.ok) expect(outcome.error.code).toBe('stamp.signer_crashed')
    expect((await leftovers()).includes('refused-dead.part')).toBe(outcome.ok)
    // The next call starts a new process.
    expect(await dying.stamp(rig.request('after-death', 'wav', [vocals]))).toMatchObject({ ok: true })
    dying.dispose()
  })

  it('refuses a key that is not the certificate’s, and a certificate that has ended', async () => {
    const other = identityOf(await issueSigningCertificate(rig.root, { name: 'Other' }))
    const mixed = { certificates: rig.identity.certificates, privateKey: other.privateKey }
    expect(await rig.signer.stamp({ ...rig.request('refused-key', 'wav', [vocals]), identity: mixed })).toMatchObject({
      ok: false,
      error: { code: 'stamp.identity_mismatch' },
    })
    const past = { name: 'Past', notBefore: new Date('2020-01-01'), notAfter: new Date('2020-06-01') }
    const ended = identityOf(await issueSigningCertificate(rig.root, past))
    expect(await rig.signer.stamp({ ...rig.request('refused-old', 'wav', [vocals]), identity: ended })).toMatchObject({
      ok: false,
      error: { code: 'stamp.certificate_expired' },
    })
    expect(await leftovers()).not.toContain('refused-old.part')
  })

  it('refuses a history that does not hold together', async () => {
    const plan = planFor([vocals])
    const broken = [
      plan.actions.slice(1),
      [...plan.actions, { action: 'c2pa.opened', stems: [], parameters: {} }],
      plan.actions.filter(({ action }) => action !== 'c2pa.placed'),
      [...plan.actions, { action: 'c2pa.edited', stems: ['urn:stemma:stem:stranger'], parameters: {} }],
    ]
    for (const actions of broken) {
      const refused = await rig.signer.stamp({ ...rig.request('refused-plan', 'wav', [vocals]), manifest: { ...plan, actions } })
      expect(refused).toMatchObject({ ok: false, error: { code: 'stamp.plan_invalid' } })
    }
  })

  it('refuses files above 2 GB by name', async () => {
    const path = rig.path('huge.wav')
    await writeFile(path, '')
    const { truncate } = await import('node:fs/promises')
    await truncate(path, 2 * 1024 ** 3 + 1)
    expect(await rig.signer.stamp({ ...rig.request('refused-huge', 'wav', [vocals]), inputPath: path })).toMatchObject({
      ok: false,
      error: { code: 'stamp.file_too_large' },
    })
  })
})

describe('what signing changes', () => {
  it('leaves sound and tags of a WAV byte for byte, but for its own chunk and the length', async () => {
    unwrap(await rig.signer.stamp(rig.request('bytes', 'wav', [vocals])))
    const before = await readFile(fixture('tone.wav'))
    const after = await readFile(rig.path('bytes.part'))
    const file = await openByteFile(rig.path('bytes.part'))
    const { chunk } = await locateStore(file)
    await file.close()
    expect(chunk?.start).toBe(before.length)
    expect(createHash('sha256').update(after.subarray(8, before.length)).digest()).toEqual(
      createHash('sha256').update(before.subarray(8)).digest(),
    )
  })
})
