// What is chosen: everything known about it in words, and what can be done with it.
import { ArrowRightLeft, Ban, CircleSlash2, FileAudio2, Hourglass, Layers, Send, Sparkles, Star, Tag, Wand2, X } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { VariationRow, VariationRun } from '../../src-shared/protocol/index.ts'
import { Button, CardGroup, classes, countOf, FieldRow, formatDb, formatLevel, IconButton, MenuButton } from '../parts/index.ts'
import { useRemix } from '../state/index.ts'
import { gainOf } from './audition.ts'
import { focusSheet } from './sheet-moves.ts'
import { styleLabel, useStyles } from './style-list.ts'
import { submitVariation } from './submit.ts'
import {
  applyVariation,
  mixVariations,
  moreLikeThese,
  saveVariation,
  setTags,
  toggleMark,
  useVariations,
  variationStore,
} from './variation-store.ts'
import { bpmText, canLearn, distanceOf, distanceWord, lengthText, nameOf } from './variation-words.ts'

const Sentences = ({
  title,
  icon: Icon,
  lines,
  tone,
}: {
  title: string
  icon: typeof Hourglass
  lines: readonly string[]
  tone?: string
}) =>
  lines.length === 0 ? null : (
    <section className={classes('vsentences', tone)} aria-label={title}>
      <h4>
        <Icon size={13} aria-hidden /> {title}
      </h4>
      <ul>
        {lines.map((line) => (
          <li key={line} className="selectable">
            {line}
          </li>
        ))}
      </ul>
    </section>
  )

let tagField: HTMLInputElement | null = null
/** Puts the cursor where a tag is typed. */
export const focusTags = (): void => tagField?.focus()

const Tags = ({ row }: { row: VariationRow }) => {
  const [text, setText] = useState('')
  const input = useRef<HTMLInputElement>(null)
  const rows = useVariations((state) => state.rows)
  const known = useMemo(() => [...new Set([...rows.values()].flatMap(({ tags }) => tags))].sort(), [rows])
  useEffect(() => {
    tagField = input.current
    return () => {
      tagField = null
    }
  }, [])
  const add = (): void => {
    const tag = text.trim().slice(0, 60)
    setText('')
    if (tag !== '' && !row.tags.includes(tag) && row.tags.length < 20) void setTags(row.id, [...row.tags, tag])
  }
  return (
    <div className="vtags">
      {row.tags.map((tag) => (
        <span key={tag} className="vchip vtag">
          <span className="ellipsis" title={tag}>
            {tag}
          </span>
          <button
            type="button"
            aria-label={`Remove the tag ${tag}`}
            onClick={() =>
              void setTags(
                row.id,
                row.tags.filter((one) => one !== tag),
              )
            }
          >
            <X size={11} aria-hidden />
          </button>
        </span>
      ))}
      <span className="vtag-field">
        <Tag size={12} aria-hidden />
        <input
          ref={input}
          value={text}
          maxLength={60}
          list="variation-tags"
          placeholder={row.tags.length === 0 ? 'Add a tag (T)' : 'Another'}
          aria-label={`Add a tag to ${nameOf(row)}`}
          onChange={(event) => setText(event.target.value)}
          onBlur={add}
          onKeyDown={(event) => {
            event.stopPropagation()
            if (event.key === 'Enter') add()
            if (event.key !== 'Enter' && event.key !== 'Escape') return
            if (event.key === 'Escape') setText('')
            focusSheet()
          }}
        />
      </span>
      <datalist id="variation-tags">
        {known.map((tag) => (
          <option key={tag} value={tag} />
        ))}
      </datalist>
    </div>
  )
}

const Facts = ({ row, run }: { row: VariationRow; run: VariationRun }) => {
  const gain = gainOf(row.id)
  return (
    <CardGroup title="What it is">
      <FieldRow name="Length">{lengthText(row.lengthMs)}</FieldRow>
      <FieldRow name="Tempo">{bpmText(row.bpm)} BPM</FieldRow>
      <FieldRow name="Structure" title="How much of what plays when is another">
        {Math.round(row.structureDistance * 100)} % away
      </FieldRow>
      <FieldRow name="Sound" title="How far levels and tone are from the original">
        {row.soundDistance === null ? 'not measured yet' : `${Math.round(row.soundDistance * 100)} % away`}
      </FieldRow>
      <FieldRow name="Together">{distanceWord(distanceOf(row))}</FieldRow>
      <FieldRow name="Loudness">{row.preview ? `${formatLevel(row.preview.integratedLufs)} LUFS` : 'not rendered yet'}</FieldRow>
      <FieldRow name="True peak">{row.preview ? `${formatLevel(row.preview.truePeakDb)} dBTP` : '–'}</FieldRow>
      {run.original && row.preview && (
        <FieldRow name="Matched by" title="Gain while you listen, so that it is as loud as the original">
          {formatDb(gain)} dB
        </FieldRow>
      )}
      {row.likelyPercent !== null && (
        <FieldRow name="Likely to please" title="By the small model learned on this computer from your keeps and rejects">
          {row.likelyPercent}%
        </FieldRow>
      )}
    </CardGroup>
  )
}

