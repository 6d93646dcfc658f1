// A work in words.
import type { LibraryWork, PullState } from '../../src-shared/protocol/index.ts'
import type { Role } from '../../src-shared/remix/index.ts'
import { formatClock, type Tone } from '../parts/index.ts'

type Work = LibraryWork['work']

/** `90 BPM · 4/4 · C major`. */
export const musicWords = ({ milliBpm, meter, key }: Work): string =>
  [
    milliBpm === null ? null : `${(milliBpm / 1000).toFixed(milliBpm % 1000 === 0 ? 0 : 2)} BPM`,
    `${meter.numerator}/${meter.denominator}`,
    key,
  ]
    .filter(Boolean)
    .join(' · ')

/** `4:09`. */
export const lengthWords = ({ lengthMs }: Work): string => formatClock(lengthMs / 1000, 0)

/** Tone of a licence state; the word is the badge's own. What is open but asks for a yes is no plain green. */
export const licenceTone = ({ licence }: Work): Tone =>
  licence.state === 'open' && licence.badge !== 'open'
    ? 'info'
    : ({ open: 'good', limited: 'limited', ended: 'bad', 'not-yet': 'pending', revoked: 'bad' } as const)[licence.state]

/** Whether it can be pulled or opened at all. */
export const isUsable = ({ licence }: Work): boolean => licence.state === 'open' || licence.state === 'limited'

/** Roles of a work with how many stems each has. */
export const rolesOf = ({ stems }: Work): readonly { readonly role: Role; readonly count: number }[] => {
  const counts = new Map<Role, number>()
  for (const { role } of stems) counts.set(role, (counts.get(role) ?? 0) + 1)
  return [...counts].map(([role, count]) => ({ role, count }))
}

/** Received share of all bytes, 0..1. */
export const pullFraction = ({ stems }: PullState): number => {
  const total = stems.reduce((sum, stem) => sum + stem.totalBytes, 0)
  return total === 0 ? 0 : stems.reduce((sum, stem) => sum + stem.receivedBytes, 0) / total
}

/** A cover from a work's two colours. */
export const coverStyle = ({ coverColors: [from, to] }: Work): React.CSSProperties => ({
  background: `linear-gradient(145deg, ${from}, ${to})`,
})
