// Damage by the hundred: nothing may pass as intact, nothing may throw or hang.
import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unwrap } from '../../../../src-shared/std/index.ts'
import { openRig, TONES, type Rig } from '../../stamp/rig.ts'
import { flip, locate } from '../hostile.ts'
import { verifyOwn, type OwnReport } from './index.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
  const stems = [await rig.stem('vocals', 'wav')]
  for (const { container } of TONES) unwrap(await rig.signer.stamp(rig.request(container, container, stems)))
}, 60_000)
afterAll(() => rig.close())

const verify = async (bytes: Uint8Array): Promise<OwnReport> => {
  const path = rig.path('damaged')
  await writeFile(path, bytes)
  return verifyOwn(path, { anchors: rig.anchors, now: Date.now() })
}

/** Numbers from a fixed seed, 0 to 1. */
const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0
  return (seed >>> 8) / 2 ** 24
}

describe.each(TONES)('$container', ({ container }) => {
  it('notices any one byte outside the credentials', async () => {
    const path = rig.path(`${container}.part`)
    const bytes = await readFile(path)
    const { chunk, boxes } = await locate(path)
    // The seal of an MP4 leaves out the brand list and padding by the standard's own rule.
    const open = boxes.filter(({ type }) => type === 'ftyp' || type === 'free')
    const next = random(1)
    for (let i = 0; i < 150; i++) {
      const at = Math.floor(next() * bytes.length)
      const isInside = [...open, ...(chunk ? [chunk] : [])].some(({ start, length }) => at >= start && at < start + length)
      if (!isInside) expect((await verify(flip(bytes, at))).state, `byte ${at}`).not.toBe('trusted')
    }
  })

  it('survives any damage inside the credentials', async () => {
    const path = rig.path(`${container}.part`)
    const bytes = await readFile(path)
    const { chunk } = await locate(path)
    const next = random(2)
    for (let i = 0; i < 150; i++) {
      const damaged = Buffer.from(bytes)
      const at = (chunk?.start ?? 0) + Math.floor(next() * (chunk?.length ?? 0))
      damaged.fill(Math.floor(next() * 256), at, at + 1 + Math.floor(next() * 40))
      expect(['trusted', 'valid', 'invalid', 'none', 'unreadable']).toContain((await verify(damaged)).state)
    }
  })

  it('is never intact when cut short', async () => {
    const bytes = await readFile(rig.path(`${container}.part`))
    const next = random(3)
    for (let i = 0; i < 60; i++) {
      const { state } = await verify(bytes.subarray(0, Math.floor(next() * bytes.length)))
      expect(['invalid', 'none', 'unreadable']).toContain(state)
    }
  })
})

describe('headers that lie (6.14)', () => {
  const riff = (...parts: readonly Buffer[]): Buffer => {
    const body = Buffer.concat([Buffer.from('WAVE'), ...parts])
    const head = Buffer.from('RIFF\0\0\0\0')
    head.writeUInt32LE(body.length, 4)
    return Buffer.concat([head, body])
  }
  const chunk = (id: string, length: number, body = Buffer.alloc(0)): Buffer => {
    const head = Buffer.alloc(8)
    head.write(id, 'latin1')
    head.writeUInt32LE(length, 4)
    return Buffer.concat([head, body])
  }
  const box = (length: number, type: string, body = Buffer.alloc(0)): Buffer => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(length)
    head.write(type, 4, 'latin1')
    return Buffer.concat([head, body])
  }
  const ftyp = box(16, 'ftyp', Buffer.from('M4A \0\0\0\0'))

  it.each([
    ['a WAV whose data claims 4 GB', riff(chunk('fmt ', 16, Buffer.alloc(16)), chunk('data', 0xffff_fff0))],
    ['a WAV longer than itself', Buffer.concat([Buffer.from('RIFF'), Buffer.from([255, 255, 255, 127]), Buffer.from('WAVE')])],
    ['a WAV whose store claims 2 GB', riff(chunk('C2PA', 0x7fff_ffff))],
    ['a WAV with an empty store', riff(chunk('C2PA', 0))],
    ['a WAV with two hundred thousand empty chunks', riff(Buffer.concat(Array.from({ length: 200_000 }, () => chunk('junk', 0))))],
    [
      'an ID3 tag larger than the file',
      Buffer.concat([Buffer.from('ID3\u0004\0\0'), Buffer.from([0x7f, 0x7f, 0x7f, 0x7f]), Buffer.alloc(40)]),
    ],
    [
      'an ID3 frame larger than its tag',
      Buffer.concat([Buffer.from('ID3\u0004\0\0\0\0\0\u0020GEOB'), Buffer.from([0x0f, 0x7f, 0x7f, 0x7f]), Buffer.alloc(30)]),
    ],
    ['an MP4 box of size 0 before the end', Buffer.concat([ftyp, box(0, 'mdat', Buffer.alloc(100))])],
    ['an MP4 box of size 1 without its long size', Buffer.concat([ftyp, box(1, 'mdat')])],
    ['an MP4 box of 2^63 bytes', Buffer.concat([ftyp, box(1, 'mdat', Buffer.from('7fffffffffffffff', 'hex'))])],
    ['an MP4 box of size 3', Buffer.concat([ftyp, box(3, 'moov', Buffer.alloc(20))])],
    [
      'an MP4 whose credentials claim more than there is',
      Buffer.concat([ftyp, box(40, 'uuid', Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex'))]),
    ],
  ])('%s', async (_what, bytes) => {
    const start = performance.now()
    const { state } = await verify(bytes)
    expect(['none', 'invalid', 'unreadable']).toContain(state)
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})
