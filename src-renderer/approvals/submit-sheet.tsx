// Submitting the open remix: a message, what part of it, how loud. The preview is rendered by the engine that exports.
import { Ban, Send } from 'lucide-react'
import { useState } from 'react'
import { remixOf } from '../../src-shared/remix/index.ts'
import { frameAt, tick } from '../../src-shared/time/index.ts'
import { LOUDNESS_TARGETS } from '../export/index.ts'
import { Button, Dialog, formatClock, ProblemState, ProgressBar, Segmented } from '../parts/index.ts'
import { openSheet, preferencesStore, SAMPLE_RATE, useRemix, useView } from '../state/index.ts'
import { backToSubmitForm, cancelSubmit, submitRemix, useApprovals } from './approvals-store.ts'

const Running = ({ fraction, label, isCancelling }: { fraction: number; label: string; isCancelling: boolean }) => (
  <div className="submit">
    <ProgressBar fraction={fraction} label="Submitting" />
    <p className="submit-label" role="status">
      <span className="ellipsis">{isCancelling ? 'Cancelling: nothing is kept…' : label}</span>
      <span>{Math.floor(fraction * 100)} %</span>
    </p>
    <footer className="export-foot">
      <span className="muted export-count">You can close this and go on working.</span>
      <Button icon={Ban} disabled={isCancelling} onClick={() => void cancelSubmit()}>
        Cancel
      </Button>
      <Button tone="quiet" onClick={() => openSheet(null)}>
        Close
      </Button>
    </footer>
  </div>
)

const Form = () => {
  const remix = useRemix((state) => remixOf(state.snapshot))
  const lengthFrames = useRemix((state) => state.status?.lengthFrames ?? 0)
  const denied = useRemix((state) => state.status?.notices.find(({ effect }) => effect === 'deny'))
  const standing = useApprovals((state) => state.standing)
  const before = standing.find(({ settings }) => settings !== null)?.settings ?? null
  const [message, setMessage] = useState('')
  const [part, setPart] = useState<'all' | 'loop' | 'before'>(before?.range ? 'before' : 'all')
  const [target, setTarget] = useState<number | null>(before ? before.loudnessTargetLufs : preferencesStore.getState().loudnessTargetLufs)
  const toFrame = (position: number): number => frameAt(remix.tempo, tick(position), SAMPLE_RATE)
  const range =
    part === 'before'
      ? (before?.range ?? null)
      : part === 'loop' && remix.loop
        ? { fromFrame: toFrame(remix.loop.startTick), toFrame: toFrame(remix.loop.startTick + remix.loop.lengthTicks) }
        : null
  const length = range ? range.toFrame - range.fromFrame : lengthFrames
  const names = standing.filter(({ isNeeded }) => isNeeded).map(({ work }) => work.title)
  return (
    <form
      className="submit"
      onSubmit={(event) => {
        event.preventDefault()
        void submitRemix({ message: message.trim(), range, loudnessTargetLufs: target })
      }}
    >
      <label className="export-group">
        <span className="caps">Message</span>
        <textarea
          className="text-input"
          rows={4}
          maxLength={4_000}
          placeholder="What should the artist know or listen for?"
          value={message}
          onChange={(event) => setMessage(event.target.value)}
        />
      </label>
      <div className="export-pair">
        <fieldset className="export-group">
          <legend className="caps">What part</legend>
          <Segmented
            label="What part"
            value={part}
            options={[
              { value: 'all' as const, label: 'Everything' },
              ...(remix.loop ? [{ value: 'loop' as const, label: 'Loop' }] : []),
              ...(before?.range ? [{ value: 'before' as const, label: 'As last time' }] : []),
            ]}
            onChange={setPart}
          />
          <p className="muted">{formatClock(length / SAMPLE_RATE, 1)} of sound. A yes covers this part only.</p>
        </fieldset>
        <label className="export-group">
          <span className="caps">Loudness</span>
          <select
            className="select"
            aria-label="Loudness target"
            value={target === null ? 'none' : String(target)}
            onChange={(event) => setTarget(event.target.value === 'none' ? null : Number(event.target.value))}
          >
            {LOUDNESS_TARGETS.map(({ lufs, label }) => (
              <option key={label} value={lufs === null ? 'none' : String(lufs)}>
                {label}
              </option>
            ))}
          </select>
          <p className="muted">A yes is to exactly this sound: export with the same.</p>
        </label>
      </div>
      <p className="muted">
        Sent: a preview, the original over the same stretch, what was done to which stem, AI credits, and this message. Your name, your
        files and your other work are not.
      </p>
      {denied && (
        <p className="notice notice-deny" role="alert">
          {denied.message}
        </p>
      )}
      <footer className="export-foot">
        <span className="muted export-count">{names.length > 0 ? `Asked: the artists of ${names.join(', ')}.` : ''}</span>
        <Button tone="quiet" onClick={() => openSheet(null)}>
          Cancel
        </Button>
        <Button tone="primary" icon={Send} type="submit" disabled={lengthFrames === 0 || denied !== undefined}>
          Submit
        </Button>
      </footer>
    </form>
  )
}

/** The sheet over the workspace. */
export const SubmitSheet = () => {
  const isOpen = useView((view) => view.sheet === 'submit')
  const uid = useRemix((remix) => remix.uid)
  const submit = useApprovals((state) => state.submit)
  return (
    <Dialog isOpen={isOpen && uid !== null} onClose={() => openSheet(null)} title="Submit for approval" size="normal">
      {submit.phase === 'running' ? (
        <Running {...submit} />
      ) : submit.phase === 'failed' ? (
        <ProblemState problem={submit.problem} action={<Button onClick={backToSubmitForm}>Back to the form</Button>} />
      ) : (
        uid !== null && <Form key={uid} />
      )}
    </Dialog>
  )
}
