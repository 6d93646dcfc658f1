// The tempo: typed, tapped, corrected, or taken as it was heard.
import { X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { remixOf } from '../../../src-shared/remix/index.ts'
import { correctTempo, type TempoCorrection, tempoOfTaps } from '../../../src-shared/time/index.ts'
import { Button, formatBpm, IconButton, NumberField, Segmented } from '../../parts/index.ts'
import { edit, settledSnapshot, structureStore, tapTempo, useRemix, useStructure } from '../../state/index.ts'
import { heardTempoCommands, isGuest, tempoCommands } from '../structure.ts'
import { ApplyButton, Line, MusicAsk, type MusicFacts, MusicPart, Sure } from './music-part.tsx'

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

export const TempoPart = ({ work, analysis }: MusicFacts) => {
  const tempo = useRemix((remix) => remixOf(remix.snapshot).tempo)
  const isOther = useRemix((remix) => work !== undefined && isGuest(remix.snapshot, work.id))
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
  const used = work?.milliBpm ?? null
  const useHeard = (): void => {
    if (!heard) return
    const commands = heardTempoCommands(settledSnapshot(), work?.id, heard.milliBpm)
    void edit(commands, `Detected tempo ${formatBpm(heard.milliBpm)} BPM${isOther && work ? ` of ${work.title}` : ''}`)
  }
  return (
    <MusicPart
      name="Tempo"
      controls={
        <>
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
        </>
      }
      ask={
        <>
          {wanted !== null && (
            <MusicAsk
              label="How to change the tempo"
              onLeave={() => setWanted(null)}
              actions={
                <Button tone="primary" ref={confirm} onClick={apply}>
                  Change the tempo
                </Button>
              }
            >
              <p>
                <strong>
                  {formatBpm(milliBpm)} → {formatBpm(wanted)} BPM
                </strong>
                {tempo.length > 1 && <span className="muted"> and {tempo.length - 1} later changes in proportion</span>}
              </p>
              <Segmented label="What happens to the sound" value={keep} options={KEEPS} onChange={setKeep} />
              <p className="muted">{KEEPS.find(({ value }) => value === keep)?.help}</p>
            </MusicAsk>
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
        </>
      }
    >
      <Line name="Work states">{stated === null ? <span className="muted">no tempo</span> : `${formatBpm(stated)} BPM`}</Line>
      <Line
        name="Heard"
        action={
          heard &&
          formatBpm(heard.milliBpm) !== (isOther ? (used === null ? null : formatBpm(used)) : formatBpm(milliBpm)) && (
            <ApplyButton
              onClick={useHeard}
              title={
                isOther
                  ? `Goes by it when ${work?.title} is matched; nothing sounds different`
                  : 'Sets the grid to what was heard; nothing sounds different'
              }
            />
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
    </MusicPart>
  )
}
