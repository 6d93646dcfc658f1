// The position display: bars and clock are written straight into the page on each frame.
import { useEffect, useRef } from 'react'
import { remixOf } from '../../src-shared/remix/index.ts'
import { barPositionAt, frame, tickAtFrame } from '../../src-shared/time/index.ts'
import { formatBpm, formatClock } from '../parts/index.ts'
import { MusicPopover } from '../timeline/index.ts'
import { onFrame, playheadFrame, remixStore, SAMPLE_RATE, useRemix } from '../state/index.ts'

/** Bars.beats.ticks, minutes, tempo, meter, key. */
export const Position = () => {
  const bars = useRef<HTMLSpanElement>(null)
  const clock = useRef<HTMLSpanElement>(null)
  const milliBpm = useRemix((remix) => remixOf(remix.snapshot).tempo[0]?.milliBpm ?? 120_000)
  const meter = useRemix((remix) => remixOf(remix.snapshot).meter[0])
  const key = useRemix((remix) => remixOf(remix.snapshot).key)
  useEffect(() => {
    let last = -1
    return onFrame(() => {
      const at = Math.round(playheadFrame())
      const { snapshot } = remixStore.getState()
      if (at === last || !snapshot.has('remix')) return
      last = at
      const { tempo, meter: meters } = remixOf(snapshot)
      const { bar, beat, ticks } = barPositionAt(meters, tickAtFrame(tempo, frame(at), SAMPLE_RATE))
      if (bars.current) bars.current.textContent = `${bar}.${beat}.${String(ticks).padStart(3, '0')}`
      if (clock.current) clock.current.textContent = formatClock(at / SAMPLE_RATE)
    })
  }, [])
  return (
    <div className="position">
      <div className="position-time" role="timer" aria-label="Position">
        <span className="position-bars" ref={bars} data-testid="position-bars">
          1.1.000
        </span>
        <span className="position-clock" ref={clock} data-testid="position-clock">
          0:00.000
        </span>
      </div>
      <MusicPopover>
        <button type="button" className="position-facts" title="Tempo, meter and key" aria-label="Tempo, meter and key">
          <span className="position-fact">
            {formatBpm(milliBpm)} <small>BPM</small>
          </span>
          {meter && (
            <span className="position-fact position-meter">
              {meter.numerator}/{meter.denominator}
            </span>
          )}
          <span className="position-fact position-key">{key ?? 'no key'}</span>
        </button>
      </MusicPopover>
    </div>
  )
}
