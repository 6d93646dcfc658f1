// Finds plugin binaries and bundles below folders, without opening any of them. Foreign folders: links may loop, trees may be huge.
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { PluginFormat } from '../../../src-shared/plugins/index.ts'

/** One thing to scan: a bundle (LV2, VST3) or a binary (CLAP; VST3 on Windows). */
export interface PluginFile {
  readonly format: PluginFormat
  /** As found below the folder; links are not followed in it, so that names stay what the user knows. */
  readonly path: string
}

const MAX_DEPTH = 8
const MAX_ENTRIES = 200_000

/** Most files of all formats together. */
export const MAX_PLUGIN_FILES = 20_000

const ENDINGS: Readonly<Record<PluginFormat, string>> = { lv2: '.lv2', clap: '.clap', vst3: '.vst3' }

/** Whether an entry of a folder is a plugin of that format. A CLAP is a folder on macOS alone, a VST3 a single file on Windows alone. */
export const isPluginFile = (format: PluginFormat, name: string, isFolder: boolean, platform: NodeJS.Platform): boolean => {
  if (!name.toLowerCase().endsWith(ENDINGS[format]) || name.length === ENDINGS[format].length) return false
  if (format === 'lv2') return isFolder
  if (format === 'clap') return isFolder === (platform === 'darwin')
  return isFolder || platform === 'win32'
}

const MAX_MANIFEST_BYTES = 4 * 1024 * 1024

/** Whether an LV2 manifest speaks of a plugin: bundles with presets or vocabularies alone do not. Undefined where there is none to read. */
const announcesPlugin = (bundle: string): boolean | undefined => {
  const manifest = join(bundle, 'manifest.ttl')
  try {
    if (statSync(manifest).size > MAX_MANIFEST_BYTES) return undefined
    return /[:#]Plugin\b/.test(readFileSync(manifest, 'utf8'))
  } catch {
    return undefined
  }
}

/** The name of an LV2 bundle is free: what makes one is its manifest. One by the name without a manifest is broken, and said to be. */
const isBundle = (format: PluginFormat, path: string, isFolder: boolean, platform: NodeJS.Platform): boolean => {
  const isNamedSo = isPluginFile(format, basename(path), isFolder, platform)
  return format === 'lv2' && isFolder ? (announcesPlugin(path) ?? isNamedSo) : isNamedSo
}

interface Walk {
  readonly format: PluginFormat
  readonly platform: NodeJS.Platform
  readonly seen: Set<string>
  readonly found: PluginFile[]
  left: number
}

const walk = (state: Walk, dir: string, depth: number): void => {
  let names: string[]
  try {
    const real = realpathSync(dir)
    if (state.seen.has(real)) return
    state.seen.add(real)
    names = readdirSync(dir).sort()
  } catch {
    // Not there or not ours to read: as good as empty.
    return
  }
  for (const name of names) {
    if (state.left-- <= 0 || state.found.length >= MAX_PLUGIN_FILES) return
    const path = join(dir, name)
    const entry = statSync(path, { throwIfNoEntry: false })
    if (!entry) continue
    const isFolder = entry.isDirectory()
    if (isBundle(state.format, path, isFolder, state.platform)) {
      const real = realpathSync(path)
      if (!state.seen.has(real)) state.found.push({ format: state.format, path })
      state.seen.add(real)
    } else if (isFolder && depth < MAX_DEPTH) walk(state, path, depth + 1)
  }
}

/** Plugins of a format below folders, in the order of the folders and by name within them; one that is reached twice comes once. A folder that is itself a bundle counts. */
export const findPluginFiles = (
  format: PluginFormat,
  folders: readonly string[],
  platform: NodeJS.Platform = process.platform,
): PluginFile[] => {
  const state: Walk = { format, platform, seen: new Set(), found: [], left: MAX_ENTRIES }
  for (const folder of folders) {
    const entry = statSync(folder, { throwIfNoEntry: false })
    if (entry && isBundle(format, folder, entry.isDirectory(), platform)) state.found.push({ format, path: folder })
    else walk(state, folder, 0)
  }
  return state.found
}
