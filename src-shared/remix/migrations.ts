// How files of older schema versions become current ones. Entry N turns records of version N into version N + 1; entries are never edited.

/** Works on undecoded records: old shapes are not in the schema any more. */
export type Migration = (records: readonly unknown[]) => readonly unknown[]

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Until version 3 the word `plugin` was free for any unknown device, and fields of that name meant nothing. */
const beforePlugins: Migration = (records) =>
  records.map((record) => {
    if (!isObject(record)) return record
    if (record.type === 'track') {
      const { frozen: _, ...track } = record
      return track
    }
    if (record.type !== 'device') return record
    const { plugin: _, ...device } = record
    return device.kind === 'plugin' ? { ...device, kind: 'unknown plugin' } : device
  })

/**
 * By the version they start from. Version 1 is the first; 2 added made sounds, warps and recipes, which records of version 1 do without; 3 plugins
 * and frozen tracks.
 */
export const migrations: Readonly<Record<number, Migration>> = { 1: (records) => records, 2: beforePlugins }
