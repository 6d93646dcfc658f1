// Where the code of a `.clap` lies. Linux and Windows: the file itself. macOS: inside a bundle (untried on a Mac).
import { posix } from 'node:path'

/** What `binaryOf` needs to know of the disk. */
export interface BundleFiles {
  isFolder(path: string): boolean
  names(folder: string): readonly string[]
  /** Text of `Contents/Info.plist`, null where there is none. */
  text(path: string): string | null
}

const EXECUTABLE_KEY = /<key>\s*CFBundleExecutable\s*<\/key>\s*<string>([^<]+)<\/string>/

/** The library to load for a `.clap`. Throws with a sentence where a bundle holds none. */
export const binaryOf = (path: string, platform: NodeJS.Platform, files: BundleFiles): string => {
  if (platform !== 'darwin' || !files.isFolder(path)) return path
  const folder = posix.join(path, 'Contents', 'MacOS')
  const names = files.isFolder(folder) ? files.names(folder) : []
  const wanted = [
    EXECUTABLE_KEY.exec(files.text(posix.join(path, 'Contents', 'Info.plist')) ?? '')?.[1]?.trim(),
    posix.basename(path, '.clap'),
  ]
  const name =
    wanted.find((candidate) => candidate !== undefined && names.includes(candidate)) ?? (names.length === 1 ? names[0] : undefined)
  if (name === undefined) throw new Error(`${path} is a bundle without a program in Contents/MacOS.`)
  return posix.join(folder, name)
}
