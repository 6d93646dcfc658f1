import { encode } from 'cbor2'
import { describe, expect, it } from 'vitest'
import { CborTag, decodeCbor } from './cbor.ts'
import { readManifestStore } from './jumbf.ts'

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('CBOR', () => {
  it('reads what another encoder writes', () => {
    const value = {
      text: 'ä€😀',
      list: [0, 23, 24, 255, 256, 65_536, 2 ** 32, -1, -500, 1.5, 1.1, true, false, null],
      map: { a: { b: [] } },
      bytes: hex('010203'),
    }
    const plain = (decoded: unknown): unknown =>
      JSON.parse(JSON.stringify(decoded, (_key, item: unknown) => (item instanceof Uint8Array ? [...item] : item)))
    expect(plain(decodeCbor(encode(value)))).toEqual(plain(value))
  })

  it('reads half floats, large numbers, indefinite lengths, tags and maps with number keys (RFC 8949 appendix A)', () => {
    const cases: readonly (readonly [string, unknown])[] = [
      ['f93c00', 1],
      ['f97bff', 65_504],
      ['f90001', 2 ** -24],
      ['f9c400', -4],
      ['f97c00', Number.POSITIVE_INFINITY],
      ['fb3ff199999999999a', 1.1],
      ['1bffffffffffffffff', 18_446_744_073_709_551_615n],
      ['3bffffffffffffffff', -18_446_744_073_709_551_616n],
      ['5f42010243030405ff', Buffer.from([1, 2, 3, 4, 5])],
      ['7f657374726561646d696e67ff', 'streaming'],
      ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
      [
        'a201020304',
        new Map([
          [1, 2],
          [3, 4],
        ]),
      ],
      ['c074323031332d30332d32315432303a30343a30305a', new CborTag(0, '2013-03-21T20:04:00Z')],
    ]
    for (const [bytes, value] of cases) expect(decodeCbor(hex(bytes)), bytes).toEqual(value)
  })

  it.each([
    ['nested a thousand deep', new Uint8Array(1_000).fill(0x81)],
    ['an array that claims 2^53 values', hex('9b001fffffffffffff')],
    ['a text that claims 4 GB', hex('7affffffff61')],
    ['a byte string that claims 2^63 bytes', hex('5b7fffffffffffffff00')],
    ['the same key twice', hex('a2616101616102')],
    ['cut off', hex('a26161')],
    ['text that is not UTF-8', hex('62c328')],
    ['a break on its own', hex('ff')],
    ['something after the value', hex('0101')],
    ['nothing', hex('')],
  ])('refuses %s', (_what, bytes) => {
    expect(() => decodeCbor(bytes)).toThrow()
  })

  it('keeps prototype keys as data', () => {
    const value = decodeCbor(
      encode(
        new Map([
          ['__proto__', 1],
          ['constructor', 2],
        ]),
      ),
    ) as Record<string, unknown>
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(value)).toBeNull()
  })

  it('stops at half a million values', () => {
    expect(() => decodeCbor(new Uint8Array([0x9a, 0, 0x10, 0, 0, ...new Array(1_048_576).fill(0)]))).toThrow('too many')
  })
})

const box = (type: string, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, body])
}
const description = (kind: string, label: string): Buffer =>
  box('jumd', Buffer.from(kind), Buffer.from('00110010800000aa00389b71', 'hex'), Buffer.from([3]), Buffer.from(`${label}\0`))

describe('JUMBF', () => {
  it('reads a store with its labels, and padding after it', () => {
    const store = box('jumb', description('c2pa', 'c2pa'), box('jumb', description('c2ma', 'urn:x'), box('cbor', Buffer.from([0]))))
    expect(readManifestStore(Buffer.concat([store, Buffer.alloc(9)])).superboxes.map(({ label, kind }) => [label, kind])).toEqual([
      ['urn:x', 'c2ma'],
    ])
  })

  it('refuses boxes that lie about their size, nest too deeply, or are not a store', () => {
    const store = box('jumb', description('c2pa', 'c2pa'))
    const long = Buffer.from(store)
    long.writeUInt32BE(store.length + 50)
    const short = Buffer.from(store)
    short.writeUInt32BE(4)
    const inner = Buffer.from(box('jumb', description('c2pa', 'c2pa'), box('free', Buffer.alloc(20))))
    inner.writeUInt32BE(2 ** 31, store.length)
    let deep = box('jumb', description('c2ma', 'x'))
    for (let i = 0; i < 100; i++) deep = box('jumb', description('c2pa', 'c2pa'), deep)
    const bad = [
      long,
      short,
      inner,
      deep,
      Buffer.concat([store, Buffer.from('x')]),
      box('jumb', description('json', 'c2pa')),
      box('free'),
      Buffer.alloc(3),
    ]
    for (const bytes of bad) expect(() => readManifestStore(bytes)).toThrow()
  })
})
