// A growing buffer that plugins write their state to and read it from.
import { HostInterface, RESULT, readBytes, signature, writeBytes, writeInt32, writeInt64 } from './com.ts'
import type { Pointer } from '../native/index.ts'

/** Most a state may hold: what a host child can send in one message, less what base64 adds. Larger ones are refused in words. */
const MOST_STATE_BYTES = 8 * 1024 * 1024

class Stream {
  bytes: Uint8Array
  length: number
  position = 0
  isTooLarge = false

  constructor(content: Uint8Array) {
    this.bytes = content
    this.length = content.length
  }

  write(data: Uint8Array): void {
    const end = this.position + data.length
    if (end > this.bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.bytes.length, 4096))
      grown.set(this.bytes.subarray(0, this.length))
      this.bytes = grown
    }
    this.bytes.set(data, this.position)
    this.position = end
    this.length = Math.max(this.length, end)
  }
}

const SEEK_FROM = { start: 0, here: 1, end: 2 } as const
const TRANSFER = signature('int32', 'void *', 'int32', 'void *')

const streams = new HostInterface<Stream>({
  name: 'stream',
  methods: [
    {
      type: TRANSFER,
      run: (self, target: Pointer, wanted: number, done: Pointer | null) => {
        const count = Math.max(0, Math.min(wanted, self.length - self.position))
        writeBytes(target, self.bytes.subarray(self.position, self.position + count))
        self.position += count
        if (done !== null) writeInt32(done, count)
        return RESULT.ok
      },
    },
    {
      type: TRANSFER,
      run: (self, source: Pointer, count: number, done: Pointer | null) => {
        const isFitting = count >= 0 && self.position + count <= MOST_STATE_BYTES
        if (isFitting) self.write(readBytes(source, count))
        else self.isTooLarge = true
        if (done !== null) writeInt32(done, isFitting ? count : 0)
        return isFitting ? RESULT.ok : RESULT.no
      },
    },
    {
      type: signature('int32', 'int64', 'int32', 'void *'),
      run: (self, by: number | bigint, from: number, result: Pointer | null) => {
        const base = from === SEEK_FROM.start ? 0 : from === SEEK_FROM.here ? self.position : self.length
        const position = base + Number(by)
        if (position < 0 || position > MOST_STATE_BYTES) return RESULT.invalidArgument
        self.position = position
        if (result !== null) writeInt64(result, position)
        return RESULT.ok
      },
    },
    { type: signature('int32', 'void *'), run: (self, result: Pointer) => writeInt64(result, self.position) },
  ],
})

/** What `write` has the plugin put into a stream, or null where it refuses. Throws where that is more than a remix can carry. */
export const collectStream = (write: (stream: Pointer) => number): Uint8Array | null => {
  const stream = new Stream(new Uint8Array(0))
  const pointer = streams.offer(stream)
  try {
    const result = write(pointer)
    if (stream.isTooLarge) {
      throw new Error(`it keeps more than ${MOST_STATE_BYTES / 1024 / 1024} MB of settings, too much for a remix to carry`)
    }
    return result === RESULT.ok ? stream.bytes.slice(0, stream.length) : null
  } finally {
    streams.withdraw(pointer)
  }
}

/** Gives the plugin a stream to read; its answer. */
export const feedStream = (content: Uint8Array, read: (stream: Pointer) => number): number => {
  // Copied: a plugin may write into what it was given to read.
  const pointer = streams.offer(new Stream(content.slice()))
  try {
    return read(pointer)
  } finally {
    streams.withdraw(pointer)
  }
}
