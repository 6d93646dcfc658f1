// The catalogue: licence packs in, works with the service's own signed grants out. A changed licence is a new version that names the one before.
import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import type { GrantTerms, Pack, StemSummary, WorkSummary } from '../src-shared/protocol/index.ts'
import { GRANT_TYP, explainGrant, grantHash, verifyGrant } from '../src-shared/rights/index.ts'
import type { Grant } from '../src-shared/rights/index.ts'
import { buildJws, canonicalText, fail, ok, unwrap } from '../src-shared/std/index.ts'
import type { Result } from '../src-shared/std/index.ts'
import type { BlobStore } from './blobs.ts'
import { sha256 } from './keys.ts'
import type { ServiceKeys } from './keys.ts'
import { openPack } from './pack/index.ts'
import { revocationsOf } from './revocations.ts'
import type { ServiceReader, ServiceStore, StoredGrant, StoredWork } from './store.ts'

const PACK_EXTENSION = '.stemmapack'
const REVOCATION_MAX_AGE_HOURS = 72

/** A work ready to be taken in, whatever it came from. */
export interface WorkImport {
  readonly facts: StoredWork['facts']
  readonly stems: readonly StemSummary[]
  readonly terms: GrantTerms
  readonly anchors: readonly string[]
  readonly source: string
  readonly label: string
  /** Opens the bytes of a stem that is not stored yet. */
  readonly openStem: (stem: StemSummary) => Promise<Readable>
}

export interface CatalogueDeps {
  readonly store: ServiceStore
  readonly keys: ServiceKeys
  readonly blobs: BlobStore
}

/** Lower-case words without accents, as search compares them. */
export const searchWords = (text: string): string[] =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}#.]+/u)
    .filter((word) => word !== '')

const searchText = ({ facts, stems }: WorkImport): string => {
  const tempo =
    facts.milliBpm === null
      ? ''
      : `${facts.milliBpm / 1000} ${Math.round(facts.milliBpm / 1000)}bpm ${Math.round(facts.milliBpm / 1000)} bpm`
  const key = facts.key ? `${facts.key} ${facts.key.replace(/ minor$/, 'm').replace(/ major$/, '')}` : ''
  const parts = [facts.title, ...facts.artists, ...stems.flatMap((stem) => [stem.title, stem.role]), tempo, key, facts.year ?? '']
  // A space before every word lets one pattern match word beginnings only.
  return ` ${searchWords(parts.join(' ')).join(' ')}`
}

const buildGrant = ({ facts, stems, terms }: WorkImport, keys: ServiceKeys, previous: StoredGrant | undefined): Grant => ({
  v: 1,
  id: `urn:stemma:grant:${createHash('sha256').update(`${keys.issuer}\n${facts.id}`).digest('hex').slice(0, 32)}`,
  version: (previous?.version ?? 0) + 1,
  ...(previous ? { supersedes: previous.hash } : {}),
  // A program that does not know approvals must not export past one.
  ...(terms.approval ? { crit: ['approval'], approval: terms.approval } : {}),
  issuer: keys.issuer,
  licensor: terms.licensor,
  consent: terms.consent,
  work: facts.id,
  assets: stems.map(({ id, role, contentSha256, isrc, c2pa }) => ({ stem: id, role, contentSha256, isrc, c2pa })),
  validity: terms.validity,
  territory: terms.territory,
  use: terms.use,
  transform: terms.transform,
  training: terms.training,
  credit: terms.credit ?? { required: false, text: '', order: 0 },
  shareAlike: terms.shareAlike,
  compensation: terms.compensation,
  offline: terms.offline,
  revocation: { list: '/v1/revocations', maxAgeHours: REVOCATION_MAX_AGE_HOURS, onRevoke: 'block-new-exports' },
})

/** The content of a grant this service signed itself. */
export const grantOf = (grant: StoredGrant): Grant =>
  unwrap(verifyGrant(grant.jws, { keyFor: () => new Uint8Array(32), verify: () => true }))

/** Takes a work in: unpacks stems that are missing, then stores work and grant together. Codes: `pack.stem_differs`, `pack.other_label`. */
export const importWork = async (
  { store, keys, blobs }: CatalogueDeps,
  work: WorkImport,
): Promise<Result<{ readonly work: string; readonly title: string }>> => {
  const existing = await store.read.work(work.facts.id)
  if (existing && existing.label !== work.label)
    return fail(
      'pack.other_label',
      `The work “${work.facts.title}” is in the catalogue already, from another label. It was not imported; give it an id of its own.`,
    )
  for (const stem of work.stems) {
    if ((await blobs.size(stem.contentSha256)) === stem.bytes) continue
    if (!(await blobs.put(stem.contentSha256, stem.bytes, () => work.openStem(stem))))
      return fail(
        'pack.stem_differs',
        `The stem “${stem.title}” of “${work.facts.title}” is not the one that was signed. The work was not imported; ask its label for a new copy.`,
      )
  }
  await store.transact(async (writer) => {
    const previous = await writer.currentGrant(work.facts.id)
    const stored = await writer.work(work.facts.id)
    const isSame =
      previous !== undefined &&
      stored !== undefined &&
      canonicalText([stored.terms, stored.stems]) === canonicalText([work.terms, work.stems])
    if (!isSame) {
      const grant = buildGrant(work, keys, previous)
      const jws = buildJws({ typ: GRANT_TYP, kid: keys.grant.kid, payload: grant }, keys.grant.sign)
      await writer.putGrant({ id: grant.id, version: grant.version, workId: grant.work, jws, hash: grantHash(jws, sha256) })
      await writer.approvals.putApprovers(
        grant.id,
        grant.version,
        (grant.approval?.approvers ?? []).map(({ kid }) => kid),
      )
    }
    const { facts, stems, terms, source, label, anchors } = work
    await writer.putWork({ id: facts.id, facts, stems, terms, source, label, anchors }, searchText(work))
  })
  return ok({ work: work.facts.id, title: work.facts.title })
}

