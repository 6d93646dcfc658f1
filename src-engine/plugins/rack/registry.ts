// What is installed on this machine, as the engine was told: documents name plugins by format and id alone.
import type { z } from 'zod'
import type { enginePluginRequestSchemas } from '../../../src-shared/protocol/index.ts'
import type { PluginRef } from '../../../src-shared/plugins/index.ts'

export type RegistryEntry = z.infer<(typeof enginePluginRequestSchemas)['plugins.registry']>['entries'][number]

const keyOf = ({ format, id }: PluginRef): string => `${format}\n${id}`

export class PluginRegistry {
  #entries: ReadonlyMap<string, RegistryEntry> = new Map()

  replace(entries: readonly RegistryEntry[]): void {
    this.#entries = new Map(entries.map((entry) => [keyOf(entry), entry]))
  }

  find(plugin: PluginRef): RegistryEntry | undefined {
    return this.#entries.get(keyOf(plugin))
  }
}

/** Whether a plugin must not share its child: it crashed before, or needs an environment of its own. */
export const needsOwnHost = ({ isIsolated, environment }: RegistryEntry): boolean => isIsolated || Object.keys(environment).length > 0
