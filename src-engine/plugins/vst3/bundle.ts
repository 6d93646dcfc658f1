// Where a VST3 bundle keeps its program on each system. Tried on Linux; macOS and Windows follow the published layout and are untried.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { posix, win32 } from 'node:path'

export interface Machine {
  readonly platform: NodeJS.Platform
  readonly arch: NodeJS.Architecture
}

const LINUX_FOLDERS: Partial<Record<NodeJS.Architecture, readonly string[]>> = {
  x64: ['x86_64-linux'],
  arm64: ['aarch64-linux', 'arm64-linux'],
  ia32: ['i386-linux', 'i686-linux'],
  arm: ['armv7l-linux', 'armv7hf-linux'],
  riscv64: ['riscv64-linux'],
}
const WINDOWS_FOLDERS: Partial<Record<NodeJS.Architecture, readonly string[]>> = {
  x64: ['x86_64-win', 'arm64ec-win'],
  arm64: ['arm64-win', 'arm64x-win'],
  ia32: ['x86-win'],
}

/** Folders under `Contents` that may hold a program for the machine, best first. */
export const programFolders = ({ platform, arch }: Machine): readonly string[] => {
  if (platform === 'darwin') return ['MacOS']
  return (platform === 'win32' ? WINDOWS_FOLDERS[arch] : LINUX_FOLDERS[arch]) ?? []
}

const pathsOf = (platform: NodeJS.Platform) => (platform === 'win32' ? win32 : posix)

/** `Name` of `/x/Name.vst3`. */
export const bundleName = (path: string, platform: NodeJS.Platform): string =>
  pathsOf(platform)
    .basename(path)
    .replace(/\.vst3$/i, '')

/** Paths at which the program may stand, best first. `executable` is what a macOS bundle names in its `Info.plist`. */
export const programPaths = (path: string, machine: Machine, executable: string | null = null): readonly string[] => {
  const name = executable ?? bundleName(path, machine.platform)
  const file = machine.platform === 'darwin' ? name : machine.platform === 'win32' ? `${name}.vst3` : `${name}.so`
  return programFolders(machine).map((folder) => pathsOf(machine.platform).join(path, 'Contents', folder, file))
}

/** `CFBundleExecutable` of an XML property list, or null. */
export const executableOf = (propertyList: string): string | null => {
  const name = /<key>\s*CFBundleExecutable\s*<\/key>\s*<string>([^<]{1,200})<\/string>/.exec(propertyList)?.[1]?.trim()
  return name === undefined || name === '' || /[/\\]/.test(name) ? null : name
}

/** Path of the program of the bundle at `path`. Throws a sentence where there is none for this machine. */
export const findProgram = (path: string, machine: Machine = process): string => {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory()
  if (isFolder === undefined) throw new Error(`${path} is not there`)
  if (!isFolder) {
    // Before bundles, a VST3 on Windows was the library itself.
    if (machine.platform === 'win32') return path
    throw new Error(`${path} is a file, and a VST3 plugin is a folder with its program inside`)
  }
  const paths = pathsOf(machine.platform)
  const propertyList = paths.join(path, 'Contents', 'Info.plist')
  const executable = machine.platform === 'darwin' && existsSync(propertyList) ? executableOf(readFileSync(propertyList, 'utf8')) : null
  const found = programPaths(path, machine, executable).find((candidate) => existsSync(candidate)) ?? onlyProgram(path, machine)
  if (found !== null) return found
  const contents = paths.join(path, 'Contents')
  const others = existsSync(contents) ? readdirSync(contents).filter((folder) => /-(linux|win)$|^MacOS$/.test(folder)) : []
  throw new Error(
    `${path} holds no program for this machine (${machine.platform} ${machine.arch})${others.length > 0 ? `, only ${others.slice(0, 8).join(', ')}` : ''}`,
  )
}

/** A bundle that somebody renamed still has its one program. */
const onlyProgram = (path: string, machine: Machine): string | null => {
  const paths = pathsOf(machine.platform)
  const suffix = machine.platform === 'darwin' ? '' : machine.platform === 'win32' ? '.vst3' : '.so'
  for (const folder of programFolders(machine)) {
    const inside = paths.join(path, 'Contents', folder)
    if (!existsSync(inside)) continue
    const files = readdirSync(inside).filter((file) => file.endsWith(suffix))
    if (files.length === 1) return paths.join(inside, files[0]!)
  }
  return null
}
