// Drop any audio file and read what it says about itself, and whether that holds.
import { FileSearch } from 'lucide-react'
import { Button, FileDrop, Loading, ProblemState } from '../parts/index.ts'
import { toastProblem } from '../state/index.ts'
import { ReportView } from './report-view.tsx'
import { useVerify, verifyFile } from './verify-store.ts'

const refuseDrop = (): void =>
  toastProblem({ code: 'verify.not_a_file', message: 'What was dropped is not a file on this machine. Save it first, then drop it here.' })

const Choose = ({ label = 'Choose a file…' }: { label?: string }) => (
  <Button tone="primary" icon={FileSearch} onClick={() => void verifyFile(null)}>
    {label}
  </Button>
)

const Content = () => {
  const view = useVerify((state) => state)
  if (view.state === 'reading') {
    return (
      <div className="verify-wait">
        <p>Reading {view.name ?? 'the file'} and checking every signature…</p>
        <Loading label="Verifying" lines={5} />
      </div>
    )
  }
  if (view.state === 'failed') return <ProblemState problem={view.problem} action={<Choose label="Try another file…" />} />
  if (view.state === 'done') return <ReportView report={view.report} />
  return (
    <div className="verify-empty">
      <FileSearch size={40} strokeWidth={1.2} aria-hidden />
      <h2>Drop an audio file here</h2>
      <p className="muted">
        Whether it is intact, who signed it, whether that signer is trusted, and the stems it descends from. WAV, FLAC, MP3 or M4A. Nothing
        leaves this machine but the hash that looks up its receipt.
      </p>
      <Choose />
    </div>
  )
}

/** The verify screen. */
export const VerifyScreen = () => {
  const isDone = useVerify((view) => view.state === 'done')
  return (
    <FileDrop
      label="Drop an audio file to verify it"
      className="verify"
      onToken={(token, name) => void verifyFile(token, name)}
      onRefused={refuseDrop}
    >
      <div className="verify-scroll">
        <header className="page-head">
          <div>
            <h1>Verify</h1>
            <p className="muted">What a file is made of, who signed it, and whether it is still so.</p>
          </div>
          {isDone && <Choose label="Verify another…" />}
        </header>
        <Content />
      </div>
    </FileDrop>
  )
}
