// Hostile packs (PROVENANCE 6.14): each is refused with a sentence, and nothing of it is kept.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openPack } from './pack/index.ts'
import { buildPackFixture, randomStems, writePackFixture } from './pack.fixture.ts'
import type { PackFixture, WriteOptions } from './pack.fixture.ts'

const dir = mkdtempSync(join(tmpdir(), 'stemma-packs-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
let count = 0

const codeOf = async (path: string): Promise<string> => {
  const opened = await openPack(path, 'test.stemmapack')
  if (!opened.ok) return opened.error.code
  opened.value.close()
  return 'opened'
}
const write = async (fixture: PackFixture, options?: WriteOptions): Promise<string> => {
  const path = join(dir, `${count++}.stemmapack`)
  await writePackFixture(path, fixture, options)
  return path
}
const good = (): PackFixture => buildPackFixture({ id: 'urn:work:p', title: 'Pack' })
/** Changes a name wherever it stands in the finished zip, as an attacker with a hex editor would. */
const rename = async (from: string, to: string): Promise<string> => {
  const path = await write(good(), { extra: [{ name: from, data: Buffer.from('x') }] })
  writeFileSync(path, Buffer.from(readFileSync(path).toString('latin1').replaceAll(from, to), 'latin1'))
  return path
}

describe('a licence pack', () => {
  it('that is whole is opened', async () => expect(await codeOf(await write(good()))).toBe('opened'))
  it('whose description was changed is refused', async () => {
    const { pack, jws, files } = good()
    expect(await codeOf(await write({ pack: { ...pack, work: { ...pack.work, title: 'Other' } }, jws, files }))).toBe('pack.bad_signature')
  })
  it('that names another key than the one that signed it is refused', async () => {
    const { pack, files } = good()
    const { jws } = buildPackFixture({ id: 'urn:work:p', title: 'Pack', label: 'Someone else' })
    expect(await codeOf(await write({ pack, jws, files }))).toBe('pack.bad_signature')
  })
  it.each([
    ['../escape', 'aa/escape'],
    ['/etc/escap', 'aaetc/esca'],
    ['C:\\windows', 'CaXwindows'],
    ['..\\escape', 'aaXescape'],
  ])('with an entry %j is refused', async (to, from) => expect(await codeOf(await rename(from, to))).toBe('pack.refused'))
  it.each<[string, WriteOptions]>([
    ['a link', { extra: [{ name: 'stems/link', data: Buffer.from('/etc/passwd'), mode: 0o120777 }] }],
    ['a folder too deep', { extra: [{ name: 'stems/a/b', data: Buffer.from('x') }] }],
    ['a file that does not belong', { extra: [{ name: 'run.sh', data: Buffer.from('x') }] }],
    ['a bomb', { compress: true, extra: [{ name: 'stems/bomb', data: Buffer.alloc(40_000_000) }] }],
    ['two entries of one name', { extra: [{ name: 'pack.json', data: Buffer.from('{}') }] }],
    ['too many files', { extra: Array.from({ length: 700 }, (_, i) => ({ name: `stems/${i}x`, data: Buffer.from('x') })) }],
  ])('with %s is refused', async (_name, options) => expect(await codeOf(await write(good(), options))).toBe('pack.refused'))
  it('with a stem missing or of another size is refused', async () => {
    const { pack, jws, files } = good()
    expect(await codeOf(await write({ pack, jws, files: new Map([...files].slice(1)) }))).toBe('pack.refused')
    expect(await codeOf(await write({ pack, jws, files: new Map([...files].map(([name]) => [name, Buffer.from('short')])) }))).toBe(
      'pack.refused',
    )
  })
  it('that is cut off, empty or no zip is refused', async () => {
    const path = await write(good())
    truncateSync(path, 10_000)
    expect(await codeOf(path)).toBe('pack.refused')
    truncateSync(path, 0)
    expect(await codeOf(path)).toBe('pack.refused')
    writeFileSync(path, 'PK\u0003\u0004 no')
    expect(await codeOf(path)).toBe('pack.refused')
  })
  it('with a stem whose bytes differ is refused at import, and another label cannot take a work over', async () => {
    const { startService } = await import('./index.ts')
    const packs = join(dir, 'import')
    mkdirSync(packs)
    const { pack, jws, files } = good()
    const swapped = new Map([...files].map(([name, data], at) => [name, at === 0 ? Buffer.alloc(data.length, 7) : data]))
    await writePackFixture(join(packs, 'a.stemmapack'), { pack, jws, files: swapped })
    await writePackFixture(join(packs, 'b.stemmapack'), buildPackFixture({ id: 'urn:work:q', title: 'Mine' }, randomStems(100)))
    await writePackFixture(
      join(packs, 'c.stemmapack'),
      buildPackFixture({ id: 'urn:work:q', title: 'Theirs', label: 'Thief' }, randomStems(100)),
    )
    const service = await startService({ dataDir: join(dir, 'data'), catalogueDirs: [packs] })
    expect(service.refusedPacks.map((problem) => problem.code)).toEqual(['pack.refused', 'pack.other_label'])
    expect(readdirSync(join(dir, 'data/stems'), { recursive: true }).filter((name) => String(name).includes('.part'))).toEqual([])
    await service.close()
  })
})
