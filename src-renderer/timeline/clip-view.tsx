// One clip: its sounding stretches as boxes in the role's colour, its waveform, its handles. Positions are in ticks; the zoom is a CSS variable.
import { type CSSProperties, memo, type PointerEvent, useState } from 'react'
import {
  type Clip,
  endTick,
  REMIX_SAMPLE_RATE,
  recordOf,
  remixOf,
  type Role,
  sourceFramesBetween,
  tickAfterSourceFrames,
} from '../../src-shared/remix/index.ts'
import { frame, frameAt, tick, tickAtFrame, type TempoPoint } from '../../src-shared/time/index.ts'
import { classes, WithContextMenu } from '../parts/index.ts'
import { type StemWave, useListening, usePeaks, useRemix, useSoundPeaks, useView } from '../state/index.ts'
import { useCamera } from './camera.ts'
import { dragClips, dragEdge, dragFade, dragGain, pressClip, slipClips, spokenClip } from './clip-gestures.ts'
import { clipMenu } from './clip-menu.ts'
import { useGesture } from './gesture.ts'
import { warpText } from './warp-commands.ts'
import { Waveform } from './waveform.tsx'

const CLIP_HEIGHT = 36

/** CSS length of a number of ticks at the current zoom. */
export const tickCss = (ticks: number): string => `calc(${ticks} * var(--k) * 1px)`

const dbToGain = (db: number): number => 10 ** (db / 20)

const framesAt = (tempo: readonly TempoPoint[], position: number): number => frameAt(tempo, tick(Math.round(position)), REMIX_SAMPLE_RATE)

/** Sounding stretches of a clip in ticks from its start. */
const islandsOf = (
  clip: Clip,
  wave: StemWave,
  tempo: readonly TempoPoint[],
  sourceStart: number,
): readonly { readonly from: number; readonly to: number }[] => {
  const sourceEnd = sourceStart + sourceFramesBetween(tempo, clip, clip.startTick, endTick(clip))
  const ticksTo = (sourceFrame: number): number =>
    tickAfterSourceFrames(tempo, clip, clip.startTick, sourceFrame - sourceStart) - clip.startTick
  const found: { from: number; to: number }[] = []
  for (const { fromFrame, toFrame } of wave.islands) {
    const from = Math.max(sourceStart, fromFrame)
    const to = Math.min(sourceEnd, toFrame)
    if (to <= from) continue
    found.push({
      from: from === sourceStart ? 0 : ticksTo(from),
      to: to === sourceEnd ? clip.lengthTicks : Math.min(clip.lengthTicks, ticksTo(to)),
    })
  }
  return found
}

const fadeTicks = (tempo: readonly TempoPoint[], clip: Clip, end: 'in' | 'out'): number => {
  if (end === 'in')
    return tickAtFrame(tempo, frame(framesAt(tempo, clip.startTick) + clip.fadeInFrames), REMIX_SAMPLE_RATE) - clip.startTick
  return endTick(clip) - tickAtFrame(tempo, frame(Math.max(0, framesAt(tempo, endTick(clip)) - clip.fadeOutFrames)), REMIX_SAMPLE_RATE)
}

const WaveWindow = ({
  clip,
  wave,
  tempo,
  sourceStart,
  role,
}: {
  clip: Clip
  wave: StemWave
  tempo: readonly TempoPoint[]
  sourceStart: number
  role: Role
}) => {
  const fromTick = useCamera((camera) => Math.max(clip.startTick, Math.min(endTick(clip), camera.drawnFromTick)))
  const toTick = useCamera((camera) => Math.max(clip.startTick, Math.min(endTick(clip), camera.drawnToTick)))
  const scale = useCamera((camera) => camera.settledScale)
  if (toTick <= fromTick) return null
  const width = Math.max(1, Math.round((toTick - fromTick) * scale))
  // A stretched clip is its stem's wave drawn longer or shorter: where its ticks lie in the source says how much.
  const sourceAt = (at: number): number => sourceStart + sourceFramesBetween(tempo, clip, clip.startTick, at)
  const style: CSSProperties = {
    left: tickCss(fromTick - clip.startTick),
    transform: `scaleX(calc(var(--k) * ${(toTick - fromTick) / width}))`,
  }
  return (
    <div className="clip-wave" style={style}>
      <Waveform
        wave={wave}
        fromFrame={sourceAt(Math.round(fromTick))}
        toFrame={sourceAt(Math.round(toTick))}
        width={width}
        height={CLIP_HEIGHT - 2}
        gain={dbToGain(clip.gainDb)}
        color={`--${role}`}
      />
    </div>
  )
}