const workFromPack = (pack: Pack): Pick<WorkImport, 'facts' | 'stems' | 'terms' | 'label' | 'anchors'> => {
  const { work, stems } = pack
  const [numerator, denominator] = work.meter.split('/').map(Number)
  const hue = createHash('sha256').update(work.id).digest()
  const color = (at: number): string => `#${hue.subarray(at, at + 3).toString('hex')}`
  return {
    facts: {
      id: work.id,
      title: work.title,
      artists: work.artists,
      milliBpm: work.tempo == null ? null : Math.round(work.tempo * 1000),
      key: work.key ?? null,
      meter: { numerator: numerator ?? 4, denominator: denominator ?? 4 },
      year: work.year ?? null,
      coverColors: work.coverColors ?? [color(0), color(3)],
      lengthMs: Math.max(...stems.map((stem) => stem.lengthMs)),
      sections: work.sections,
    },
    stems: stems.map(({ id, title, role, lengthMs, lengthFrames, sampleRate, channels, bytes, mimeType, contentSha256, isrc, c2pa }) => ({
      id,
      title,
      role,
      lengthMs,
      lengthFrames,
      sampleRate,
      channels,
      bytes,
      mimeType,
      contentSha256,
      isrc,
      c2pa,
    })),
    terms: pack.grant,
    label: pack.label.key.kid,
    anchors: pack.label.anchors,
  }
}

/** Imports one pack file. Codes: `pack.refused`, `pack.bad_signature`, `pack.stem_differs`. */
export const importPack = async (
  deps: CatalogueDeps,
  path: string,
  name = basename(path),
): Promise<Result<{ readonly work: string; readonly title: string }>> => {
  const opened = await openPack(path, name)
  if (!opened.ok) return opened
  const { pack, sha256: source, openStem, close } = opened.value
  try {
    const files = new Map(pack.stems.map((stem) => [stem.id, stem]))
    return await importWork(deps, { ...workFromPack(pack), source, openStem: (stem) => openStem(files.get(stem.id)!) })
  } catch (error) {
    return fail('pack.refused', `The licence pack “${name}” was not imported: ${error instanceof Error ? error.message : String(error)}.`)
  } finally {
    close()
  }
}

/** Imports the packs in a folder (or one pack file) that have not been seen yet. Returns what was refused. */
export const importFolder = async (
  deps: CatalogueDeps,
  dir: string,
): Promise<readonly { readonly code: string; readonly message: string }[]> => {
  const root = resolve(dir)
  const isFile = root.endsWith(PACK_EXTENSION)
  const names = isFile
    ? [root]
    : (await readdir(root))
        .filter((name) => name.endsWith(PACK_EXTENSION))
        .sort()
        .map((name) => join(root, name))
  const refused = []
  for (const path of names) {
    const facts = await stat(path)
    // Reading a pipe or a device would never end.
    if (!facts.isFile()) {
      refused.push({ code: 'pack.refused', message: `“${basename(path)}” was not imported: it is not a file. Take it out of the folder.` })
      continue
    }
    const { size, mtimeMs, ino } = facts
    // Hashing every pack on every start would take seconds; a file with this identity has been read before.
    const key = `${path}|${size}|${mtimeMs}|${ino}`
    if (await deps.store.read.sourceSeen(key)) continue
    const imported = await importPack(deps, path)
    if (imported.ok) await deps.store.transact((writer) => writer.markSource(key))
    else refused.push(imported.error)
  }
  return refused
}

/** Works as the catalogue shows them now. */
export const summarise = async (reader: ServiceReader, works: readonly StoredWork[], nowMs: number): Promise<WorkSummary[]> => {
  const latest = await reader.latestRevocations()
  const revocations = latest ? revocationsOf(latest) : null
  const summaries: WorkSummary[] = []
  for (const { facts, stems, id } of works) {
    const grant = await reader.currentGrant(id)
    if (!grant) continue
    const { state, badge, sentences } = explainGrant(grantOf(grant), { nowMs, revocations })
    summaries.push({ ...facts, stems: [...stems], licence: { state, badge, sentences: [...sentences] } })
  }
  return summaries
}
