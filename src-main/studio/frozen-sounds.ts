// Frozen sounds beside remix files, so that a track can be heard where its plugins are missing. They are copied as they lie in the cache, and taken only by
// the engine, which reads them to the end. Whatever goes wrong here is told and never keeps a remix from being saved or opened.
import { randomUUID } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { copyFile, lstat, mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { EngineClient } from '../../src-shared/protocol/index.ts'
import { clipsOf, devicesOf, recordsOf, type RemixSnapshot, type Track } from '../../src-shared/remix/index.ts'
import type { Problem, Result } from '../../src-shared/std/index.ts'
import { frozenDir, givenDir, pcmPath, readFrozenNote, readPcmHeader } from '../../src-engine/files/index.ts'
import { realTarget, syncFile, syncFolder } from './disk/index.ts'
import { fileProblem } from './file-problems.ts'
import { BACKUPS, REMIX_EXTENSION } from './remix-files/index.ts'
import type { LicenceDesk } from './session/index.ts'

export interface FrozenShelfTools {
  readonly cacheDir: string
  readonly desk: LicenceDesk
  readonly engine: () => Promise<Result<EngineClient>>
}

const OURS = /^([0-9a-f]{64})\.pcm$/

/** Folder of the frozen sounds of a remix file: `River.frozen` beside `River.stemma`. */
export const frozenFolderOf = (path: string): string => {
  const name = basename(path)
  return join(dirname(path), `${name.endsWith(REMIX_EXTENSION) ? name.slice(0, -REMIX_EXTENSION.length) : name}.frozen`)
}

interface FrozenTrack {
  readonly track: Track
  readonly key: string
  readonly sha256: string
}

/** Frozen tracks whose sound can be told from others. */
const frozenTracks = (snapshot: RemixSnapshot): readonly FrozenTrack[] =>
  recordsOf(snapshot, 'track').flatMap((track) => {
    const { key, sha256 } = track.frozen ?? {}
    return key === undefined || sha256 === undefined ? [] : [{ track, key, sha256 }]
  })

/** Stems whose sound is in a track's frozen sound: its own, and with a sidechain all, as anything may feed that. */
const stemsBehind = (snapshot: RemixSnapshot, track: Track): readonly string[] => {
  const isKeyed = devicesOf(snapshot, track.id).some((device) => device.plugin?.sidechainTrackId != null)
  const clips = isKeyed ? recordsOf(snapshot, 'clip') : clipsOf(snapshot, track.id)
  return [...new Set(clips.map((clip) => clip.stemId))]
}

const isSameFile = async (left: string, right: string): Promise<boolean> => {
  const [one, other] = [await open(left, 'r'), await open(right, 'r')]
  try {
    if ((await one.stat()).size !== (await other.stat()).size) return false
    const [a, b] = [Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)]
    for (let at = 0; ; ) {
      const [{ bytesRead }, read] = [await one.read(a, 0, a.length, at), await other.read(b, 0, b.length, at)]
      if (bytesRead !== read.bytesRead || !a.subarray(0, bytesRead).equals(b.subarray(0, bytesRead))) return false
      if (bytesRead === 0) return true
      at += bytesRead
    }
  } finally {
    await one.close()
    await other.close()
  }
}

export class FrozenShelf {
  readonly #tools: FrozenShelfTools
  /** Files that were written or compared, and how they looked then: reading them all at each save would take long. */
  readonly #seen = new Map<string, string>()

  constructor(tools: FrozenShelfTools) {
    this.#tools = tools
  }

