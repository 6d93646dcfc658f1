// The Turtle of the LV2 fixture bundles: what each says of itself, true or not. The code behind all of them is
// tests/fixtures/plugins/lv2/fixture.c, which goes by the name of the bundle.

const PREFIXES = `@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix state: <http://lv2plug.in/ns/ext/state#> .
@prefix urid: <http://lv2plug.in/ns/ext/urid#> .
@prefix units: <http://lv2plug.in/ns/extensions/units#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
`

interface Port {
  readonly index: number
  readonly symbol: string
  readonly name?: string
  readonly kind: 'AudioPort' | 'ControlPort'
  readonly direction: 'InputPort' | 'OutputPort'
  /** Further statements, each without its closing `;`. */
  readonly says?: readonly string[]
}

const range = (from: string, to: string, otherwise: string) => [`lv2:minimum ${from}`, `lv2:maximum ${to}`, `lv2:default ${otherwise}`]
const audio = (index: number, symbol: string, direction: Port['direction']): Port => ({ index, symbol, kind: 'AudioPort', direction })
const control = (index: number, symbol: string, says: readonly string[]): Port => ({
  index,
  symbol,
  kind: 'ControlPort',
  direction: 'InputPort',
  says,
})

const SOUND = [
  audio(0, 'in_left', 'InputPort'),
  audio(1, 'in_right', 'InputPort'),
  audio(2, 'out_left', 'OutputPort'),
  audio(3, 'out_right', 'OutputPort'),
]
const CHOICES = ['None', 'Crash', 'Hang', 'NaN', 'Infinity', '1e30', 'Denormals'].map((label, value) =>
  `lv2:scalePoint [ rdfs:label "${label}" ; rdf:value ${value}.0 ]`.replace(
    'rdf:value',
    '<http://www.w3.org/1999/02/22-rdf-syntax-ns#value>',
  ),
)
const TRUE_PORTS: readonly Port[] = [
  ...SOUND,
  control(4, 'gain', [...range('-60.0', '12.0', '0.0'), 'units:unit units:db']),
  control(5, 'trouble', [...range('0', '6', '0'), 'lv2:portProperty lv2:enumeration , lv2:integer', ...CHOICES]),
  control(6, 'frames', [...range('0', '9600', '0'), 'lv2:portProperty lv2:integer']),
  { index: 7, symbol: 'peak', kind: 'ControlPort', direction: 'OutputPort', says: range('0.0', '4.0', '0.0') },
  {
    index: 8,
    symbol: 'latency',
    kind: 'ControlPort',
    direction: 'OutputPort',
    says: ['lv2:designation lv2:latency', 'lv2:portProperty lv2:reportsLatency , lv2:integer', ...range('0', '48000', '0')],
  },
]

const portTurtle = (port: Port): string =>
  [
    `    a lv2:${port.direction} , lv2:${port.kind}`,
    `    lv2:index ${port.index}`,
    `    lv2:symbol "${port.symbol}"`,
    `    lv2:name "${port.name ?? port.symbol}"`,
    ...(port.says ?? []).map((statement) => `    ${statement}`),
  ].join(' ;\n')

interface Bundle {
  readonly ports?: readonly Port[]
  readonly name?: string
  readonly says?: readonly string[]
  readonly classes?: string
  /** Written instead of what the ports say. */
  readonly turtle?: string
  readonly manifest?: string
  readonly hasBinary?: false
}

const STATE = ['lv2:extensionData state:interface', 'lv2:optionalFeature urid:map']

