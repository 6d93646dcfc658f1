// Tempo, meter and key of the remix: what the work states, what was heard and how sure that is, and every correction in one click.
import { Ear } from 'lucide-react'
import { Popover } from 'radix-ui'
import { type ReactNode, useEffect } from 'react'
import { homeWork, recordsOf, type WorkRecord } from '../../src-shared/remix/index.ts'
import { Button, ProgressBar, Segmented } from '../parts/index.ts'
import {
  analyseWork,
  cancelListening,
  settledSnapshot,
  structureStore,
  tapTempo,
  useListening,
  useRemix,
  useStructure,
} from '../state/index.ts'
import { KeyPart, MeterPart, TempoPart } from './music/index.ts'
import { detectSections } from './section-commands.ts'
import './music-panel.css'

const Listening = ({ work }: { work: WorkRecord }) => {
  const running = useListening((state) => state.running)
  const analysis = useListening((state) => state.analyses[work.id])
  const problem = useListening((state) => state.problem)
  if (running) {
    return (
      <div className="music-listen" role="status">
        <span className="ellipsis">{running.label}</span>
        <ProgressBar fraction={running.fraction} label={running.label} />
        <Button className="music-small" onClick={cancelListening}>
          Cancel
        </Button>
      </div>
    )
  }
  if (analysis) {
    return analysis.notes.length === 0 ? null : (
      <ul className="music-notes muted selectable">
        {analysis.notes.slice(0, 4).map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    )
  }
  return (
    <div className="music-listen">
      <Button icon={Ear} onClick={() => void analyseWork(work.id, work.title)}>
        Listen to {work.title}
      </Button>
      {problem ? (
        <span className="muted selectable" role="alert">
          {problem.message}
        </span>
      ) : (
        <span className="muted">Finds tempo, beats, key and sections by signal analysis; nothing is changed by it.</span>
      )}
    </div>
  )
}

/** What the popover shows. */
const MusicPanel = () => {
  const works = useRemix((remix) => remix.snapshot).size > 0 ? recordsOf(settledSnapshot(), 'work') : []
  const chosen = useStructure((state) => state.musicWorkId)
  const work = works.find((one) => one.id === chosen) ?? homeWork(settledSnapshot())
  const analysis = useListening((state) => (work ? state.analyses[work.id] : undefined))
  const states = work ? work.milliBpm !== null && work.key !== null : true
  useEffect(() => {
    // What the work does not state is listened for at once; what it states needs no second opinion unless asked.
    if (work && !states) void analyseWork(work.id, work.title)
  }, [work, states])
  return (
    <div className="music">
      {works.length > 1 && work && (
        <Segmented
          label="Work"
          value={work.id}
          options={works.slice(0, 4).map((one) => ({ value: one.id, label: one.title }))}
          onChange={(id) => structureStore.setState({ musicWorkId: id })}
        />
      )}
      <TempoPart work={work} analysis={analysis} />
      <MeterPart work={work} analysis={analysis} />
      <KeyPart work={work} analysis={analysis} />
      {work && <Listening work={work} />}
      <footer className="music-foot">
        <Button
          tone="quiet"
          onClick={() => {
            structureStore.setState({ isMusicOpen: false })
            void detectSections()
          }}
        >
          Detect sections…
        </Button>
      </footer>
    </div>
  )
}

/** Opens tempo, meter and key. */
export const openMusic = (): void => structureStore.setState({ isMusicOpen: true })

/** A button (the child) that opens tempo, meter and key. */
export const MusicPopover = ({ children }: { children: ReactNode }) => {
  const isOpen = useStructure((state) => state.isMusicOpen)
  const hasTaps = useStructure((state) => state.taps.length > 0)
  return (
    <Popover.Root open={isOpen} onOpenChange={(open) => structureStore.setState({ isMusicOpen: open, ...(open ? {} : { taps: [] }) })}>
      <Popover.Trigger asChild>{children}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="popover"
          align="start"
          sideOffset={8}
          collisionPadding={8}
          aria-label="Tempo, meter and key"
          // Taps go on while it opens: the focus stays where the hands are.
          onOpenAutoFocus={(event) => hasTaps && event.preventDefault()}
          onKeyDown={(event) => {
            const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement
            if (event.key.toLowerCase() !== 't' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return
            event.preventDefault()
            tapTempo()
          }}
        >
          <MusicPanel />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
