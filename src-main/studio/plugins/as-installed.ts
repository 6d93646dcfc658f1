// What this machine knows of the plugins that edits and remixes name: an edit need not repeat it, and an export says what ran here and not what was
// installed where the remix was made.
import type { PluginRef } from '../../../src-shared/plugins/index.ts'
import type { PluginSummary } from '../../../src-shared/protocol/index.ts'
import { type Device, type EditCommand, recordOf, recordsOf, type RemixSnapshot } from '../../../src-shared/remix/index.ts'

/** Undefined for a plugin that is not installed. */
export type LookUpPlugin = (ref: PluginRef) => PluginSummary | undefined

/** Edits with everything filled in that they leave out about installed plugins. What they say stands, but nothing can deny that a plugin generates. */
export const completeEdits = (commands: readonly EditCommand[], lookUp: LookUpPlugin): readonly EditCommand[] =>
  commands.map((command) => {
    if (command.op !== 'plugin.add' && command.op !== 'plugin.replace') return command
    const known = lookUp(command.plugin)
    if (!known) return command
    const { name, vendor, version, isInstrument, isGenerative } = known
    const plugin = { name, vendor, version, isInstrument, ...command.plugin }
    return { ...command, plugin: { ...plugin, isGenerative: isGenerative || (command.plugin.isGenerative ?? false) } }
  })

/** A remix as it sounds here: with the versions that will run, and with what was marked as generative since. Frozen sound was made by what stands in it. */
export const asInstalled = (snapshot: RemixSnapshot, lookUp: LookUpPlugin): RemixSnapshot => {
  const changed: Device[] = []
  for (const device of recordsOf(snapshot, 'device')) {
    const known = device.plugin && lookUp(device.plugin)
    if (!device.plugin || !known) continue
    const isFrozen = recordOf(snapshot, 'track', device.trackId)?.frozen !== undefined
    const version = isFrozen ? device.plugin.version : known.version
    const isGenerative = device.plugin.isGenerative || known.isGenerative
    if (version === device.plugin.version && isGenerative === device.plugin.isGenerative) continue
    changed.push({ ...device, plugin: { ...device.plugin, version, isGenerative } })
  }
  if (changed.length === 0) return snapshot
  const next = new Map(snapshot)
  for (const device of changed) next.set(device.id, device)
  return next
}
