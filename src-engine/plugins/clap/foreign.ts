// What a plugin claims, made fit for a descriptor.
import { foreignText } from '../foreign-text.ts'

const utf8 = new TextDecoder('utf-8')

/** Text in a fixed field of bytes: up to the first zero, or all of it where a plugin forgot the zero. */
export const textIn = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0)
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end))
}

/** Segments of a path of groups, empty ones left out. */
export const foreignPath = (text: string, length: number): string =>
  foreignText(
    text
      .split('/')
      .map((segment) => foreignText(segment, length))
      .filter((segment) => segment !== '')
      .join('/'),
    length,
  )

/** Names stand for a plugin in documents, so they are taken as they are or not at all. */
export const isUsableId = (id: string | null, length: number): id is string => id !== null && id !== '' && foreignText(id, length) === id

export interface Range {
  readonly min: number
  readonly max: number
  readonly default: number
}

/** Far beyond any unit a plugin uses; sums and products of two such numbers are still finite. */
const LARGEST = 1e100

const bounded = (value: number, otherwise: number) => (Number.isNaN(value) ? otherwise : Math.min(LARGEST, Math.max(-LARGEST, value)))

/** A finite range with its default inside it. Ends that are no numbers become 0 and 1, swapped ends are swapped back. */
export const foreignRange = (range: Range): Range => {
  const [a, b] = [bounded(range.min, 0), bounded(range.max, 1)]
  const [min, max] = a <= b ? [a, b] : [b, a]
  return { min, max, default: Math.min(max, Math.max(min, bounded(range.default, min))) }
}
