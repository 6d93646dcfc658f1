// The CLAP 1.2 binary interface as far as a host needs it: where fields lie and what functions take. A wrong layout crashes the process, so
// every size is checked against the C headers' when this file is loaded.
import koffi, { type TypeObject } from 'koffi'
import type { Pointer } from '../native/index.ts'

type Scalar = 'u16' | 'i16' | 'u32' | 'i32' | 'u64' | 'i64' | 'f64' | 'pointer' | `char[${number}]` | `u8[${number}]`

/** Byte size of a struct and byte offset of each field. */
export interface Layout<Field extends string> {
  readonly byteLength: number
  readonly at: Readonly<Record<Field, number>>
}

const SCALARS = {
  u16: 'uint16',
  i16: 'int16',
  u32: 'uint32',
  i32: 'int32',
  u64: 'uint64',
  i64: 'int64',
  f64: 'double',
  pointer: 'void *',
} as const

const typeOf = (scalar: Scalar) => {
  const array = /^(char|u8)\[(\d+)\]$/.exec(scalar)
  return array ? koffi.array(array[1] === 'u8' ? 'uint8' : 'char', Number(array[2])) : SCALARS[scalar as keyof typeof SCALARS]
}

const layout = <Field extends string>(name: string, byteLength: number, fields: Record<Field, Scalar>): Layout<Field> => {
  const names = Object.keys(fields) as Field[]
  const struct = koffi.struct(Object.fromEntries(names.map((field) => [field, typeOf(fields[field])])))
  if (koffi.sizeof(struct) !== byteLength) {
    throw new Error(`${name} takes ${koffi.sizeof(struct)} bytes on this machine instead of ${byteLength}: CLAP plugins cannot be hosted.`)
  }
  return { byteLength, at: Object.fromEntries(names.map((field) => [field, koffi.offsetof(struct, field)])) as Record<Field, number> }
}

const VERSION = { major: 'u32', minor: 'u32', revision: 'u32' } as const
const HEADER = { byteLength: 'u32', time: 'u32', space: 'u16', type: 'u16', flags: 'u32' } as const

export const ENTRY = layout('clap_plugin_entry', 40, { ...VERSION, init: 'pointer', deinit: 'pointer', getFactory: 'pointer' })
export const FACTORY = layout('clap_plugin_factory', 24, { count: 'pointer', descriptor: 'pointer', create: 'pointer' })
export const DESCRIPTOR = layout('clap_plugin_descriptor', 88, {
  ...VERSION,
  id: 'pointer',
  name: 'pointer',
  vendor: 'pointer',
  url: 'pointer',
  manualUrl: 'pointer',
  supportUrl: 'pointer',
  version: 'pointer',
  description: 'pointer',
  features: 'pointer',
})
export const PLUGIN = layout('clap_plugin', 96, {
  descriptor: 'pointer',
  data: 'pointer',
  init: 'pointer',
  destroy: 'pointer',
  activate: 'pointer',
  deactivate: 'pointer',
  startProcessing: 'pointer',
  stopProcessing: 'pointer',
  reset: 'pointer',
  process: 'pointer',
  getExtension: 'pointer',
  onMainThread: 'pointer',
})
export const HOST = layout('clap_host', 88, {
  ...VERSION,
  data: 'pointer',
  name: 'pointer',
  vendor: 'pointer',
  url: 'pointer',
  version: 'pointer',
  getExtension: 'pointer',
  requestRestart: 'pointer',
  requestProcess: 'pointer',
  requestCallback: 'pointer',
})
export const AUDIO_BUFFER = layout('clap_audio_buffer', 32, {
  data32: 'pointer',
  data64: 'pointer',
  channels: 'u32',
  latency: 'u32',
  constantMask: 'u64',
})
export const PROCESS = layout('clap_process', 64, {
  steadyTime: 'i64',
  frames: 'u32',
  transport: 'pointer',
  audioInputs: 'pointer',
  audioOutputs: 'pointer',
  audioInputCount: 'u32',
  audioOutputCount: 'u32',
  inEvents: 'pointer',
  outEvents: 'pointer',
})
export const PARAM_INFO = layout('clap_param_info', 1320, {
  id: 'u32',
  flags: 'u32',
  cookie: 'pointer',
  name: 'char[256]',
  module: 'char[1024]',
  min: 'f64',
  max: 'f64',
  default: 'f64',
})
export const AUDIO_PORT_INFO = layout('clap_audio_port_info', 288, {
  id: 'u32',
  name: 'char[256]',
  flags: 'u32',
  channels: 'u32',
  portType: 'pointer',
  inPlacePair: 'u32',
})
export const NOTE_PORT_INFO = layout('clap_note_port_info', 268, { id: 'u32', dialects: 'u32', preferred: 'u32', name: 'char[256]' })
export const NOTE_EVENT = layout('clap_event_note', 40, {
  ...HEADER,
  noteId: 'i32',
  port: 'i16',
  channel: 'i16',
  key: 'i16',
  velocity: 'f64',
})
export const MIDI_EVENT = layout('clap_event_midi', 24, { ...HEADER, port: 'u16', data: 'u8[3]' })
export const PARAM_EVENT = layout('clap_event_param_value', 56, {
  ...HEADER,
  parameter: 'u32',
  cookie: 'pointer',
  noteId: 'i32',
  port: 'i16',
  channel: 'i16',
  key: 'i16',
  value: 'f64',
})
export const TRANSPORT = layout('clap_event_transport', 104, {
  ...HEADER,
  has: 'u32',
  beats: 'i64',
  seconds: 'i64',
  tempo: 'f64',
  tempoStep: 'f64',
  loopStartBeats: 'i64',
  loopEndBeats: 'i64',
  loopStartSeconds: 'i64',
  loopEndSeconds: 'i64',
  barStart: 'i64',
  bar: 'i32',
  numerator: 'u16',
  denominator: 'u16',
})
/** `clap_input_events`, and with only its first function `clap_output_events` (16 bytes). */
export const EVENT_LIST = layout('clap_input_events', 24, { context: 'pointer', size: 'pointer', get: 'pointer' })
/** `clap_istream` and `clap_ostream`. */
export const STREAM = layout('clap_stream', 16, { context: 'pointer', call: 'pointer' })

