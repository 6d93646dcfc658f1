// Fingerprints as they come in from outside. Apart from their comparison: threads that make fingerprints need no schemas.
import { z } from 'zod'
import { decodeFingerprint, MAX_FINGERPRINT_WORDS, MAX_QUERY_WORDS, maxFingerprintText } from './fingerprint-match.ts'

const fingerprintText = (maxWords: number) =>
  z
    .string()
    .max(maxFingerprintText(maxWords), { abort: true })
    .refine((text) => decodeFingerprint(text, maxWords) !== undefined, 'not a fingerprint')

/** As it stands in a receipt. */
export const fingerprintSchema = fingerprintText(MAX_FINGERPRINT_WORDS)
/** As it is looked up: `QUERY_DENSITY` words a hop. */
export const fingerprintQuerySchema = fingerprintText(MAX_QUERY_WORDS)
