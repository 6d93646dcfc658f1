// Tempo, meter and key of the remix: what the work states, what was heard and how sure that is, and every correction in one click.
import { ArrowLeft, ArrowRight, Ear, X } from 'lucide-react'
import { Popover } from 'radix-ui'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { WorkAnalysis } from '../../src-shared/protocol/index.ts'
import { centsBetweenKeys, recordsOf, remixOf, type WorkRecord } from '../../src-shared/remix/index.ts'
import { correctTempo, type TempoCorrection, tempoOfTaps } from '../../src-shared/time/index.ts'
import { Badge, Button, formatBpm, IconButton, NumberField, ProgressBar, Segmented, type Tone } from '../parts/index.ts'
import {
  analyseWork,
  cancelListening,
  edit,
  settledSnapshot,
  structureStore,
  tapTempo,
  useListening,
  useRemix,
  useStructure,
} from '../state/index.ts'
import { detectSections } from './section-commands.ts'
import { alignBarCommands, keyCommands, shiftDownbeatCommands, tempoCommands, ticksOffBar, tickOfWorkFrame } from './structure.ts'
import './music-panel.css'

type Keep = 'stretch' | 'audio' | 'grid'

const KEEPS: readonly { readonly value: Keep; readonly label: string; readonly help: string }[] = [
  { value: 'stretch', label: 'Stretch the sound', help: 'Clips follow the new tempo at the same pitch. The licence may set a limit.' },
  { value: 'audio', label: 'Move the grid', help: 'Nothing sounds different; bars and beats are counted anew under it.' },
  { value: 'grid', label: 'Keep bars', help: 'Clips stay at their bars and keep their own speed.' },
]

const CORRECTIONS: readonly { readonly value: TempoCorrection; readonly label: string; readonly spoken: string }[] = [
  { value: 'half', label: '½', spoken: 'Half' },
  { value: 'double', label: '×2', spoken: 'Double' },
  { value: 'two-thirds', label: '×⅔', spoken: 'Two thirds of' },
  { value: 'three-halves', label: '×1½', spoken: 'Three halves of' },
]

const TONICS = ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'] as const
const METERS = ['4/4', '3/4', '2/4', '5/4', '6/8', '7/8', '9/8', '12/8'] as const

const percent = (confidence: number): string => `${Math.round(confidence * 100)} % sure`
const sureTone = (confidence: number): Tone => (confidence >= 0.7 ? 'good' : confidence >= 0.4 ? 'limited' : 'neutral')

const Sure = ({ confidence }: { confidence: number }) => <Badge tone={sureTone(confidence)}>{percent(confidence)}</Badge>

const Line = ({ name, children, action }: { name: string; children: ReactNode; action?: ReactNode }) => (
  <div className="music-line">
    <dt>{name}</dt>
    <dd>{children}</dd>
    <span className="music-action">{action}</span>
  </div>
)

