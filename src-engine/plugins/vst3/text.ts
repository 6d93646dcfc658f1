// Names out of plugins, cleaned: they are drawn in windows and printed in terminals.
import { foreignText } from '../foreign-text.ts'

/** The text of a fixed-size zero-terminated field: UTF-8, or UTF-16 in the machine's (little-endian) order. */
export const fieldText = (bytes: Uint8Array, offset: number, byteLength: number, encoding: 'utf-8' | 'utf-16le', most: number): string => {
  const field = bytes.subarray(offset, offset + byteLength)
  const step = encoding === 'utf-8' ? 1 : 2
  let end = 0
  while (end + step <= field.length && (field[end] !== 0 || (step === 2 && field[end + 1] !== 0))) end += step
  return foreignText(new TextDecoder(encoding).decode(field.slice(0, end)), most)
}
