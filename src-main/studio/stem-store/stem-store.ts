// Stems on disk, named by the SHA-256 of their bytes. A download is hashed while it streams, resumes where it stopped, and is
// published by rename only when its hash is right, so a file with a name is a file with that content.
import { createHash, type Hash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { hashFile, syncFile, syncFolder } from '../disk/index.ts'
import { fileFailure } from '../file-problems.ts'

/** A stem as the catalogue names it. */
export interface StemFile {
  readonly contentSha256: string
  readonly bytes: number
  readonly mimeType: string
  readonly title: string
}

/** Opens the stem's bytes from `offset` on. A source that cannot resume answers from 0 and says so in `offset`. */
export type OpenStem = (
  offset: number,
  signal: AbortSignal,
) => Promise<Result<{ readonly offset: number; readonly body: AsyncIterable<Uint8Array> }>>

export interface ReceiveOptions {
  readonly onProgress?: (receivedBytes: number) => void
  readonly signal?: AbortSignal
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  'audio/wav': '.wav',
  'audio/flac': '.flac',
  'audio/mpeg': '.mp3',
  'audio/mp4': '.m4a',
  'audio/ogg': '.ogg',
}

export class StemStore {
  readonly #dir: string
  constructor(dir: string) {
    this.#dir = dir
  }

  /** Where a stem lies, or would lie. */
  pathOf(stem: Pick<StemFile, 'contentSha256' | 'mimeType'>): string {
    return join(this.#dir, stem.contentSha256.slice(0, 2), stem.contentSha256 + (EXTENSIONS[stem.mimeType] ?? '.bin'))
  }

  has(stem: StemFile): boolean {
    const path = this.pathOf(stem)
    return existsSync(path) && statSync(path).size === stem.bytes
  }

  /** Bytes of an interrupted download that wait to be continued. */
  partialBytes(stem: StemFile): number {
    const path = `${this.pathOf(stem)}.part`
    return existsSync(path) ? statSync(path).size : 0
  }

  /** Marks a stem as used, for the least-recently-used eviction. */
  async touch(stem: StemFile): Promise<void> {
    const now = new Date()
    await utimes(this.pathOf(stem), now, now).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }

  /**
   * Brings a stem in, continuing an interrupted download. Returns its path.
   * Errors: `stem.hash_mismatch` (nothing kept), `stem.too_long`, `stem.interrupted` (resumable), `stem.paused`, `disk.*`, and those of `open`.
   */
  async receive(stem: StemFile, openStem: OpenStem, options: ReceiveOptions = {}): Promise<Result<string>> {
    const path = this.pathOf(stem)
    if (this.has(stem)) return ok(path)
    const signal = options.signal ?? new AbortController().signal
    const part = `${path}.part`
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      let offset = this.partialBytes(stem)
      if (offset > stem.bytes) {
        await rm(part, { force: true })
        offset = 0
      }
      let hash = createHash('sha256')
      if (offset > 0) await hashFile(part, hash)
      if (offset < stem.bytes) {
        const opened = await openStem(offset, signal)
        if (!opened.ok) return signal.aborted ? this.#paused(stem) : opened
        if (opened.value.offset !== offset) {
          if (opened.value.offset !== 0)
            return fail('stem.bad_range', `The rights service answered with the wrong part of “${stem.title}”. Try again.`)
          offset = 0
          hash = createHash('sha256')
        }
        const written = await this.#write(stem, part, offset, hash, opened.value.body, options, signal)
        if (!written.ok) return written
      }
      const actual = hash.digest('hex')
      if (actual !== stem.contentSha256) {
        await rm(part, { force: true })
        return fail(
          'stem.hash_mismatch',
          `“${stem.title}” did not arrive as it was signed: its contents differ from what the licence names. Nothing was kept; pull it again, and tell the rights holder if it happens twice.`,
          { expected: stem.contentSha256, actual },
        )
      }
      await syncFile(part)
      await rename(part, path)
      await syncFolder(dirname(path))
      return ok(path)
    } catch (error) {
      return fileFailure(error, path)
    }
  }

  async #write(
    stem: StemFile,
    part: string,
    from: number,
    hash: Hash,
    body: AsyncIterable<Uint8Array>,
    options: ReceiveOptions,
    signal: AbortSignal,
  ): Promise<Result<null>> {
    const handle = await open(part, from === 0 ? 'w' : 'r+')
    let received = from
    try {
      for await (const chunk of body) {
        if (signal.aborted) return this.#paused(stem)
        if (received + chunk.byteLength > stem.bytes) {
          await handle.truncate(0)
          return fail('stem.too_long', `“${stem.title}” is longer than the licence says, so it was not kept. Pull it again later.`)
        }
        await handle.write(chunk, 0, chunk.byteLength, received)
        hash.update(chunk)
        received += chunk.byteLength
        options.onProgress?.(received)
      }
    } catch (error) {
      if (signal.aborted) return this.#paused(stem)
      if (typeof (error as NodeJS.ErrnoException).errno === 'number' && (error as NodeJS.ErrnoException).syscall === 'write')
        return fileFailure(error, part)
      return fail(
        'stem.interrupted',
        `The connection was lost while “${stem.title}” was being pulled. What has arrived is kept; pull again to continue.`,
        {
          receivedBytes: received,
          totalBytes: stem.bytes,
        },
      )
    } finally {
      await handle.close()
    }
    if (received < stem.bytes) {
      return fail(
        'stem.interrupted',
        `The connection ended early while “${stem.title}” was being pulled. What has arrived is kept; pull again to continue.`,
        {
          receivedBytes: received,
          totalBytes: stem.bytes,
        },
      )
    }
    return ok(null)
  }

  #paused(stem: StemFile): Result<never> {
    return fail('stem.paused', `Pulling “${stem.title}” is paused. What has arrived is kept.`)
  }

  /** Re-hashes a stored stem. False means the file on disk is damaged or gone. */
  async verify(stem: StemFile): Promise<boolean> {
    if (!this.has(stem)) return false
    return (await hashFile(this.pathOf(stem))) === stem.contentSha256
  }

  async remove(stem: StemFile): Promise<void> {
    await rm(this.pathOf(stem), { force: true })
    await rm(`${this.pathOf(stem)}.part`, { force: true })
  }

  /** Deletes the least recently used stems until at most `capBytes` remain; those in `pinned` (SHA-256) stay. Returns what was freed. */
  async evict(capBytes: number, pinned: ReadonlySet<string>): Promise<number> {
    const files = await this.list()
    let total = files.reduce((sum, file) => sum + file.bytes, 0)
    let freed = 0
    for (const file of files.sort((a, b) => a.usedAt - b.usedAt)) {
      if (total <= capBytes) break
      if (pinned.has(file.contentSha256)) continue
      await rm(file.path, { force: true })
      total -= file.bytes
      freed += file.bytes
    }
    return freed
  }

  /** Every complete stem on disk. */
  async list(): Promise<{ readonly path: string; readonly contentSha256: string; readonly bytes: number; readonly usedAt: number }[]> {
    const found = []
    for (const folder of await readdir(this.#dir, { withFileTypes: true })) {
      if (!folder.isDirectory()) continue
      for (const name of await readdir(join(this.#dir, folder.name))) {
        if (name.endsWith('.part')) continue
        const path = join(this.#dir, folder.name, name)
        const { size, mtimeMs } = await stat(path)
        found.push({ path, contentSha256: name.slice(0, 64), bytes: size, usedAt: mtimeMs })
      }
    }
    return found
  }
}
