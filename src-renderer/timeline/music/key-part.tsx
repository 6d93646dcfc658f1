// The key: its name corrected, or everything transposed to another.
import { useState } from 'react'
import { centsBetweenKeys, remixOf } from '../../../src-shared/remix/index.ts'
import { Button } from '../../parts/index.ts'
import { edit, settledSnapshot, useRemix } from '../../state/index.ts'
import { heardKeyCommands, isGuest, keyCommands } from '../structure.ts'
import { ApplyButton, Line, MusicAsk, type MusicFacts, MusicPart, Sure } from './music-part.tsx'

const TONICS = ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'] as const

export const KeyPart = ({ work, analysis }: MusicFacts) => {
  const key = useRemix((remix) => remixOf(remix.snapshot).key)
  const isOther = useRemix((remix) => work !== undefined && isGuest(remix.snapshot, work.id))
  const [wanted, setWanted] = useState<string | null>(null)
  const heard = analysis?.key.detected ?? null
  const stated = analysis?.key.stated ?? work?.key ?? null
  const cents = wanted === null ? null : centsBetweenKeys(key, wanted)
  const rename = (next: string | null): void => {
    void edit([{ op: 'remix.set', key: next }], next === null ? 'Key not stated' : `Key ${next}`)
    setWanted(null)
  }
  const takeHeard = (heardKey: string): void => {
    void edit(
      heardKeyCommands(settledSnapshot(), work?.id, heardKey),
      `Detected key ${heardKey}${isOther && work ? ` of ${work.title}` : ''}`,
    )
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
    <MusicPart
      name="Key"
      controls={
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
      }
      ask={
        wanted !== null &&
        wanted !== key && (
          <MusicAsk
            label="How to change the key"
            onLeave={() => setWanted(null)}
            actions={
              <>
                <Button onClick={() => rename(wanted)}>Only correct the name</Button>
                {cents !== 0 && cents !== null && (
                  <Button tone="primary" onClick={transpose}>
                    Transpose {semitones}
                  </Button>
                )}
              </>
            }
          >
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
          </MusicAsk>
        )
      }
    >
      <Line name="Work states">{stated ?? <span className="muted">no key</span>}</Line>
      <Line
        name="Heard"
        action={
          heard?.key &&
          heard.key !== (isOther ? work?.key : key) && (
            <ApplyButton
              title={
                isOther
                  ? `Goes by it when ${work?.title} is matched; nothing sounds different`
                  : 'Corrects the name; nothing sounds different'
              }
              onClick={() => heard.key && takeHeard(heard.key)}
            />
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
    </MusicPart>
  )
}
