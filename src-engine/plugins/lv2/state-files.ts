// Files a plugin makes for itself: in a private folder of the instance, carried inside its state. Paths in states are words of their own, since
// folders differ between machines.
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { LV2_FILES_PREFIX, makePrivateFolder } from '../native/index.ts'
import { MOST_STATE_BYTES, type StateFile } from './state-blob.ts'

const OWN = 'stemma-file:'
const BUNDLE = 'stemma-bundle:'

const isInside = (folder: string, path: string): boolean => {
  const way = relative(folder, path)
  return way !== '' && !way.startsWith('..') && !isAbsolute(way)
}

export class StateFiles {
  readonly #bundle: string
  #folder: string | null = null
  /** Paths inside the folder that the state being saved names. */
  readonly #named = new Set<string>()

  constructor(bundlePath: string) {
    this.#bundle = bundlePath
  }

  /** A free absolute path for a file the plugin is going to write. */
  make(path: string): string {
    const wished = this.#inside(path)
    mkdirSync(dirname(wished), { recursive: true })
    let free = wished
    for (let number = 2; existsSync(free); number += 1) free = `${wished}.${number}`
    return free
  }

  /** What a state says instead of an absolute path. */
  toAbstract(path: string): string {
    if (!isAbsolute(path)) return path
    const real = existsSync(path) ? realpathSync(path) : resolve(path)
    if (this.#folder !== null && isInside(this.#folder, real)) {
      const own = relative(this.#folder, real).split(sep).join('/')
      this.#named.add(own)
      return OWN + own
    }
    if (isInside(this.#bundle, real)) return BUNDLE + relative(this.#bundle, real).split(sep).join('/')
    return path
  }

  toAbsolute(path: string): string {
    if (path.startsWith(OWN)) return this.#inside(path.slice(OWN.length))
    if (path.startsWith(BUNDLE)) {
      const inBundle = resolve(this.#bundle, path.slice(BUNDLE.length))
      if (!isInside(this.#bundle, inBundle)) throw new Error(`the saved state names a file outside its plugin's folder: ${path}`)
      return inBundle
    }
    return path
  }

  startSave(): void {
    this.#named.clear()
  }

  /** Files the state named since `startSave`. Throws a sentence where they are too large to carry. */
  collect(): StateFile[] {
    const files = new Map<string, StateFile>()
    let total = 0
    const take = (path: string): void => {
      const absolute = this.#inside(path)
      if (!existsSync(absolute) || files.has(path)) return
      const entry = lstatSync(absolute)
      if (entry.isDirectory()) {
        for (const name of readdirSync(absolute).sort()) take(`${path}/${name}`)
      } else if (entry.isFile()) {
        total += entry.size
        if (total > MOST_STATE_BYTES) {
          throw new Error(`it keeps more than ${MOST_STATE_BYTES / 1024 / 1024} MB of files of its own, too much for a remix to carry`)
        }
        files.set(path, { path, bytes: Uint8Array.from(readFileSync(absolute)) })
      }
    }
    for (const path of this.#named) take(path)
    return [...files.values()]
  }

  restore(files: readonly StateFile[]): void {
    for (const file of files) {
      const path = this.#inside(file.path)
      mkdirSync(dirname(path), { recursive: true })
      // The plugin may still have the old file open.
      rmSync(path, { recursive: true, force: true })
      writeFileSync(path, file.bytes, { mode: 0o600 })
    }
  }

  close(): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true })
    this.#folder = null
  }

  #inside(path: string): string {
    this.#folder ??= makePrivateFolder(LV2_FILES_PREFIX)
    const absolute = resolve(this.#folder, path)
    if (!isInside(this.#folder, absolute)) throw new Error(`the plugin names a file outside its private folder: ${path}`)
    return absolute
  }
}