/** One clip on its lane. */
export const ClipView = memo(({ clip, role, isTabStop }: { clip: Clip; role: Role; isTabStop: boolean }) => {
  const isSelected = useView((view) => view.clipIds.includes(clip.id))
  const stemState = usePeaks(clip.stemId)
  const sound = useRemix((remix) => (clip.soundId === undefined ? undefined : recordOf(remix.confirmed, 'sound', clip.soundId)))
  const soundState = useSoundPeaks(sound, clip.id)
  const state = clip.soundId === undefined ? stemState : soundState
  // A number, not an object: hundreds of clips ask this on each report.
  const preparing = useListening(({ preparing: now }) => (now.clipIds.includes(clip.id) ? now.fraction : null))
  const badge = useRemix((remix) => remix.status?.badges[clip.stemId] ?? '')
  const isMissing = useRemix((remix) => remix.status?.missingStems.includes(clip.stemId) ?? false)
  const denied = useRemix((remix) => remix.status?.notices.find((notice) => notice.clipIds.includes(clip.id))?.message ?? '')
  const isRefused = useGesture((gesture) => gesture.refused.has(clip.id))
  const tempo = useRemix((remix) => remixOf(remix.snapshot).tempo)
  const rate = useRemix((remix) => recordOf(remix.snapshot, 'stem', clip.stemId)?.sampleRate ?? REMIX_SAMPLE_RATE)
  const sourceStart = Math.round((clip.sourceOffsetFrames * REMIX_SAMPLE_RATE) / rate)
  const wave = state.state === 'ready' ? state.wave : null
  const scale = useCamera((camera) => camera.settledScale)
  // Handles exist only where they can be used: hundreds of clips would carry thousands of them.
  const [isHovered, setIsHovered] = useState(false)
  const islands = wave ? islandsOf(clip, wave, tempo, sourceStart) : []
  const licence = denied === '' ? badge : denied
  const bent = warpText(clip, tempo)
  const made =
    sound === undefined ? '' : sound.make.kind === 'model' || (sound.make.kind === 'notes' && sound.make.model !== null) ? 'AI' : 'made'

  // Inside the clip everything is a share of its length, so that a zoom step ends at the clip itself.
  const share = (ticks: number): string => `${(ticks / clip.lengthTicks) * 100}%`

  const onPointerDown = (event: PointerEvent<HTMLElement>): void => {
    if (event.button !== 0) return
    event.stopPropagation()
    event.currentTarget.focus({ preventScroll: true })
    if (event.altKey && (event.ctrlKey || event.metaKey)) slipClips(event, clip)
    else dragClips(event, clip)
  }
  const grab = (start: (event: PointerEvent) => void) => (event: PointerEvent) => {
    if (event.button !== 0) return
    event.stopPropagation()
    start(event)
  }
  const style: CSSProperties & Record<`--${string}`, string> = {
    left: tickCss(clip.startTick),
    width: tickCss(clip.lengthTicks),
    '--role': `var(--${role})`,
  }
  return (
    <WithContextMenu
      entries={() => clipMenu(clip)}
      onOpen={() => !isSelected && pressClip({ shiftKey: false, ctrlKey: false, metaKey: false }, clip)}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a table cannot hold free-floating clips; the grid pattern of ARIA can. */}
      <div
        className={classes(
          'clip',
          isSelected && 'is-selected',
          clip.lengthTicks * scale < 44 && 'is-narrow',
          clip.isMuted && 'is-muted',
          isMissing && 'is-missing',
          denied !== '' && 'is-denied',
          isRefused && 'is-refused',
          !wave && 'is-plain',
        )}
        style={style}
        role="gridcell"
        tabIndex={isTabStop || isSelected ? 0 : -1}
        aria-selected={isSelected}
        aria-label={[spokenClip(clip, licence), bent, preparing === null ? '' : 'its sound is being prepared'].filter(Boolean).join(', ')}
        data-clip={clip.id}
        onPointerDown={onPointerDown}
        onPointerEnter={() => setIsHovered(true)}
        onPointerLeave={() => setIsHovered(false)}
      >
        {wave && <WaveWindow clip={clip} wave={wave} tempo={tempo} sourceStart={sourceStart} role={role} />}
        <span className="clip-body">
          {islands.map(({ from, to }) => (
            <span key={from} className="clip-island" style={{ left: share(from), width: share(to - from) }}>
              {(to - from) * scale > 34 && <span className="clip-name ellipsis">{clip.name}</span>}
              {(to - from) * scale > 90 && (badge !== '' || bent !== '' || made !== '') && (
                <span className={classes('clip-badge', badge === '' && 'is-fact')}>{[made, bent, badge].filter(Boolean).join(' · ')}</span>
              )}
            </span>
          ))}
          {state.state === 'failed' && <span className="clip-note ellipsis">{state.message}</span>}
          {(isMissing || state.state === 'loading' || (islands.length === 0 && (isHovered || isSelected))) && state.state !== 'failed' && (
            <span className="clip-name ellipsis">{isMissing ? `${clip.name}, not on this machine` : clip.name}</span>
          )}
          {preparing !== null && (
            <span
              className="clip-preparing"
              title={`Its sound is being prepared, ${Math.round(preparing * 100)} %; until then it plays as before`}
            >
              <span style={{ transform: `scaleX(${Math.max(0.03, preparing)})` }} />
            </span>
          )}
          {clip.fadeInFrames > 0 && <span className="clip-fade clip-fade-in" style={{ width: share(fadeTicks(tempo, clip, 'in')) }} />}
          {clip.fadeOutFrames > 0 && <span className="clip-fade clip-fade-out" style={{ width: share(fadeTicks(tempo, clip, 'out')) }} />}
          {(isSelected || isHovered) && (
            <span className="clip-handles" aria-hidden>
              <span className="clip-edge clip-edge-start" onPointerDown={grab((event) => dragEdge(event, clip, 'start'))} />
              <span className="clip-edge clip-edge-end" onPointerDown={grab((event) => dragEdge(event, clip, 'end'))} />
              <span
                className="clip-corner"
                style={{ left: share(fadeTicks(tempo, clip, 'in')) }}
                title="Fade in"
                onPointerDown={grab((event) => dragFade(event, clip, 'in'))}
              />
              <span
                className="clip-corner clip-corner-out"
                style={{ right: share(fadeTicks(tempo, clip, 'out')) }}
                title="Fade out"
                onPointerDown={grab((event) => dragFade(event, clip, 'out'))}
              />
              {clip.lengthTicks * scale > 72 && (
                <span className="clip-gain" title="Clip gain: drag up or down" onPointerDown={grab((event) => dragGain(event, clip))} />
              )}
            </span>
          )}
        </span>
      </div>
    </WithContextMenu>
  )
})
