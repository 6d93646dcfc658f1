// One blob for the two states of a VST3 plugin, the sound-making half's and the controlling half's. See docs/formats: `SV3S`, version byte, then
// twice a 32-bit little-endian length with so many bytes; a length of all ones stands for "none".
const MAGIC = [0x53, 0x56, 0x33, 0x53, 1] as const
const NONE = 0xffff_ffff

export interface PluginStates {
  readonly component: Uint8Array | null
  readonly controller: Uint8Array | null
}

export const encodeStates = ({ component, controller }: PluginStates): Uint8Array => {
  const parts = [component, controller]
  const bytes = new Uint8Array(MAGIC.length + parts.reduce((sum, part) => sum + 4 + (part?.length ?? 0), 0))
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  let offset: number = MAGIC.length
  for (const part of parts) {
    view.setUint32(offset, part?.length ?? NONE, true)
    if (part !== null) bytes.set(part, offset + 4)
    offset += 4 + (part?.length ?? 0)
  }
  return bytes
}

/** Throws a sentence where the bytes are not such a blob. */
export const decodeStates = (bytes: Uint8Array): PluginStates => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let offset: number = MAGIC.length
  const part = (): Uint8Array | null => {
    if (offset + 4 > bytes.length) throw new Error('the saved state of the plugin breaks off')
    const length = view.getUint32(offset, true)
    offset += 4
    if (length === NONE) return null
    if (offset + length > bytes.length) throw new Error('the saved state of the plugin breaks off')
    offset += length
    return bytes.subarray(offset - length, offset)
  }
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw new Error('this is no saved state of a VST3 plugin')
  const states = { component: part(), controller: part() }
  if (offset !== bytes.length) throw new Error('the saved state of the plugin has more behind its end')
  return states
}
