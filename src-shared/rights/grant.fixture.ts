// Grants for tests: an open one and the parts to make it stricter.
import type { DecisionContext, GrantInForce } from './decide.ts'
import { type Grant, grantSchema, type Lease, type RevocationList, type Rule } from './grant.ts'
import type { StemUsage, Usage, UsedOperation } from './usage.ts'

export const NOW = Date.parse('2026-11-22T12:00:00.000Z')
export const GRANT_HASH = `sha256:${'a'.repeat(64)}`
const HASH = 'b'.repeat(64)

export const stemUrn = (n: number): string => `urn:stemma:stem:${n}`

export const sampleGrant = (
  transform: Partial<Grant['transform']> = {},
  use: Partial<Grant['use']> = {},
  more: Partial<Grant> = {},
): Grant =>
  grantSchema.parse({
    v: 1,
    id: 'urn:stemma:grant:1',
    version: 1,
    issuer: 'https://rights.example',
    licensor: [{ name: 'A. Author', sharePermille: 1000 }],
    consent: { artist: 'explicit-opt-in', evidence: 'urn:stemma:consent:1', date: '2026-01-01', coversVoiceLikeness: false },
    work: 'urn:stemma:work:1',
    assets: [
      { stem: stemUrn(1), role: 'drums', contentSha256: HASH, isrc: null, c2pa: null },
      { stem: stemUrn(2), role: 'vocals', contentSha256: HASH, isrc: 'GBAAA2600001', c2pa: 'urn:c2pa:2' },
    ],
    validity: { notBefore: '2026-01-01T00:00:00.000Z', notAfter: '2027-01-01T00:00:00.000Z' },
    territory: { allow: [], deny: [] },
    use: {
      scope: 'personal',
      shareInApp: true,
      shareLink: false,
      publish: false,
      commercial: false,
      exports: null,
      formats: ['wav', 'flac', 'mp3', 'm4a'],
      maxBitDepth: 32,
      ...use,
    },
    transform: { default: 'allow', rules: [], maxUsedMs: null, minOtherMaterialPermille: 0, explicitContent: 'allow', ...transform },
    training: { generative: 'prohibited', nonGenerative: 'prohibited', mining: 'prohibited' },
    credit: { required: true, text: 'Contains “River” by A. Author', order: 1 },
    shareAlike: false,
    compensation: { model: 'none', currency: 'EUR', perExportMicros: 0, perAiMinuteMicros: 0 },
    offline: { leaseMaxHours: 168, graceHours: 24 },
    revocation: { list: '/v1/revocations', maxAgeHours: 72, onRevoke: 'block-new-exports' },
    ...more,
  })

export const sampleLease = (more: Partial<Lease> = {}): Lease => ({
  v: 1,
  id: 'urn:stemma:lease:1',
  device: 'device',
  account: 'account',
  grants: [{ id: 'urn:stemma:grant:1', version: 1, hash: GRANT_HASH }],
  issuedAt: '2026-11-22T10:00:00.000Z',
  notAfter: '2026-11-29T10:00:00.000Z',
  exportsCap: null,
  serverTime: '2026-11-22T10:00:00.000Z',
  crlSeq: 1,
  ...more,
})

export const inForce = (grant: Grant = sampleGrant(), lease: Lease | null = sampleLease()): GrantInForce => ({
  grant,
  hash: GRANT_HASH,
  lease,
})

export const sampleRevocations = (entries: RevocationList['entries'] = []): RevocationList => ({
  v: 1,
  seq: 1,
  prev: `sha256:${'0'.repeat(64)}`,
  issuedAt: '2026-11-22T10:00:00.000Z',
  nextUpdate: '2026-11-23T10:00:00.000Z',
  entries,
})

export const context = (more: Partial<DecisionContext> = {}): DecisionContext => ({
  purpose: 'export',
  nowMs: NOW,
  clock: 'ok',
  revocations: sampleRevocations(),
  ...more,
})

export const used = (op: string, more: Partial<UsedOperation> = {}): UsedOperation => ({
  op,
  fromMs: 0,
  toMs: 60_000,
  causeId: 'device:1',
  ...more,
})

export const stemUsage = (n: number, ops: readonly UsedOperation[] = [], more: Partial<StemUsage> = {}): StemUsage => ({
  stem: stemUrn(n),
  role: n === 2 ? 'vocals' : 'drums',
  title: n === 2 ? 'Vocals' : 'Drums',
  contentSha256: HASH,
  usedMs: 60_000,
  ops,
  ...more,
})

export const usageFrom = (...stems: readonly StemUsage[]): Usage => ({ lengthMs: 60_000, stems })

export const rule = (roles: readonly string[], op: string, more: Partial<Rule> = {}): Rule => ({
  roles: [...roles],
  op,
  effect: 'allow',
  ...more,
})
