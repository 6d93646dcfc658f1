// Who we are to a plugin, and what it may have us make: messages with attributes, by which the two halves of a plugin talk.
import koffi from 'koffi'
import { Arena } from '../native/index.ts'
import type { Pointer } from '../native/index.ts'
import {
  HostInterface,
  IS_COM,
  RESULT,
  readBytes,
  readText,
  signature,
  writeBytes,
  writeDouble,
  writeInt32,
  writeInt64,
  writePointer,
} from './com.ts'
import { runLoopPointer } from './run-loop.ts'
import { IID, UID_BYTES, uidHex } from './uids.ts'

/** Longest text or data of one attribute; plugins send whole samples this way. */
const MOST_ATTRIBUTE_BYTES = 1 << 28
const STRING_128_BYTES = 256
const HOST_NAME = 'Stemma'

type Attribute =
  | { readonly kind: 'int'; readonly value: number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  | { readonly kind: 'binary'; readonly memory: Arena; readonly pointer: Pointer; readonly length: number }

class Attributes {
  readonly values = new Map<string, Attribute>()
}

const setter = (type: string, run: (self: Attributes, id: string, value: never, size: number) => number, ...more: string[]) => ({
  type: signature('int32', 'void *', type, ...more),
  run: (self: Attributes, id: Pointer | null, value: unknown, size: unknown) => run(self, readText(id), value as never, size as number),
})

const attributeLists = new HostInterface<Attributes>({
  name: 'attributeList',
  methods: [
    setter('int64', (self, id, value: number | bigint) => {
      self.values.set(id, { kind: 'int', value })
      return RESULT.ok
    }),
    setter('void *', (self, id, out: Pointer) => {
      const found = self.values.get(id)
      if (found?.kind !== 'int') return RESULT.no
      writeInt64(out, found.value)
      return RESULT.ok
    }),
    setter('double', (self, id, value: number) => {
      self.values.set(id, { kind: 'float', value })
      return RESULT.ok
    }),
    setter('void *', (self, id, out: Pointer) => {
      const found = self.values.get(id)
      if (found?.kind !== 'float') return RESULT.no
      writeDouble(out, found.value)
      return RESULT.ok
    }),
    setter('void *', (self, id, text: Pointer | null) => {
      if (text === null) return RESULT.invalidArgument
      self.values.set(id, { kind: 'string', bytes: new Uint8Array(Buffer.from(`${koffi.decode.string16(text)}\0`, 'utf16le')) })
      return RESULT.ok
    }),
    setter(
      'void *',
      (self, id, out: Pointer, size: number) => {
        const found = self.values.get(id)
        if (found?.kind !== 'string' || size < 2) return RESULT.no
        const bytes = found.bytes.slice(0, size & ~1)
        bytes.fill(0, bytes.length - 2)
        writeBytes(out, bytes)
        return RESULT.ok
      },
      'uint32',
    ),
    setter(
      'void *',
      (self, id, data: Pointer | null, size: number) => {
        if (size > MOST_ATTRIBUTE_BYTES || (data === null && size > 0)) return RESULT.invalidArgument
        const memory = new Arena(size)
        const offset = memory.alloc(size)
        if (data !== null) memory.bytes.set(readBytes(data, size), offset)
        self.values.set(id, { kind: 'binary', memory, pointer: memory.pointerTo(offset), length: size })
        return RESULT.ok
      },
      'uint32',
    ),
    {
      type: signature('int32', 'void *', 'void *', 'void *'),
      run: (self: Attributes, id: Pointer | null, data: Pointer, size: Pointer) => {
        const found = self.values.get(readText(id))
        if (found?.kind !== 'binary') return RESULT.no
        writePointer(data, found.pointer)
        writeInt32(size, found.length)
        return RESULT.ok
      },
    },
  ],
})

class Message {
  readonly attributes = attributeLists.give(new Attributes())
  /** The id's memory: native code reads it as long as the message lives. */
  id: { readonly memory: Arena; readonly pointer: Pointer } | null = null
}

const messages = new HostInterface<Message>({
  name: 'message',
  methods: [
    { type: signature('void *'), run: (self) => self.id?.pointer ?? 0n, otherwise: 0n },
    {
      type: signature('void', 'void *'),
      run: (self, text: Pointer | null) => {
        const id = readText(text)
        const memory = new Arena(4 * id.length + 1)
        self.id = { memory, pointer: memory.cString(id) }
      },
    },
    { type: signature('void *'), run: (self) => self.attributes, otherwise: 0n },
  ],
  onGone: (self) => attributeLists.release(self.attributes),
})

const applications = new HostInterface<object>({
  name: 'hostApplication',
  others: process.platform === 'linux' ? { runLoop: () => runLoopPointer } : {},
  methods: [
    {
      type: signature('int32', 'void *'),
      run: (_, name: Pointer) => {
        const bytes = new Uint8Array(STRING_128_BYTES)
        bytes.set(Buffer.from(HOST_NAME, 'utf16le'))
        writeBytes(name, bytes)
        return RESULT.ok
      },
    },
    {
      type: signature('int32', 'void *', 'void *', 'void *'),
      run: (_, classId: Pointer, _iid: Pointer, out: Pointer) => {
        const wanted = uidHex(readBytes(classId, UID_BYTES), IS_COM)
        const made =
          wanted === IID.message ? messages.give(new Message()) : wanted === IID.attributeList ? attributeLists.give(new Attributes()) : 0n
        writePointer(out, made)
        return made === 0n ? RESULT.notImplemented : RESULT.ok
      },
    },
  ],
})

/** The host as every plugin of the process sees it. */
export const hostPointer: Pointer = applications.offer({})
