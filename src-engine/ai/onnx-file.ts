// Reads what an ONNX file says of itself (onnx.proto, IR 3 and later) without running it: metadata, inputs, outputs, and what must not be in it. The file
// comes from outside: every length is checked, nothing is copied, and depth and counts are bounded.
import { ProblemError } from '../../src-shared/std/index.ts'

export interface OnnxValue {
  readonly name: string
  /** 1 is float32; 0 where the value is no plain tensor. */
  readonly elementType: number
  /** Null for a dimension that is open; null altogether where the file gives none. */
  readonly shape: readonly (number | null)[] | null
}

export interface OnnxFacts {
  readonly metadata: ReadonlyMap<string, string>
  /** What a caller has to feed: inputs that are not filled by the file itself. */
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly nodes: number
}

const MAX_DEPTH = 16
const MAX_NODES = 200_000
const MAX_TEXT = 10_000
const EXTERNAL = 1

const refuse = (message: string): never => {
  throw new ProblemError({ code: 'ai.model_refused', message })
}
const broken = (): never => refuse('The model file is damaged or no ONNX file. Export it again.')

/** A stretch of the file, read field by field. */
class Fields {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  /** Calls back for each field: its number, and its number value or the stretch it holds. */
  each(visit: (field: number, value: number, inside: Fields | undefined) => void): void {
    while (this.#at < this.#end) {
      const tag = this.#varint()
      const wire = tag % 8
      const field = Math.floor(tag / 8)
      if (field === 0) broken()
      if (wire === 0) visit(field, this.#varint(), undefined)
      else if (wire === 1) this.#skip(8)
      else if (wire === 5) this.#skip(4)
      else if (wire === 2) {
        const length = this.#varint()
        const start = this.#at
        this.#skip(length)
        visit(field, length, new Fields(this.#bytes, start, this.#at))
      } else broken()
    }
  }

  text(): string {
    if (this.#end - this.#at > MAX_TEXT) refuse('The model file carries texts that are too long. Export it again without them.')
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, this.#end - this.#at).toString('utf8')
  }

  #skip(bytes: number): void {
    if (bytes > this.#end - this.#at) broken()
    this.#at += bytes
  }

  // Numbers above 2^53 lose their last digits, which only a hostile file would miss.
  #varint(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) broken()
      const byte = this.#bytes[this.#at++] as number
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
    return broken()
  }
}

/** Throws `ProblemError` `ai.model_refused` for what is no ONNX file, keeps data in other files, or is nested or large beyond reason. */
export const readOnnx = (bytes: Uint8Array): OnnxFacts => {
  const metadata = new Map<string, string>()
  const inputs: OnnxValue[] = []
  const outputs: OnnxValue[] = []
  const filled = new Set<string>()
  let nodes = 0
  let graphs = 0
  let irVersion = 0

  const tensor = (fields: Fields): string => {
    let name = ''
    fields.each((field, value, inside) => {
      if (field === 8 && inside) name = inside.text()
      if (field === 13 || (field === 14 && value === EXTERNAL))
        refuse('The model keeps its numbers in a second file. Export it as one file: Stemma reads no others.')
    })
    return name
  }
  const attribute = (fields: Fields, depth: number): void =>
    fields.each((field, _value, inside) => {
      if (!inside) return
      if (field === 5 || field === 10) tensor(inside)
      if (field === 6 || field === 11) graph(inside, depth + 1)
    })
  const node = (fields: Fields, depth: number): void => {
    nodes++
    if (nodes > MAX_NODES) refuse('The model has more steps than Stemma runs. Use a smaller one.')
    fields.each((field, _value, inside) => {
      if (field === 5 && inside) attribute(inside, depth)
    })
  }
  const graph = (fields: Fields, depth: number): void => {
    if (depth > MAX_DEPTH) refuse('The model is nested deeper than any real one. Stemma does not run it.')
    graphs++
    fields.each((field, _value, inside) => {
      if (!inside) return
      if (field === 1) node(inside, depth)
      else if (field === 5) {
        const name = tensor(inside)
        if (depth === 0) filled.add(name)
      } else if (field === 15) refuse('The model holds sparse numbers, which Stemma does not run. Export it with plain ones.')
      else if (depth === 0 && field === 11) inputs.push(describedValue(inside))
      else if (depth === 0 && field === 12) outputs.push(describedValue(inside))
    })
  }

  new Fields(bytes).each((field, value, inside) => {
    if (field === 1 && !inside) irVersion = value
    if (!inside) return
    if (field === 7) graph(inside, 0)
    else if (field === 14) {
      const [key, text] = pairOf(inside)
      if (metadata.size < 1_000) metadata.set(key, text)
    } else if (field === 25)
      inside.each((part, _value, body) => {
        if (part === 7 && body) node(body, 1)
      })
  })
  if (irVersion === 0 || graphs === 0) broken()
  return { metadata, inputs: inputs.filter(({ name }) => !filled.has(name)), outputs, nodes }
}

const pairOf = (fields: Fields): readonly [string, string] => {
  let key = ''
  let text = ''
  fields.each((field, _value, inside) => {
    if (field === 1 && inside) key = inside.text()
    if (field === 2 && inside) text = inside.text()
  })
  return [key, text]
}

const describedValue = (fields: Fields): OnnxValue => {
  let name = ''
  let elementType = 0
  let shape: (number | null)[] | null = null
  const dimension = (dim: Fields): number | null => {
    let size: number | null = null
    dim.each((field, value, inside) => {
      if (field === 1 && !inside) size = value
    })
    return size
  }
  fields.each((field, _value, inside) => {
    if (field === 1 && inside) name = inside.text()
    if (field !== 2 || !inside) return
    inside.each((kind, _kindValue, type) => {
      if (kind !== 1 || !type) return
      type.each((part, value, body) => {
        if (part === 1 && !body) elementType = value
        if (part !== 2 || !body) return
        const dims: (number | null)[] = []
        body.each((_dim, _dimValue, dim) => {
          if (dims.length > 8) refuse('The model takes sound in a shape that Stemma does not know.')
          if (dim) dims.push(dimension(dim))
        })
        shape = dims
      })
    })
  })
  return { name, elementType, shape }
}
