// One blob for the state of a VST3 plugin: that of its sound-making half, that of its controlling half, and values the former has yet to hear of.
// All little-endian: `SV3S`, version byte; twice a 32-bit length with so many bytes, where a length of all ones stands for "none"; a 32-bit
// count of values, each a 32-bit parameter id and a 64-bit float.
const MAGIC = [0x53, 0x56, 0x33, 0x53, 1] as const
const NONE = 0xffff_ffff
const VALUE_BYTES = 12

export interface PluginStates {
  readonly component: Uint8Array | null
  readonly controller: Uint8Array | null
  /** By VST3 parameter id. */
  readonly values: ReadonlyMap<number, number>
}

export const encodeStates = ({ component, controller, values }: PluginStates): Uint8Array => {
  const parts = [component, controller]
  const bytes = new Uint8Array(MAGIC.length + parts.reduce((sum, part) => sum + 4 + (part?.length ?? 0), 0) + 4 + VALUE_BYTES * values.size)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  let offset: number = MAGIC.length
  for (const part of parts) {
    view.setUint32(offset, part?.length ?? NONE, true)
    if (part !== null) bytes.set(part, offset + 4)
    offset += 4 + (part?.length ?? 0)
  }
  view.setUint32(offset, values.size, true)
  offset += 4
  for (const [id, value] of [...values].sort(([a], [b]) => a - b)) {
    view.setUint32(offset, id, true)
    view.setFloat64(offset + 4, value, true)
    offset += VALUE_BYTES
  }
  return bytes
}

/** Throws a sentence where the bytes are not such a blob. */
export const decodeStates = (bytes: Uint8Array): PluginStates => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset: number = MAGIC.length
  const take = (length: number): number => {
    if (offset + length > bytes.length) throw new Error('the saved state of the plugin breaks off')
    offset += length
    return offset - length
  }
  const part = (): Uint8Array | null => {
    const length = view.getUint32(take(4), true)
    if (length === NONE) return null
    const start = take(length)
    return bytes.subarray(start, start + length)
  }
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw new Error('this is no saved state of a VST3 plugin')
  const component = part()
  const controller = part()
  const values = new Map<number, number>()
  const count = view.getUint32(take(4), true)
  for (let i = 0; i < count; i++) {
    const at = take(VALUE_BYTES)
    const value = view.getFloat64(at + 4, true)
    values.set(view.getUint32(at, true), value >= 0 && value <= 1 ? value : 0)
  }
  if (offset !== bytes.length) throw new Error('the saved state of the plugin has more behind its end')
  return { component, controller, values }
}
