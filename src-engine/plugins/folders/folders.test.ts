import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findPluginFiles, isPluginFile, stampOf, standardFolders } from './index.ts'

const linux = (env: Record<string, string> = {}) => ({ platform: 'linux' as const, env, home: '/home/ada' })

describe('standard folders', () => {
  it('puts the user before the system on Linux', () => {
    expect(standardFolders('clap', linux())).toEqual([
      '/home/ada/.clap',
      '/usr/local/lib/clap',
      '/usr/lib/clap',
      '/usr/local/lib64/clap',
      '/usr/lib64/clap',
    ])
    expect(standardFolders('lv2', linux())[0]).toBe('/home/ada/.lv2')
    expect(standardFolders('vst3', linux())).toContain('/usr/lib/vst3')
  })

  it('reads the environment: LV2_PATH alone, CLAP_PATH and VST3_PATH first', () => {
    const env = { LV2_PATH: '/a:~/b:relative::/a', CLAP_PATH: '/c', VST3_PATH: '/v/../w' }
    expect(standardFolders('lv2', linux(env))).toEqual(['/a', '/home/ada/b'])
    expect(standardFolders('clap', linux(env)).slice(0, 2)).toEqual(['/c', '/home/ada/.clap'])
    expect(standardFolders('vst3', linux(env))[0]).toBe('/w')
  })

  it('knows macOS', () => {
    const machine = { platform: 'darwin' as const, env: {}, home: '/Users/ada' }
    expect(standardFolders('vst3', machine)).toEqual([
      '/Users/ada/Library/Audio/Plug-Ins/VST3',
      '/Library/Audio/Plug-Ins/VST3',
      '/Network/Library/Audio/Plug-Ins/VST3',
    ])
    expect(standardFolders('lv2', machine)).toContain('/Library/Audio/Plug-Ins/LV2')
  })

  it('knows Windows, with and without its variables', () => {
    const env = { COMMONPROGRAMFILES: 'D:\\Common', LOCALAPPDATA: 'D:\\Local', APPDATA: 'D:\\Roaming', CLAP_PATH: 'E:\\clap;not absolute' }
    const machine = { platform: 'win32' as const, env, home: 'C:\\Users\\ada' }
    expect(standardFolders('clap', machine)).toEqual(['E:\\clap', 'D:\\Local\\Programs\\Common\\CLAP', 'D:\\Common\\CLAP'])
    expect(standardFolders('lv2', machine)).toEqual(['D:\\Roaming\\LV2', 'D:\\Common\\LV2'])
    expect(standardFolders('vst3', { ...machine, env: {} })).toEqual([
      'C:\\Users\\ada\\AppData\\Local\\Programs\\Common\\VST3',
      'C:\\Program Files\\Common Files\\VST3',
    ])
  })

  it('takes for a plugin what the platform does', () => {
    expect(isPluginFile('clap', 'a.clap', true, 'darwin')).toBe(true)
    expect(isPluginFile('clap', 'a.clap', true, 'linux')).toBe(false)
    expect(isPluginFile('vst3', 'A.VST3', false, 'win32')).toBe(true)
    expect(isPluginFile('vst3', 'a.vst3', false, 'linux')).toBe(false)
    expect(isPluginFile('lv2', '.lv2', true, 'linux')).toBe(false)
  })
})

describe('finding plugin files', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'stemma-folders-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('walks folders, survives link loops and comes to each file once', () => {
    mkdirSync(join(dir, 'one/deep'), { recursive: true })
    mkdirSync(join(dir, 'two'))
    writeFileSync(join(dir, 'one/deep/b.clap'), '')
    writeFileSync(join(dir, 'one/a.clap'), '')
    mkdirSync(join(dir, 'one/folder.clap'))
    symlinkSync(join(dir, 'one'), join(dir, 'one/deep/up'))
    symlinkSync(join(dir, 'one/a.clap'), join(dir, 'two/same.clap'))
    symlinkSync(join(dir, 'nowhere'), join(dir, 'two/broken.clap'))
    const found = findPluginFiles('clap', [join(dir, 'one'), join(dir, 'two'), join(dir, 'missing')], 'linux')
    expect(found.map(({ path }) => path.slice(dir.length))).toEqual(['/one/a.clap', '/one/deep/b.clap'])
  })

  it('does not look for bundles inside bundles', () => {
    mkdirSync(join(dir, 'x.lv2/y.lv2'), { recursive: true })
    mkdirSync(join(dir, 'of-any-name'))
    writeFileSync(join(dir, 'of-any-name/manifest.ttl'), '<urn:x> a lv2:Plugin .')
    mkdirSync(join(dir, 'presets.lv2'))
    writeFileSync(join(dir, 'presets.lv2/manifest.ttl'), '<urn:y> a pset:Preset .')
    expect(findPluginFiles('lv2', [dir], 'linux').map(({ path }) => path)).toEqual([join(dir, 'of-any-name'), join(dir, 'x.lv2')])
    expect(findPluginFiles('lv2', [join(dir, 'x.lv2')], 'linux').map(({ path }) => path)).toEqual([join(dir, 'x.lv2')])
  })

  it('stamps a bundle by its files: content, name and time all count', () => {
    const bundle = join(dir, 'x.lv2')
    mkdirSync(bundle)
    writeFileSync(join(bundle, 'manifest.ttl'), 'one')
    const seen = new Set([stampOf(bundle)])
    writeFileSync(join(bundle, 'manifest.ttl'), 'four')
    seen.add(stampOf(bundle))
    utimesSync(join(bundle, 'manifest.ttl'), 1, 1)
    seen.add(stampOf(bundle))
    writeFileSync(join(bundle, 'x.so'), '')
    seen.add(stampOf(bundle))
    expect(seen.size).toBe(4)
    expect(stampOf(bundle)).toBe(stampOf(bundle))
    expect(() => stampOf(join(dir, 'gone'))).toThrow()
  })
})
