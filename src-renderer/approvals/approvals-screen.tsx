// Approvals: what producers asked and artists said. One screen for both; an artist's home has an inbox and a ledger of uses beside it.
import { Download, Inbox, MailCheck, RefreshCw, Send } from 'lucide-react'
import { Tabs } from 'radix-ui'
import { useState } from 'react'
import { Badge, Button, EmptyState, FileDrop, formatMoment, Loading, ProblemState } from '../parts/index.ts'
import { remixStore, showScreen, toastProblem, useRemix } from '../state/index.ts'
import { type ApprovalsTab, loadApprovals, openSubmit, showTab, syncApprovals, takeIn, threadsOf, useApprovals } from './approvals-store.ts'
import { ArtistPanel } from './artist-panel.tsx'
import { ThreadDetail } from './thread-detail.tsx'
import { ThreadList } from './thread-list.tsx'
import { UsageView } from './usage-view.tsx'

const SyncLine = () => {
  const sync = useApprovals((state) => state.sync)
  const [isBusy, setIsBusy] = useState(false)
  if (!sync) return null
  const sentence =
    sync.message !== null
      ? `${sync.message}${sync.nextAttemptAt === null ? '' : ` Next try ${formatMoment(sync.nextAttemptAt)}.`}`
      : sync.queued > 0
        ? 'Signed and kept here; sent as soon as the rights service can be reached.'
        : 'Everything is with the rights service.'
  return (
    <div className="sync" role="status" aria-label="Sync">
      <Badge tone={sync.message !== null ? 'limited' : sync.queued > 0 ? 'pending' : 'good'}>
        {sync.queued > 0 ? `${sync.queued} queued` : 'nothing queued'}
      </Badge>
      <span className="muted ellipsis" title={sentence}>
        {sentence}
      </span>
      <span className="spacer" />
      <Button icon={Download} onClick={() => void takeIn(null)}>
        Open a review or answer…
      </Button>
      <Button
        icon={RefreshCw}
        disabled={isBusy}
        onClick={() => {
          setIsBusy(true)
          void syncApprovals().then(() => setIsBusy(false))
        }}
      >
        {isBusy ? 'Syncing…' : 'Sync now'}
      </Button>
    </div>
  )
}

const NoThreads = ({ tab }: { tab: ApprovalsTab }) => {
  const hasRemix = useRemix((remix) => remix.uid !== null)
  const artist = useApprovals((state) => state.artist)
  if (tab === 'inbox')
    return artist ? (
      <EmptyState icon={Inbox} title="Nothing to answer">
        Remixes of works whose licence names your key arrive here. Somebody sent you a review file? Drop it here.
      </EmptyState>
    ) : (
      <EmptyState icon={Inbox} title="For artists" action={<Button onClick={() => showTab('artist')}>Make artist profile</Button>}>
        With an artist profile, remixes that ask for your yes arrive here.
      </EmptyState>
    )
  return (
    <EmptyState
      icon={MailCheck}
      title="Nothing submitted yet"
      action={
        hasRemix ? (
          <Button
            onClick={() => {
              showScreen('remix')
              if (remixStore.getState().uid !== null) openSubmit()
            }}
          >
            Submit the open remix…
          </Button>
        ) : (
          <Button onClick={() => showScreen('library')}>Choose a work</Button>
        )
      }
    >
      Where a licence asks for the artist’s yes, submit the remix. What the artist hears and what you do to it later are held against each
      other, to the sample.
    </EmptyState>
  )
}

const Threads = ({ tab }: { tab: ApprovalsTab }) => {
  const all = useApprovals((state) => state.threads)
  const problem = useApprovals((state) => state.problem)
  const selected = useApprovals((state) => state.selected)
  if (problem) return <ProblemState problem={problem} action={<Button onClick={() => void loadApprovals()}>Try again</Button>} />
  if (all === null) return <Loading label="Loading approvals" lines={6} />
  const threads = threadsOf(all, tab)
  const shown = threads.find(({ id }) => id === selected)
  if (threads.length === 0) return <NoThreads tab={tab} />
  return (
    <div className="threads">
      <ThreadList threads={threads} />
      {shown && <ThreadDetail key={shown.id} thread={shown} />}
    </div>
  )
}

/** The screen. */
export const ApprovalsScreen = () => {
  const tab = useApprovals((state) => state.tab)
  const canSubmit = useApprovals((state) => state.standing.some(({ state: one }) => !['waiting', 'approved', 'conditions'].includes(one)))
  const toAnswer = useApprovals((state) => threadsOf(state.threads, 'inbox').filter(({ waitsFor }) => waitsFor === 'artist').length)
  return (
    <FileDrop
      label="Take in this review or answer"
      className="approvals"
      onToken={(token) => void takeIn(token)}
      onRefused={() =>
        toastProblem({ code: 'file.unreadable', message: 'This file could not be read. Drop one review or answer file from a folder.' })
      }
    >
      <header className="page-head">
        <div>
          <h1>Approvals</h1>
          <p className="muted">The artist’s yes, signed over exactly one sound.</p>
        </div>
        {canSubmit && (
          <Button icon={Send} onClick={openSubmit}>
            Submit the open remix…
          </Button>
        )}
      </header>
      <SyncLine />
      <Tabs.Root value={tab} onValueChange={(next) => showTab(next as ApprovalsTab)} className="approvals-tabs">
        <Tabs.List className="ledger-tab-list" aria-label="Approvals">
          <Tabs.Trigger value="mine" className="bottom-tab">
            Submitted
          </Tabs.Trigger>
          <Tabs.Trigger value="inbox" className="bottom-tab">
            Inbox{toAnswer > 0 && <small>{toAnswer} to answer</small>}
          </Tabs.Trigger>
          <Tabs.Trigger value="usage" className="bottom-tab">
            Use of my stems
          </Tabs.Trigger>
          <Tabs.Trigger value="artist" className="bottom-tab">
            Artist profile
          </Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="mine" className="approvals-content">
          <Threads tab="mine" />
        </Tabs.Content>
        <Tabs.Content value="inbox" className="approvals-content">
          <Threads tab="inbox" />
        </Tabs.Content>
        <Tabs.Content value="usage" className="approvals-content">
          <UsageView />
        </Tabs.Content>
        <Tabs.Content value="artist" className="approvals-content">
          <ArtistPanel />
        </Tabs.Content>
      </Tabs.Root>
    </FileDrop>
  )
}
