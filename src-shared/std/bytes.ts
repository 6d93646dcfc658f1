// Platform services that pure floors need come in as arguments; these are their shapes. Plus byte helpers without Node or DOM.

/** SHA-256 over bytes. Node: `createHash`; renderer: not needed. */
export type Sha256 = (...chunks: readonly Uint8Array[]) => Uint8Array

/** Verifies an Ed25519 signature over `message` with a raw 32-byte public key. */
export type VerifyEd25519 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean

/** Wall clock in milliseconds since the Unix epoch. */
export type Clock = () => number

/** A new UUID v7 as lower-case text. */
export type NewId = () => string

const HEX = '0123456789abcdef'

export const toHex = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += HEX.charAt(byte >> 4) + HEX.charAt(byte & 15)
  return text
}

/** Bytes of a lower- or upper-case hex string; undefined if it is not one. */
export const fromHex = (text: string): Uint8Array | undefined => {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16)
  return bytes
}
