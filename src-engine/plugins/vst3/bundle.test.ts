import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { executableOf, findProgram, programPaths } from './bundle.ts'
import { vst3Loader } from './loader.ts'

const folder = mkdtempSync(join(tmpdir(), 'stemma-vst3-'))
afterAll(() => rmSync(folder, { recursive: true }))
/** A real library that is no plugin. */
const MATHS = '/lib/x86_64-linux-gnu/libm.so.6'
const linux = { platform: 'linux', arch: 'x64' } as const

describe('where the program of a bundle stands', () => {
  it('depends on system and processor', () => {
    expect(programPaths('/p/Echo.vst3', linux)).toEqual(['/p/Echo.vst3/Contents/x86_64-linux/Echo.so'])
    expect(programPaths('/p/Echo.vst3', { platform: 'linux', arch: 'arm64' })[0]).toBe('/p/Echo.vst3/Contents/aarch64-linux/Echo.so')
    expect(programPaths('C:\\VST3\\Echo.vst3', { platform: 'win32', arch: 'x64' })[0]).toBe(
      'C:\\VST3\\Echo.vst3\\Contents\\x86_64-win\\Echo.vst3',
    )
    expect(programPaths('C:\\VST3\\Echo.VST3', { platform: 'win32', arch: 'arm64' })[0]).toBe(
      'C:\\VST3\\Echo.VST3\\Contents\\arm64-win\\Echo.vst3',
    )
    expect(programPaths('/p/Echo.vst3', { platform: 'darwin', arch: 'arm64' })).toEqual(['/p/Echo.vst3/Contents/MacOS/Echo'])
    expect(programPaths('/p/Echo.vst3', { platform: 'darwin', arch: 'arm64' }, 'EchoOne')).toEqual(['/p/Echo.vst3/Contents/MacOS/EchoOne'])
  })

  it('is named by the property list on macOS, but never outside the bundle', () => {
    expect(executableOf('<dict><key>CFBundleExecutable</key>\n\t<string>Echo One</string></dict>')).toBe('Echo One')
    expect(executableOf('<key>CFBundleExecutable</key><string>../../evil</string>')).toBeNull()
    expect(executableOf('bplist00')).toBeNull()
  })

  it('is found in a bundle that was renamed', () => {
    const inside = join(folder, 'New Name.vst3', 'Contents', 'x86_64-linux')
    mkdirSync(inside, { recursive: true })
    writeFileSync(join(inside, 'Old.so'), '')
    expect(findProgram(join(folder, 'New Name.vst3'), linux)).toBe(join(inside, 'Old.so'))
  })
})

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('what is no plugin', () => {
  const bundle = (name: string, program?: Uint8Array | string): string => {
    const inside = join(folder, `${name}.vst3`, 'Contents', 'x86_64-linux')
    mkdirSync(inside, { recursive: true })
    if (program !== undefined) writeFileSync(join(inside, `${name}.so`), program)
    return join(folder, `${name}.vst3`)
  }

  it('is refused in a sentence: nothing, a file, no program, another machine', () => {
    expect(() => vst3Loader.scan(join(folder, 'gone.vst3'))).toThrow(/is not there/)
    writeFileSync(join(folder, 'file.vst3'), 'x')
    expect(() => vst3Loader.scan(join(folder, 'file.vst3'))).toThrow(/is a file, and a VST3 plugin is a folder/)
    expect(() => vst3Loader.scan(bundle('empty'))).toThrow(/holds no program for this machine/)
    mkdirSync(join(folder, 'other.vst3', 'Contents', 'x86_64-win'), { recursive: true })
    expect(() => vst3Loader.scan(join(folder, 'other.vst3'))).toThrow(/only x86_64-win/)
  })

  it('is refused in a sentence: bytes that are no library', () => {
    expect(() => vst3Loader.scan(bundle('garbage', 'this is not a library'))).toThrow(/garbage could not be loaded: /)
    expect(() => vst3Loader.scan(bundle('cut', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1)))).toThrow(/cut could not be loaded: /)
  })

  it.skipIf(!existsSync(MATHS))('is refused in a sentence: a library without a plugin in it', () => {
    const path = bundle('maths')
    symlinkSync(MATHS, join(path, 'Contents', 'x86_64-linux', 'maths.so'))
    expect(() => vst3Loader.scan(path)).toThrow(/maths is no VST3 plugin: its program offers no plugin factory/)
  })
})
