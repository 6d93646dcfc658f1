// Writes small ONNX files for tests: just enough of onnx.proto to build a graph by hand. Test code; the app never writes models.

const varint = (value: number): number[] => {
  const bytes: number[] = []
  let left = value
  while (left >= 128) {
    bytes.push((left % 128) | 128)
    left = Math.floor(left / 128)
  }
  return [...bytes, left]
}
const number = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)]
const inside = (field: number, bytes: readonly number[]): number[] => [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes]
const text = (field: number, value: string): number[] => inside(field, [...Buffer.from(value)])

/** A number is fixed, a string is open. */
export type Dimension = number | string

export const tensorInfo = (name: string, shape: readonly Dimension[], elementType = 1): number[] => {
  const dims = shape.flatMap((dim) => inside(1, typeof dim === 'number' ? number(1, dim) : text(2, dim)))
  return [...text(1, name), ...inside(2, inside(1, [...number(1, elementType), ...inside(2, dims)]))]
}

/** A float32 constant. */
export const constant = (name: string, shape: readonly number[], values: readonly number[]): number[] => [
  ...shape.flatMap((dim) => number(1, dim)),
  ...number(2, 1),
  ...text(8, name),
  ...inside(9, [...new Uint8Array(Float32Array.from(values).buffer)]),
]

/** An int64 constant. */
export const wholeConstant = (name: string, shape: readonly number[], values: readonly number[]): number[] => [
  ...shape.flatMap((dim) => number(1, dim)),
  ...number(2, 7),
  ...text(8, name),
  ...inside(9, [...new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer)]),
]

/** A bool constant. */
export const yes = (name: string): number[] => [...number(2, 9), ...text(8, name), ...inside(9, [1])]

/** A constant whose numbers would lie in another file. */
export const externalConstant = (name: string): number[] => [
  ...number(1, 1),
  ...number(2, 1),
  ...text(8, name),
  ...inside(13, [...text(1, 'location'), ...text(2, '../../secret.bin')]),
  ...number(14, 1),
]

export interface NodeSpec {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly domain?: string
  /** Whole-number lists by name. */
  readonly ints?: Readonly<Record<string, readonly number[]>>
  readonly graphs?: Readonly<Record<string, readonly number[]>>
}

const node = ({ op, inputs, outputs, domain, ints = {}, graphs = {} }: NodeSpec): number[] => [
  ...inputs.flatMap((name) => text(1, name)),
  ...outputs.flatMap((name) => text(2, name)),
  ...text(4, op),
  ...Object.entries(ints).flatMap(([name, values]) =>
    inside(5, [...text(1, name), ...values.flatMap((value) => number(8, value)), ...number(20, 7)]),
  ),
  ...Object.entries(graphs).flatMap(([name, graph]) => inside(5, [...text(1, name), ...inside(6, graph), ...number(20, 5)])),
  ...(domain ? text(7, domain) : []),
]

export interface GraphSpec {
  readonly nodes: readonly NodeSpec[]
  readonly constants?: readonly (readonly number[])[]
  readonly inputs: readonly (readonly number[])[]
  readonly outputs: readonly (readonly number[])[]
}

export const graph = ({ nodes, constants = [], inputs, outputs }: GraphSpec): number[] => [
  ...nodes.flatMap((one) => inside(1, node(one))),
  ...text(2, 'made'),
  ...constants.flatMap((one) => inside(5, one)),
  ...inputs.flatMap((one) => inside(11, one)),
  ...outputs.flatMap((one) => inside(12, one)),
]

/** A whole file. */
export const onnxFile = (spec: GraphSpec, metadata: Readonly<Record<string, string>> = {}): Uint8Array =>
  Uint8Array.from([
    ...number(1, 8),
    ...inside(8, number(2, 13)),
    ...inside(8, [...text(1, 'made.up'), ...number(2, 1)]),
    ...inside(7, graph(spec)),
    ...Object.entries(metadata).flatMap(([key, value]) => inside(14, [...text(1, key), ...text(2, value)])),
  ])

export const DECLARED = { 'stemma.name': 'Halver', 'stemma.version': '1', 'stemma.licence': 'CC0-1.0' }

/** Multiplies by a number: any channels, any length. */
export const gainModel = (
  gain: number,
  metadata: Readonly<Record<string, string>> = DECLARED,
  shape: readonly Dimension[] = [1, 'channels', 'frames'],
): Uint8Array =>
  onnxFile(
    {
      nodes: [{ op: 'Mul', inputs: ['sound', 'gain'], outputs: ['made'] }],
      constants: [constant('gain', [1], [gain])],
      inputs: [tensorInfo('sound', shape)],
      outputs: [tensorInfo('made', shape)],
    },
    metadata,
  )

/** A convolution over mono pieces of one length: the mean of five neighbours. */
export const smoothModel = (frames: number): Uint8Array =>
  onnxFile(
    {
      nodes: [{ op: 'Conv', inputs: ['sound', 'weights'], outputs: ['made'], ints: { kernel_shape: [5], pads: [2, 2] } }],
      constants: [constant('weights', [1, 1, 5], [0.2, 0.2, 0.2, 0.2, 0.2])],
      inputs: [tensorInfo('sound', [1, 1, frames])],
      outputs: [tensorInfo('made', [1, 1, frames])],
    },
    DECLARED,
  )

/** Goes round a loop `times` times for each call before it gives the sound back. */
export const loopingModel = (times: number): Uint8Array => {
  const body = graph({
    nodes: [
      { op: 'Identity', inputs: ['going'], outputs: ['goes'] },
      { op: 'Sin', inputs: ['before'], outputs: ['after'] },
    ],
    inputs: [tensorInfo('turn', [], 7), tensorInfo('going', [], 9), tensorInfo('before', [1, 'channels', 'frames'])],
    outputs: [tensorInfo('goes', [], 9), tensorInfo('after', [1, 'channels', 'frames'])],
  })
  return onnxFile(
    {
      nodes: [{ op: 'Loop', inputs: ['times', 'start', 'sound'], outputs: ['made'], graphs: { body } }],
      constants: [wholeConstant('times', [], [times]), yes('start')],
      inputs: [tensorInfo('sound', [1, 'channels', 'frames'])],
      outputs: [tensorInfo('made', [1, 'channels', 'frames'])],
    },
    DECLARED,
  )
}
