// Sounds that go with requests, named by their content. A file gets its name only after its bytes were hashed and flushed.
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { MAX_AUDIO_BYTES } from '../../../src-shared/approvals/index.ts'
import { fail, ok, type Result } from '../../../src-shared/std/index.ts'
import { fileFailure } from '../file-problems.ts'

const HEX64 = /^[0-9a-f]{64}$/

export class ApprovalAudioFiles {
  readonly #dir: string
  readonly #listeners = new Set<() => void>()
  constructor(dir: string) {
    this.#dir = join(dir, 'audio')
  }

  /** Calls back after every sound that was stored through this object. Returns how to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #path(sha256: string): string {
    if (!HEX64.test(sha256)) throw new Error('not a sound name')
    return join(this.#dir, sha256)
  }

  has(sha256: string): boolean {
    return existsSync(this.#path(sha256))
  }

  /** The bytes, or undefined where they are not here or were damaged; a damaged file is removed, so that it is fetched anew. */
  read(sha256: string): Uint8Array<ArrayBuffer> | undefined {
    if (!this.has(sha256)) return undefined
    const bytes = new Uint8Array(readFileSync(this.#path(sha256)))
    if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes
    rmSync(this.#path(sha256), { force: true })
    return undefined
  }

  /** Stores a stream that must have this hash. Codes: `approval.other_audio`, `disk.*`, and what the stream throws. */
  async put(sha256: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Result<null>> {
    const path = this.#path(sha256)
    const part = `${path}.${randomUUID()}.part`
    try {
      mkdirSync(this.#dir, { recursive: true, mode: 0o700 })
      const file = await open(part, 'wx', 0o600)
      const hash = createHash('sha256')
      let bytes = 0
      try {
        for await (const chunk of chunks) {
          bytes += chunk.length
          if (bytes > MAX_AUDIO_BYTES) break
          hash.update(chunk)
          await file.write(chunk)
        }
        await file.sync()
      } finally {
        await file.close()
      }
      if (bytes > MAX_AUDIO_BYTES || hash.digest('hex') !== sha256)
        return fail('approval.other_audio', 'The sound that arrived is not the one the request names. It was not kept.')
      await rename(part, path)
      for (const listener of this.#listeners) listener()
      return ok(null)
    } catch (error) {
      return fileFailure(error, path)
    } finally {
      await rm(part, { force: true })
    }
  }
}
