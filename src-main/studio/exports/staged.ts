// The last step of an export, safe against a crash: what is about to be renamed is written down first, so that the next start finishes
// or takes back what a power cut left half done. Never a file without a receipt, never a receipt of a finished export without its file.
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'

const stagedSchema = z.object({
  receiptId: z.uuid(),
  partPath: z.string().min(1).max(4_096),
  finalPath: z.string().min(1).max(4_096),
  /** Of the finished file, hex; null until it is signed. */
  sha256: z.string().nullable(),
})
export type Staged = z.infer<typeof stagedSchema>

export const sha256OfFile = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

const syncFolder = async (dir: string): Promise<void> => {
  if (process.platform === 'win32') return
  const handle = await open(dir, 'r')
  await handle.sync().finally(() => handle.close())
}

/** Renames a finished part into place and makes sure that the name is on disk. */
export const publishPart = async (staged: Staged): Promise<void> => {
  await rename(staged.partPath, staged.finalPath)
  await syncFolder(dirname(staged.finalPath))
}

export class StagedExports {
  readonly #dir: string
  constructor(dir: string) {
    this.#dir = dir
  }

  #path(receiptId: string): string {
    return join(this.#dir, `${receiptId}.json`)
  }

  /** Writes an entry, durably, replacing one of the same receipt. */
  async put(staged: Staged): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 })
    const path = this.#path(staged.receiptId)
    const handle = await open(`${path}.tmp`, 'w', 0o600)
    try {
      await handle.writeFile(JSON.stringify(staged))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(`${path}.tmp`, path)
    await syncFolder(this.#dir)
  }

  async remove(receiptId: string): Promise<void> {
    await rm(this.#path(receiptId), { force: true })
  }

  async list(): Promise<Staged[]> {
    if (!existsSync(this.#dir)) return []
    const entries: Staged[] = []
    for (const name of await readdir(this.#dir)) {
      if (!name.endsWith('.json')) continue
      const text = await readFile(join(this.#dir, name), 'utf8')
      const decoded = stagedSchema.safeParse(JSON.parse(text))
      if (decoded.success) entries.push(decoded.data)
    }
    return entries
  }
}

/** What became of one unfinished export. */
export interface RecoveredExport {
  readonly receiptId: string
  readonly finalPath: string
  /** `finished`: the file was signed and receipted, its name was missing. `removed`: it never got a receipt. `lost`: it had a receipt and is gone. */
  readonly outcome: 'finished' | 'removed' | 'lost'
}

/**
 * Settles every entry left by a run that did not end. `isCommitted` says whether the ledger holds the final receipt.
 * For `lost` the caller withdraws the receipt.
 */
export const recoverStaged = async (
  exports: StagedExports,
  isCommitted: (receiptId: string) => boolean,
): Promise<readonly RecoveredExport[]> => {
  const outcomes: RecoveredExport[] = []
  for (const staged of await exports.list()) {
    const { receiptId, partPath, finalPath, sha256 } = staged
    if (!isCommitted(receiptId)) {
      await rm(partPath, { force: true })
      outcomes.push({ receiptId, finalPath, outcome: 'removed' })
    } else if (existsSync(finalPath) && sha256 !== null && (await sha256OfFile(finalPath)) === sha256) {
      await rm(partPath, { force: true })
    } else if (existsSync(partPath) && sha256 !== null && (await sha256OfFile(partPath)) === sha256 && !existsSync(finalPath)) {
      await publishPart(staged)
      outcomes.push({ receiptId, finalPath, outcome: 'finished' })
    } else {
      await rm(partPath, { force: true })
      outcomes.push({ receiptId, finalPath, outcome: 'lost' })
    }
    await exports.remove(receiptId)
  }
  return outcomes
}
