// `receipts.jsonl`: every signed receipt once more, one JSON line each. Appending does not wait for the
// disk: the database has the receipt by then. It is read only when the database does not know its last line.
import { closeSync, createReadStream, existsSync, fdatasync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'

export const RECOVERY_FILE = 'receipts.jsonl'
const MAX_LINE = 4 * 1024 * 1024

const lineSchema = z.object({ jws: z.string().max(MAX_LINE), issuer: z.string().max(300), title: z.string().max(500) })
export type RecoveryLine = z.infer<typeof lineSchema>

const parseLine = (text: string): RecoveryLine | undefined => {
  try {
    return lineSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export interface RecoveryCopy {
  append(line: RecoveryLine): void
  /** The last whole line; undefined for an empty or missing file. */
  readonly last: RecoveryLine | undefined
  close(): void
}

const NEWLINE = 10

/** End of the last whole line, and that line. */
const readTail = (file: number): { readonly end: number; readonly last: RecoveryLine | undefined } => {
  const { size } = fstatSync(file)
  for (let span = 64 * 1024; ; span *= 4) {
    const length = Math.min(size, span)
    const bytes = Buffer.alloc(length)
    readSync(file, bytes, 0, length, size - length)
    const end = bytes.lastIndexOf(NEWLINE)
    const before = end <= 0 ? -1 : bytes.lastIndexOf(NEWLINE, end - 1)
    if (end >= 0 && (before >= 0 || length === size)) {
      return { end: size - length + end + 1, last: parseLine(bytes.subarray(before + 1, end).toString('utf8')) }
    }
    if (length === size) return { end: end < 0 ? 0 : size - length + end + 1, last: undefined }
  }
}

/** Opens the copy for appending; a line that a crash cut short is ended, so that the next one stands alone. Throws file-system errors. */
export const openRecoveryCopy = (dir: string): RecoveryCopy => {
  const file = openSync(join(dir, RECOVERY_FILE), 'a+', 0o600)
  const { end, last } = readTail(file)
  if (end < fstatSync(file).size) writeSync(file, '\n')
  let isFlushing = false
  let isBehind = false
  let isClosed = false
  const release = (): void => {
    if (isBehind) fdatasyncSync(file)
    closeSync(file)
  }
  /** One flush at a time, for all lines written since the last. */
  const flush = (): void => {
    isFlushing = true
    isBehind = false
    fdatasync(file, () => {
      isFlushing = false
      if (isClosed) release()
      else if (isBehind) flush()
    })
  }
  return {
    last,
    append: (line) => {
      writeSync(file, `${JSON.stringify(line)}\n`)
      isBehind = true
      if (!isFlushing) flush()
    },
    close: () => {
      isClosed = true
      if (!isFlushing) release()
    },
  }
}

/** Every whole line of the copy, in order; lines that cannot be read are passed over. */
export async function* readRecoveryCopy(dir: string): AsyncIterable<RecoveryLine> {
  const path = join(dir, RECOVERY_FILE)
  if (!existsSync(path)) return
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    const line = text.length <= MAX_LINE ? parseLine(text) : undefined
    if (line) yield line
  }
}
