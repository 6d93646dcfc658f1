// What was said to one version: answers with their notes and conditions, comments and reminders, in the order they were signed.
import { BellRing, MessageSquare, Undo2 } from 'lucide-react'
import { useState } from 'react'
import type { AnswerView, CommentView, Delivery, RequestView } from '../../src-shared/approvals/index.ts'
import type { ApprovalThreadView } from '../../src-shared/protocol/index.ts'
import { Badge, Button, formatMoment, ToneIcon } from '../parts/index.ts'
import { comment, revokeAnswer, useApprovals } from './approvals-store.ts'
import type { Stretch } from './waveform.tsx'
import { dayOf, placeOf, timeOf, VERDICT_WORDS } from './words.ts'

/** Whether something is on its way still. */
export const DeliveryMark = ({ delivery, message }: { delivery: Delivery; message?: string | null }) =>
  delivery === 'queued' || delivery === 'local' ? (
    <Badge tone="pending" title={message ?? 'Signed and kept here; it is sent when the rights service can be reached.'}>
      queued
    </Badge>
  ) : delivery === 'refused' ? (
    <Badge tone="bad" title={message ?? undefined}>
      not taken by the service
    </Badge>
  ) : delivery === 'file' ? (
    <Badge tone="neutral" title="It came in by file.">
      by file
    </Badge>
  ) : null

const Revoke = ({ answer, onClose }: { answer: string; onClose: () => void }) => {
  const [reason, setReason] = useState('')
  const [since, setSince] = useState('')
  const [isBusy, setIsBusy] = useState(false)
  return (
    <form
      className="revoke"
      aria-label="Take the answer back"
      onSubmit={(event) => {
        event.preventDefault()
        setIsBusy(true)
        void revokeAnswer(answer, reason.trim(), since === '' ? null : new Date(`${since}T00:00:00.000Z`).toISOString()).then((isDone) => {
          setIsBusy(false)
          if (isDone) onClose()
        })
      }}
    >
      <p>New exports are not covered from {since === '' ? 'today' : dayOf(since)} on; past ones stay valid.</p>
      <textarea
        className="text-input"
        rows={2}
        maxLength={2_000}
        aria-label="Reason"
        placeholder="Reason, shown to the producer"
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <label className="answer-add">
        <span className="muted">From</span>
        <input
          className="text-input"
          type="date"
          aria-label="From"
          min={new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)}
          value={since}
          onChange={(event) => setSince(event.target.value)}
        />
        <span className="muted">{since === '' ? 'now' : ''}</span>
      </label>
      <div className="said-actions">
        <Button tone="danger" type="submit" icon={Undo2} disabled={isBusy}>
          Take it back
        </Button>
        <Button tone="quiet" onClick={onClose}>
          Keep it
        </Button>
      </div>
    </form>
  )
}

const Answer = ({ view, isOwn, onPlace }: { view: AnswerView; isOwn: boolean; onPlace: (place: Stretch) => void }) => {
  const { answer, artistName, revocation, isReplaced, findings } = view
  const [isRevoking, setIsRevoking] = useState(false)
  const words = VERDICT_WORDS[answer.verdict]
  const isYes = answer.verdict === 'approve' || answer.verdict === 'approve_with_conditions'
  const errors = findings.filter(
    ({ severity, code }) =>
      severity === 'error' && code !== 'approval.changes' && code !== 'approval.refused' && code !== 'approval.revoked',
  )
  return (
    <li className="said">
      <p className="said-head">
        <ToneIcon tone={isReplaced || revocation ? 'neutral' : words.tone} size={15} />
        <span>
          <b>{isOwn ? 'You' : artistName}</b> {words.word}
          {isReplaced && <span className="muted"> (replaced by a later answer)</span>}
        </span>
        <DeliveryMark delivery={view.delivery} message={view.deliveryMessage} />
        <time className="muted">{formatMoment(answer.issuedAt)}</time>
      </p>
      {answer.conditions.length > 0 && (
        <ul className="said-conditions" aria-label="Conditions">
          {answer.conditions.map((condition, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two conditions may read the same.
            <li key={i} className="selectable">
              {condition}
            </li>
          ))}
        </ul>
      )}
      {answer.notes.length > 0 && (
        <ul className="said-notes" aria-label="Notes">
          {answer.notes.map((note, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two notes may read the same.
            <li key={i}>
              <button type="button" className="time-link" onClick={() => onPlace(note)}>
                {placeOf(note.fromMs, note.toMs)}
              </button>
              <span className="selectable">{note.text}</span>
            </li>
          ))}
        </ul>
      )}
      {answer.expires !== null && isYes && <p className="muted">Valid until {dayOf(answer.expires)}.</p>}
      {errors.map(({ code, message }) => (
        <p key={code} className="said-problem">
          {message}
        </p>
      ))}
      {revocation && (
        <p className="said-problem">
          Taken back for new exports from {dayOf(revocation.from)} on
          {revocation.revocation.reason === '' ? '.' : `: ${revocation.revocation.reason}`} Exports made before stay valid.{' '}
          <DeliveryMark delivery={revocation.delivery} />
        </p>
      )}
      {isOwn &&
        isYes &&
        !revocation &&
        !isReplaced &&
        (isRevoking ? (
          <Revoke answer={answer.id} onClose={() => setIsRevoking(false)} />
        ) : (
          <div className="said-actions">
            <Button tone="quiet" icon={Undo2} onClick={() => setIsRevoking(true)}>
              Take it back…
            </Button>
          </div>
        ))}
    </li>
  )
}