const Pair = ({ a, b }: { a: VariationRow; b: VariationRow }) => (
  <CardGroup title="Two chosen" isBare>
    <MenuButton
      entries={[
        { heading: 'A new variation from both' },
        { label: `Sections of ${nameOf(a)}, sound of ${nameOf(b)}`, run: () => void mixVariations(a.id, b.id), keys: 'M' },
        { label: `Sections of ${nameOf(b)}, sound of ${nameOf(a)}`, run: () => void mixVariations(b.id, a.id) },
      ]}
    >
      <Button icon={ArrowRightLeft}>{`Mix ${nameOf(a)} and ${nameOf(b)}…`}</Button>
    </MenuButton>
  </CardGroup>
)

/** The two that a mix takes: sections of the one chosen first, sound of the other; or of what is chosen and what is pinned. */
export const pairOf = (
  rows: ReadonlyMap<string, VariationRow>,
  selection: readonly string[],
  pinned: string | null,
): readonly [VariationRow, VariationRow] | null => {
  const [first, second] = selection.length >= 2 ? selection.slice(-2) : [selection[0], pinned]
  const [a, b] = [rows.get(first ?? ''), rows.get(second ?? '')]
  return a && b && a.id !== b.id ? [a, b] : null
}

/** The panel at the right. */
export const VariationDetail = ({ run }: { run: VariationRun }) => {
  const rows = useVariations((state) => state.rows)
  const selection = useVariations((state) => state.selection)
  const pinned = useVariations((state) => state.pinned)
  const busy = useVariations((state) => state.busy)
  const isReadOnly = useRemix((remix) => remix.isReadOnly)
  const styles = useStyles()
  const row = rows.get(selection.at(-1) ?? '')
  const pair = pairOf(rows, selection, pinned)
  if (!row) {
    return (
      <aside className="vdetail vdetail-empty" aria-label="Chosen variation">
        <p className="muted">Choose a card or a dot to see what was done and to use it.</p>
      </aside>
    )
  }
  const many = selection.length > 1 ? ` ${selection.length}` : ''
  const isKept = selection.every((id) => rows.get(id)?.mark === 'kept')
  const isRejected = selection.every((id) => rows.get(id)?.mark === 'rejected')
  return (
    <aside className="vdetail" aria-label="Chosen variation">
      <div className="vdetail-scroll">
        <header className="vdetail-head">
          <h2 title={nameOf(row)}>{nameOf(row)}</h2>
          {selection.length > 1 && <small className="muted">and {countOf(selection.length - 1, 'other')}</small>}
          <span className="vdetail-styles">
            {row.styles.map((style) => (
              <span key={style} className="vchip">
                {styleLabel(styles, style)}
              </span>
            ))}
          </span>
        </header>
        <p className="vdetail-summary selectable">{row.summary}</p>
        <div className="vdetail-marks">
          <Button
            icon={Star}
            aria-pressed={isKept}
            className={isKept ? 'is-kept' : undefined}
            title="Keep (K)"
            onClick={() => void toggleMark('kept')}
          >
            {isKept ? 'Kept' : `Keep${many}`}
          </Button>
          <Button
            icon={Ban}
            aria-pressed={isRejected}
            className={isRejected ? 'is-rejected' : undefined}
            title="Reject (R)"
            onClick={() => void toggleMark('rejected')}
          >
            {isRejected ? 'Rejected' : `Reject${many}`}
          </Button>
        </div>
        <Tags key={row.id} row={row} />
        <Sentences title="Asks the artist before an export" icon={Hourglass} lines={row.asks} tone="is-limited" />
        <Sentences title="Left out" icon={CircleSlash2} lines={row.leftOut} />
        <Facts row={row} run={run} />
        {pair && <Pair a={pair[0]} b={pair[1]} />}
        <CardGroup title="Go on from here" isBare>
          <div className="vdetail-acts">
            <Button
              icon={Sparkles}
              disabled={!canLearn(run.learnedFrom)}
              title={
                canLearn(run.learnedFrom)
                  ? 'More by the small model learned on this computer from your keeps and rejects'
                  : 'Keep and reject at least three of each first; then there is something to learn from'
              }
              onClick={() => void moreLikeThese()}
            >
              More like these
            </Button>
            <Button icon={Layers} onClick={() => variationStore.setState({ isComping: true })} title="Choose stretches of several (C)">
              Comp stretches
            </Button>
            <Button icon={FileAudio2} onClick={() => void saveVariation(row.id)}>
              Save as remix file…
            </Button>
            <Button icon={Send} disabled={isReadOnly || busy !== null} onClick={() => void submitVariation(row.id)}>
              Submit for approval…
            </Button>
          </div>
        </CardGroup>
      </div>
      <footer className="vdetail-foot">
        <IconButton icon={X} label="Choose nothing" keys="Escape" onClick={() => variationStore.setState({ selection: [] })} />
        <Button
          tone="primary"
          icon={Wand2}
          disabled={isReadOnly || busy !== null}
          title={isReadOnly ? 'This remix is open to look at only' : 'Makes the remix this variation, as one step (Enter)'}
          onClick={() => void applyVariation(row.id)}
        >
          {busy ?? `Apply ${nameOf(row)} to the remix`}
        </Button>
      </footer>
    </aside>
  )
}
