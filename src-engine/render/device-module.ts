// Devices may come from another module than our own, in every thread of a render alike; tests bring devices of known behaviour.
import { pathToFileURL } from 'node:url'
import { type MakeDevice, makeBuiltInDevice } from './context.ts'

/** `makeDevice` of the module at a path; null is the built-in devices. */
export const loadDeviceModule = async (path: string | null): Promise<MakeDevice> => {
  if (path === null) return makeBuiltInDevice
  const loaded = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as { readonly makeDevice: MakeDevice }
  return loaded.makeDevice
}
