// Numbers for URIDs, one table per process: plugins may keep them for as long as they live.
import { Arena, type Pointer } from '../native/index.ts'

/** Plugins invent URIs; one that never stops must not eat all memory. */
const MOST_URIDS = 200_000
const LONGEST_URI = 16_384
const STRING_POOL_BYTES = 65_536

const ids = new Map<string, number>()
const uris: string[] = ['']
const pointers: (Pointer | null)[] = [null]
const pools: Arena[] = []
let left = 0

const pinned = (uri: string): Pointer => {
  const need = Buffer.byteLength(uri) + 16
  if (need > left) {
    pools.push(new Arena(Math.max(STRING_POOL_BYTES, need)))
    left = Math.max(STRING_POOL_BYTES, need)
  }
  left -= need
  const pool = pools[pools.length - 1]
  if (!pool) throw new Error('no string pool')
  return pool.cString(uri)
}

/** The number of a URI; 0 where it is too long or there are too many, which plugins understand as "cannot map". */
export const urid = (uri: string): number => {
  const known = ids.get(uri)
  if (known !== undefined) return known
  if (uri.length === 0 || uri.length > LONGEST_URI || uris.length >= MOST_URIDS) return 0
  const id = uris.length
  uris.push(uri)
  pointers.push(pinned(uri))
  ids.set(uri, id)
  return id
}

/** The URI of a number, or null where it was never given out. */
export const uriOf = (id: number): string | null => (id === 0 ? null : (uris[id] ?? null))

/** Address of the URI as a C string, valid for ever. */
export const uriPointer = (id: number): Pointer | null => pointers[id] ?? null
