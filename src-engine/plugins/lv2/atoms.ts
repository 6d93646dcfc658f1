// Numbers for URIs inside stored atoms. They hold for one process only, so states carry a table of the URIs they use.
import { urid, uriOf } from './urids.ts'
import { ATOM } from './uris.ts'

const DEEPEST = 16
const CONTAINERS: ReadonlySet<string> = new Set([
  ATOM.Urid,
  ATOM.Literal,
  ATOM.Tuple,
  ATOM.Vector,
  ATOM.Object,
  ATOM.Resource,
  ATOM.Blank,
  ATOM.Property,
  ATOM.Sequence,
])

/** Reads the number found in a field, writes another in its place, returns the URI it stood for. */
type Exchange = (found: number) => { readonly written: number; readonly uri: string | null }

const padded = (size: number): number => (size + 7) & ~7

/** Visits every field of a value that holds a URI's number (lv2:atom 2.2). Throws RangeError where sizes inside contradict each other. */
const walk = (view: DataView, type: string | null, start: number, size: number, exchange: Exchange, depth: number): void => {
  if (depth > DEEPEST) throw new RangeError('atoms nested too deep')
  if (start + size > view.byteLength) throw new RangeError('atom larger than what holds it')
  const end = start + size
  const field = (offset: number): string | null => {
    const { written, uri } = exchange(view.getUint32(offset, true))
    view.setUint32(offset, written, true)
    return uri
  }
  /** An atom with its header; returns where the next one begins. */
  const atom = (offset: number): number => {
    const bodySize = view.getUint32(offset, true)
    if (offset + 8 + bodySize > end) throw new RangeError('atom larger than what holds it')
    walk(view, field(offset + 4), offset + 8, bodySize, exchange, depth + 1)
    return offset + 8 + padded(bodySize)
  }
  if (type === ATOM.Urid) {
    field(start)
  } else if (type === ATOM.Literal) {
    field(start)
    field(start + 4)
  } else if (type === ATOM.Tuple) {
    for (let at = start; at + 8 <= end; ) at = atom(at)
  } else if (type === ATOM.Vector) {
    const childSize = view.getUint32(start, true)
    if (field(start + 4) === ATOM.Urid && childSize === 4) for (let at = start + 8; at + 4 <= end; at += 4) field(at)
  } else if (type === ATOM.Object || type === ATOM.Resource || type === ATOM.Blank) {
    if (type !== ATOM.Blank) field(start)
    field(start + 4)
    for (let at = start + 8; at + 16 <= end; ) {
      field(at)
      field(at + 4)
      at = atom(at + 8)
    }
  } else if (type === ATOM.Property) {
    field(start)
    field(start + 4)
    atom(start + 8)
  } else if (type === ATOM.Sequence) {
    field(start)
    for (let at = start + 8; at + 16 <= end; ) at = atom(at + 8)
  }
}

/** A value as stored: fields hold places in `uris`, from 1; 0 is none. */
export interface PortableValue {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly uris: readonly string[]
}

/** Takes the process's numbers out of a value. What is no known container, or contradicts itself, is kept as it is. */
export const toPortable = (type: string, value: Uint8Array<ArrayBuffer>): PortableValue => {
  if (!CONTAINERS.has(type)) return { bytes: value, uris: [] }
  const bytes = value.slice()
  const uris: string[] = []
  try {
    walk(
      new DataView(bytes.buffer),
      type,
      0,
      bytes.length,
      (found) => {
        const uri = uriOf(found)
        if (uri === null) return { written: 0, uri: null }
        let place = uris.indexOf(uri)
        if (place < 0) place = uris.push(uri) - 1
        return { written: place + 1, uri }
      },
      0,
    )
    return { bytes, uris }
  } catch (error) {
    if (error instanceof RangeError) return { bytes: value, uris: [] }
    throw error
  }
}

/** Puts this process's numbers into a stored value. Throws RangeError where it contradicts itself. */
export const fromPortable = (type: string, value: PortableValue): Uint8Array<ArrayBuffer> => {
  if (!CONTAINERS.has(type) || value.uris.length === 0) return value.bytes
  const bytes = value.bytes.slice()
  walk(
    new DataView(bytes.buffer),
    type,
    0,
    bytes.length,
    (found) => {
      const uri = value.uris[found - 1] ?? null
      return { written: uri === null ? 0 : urid(uri), uri }
    },
    0,
  )
  return bytes
}
