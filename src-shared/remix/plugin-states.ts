// The states of plugins against their hashes. Whoever reads a remix from outside asks once; from then on the hashes are believed.
import { fromBase64, type Sha256, toHex } from '../std/index.ts'
import type { AnyRecord, RemixSnapshot } from './records.ts'

/** A snapshot whose state hashes are those of the states, with a sentence for every one that said otherwise. One that said nothing is filled in. */
export const checkPluginStates = (
  snapshot: RemixSnapshot,
  sha256: Sha256,
): { readonly snapshot: RemixSnapshot; readonly repairs: readonly string[] } => {
  const put: AnyRecord[] = []
  const repairs: string[] = []
  for (const record of snapshot.values()) {
    if (record.type !== 'device' || !record.plugin || record.state === undefined) continue
    const bytes = fromBase64(record.state)
    const stateSha256 = bytes ? toHex(sha256(bytes)) : null
    if (record.plugin.stateSha256 === stateSha256) continue
    if (record.plugin.stateSha256 !== null)
      repairs.push(`The kept settings of ${record.plugin.name} are not those the file was saved with; listen before you export.`)
    if (stateSha256 === null) {
      const { state: _, ...rest } = record
      put.push({ ...rest, plugin: { ...record.plugin, stateSha256: null } })
    } else put.push({ ...record, plugin: { ...record.plugin, stateSha256 } })
  }
  if (put.length === 0) return { snapshot, repairs }
  const next = new Map(snapshot)
  for (const record of put) next.set(record.id, record)
  return { snapshot: next, repairs }
}
