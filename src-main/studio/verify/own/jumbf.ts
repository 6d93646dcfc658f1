// JUMBF boxes (ISO 19566-5) as C2PA uses them: a store of manifests, each a superbox of assertions, claim and signature.
// Nothing is copied; every box is a view into the store, so that hashes run over the very bytes that were read.

/** A superbox with its label, type and children. */
export interface Superbox {
  readonly label: string
  /** First four characters of the content type (`c2pa`, `c2ma`, `cbor`, `json`…), as text. */
  readonly kind: string
  /** Everything after the box header: what hashed URIs hash. */
  readonly payload: Uint8Array
  readonly superboxes: readonly Superbox[]
  /** Content boxes by type, in order. */
  readonly contents: readonly { readonly type: string; readonly bytes: Uint8Array }[]
}

export class JumbfError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'JumbfError'
  }
}

const MAX_DEPTH = 16
const MAX_BOXES = 100_000
const latin1 = new TextDecoder('latin1')
const utf8 = new TextDecoder('utf-8', { fatal: true })

interface Box {
  readonly type: string
  readonly body: Uint8Array
}

const readBoxes = (bytes: Uint8Array, budget: { left: number }): readonly Box[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const boxes: Box[] = []
  let at = 0
  while (at < bytes.length) {
    if (--budget.left < 0) throw new JumbfError('there are too many boxes')
    if (bytes.length - at < 8) throw new JumbfError('a box header is cut off')
    let length = view.getUint32(at)
    const type = latin1.decode(bytes.subarray(at + 4, at + 8))
    let header = 8
    if (length === 1) {
      if (bytes.length - at < 16) throw new JumbfError('a box header is cut off')
      const long = view.getBigUint64(at + 8)
      if (long > BigInt(bytes.length)) throw new JumbfError('a box is longer than its parent')
      length = Number(long)
      header = 16
    }
    if (length < header || length > bytes.length - at) throw new JumbfError('a box is longer than its parent')
    boxes.push({ type, body: bytes.subarray(at + header, at + length) })
    at += length
  }
  return boxes
}

const readDescription = (body: Uint8Array): { kind: string; label: string } => {
  if (body.length < 17) throw new JumbfError('a box description is cut off')
  const toggles = body[16] ?? 0
  if (!(toggles & 2)) return { kind: latin1.decode(body.subarray(0, 4)), label: '' }
  const end = body.indexOf(0, 17)
  if (end < 0 || end - 17 > 1_000) throw new JumbfError('a box label does not end')
  try {
    return { kind: latin1.decode(body.subarray(0, 4)), label: utf8.decode(body.subarray(17, end)) }
  } catch {
    throw new JumbfError('a box label is not UTF-8')
  }
}

const readSuperbox = (payload: Uint8Array, depth: number, budget: { left: number }): Superbox => {
  if (depth > MAX_DEPTH) throw new JumbfError('boxes are nested too deeply')
  const [description, ...rest] = readBoxes(payload, budget)
  if (description?.type !== 'jumd') throw new JumbfError('a box has no description')
  const superboxes: Superbox[] = []
  const contents: { type: string; bytes: Uint8Array }[] = []
  for (const box of rest) {
    if (box.type === 'jumb') superboxes.push(readSuperbox(box.body, depth + 1, budget))
    else contents.push({ type: box.type, bytes: box.body })
  }
  return { ...readDescription(description.body), payload, superboxes, contents }
}

/** Reads a manifest store. Throws `JumbfError` with a plain reason; trailing bytes after the store may only be zeros. */
export const readManifestStore = (bytes: Uint8Array): Superbox => {
  if (bytes.length < 8) throw new JumbfError('the manifest store is cut off')
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0)
  const padding = bytes.subarray(Math.min(Math.max(length, 8), bytes.length))
  if (padding.some((byte) => byte !== 0)) throw new JumbfError('there are bytes after the manifest store')
  const [box] = readBoxes(bytes.subarray(0, bytes.length - padding.length), { left: 2 })
  if (box?.type !== 'jumb') throw new JumbfError('the manifest store is not a JUMBF box')
  const store = readSuperbox(box.body, 0, { left: MAX_BOXES })
  if (store.kind !== 'c2pa' || store.label !== 'c2pa') throw new JumbfError('the box is not a C2PA manifest store')
  return store
}

/** The child with this label; undefined where there is none, an error where there are two. */
export const childOf = (box: Superbox, label: string): Superbox | undefined => {
  const found = box.superboxes.filter((child) => child.label === label)
  if (found.length > 1) throw new JumbfError(`two boxes are called ${label.slice(0, 80)}`)
  return found[0]
}

/** The only content box, if it has this type. */
export const contentOf = (box: Superbox, type: string): Uint8Array | undefined => {
  const [first, second] = box.contents
  return first && !second && first.type === type ? first.bytes : undefined
}
