// One thread: its versions, the sound of one, what was done, what was said, and the next step of whoever looks at it.
import { BellRing, FileDown, Globe, MailCheck, MessageSquarePlus } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { RequestView } from '../../src-shared/approvals/index.ts'
import type { ApprovalThreadView } from '../../src-shared/protocol/index.ts'
import { Badge, Button, countOf, formatMoment, MenuButton, Segmented } from '../parts/index.ts'
import { AnswerForm } from './answer-form.tsx'
import { changeDraft, EMPTY_DRAFT, exportAnswer, exportReview, remind, selectVersion, useApprovals } from './approvals-store.ts'
import { Conversation, DeliveryMark } from './conversation.tsx'
import { DoneList } from './done-list.tsx'
import { PlayerView } from './player-view.tsx'
import type { Mark, Stretch } from './waveform.tsx'
import { dayOf, placeOf, STATE_WORDS } from './words.ts'

/** Everything said at a place, in the order of the sound. */
const marksOf = (view: RequestView, draft: readonly { fromMs: number; toMs: number | null; text: string }[]): readonly Mark[] =>
  [
    ...view.answers.flatMap(({ answer, isReplaced }) =>
      isReplaced ? [] : answer.notes.map((note, i) => ({ id: `${answer.id}-${i}`, ...note, isDraft: false })),
    ),
    ...view.comments.flatMap(({ comment: { id, atMs, text } }) =>
      atMs === null ? [] : [{ id, fromMs: atMs, toMs: null, text, isDraft: false }],
    ),
    ...draft.map((note, i) => ({ id: `draft-${i}`, ...note, isDraft: true })),
  ].sort((a, b) => a.fromMs - b.fromMs)

const NoteComposer = ({ id, stretch, onAdded }: { id: string; stretch: Stretch | null; onAdded: () => void }) => {
  const [text, setText] = useState('')
  const field = useRef<HTMLInputElement>(null)
  const notes = useApprovals((state) => state.drafts[id]?.notes) ?? EMPTY_DRAFT.notes
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target } = event
      if (event.key.toLowerCase() !== 'n' || event.ctrlKey || event.metaKey || event.altKey) return
      if (target instanceof HTMLElement && target.matches('input, textarea, select')) return
      event.preventDefault()
      field.current?.focus()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  const place = stretch ?? { fromMs: 0, toMs: null }
  return (
    <form
      className="note-composer"
      onSubmit={(event) => {
        event.preventDefault()
        if (text.trim() === '') return
        changeDraft(id, { notes: [...notes, { ...place, text: text.trim() }].sort((a, b) => a.fromMs - b.fromMs).slice(0, 500) })
        setText('')
        onAdded()
      }}
    >
      <span className="note-time">{placeOf(place.fromMs, place.toMs)}</span>
      <input
        ref={field}
        className="text-input"
        aria-label={`Note at ${placeOf(place.fromMs, place.toMs)}`}
        placeholder="Note for this place (N)"
        maxLength={4_000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" icon={MessageSquarePlus} disabled={text.trim() === ''}>
        Add note
      </Button>
    </form>
  )
}

const Due = ({ thread }: { thread: ApprovalThreadView }) =>
  thread.dueAt === null ? null : (
    <span className={thread.isOverdue ? 'tone-limited' : 'muted'}>
      {thread.isOverdue
        ? `An answer was promised by ${formatMoment(thread.dueAt)}.`
        : `An answer is promised by ${formatMoment(thread.dueAt)}.`}
    </span>
  )

const Versions = ({ thread, shown }: { thread: ApprovalThreadView; shown: RequestView }) => {
  const { requests } = thread
  if (requests.length < 2) return null
  if (requests.length <= 5)
    return (
      <Segmented
        label="Versions"
        value={shown.request.id}
        options={requests.map(({ request, state }, i) => ({ value: request.id, label: `${i + 1} · ${STATE_WORDS[state].word}` }))}
        onChange={selectVersion}
      />
    )
  return (
    <select
      className="select versions-select"
      aria-label="Versions"
      value={shown.request.id}
      onChange={(event) => selectVersion(event.target.value)}
    >
      {requests.map(({ request, state }, i) => (
        <option key={request.id} value={request.id}>{`Version ${i + 1} · ${STATE_WORDS[state].word}`}</option>
      ))}
    </select>
  )
}

const settingsWords = ({ export: { range, centiLufsTarget } }: RequestView['request']): string =>
  `${range ? `${placeOf(range.fromFrame / 48, range.toFrame / 48)} of the remix` : 'The whole remix'}, ${centiLufsTarget === null ? 'no loudness target' : `${(centiLufsTarget / 100).toFixed(1).replace('-', '−')} LUFS`}`

/** The newest answer of this home's artist to a version that still stands. */
const ownAnswer = (view: RequestView, kid: string | undefined) =>
  view.answers.findLast(({ answer, isReplaced }) => answer.artist === kid && !isReplaced)

