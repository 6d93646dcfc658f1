// Words of foreign code, made fit to be drawn in windows and printed in terminals: nothing in them hides, reorders or commands.

// Controls and line separators stand between words as often as not.
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu
// Private use, lone surrogates, marks of direction and width, and what stands for bytes that were no text.
const UNSHOWABLE = /[\p{Co}\p{Cs}\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/gu

/** Text in one line, at most `length` UTF-16 units; null is empty. */
export const foreignText = (text: string | null, length: number): string => {
  const clean = (text ?? '')
    .slice(0, length * 8)
    .replace(BREAKS, ' ')
    .replace(UNSHOWABLE, '')
    .replace(/ {2,}/g, ' ')
    .trim()
  if (clean.length <= length) return clean
  const cut = clean.slice(0, length)
  return cut.replace(/[\ud800-\udbff]$/, '').trimEnd()
}
