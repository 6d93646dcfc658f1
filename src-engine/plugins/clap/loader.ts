// The CLAP format: scanning means starting each plugin, because nothing else tells its ports and parameters. Foreign code runs in the calling
// process from the first line: only host children and scanners may call this.
import type { Pointer } from '../native/index.ts'
import type { PluginLoader } from '../instance.ts'
import { describePlugin, type Description } from './describe.ts'
import { openHandle, type PluginHandle } from './handle.ts'
import { HostSide } from './host.ts'
import { ClapInstance } from './instance.ts'
import { type ClapModule, type Listing, moduleAt } from './module.ts'

const endOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

interface Started {
  readonly handle: PluginHandle
  readonly description: Description
}

const start = (module: ClapModule, listing: Listing): Started => {
  const host = new HostSide()
  let handle: PluginHandle | undefined
  try {
    const pointer: Pointer | null = module.create(host.pointer, listing.id)
    if (pointer === null) throw new Error('its binary refuses to make it')
    handle = openHandle(pointer, host)
    return { handle, description: describePlugin(handle, listing) }
  } catch (error) {
    handle?.destroy(handle.pointer)
    host.close()
    throw new Error(`${listing.id} in ${module.path} does not start: ${endOf(error)}.`)
  }
}

/** `.clap` files. A binary whose plugins refuse one by one lists those that do not; one where all refuse throws for the first. */
export const clapLoader: PluginLoader = {
  format: 'clap',
  scan: (path) => {
    const module = moduleAt(path)
    const failures: unknown[] = []
    const descriptors = module.listings.flatMap((listing) => {
      try {
        const { handle, description } = start(module, listing)
        handle.destroy(handle.pointer)
        handle.host.close()
        return [description.descriptor]
      } catch (error) {
        failures.push(error)
        return []
      }
    })
    if (descriptors.length > 0) return descriptors
    throw failures[0] ?? new Error(`${path} holds no plugin that can be named.`)
  },
  open: (path, id, options) => {
    const module = moduleAt(path)
    const listing = module.listings.find((candidate) => candidate.id === id)
    if (listing === undefined) throw new Error(`${path} does not hold ${id} any more.`)
    const { handle, description } = start(module, listing)
    return new ClapInstance(handle, description, options)
  },
}
