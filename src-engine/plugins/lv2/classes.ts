// What an LV2 class says a plugin is. Labels are made from the class names: the file that has them may be absent.
import type { PLUGIN_CATEGORIES } from '../../../src-shared/plugins/index.ts'
import type { Port } from './ports.ts'
import { LV2, localName } from './uris.ts'

export type Category = (typeof PLUGIN_CATEGORIES)[number]

const LABELS: Readonly<Record<string, string>> = {
  EQPlugin: 'EQ',
  ParaEQPlugin: 'Parametric EQ',
  MultiEQPlugin: 'Multiband EQ',
  MIDIPlugin: 'MIDI',
}

/** `CompressorPlugin` → `Compressor`. */
export const classLabel = (uri: string): string => {
  const name = localName(uri)
  return LABELS[name] ?? name.replace(/Plugin$/, '').replaceAll(/([a-z])([A-Z])/g, '$1 $2')
}

const NOTE_CLASSES = ['MIDIPlugin']

/** Ports decide where the class is vague: what makes sound of notes is an instrument whatever it calls itself. */
export const categoryOf = (classes: readonly string[], ports: readonly Port[]): Category => {
  const names = new Set(classes.map(localName))
  const audioIn = ports.some((port) => port.kind === 'audio' && port.isInput)
  const audioOut = ports.some((port) => port.kind === 'audio' && !port.isInput)
  const notesIn = ports.some((port) => (port.kind === 'atom' || port.kind === 'event') && port.isInput && port.takesNotes)
  const notesOut = ports.some((port) => (port.kind === 'atom' || port.kind === 'event') && !port.isInput && port.takesNotes)
  if (audioOut && notesIn && (!audioIn || names.has('InstrumentPlugin'))) return 'instrument'
  if (names.has('AnalyserPlugin')) return 'analyser'
  if (!audioOut && notesIn && (notesOut || NOTE_CLASSES.some((name) => names.has(name)))) return 'note effect'
  if (audioIn && !audioOut) return 'analyser'
  return audioIn && audioOut ? 'effect' : 'other'
}

export const tagsOf = (classes: readonly string[]): string[] => [
  ...new Set(
    classes
      .filter((uri) => uri.startsWith('http://lv2plug.in/ns/') && uri !== LV2.Plugin)
      .map(classLabel)
      .filter((label) => label !== ''),
  ),
]
