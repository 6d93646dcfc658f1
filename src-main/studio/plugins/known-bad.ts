// Plugins that are known to fail because of how they were built, and why: so that a sweep over everything can tell an old sorrow from a new one.
import type { PluginRef } from '../../../src-shared/plugins/index.ts'

const KNOWN: ReadonlyMap<string, string> = new Map<string, string>([])

/** Why a plugin is known to fail; undefined for all that should work. */
export const knownTrouble = ({ format, id }: PluginRef): string | undefined => KNOWN.get(`${format}:${id}`)
