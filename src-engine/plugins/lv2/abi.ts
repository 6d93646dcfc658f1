// Layouts of the C structs shared with LV2 plugins, checked against the running machine: a wrong offset is a native crash far from its cause.
import koffi from 'koffi'

const P = 'void *'

/** Size and the offsets that are used, of each struct on a 64-bit machine (LV2 headers 1.18). */
export const LAYOUT = {
  feature: { size: 16, uri: 0, data: 8 },
  pair: { size: 16, handle: 0, call: 8 },
  option: { size: 32, context: 0, subject: 4, key: 8, valueSize: 12, type: 16, value: 24 },
  log: { size: 24, handle: 0, printf: 8, vprintf: 16 },
  mapPath: { size: 24, handle: 0, abstract: 8, absolute: 16 },
  eventFeature: { size: 24, handle: 0, ref: 8, unref: 16 },
  eventBuffer: { size: 24, data: 0, headerSize: 8, stampType: 10, count: 12, capacity: 16, used: 20 },
  descriptor: { size: 64, connect: 16, activate: 24, run: 32, deactivate: 40, extension: 56 },
  instance: { size: 24, descriptor: 0, handle: 8 },
  worker: { size: 24, work: 0, response: 8, endRun: 16 },
  state: { size: 16, save: 0, restore: 8 },
  sequence: { size: 16, atomSize: 0, atomType: 4, unit: 8, pad: 12 },
  sequenceEvent: { size: 16, frames: 0, bodySize: 8, bodyType: 12 },
} as const

export const PROTOTYPES = {
  connect: koffi.proto('lv2_connect_port', 'void', [P, 'uint32', P]),
  plain: koffi.proto('lv2_plain', 'void', [P]),
  run: koffi.proto('lv2_run', 'void', [P, 'uint32']),
  extension: koffi.proto('lv2_extension_data', P, ['str']),
  map: koffi.proto('lv2_urid_map', 'uint32', [P, 'str']),
  unmap: koffi.proto('lv2_urid_unmap', P, [P, 'uint32']),
  uriToId: koffi.proto('lv2_uri_to_id', 'uint32', [P, 'str', 'str']),
  eventRef: koffi.proto('lv2_event_ref', 'uint32', [P, P]),
  schedule: koffi.proto('lv2_schedule_work', 'int', [P, 'uint32', P]),
  work: koffi.proto('lv2_work', 'int', [P, P, P, 'uint32', P]),
  workResponse: koffi.proto('lv2_work_response', 'int', [P, 'uint32', P]),
  endRun: koffi.proto('lv2_end_run', 'int', [P]),
  log: koffi.proto('lv2_log', 'int', [P, 'uint32', 'str']),
  path: koffi.proto('lv2_path', P, [P, 'str']),
  freePath: koffi.proto('lv2_free_path', 'void', [P, P]),
  store: koffi.proto('lv2_state_store', 'uint32', [P, 'uint32', P, 'size_t', 'uint32', 'uint32']),
  retrieve: koffi.proto('lv2_state_retrieve', P, [P, 'uint32', P, P, P]),
  save: koffi.proto('lv2_state_save', 'uint32', [P, P, P, 'uint32', P]),
  restore: koffi.proto('lv2_state_restore', 'uint32', [P, P, P, 'uint32', P]),
  setPort: koffi.proto('lilv_set_port_value', 'void', ['str', P, P, 'uint32', 'uint32']),
} as const

const STRUCTS: readonly (readonly [keyof typeof LAYOUT, Record<string, string>])[] = [
  ['feature', { uri: P, data: P }],
  ['pair', { handle: P, call: P }],
  ['option', { context: 'uint32', subject: 'uint32', key: 'uint32', valueSize: 'uint32', type: 'uint32', value: P }],
  ['log', { handle: P, printf: P, vprintf: P }],
  ['mapPath', { handle: P, abstract: P, absolute: P }],
  ['eventFeature', { handle: P, ref: P, unref: P }],
  ['eventBuffer', { data: P, headerSize: 'uint16', stampType: 'uint16', count: 'uint32', capacity: 'uint32', used: 'uint32' }],
  ['descriptor', { uri: P, instantiate: P, connect: P, activate: P, run: P, deactivate: P, cleanup: P, extension: P }],
  ['instance', { descriptor: P, handle: P, own: P }],
  ['worker', { work: P, response: P, endRun: P }],
  ['state', { save: P, restore: P }],
  ['sequence', { atomSize: 'uint32', atomType: 'uint32', unit: 'uint32', pad: 'uint32' }],
  ['sequenceEvent', { frames: 'int64', bodySize: 'uint32', bodyType: 'uint32' }],
]

let isChecked = false

/** Throws on a machine whose C structs are laid out in another way than this code writes them. */
export const checkLayouts = (): void => {
  if (isChecked) return
  if (new Uint8Array(new Uint32Array([1]).buffer)[0] !== 1) throw new Error('LV2 plugins need a little-endian machine')
  for (const [name, members] of STRUCTS) {
    const type = koffi.struct(members)
    const expected: { readonly size: number; readonly [member: string]: number } = LAYOUT[name]
    const found = koffi.sizeof(type)
    if (found !== expected.size) throw new Error(`LV2 struct ${name} has ${found} bytes here, not ${expected.size}`)
    for (const member of Object.keys(members)) {
      const offset = koffi.offsetof(type, member)
      if (expected[member] !== undefined && expected[member] !== offset) {
        throw new Error(`LV2 struct ${name} has ${member} at ${offset} here, not at ${expected[member]}`)
      }
    }
  }
  isChecked = true
}