export const EVENT = { noteOn: 0, noteOff: 1, parameter: 5, transport: 9, midi: 10 } as const
export const PARAM_FLAG = {
  stepped: 1 << 0,
  hidden: 1 << 2,
  readonly: 1 << 3,
  bypass: 1 << 4,
  automatable: 1 << 5,
  requiresProcess: 1 << 15,
  enum: 1 << 16,
} as const
export const AUDIO_PORT_MAIN = 1 << 0
export const DIALECT = { clap: 1 << 0, midi: 1 << 1, mpe: 1 << 2 } as const
export const TRANSPORT_HAS = { tempo: 1, beats: 2, seconds: 4, meter: 8, isPlaying: 16 } as const
/** Beats and seconds are fixed point with 31 bits behind the point. */
export const FIXED_POINT_ONE = 2 ** 31
export const INVALID_ID = 0xffff_ffff

const P = 'void *'
/** What functions of a plugin take and give, by what they look like. */
export const CALL = {
  entryInit: koffi.proto('bool', ['str']),
  getFactory: koffi.proto(P, ['str']),
  count: koffi.proto('uint32', [P]),
  at: koffi.proto(P, [P, 'uint32']),
  create: koffi.proto(P, [P, P, 'str']),
  bool: koffi.proto('bool', [P]),
  void: koffi.proto('void', [P]),
  activate: koffi.proto('bool', [P, 'double', 'uint32', 'uint32']),
  process: koffi.proto('int32', [P, P]),
  extension: koffi.proto(P, [P, 'str']),
  info: koffi.proto('bool', [P, 'uint32', P]),
  value: koffi.proto('bool', [P, 'uint32', P]),
  valueToText: koffi.proto('bool', [P, 'uint32', 'double', P, 'uint32']),
  flush: koffi.proto('void', [P, P, P]),
  stream: koffi.proto('bool', [P, P]),
  portCount: koffi.proto('uint32', [P, 'bool']),
  port: koffi.proto('bool', [P, 'uint32', 'bool', P]),
  int: koffi.proto('bool', [P, 'int32']),
  id: koffi.proto('void', [P, 'uint32']),
} as const

export const pointerAt = (base: Pointer, offset: number): Pointer | null => koffi.decode(base, offset, P) as Pointer | null

/** The function whose address stands at `offset`; null where the plugin left it out. */
export const functionAt = <F extends (...args: never[]) => unknown>(base: Pointer, offset: number, type: TypeObject): F | null => {
  const address = pointerAt(base, offset)
  return address === null ? null : (koffi.decode(address, type) as F)
}

/** Text at an address; null where there is none. */
export const stringAt = (base: Pointer, offset: number): string | null => {
  const address = pointerAt(base, offset)
  return address === null ? null : koffi.decode.string(address)
}