  /** Where the cache keeps a track's sound; undefined where it does not. */
  #cached({ key, sha256 }: FrozenTrack): string | undefined {
    const { cacheDir } = this.#tools
    const made = pcmPath(frozenDir(cacheDir), key)
    if (readFrozenNote(cacheDir, key)?.sha256 === sha256 && existsSync(made)) return made
    const given = pcmPath(givenDir(cacheDir), sha256)
    return existsSync(given) ? given : undefined
  }

  /** Puts the frozen sounds of a remix that was saved at `path` beside it, and removes those it has no use for any more. Returns what could not be done. */
  async keep(path: string, snapshot: RemixSnapshot): Promise<readonly Problem[]> {
    const file = await realTarget(path)
    const folder = frozenFolderOf(file)
    const frozen = frozenTracks(snapshot)
    const problems: Problem[] = []
    for (const one of frozen) {
      const to = join(folder, `${one.sha256}.pcm`)
      try {
        const from = this.#cached(one)
        if (from !== undefined) await this.#copy(from, to)
        else if (!existsSync(to)) problems.push(gone(one.track))
      } catch (error) {
        problems.push(notKept(one.track, basename(folder), fileProblem(error, to)))
      }
    }
    try {
      await this.#tidy(file, folder, new Set(frozen.map(({ sha256 }) => sha256)))
    } catch {
      // What is left over harms nobody.
    }
    return problems
  }

  async #copy(from: string, to: string): Promise<void> {
    if (existsSync(to)) {
      if ((await lstat(to)).isFile() && (this.#seen.get(to) === (await lookOf(to)) || (await isSameFile(from, to)))) {
        this.#seen.set(to, await lookOf(to))
        return
      }
    }
    await mkdir(dirname(to), { recursive: true })
    const part = `${to}.part-${process.pid}-${randomUUID().slice(0, 8)}`
    try {
      await copyFile(from, part, constants.COPYFILE_FICLONE)
      await syncFile(part)
      await rename(part, to)
      await syncFolder(dirname(to))
    } catch (error) {
      await rm(part, { force: true })
      throw error
    }
    this.#seen.set(to, await lookOf(to))
  }

  /** Only what looks as if written here, and what no backup of the file still plays. */
  async #tidy(file: string, folder: string, used: ReadonlySet<string>): Promise<void> {
    if (!existsSync(folder)) return
    const unused = (await readdir(folder)).flatMap((name) => {
      const sha256 = OURS.exec(name)?.[1]
      return sha256 === undefined || used.has(sha256) ? [] : [{ path: join(folder, name), sha256 }]
    })
    if (unused.length > 0) {
      const backups = await Promise.all(Array.from({ length: BACKUPS }, (_, i) => readFile(`${file}.bak${i + 1}`, 'utf8').catch(() => '')))
      for (const { path, sha256 } of unused) {
        if (backups.some((text) => text.includes(sha256))) continue
        if ((await lstat(path)).isFile() && readPcmHeader(path)) await rm(path)
      }
    }
    await rmdir(folder).catch(() => {})
  }

  /** Takes the frozen sounds that lie beside a remix file into the cache where it lacks them. Returns what was refused, and why. */
  async take(path: string, snapshot: RemixSnapshot): Promise<readonly Problem[]> {
    const lacking = frozenTracks(snapshot).filter((one) => this.#cached(one) === undefined)
    if (lacking.length === 0) return []
    const folder = frozenFolderOf(await realTarget(path))
    const problems: Problem[] = []
    const sounds: { readonly path: string; readonly sha256: string }[] = []
    for (const one of lacking) {
      const beside = join(folder, `${one.sha256}.pcm`)
      if (!existsSync(beside)) continue
      const stems = stemsBehind(snapshot, one.track)
      const held = new Set(this.#tools.desk.grantsFor(stems).flatMap(({ grant }) => grant.assets.map((asset) => asset.stem)))
      if (stems.every((stem) => held.has(stem))) sounds.push({ path: beside, sha256: one.sha256 })
      else problems.push(unlicensed(one.track))
    }
    if (sounds.length === 0) return problems
    const engine = await this.#tools.engine()
    const taken = engine.ok ? await engine.value.request('plugins.takeFrozen', { sounds }) : engine
    if (!taken.ok) return [...problems, taken.error]
    for (const { sha256, problem } of taken.value.refused)
      for (const { track } of lacking.filter((one) => one.sha256 === sha256))
        problems.push({ ...problem, message: `Track "${track.name}": ${problem.message}`, details: { trackId: track.id } })
    return problems
  }
}

const lookOf = async (path: string): Promise<string> => {
  const { size, mtimeMs, ctimeMs } = await lstat(path)
  return `${size} ${mtimeMs} ${ctimeMs}`
}

const gone = (track: Track): Problem => ({
  code: 'frozen.gone',
  message: `The frozen sound of "${track.name}" is not on this machine, so it does not go with the remix. Freeze the track again and save.`,
  details: { trackId: track.id },
})

const notKept = (track: Track, folder: string, { message, code }: Problem): Problem => ({
  code: 'frozen.not_kept',
  message: `The remix is saved, but the frozen sound of "${track.name}" could not be put into ${folder} beside it: ${message}`,
  details: { trackId: track.id, cause: code },
})

const unlicensed = (track: Track): Problem => ({
  code: 'frozen.not_licensed',
  message: `The frozen sound of "${track.name}" was left where it is: this computer holds no licence for the stems in it. Pull their work from the catalogue and open the remix again.`,
  details: { trackId: track.id },
})