/** Bundles by name; the plugin in one is `lv2Uri(name)`. */
export const LV2_BUNDLES = {
  gain: {},
  stateful: { says: STATE },
  'crash-on-load': {},
  'crash-in-instantiate': {},
  'hang-in-instantiate': {},
  'refuse-instantiate': {},
  'crash-in-run': {},
  'hang-in-run': {},
  'crash-in-cleanup': {},
  'hang-in-cleanup': {},
  'crash-in-save': { says: STATE },
  'crash-in-restore': { says: STATE },
  'huge-state': { says: STATE },
  /** Its Turtle admits two of nine ports, so that it runs with ports that point nowhere. */
  'hidden-ports': { ports: SOUND.slice(1, 3).map((port, index) => ({ ...port, index })) },
  /** Its Turtle lists ports the code has never heard of. */
  'invented-ports': {
    ports: [...TRUE_PORTS, ...Array.from({ length: 20 }, (_, i) => control(9 + i, `invented_${i}`, range('0.0', '1.0', '0.5')))],
  },
  /** Indices 0 to 3, then 400. */
  'gap-in-ports': { ports: [...SOUND, control(400, 'far', range('0.0', '1.0', '0.5'))] },
  'odd-ranges': {
    ports: [
      ...SOUND,
      control(4, 'swapped', range('12.0', '-60.0', '0.0')),
      control(5, 'no_default', ['lv2:minimum 0.0', 'lv2:maximum 6.0', 'lv2:default "NaN"^^xsd:double']),
      control(6, 'outside', range('0.0', '100.0', '5000.0')),
      control(7, 'words', range('"low"', '"high"', '"loud"')),
      control(8, 'endless', ['lv2:minimum "-INF"^^xsd:double', 'lv2:maximum "INF"^^xsd:double', 'lv2:default 1e300']),
    ],
  },
  'hostile-names': {
    name: `Bell\\u0007 and\\nnew line \\u001B[31m \\u202Edesrever ${'long name '.repeat(100)}`,
    ports: TRUE_PORTS.map((port) => ({ ...port, name: `\\u202E${port.symbol}\\u0000\\u0008 ${'x'.repeat(1000)}` })),
  },
  'many-parameters': {
    ports: [...SOUND, ...Array.from({ length: 10_000 }, (_, i) => control(4 + i, `p${i}`, range('0.0', '1.0', '0.0')))],
  },
  'broken-turtle': { turtle: `${PREFIXES}<urn:stemma:fixture:lv2:broken-turtle> a lv2:Plugin ; lv2:port [ a lv2:InputPort ; ; ] oops` },
  'broken-manifest': { manifest: '@prefix lv2: <http://lv2plug.in/ns/lv2core# .\n<urn:x a lv2:Plugin' },
  'empty-manifest': { manifest: PREFIXES },
  'missing-binary': { hasBinary: false },
  'other-uri': {},
  'no-plugin': {},
} as const satisfies Record<string, Bundle>

export type Lv2BundleName = keyof typeof LV2_BUNDLES

export const lv2Uri = (name: Lv2BundleName): string => `urn:stemma:fixture:lv2:${name}`

/** Name of the library inside every bundle. */
export const LV2_BINARY = 'fixture.so'

/** The text files of a bundle by file name. */
export const lv2BundleTexts = (name: Lv2BundleName): Readonly<Record<string, string>> => {
  const bundle: Bundle = LV2_BUNDLES[name]
  const uri = `<${lv2Uri(name)}>`
  const ports = (bundle.ports ?? TRUE_PORTS).map((port) => `[\n${portTurtle(port)}\n  ]`).join(' , ')
  const statements = [
    `${uri} a lv2:Plugin , lv2:AmplifierPlugin`,
    `  doap:name "${bundle.name ?? `Fixture ${name}`}"`,
    '  lv2:minorVersion 2',
    '  lv2:microVersion 0',
    ...(bundle.says ?? []).map((statement) => `  ${statement}`),
    `  lv2:port ${ports}`,
  ]
  return {
    'manifest.ttl': bundle.manifest ?? `${PREFIXES}${uri} a lv2:Plugin ; lv2:binary <${LV2_BINARY}> ; rdfs:seeAlso <plugin.ttl> .\n`,
    'plugin.ttl': bundle.turtle ?? `${PREFIXES}${statements.join(' ;\n')} .\n`,
  }
}

/** Whether a bundle holds the library. */
export const hasLv2Binary = (name: Lv2BundleName): boolean => (LV2_BUNDLES[name] as Bundle).hasBinary !== false
