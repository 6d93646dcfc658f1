// How a plugin's parameter is shown and turned: its range for a control, its value in words. What is odd in foreign metadata is made usable here.
import type { PluginDescriptor, PluginParameter, PluginRef } from '../../src-shared/plugins/index.ts'
import type { Device } from '../../src-shared/remix/index.ts'
import type { NumberRange } from '../parts/index.ts'

/** Names come from foreign code: empty ones fall back to the id. */
export const parameterName = ({ name, id }: PluginParameter): string => name.trim() || id

const digitsFor = (span: number): number => (span >= 1_000 ? 0 : span >= 100 ? 1 : span >= 1 ? 2 : 4)

/** A value with the parameter's unit, where the plugin has no words of its own for it. */
export const plainText = ({ min, max, unit, isInteger, isToggle, choices }: PluginParameter, value: number): string => {
  if (choices.length > 0) {
    const nearest = choices.reduce((best, choice) => (Math.abs(choice.value - value) < Math.abs(best.value - value) ? choice : best))
    return nearest.label
  }
  if (isToggle) return value > (min + max) / 2 ? 'On' : 'Off'
  const number = isInteger ? String(Math.round(value)) : value.toFixed(digitsFor(Math.abs(max - min)))
  const shown = Number(number) === 0 ? number.replace('-', '') : number.replace('-', '−')
  return `${shown}${unit === '' ? '' : ` ${unit}`}`
}

/** A range beyond this is drawn as if it ended there: no hand could set a value in it. */
const FARTHEST = 1e9

const within = (value: number, min: number, max: number): number => Math.max(min, Math.min(max, Number.isNaN(value) ? min : value))

/** How a control travels over a parameter. A logarithmic range that reaches zero or below cannot be one. */
export const rangeOf = ({ min, max, default: standard, isLogarithmic, isInteger }: PluginParameter): NumberRange => {
  const bottom = within(Math.min(min, max), -FARTHEST, FARTHEST - 1)
  const end = within(Math.max(min, max), -FARTHEST, FARTHEST)
  const top = end > bottom ? end : bottom + 1
  const scale = isInteger ? 'step' : isLogarithmic && bottom > 0 ? 'log' : 'linear'
  return { min: bottom, max: top, default: within(standard, bottom, top), scale, step: isInteger ? 1 : (top - bottom) / 100 }
}

/** Parameters with a heading before each group, in the plugin's order; what is closed keeps its heading only. */
export type EditorRow =
  | { readonly kind: 'group'; readonly path: string; readonly count: number; readonly isOpen: boolean }
  | { readonly kind: 'parameter'; readonly parameter: PluginParameter }

export interface RowFilter {
  readonly query: string
  readonly showsHidden: boolean
  readonly closed: ReadonlySet<string>
}

export const editorRows = (
  { parameters }: Pick<PluginDescriptor, 'parameters'>,
  { query, showsHidden, closed }: RowFilter,
): EditorRow[] => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const groups = new Map<string, PluginParameter[]>()
  for (const parameter of parameters) {
    // The host bypasses by itself, without a jump of the sound.
    if (parameter.isBypass || (parameter.isHidden && !showsHidden)) continue
    const text = `${parameter.group} ${parameterName(parameter)}`.toLowerCase()
    if (!words.every((word) => text.includes(word))) continue
    const group = groups.get(parameter.group)
    if (group) group.push(parameter)
    else groups.set(parameter.group, [parameter])
  }
  const hasHeadings = groups.size > 1 || (groups.size === 1 && !groups.has(''))
  return [...groups].flatMap(([path, members]): EditorRow[] => {
    const isOpen = words.length > 0 || !closed.has(path)
    const heading: EditorRow[] = hasHeadings ? [{ kind: 'group', path, count: members.length, isOpen }] : []
    return isOpen ? [...heading, ...members.map((parameter): EditorRow => ({ kind: 'parameter', parameter }))] : heading
  })
}

/** What a device's parameter is at: as it was set, else as the plugin says, else as it is to begin with. */
export const settingOf = (device: Device, parameter: PluginParameter, told: Readonly<Record<string, number>>): number =>
  device.params[parameter.id] ?? told[parameter.id] ?? parameter.default

export const isPlugin = (device: Device): device is Device & { readonly plugin: NonNullable<Device['plugin']> } =>
  device.plugin !== undefined

export const FORMAT_WORDS: Readonly<Record<PluginRef['format'], string>> = { lv2: 'LV2', clap: 'CLAP', vst3: 'VST3' }
