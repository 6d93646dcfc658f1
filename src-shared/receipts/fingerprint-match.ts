// Acoustic fingerprints as receipts carry them, and how two are compared. Pure: the studio scans its ledger with it, the service its log, and whoever
// is handed a receipt checks the claim again. How words are made from sound: src-engine/analysis/fingerprint.ts and docs/formats/fingerprint.md.
import { fromBase64, toBase64 } from '../std/index.ts'

/** Time between two words of a stored fingerprint. */
export const FINGERPRINT_HOP_MS = 320
/** A query holds this many words where a stored fingerprint holds one: where a copy begins between two stored words is not known. */
export const QUERY_DENSITY = 4
/** 64 minutes; what is longer is known by its beginning. */
export const MAX_FINGERPRINT_WORDS = 12_000
/** 10 minutes: a look-up needs no more. */
export const MAX_QUERY_WORDS = 1_875 * QUERY_DENSITY
/**
 * Highest share of differing bits that counts as the same sound. Measured: copies 0 to 0.13, other music 0.33 and up (docs/formats/fingerprint.md).
 */
export const MAX_BIT_ERROR_RATE = 0.22
/** Sounding words two fingerprints must share, so that ten seconds, cut anywhere, are enough: less than that is no evidence. */
export const MIN_SHARED_WORDS = 28

/** Words as little-endian bytes, as they are kept and sent. */
export const bytesOfWords = (words: Uint32Array): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(words.length * 4)
  const view = new DataView(bytes.buffer)
  for (const [i, word] of words.entries()) view.setUint32(i * 4, word, true)
  return bytes
}

/** Words of little-endian bytes; bytes over a whole number of words are left out. */
export const wordsOfBytes = (bytes: Uint8Array): Uint32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const words = new Uint32Array(bytes.length >>> 2)
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(i * 4, true)
  return words
}

export const encodeFingerprint = (words: Uint32Array): string => toBase64(bytesOfWords(words))

/** Longest base64 of so many words. */
export const maxFingerprintText = (maxWords: number): number => Math.ceil((maxWords * 4) / 3) * 4

/** Words of a fingerprint in base64; undefined for what is none, or is longer than `maxWords`. */
export const decodeFingerprint = (text: string, maxWords = MAX_FINGERPRINT_WORDS): Uint32Array | undefined => {
  if (text.length > maxFingerprintText(maxWords)) return undefined
  const bytes = fromBase64(text)
  if (bytes === undefined || bytes.length === 0 || bytes.length % 4 !== 0 || bytes.length > maxWords * 4) return undefined
  return wordsOfBytes(bytes)
}

const WORD_BITS = 32

