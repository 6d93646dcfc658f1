// Names of the built-in devices.
import { DEVICE_KINDS, type DeviceKind } from '../../src-shared/remix/index.ts'
import type { MenuEntry } from '../parts/index.ts'

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

/** A menu of all devices. */
export const deviceEntries = (add: (kind: DeviceKind) => void): readonly MenuEntry[] =>
  DEVICE_KINDS.map((kind) => ({ label: NAMES[kind], run: () => add(kind) }))