const Side = ({ thread, view, isNewest }: { thread: ApprovalThreadView; view: RequestView; isNewest: boolean }) => {
  const kid = useApprovals((state) => state.artist?.kid)
  const hasDraft = useApprovals((state) => state.drafts[view.request.id] !== undefined)
  const own = ownAnswer(view, kid)
  const [isAgain, setIsAgain] = useState(false)
  if (!thread.mayAnswer) return null
  if (own && !isAgain && !hasDraft)
    return (
      <div className="answer answered">
        <h3>Your answer</h3>
        <p>
          You answered on {dayOf(own.answer.issuedAt)}. <DeliveryMark delivery={own.delivery} message={own.deliveryMessage} />
        </p>
        <p className="muted">{view.sentence}</p>
        <Button onClick={() => setIsAgain(true)}>Answer again…</Button>
        <p className="muted">A new answer takes the place of this one. To end a yes for new exports, take it back below.</p>
      </div>
    )
  if (!isNewest && !isAgain && !hasDraft)
    return (
      <div className="answer answered">
        <p className="muted">This version was replaced by a later one; answer that.</p>
      </div>
    )
  return <AnswerForm key={view.request.id} view={view} onDone={() => setIsAgain(false)} />
}

/** The thread that is shown. */
export const ThreadDetail = ({ thread }: { thread: ApprovalThreadView }) => {
  const version = useApprovals((state) => state.version)
  const newest = thread.requests.at(-1)
  const view = thread.requests.find(({ request }) => request.id === version) ?? newest
  const id = view?.request.id ?? ''
  const draftNotes = useApprovals((state) => state.drafts[id]?.notes) ?? EMPTY_DRAFT.notes
  const [chosen, setChosen] = useState<{ readonly id: string; readonly stretch: Stretch } | null>(null)
  if (!view) return null
  const { tone, word } = STATE_WORDS[view.state]
  const stretch = chosen?.id === id ? chosen.stretch : null
  const choose = (place: Stretch): void => setChosen({ id, stretch: { fromMs: place.fromMs, toMs: place.toMs } })
  const number = thread.requests.indexOf(view) + 1
  // The artist wants to know what was done; whoever reads an answer wants that first.
  const said = <Conversation key="said" thread={thread} view={view} stretch={stretch} onPlace={choose} />
  const done = (
    <DoneList key="done" request={view.request} onPlace={(fromMs, toMs) => choose({ fromMs, toMs: toMs > fromMs ? toMs : null })} />
  )
  return (
    <article className="thread-detail" aria-label={thread.remix.title}>
      <header className="thread-head">
        <div className="report-title">
          <h2 className="ellipsis" title={thread.remix.title}>
            {thread.remix.title}
          </h2>
          <p className="muted ellipsis" title={thread.work.title}>
            made of {thread.work.title}
            {thread.approvers.length > 0 && `, for ${thread.approvers.map(({ name }) => name).join(' or ')}`}
          </p>
        </div>
        <Badge tone={tone}>{word}</Badge>
      </header>
      <div className="thread-tools">
        <p className="thread-sentence" role="status">
          {view.sentence} {view === newest && <Due thread={thread} />}
          {view.isSuperseded && <span className="muted"> A later version took its place.</span>}{' '}
          <DeliveryMark delivery={view.delivery} message={view.deliveryMessage} />
        </p>
        <Versions thread={thread} shown={view} />
        {thread.isMine && view.state === 'waiting' && view === newest && (
          <Button icon={BellRing} onClick={() => void remind(id)}>
            Remind
          </Button>
        )}
        <MenuButton
          entries={[
            { label: 'Review page for any browser…', icon: Globe, run: () => void exportReview(id, 'html') },
            { label: 'Review file for Stemma…', icon: FileDown, run: () => void exportReview(id, 'stemma-review') },
            {
              label: 'Answer file…',
              icon: MailCheck,
              isDisabled: view.answers.length === 0 && view.comments.length === 0,
              run: () => void exportAnswer(id),
            },
          ]}
        >
          <button type="button" className="button button-plain">
            <FileDown size={14} aria-hidden />
            <span>By file…</span>
          </button>
        </MenuButton>
      </div>
      <div className="thread-columns">
        <div className="thread-main">
          {view.request.message !== '' && <blockquote className="thread-message selectable">{view.request.message}</blockquote>}
          <PlayerView key={id} view={view} marks={marksOf(view, draftNotes)} stretch={stretch} onStretch={choose} />
          {thread.mayAnswer && <NoteComposer id={id} stretch={stretch} onAdded={() => setChosen(null)} />}
          <p className="muted thread-facts">
            {`Version ${number} of ${countOf(thread.requests.length, 'version')} · ${dayOf(view.request.issuedAt)} · ${settingsWords(view.request)}`}
          </p>
          {thread.isMine || view.answers.length > 0 ? [said, done] : [done, said]}
        </div>
        <Side thread={thread} view={view} isNewest={view === newest} />
      </div>
    </article>
  )
}
