// The revocation list: signed, numbered, each list naming the hash of the one before, so that a client can refuse to go back.
import { z } from 'zod'
import { ZERO_HASH } from '../src-shared/receipts/index.ts'
import { REVOCATIONS_TYP, revocationListSchema, verifyRevocationList } from '../src-shared/rights/index.ts'
import type { RevocationList } from '../src-shared/rights/index.ts'
import { buildJws, hashText, unwrap } from '../src-shared/std/index.ts'
import { sha256 } from './keys.ts'
import type { ServiceKeys } from './keys.ts'
import type { ServiceReader, ServiceStore, ServiceWriter, StoredRevocations } from './store.ts'

const LIFE_MS = 72 * 3_600_000

export const revokeRequestSchema = z.object({
  kind: z.enum(['grant', 'stem', 'certificate', 'artist']),
  id: z.string().min(1).max(300),
  reason: z.string().max(2_000),
})
export type RevokeRequest = z.infer<typeof revokeRequestSchema>

/** The content of a list this service signed itself. */
export const revocationsOf = (list: StoredRevocations): RevocationList =>
  unwrap(verifyRevocationList(list.jws, { keyFor: () => new Uint8Array(32), verify: () => true }))

/** What is withdrawn now. */
export const currentEntries = async (reader: ServiceReader): Promise<RevocationList['entries']> => {
  const latest = await reader.latestRevocations()
  return latest ? revocationsOf(latest).entries : []
}

const publish = async (
  writer: ServiceWriter,
  keys: ServiceKeys,
  entries: RevocationList['entries'],
  nowMs: number,
): Promise<StoredRevocations> => {
  const previous = await writer.latestRevocations()
  const list = revocationListSchema.parse({
    v: 1,
    seq: (previous?.seq ?? -1) + 1,
    prev: previous?.hash ?? ZERO_HASH,
    issuedAt: new Date(nowMs).toISOString(),
    nextUpdate: new Date(nowMs + LIFE_MS).toISOString(),
    entries,
  })
  const jws = buildJws({ typ: REVOCATIONS_TYP, kid: keys.grant.kid, payload: list }, keys.grant.sign)
  const stored = { seq: list.seq, jws, hash: hashText(jws, sha256), nextUpdate: list.nextUpdate }
  await writer.putRevocations(stored)
  return stored
}

/** The list in force, issued anew once half its life is over. */
export const currentRevocations = async (store: ServiceStore, keys: ServiceKeys, nowMs: number): Promise<StoredRevocations> => {
  const isFresh = (list: StoredRevocations | undefined): list is StoredRevocations =>
    list !== undefined && Date.parse(list.nextUpdate) - nowMs > LIFE_MS / 2
  const latest = await store.read.latestRevocations()
  if (isFresh(latest)) return latest
  return store.transact(async (writer) => {
    const newest = await writer.latestRevocations()
    return isFresh(newest) ? newest : publish(writer, keys, await currentEntries(writer), nowMs)
  })
}

/** Withdraws a grant, stem or certificate from now on. Doing it twice changes nothing. */
export const revoke = (
  store: ServiceStore,
  keys: ServiceKeys,
  { kind, id, reason }: RevokeRequest,
  nowMs: number,
): Promise<StoredRevocations> =>
  store.transact(async (writer) => {
    const entries = await currentEntries(writer)
    const latest = await writer.latestRevocations()
    if (latest && entries.some((entry) => entry.kind === kind && entry.id === id)) return latest
    return publish(writer, keys, [...entries, { kind, id, since: new Date(nowMs).toISOString(), reason }], nowMs)
  })
