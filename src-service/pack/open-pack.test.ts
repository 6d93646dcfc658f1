// Hostile packs (PROVENANCE.md 6.14), made by script: none may be imported, none may cost more than a look.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { unwrap } from '../../src-shared/std/index.ts'
import { buildPackFixture, writePackFixture, type PackFixture, type WriteOptions } from '../pack.fixture.ts'
import { openPack } from './index.ts'

const dir = mkdtempSync(join(tmpdir(), 'stemma-pack-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const good = buildPackFixture({ id: 'urn:work:a', title: 'A' })
let count = 0
const written = async (fixture: PackFixture, options?: WriteOptions): Promise<string> => {
  const path = join(dir, `${count++}.stemmapack`)
  await writePackFixture(path, fixture, options)
  return path
}

/** Replaces a name of the archive by another of the same length, in both of its directories. */
const renamed = async (from: string, to: string): Promise<string> => {
  const path = await written(good, { extra: [{ name: from, data: Buffer.from('x') }] })
  const bytes = readFileSync(path)
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) bytes.write(to, at, 'latin1')
  writeFileSync(path, bytes)
  return path
}

const refusal = async (path: string): Promise<string | undefined> => {
  const opened = await openPack(path, 'bad.stemmapack')
  if (opened.ok) opened.value.close()
  return opened.ok ? undefined : opened.error.code
}

describe('a licence pack', () => {
  it('opens and hands out the stems that were signed', async () => {
    const opened = unwrap(await openPack(await written(good), 'a.stemmapack'))
    for (const stem of opened.pack.stems) {
      const chunks: Buffer[] = []
      for await (const chunk of await opened.openStem(stem)) chunks.push(chunk as Buffer)
      expect(Buffer.concat(chunks).equals(good.files.get(`stems/${stem.file}`)!)).toBe(true)
    }
    opened.close()
  })

  it.each([
    ['../../evil', 'climbs out of the folder'],
    ['/etc/passwd', 'an absolute path'],
    ['C:\\evil.wav', 'a drive'],
    ['stems/a\\b.w', 'a backslash'],
    ['stems/CON.x', 'a device name of Windows'],
    ['stems/a\0.wv', 'a NUL in the name'],
    ['stems/a/b.w', 'a folder below'],
    ['other/a.wav', 'a folder of its own'],
    ['STEMS/0.wav', 'another spelling of a stem'],
    ['stems/1.WAV', 'a name that differs in case only'],
  ])('is refused with the entry %j (%s)', async (name) => {
    expect(await refusal(await renamed('stems/zzzzz'.slice(0, name.length).padEnd(name.length, 'z'), name))).toBe('pack.refused')
  })

  it('is refused with a link, a file nobody signed, or the same name twice', async () => {
    const x = Buffer.from('/etc/passwd')
    expect(await refusal(await written(good, { extra: [{ name: 'stems/link', data: x, mode: 0o120777 }] }))).toBe('pack.refused')
    expect(await refusal(await written(good, { extra: [{ name: 'stems/extra.wav', data: x }] }))).toBe('pack.refused')
    expect(await refusal(await written(good, { extra: [{ name: 'stems/0.wav', data: x }] }))).toBe('pack.refused')
  })

  it('is refused as a bomb: a small file that unpacks to much, or a million entries', async () => {
    const bomb = buildPackFixture({ id: 'urn:work:b', title: 'B' }, [
      { title: 'Zeros', role: 'other', data: Buffer.alloc(64 * 1024 * 1024) },
    ])
    expect(await refusal(await written(bomb, { compress: true }))).toBe('pack.refused')

    const path = await written(good)
    const bytes = readFileSync(path)
    const end = bytes.lastIndexOf(Buffer.from('504b0506', 'hex'))
    bytes.writeUInt16LE(65_534, end + 8)
    bytes.writeUInt16LE(65_534, end + 10)
    writeFileSync(path, bytes)
    expect(await refusal(path)).toBe('pack.refused')

    const many = Array.from({ length: 700 }, (_, i) => ({ name: `stems/${i + 10}.wav`, data: Buffer.from('x') }))
    expect(await refusal(await written(good, { extra: many }))).toBe('pack.refused')
  })

  it('is refused when the archive is cut short, empty, or no archive', async () => {
    const bytes = readFileSync(await written(good))
    for (const damaged of [bytes.subarray(0, bytes.length - 30), Buffer.alloc(0), randomBytes(4_000)]) {
      const path = join(dir, `${count++}.stemmapack`)
      writeFileSync(path, damaged)
      expect(await refusal(path)).toBe('pack.refused')
    }
  })

  it('is refused when a stem is missing or has another size than was signed', async () => {
    const [first, second] = [...good.files]
    expect(await refusal(await written({ ...good, files: new Map([first!]) }))).toBe('pack.refused')
    expect(
      await refusal(await written({ ...good, files: new Map([first!, [second![0], Buffer.concat([second![1], Buffer.from('x')])]]) })),
    ).toBe('pack.refused')
  })

  it('is refused when its terms were changed after signing, or another label signed them', async () => {
    const cheaper = { ...good.pack, grant: { ...good.pack.grant, shareAlike: !good.pack.grant.shareAlike } }
    expect(await refusal(await written({ ...good, pack: cheaper }))).toBe('pack.bad_signature')
    const other = buildPackFixture({ id: 'urn:work:a', title: 'A', label: 'Other Records' })
    expect(await refusal(await written({ ...good, jws: other.jws }))).toBe('pack.bad_signature')
  })

  it('fails while a stem is read that has the right size but other bytes', async () => {
    const [name, data] = [...good.files][0]!
    const swapped = Buffer.from(data)
    swapped[100] = (swapped[100] ?? 0) ^ 1
    const opened = unwrap(await openPack(await written({ ...good, files: new Map([...good.files, [name, swapped]]) }), 'swapped'))
    const read = async (): Promise<void> => {
      for await (const _ of await opened.openStem(opened.pack.stems[0]!)) void _
    }
    await expect(read()).rejects.toThrow('not the one that was signed')
    opened.close()
  })
})
