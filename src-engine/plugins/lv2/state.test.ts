import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fromPortable, toPortable } from './atoms.ts'
import { decodeState, encodeState, MOST_STATE_BYTES, type StateContents } from './state-blob.ts'
import { StateFiles } from './state-files.ts'
import { urid } from './urids.ts'
import { ATOM } from './uris.ts'

const folder = mkdtempSync(join(tmpdir(), 'stemma-lv2-state-'))
afterAll(() => rmSync(folder, { recursive: true }))

const contents: StateContents = {
  plugin: 'urn:test:one',
  controls: new Map([
    ['b', Math.fround(1.2345678e-5)],
    ['a', 1e30],
  ]),
  properties: [
    { key: 'urn:test:z', type: ATOM.Chunk, flags: 3, bytes: Uint8Array.from([0, 255, 0, 1]), uris: [] },
    { key: 'urn:test:y', type: ATOM.Urid, flags: 1, bytes: Uint8Array.from([1, 0, 0, 0]), uris: ['urn:test:word'] },
  ],
  files: [{ path: 'a/b.bin', bytes: Uint8Array.from([9]) }],
}

describe('bytes of a state', () => {
  it('give back every value to the bit, and are equal for equal states in any order', () => {
    const bytes = encodeState(contents)
    const back = decodeState(bytes, 'urn:test:one')
    expect(back.controls.get('b')).toBe(Math.fround(1.2345678e-5))
    expect(back.properties.find(({ key }) => key === 'urn:test:z')).toEqual(contents.properties[0])
    expect(back.files).toEqual(contents.files)
    const turned = { ...contents, controls: new Map([...contents.controls].reverse()), properties: [...contents.properties].reverse() }
    expect(encodeState(turned)).toEqual(bytes)
    expect(encodeState(back)).toEqual(bytes)
  })

  it('refuse what is damaged, newer, or too long', () => {
    const text = new TextDecoder().decode(encodeState(contents))
    const decode = (changed: string) => () => decodeState(new TextEncoder().encode(changed), 'urn:test:one')
    expect(decode(text.replace('"version":1', '"version":2'))).toThrow('newer version')
    expect(decode(text.slice(0, -1))).toThrow('damaged')
    expect(decode(text.replace('AP8AAQ==', '***'))).toThrow('damaged')
    expect(() => decodeState(new Uint8Array(MOST_STATE_BYTES * 2 + 1), 'urn:test:one')).toThrow('more than a plugin may keep')
  })
})

describe('numbers of URIs inside stored values', () => {
  const object = () => {
    const bytes = new Uint8Array(8 + 2 * 24)
    const view = new DataView(bytes.buffer)
    view.setUint32(4, urid('urn:test:Type'), true)
    view.setUint32(8, urid('urn:test:key'), true)
    view.setUint32(16, 4, true)
    view.setUint32(20, urid(ATOM.Urid), true)
    view.setUint32(24, urid('urn:test:value'), true)
    view.setUint32(32, urid('urn:test:other'), true)
    view.setUint32(40, 4, true)
    view.setUint32(44, urid(ATOM.Float), true)
    view.setFloat32(48, 0.1, true)
    return bytes
  }

  it('are replaced by a table that holds in any process', () => {
    const { bytes, uris } = toPortable(ATOM.Object, object())
    expect(uris).toEqual(['urn:test:Type', 'urn:test:key', ATOM.Urid, 'urn:test:value', 'urn:test:other', ATOM.Float])
    expect(new DataView(bytes.buffer).getUint32(24, true)).toBe(4)
    expect(new DataView(bytes.buffer).getFloat32(48, true)).toBe(Math.fround(0.1))
    expect(fromPortable(ATOM.Object, { bytes, uris })).toEqual(object())
  })

  it('are left alone in values that contradict themselves, and never read past their end', () => {
    const broken = object()
    new DataView(broken.buffer).setUint32(16, 0xff_ff_ff_ff, true)
    expect(toPortable(ATOM.Object, broken)).toEqual({ bytes: broken, uris: [] })
    expect(() => fromPortable(ATOM.Object, { bytes: Uint8Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1]), uris: ['urn:x'] })).not.toThrow()
    expect(() => fromPortable(ATOM.Vector, { bytes: Uint8Array.from([4, 0, 0]), uris: ['urn:x'] })).toThrow(RangeError)
  })
})

describe('files a plugin makes', () => {
  it('travel inside the state and come back in another private folder, which is gone in the end', () => {
    const bundle = join(folder, 'one.lv2')
    mkdirSync(bundle)
    writeFileSync(join(bundle, 'own.wav'), 'w')
    const files = new StateFiles(bundle)
    const path = files.make('takes/first.raw')
    writeFileSync(path, 'sound')
    writeFileSync(files.make('unused.raw'), 'x')
    expect(files.make('takes/first.raw')).not.toBe(path)
    files.startSave()
    const word = files.toAbstract(path)
    expect(word).toBe('stemma-file:takes/first.raw')
    expect(files.toAbstract(join(bundle, 'own.wav'))).toBe('stemma-bundle:own.wav')
    expect(files.toAbstract('/etc/hostname')).toBe('/etc/hostname')
    const carried = files.collect()
    expect(carried.map((file) => file.path)).toEqual(['takes/first.raw'])
    const other = new StateFiles(bundle)
    other.restore(carried)
    const restored = other.toAbsolute(word)
    expect(existsSync(restored)).toBe(true)
    expect(restored).not.toBe(path)
    files.close()
    other.close()
    expect([existsSync(dirname(path)), existsSync(restored)]).toEqual([false, false])
  })

  it('are refused where they lead out of their folder or are too many bytes', () => {
    const files = new StateFiles(join(folder, 'one.lv2'))
    expect(() => files.make('../../escape')).toThrow('outside its private folder')
    expect(() => files.restore([{ path: '../escape', bytes: new Uint8Array(1) }])).toThrow('outside its private folder')
    expect(() => files.toAbsolute('stemma-bundle:../../etc/passwd')).toThrow("outside its plugin's folder")
    const big = files.make('big.raw')
    writeFileSync(big, new Uint8Array(MOST_STATE_BYTES + 1))
    files.startSave()
    files.toAbstract(big)
    expect(() => files.collect()).toThrow('too much for a remix to carry')
    const link = files.make('link.raw')
    symlinkSync('/etc/hostname', link)
    files.startSave()
    expect(files.toAbstract(link)).toBe(link)
    expect(files.collect()).toEqual([])
    files.close()
  })
})
