// Rewrites the index of an MP4 that ffmpeg just wrote: exact edit list in frames instead of milliseconds, and our metadata. The index stands last, so
// no sample moves.
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { assert } from '../../src-shared/std/index.ts'
import { ascii, MAX_READ_BYTES, u32be, u64be } from './file-bytes.ts'
import { box } from './tags-mp4.ts'

interface Child {
  readonly type: string
  readonly body: Buffer
}

const children = (body: Buffer): Child[] => {
  const found: Child[] = []
  for (let at = 0; at + 8 <= body.length; ) {
    const size = u32be(body, at)
    assert(size >= 8 && at + size <= body.length, 'ffmpeg writes well-formed boxes')
    found.push({ type: ascii(body, at + 4, 4), body: body.subarray(at + 8, at + size) })
    at += size
  }
  return found
}

const replaced = (type: string, body: Buffer, change: Readonly<Record<string, (body: Buffer) => Buffer>>): Buffer =>
  box(type, ...children(body).map((child) => change[child.type]?.(child.body) ?? box(child.type, child.body)))

/** Sets a 32- or 64-bit field whose place depends on the box's version. */
const setTime = (body: Buffer, short: number, long: number, value: number): void => {
  if (body[0] === 1) body.writeBigUInt64BE(BigInt(value), long)
  else body.writeUInt32BE(value, short)
}

/** `frames` of sound after the encoder's own priming; `timescale` is the sample rate. Returns the file's new size. */
export const patchMp4 = (
  path: string,
  { frames, timescale, metadata }: { readonly frames: number; readonly timescale: number; readonly metadata: Buffer },
): number => {
  const fd = openSync(path, 'r+')
  try {
    const size = fstatSync(fd).size
    const head = Buffer.alloc(16)
    let at = 0
    let moovAt = -1
    while (at + 8 <= size) {
      readSync(fd, head, 0, 16, at)
      const boxSize = u32be(head, 0) === 1 ? u64be(head, 8) : u32be(head, 0)
      assert(boxSize >= 8, 'ffmpeg writes well-formed boxes')
      if (ascii(head, 4, 4) === 'moov') moovAt = at
      at += boxSize
    }
    assert(moovAt >= 0 && at === size && size - moovAt <= MAX_READ_BYTES, 'ffmpeg writes the index last')
    const old = Buffer.alloc(size - moovAt)
    readSync(fd, old, 0, old.length, moovAt)
    assert(u32be(old, 0) === old.length, 'nothing follows the index')
    const header = (body: Buffer): Buffer => {
      const copy = Buffer.from(body)
      copy.writeUInt32BE(timescale, copy[0] === 1 ? 20 : 12)
      setTime(copy, 16, 24, frames)
      return box('mvhd', copy)
    }
    const track = (body: Buffer): Buffer =>
      replaced('trak', body, {
        tkhd: (tkhd) => {
          const copy = Buffer.from(tkhd)
          setTime(copy, 20, 28, frames)
          return box('tkhd', copy)
        },
        edts: (edts) =>
          replaced('edts', edts, {
            elst: (elst) => {
              const copy = Buffer.from(elst)
              assert(copy.readUInt32BE(4) === 1, 'ffmpeg writes one edit')
              setTime(copy, 8, 8, frames)
              return box('elst', copy)
            },
          }),
      })
    const kept = children(old.subarray(8)).filter((child) => child.type !== 'udta')
    const moov = box(
      'moov',
      ...kept.map((child) =>
        child.type === 'mvhd' ? header(child.body) : child.type === 'trak' ? track(child.body) : box(child.type, child.body),
      ),
      metadata,
    )
    for (let done = 0; done < moov.length; ) done += writeSync(fd, moov, done, moov.length - done, moovAt + done)
    ftruncateSync(fd, moovAt + moov.length)
    return moovAt + moov.length
  } finally {
    closeSync(fd)
  }
}
