// The file an encoder writes: sequential with some patches, removed on abort. Errors become problems a user can act on.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { basename } from 'node:path'
import { type Problem, ProblemError } from '../../src-shared/std/index.ts'

const BUFFER_BYTES = 256 * 1024

export class PartFile {
  readonly path: string
  readonly #fd: number
  readonly #buffer = new Uint8Array(BUFFER_BYTES)
  #fill = 0
  #flushed = 0
  #isOpen = true

  constructor(path: string) {
    this.path = path
    this.#fd = openSync(path, 'wx+')
  }

  /** Bytes appended so far. */
  get size(): number {
    return this.#flushed + this.#fill
  }

  append(bytes: Uint8Array): void {
    if (bytes.length > BUFFER_BYTES - this.#fill) this.#flush()
    if (bytes.length > BUFFER_BYTES) {
      this.#writeAt(bytes, this.#flushed)
      this.#flushed += bytes.length
    } else {
      this.#buffer.set(bytes, this.#fill)
      this.#fill += bytes.length
    }
  }

  /** Writes over bytes appended earlier. */
  patch(bytes: Uint8Array, position: number): void {
    this.#flush()
    this.#writeAt(bytes, position)
  }

  close(): void {
    this.#flush()
    this.#isOpen = false
    closeSync(this.#fd)
  }

  remove(): void {
    if (this.#isOpen) closeSync(this.#fd)
    this.#isOpen = false
    rmSync(this.path, { force: true })
  }

  #flush(): void {
    const part = this.#buffer.subarray(0, this.#fill)
    this.#fill = 0
    this.#writeAt(part, this.#flushed)
    this.#flushed += part.length
  }

  #writeAt(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done, bytes.length - done, position + done)
  }
}

/** A problem for whatever went wrong while writing `path`. Defects are thrown on. */
export const encodeProblem = (thrown: unknown, path: string): Problem => {
  if (thrown instanceof ProblemError) return thrown.problem
  if (thrown instanceof RangeError && thrown.message.includes('tags'))
    return { code: 'encode.bad_tags', message: 'The tags are too long for this format. Shorten title, comment or rights.' }
  const code = thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return {
      code: 'encode.disk_full',
      message: `The disk filled up while "${basename(path)}" was written. Free some space and export again.`,
      details: { code },
    }
  if (code?.startsWith('E'))
    return {
      code: 'encode.unwritable',
      message: `"${basename(path)}" could not be written (${code}). Choose another folder and export again.`,
      details: { code },
    }
  throw thrown
}

/** For a path that holds a file already: exports never write over anything. */
export const takenProblem = (path: string): Problem => encodeProblem(Object.assign(new Error('taken'), { code: 'EEXIST' }), path)
