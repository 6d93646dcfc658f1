// Where plugins lie by convention, per platform. Pure: platform, environment and home come in. Linux is tried; macOS and Windows are written from
// the formats' own documents and are untried.
import { posix, win32 } from 'node:path'
import type { PluginFormat } from '../../../src-shared/plugins/index.ts'

export interface Machine {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  /** The user's home folder. */
  readonly home: string
}

/** Folders of the distribution's own architecture, where it keeps libraries apart. */
const LINUX_LIBRARIES = ['/usr/local/lib', '/usr/lib', '/usr/local/lib64', '/usr/lib64'] as const

const linux = (format: PluginFormat, home: string): string[] => [
  posix.join(home, `.${format}`),
  ...LINUX_LIBRARIES.map((dir) => posix.join(dir, format)),
]

const MAC_NAMES: Readonly<Record<PluginFormat, string>> = { lv2: 'LV2', clap: 'CLAP', vst3: 'VST3' }

const mac = (format: PluginFormat, home: string): string[] => [
  posix.join(home, 'Library/Audio/Plug-Ins', MAC_NAMES[format]),
  posix.join('/Library/Audio/Plug-Ins', MAC_NAMES[format]),
  ...(format === 'vst3' ? ['/Network/Library/Audio/Plug-Ins/VST3'] : []),
  ...(format === 'lv2' ? [posix.join(home, '.lv2'), '/usr/local/lib/lv2', '/usr/lib/lv2'] : []),
]

const windows = (format: PluginFormat, { env, home }: Machine): string[] => {
  const common = env.COMMONPROGRAMFILES ?? env.CommonProgramFiles ?? 'C:\\Program Files\\Common Files'
  if (format === 'lv2') {
    const roaming = env.APPDATA ?? win32.join(home, 'AppData', 'Roaming')
    return [win32.join(roaming, 'LV2'), win32.join(common, 'LV2')]
  }
  const local = env.LOCALAPPDATA ?? win32.join(home, 'AppData', 'Local')
  const name = MAC_NAMES[format]
  return [win32.join(local, 'Programs', 'Common', name), win32.join(common, name)]
}

/** `$LV2_PATH` and its like: absolute folders only, since a relative one would depend on where the app was started. */
const fromEnvironment = (format: PluginFormat, { platform, env, home }: Machine): string[] | undefined => {
  const value = env[`${format.toUpperCase()}_PATH`]
  if (value === undefined || value === '') return undefined
  const path = platform === 'win32' ? win32 : posix
  return value
    .split(path.delimiter)
    .map((dir) => (dir === '~' || dir.startsWith('~/') ? path.join(home, dir.slice(1)) : dir))
    .filter((dir) => path.isAbsolute(dir))
    .map((dir) => path.normalize(dir))
}

/**
 * Folders to search for a format, most particular first; they need not exist. `LV2_PATH` takes the place of the usual folders (lilv), `CLAP_PATH` (CLAP
 * `entry.h`) and `VST3_PATH` come before them. Sources: lilv's default path, CLAP `entry.h`, the VST 3 plug-in locations page.
 */
export const standardFolders = (format: PluginFormat, machine: Machine): string[] => {
  const named = fromEnvironment(format, machine)
  if (format === 'lv2' && named) return [...new Set(named)]
  const { platform, home } = machine
  const usual = platform === 'win32' ? windows(format, machine) : platform === 'darwin' ? mac(format, home) : linux(format, home)
  return [...new Set([...(named ?? []), ...usual])]
}