const countBits = (word: number): number => {
  let bits = word - ((word >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

export interface FingerprintAlignment {
  /** Share of bits that differ, 0..1; unrelated sound is near 0.5. */
  readonly bitErrorRate: number
  /** Stored word at which the query begins; negative where the query begins earlier. */
  readonly offsetWords: number
  /** Words that were compared and sounded in both. */
  readonly sharedWords: number
}

export const isFingerprintMatch = ({ bitErrorRate, sharedWords }: FingerprintAlignment): boolean =>
  bitErrorRate <= MAX_BIT_ERROR_RATE && sharedWords >= MIN_SHARED_WORDS

/** Compares a query of one phase with stored words, laid at `offset`. Where only one of the two sounds, chance is assumed. */
const compareAt = (query: Uint32Array, phase: number, stored: Uint32Array, offset: number): FingerprintAlignment => {
  const from = Math.max(0, -offset)
  const to = Math.min(Math.ceil((query.length - phase) / QUERY_DENSITY), stored.length - offset)
  let errors = 0
  let bits = 0
  let shared = 0
  for (let i = from; i < to; i++) {
    const a = query[i * QUERY_DENSITY + phase]!
    const b = stored[i + offset]!
    if (a !== 0 && b !== 0) {
      errors += countBits(a ^ b)
      bits += WORD_BITS
      shared++
    } else if (a !== b) {
      errors += WORD_BITS / 2
      bits += WORD_BITS
    }
  }
  return { bitErrorRate: bits === 0 ? 1 : errors / bits, offsetWords: offset, sharedWords: shared }
}

const soundingWords = (words: Uint32Array): number => words.reduce((count, word) => (word === 0 ? count : count + 1), 0)

/** How many words of a copy's sound must be laid beside a stored fingerprint before the two are said to match. */
const neededWords = (query: Uint32Array): number => Math.max(MIN_SHARED_WORDS, soundingWords(query) / QUERY_DENSITY / 2)

const isBetter = (one: FingerprintAlignment, other: FingerprintAlignment | null): boolean =>
  other === null || one.bitErrorRate < other.bitErrorRate

/** Best alignment of two fingerprints, all of them tried. Null where the two share too little sound. For a scan: `createFingerprintSearch`. */
export const matchFingerprints = (query: Uint32Array, stored: Uint32Array): FingerprintAlignment | null => {
  const needed = neededWords(query)
  const length = Math.ceil(query.length / QUERY_DENSITY)
  let best: FingerprintAlignment | null = null
  for (let offset = MIN_SHARED_WORDS - length; offset <= stored.length - MIN_SHARED_WORDS; offset++) {
    for (let phase = 0; phase < QUERY_DENSITY; phase++) {
      const alignment = compareAt(query, phase, stored, offset)
      if (alignment.sharedWords >= needed && isBetter(alignment, best)) best = alignment
    }
  }
  return best
}

/** Words of a probe: a part of the query that is held against every place of a stored fingerprint before the whole is. */
const PROBE_WORDS = 12
const PROBES = 3
/** Bit errors a probe may have in its first two words and in all. Unrelated sound has 32 and 192 on average; a copy at the limit of a match 14 and 84. */
const MAX_HEAD_ERRORS = 23
const MAX_PROBE_ERRORS = 120
/** Places that are looked at closely in one stored fingerprint: one made to look likely everywhere must not hold up a scan. */
const MAX_LIKELY_PLACES = 300

/** Positions of the query whose words sound in every phase: three runs of them, spread over it. */
const chooseProbes = (query: Uint32Array): readonly Uint32Array[] => {
  const length = Math.floor(query.length / QUERY_DENSITY)
  const sounding: number[] = []
  for (let i = 0; i < length; i++) {
    let isSounding = true
    for (let phase = 0; phase < QUERY_DENSITY; phase++) isSounding &&= query[i * QUERY_DENSITY + phase] !== 0
    if (isSounding) sounding.push(i)
  }
  if (sounding.length < PROBE_WORDS) return []
  return Array.from({ length: PROBES }, (_, i) => {
    const from = Math.floor(((sounding.length - PROBE_WORDS) * i) / (PROBES - 1))
    return Uint32Array.from(sounding.slice(from, from + PROBE_WORDS))
  })
}

/** Finds the best alignment with stored fingerprints, one after another, about a hundred times faster than trying everything. Null for no match. */
export type FingerprintSearch = (stored: Uint32Array) => FingerprintAlignment | null

/** Prepares a query for a scan over many stored fingerprints. Only matches (`isFingerprintMatch`) are returned. */
export const createFingerprintSearch = (query: Uint32Array): FingerprintSearch => {
  const needed = neededWords(query)
  const probes = chooseProbes(query)
  const isLikely = (probe: Uint32Array, phase: number, stored: Uint32Array, offset: number): boolean => {
    let errors = 0
    for (const at of probe) {
      const word = stored[at + offset]!
      errors += word === 0 ? WORD_BITS / 2 : countBits(query[at * QUERY_DENSITY + phase]! ^ word)
    }
    return errors <= MAX_PROBE_ERRORS
  }
  return (stored) => {
    let best: FingerprintAlignment | null = null
    let places = 0
    for (const probe of probes) {
      const [first, second] = [probe[0]!, probe[1]!]
      const last = stored.length - 1 - probe[PROBE_WORDS - 1]!
      for (let offset = 0 - first; offset <= last; offset++) {
        const [a, b] = [stored[first + offset]!, stored[second + offset]!]
        for (let phase = 0; phase < QUERY_DENSITY; phase++) {
          // Nearly every place is dismissed here, by two words.
          const headErrors = countBits(query[first * QUERY_DENSITY + phase]! ^ a) + countBits(query[second * QUERY_DENSITY + phase]! ^ b)
          if (headErrors > MAX_HEAD_ERRORS || !isLikely(probe, phase, stored, offset)) continue
          if (++places > MAX_LIKELY_PLACES) return best
          const alignment = compareAt(query, phase, stored, offset)
          if (alignment.sharedWords >= needed && isFingerprintMatch(alignment) && isBetter(alignment, best)) best = alignment
        }
      }
    }
    return best
  }
}

/** The text a receipt carries for this sound; null where too little of it can be heard to be known again. */
export const storedFingerprint = (words: Uint32Array): string | null =>
  soundingWords(words) < MIN_SHARED_WORDS ? null : encodeFingerprint(words)
