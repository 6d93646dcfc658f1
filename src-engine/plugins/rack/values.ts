// Values of a plugin's parameters by their ids, as documents name them.
import type { OpenedPlugin } from '../client/index.ts'
import type { LivePlugin } from './live-plugin.ts'

/** All values by id. */
export const valuesById = ({ descriptor }: Pick<LivePlugin, 'descriptor'>, values: Float64Array): ReadonlyMap<string, number> => {
  const byId = new Map<string, number>()
  descriptor?.parameters.forEach(({ id, isOutput }, index) => {
    const value = values[index]
    if (!isOutput && value !== undefined && Number.isFinite(value)) byId.set(id, value)
  })
  return byId
}

/** What parameters are at where the plan does not set them: what the state brought, else the plugin's own defaults. */
export const baseValues = (opened: OpenedPlugin, hasState: boolean): ReadonlyMap<string, number> =>
  hasState ? valuesById(opened, opened.values) : new Map(opened.descriptor.parameters.map((parameter) => [parameter.id, parameter.default]))

/** Values that are not the descriptor's defaults. Plugins keep many values in 32 bits: what differs by less is the same. */
export const changedValues = (plugin: Pick<LivePlugin, 'descriptor'>, values: ReadonlyMap<string, number>): Record<string, number> => {
  const changed: Record<string, number> = {}
  for (const { id, default: standard } of plugin.descriptor?.parameters ?? []) {
    const value = values.get(id)
    if (value !== undefined && Math.fround(value) !== Math.fround(standard)) changed[id] = value
  }
  return changed
}
