// The master at a glance: meter, loudness, true peak with hold; and where the sound goes.
import { Volume2, VolumeX } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { MASTER_TRACK_ID } from '../../src-shared/remix/index.ts'
import { LevelMeter } from '../mixer/index.ts'
import { formatLevel, Hint } from '../parts/index.ts'
import { lastMeters, onFrame, useTransport } from '../state/index.ts'

/** Loudness numbers, four times a second. */
const Numbers = () => {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let last = 0
    return onFrame((now) => {
      if (now - last < 250 || !box.current) return
      last = now
      const master = lastMeters()?.master
      const texts = [
        formatLevel(master?.momentaryLufs),
        formatLevel(master?.integratedLufs),
        formatLevel(master?.shortTermLufs),
        formatLevel(master?.truePeakDb),
      ]
      for (const [i, cell] of [...box.current.querySelectorAll('b')].entries()) {
        const text = texts[i] ?? '–'
        if (cell.textContent !== text) cell.textContent = text
      }
      box.current.dataset.over = (master?.truePeakDb ?? -144) > -0.95 ? 'yes' : ''
    })
  }, [])
  return (
    <div className="master-numbers" ref={box}>
      <span title="Momentary loudness" className="master-aside">
        M <b>–</b>
      </span>
      <span title="Integrated loudness since play started">
        I <b>–</b> <small>LUFS</small>
      </span>
      <span title="Short-term loudness" className="master-aside">
        S <b>–</b>
      </span>
      <span title="Highest true peak since play started" className="master-peak">
        TP <b>–</b> <small>dBTP</small>
      </span>
    </div>
  )
}

/** Meter and numbers. */
export const MasterReadout = () => (
  <fieldset className="master-readout" aria-label="Master level">
    <LevelMeter trackId={MASTER_TRACK_ID} width={92} height={13} direction="right" />
    <Numbers />
  </fieldset>
)

/** Says in words where the sound goes, always when it goes nowhere. */
export const OutputState = () => {
  const output = useTransport((transport) => transport.output)
  const lost = useTransport((transport) => transport.lost)
  if (lost !== null) {
    return (
      <Hint text={lost}>
        <span className="output output-limited" role="status">
          <VolumeX size={14} aria-hidden />
          <span className="output-words">No engine</span>
        </span>
      </Hint>
    )
  }
  if (output?.kind === 'silent') {
    return (
      <Hint text={output.reason}>
        <span className="output output-limited" role="status">
          <VolumeX size={14} aria-hidden />
          <span className="output-words">No sound card: silent clock</span>
        </span>
      </Hint>
    )
  }
  return (
    <Hint text={output ? `Sound goes to the default output at ${output.sampleRate / 1000} kHz` : 'The engine is starting'}>
      <span className="output" role="status" aria-label={output ? 'Sound card' : 'Engine starting'}>
        <Volume2 size={14} aria-hidden />
      </span>
    </Hint>
  )
}
