// How the open remix stands with its artists: a line over the arrangement, and at export what a yes asks for.
import { Send } from 'lucide-react'
import type { ApprovalStanding } from '../../src-shared/protocol/index.ts'
import type { ApprovalThreadView } from '../../src-shared/protocol/index.ts'
import { Button, classes, countOf, ToneIcon } from '../parts/index.ts'
import { openSubmit, showThread, useApprovals } from './approvals-store.ts'
import { dayOf, placeOf, sinceOf, STANDING_WORDS } from './words.ts'

/** What matters most comes first: what keeps an export from happening. */
const ORDER: readonly ApprovalStanding['state'][] = [
  'refused',
  'changes',
  'revoked',
  'expired',
  'edited',
  'none',
  'waiting',
  'conditions',
  'approved',
]

const worstOf = (standing: readonly ApprovalStanding[]): ApprovalStanding | undefined =>
  standing
    .filter(({ isNeeded, thread }) => isNeeded || thread !== null)
    .toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))[0]

const approverOf = (threads: readonly ApprovalThreadView[] | null, one: ApprovalStanding): string => {
  const thread = threads?.find(({ id }) => id === one.thread)
  const view = thread?.requests.find(({ request }) => request.id === one.request)
  return view?.answers.findLast(({ isReplaced }) => !isReplaced)?.artistName ?? 'the artist'
}

const textOf = (one: ApprovalStanding, threads: readonly ApprovalThreadView[] | null): string => {
  const name = approverOf(threads, one)
  const since = threads?.find(({ id }) => id === one.thread)?.waitingSince
  switch (one.state) {
    case 'none':
      return 'Needs approval'
    case 'waiting':
      return since ? `Waiting for approval: ${sinceOf(since)}` : 'Waiting for approval'
    case 'approved':
      return `Approved by ${name}`
    case 'conditions':
      return `Approved by ${name} with conditions`
    case 'edited':
      return `Approved by ${name} · void since you edited`
    case 'changes':
      return `${name} asked for changes`
    case 'refused':
      return `Refused by ${name}`
    case 'revoked':
      return `Approval taken back by ${name}`
    case 'expired':
      return 'Approval expired'
  }
}

const canSubmit = ({ state }: ApprovalStanding): boolean => !['waiting', 'approved', 'conditions'].includes(state)

/** What follows from it, where the state alone does not say. */
const hintOf = (one: ApprovalStanding, threads: readonly ApprovalThreadView[] | null): string => {
  const thread = threads?.find(({ id }) => id === one.thread)
  const view = thread?.requests.find(({ request }) => request.id === one.request)
  const answer = view?.answers.findLast(({ isReplaced }) => !isReplaced)?.answer
  const isAsHeard = !/edited since/i.test(one.sentence)
  switch (one.state) {
    case 'waiting':
      return isAsHeard
        ? thread?.dueAt
          ? `An answer is promised by ${dayOf(thread.dueAt)}.`
          : ''
        : 'The artist has not heard it as it is now.'
    case 'approved':
      return answer?.expires ? `Until ${dayOf(answer.expires)}, for exactly this sound.` : 'For exactly this sound.'
    case 'conditions':
      return answer?.conditions.join(' · ') ?? ''
    case 'changes':
      return answer && answer.notes.length > 0 ? `${countOf(answer.notes.length, 'note')} in the thread.` : 'See the thread.'
    case 'edited':
      return 'The yes does not cover the remix as it is now.'
    default:
      return one.sentence
  }
}