const TempoPart = ({ work, analysis }: { work: WorkRecord | undefined; analysis: WorkAnalysis | undefined }) => {
  const tempo = useRemix((remix) => remixOf(remix.snapshot).tempo)
  const taps = useStructure((state) => state.taps)
  const milliBpm = tempo[0]?.milliBpm ?? 120_000
  const [wanted, setWanted] = useState<number | null>(null)
  const [keep, setKeep] = useState<Keep>('stretch')
  const confirm = useRef<HTMLButtonElement>(null)
  const tapped = tempoOfTaps(taps)
  useEffect(() => {
    if (wanted === null) return
    // A frame later: the Enter that typed the number must not press the button too.
    const handle = requestAnimationFrame(() => confirm.current?.focus())
    return () => cancelAnimationFrame(handle)
  }, [wanted])
  const ask = (next: number): void => {
    const rounded = Math.round(Math.max(20_000, Math.min(400_000, next)))
    setKeep('stretch')
    setWanted(rounded === milliBpm ? null : rounded)
  }
  const correct = (correction: TempoCorrection, spoken: string): void => {
    const corrected = correctTempo(milliBpm, correction)
    if (corrected !== null) void edit(tempoCommands(settledSnapshot(), corrected, 'audio'), `${spoken} tempo`)
  }
  const apply = (): void => {
    if (wanted === null) return
    void edit(tempoCommands(settledSnapshot(), wanted, keep), `Tempo ${formatBpm(wanted)} BPM`)
    setWanted(null)
  }
  const heard = analysis?.tempo.detected ?? null
  const stated = analysis?.tempo.stated ?? work?.milliBpm ?? null
  const useHeard = (): void => {
    if (!heard) return
    const commands = tempoCommands(settledSnapshot(), heard.milliBpm, 'audio')
    // What the remix knows of the work is corrected along, so that stretching starts from the right tempo.
    const facts = work && stated === null ? [{ op: 'work.set' as const, workId: work.id, milliBpm: heard.milliBpm }] : []
    void edit([...facts, ...commands], `Detected tempo ${formatBpm(heard.milliBpm)} BPM`)
  }
  return (
    <section className="music-part" aria-label="Tempo">
      <header className="music-now">
        <h3 className="caps">Tempo</h3>
        <NumberField
          label="Tempo of the remix"
          value={wanted ?? milliBpm}
          range={{ min: 20_000, max: 400_000, default: milliBpm, scale: 'linear', step: 1_000 }}
          format={(value) => `${formatBpm(value)} BPM`}
          parseText={(text) => {
            const bpm = Number.parseFloat(text.replace(',', '.'))
            return Number.isFinite(bpm) ? Math.round(bpm * 1_000) : null
          }}
          onCommit={ask}
        />
        <span className="spacer" />
        {CORRECTIONS.map(({ value, label, spoken }) => (
          <Button
            key={value}
            className="music-small"
            aria-label={`${spoken} tempo: the sound stays, bars are counted anew`}
            title={`${spoken} tempo: the sound stays, bars are counted anew`}
            disabled={correctTempo(milliBpm, value) === null}
            onClick={() => correct(value, spoken)}
          >
            {label}
          </Button>
        ))}
        <Button className="music-small" title="Tap along with the beat (T)" onClick={tapTempo}>
          Tap
        </Button>
      </header>
      {wanted !== null && (
        <fieldset className="music-ask" aria-label="How to change the tempo">
          <p>
            <strong>
              {formatBpm(milliBpm)} → {formatBpm(wanted)} BPM
            </strong>
            {tempo.length > 1 && <span className="muted"> and {tempo.length - 1} later changes in proportion</span>}
          </p>
          <Segmented label="What happens to the sound" value={keep} options={KEEPS} onChange={setKeep} />
          <p className="muted">{KEEPS.find(({ value }) => value === keep)?.help}</p>
          <div className="music-buttons">
            <Button tone="quiet" onClick={() => setWanted(null)}>
              Leave it
            </Button>
            <Button tone="primary" ref={confirm} onClick={apply}>
              Change the tempo
            </Button>
          </div>
        </fieldset>
      )}
      {taps.length > 0 && (
        <div className="music-taps" role="status">
          {tapped ? (
            <>
              <span>
                Tapped <b>{formatBpm(tapped.milliBpm)} BPM</b>
              </span>
              <Sure confidence={tapped.confidence} />
              <span className="spacer" />
              <Button onClick={() => ask(tapped.milliBpm)}>Use</Button>
            </>
          ) : (
            <span>{taps.length === 1 ? 'Go on tapping, once a beat.' : 'One more tap.'}</span>
          )}
          <IconButton icon={X} size={13} label="Forget the taps" onClick={() => structureStore.setState({ taps: [] })} />
        </div>
      )}
      <dl className="music-facts">
        <Line name="Work states">{stated === null ? <span className="muted">no tempo</span> : `${formatBpm(stated)} BPM`}</Line>
        <Line
          name="Heard"
          action={
            heard &&
            formatBpm(heard.milliBpm) !== formatBpm(milliBpm) && (
              <Button className="music-small" onClick={useHeard} title="Sets the grid to what was heard; nothing sounds different">
                Apply
              </Button>
            )
          }
        >
          {heard ? (
            <>
              {formatBpm(heard.milliBpm)} BPM <Sure confidence={heard.confidence} />
              {!heard.isSteady && (
                <span className="muted">
                  {' '}
                  drifts {formatBpm(heard.slowestMilliBpm)} to {formatBpm(heard.fastestMilliBpm)}
                </span>
              )}
            </>
          ) : (
            <span className="muted">{analysis ? 'no steady beat' : 'not listened yet'}</span>
          )}
        </Line>
      </dl>
    </section>
  )
}

