// The text of RIFF INFO tags. RIFF declares no encoding unless a CSET chunk does; the tag parser follows the old rule and reads ISO 8859-1, while most writers of
// today, ours among them, write UTF-8.

/** What a parser read byte by byte, as its writer meant it: UTF-8 where the bytes are valid UTF-8, else as Windows wrote it. */
export const infoText = (text: string): string => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ISO 8859-1, with its control characters
  if (!/[\x80-\xff]/.test(text) || /[^\x00-\xff]/.test(text)) return text
  const bytes = Buffer.from(text, 'latin1')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** Under which name the parser lists what stands in RIFF INFO. */
export const INFO_LIST = 'exif'