/** Where the open remix stands, over the arrangement, with the next step in one click. */
export const StandingBar = () => {
  const standing = useApprovals((state) => state.standing)
  const threads = useApprovals((state) => state.threads)
  const submit = useApprovals((state) => state.submit)
  const worst = worstOf(standing)
  if (!worst) return null
  const { tone } = STANDING_WORDS[worst.state]
  const sentence = standing.map(({ work, sentence: one }) => (standing.length > 1 ? `${work.title}: ${one}` : one)).join(' ')
  const isRunning = submit.phase === 'running'
  return (
    <div className={classes('standing', `standing-${tone}`)} role="status" aria-label="Approval">
      <ToneIcon tone={tone} size={14} />
      <b>{textOf(worst, threads)}</b>
      <span className="muted ellipsis" title={sentence}>
        {hintOf(worst, threads)}
      </span>
      <span className="spacer" />
      {worst.thread !== null && (
        <Button tone="quiet" onClick={() => showThread(worst.thread)}>
          Show thread
        </Button>
      )}
      {(canSubmit(worst) || isRunning) && (
        <Button icon={Send} onClick={openSubmit}>
          {isRunning ? `Submitting, ${Math.floor(submit.fraction * 100)} %` : worst.thread === null ? 'Submit for approval…' : 'Re-submit…'}
        </Button>
      )}
    </div>
  )
}

interface Chosen {
  readonly range: { readonly fromFrame: number; readonly toFrame: number } | null
  readonly loudnessTargetLufs: number | null
}

const isSame = (a: Chosen, b: Chosen): boolean =>
  a.loudnessTargetLufs === b.loudnessTargetLufs && a.range?.fromFrame === b.range?.fromFrame && a.range?.toFrame === b.range?.toFrame

const settingsWords = ({ range, loudnessTargetLufs }: Chosen): string =>
  `${range ? placeOf(range.fromFrame / 48, range.toFrame / 48) : 'everything'}, ${loudnessTargetLufs === null ? 'as mixed' : `${String(loudnessTargetLufs).replace('-', '−')} LUFS`}`

/** Why an export would be refused for want of a yes; null where there is one, or none is needed. */
export const useMissingYes = (chosen: Chosen | null): string | null => {
  const needed = useApprovals((state) => state.standing).filter(({ isNeeded }) => isNeeded)
  if (needed.some(({ state }) => state !== 'approved' && state !== 'conditions')) return 'The artist’s yes is missing.'
  return chosen && needed.some(({ settings }) => settings && !isSame(settings, chosen)) ? 'The yes is to other settings.' : null
}

/** At export: who said yes, on what conditions, to which settings; or the way to ask. */
export const ApprovalAtExport = ({ chosen, onUse }: { chosen: Chosen | null; onUse: (settings: Chosen) => void }) => {
  const standing = useApprovals((state) => state.standing)
  const threads = useApprovals((state) => state.threads)
  const shown = standing.filter(({ isNeeded, thread }) => isNeeded || thread !== null)
  if (shown.length === 0) return null
  return (
    <section className="export-group" aria-label="Approval">
      <h3 className="caps">Approval</h3>
      <ul className="at-export">
        {shown.map((one) => {
          const view = threads?.flatMap(({ requests }) => requests).find(({ request }) => request.id === one.request)
          const conditions =
            one.state === 'conditions'
              ? (view?.answers.findLast(({ answer, isReplaced }) => !isReplaced && answer.verdict === 'approve_with_conditions')?.answer
                  .conditions ?? [])
              : []
          const hasYes = one.state === 'approved' || one.state === 'conditions'
          const isOther = hasYes && one.settings !== null && chosen !== null && !isSame(one.settings, chosen)
          return (
            <li key={one.grant}>
              <ToneIcon tone={isOther ? 'limited' : STANDING_WORDS[one.state].tone} size={14} />
              <div>
                <p>
                  {standing.length > 1 && <b>{one.work.title}: </b>}
                  {conditions.length > 0 ? textOf(one, threads) : one.sentence}
                </p>
                {conditions.length > 0 && (
                  <ul className="said-conditions" aria-label="Conditions">
                    {conditions.map((condition, i) => (
                      // biome-ignore lint/suspicious/noArrayIndexKey: two conditions may read the same.
                      <li key={i}>{condition}</li>
                    ))}
                  </ul>
                )}
                {isOther && one.settings && (
                  <p className="muted">
                    The yes is to another export: {settingsWords(one.settings)}.{' '}
                    <button type="button" className="link" onClick={() => one.settings && onUse(one.settings)}>
                      Use these settings
                    </button>
                  </p>
                )}
              </div>
              {canSubmit(one) && (
                <Button icon={Send} onClick={openSubmit}>
                  {one.thread === null ? 'Submit for approval…' : 'Re-submit…'}
                </Button>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}
