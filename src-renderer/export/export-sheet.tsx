// The export sheet: form, progress, result. Closing it while an export runs lets it run on.
import { Ban, CheckCircle2, Circle, FileCheck2, FolderOpen, LoaderCircle } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ExportResult } from '../../src-shared/protocol/index.ts'
import {
  Badge,
  Button,
  countOf,
  Dialog,
  FieldRow,
  formatBytes,
  formatClock,
  formatLevel,
  IconButton,
  Loading,
  ProblemState,
  ProgressBar,
  shortHash,
} from '../parts/index.ts'
import { STATE_WORDS } from '../ledger/index.ts'
import {
  cancelExport,
  type ExportPhase,
  ledgerStore,
  loadExportOptions,
  openSheet,
  request,
  resetExport,
  showScreen,
  toastProblem,
  useExport,
  useLedger,
  useRemix,
  useView,
} from '../state/index.ts'
import { verifyFile } from '../verify/index.ts'
import { ExportForm } from './export-form.tsx'
import { FORMAT_WORDS, STEPS } from './format-words.ts'

/** Closes the sheet; one that has nothing more to tell opens with the form next time. */
const close = (): void => {
  openSheet(null)
  resetExport()
}

const Running = ({ phase }: { phase: Extract<ExportPhase, { phase: 'running' }> }) => {
  const { progress, isCancelling } = phase
  const at = STEPS.findIndex(({ step }) => step === progress?.step)
  return (
    <div className="export-running">
      <ProgressBar fraction={progress?.fraction ?? null} label="Export" />
      <p className="export-label" role="status">
        <span className="ellipsis">{isCancelling ? 'Cancelling: nothing is left behind…' : (progress?.label ?? 'Starting…')}</span>
        <span>{progress ? `${Math.floor(progress.fraction * 100)} %` : ''}</span>
      </p>
      <ol className="export-steps" aria-label="Steps">
        {STEPS.map(({ step, label }, i) => {
          const Icon = i < at ? CheckCircle2 : i === at ? LoaderCircle : Circle
          return (
            <li key={step} className={i < at ? 'is-done' : i === at ? 'is-now' : ''} aria-current={i === at ? 'step' : undefined}>
              <Icon size={14} aria-hidden />
              {label}
            </li>
          )
        })}
      </ol>
      <footer className="export-foot">
        <span className="muted export-count">You can close this and go on working.</span>
        <Button icon={Ban} disabled={isCancelling} onClick={() => void cancelExport()}>
          Cancel export
        </Button>
        <Button tone="quiet" onClick={close}>
          Close
        </Button>
      </footer>
    </div>
  )
}

const ReceiptBadge = ({ id, first }: { id: string; first: string }) => {
  const state = useLedger((ledger) => ledger.rows?.find((row) => row.id === id)?.state) ?? first
  const words = STATE_WORDS[state as keyof typeof STATE_WORDS]
  return <Badge tone={words?.tone ?? 'pending'}>{words?.word ?? state}</Badge>
}

