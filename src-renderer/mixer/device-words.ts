// Names of the built-in devices.
import { DEVICE_KINDS, type Device, type DeviceKind, devicesOf, recordOf, type RemixSnapshot } from '../../src-shared/remix/index.ts'

const NAMES: Readonly<Record<DeviceKind, string>> = {
  eq: 'Equaliser',
  compressor: 'Compressor',
  reverb: 'Reverb',
  delay: 'Delay',
  saturation: 'Saturation',
  filter: 'Filter',
  limiter: 'Limiter',
}

/** The name of a device kind; unknown kinds keep theirs. */
export const deviceName = (kind: string): string => ((DEVICE_KINDS as readonly string[]).includes(kind) ? NAMES[kind as DeviceKind] : kind)

/** What a device in a chain is called: a plugin by its own name. */
export const deviceTitle = ({ kind, plugin }: Pick<Device, 'kind' | 'plugin'>): string => plugin?.name ?? deviceName(kind)

/** Which device of its track is meant: its title, numbered where the track has several of that title; null for what is no device. */
export const deviceWords = (snapshot: RemixSnapshot, deviceId: string): string | null => {
  const device = recordOf(snapshot, 'device', deviceId)
  if (!device) return null
  const title = deviceTitle(device)
  const alike = devicesOf(snapshot, device.trackId).filter((one) => deviceTitle(one) === title)
  return alike.length > 1 ? `${title} ${alike.findIndex(({ id }) => id === deviceId) + 1}` : title
}