const Comment = ({ view, isOwn, onPlace }: { view: CommentView; isOwn: boolean; onPlace: (place: Stretch) => void }) => {
  const { comment: said, delivery } = view
  const Icon = said.kind === 'reminder' ? BellRing : MessageSquare
  const { atMs } = said
  return (
    <li className="said">
      <p className="said-head">
        <Icon size={14} className="muted" aria-hidden />
        <span>
          <b>{isOwn ? 'You' : said.from === 'artist' ? 'The artist' : 'The producer'}</b>
          <span className="muted">{said.kind === 'reminder' ? ' reminded' : ''}</span>
        </span>
        <DeliveryMark delivery={delivery} />
        <time className="muted">{formatMoment(said.issuedAt)}</time>
      </p>
      <p className="said-text selectable">
        {atMs !== null && (
          <button type="button" className="time-link" onClick={() => onPlace({ fromMs: atMs, toMs: null })}>
            {timeOf(atMs)}
          </button>
        )}{' '}
        {said.text}
      </p>
    </li>
  )
}

const Write = ({ id, stretch }: { id: string; stretch: Stretch | null }) => {
  const [text, setText] = useState('')
  const [hasPlace, setHasPlace] = useState(true)
  const atMs = hasPlace && stretch ? stretch.fromMs : null
  const send = async (): Promise<void> => {
    if (text.trim() !== '' && (await comment(id, text.trim(), atMs))) setText('')
  }
  return (
    <form
      className="write"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <textarea
        className="text-input"
        rows={2}
        maxLength={4_000}
        aria-label="A comment"
        placeholder="Write a comment"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && (event.ctrlKey || event.metaKey) && void send()}
      />
      <div className="write-foot">
        {stretch && (
          <label className="check-row">
            <input type="checkbox" checked={hasPlace} onChange={(event) => setHasPlace(event.target.checked)} />
            at {timeOf(stretch.fromMs)}
          </label>
        )}
        <span className="spacer" />
        <Button type="submit" icon={MessageSquare} disabled={text.trim() === ''}>
          Comment
        </Button>
      </div>
    </form>
  )
}

/** The conversation about one version. */
export const Conversation = ({
  thread,
  view,
  stretch,
  onPlace,
}: {
  thread: ApprovalThreadView
  view: RequestView
  stretch: Stretch | null
  onPlace: (place: Stretch) => void
}) => {
  const artist = useApprovals((state) => state.artist)
  const said = [
    ...view.answers.map((one) => ({
      at: one.answer.issuedAt,
      key: one.answer.id,
      node: <Answer key={one.answer.id} view={one} isOwn={one.answer.artist === artist?.kid} onPlace={onPlace} />,
    })),
    ...view.comments.map((one) => ({
      at: one.comment.issuedAt,
      key: one.comment.id,
      node: (
        <Comment
          key={one.comment.id}
          view={one}
          isOwn={one.comment.from === 'producer' ? thread.isMine : one.comment.author === artist?.kid}
          onPlace={onPlace}
        />
      ),
    })),
  ].sort((a, b) => (a.at < b.at ? -1 : 1))
  return (
    <section className="conversation" aria-label="Conversation">
      <header className="part-head">
        <h3 className="caps">Said about it</h3>
      </header>
      {said.length === 0 ? <p className="muted">Nothing yet.</p> : <ul className="said-list">{said.map(({ node }) => node)}</ul>}
      {(thread.isMine || thread.mayAnswer) && <Write id={view.request.id} stretch={stretch} />}
    </section>
  )
}
