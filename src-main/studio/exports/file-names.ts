// Names for exported files: safe on every platform, and never one that is taken.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ExportFormat } from '../../../src-shared/protocol/index.ts'

const EXTENSIONS: Readonly<Record<ExportFormat, string>> = {
  wav16: '.wav',
  wav24: '.wav',
  wav32f: '.wav',
  flac16: '.flac',
  flac24: '.flac',
  mp3: '.mp3',
  m4a: '.m4a',
}

export const extensionOf = (format: ExportFormat): string => EXTENSIONS[format]

const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i

/** A title as a file name: what some platform refuses becomes a dash, ends are trimmed, at most 120 characters. */
export const safeFileName = (title: string): string => {
  const cleaned = title
    .normalize('NFC')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get into a name
    .replace(/[/\\:*?"<>|\u0000-\u001f\u007f]+/g, '-')
    .replace(/\s+/g, ' ')
    .replace(/^[\s.]+|[\s.]+$/g, '')
    .slice(0, 120)
    .trim()
  return cleaned === '' || RESERVED.test(cleaned) ? `Remix ${cleaned}`.trim() : cleaned
}

/**
 * `dir/name.ext`, or `dir/name (2).ext` and so on where that is taken on disk or in `taken`, or a file of that name with one of the endings `beside` lies
 * there already.
 */
export const freePath = (
  dir: string,
  name: string,
  extension: string,
  { taken = new Set(), beside = [] }: { readonly taken?: ReadonlySet<string>; readonly beside?: readonly string[] } = {},
): string => {
  for (let n = 1; ; n++) {
    const base = join(dir, `${name}${n === 1 ? '' : ` (${n})`}`)
    const path = base + extension
    if (!taken.has(path) && ![extension, ...beside].some((ending) => existsSync(base + ending))) return path
  }
}
