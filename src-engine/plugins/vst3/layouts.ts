// Structs of the VST3 ABI (64-bit, natural alignment), declared from their layout. Offsets follow C's rules and are held against the known
// sizes before any plugin runs: a wrong host struct crashes the plugin, not us.
import koffi from 'koffi'

type Fields = Record<string, string | ReturnType<typeof koffi.array>>

export interface Layout<Field extends string> {
  readonly size: number
  readonly at: Readonly<Record<Field, number>>
}

const chars = (count: number) => koffi.array('char', count)
const wide = (count: number) => koffi.array('char16_t', count)
const uid = koffi.array('uint8', 16)

const layout = <F extends Fields>(size: number, fields: F, anchors: Partial<Record<keyof F, number>> = {}): Layout<keyof F & string> => {
  const type = koffi.struct(fields)
  const at = Object.fromEntries(Object.keys(fields).map((field) => [field, koffi.offsetof(type, field)])) as Record<
    keyof F & string,
    number
  >
  const wrong = Object.entries(anchors).find(([field, offset]) => at[field] !== offset)
  if (koffi.sizeof(type) !== size || wrong) {
    throw new Error(
      `VST3 struct with ${Object.keys(fields)[0]}: ${koffi.sizeof(type)} bytes for ${size}${wrong ? `, ${wrong[0]} misplaced` : ''}`,
    )
  }
  return { size, at }
}

export const FACTORY_INFO = layout(452, { vendor: chars(64), url: chars(256), email: chars(128), flags: 'int32' })
export const CLASS_INFO = layout(116, { cid: uid, cardinality: 'int32', category: chars(32), name: chars(64) })
export const CLASS_INFO_2 = layout(
  440,
  {
    cid: uid,
    cardinality: 'int32',
    category: chars(32),
    name: chars(64),
    classFlags: 'uint32',
    subCategories: chars(128),
    vendor: chars(64),
    version: chars(64),
    sdkVersion: chars(64),
  },
  { classFlags: 116, version: 312 },
)
export const CLASS_INFO_WIDE = layout(
  696,
  {
    cid: uid,
    cardinality: 'int32',
    category: chars(32),
    name: wide(64),
    classFlags: 'uint32',
    subCategories: chars(128),
    vendor: wide(64),
    version: wide(64),
    sdkVersion: wide(64),
  },
  { classFlags: 180, version: 440 },
)
export const BUS_INFO = layout(
  276,
  { media: 'int32', direction: 'int32', channels: 'int32', name: wide(128), type: 'int32', flags: 'uint32' },
  { type: 268 },
)
export const PARAMETER_INFO = layout(
  792,
  {
    id: 'uint32',
    title: wide(128),
    shortTitle: wide(128),
    units: wide(128),
    stepCount: 'int32',
    default: 'double',
    unitId: 'int32',
    flags: 'int32',
  },
  { stepCount: 772, default: 776, flags: 788 },
)
export const UNIT_INFO = layout(268, { id: 'int32', parentId: 'int32', name: wide(128), programListId: 'int32' })
export const PROGRAM_LIST_INFO = layout(264, { id: 'int32', name: wide(128), count: 'int32' })
export const PROCESS_SETUP = layout(
  24,
  { mode: 'int32', sampleSize: 'int32', maxFrames: 'int32', sampleRate: 'double' },
  { sampleRate: 16 },
)
export const BUS_BUFFERS = layout(24, { channels: 'int32', silence: 'uint64', samples: 'void *' }, { samples: 16 })
export const PROCESS_DATA = layout(
  80,
  {
    mode: 'int32',
    sampleSize: 'int32',
    frames: 'int32',
    inputCount: 'int32',
    outputCount: 'int32',
    inputs: 'void *',
    outputs: 'void *',
    inputChanges: 'void *',
    outputChanges: 'void *',
    inputEvents: 'void *',
    outputEvents: 'void *',
    context: 'void *',
  },
  { inputs: 24, context: 72 },
)
export const PROCESS_CONTEXT = layout(
  112,
  {
    state: 'uint32',
    sampleRate: 'double',
    projectFrames: 'int64',
    systemTime: 'int64',
    continuousFrames: 'int64',
    quarter: 'double',
    barQuarter: 'double',
    cycleStart: 'double',
    cycleEnd: 'double',
    tempo: 'double',
    numerator: 'int32',
    denominator: 'int32',
    chord: 'uint32',
    smpteSubframes: 'int32',
    smpteRate: 'uint32',
    smpteFlags: 'uint32',
    framesToClock: 'int32',
  },
  { tempo: 72, denominator: 84, smpteRate: 96 },
)
/** A note on; a note off has the same head. What belongs to the kind of event starts at 24: other kinds hold pointers there. */
export const NOTE_ON = layout(
  48,
  {
    bus: 'int32',
    frame: 'int32',
    quarter: 'double',
    flags: 'uint16',
    type: 'uint16',
    gap: 'uint32',
    channel: 'int16',
    pitch: 'int16',
    tuning: 'float',
    velocity: 'float',
    length: 'int32',
    noteId: 'int32',
  },
  { channel: 24, velocity: 32, noteId: 40 },
)