const Result = ({ job, result }: { job: string; result: ExportResult }) => {
  const { loudness, files, ai } = result
  const receipt = files[0]
  const reveal = async (): Promise<void> => {
    const reply = await request('export.reveal', { job })
    if (!reply.ok) toastProblem(reply.error)
  }
  const verify = async (index: number): Promise<void> => {
    const reply = await request('export.offer', { job, index })
    if (!reply.ok) return toastProblem(reply.error)
    close()
    showScreen('verify')
    void verifyFile(reply.value.token, files[index]?.fileName)
  }
  return (
    <div className="export-result">
      <dl className="result-numbers" aria-label="Loudness">
        <div>
          <dt>Integrated</dt>
          <dd>
            {formatLevel(loudness.integratedLufs)} <small>LUFS</small>
          </dd>
        </div>
        <div>
          <dt>True peak</dt>
          <dd>
            {formatLevel(loudness.truePeakDb)} <small>dBTP</small>
          </dd>
        </div>
        <div>
          <dt>Range</dt>
          <dd>
            {formatLevel(loudness.rangeLu)} <small>LU</small>
          </dd>
        </div>
        <div>
          <dt>Gain applied</dt>
          <dd>
            {formatLevel(loudness.gainDb)} <small>dB</small>
          </dd>
        </div>
        <div>
          <dt>Length</dt>
          <dd>{formatClock(result.durationMs / 1000, 1)}</dd>
        </div>
      </dl>
      {loudness.shortfall !== null && (
        <p className="notice notice-warn" role="note">
          {loudness.shortfall}
        </p>
      )}
      <section aria-label="Files">
        <h3 className="caps">{countOf(files.length, 'file')}</h3>
        <ul className="result-files">
          {files.map((file, i) => (
            <li key={file.fileName}>
              <span className="result-file">
                <span className="ellipsis" title={file.fileName}>
                  {file.fileName}
                </span>
                <span className="muted">{`${FORMAT_WORDS[file.format].name} · ${formatBytes(file.bytes)}`}</span>
              </span>
              <code className="code-chip selectable" title={`SHA-256 ${file.sha256}`}>
                {shortHash(file.sha256)}
              </code>
              <ReceiptBadge id={file.receiptId} first={file.receiptState} />
              {files.length > 1 && (
                <IconButton icon={FileCheck2} size={14} label={`Verify ${file.fileName}`} onClick={() => void verify(i)} />
              )}
            </li>
          ))}
          {result.sheets.map((name) => (
            <li key={name}>
              <span className="result-file">
                <span className="ellipsis" title={name}>
                  {name}
                </span>
                <span className="muted">AI credits sheet</span>
              </span>
            </li>
          ))}
        </ul>
        {result.sheetProblem !== null && (
          <p className="notice notice-warn" role="note">
            {result.sheetProblem}
          </p>
        )}
      </section>
      <section aria-label="What was stamped">
        <h3 className="caps">What was stamped</h3>
        <div className="card stamped">
          <FieldRow name="Ingredients">{countOf(result.ingredients, 'stem')}</FieldRow>
          <FieldRow name="AI credits">{ai.containsAI === 'None' ? 'none' : ai.containsAI.toLowerCase()}</FieldRow>
          {result.credits.length > 0 && (
            <FieldRow name="Credits">
              <span title={result.credits.join('\n')}>{result.credits.join(' · ')}</span>
            </FieldRow>
          )}
          <FieldRow name="Sound" title={`SHA-256 of the rendered sound: ${result.pcmSha256}`}>
            <span className="selectable">{shortHash(result.pcmSha256)}</span>
          </FieldRow>
          {receipt && (
            <FieldRow name="Receipt">
              <button
                type="button"
                className="link"
                title={receipt.receiptId}
                onClick={() => {
                  ledgerStore.setState({ selected: receipt.receiptId })
                  close()
                  showScreen('ledger')
                }}
              >
                {shortHash(receipt.receiptId)}
              </button>
            </FieldRow>
          )}
        </div>
      </section>
      <footer className="export-foot">
        <Button icon={FolderOpen} onClick={() => void reveal()}>
          Show in folder
        </Button>
        <Button icon={FileCheck2} onClick={() => void verify(0)}>
          Verify
        </Button>
        <span className="spacer" />
        <Button tone="quiet" onClick={resetExport}>
          Export again
        </Button>
        <Button tone="primary" onClick={close}>
          Done
        </Button>
      </footer>
    </div>
  )
}

const Form = ({ uid }: { uid: string }) => {
  const options = useExport((state) => state.options)
  const problem = useExport((state) => state.problem)
  const edits = useRemix((remix) => remix.status)
  const [isLoaded, setIsLoaded] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: an alternative taken from a notice is an edit or a renewed licence, and changes what may be exported.
  useEffect(() => {
    void loadExportOptions(uid).then(() => setIsLoaded(true))
  }, [uid, edits])
  if (problem) return <ProblemState problem={problem} action={<Button onClick={() => void loadExportOptions(uid)}>Try again</Button>} />
  if (!options || !isLoaded) return <Loading label="Asking the licence" lines={6} />
  return <ExportForm options={options} onClose={close} />
}

const Content = ({ uid }: { uid: string }) => {
  const phase = useExport((state) => state.phase)
  if (phase.phase === 'running') return <Running phase={phase} />
  if (phase.phase === 'done') return <Result job={phase.job} result={phase.result} />
  if (phase.phase === 'failed') {
    if (phase.isCancelled) {
      return (
        <div className="empty" role="status">
          <Ban size={26} strokeWidth={1.5} aria-hidden />
          <h3>Export cancelled</h3>
          <p className="muted">No file was left behind. The ledger has a void line in its place.</p>
          <div className="empty-action">
            <Button onClick={resetExport}>Back to the form</Button>
          </div>
        </div>
      )
    }
    return <ProblemState problem={phase.problem} action={<Button onClick={resetExport}>Back to the form</Button>} />
  }
  return <Form uid={uid} />
}

const TITLES = { form: 'Export', running: 'Exporting', done: 'Exported', failed: 'Export' } as const

/** The sheet over the workspace. */
export const ExportSheet = () => {
  const isOpen = useView((view) => view.sheet === 'export')
  const uid = useRemix((remix) => remix.uid)
  const phase = useExport((state) => state.phase.phase)
  return (
    <Dialog isOpen={isOpen && uid !== null} onClose={close} title={TITLES[phase]} size="wide">
      {uid !== null && <Content uid={uid} />}
    </Dialog>
  )
}
