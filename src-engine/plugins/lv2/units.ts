// Units of control ports as short texts: the specification's own, and those a plugin brings with it.
import { foreignText } from '../foreign-text.ts'
import { lilv, type MaybePointer } from './lilv.ts'
import { LV2, localName, RDFS_LABEL } from './uris.ts'
import type { World } from './world.ts'

// lv2:units 5.12; symbols are written here because its own file may be absent.
const SYMBOLS: Readonly<Record<string, string>> = {
  bar: 'bars',
  beat: 'beats',
  bpm: 'BPM',
  cent: 'ct',
  cm: 'cm',
  coef: '',
  db: 'dB',
  degree: '°',
  frame: 'frames',
  hz: 'Hz',
  inch: 'in',
  khz: 'kHz',
  km: 'km',
  m: 'm',
  mhz: 'MHz',
  midiNote: 'note',
  mile: 'mi',
  min: 'min',
  mm: 'mm',
  ms: 'ms',
  oct: 'oct',
  pc: '%',
  s: 's',
  semitone12TET: 'st',
}

const UNITS = 'http://lv2plug.in/ns/extensions/units#'

/** The words around the number of a `printf` format: `%0.2f st` → `st`. */
const aroundNumber = (format: string): string =>
  format
    .replaceAll(/%[-+ #0]*\d*(\.\d+)?[a-zA-Z]/g, ' ')
    .replaceAll('%%', '%')
    .trim()

/** The unit of a port; empty where it has none. */
export const unitOf = (world: World, plugin: MaybePointer, port: MaybePointer): string => {
  const api = lilv()
  const node = api.portGet(plugin, port, world.uri(LV2.unit))
  if (!node) return ''
  try {
    const uri = api.nodeIsUri(node) ? (api.nodeString(node) ?? '') : ''
    if (uri.startsWith(UNITS)) return SYMBOLS[localName(uri)] ?? foreignText(localName(uri), 40)
    const symbol = world.value(node, LV2.unitSymbol)
    if (symbol !== null) return foreignText(symbol, 40)
    const render = world.value(node, LV2.unitRender)
    if (render !== null) return foreignText(aroundNumber(render), 40)
    return foreignText(world.value(node, RDFS_LABEL) ?? (uri ? localName(uri) : ''), 40)
  } finally {
    api.nodeFree(node)
  }
}
