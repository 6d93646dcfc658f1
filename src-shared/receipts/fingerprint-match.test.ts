// Fingerprints come from strangers: in receipts, in look-ups. And a scan must stay quick whatever they hold.
import { describe, expect, it } from 'vitest'
import {
  createFingerprintSearch,
  decodeFingerprint,
  encodeFingerprint,
  fingerprintQuerySchema,
  fingerprintSchema,
  matchFingerprints,
  MAX_FINGERPRINT_WORDS,
  MAX_QUERY_WORDS,
  QUERY_DENSITY,
} from './index.ts'

const randomWords = (length: number, seed: number): Uint32Array => {
  let state = seed
  return Uint32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const high = state >>> 16
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return ((high << 16) | (state >>> 16)) >>> 0 || 1
  })
}

/** A query as the sound of `stored` from a word on would give it; phases between two words are told by neither. */
const queryOf = (stored: Uint32Array, from: number, words: number): Uint32Array =>
  Uint32Array.from({ length: words * QUERY_DENSITY }, (_, i) =>
    i % QUERY_DENSITY === 0 ? stored[from + i / QUERY_DENSITY]! : (i * 2_654_435_761) >>> 0,
  )

describe('fingerprint text', () => {
  it('comes back as it was', () => {
    const words = randomWords(750, 1)
    expect(decodeFingerprint(encodeFingerprint(words))).toEqual(words)
    expect(encodeFingerprint(words).length).toBe(4_000)
  })

  it.each([
    ['no base64', '!!!!'],
    ['empty', ''],
    ['no whole word', 'AAAA'],
    ['unpadded', 'AAAAAA'],
    ['white space', 'AAAA AA='],
    ['spare bits set', 'AAAAAB=='],
    ['one word too many', encodeFingerprint(new Uint32Array(MAX_FINGERPRINT_WORDS + 1))],
    ['a megabyte', 'A'.repeat(1 << 20)],
  ])('is refused: %s', (_, text) => {
    expect(fingerprintSchema.safeParse(text).success).toBe(false)
    expect(fingerprintQuerySchema.safeParse(text).success).toBe(false)
  })

  it('may be as long as its bound and no longer', () => {
    expect(fingerprintSchema.safeParse(encodeFingerprint(new Uint32Array(MAX_FINGERPRINT_WORDS))).success).toBe(true)
    expect(fingerprintQuerySchema.safeParse(encodeFingerprint(new Uint32Array(MAX_QUERY_WORDS))).success).toBe(true)
    expect(fingerprintQuerySchema.safeParse(encodeFingerprint(new Uint32Array(MAX_QUERY_WORDS + 1))).success).toBe(false)
  })
})

describe('the search', () => {
  const stored = randomWords(750, 7)

  it('finds an excerpt where it is, as trying everything does', () => {
    const query = queryOf(stored, 300, 40)
    expect(createFingerprintSearch(query)(stored)).toEqual({ bitErrorRate: 0, offsetWords: 300, sharedWords: 40 })
    expect(createFingerprintSearch(query)(stored)).toEqual(matchFingerprints(query, stored))
  })

  it('finds a copy to which something was added, not one that is mostly something else', () => {
    const search = createFingerprintSearch(queryOf(stored, 0, 750))
    expect(search(stored.subarray(100, 600))).toEqual({ bitErrorRate: 0, offsetWords: -100, sharedWords: 500 })
    expect(search(stored.subarray(300, 500))).toBeNull()
  })

  it('wants enough sound in common, and counts silence against sound as chance', () => {
    expect(createFingerprintSearch(queryOf(stored, 300, 27))(stored)).toBeNull()
    expect(createFingerprintSearch(new Uint32Array(400))(new Uint32Array(400))).toBeNull()
    const half = stored.map((word, i) => (i % 2 === 0 ? word : 0))
    expect(createFingerprintSearch(queryOf(stored, 0, 700))(half)).toBeNull()
  })

  it('goes through three thousand receipts in a second', () => {
    const receipts = Array.from({ length: 300 }, (_, i) => randomWords(750, i + 100))
    const search = createFingerprintSearch(randomWords(750 * QUERY_DENSITY, 9))
    const from = performance.now()
    for (const receipt of receipts) expect(search(receipt)).toBeNull()
    // A tenth of them; generous, since other tests run beside it.
    expect(performance.now() - from).toBeLessThan(1_000)
  })

  it('is not held up by fingerprints that look likely everywhere', () => {
    const query = new Uint32Array(MAX_QUERY_WORDS).fill(0xf0f0f0f0)
    const flat = Uint32Array.from({ length: MAX_FINGERPRINT_WORDS }, (_, i) => (i % 13 < 12 ? 0xf0f0f0f0 : 0x0f0f0f0f))
    const from = performance.now()
    createFingerprintSearch(query)(flat)
    expect(performance.now() - from).toBeLessThan(500)
  })
})
