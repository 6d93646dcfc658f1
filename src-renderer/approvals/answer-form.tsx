// The artist's answer: verdict, conditions, notes at places, an end. What is being written is kept until it is signed.
import { Plus, Signature, X } from 'lucide-react'
import { RadioGroup } from 'radix-ui'
import { type FormEvent, useState } from 'react'
import { type RequestView, VERDICTS, type Verdict } from '../../src-shared/approvals/index.ts'
import { Button, classes, IconButton, ToneIcon } from '../parts/index.ts'
import { type AnswerDraft, changeDraft, EMPTY_DRAFT, sendAnswer, useApprovals } from './approvals-store.ts'
import { placeOf, VERDICT_WORDS } from './words.ts'

const Conditions = ({ id, draft }: { id: string; draft: AnswerDraft }) => {
  const [text, setText] = useState('')
  const add = (): void => {
    const clean = text.trim()
    if (clean === '') return
    changeDraft(id, { conditions: [...draft.conditions, clean.slice(0, 2_000)].slice(0, 50) })
    setText('')
  }
  return (
    <fieldset className="answer-part">
      <legend className="caps">Conditions</legend>
      <ul className="answer-list">
        {draft.conditions.map((condition, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two conditions may read the same.
          <li key={i}>
            <span className="selectable">{condition}</span>
            <IconButton
              icon={X}
              size={13}
              label={`Remove condition ${i + 1}`}
              onClick={() => changeDraft(id, { conditions: draft.conditions.filter((_, at) => at !== i) })}
            />
          </li>
        ))}
      </ul>
      <div className="answer-add">
        <input
          className="text-input"
          aria-label="A condition"
          placeholder="e.g. Name me in the title"
          maxLength={2_000}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            add()
          }}
        />
        <Button icon={Plus} onClick={add} disabled={text.trim() === ''}>
          Add
        </Button>
      </div>
    </fieldset>
  )
}

const Notes = ({ id, draft }: { id: string; draft: AnswerDraft }) => (
  <fieldset className="answer-part">
    <legend className="caps">Notes</legend>
    {draft.notes.length === 0 ? (
      <p className="muted">Click the waveform for a place, drag for a stretch, then write below it.</p>
    ) : (
      <ul className="answer-list">
        {draft.notes.map((note, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two notes may read the same.
          <li key={i}>
            <span className="note-time">{placeOf(note.fromMs, note.toMs)}</span>
            <span className="selectable">{note.text}</span>
            <IconButton
              icon={X}
              size={13}
              label={`Remove note ${i + 1}`}
              onClick={() => changeDraft(id, { notes: draft.notes.filter((_, at) => at !== i) })}
            />
          </li>
        ))}
      </ul>
    )}
  </fieldset>
)

const today = (): string => new Date().toISOString().slice(0, 10)

/** What keeps an answer from being signed, or null. */
const missing = (verdict: Verdict | null, draft: AnswerDraft): string | null => {
  if (verdict === null) return 'Choose an answer.'
  if (verdict === 'approve_with_conditions' && draft.conditions.length === 0) return 'Name at least one condition.'
  if (verdict === 'changes' && draft.notes.length === 0) return 'Leave a note that says what should change.'
  return draft.expires !== '' && draft.expires < today() ? 'The end lies in the past.' : null
}

/** The form of one request. */
export const AnswerForm = ({ view, onDone }: { view: RequestView; onDone: () => void }) => {
  const { id } = view.request
  const draft = useApprovals((state) => state.drafts[id]) ?? EMPTY_DRAFT
  const [isSigning, setIsSigning] = useState(false)
  const { verdict } = draft
  const blocked = missing(verdict, draft)
  const isYes = verdict === 'approve' || verdict === 'approve_with_conditions'
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (blocked !== null || verdict === null) return
    setIsSigning(true)
    const isDone = await sendAnswer(id, verdict, draft)
    setIsSigning(false)
    if (isDone) onDone()
  }
  return (
    <form className="answer" aria-label="Your answer" onSubmit={(event) => void submit(event)}>
      <h3>Your answer</h3>
      <RadioGroup.Root
        className="verdicts"
        aria-label="Answer"
        value={verdict ?? ''}
        onValueChange={(next) => changeDraft(id, { verdict: VERDICTS.find((one) => one === next) ?? null })}
      >
        {VERDICTS.map((one) => (
          <label key={one} htmlFor={`verdict-${one}`} className={classes('verdict-choice', verdict === one && 'is-on')}>
            <RadioGroup.Item id={`verdict-${one}`} className="radio" value={one} aria-label={VERDICT_WORDS[one].label}>
              <RadioGroup.Indicator className="radio-dot" />
            </RadioGroup.Item>
            <span className="verdict-words">
              <span>
                <ToneIcon tone={VERDICT_WORDS[one].tone} /> {VERDICT_WORDS[one].label}
              </span>
              {verdict === one && <span className="muted">{VERDICT_WORDS[one].help}</span>}
            </span>
          </label>
        ))}
      </RadioGroup.Root>
      {verdict === 'approve_with_conditions' && <Conditions id={id} draft={draft} />}
      <Notes id={id} draft={draft} />
      {isYes && (
        <label className="answer-part">
          <span className="caps">Valid until</span>
          <span className="answer-add">
            <input
              className="text-input"
              type="date"
              min={today()}
              aria-label="Valid until"
              value={draft.expires}
              onChange={(event) => changeDraft(id, { expires: event.target.value })}
            />
            <span className="muted">{draft.expires === '' ? 'no end' : 'to the end of that day'}</span>
          </span>
        </label>
      )}
      <footer className="answer-foot">
        <Button tone="primary" icon={Signature} type="submit" disabled={blocked !== null || isSigning}>
          {isSigning ? 'Signing…' : verdict === null ? 'Sign' : VERDICT_WORDS[verdict].act}
        </Button>
        <p className="muted">{blocked ?? 'Signed with your key over exactly this sound. Any later edit needs a new yes.'}</p>
      </footer>
    </form>
  )
}
