// What sounds now, and the two comparisons: with the original, and between two. Always at equal loudness, and says by how much.
import { Play, Square } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { Switch } from 'radix-ui'
import type { VariationRow, VariationRun } from '../../src-shared/protocol/index.ts'
import { classes, formatClock, formatDb, Hint, IconButton, Keys } from '../parts/index.ts'
import { onFrame, SAMPLE_RATE, usePreference } from '../state/index.ts'
import {
  auditionFrame,
  COMP,
  compareOriginal,
  gainOf,
  listenFrom,
  listenTo,
  listenToComp,
  pinB,
  sideA,
  toggleListeningNow,
  useAudition,
  wholeRange,
} from './audition.ts'
import { toggleListening, useVariations } from './variation-store.ts'
import { nameOf, type PreviewRange, rangeOfRow } from './variation-words.ts'
import { Wave, WavePlayhead } from './wave.tsx'

const Clock = () => {
  const text = useRef<HTMLSpanElement>(null)
  useEffect(
    () =>
      onFrame(() => {
        const next = formatClock(auditionFrame() / SAMPLE_RATE, 1)
        if (text.current && text.current.textContent !== next) text.current.textContent = next
      }),
    [],
  )
  return <span ref={text} className="vnow-clock" data-testid="audition-clock" />
}

const Side = ({
  side,
  name,
  title,
  isHeard,
  isDisabled,
  keys,
  onPress,
}: {
  side: string
  name: string
  title: string
  isHeard: boolean
  isDisabled: boolean
  keys: string
  onPress: () => void
}) => (
  <Hint text={title} keys={keys} side="top">
    <button
      type="button"
      className={classes('vside', isHeard && 'is-heard')}
      aria-pressed={isHeard}
      aria-disabled={isDisabled}
      onClick={onPress}
    >
      <b>{side}</b>
      <span className="ellipsis">{name}</span>
    </button>
  </Hint>
)

const NowWave = ({ row, run, range }: { row: VariationRow | null; run: VariationRun; range: PreviewRange }) => {
  const peaks = row === null ? (run.original?.peaks ?? null) : (row.preview?.peaks ?? null)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: a shortcut for the pointer; keys start and stop.
    <span
      className="vnow-wave"
      title="Click to listen from there"
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect()
        listenFrom(row?.id ?? null, (event.clientX - box.left) / box.width)
      }}
    >
      <Wave peaks={peaks} color={row === null ? '--text-2' : '--accent'} width={0} />
      <WavePlayhead range={range} />
    </span>
  )
}

/** Who plays when in the comp, where a single one has its waveform. */
const NowComp = () => {
  const stretches = useVariations((state) => state.stretches) ?? []
  const rows = useVariations((state) => state.rows)
  const end = stretches.at(-1)?.toTick ?? 1
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: a shortcut for the pointer; keys start and stop.
    <span
      className="vnow-wave vnow-comp"
      title="Click to listen from there"
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect()
        listenToComp(((event.clientX - box.left) / box.width) * end)
      }}
    >
      {stretches.map(({ fromTick, toTick, id }) => {
        const row = rows.get(id ?? '')
        return (
          <span
            key={fromTick}
            className={classes('vnow-stretch', id === null && 'is-original')}
            style={{ left: `${(fromTick / end) * 100}%`, width: `${((toTick - fromTick) / end) * 100}%` }}
          >
            {row ? nameOf(row) : 'Original'}
          </span>
        )
      })}
      <WavePlayhead range={wholeRange()} />
    </span>
  )
}

/** The bar under the sheet. */
export const ListeningBar = ({ run }: { run: VariationRun }) => {
  const heard = useAudition((state) => state.heard)
  const isStarting = useAudition((state) => state.isStarting)
  const last = useAudition((state) => state.last)
  const rows = useVariations((state) => state.rows)
  const pinned = useVariations((state) => state.pinned)
  useVariations((state) => state.selection)
  const isBrowsing = usePreference('listenWhileBrowsing') !== false
  const a = rows.get(sideA() ?? '')
  const b = pinned === null ? undefined : rows.get(pinned)
  const compGain = useAudition((state) => state.compGainDb)
  const isComp = heard?.id === COMP
  const now = heard === null ? null : heard.id === null ? null : (rows.get(heard.id) ?? null)
  // A hovered variation that is not chosen sounds beside A and B: it is named on its own.
  const aside = now && now.id !== a?.id && now.id !== b?.id ? now : null
  const shown = now ?? (heard === null ? (rows.get(last ?? '') ?? a ?? null) : null)
  const rangeShown = heard?.isWhole === true ? wholeRange() : shown ? rangeOfRow(run.range, shown) : run.range
  const gain = gainOf(heard?.id ?? null)
  const sentence =
    heard === null
      ? 'Nothing sounds'
      : heard.id === null
        ? 'The original'
        : !run.original || (isComp ? compGain === null : now?.preview == null)
          ? 'Loudness not matched yet: it is still being measured'
          : Math.abs(gain) < 0.05
            ? 'As loud as the original'
            : `${formatDb(gain)} dB, to match the original`
  return (
    <section className={classes('vnow', heard !== null && 'is-on')} aria-label="Listening">
      <IconButton
        icon={heard === null ? Play : Square}
        label={heard === null ? 'Listen' : 'Stop listening'}
        keys="Space"
        className={classes('framed', heard !== null && 'is-playing')}
        onClick={toggleListeningNow}
      />
      <span className="vnow-what" role="status">
        <b className="ellipsis">
          {heard === null ? 'Stopped' : isComp ? 'Comp' : heard.id === null ? 'Original' : now ? nameOf(now) : '–'}
          {heard !== null && isStarting && <small className="muted"> starting…</small>}
        </b>
        <small className="muted ellipsis" title={sentence}>
          {sentence}
        </small>
      </span>
      <Clock />
      {isComp ? <NowComp /> : <NowWave row={shown} run={run} range={rangeShown} />}
      <fieldset className="vsides" aria-label="Compare, at equal loudness">
        <Side
          side="O"
          name="Original"
          title="Between the original and the variation"
          keys="X"
          isHeard={heard !== null && heard.id === null}
          isDisabled={false}
          onPress={() => (heard?.id === null ? compareOriginal() : listenTo(null))}
        />
        <Side
          side="A"
          name={a ? nameOf(a) : 'choose one'}
          title="The chosen variation"
          keys="X"
          isHeard={heard !== null && a !== undefined && heard.id === a.id}
          isDisabled={!a}
          onPress={() => a && listenTo(a.id)}
        />
        <Side
          side="B"
          name={b ? nameOf(b) : 'pin one'}
          title={b ? 'Between A and B' : 'Pins the chosen variation as B, to compare another one with it'}
          keys="B"
          isHeard={heard !== null && b !== undefined && heard.id === b.id && b.id !== a?.id}
          isDisabled={!b && !a}
          onPress={() => (b ? listenTo(b.id) : a && pinB(a.id))}
        />
        {b && (
          <button type="button" className="link vunpin" onClick={() => pinB(null)}>
            let go of B
          </button>
        )}
        {isComp && <span className="vside is-heard is-aside">Comp</span>}
        {aside && <span className="vside is-heard is-aside">{nameOf(aside)}</span>}
      </fieldset>
      <span className="vnow-browse">
        <Switch.Root className="switch" id="listen-browsing" checked={isBrowsing} onCheckedChange={toggleListening}>
          <Switch.Thumb className="switch-thumb" />
        </Switch.Root>
        <label htmlFor="listen-browsing">Listen while browsing</label>
        <Keys keys="H" />
      </span>
    </section>
  )
}
