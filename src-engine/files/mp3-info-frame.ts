// The Xing/Info frame with the LAME extension (LAME tag revision 1): frame count, seek table, encoder delay and padding, CRCs.
import { assert } from '../../src-shared/std/index.ts'
import { readMp3Header } from './mp3-source.ts'

const TABLE_SLOTS = 400

const CRC16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  return crc
})

const crc16 = (bytes: Uint8Array, start: number): number => {
  let crc = start
  for (let i = 0; i < bytes.length; i++) crc = (crc >> 8) ^ (CRC16[(crc ^ (bytes[i] as number)) & 255] as number)
  return crc
}

/** Follows the encoder's output: counts frames, remembers where some of them start (at most 400, thinned as the file grows), keeps the CRC. */
export class FrameLedger {
  frames = 0
  bytes = 0
  crc = 0
  /** Second header byte and later of the first frame: the info frame copies its version, rate and channel mode. */
  header: readonly [number, number] | undefined
  readonly #starts: number[] = []
  #step = 1
  #skip = 0
  readonly #pending = new Uint8Array(4)
  #pendingBytes = 0

  add(bytes: Uint8Array): void {
    this.crc = crc16(bytes, this.crc)
    // Frames may straddle calls: `#skip` bytes of the open one are still to come.
    for (let at = 0; at < bytes.length; ) {
      const passed = Math.min(this.#skip, bytes.length - at)
      this.#skip -= passed
      at += passed
      while (at < bytes.length && this.#pendingBytes < 4) this.#pending[this.#pendingBytes++] = bytes[at++] as number
      if (this.#pendingBytes < 4) break
      const header = readMp3Header(this.#pending, 0)
      assert(header, 'the encoder writes whole frames')
      this.header ??= [this.#pending[1] as number, this.#pending[3] as number]
      if (this.frames % this.#step === 0) this.#starts.push(this.bytes)
      if (this.#starts.length === TABLE_SLOTS) {
        for (let i = 0; i < TABLE_SLOTS / 2; i++) this.#starts[i] = this.#starts[i * 2] as number
        this.#starts.length = TABLE_SLOTS / 2
        this.#step *= 2
      }
      this.frames++
      this.bytes += header.bytes
      this.#skip = header.bytes - 4
      this.#pendingBytes = 0
    }
  }

  /** Byte offset, among the encoder's frames, of about the given fraction of the playing time. */
  offsetAt(fraction: number): number {
    const index = Math.min(this.#starts.length - 1, Math.floor((fraction * this.frames) / this.#step))
    return this.#starts[index] ?? 0
  }
}

export interface InfoFrameOptions {
  readonly ledger: FrameLedger
  readonly frameBytes: number
  readonly isVariable: boolean
  readonly delay: number
  readonly padding: number
}

export const buildInfoFrame = ({ ledger, frameBytes, isVariable, delay, padding }: InfoFrameOptions): Uint8Array => {
  assert(delay < 4_096 && padding >= 0 && padding < 4_096, 'delay and padding fit their 12 bits')
  const frame = Buffer.alloc(frameBytes)
  const [version, mode] = ledger.header ?? [0xfb, 0x00]
  // No CRC, 320 kbit/s, 48 kHz, no padding byte: 960 bytes.
  frame.set([0xff, version | 1, 0xe4, mode])
  const at = 36
  frame.write(isVariable ? 'Xing' : 'Info', at, 'latin1')
  frame.writeUInt32BE(0x0f, at + 4)
  frame.writeUInt32BE(ledger.frames, at + 8)
  const total = ledger.bytes + frameBytes
  frame.writeUInt32BE(total, at + 12)
  for (let i = 0; i < 100; i++)
    frame[at + 16 + i] = Math.min(255, Math.floor(((ledger.offsetAt(i / 100) + (i === 0 ? 0 : frameBytes)) / total) * 256))
  frame.writeUInt32BE(isVariable ? 100 : 0, at + 116)
  const lame = at + 120
  frame.write('LAME3.100', lame, 'latin1')
  // Tag revision 0; method 1 is constant, 4 variable (mtrh).
  frame[lame + 9] = isVariable ? 4 : 1
  frame[lame + 10] = 200
  frame[lame + 20] = isVariable ? 0 : 255
  frame.writeUIntBE((delay << 12) | padding, lame + 21, 3)
  frame[lame + 24] = 0x80 | (1 << 2)
  frame.writeUInt32BE(total, lame + 28)
  frame.writeUInt16BE(ledger.crc, lame + 32)
  frame.writeUInt16BE(crc16(frame.subarray(0, lame + 34), 0), lame + 34)
  return frame
}
