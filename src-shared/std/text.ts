// UTF-8 and base64 without Node or DOM types. Decoders accept one spelling of each value only, so that equal values have equal text.

// The WHATWG encoding classes exist in every runtime of the product (Node, Electron's window, workers) but in neither base library.
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean })
  decode(bytes: Uint8Array): string
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text)

/** Text of well-formed UTF-8, a byte order mark kept; undefined if it is not. */
export const fromUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const reverse = (alphabet: string): Int8Array => {
  const table = new Int8Array(128).fill(-1)
  for (let i = 0; i < alphabet.length; i++) table[alphabet.charCodeAt(i)] = i
  return table
}
const STANDARD_REVERSE = reverse(STANDARD)
const URL_SAFE_REVERSE = reverse(URL_SAFE)

const encode = (bytes: Uint8Array, alphabet: string): string => {
  let text = ''
  let i = 0
  for (; i + 2 < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!
    text += alphabet[group >> 18]! + alphabet[(group >> 12) & 63]! + alphabet[(group >> 6) & 63]! + alphabet[group & 63]!
  }
  const left = bytes.length - i
  if (left === 1) text += alphabet[bytes[i]! >> 2]! + alphabet[(bytes[i]! & 3) << 4]!
  if (left === 2)
    text += alphabet[bytes[i]! >> 2]! + alphabet[((bytes[i]! & 3) << 4) | (bytes[i + 1]! >> 4)]! + alphabet[(bytes[i + 1]! & 15) << 2]!
  return text
}

const decode = (text: string, table: Int8Array): Uint8Array<ArrayBuffer> | undefined => {
  const tail = text.length % 4
  if (tail === 1) return undefined
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let at = 0
  let bits = 0
  let held = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const value = code < 128 ? table[code]! : -1
    if (value < 0) return undefined
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (held >> bits) & 255
    }
  }
  // Left-over bits must be zero, or two texts would stand for the same bytes.
  return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined
}

/** Standard base64 with padding (RFC 4648 section 4). */
export const toBase64 = (bytes: Uint8Array): string => {
  const text = encode(bytes, STANDARD)
  return text + '='.repeat((4 - (text.length % 4)) % 4)
}

/** Bytes of padded standard base64; undefined for anything else, white space and non-zero spare bits included. */
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return decode(text.slice(0, text.length - padding), STANDARD_REVERSE)
}

/** Base64url without padding (RFC 7515 section 2). */
export const toBase64Url = (bytes: Uint8Array): string => encode(bytes, URL_SAFE)

/** Bytes of unpadded base64url; undefined for anything else. */
export const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> | undefined => decode(text, URL_SAFE_REVERSE)