const MeterPart = ({ work, analysis }: { work: WorkRecord | undefined; analysis: WorkAnalysis | undefined }) => {
  const snapshot = useRemix((remix) => remix.snapshot)
  const { meter } = remixOf(snapshot)
  const now = `${meter[0]?.numerator ?? 4}/${meter[0]?.denominator ?? 4}`
  const heard = analysis?.meter.detected ?? null
  const heardText = heard ? `${heard.numerator}/${heard.denominator}` : null
  const beats = analysis?.beats ?? null
  const first = beats?.frames[beats.firstDownbeat]
  const place = work && first !== undefined ? tickOfWorkFrame(snapshot, work.id, first) : null
  const off = place === null ? null : ticksOffBar(snapshot, place)
  const set = (text: string): void => {
    const [numerator = 4, denominator = 4] = text.split('/').map(Number)
    void edit([{ op: 'meter.set', numerator, denominator }], `Meter ${text}`)
  }
  const choices = [...new Set([now, ...(heardText === null ? [] : [heardText]), ...METERS])]
  return (
    <section className="music-part" aria-label="Meter">
      <header className="music-now">
        <h3 className="caps">Meter</h3>
        <select className="music-select" aria-label="Meter of the remix" value={now} onChange={(event) => set(event.target.value)}>
          {choices.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        <span className="spacer" />
        <span className="muted">Bar line</span>
        <IconButton
          icon={ArrowLeft}
          label="Bars begin one beat earlier in the sound"
          onClick={() => void edit(shiftDownbeatCommands(settledSnapshot(), -1), 'Bar line one beat earlier')}
        />
        <IconButton
          icon={ArrowRight}
          label="Bars begin one beat later in the sound"
          onClick={() => void edit(shiftDownbeatCommands(settledSnapshot(), 1), 'Bar line one beat later')}
        />
      </header>
      <dl className="music-facts">
        <Line name="Work states">
          {analysis?.meter.stated ? (
            `${analysis.meter.stated.numerator}/${analysis.meter.stated.denominator}`
          ) : (
            <span className="muted">{analysis ? 'no meter' : '–'}</span>
          )}
        </Line>
        <Line
          name="Heard"
          action={
            heardText !== null &&
            heardText !== now && (
              <Button className="music-small" onClick={() => set(heardText)}>
                Apply
              </Button>
            )
          }
        >
          {heard ? (
            <>
              {heardText} <Sure confidence={heard.confidence} />
            </>
          ) : (
            <span className="muted">{analysis ? 'cannot be told' : 'not listened yet'}</span>
          )}
        </Line>
        {beats && off !== null && place !== null && (
          <Line
            name="First beat"
            action={
              Math.abs(off) >= 24 && (
                <Button
                  className="music-small"
                  title="Moves everything so that a bar line falls on it"
                  onClick={() => void edit(alignBarCommands(settledSnapshot(), place), 'Bar line where it was heard')}
                >
                  Apply
                </Button>
              )
            }
          >
            {Math.abs(off) < 24 ? 'on a bar line' : `${(Math.abs(off) / 960).toFixed(2)} beats ${off > 0 ? 'after' : 'before'} a bar line`}{' '}
            <Sure confidence={beats.downbeatConfidence} />
          </Line>
        )}
      </dl>
    </section>
  )
}

const KeyPart = ({ work, analysis }: { work: WorkRecord | undefined; analysis: WorkAnalysis | undefined }) => {
  const key = useRemix((remix) => remixOf(remix.snapshot).key)
  const [wanted, setWanted] = useState<string | null>(null)
  const heard = analysis?.key.detected ?? null
  const stated = analysis?.key.stated ?? work?.key ?? null
  const cents = wanted === null ? null : centsBetweenKeys(key, wanted)
  const rename = (next: string | null): void => {
    void edit([{ op: 'remix.set', key: next }], next === null ? 'Key not stated' : `Key ${next}`)
    setWanted(null)
  }
  const transpose = (): void => {
    const commands = wanted === null ? null : keyCommands(settledSnapshot(), wanted, true)
    if (commands) void edit(commands, `Transpose to ${wanted}`)
    setWanted(null)
  }
  const semitones =
    cents === null ? '' : `${cents > 0 ? '+' : '−'}${Math.abs(cents / 100)} ${Math.abs(cents) === 100 ? 'semitone' : 'semitones'}`
  return (
    <section className="music-part" aria-label="Key">
      <header className="music-now">
        <h3 className="caps">Key</h3>
        <select
          className="music-select"
          aria-label="Key of the remix"
          value={wanted ?? key ?? ''}
          onChange={({ target: { value } }) => (value === '' || key === null ? rename(value === '' ? null : value) : setWanted(value))}
        >
          <option value="">not stated</option>
          {['major', 'minor'].map((mode) => (
            <optgroup key={mode} label={mode === 'major' ? 'Major' : 'Minor'}>
              {TONICS.map((tonic) => (
                <option key={tonic}>{`${tonic} ${mode}`}</option>
              ))}
            </optgroup>
          ))}
          {key !== null && !TONICS.some((tonic) => key.startsWith(`${tonic} `)) && <option>{key}</option>}
        </select>
      </header>
      {wanted !== null && wanted !== key && (
        <fieldset className="music-ask" aria-label="How to change the key">
          <p>
            <strong>
              {key} → {wanted}
            </strong>
          </p>
          <p className="muted">
            {cents === 0
              ? 'Both have the same notes: nothing needs to be transposed.'
              : `Transposing moves every pitched clip by ${semitones}; drums and effects stay. The licence may set a limit.`}
          </p>
          <div className="music-buttons">
            <Button tone="quiet" onClick={() => setWanted(null)}>
              Leave it
            </Button>
            <Button onClick={() => rename(wanted)}>Only correct the name</Button>
            {cents !== 0 && cents !== null && (
              <Button tone="primary" onClick={transpose}>
                Transpose {semitones}
              </Button>
            )}
          </div>
        </fieldset>
      )}
      <dl className="music-facts">
        <Line name="Work states">{stated ?? <span className="muted">no key</span>}</Line>
        <Line
          name="Heard"
          action={
            heard?.key &&
            heard.key !== key && (
              <Button className="music-small" title="Corrects the name; nothing sounds different" onClick={() => rename(heard.key)}>
                Apply
              </Button>
            )
          }
        >
          {heard?.key ? (
            <>
              {heard.key} <Sure confidence={heard.confidence} />
            </>
          ) : (
            <span className="muted">
              {heard
                ? `not sure${heard.candidates[0] ? `, maybe ${heard.candidates[0].key}` : ''}`
                : analysis
                  ? 'cannot be told'
                  : 'not listened yet'}
            </span>
          )}
        </Line>
      </dl>
    </section>
  )
}

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
  const [chosen, setChosen] = useState<string | null>(null)
  const work = works.find((one) => one.id === chosen) ?? works[0]
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
          onChange={setChosen}
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
