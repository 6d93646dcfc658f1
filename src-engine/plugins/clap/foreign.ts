// What a plugin claims, made fit for a descriptor: text without characters that hide or reorder others, ranges that are ranges.

// Controls, private use, lone surrogates, line separators, marks of direction and width, and what stands for bytes that were no text.
const UNSHOWABLE = /[\p{Cc}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/gu

/** Text fit to be shown in one line, at most `length` UTF-16 units. */
export const foreignText = (text: string | null, length: number): string => {
  const clean = (text ?? '')
    .slice(0, length * 8)
    .replace(/[\t\r\n\v\f]/g, ' ')
    .replace(UNSHOWABLE, '')
    .replace(/ {2,}/g, ' ')
    .trim()
  if (clean.length <= length) return clean
  const cut = clean.slice(0, length)
  return cut.replace(/[\ud800-\udbff]$/, '').trimEnd()
}

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
