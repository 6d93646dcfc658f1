// What the stamp, verify and pack tests share: a small PKI, tones in every container, a manifest plan and a signer in its own process.
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ManifestPlan } from '../../../src-shared/provenance/index.ts'
import { unwrap } from '../../../src-shared/std/index.ts'
import { createRootCertificate, issueSigningCertificate, type Credential } from '../pack/index.ts'
import { createNodeProcessHost } from '../process-host/index.ts'
import { createSigner, type Signer, type SigningIdentity, type StampMimeType, type StampRequest, type StampStem } from './index.ts'

export const TONES = [
  { container: 'wav', mimeType: 'audio/wav' },
  { container: 'mp3', mimeType: 'audio/mpeg' },
  { container: 'flac', mimeType: 'audio/flac' },
  { container: 'm4a', mimeType: 'audio/mp4' },
] as const satisfies readonly { readonly container: string; readonly mimeType: StampMimeType }[]

export type ToneContainer = (typeof TONES)[number]['container']

export const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name)

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const DST = 'http://cv.iptc.org/newscodes/digitalsourcetype/'

/** A plan that places the given stems for their first 200 ms and mixes them; with `model`, one of them restyled by it. */
export const planFor = (stems: readonly StampStem[], model?: string): ManifestPlan => {
  const ids = stems.map(({ id }) => id)
  return {
    title: 'Tone (Test Remix)',
    ingredients: stems.map((stem) => ({
      source: {
        stemId: stem.id,
        workId: 'urn:stemma:work:test',
        role: 'other',
        title: stem.title,
        contentSha256: stem.contentSha256,
        sampleRate: 48_000,
        channels: 1,
        lengthFrames: 14_400,
        isrc: null,
      },
      fromMs: 0,
      toMs: 200,
      usedMs: 200,
    })),
    actions: [
      {
        action: 'c2pa.created',
        digitalSourceType: `${DST}${model === undefined ? 'compositeCapture' : 'compositeWithTrainedAlgorithmicMedia'}`,
        stems: [],
        parameters: {},
      },
      { action: 'c2pa.placed', stems: ids, parameters: {} },
      ...(model === undefined
        ? []
        : [
            {
              action: 'c2pa.edited',
              digitalSourceType: `${DST}trainedAlgorithmicMedia`,
              description: 'Restyled',
              stems: ids.slice(0, 1),
              parameters: { 'com.stemma.op': 'ai.restyle', 'com.stemma.model': model },
              region: { fromMs: 0, toMs: 200 },
            },
          ]),
      { action: 'c2pa.mixed', digitalSourceType: `${DST}humanEdits`, stems: ids, parameters: { 'com.stemma.ratio': 1.04 } },
    ],
    ai:
      model === undefined
        ? { containsAI: 'None', contributions: [], dst: `${DST}compositeCapture` }
        : {
            containsAI: 'Partly',
            contributions: [{ role: 'Drummer', value: 'Partly', model }],
            dst: `${DST}compositeWithTrainedAlgorithmicMedia`,
          },
    models: model === undefined ? [] : [{ urn: model, name: 'Restyler', version: '1', licence: 'MIT', uses: ['sound'] }],
    plugins: [],
    trainingMining: {
      'cawg.ai_generative_training': 'notAllowed',
      'cawg.ai_training': 'notAllowed',
      'cawg.data_mining': 'notAllowed',
      'cawg.ai_inference': 'notAllowed',
    },
    scope: 'personal-use',
    credits: [],
  }
}

export interface Rig {
  readonly dir: string
  readonly root: Credential
  readonly identity: SigningIdentity
  readonly anchors: readonly string[]
  readonly signer: Signer
  path(name: string): string
  /** Signs a tone as a pack would and describes it as a stem. */
  stem(name: string, container: ToneContainer, source?: string): Promise<StampStem>
  /** A request that stamps a tone of this container with these stems to `<name>.part`. */
  request(name: string, container: ToneContainer, stems: readonly StampStem[]): StampRequest
  close(): Promise<void>
}

export const identityOf = (leaf: Credential): SigningIdentity => ({ certificates: [leaf.certificate], privateKey: leaf.privateKey })

export const openRig = async (): Promise<Rig> => {
  const dir = await mkdtemp(join(tmpdir(), 'stemma-stamp-'))
  const root = await createRootCertificate({ name: 'Test Rights Root' })
  const identity = identityOf(await issueSigningCertificate(root, { name: 'Test Machine' }))
  const anchors = [root.certificate]
  const signer = createSigner(createNodeProcessHost())
  const path = (name: string): string => join(dir, name)
  const mimeOf = (container: ToneContainer): StampMimeType => TONES.find((tone) => tone.container === container)?.mimeType ?? 'audio/wav'
  return {
    dir,
    root,
    identity,
    anchors,
    signer,
    path,
    stem: async (name, container, source = `tone.${container}`) => {
      const outputPath = path(`${name}.${container}`)
      const id = `urn:stemma:stem:${name}`
      const sealed = unwrap(
        await signer.seal({
          inputPath: fixture(source),
          outputPath,
          mimeType: mimeOf(container),
          title: name,
          role: 'other',
          stem: id,
          work: 'urn:stemma:work:test',
          artists: ['Nobody'],
          digitalSourceType: `${DST}digitalCapture`,
          identity,
          anchors,
          appVersion: '0.1.0',
        }),
      )
      return {
        id,
        path: outputPath,
        mimeType: mimeOf(container),
        c2pa: sealed.c2paUrn,
        contentSha256: sealed.sha256,
        title: name,
        role: 'other',
      }
    },
    request: (name, container, stems) => ({
      inputPath: fixture(`tone.${container}`),
      outputPath: path(`${name}.part`),
      mimeType: mimeOf(container),
      title: 'Tone (Test Remix)',
      manifest: planFor(stems),
      stems,
      receiptId: '01890000-0000-7000-8000-000000000001',
      intentSha256: `sha256:${'1'.repeat(64)}`,
      log: 'log.test/receipts',
      grants: stems.map((stem) => ({ stem: stem.id, grant: 'urn:stemma:grant:1', version: 1, hash: `sha256:${'2'.repeat(64)}` })),
      identity,
      anchors,
      appVersion: '0.1.0',
    }),
    close: async () => {
      signer.dispose()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Copies a file with one byte changed at `offset` (from the end when negative). */
export const flipByte = async (from: string, to: string, offset: number): Promise<void> => {
  const bytes = await readFile(from)
  const at = offset < 0 ? bytes.length + offset : offset
  bytes[at] = (bytes[at] ?? 0) ^ 0x01
  await writeFile(to, bytes)
}
