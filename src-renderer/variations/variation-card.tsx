// One variation on the contact sheet: what it looks like, what changed, how far it is, what it asks for, and its mark.
// biome-ignore-start lint/a11y/useSemanticElements: a grid of places on a canvas, not a table.
import { Ban, CircleSlash2, Hourglass, Star, Tag, Volume2 } from 'lucide-react'
import { memo, type MouseEvent, type PointerEvent } from 'react'
import type { VariationRow, VariationRun } from '../../src-shared/protocol/index.ts'
import { classes, formatLevel } from '../parts/index.ts'
import { listenFrom } from './audition.ts'
import { toggleMark } from './variation-store.ts'
import { bpmText, cardSentence, distanceOf, distanceSentence, distanceWord, lengthText, nameOf, rangeOfRow } from './variation-words.ts'
import { Wave, WavePlayhead } from './wave.tsx'

/** How a card stands to what sounds: not at all, sounding, or about to. */
export type Sounding = 'no' | 'starting' | 'playing'

const waveColor = (row: VariationRow, sounding: Sounding, isActive: boolean): string =>
  sounding !== 'no' ? '--accent' : row.mark === 'kept' ? '--good' : isActive ? '--text' : '--text-2'

const Badges = ({ row }: { row: VariationRow }) => (
  <span className="vcard-badges">
    {row.asks.length > 0 && (
      <span className="vchip vchip-limited" title={row.asks.join('\n')}>
        <Hourglass size={11} aria-hidden />
        asks
      </span>
    )}
    {row.leftOut.length > 0 && (
      <span className="vchip" title={`Left out:\n${row.leftOut.join('\n')}`}>
        <CircleSlash2 size={11} aria-hidden />
        {row.leftOut.length}
      </span>
    )}
    {row.tags.slice(0, 2).map((tag) => (
      <span key={tag} className="vchip" title={row.tags.join(', ')}>
        <Tag size={10} aria-hidden />
        <span className="ellipsis">{tag}</span>
      </span>
    ))}
    {row.tags.length > 2 && (
      <span className="vchip" title={row.tags.join(', ')}>
        +{row.tags.length - 2}
      </span>
    )}
  </span>
)

/** A card. `width` is that of its column, so that the waveform is drawn anew when it changes. */
export const VariationCard = memo(
  ({
    row,
    runRange,
    width,
    isActive,
    isSelected,
    isPinned,
    sounding,
    rowIndex,
    columnIndex,
    x,
    y,
    height,
    onPress,
    onOver,
  }: {
    row: VariationRow
    runRange: VariationRun['range']
    width: number
    isActive: boolean
    isSelected: boolean
    isPinned: boolean
    sounding: Sounding
    rowIndex: number
    columnIndex: number
    x: number
    y: number
    height: number
    onPress: (id: string, event: MouseEvent) => void
    onOver: (id: string, event: PointerEvent) => void
  }) => {
    const distance = distanceOf(row)
    const stop = (event: MouseEvent): void => event.stopPropagation()
    return (
      // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus.
      // biome-ignore lint/a11y/useKeyWithClickEvents: the grid answers the keys.
      <div
        id={`variation-${row.id}`}
        role="gridcell"
        aria-colindex={columnIndex + 1}
        aria-rowindex={rowIndex + 1}
        aria-selected={isSelected}
        aria-label={cardSentence(row)}
        className={classes(
          'vcard',
          isActive && 'is-active',
          isSelected && 'is-selected',
          sounding !== 'no' && 'is-sounding',
          row.mark === 'kept' && 'is-kept',
          row.mark === 'rejected' && 'is-rejected',
        )}
        style={{ transform: `translate(${x}px, ${y}px)`, width, height }}
        onClick={(event) => onPress(row.id, event)}
        onPointerMove={(event) => onOver(row.id, event)}
      >
        {/* biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the pointer; keys start at the beginning. */}
        <span
          className="vcard-wave"
          onDoubleClick={(event) => {
            const box = event.currentTarget.getBoundingClientRect()
            listenFrom(row.id, (event.clientX - box.left) / box.width)
          }}
        >
          <Wave peaks={row.preview?.peaks ?? null} color={waveColor(row, sounding, isActive)} width={width} />
          {sounding !== 'no' && <WavePlayhead range={rangeOfRow(runRange, row)} />}
          {sounding !== 'no' && (
            <span className={classes('vcard-now', sounding === 'starting' && 'is-starting')}>
              <Volume2 size={11} aria-hidden />
              {sounding === 'playing' ? 'now' : '…'}
            </span>
          )}
          {isPinned && <span className="vcard-b">B</span>}
        </span>
        <span className="vcard-head">
          <b>{nameOf(row)}</b>
          {row.likelyPercent !== null && (
            <small className="muted" title="How likely it is to please, by the small model learned from your marks">
              {row.likelyPercent} % likely
            </small>
          )}
          <Badges row={row} />
          <span className="spacer" />
          <button
            type="button"
            tabIndex={-1}
            className={classes('vmark vmark-keep', row.mark === 'kept' && 'is-on')}
            aria-label={row.mark === 'kept' ? 'Kept; take the star away' : 'Keep'}
            aria-pressed={row.mark === 'kept'}
            title={row.mark === 'kept' ? 'Kept (K)' : 'Keep (K)'}
            onClick={(event) => {
              stop(event)
              void toggleMark('kept', [row.id])
            }}
          >
            <Star size={14} aria-hidden fill={row.mark === 'kept' ? 'currentColor' : 'none'} />
          </button>
          <button
            type="button"
            tabIndex={-1}
            className={classes('vmark vmark-reject', row.mark === 'rejected' && 'is-on')}
            aria-label={row.mark === 'rejected' ? 'Rejected; take it back' : 'Reject'}
            aria-pressed={row.mark === 'rejected'}
            title={row.mark === 'rejected' ? 'Rejected (R)' : 'Reject (R)'}
            onClick={(event) => {
              stop(event)
              void toggleMark('rejected', [row.id])
            }}
          >
            <Ban size={13} aria-hidden />
          </button>
        </span>
        <span className="vcard-summary" title={row.summary}>
          {row.summary}
        </span>
        <span className="vcard-foot">
          <span className="vcard-facts">
            <span>{lengthText(row.lengthMs)}</span>
            <span>{bpmText(row.bpm)} BPM</span>
            <span className={row.preview === null ? 'vcard-unknown' : undefined}>
              {row.preview === null ? 'not rendered' : `${formatLevel(row.preview.integratedLufs)} LUFS`}
            </span>
          </span>
          <span className="vchip vchip-distance" title={distanceSentence(row)}>
            <span className="vdistance" aria-hidden>
              <span style={{ width: `${Math.round(Math.min(1, distance) * 100)}%` }} />
            </span>
            {distanceWord(distance)}
          </span>
        </span>
      </div>
    )
  },
)
// biome-ignore-end lint/a11y/useSemanticElements: see above
