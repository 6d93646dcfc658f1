// Names of drum kits and instruments as settings offer them.
import { INSTRUMENTS, KITS } from '../../src-shared/music/index.ts'

export type { Hit } from '../../src-shared/remix/index.ts'
export const KITS_BY_NAME: readonly (readonly [string, string])[] = KITS.map(({ name, label }) => [name, label])
export const INSTRUMENTS_BY_NAME: readonly (readonly [string, string])[] = INSTRUMENTS.map(({ name, label }) => [name, label])
