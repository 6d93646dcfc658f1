// The three grants of the demo catalogue: one that allows everything, one with limits a user will meet, one that has ended.
import type { GrantTerms } from './work.ts'

const base: GrantTerms = {
  licensor: [{ name: 'Stemma Demo Catalogue', sharePermille: 1000 }],
  consent: {
    artist: 'explicit-opt-in',
    evidence: 'urn:stemma:consent:demo-catalogue-2025',
    date: '2025-01-01',
    coversVoiceLikeness: false,
  },
  validity: { notBefore: '2025-01-01T00:00:00Z', notAfter: '2045-01-01T00:00:00Z' },
  territory: { allow: [], deny: [] },
  use: {
    scope: 'commercial',
    shareInApp: true,
    shareLink: true,
    publish: true,
    commercial: true,
    exports: null,
    formats: ['wav', 'flac', 'mp3', 'm4a'],
    maxBitDepth: 32,
  },
  transform: { default: 'allow', rules: [], maxUsedMs: null, minOtherMaterialPermille: 0, explicitContent: 'allow' },
  training: { generative: 'prohibited', nonGenerative: 'prohibited', mining: 'prohibited' },
  credit: { required: false, text: '', order: 1 },
  shareAlike: false,
  compensation: { model: 'none', currency: 'EUR', perExportMicros: 0, perAiMinuteMicros: 0 },
  offline: { leaseMaxHours: 168, graceHours: 24 },
}

/** Anything goes, and a thank-you is welcome. */
export const OPEN_TERMS: GrantTerms = {
  ...base,
  credit: { required: true, text: 'Contains stems of “Glass Orchard” by Orchard Static', order: 1 },
  consent: { ...base.consent, coversVoiceLikeness: true },
}

/** No pitch change on the voice, at most 60 s of each stem, three exports in 30 days, personal use. */
export const RESTRICTED_TERMS: GrantTerms = {
  ...base,
  use: {
    ...base.use,
    scope: 'personal',
    shareLink: false,
    publish: false,
    commercial: false,
    exports: { max: 3, perDays: 30 },
    maxBitDepth: 24,
  },
  transform: {
    default: 'allow',
    rules: [
      { roles: ['vocals'], op: 'pitch', effect: 'deny' },
      { roles: ['*'], op: 'pitch', effect: 'allow', cents: [-300, 300] },
      { roles: ['*'], op: 'stretch', effect: 'allow', ratioPermille: [850, 1150] },
      { roles: ['vocals'], op: 'ai.restyle', effect: 'deny' },
      { roles: ['vocals'], op: 'ai.voice', effect: 'approval', sla: 'P3D' },
    ],
    maxUsedMs: 60_000,
    minOtherMaterialPermille: 0,
    explicitContent: 'deny',
  },
  credit: { required: true, text: 'Contains stems of “Harbour Lights” by Quay & Lantern', order: 1 },
  compensation: { model: 'per-export', currency: 'EUR', perExportMicros: 990_000, perAiMinuteMicros: 250_000 },
  offline: { leaseMaxHours: 168, graceHours: 24 },
}

/** Two years that are over. */
export const EXPIRED_TERMS: GrantTerms = {
  ...base,
  consent: { ...base.consent, evidence: 'urn:stemma:consent:demo-catalogue-2023', date: '2023-01-01' },
  validity: { notBefore: '2023-01-01T00:00:00Z', notAfter: '2025-01-01T00:00:00Z' },
  use: { ...base.use, scope: 'personal', commercial: false, exports: { max: 20, perDays: 30 } },
  credit: { required: true, text: 'Contains stems of “Paper Kites” by The Paper Almanac', order: 1 },
  compensation: { model: 'pool', currency: 'EUR', perExportMicros: 0, perAiMinuteMicros: 100_000 },
  offline: { leaseMaxHours: 168, graceHours: 24 },
}
