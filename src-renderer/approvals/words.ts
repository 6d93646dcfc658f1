// Approval states and verdicts in words, shapes and colours, the same on both sides.
import type { ApprovalState, Verdict } from '../../src-shared/approvals/index.ts'
import type { ApprovalStanding } from '../../src-shared/protocol/index.ts'
import type { Tone } from '../parts/index.ts'

interface Word {
  readonly tone: Tone
  readonly word: string
}

/** How a request stands. */
export const STATE_WORDS: Readonly<Record<ApprovalState, Word>> = {
  waiting: { tone: 'pending', word: 'waiting' },
  approved: { tone: 'good', word: 'approved' },
  conditions: { tone: 'good', word: 'approved with conditions' },
  changes: { tone: 'limited', word: 'changes asked' },
  refused: { tone: 'bad', word: 'refused' },
  revoked: { tone: 'bad', word: 'taken back' },
  expired: { tone: 'limited', word: 'expired' },
}

/** How an open remix stands with an artist. */
export const STANDING_WORDS: Readonly<Record<ApprovalStanding['state'], Word>> = {
  ...STATE_WORDS,
  none: { tone: 'neutral', word: 'not submitted' },
  edited: { tone: 'limited', word: 'void since you edited' },
}

/** What an answer says, and what the button that signs it is called. */
export const VERDICT_WORDS: Readonly<
  Record<Verdict, { readonly tone: Tone; readonly word: string; readonly label: string; readonly help: string; readonly act: string }>
> = {
  approve: { tone: 'good', word: 'approved', label: 'Approve', help: 'This exact sound may be exported.', act: 'Sign: approve' },
  approve_with_conditions: {
    tone: 'good',
    word: 'approved with conditions',
    label: 'Approve with conditions',
    help: 'It may be exported; the conditions are shown at every export and go into the file.',
    act: 'Sign: approve with conditions',
  },
  changes: {
    tone: 'limited',
    word: 'asked for changes',
    label: 'Ask for changes',
    help: 'Not yet. Your notes say what should be different.',
    act: 'Sign: ask for changes',
  },
  refuse: { tone: 'bad', word: 'refused', label: 'Refuse', help: 'No. It may not be exported.', act: 'Sign: refuse' },
}

/** `1:02.5` of milliseconds, `1:02` with none. */
export const timeOf = (ms: number, decimals = 1): string => {
  const unit = 10 ** decimals
  const tenths = Math.round((Math.max(0, ms) / 1000) * unit)
  const minutes = Math.floor(tenths / (60 * unit))
  const rest = ((tenths - minutes * 60 * unit) / unit).toFixed(decimals)
  return `${minutes}:${rest.padStart(decimals > 0 ? 3 + decimals : 2, '0')}`
}

/** A place or a stretch: `0:12.0` or `0:12.0 – 0:15.5`. */
export const placeOf = (fromMs: number, toMs: number | null): string =>
  toMs === null ? timeOf(fromMs) : `${timeOf(fromMs)} – ${timeOf(toMs)}`

const DAY_MS = 86_400_000

/** `today`, `1 day`, `3 days` since an ISO time. */
export const sinceOf = (iso: string, nowMs = Date.now()): string => {
  const days = Math.floor((nowMs - Date.parse(iso)) / DAY_MS)
  return days <= 0 ? 'today' : days === 1 ? '1 day' : `${days} days`
}

/** `3 Nov 2025` of an ISO time. */
export const dayOf = (iso: string): string => {
  const at = new Date(iso)
  return Number.isNaN(at.getTime()) ? iso : at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
}
