// What a scanner says is in a file, believed as far as it makes sense. One plugin that makes none does not spoil its neighbours.
import {
  type PluginDescriptor,
  type PluginFormat,
  type PluginParameter,
  pluginDescriptorSchema,
} from '../../../src-shared/plugins/index.ts'

export interface RefusedPlugin {
  readonly id: string
  readonly reason: string
}

/** Names are for people: what would move the cursor, turn the writing round or break a line is a blank. */
export const cleanText = (text: string): string =>
  text
    .replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()

/** Ranges of real plugins run backwards and leave their own default out; what is meant is plain enough. */
const range = ({ min, max, default: value }: PluginParameter): Pick<PluginParameter, 'min' | 'max' | 'default'> => {
  const [low, high] = min <= max ? [min, max] : [max, min]
  return { min: low, max: high, default: Math.min(high, Math.max(low, value)) }
}

/** Real plugins give one id to several meters; documents can only mean the first. */
const firstOfEachId = (parameters: readonly PluginParameter[]): PluginParameter[] => {
  const seen = new Set<string>()
  return parameters.filter(({ id }) => {
    const isFirst = !seen.has(id)
    seen.add(id)
    return isFirst
  })
}

const clean = (descriptor: PluginDescriptor): PluginDescriptor => ({
  ...descriptor,
  name: cleanText(descriptor.name) || descriptor.id,
  vendor: cleanText(descriptor.vendor),
  version: cleanText(descriptor.version),
  tags: descriptor.tags.map(cleanText).filter((tag) => tag !== ''),
  inputs: descriptor.inputs.map((bus) => ({ ...bus, name: cleanText(bus.name) })),
  outputs: descriptor.outputs.map((bus) => ({ ...bus, name: cleanText(bus.name) })),
  parameters: firstOfEachId(descriptor.parameters).map((parameter) => ({
    ...parameter,
    ...range(parameter),
    name: cleanText(parameter.name) || parameter.id,
    group: cleanText(parameter.group),
    unit: cleanText(parameter.unit),
    choices: parameter.choices.map(({ value, label }) => ({ value, label: cleanText(label) })),
  })),
  presets: descriptor.presets.map(({ id, name }) => ({ id, name: cleanText(name) || id })),
})

const idOf = (value: unknown): string => {
  const id = typeof value === 'object' && value !== null ? (value as { readonly id?: unknown }).id : undefined
  return typeof id === 'string' ? cleanText(id).slice(0, 500) : ''
}

/** Descriptors of one file, as far as they hold; the first of two with one id counts. */
export const decodeDescriptors = (
  format: PluginFormat,
  plugins: readonly unknown[],
): { readonly plugins: readonly PluginDescriptor[]; readonly refused: readonly RefusedPlugin[] } => {
  const found = new Map<string, PluginDescriptor>()
  const refused: RefusedPlugin[] = []
  for (const plugin of plugins) {
    const decoded = pluginDescriptorSchema.safeParse(plugin)
    if (!decoded.success) {
      const [issue] = decoded.error.issues
      refused.push({
        id: idOf(plugin),
        reason: `its description makes no sense at “${cleanText(issue?.path.join('.') ?? '')}”: ${issue?.message ?? ''}`,
      })
      continue
    }
    if (decoded.data.format !== format) refused.push({ id: idOf(plugin), reason: 'it claims to be of another format' })
    else if (!found.has(decoded.data.id)) found.set(decoded.data.id, clean(decoded.data))
  }
  return { plugins: [...found.values()], refused: refused.slice(0, 1_000) }
}
