// How files of older schema versions become current ones. Entry N turns records of version N into version N + 1; entries are never edited.

/** Works on undecoded records: old shapes are not in the schema any more. */
export type Migration = (records: readonly unknown[]) => readonly unknown[]

/** By the version they start from. Version 1 is the first; 2 added made sounds, warps and recipes, which records of version 1 do without. */
export const migrations: Readonly<Record<number, Migration>> = { 1: (records) => records }
