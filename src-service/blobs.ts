// Stem files of the service, named by their SHA-256. A file gets its name only after its bytes have been hashed and flushed.
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'

const HEX64 = /^[0-9a-f]{64}$/

export class BlobStore {
  readonly #dir: string
  constructor(dir: string) {
    this.#dir = dir
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  }

  /** Where a blob lies. The name is checked, so that no request can leave the folder. */
  pathOf(sha256: string): string {
    if (!HEX64.test(sha256)) throw new Error('not a blob name')
    return join(this.#dir, sha256.slice(0, 2), sha256)
  }

  /** Size of a blob; undefined if it is not here. */
  async size(sha256: string): Promise<number | undefined> {
    return stat(this.pathOf(sha256)).then(
      (found) => found.size,
      () => undefined,
    )
  }

  /**
   * Stores a stream that must have this length and hash. False, and nothing kept, if it has not. The stream is opened only when it can be read at
   * once: one that fails before anybody listens would take the process down.
   */
  async put(sha256: string, bytes: number, openSource: () => Promise<Readable>): Promise<boolean> {
    const path = this.pathOf(sha256)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const part = `${path}.${randomUUID()}.part`
    const file = await open(part, 'wx', 0o600)
    try {
      const hash = createHash('sha256')
      let written = 0
      for await (const chunk of (await openSource()) as AsyncIterable<Buffer>) {
        written += chunk.length
        if (written > bytes) break
        hash.update(chunk)
        await file.write(chunk)
      }
      await file.sync()
      await file.close()
      if (written !== bytes || hash.digest('hex') !== sha256) return false
      await rename(part, path)
      return true
    } finally {
      await file.close().catch(() => {})
      await rm(part, { force: true })
    }
  }
}
