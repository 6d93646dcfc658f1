// The meter and where its bars begin.
import { ArrowLeft, ArrowRight } from 'lucide-react'
import { remixOf } from '../../../src-shared/remix/index.ts'
import { IconButton } from '../../parts/index.ts'
import { edit, settledSnapshot, useRemix } from '../../state/index.ts'
import { alignBarCommands, meterCommands, shiftDownbeatCommands, ticksOffBar, tickOfWorkFrame } from '../structure.ts'
import { ApplyButton, Line, type MusicFacts, MusicPart, Sure } from './music-part.tsx'

const METERS = ['4/4', '3/4', '2/4', '5/4', '6/8', '7/8', '9/8', '12/8'] as const

export const MeterPart = ({ work, analysis }: MusicFacts) => {
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
    void edit(meterCommands(settledSnapshot(), numerator, denominator), `Meter ${text}`)
  }
  const choices = [...new Set([now, ...(heardText === null ? [] : [heardText]), ...METERS])]
  return (
    <MusicPart
      name="Meter"
      controls={
        <>
          <select className="music-select" aria-label="Meter of the remix" value={now} onChange={(event) => set(event.target.value)}>
            {choices.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
          {meter.length > 1 && (
            <span className="muted" title="Later changes stay; each goes to the nearest bar line">
              then {meter.length === 2 ? `${meter[1]?.numerator}/${meter[1]?.denominator}` : `${meter.length - 1} changes`}
            </span>
          )}
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
        </>
      }
    >
      <Line name="Work states">
        {analysis?.meter.stated ? (
          `${analysis.meter.stated.numerator}/${analysis.meter.stated.denominator}`
        ) : (
          <span className="muted">{analysis ? 'no meter' : '–'}</span>
        )}
      </Line>
      <Line name="Heard" action={heardText !== null && heardText !== now && <ApplyButton onClick={() => set(heardText)} />}>
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
              <ApplyButton
                title="Moves everything so that a bar line falls on it"
                onClick={() => void edit(alignBarCommands(settledSnapshot(), place), 'Bar line where it was heard')}
              />
            )
          }
        >
          {Math.abs(off) < 24 ? 'on a bar line' : `${(Math.abs(off) / 960).toFixed(2)} beats ${off > 0 ? 'after' : 'before'} a bar line`}{' '}
          <Sure confidence={beats.downbeatConfidence} />
        </Line>
      )}
    </MusicPart>
  )
}
