// CBOR (RFC 8949) for what a C2PA store may hold. Everything is bounded before it is allocated: a store is hostile until proven otherwise,
// and general decoders build dates, regular expressions and big arrays on request.

/** Maps with text keys only become objects without prototype; others (COSE headers) become a `Map`. */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | undefined
  | Uint8Array
  | readonly CborValue[]
  | CborTag
  | ReadonlyMap<CborValue, CborValue>
  | { readonly [key: string]: CborValue }

export class CborTag {
  readonly tag: number
  readonly value: CborValue
  constructor(tag: number, value: CborValue) {
    this.tag = tag
    this.value = value
  }
}

export class CborError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CborError'
  }
}

const MAX_DEPTH = 32
const MAX_ITEMS = 500_000
const BREAK = Symbol('break')

const utf8 = new TextDecoder('utf-8', { fatal: true })

class Decoder {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0
  #items = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The one item of the input; anything after it but zero padding is an error. */
  decode(): CborValue {
    const value = this.#value(0)
    for (let i = this.#at; i < this.#bytes.length; i++) if (this.#bytes[i] !== 0) throw new CborError('there are bytes after the value')
    return value
  }

  #take(length: number): number {
    const at = this.#at
    if (length > this.#bytes.length - at) throw new CborError('the data ends too early')
    this.#at = at + length
    return at
  }

  /** Length or number that follows an initial byte; undefined for indefinite length. */
  #argument(info: number): number | bigint | undefined {
    if (info < 24) return info
    if (info === 24) return this.#view.getUint8(this.#take(1))
    if (info === 25) return this.#view.getUint16(this.#take(2))
    if (info === 26) return this.#view.getUint32(this.#take(4))
    if (info === 27) {
      const value = this.#view.getBigUint64(this.#take(8))
      return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
    }
    if (info === 31) return undefined
    throw new CborError('a length is malformed')
  }

  #chunk(length: number | bigint): Uint8Array {
    if (typeof length === 'bigint') throw new CborError('a length is too large')
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  #text(length: number | bigint): string {
    try {
      return utf8.decode(this.#chunk(length))
    } catch (error) {
      if (error instanceof CborError) throw error
      throw new CborError('a text is not UTF-8')
    }
  }

  #value(depth: number): CborValue {
    const value = this.#item(depth)
    if (value === BREAK) throw new CborError('a break stands where a value must be')
    return value
  }

  #item(depth: number): CborValue | typeof BREAK {
    if (depth > MAX_DEPTH) throw new CborError('the data is nested too deeply')
    if (++this.#items > MAX_ITEMS) throw new CborError('there are too many values')
    const initial = this.#view.getUint8(this.#take(1))
    const major = initial >> 5
    const info = initial & 31
    if (major === 7) return this.#simple(info)
    const argument = this.#argument(info)
    switch (major) {
      case 0:
        if (argument === undefined) break
        return argument
      case 1:
        if (argument === undefined) break
        return typeof argument === 'bigint' ? -1n - argument : -1 - argument
      case 2:
        return argument === undefined ? this.#joinBytes(depth) : this.#chunk(argument)
      case 3:
        return argument === undefined ? this.#joinText(depth) : this.#text(argument)
      case 4:
        return this.#array(argument, depth)
      case 5:
        return this.#map(argument, depth)
      default: {
        if (typeof argument !== 'number') break
        return new CborTag(argument, this.#value(depth + 1))
      }
    }
    throw new CborError('a value is malformed')
  }

  #simple(info: number): CborValue | typeof BREAK {
    switch (info) {
      case 20:
        return false
      case 21:
        return true
      case 22:
        return null
      case 23:
        return undefined
      case 25:
        return halfFloat(this.#view.getUint16(this.#take(2)))
      case 26:
        return this.#view.getFloat32(this.#take(4))
      case 27:
        return this.#view.getFloat64(this.#take(8))
      case 31:
        return BREAK
      default:
        throw new CborError('a simple value is unknown')
    }
  }

  #joinBytes(depth: number): Uint8Array {
    const parts: Uint8Array[] = []
    for (let part = this.#item(depth + 1); part !== BREAK; part = this.#item(depth + 1)) {
      if (!(part instanceof Uint8Array)) throw new CborError('a byte string is malformed')
      parts.push(part)
    }
    return Buffer.concat(parts)
  }

  #joinText(depth: number): string {
    let text = ''
    for (let part = this.#item(depth + 1); part !== BREAK; part = this.#item(depth + 1)) {
      if (typeof part !== 'string') throw new CborError('a text is malformed')
      text += part
    }
    return text
  }

  #array(length: number | bigint | undefined, depth: number): readonly CborValue[] {
    const values: CborValue[] = []
    if (length === undefined) {
      for (let item = this.#item(depth + 1); item !== BREAK; item = this.#item(depth + 1)) values.push(item)
      return values
    }
    // Grows as values arrive: a claimed length allocates nothing.
    for (let i = 0; i < length; i++) values.push(this.#value(depth + 1))
    return values
  }

  #map(length: number | bigint | undefined, depth: number): CborValue {
    const entries = new Map<CborValue, CborValue>()
    let isText = true
    for (let i = 0; length === undefined || i < length; i++) {
      const key = this.#item(depth + 1)
      if (key === BREAK) {
        if (length === undefined) break
        throw new CborError('a map is malformed')
      }
      if (typeof key !== 'string') isText = false
      // Two readers may pick different ones of two equal keys: what one shows is not what the other checked.
      if (entries.has(key)) throw new CborError('a map holds the same key twice')
      entries.set(key, this.#value(depth + 1))
    }
    if (!isText) return entries
    const object: { [key: string]: CborValue } = Object.create(null)
    for (const [key, value] of entries) object[key as string] = value
    return object
  }
}

const halfFloat = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * 2 ** -24 * fraction
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * 2 ** (exponent - 25) * (1024 + fraction)
}

/** Decodes one CBOR value. Throws `CborError` with a plain reason. */
export const decodeCbor = (bytes: Uint8Array): CborValue => new Decoder(bytes).decode()

/** The value as a text-keyed map, or undefined. */
export const asObject = (value: CborValue): { readonly [key: string]: CborValue } | undefined =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array) &&
  !(value instanceof Map) &&
  !(value instanceof CborTag)
    ? (value as { readonly [key: string]: CborValue })
    : undefined

export const asArray = (value: CborValue): readonly CborValue[] | undefined =>
  Array.isArray(value) ? (value as readonly CborValue[]) : undefined

export const asText = (value: CborValue): string | undefined => (typeof value === 'string' ? value : undefined)

export const asBytes = (value: CborValue): Uint8Array | undefined => (value instanceof Uint8Array ? value : undefined)

export const asNumber = (value: CborValue): number | undefined => (typeof value === 'number' ? value : undefined)

/** Plain JSON of a decoded value: bytes become base64, tags their content, text stays text. */
export const toJson = (value: CborValue): unknown => {
  if (value instanceof CborTag) return toJson(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Map) return [...value].map(([key, item]) => [toJson(key), toJson(item)])
  const array = asArray(value)
  if (array) return array.map(toJson)
  const object = asObject(value)
  if (object) return Object.fromEntries(Object.entries(object).map(([key, item]) => [key, toJson(item)]))
  return value ?? null
}
