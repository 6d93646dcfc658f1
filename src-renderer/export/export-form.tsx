// What to export, and what it will say.
import { Checkbox, RadioGroup, Switch } from 'radix-ui'
import { Check } from 'lucide-react'
import { useState } from 'react'
import type { ExportFormat, ExportOptions } from '../../src-shared/protocol/index.ts'
import { remixOf } from '../../src-shared/remix/index.ts'
import { frameAt, parsePosition, tick } from '../../src-shared/time/index.ts'
import { ApprovalAtExport, useMissingYes } from '../approvals/index.ts'
import { Alternative, modelName } from '../inspector/index.ts'
import { Button, classes, FieldRow, formatClock, scopeWords, ToneIcon } from '../parts/index.ts'
import { allAlternatives, preferencesStore, SAMPLE_RATE, setPreferences, startExport, useRemix } from '../state/index.ts'
import { barText } from '../timeline/index.ts'
import { FORMAT_WORDS } from './format-words.ts'
import { LOUDNESS_TARGETS } from './loudness-targets.ts'

type RangeChoice = 'all' | 'loop' | 'custom' | 'approved'

const Formats = ({
  options,
  chosen,
  onToggle,
}: {
  options: ExportOptions
  chosen: ReadonlySet<ExportFormat>
  onToggle: (format: ExportFormat) => void
}) => (
  <fieldset className="export-group">
    <legend className="caps">Formats</legend>
    <div className="format-grid">
      {options.formats.map(({ format, isAvailable, reason }) => (
        <label
          key={format}
          htmlFor={`format-${format}`}
          className={classes('format', chosen.has(format) && 'is-on', !isAvailable && 'is-off')}
          title={reason ?? undefined}
        >
          <Checkbox.Root
            id={`format-${format}`}
            className="checkbox"
            checked={chosen.has(format)}
            disabled={!isAvailable}
            onCheckedChange={() => onToggle(format)}
            aria-label={FORMAT_WORDS[format].name}
          >
            <Checkbox.Indicator>
              <Check size={12} strokeWidth={3} aria-hidden />
            </Checkbox.Indicator>
          </Checkbox.Root>
          <span className="format-words">
            <span>{FORMAT_WORDS[format].name}</span>
            <span className="muted">{isAvailable ? FORMAT_WORDS[format].use : reason}</span>
          </span>
        </label>
      ))}
    </div>
  </fieldset>
)

const Says = () => {
  const says = useRemix((remix) => remix.status?.says)
  if (!says) return null
  const models = [...new Set(says.ai.contributions.flatMap((one) => one.model ?? []))]
  return (
    <section className="export-group" aria-label="What will be stamped">
      <h3 className="caps">What will be stamped</h3>
      <div className="card stamped">
        <FieldRow name="Ingredients">{`${says.ingredients.length} ${says.ingredients.length === 1 ? 'stem' : 'stems'}, with the times they are heard`}</FieldRow>
        <FieldRow name="AI credits">
          {says.ai.containsAI === 'None'
            ? 'none'
            : `${says.ai.containsAI.toLowerCase()}${models.length > 0 ? ` (${models.map(modelName).join(', ')})` : ''}`}
        </FieldRow>
        <FieldRow name="Scope">{scopeWords(says.scope)}</FieldRow>
        {says.credits.length > 0 && (
          <FieldRow name="Credits" title={says.credits.join('\n')}>
            <span title={says.credits.join('\n')}>{says.credits.join(' · ')}</span>
          </FieldRow>
        )}
      </div>
    </section>
  )
}

const Notices = ({ notices }: { notices: ExportOptions['notices'] }) => {
  const all = allAlternatives(notices)
  return notices.length === 0 ? null : (
    <ul className="export-notices" aria-label="Licence">
      {notices.map((notice) => {
        return (
          <li key={`${notice.code}-${notice.message}`}>
            <ToneIcon tone={notice.effect === 'deny' ? 'bad' : notice.effect === 'approval' ? 'pending' : 'limited'} size={14} />
            <span>
              {notice.message} <Alternative notice={notice} />
            </span>
          </li>
        )
      })}
      {all && (
        <li className="export-notices-all">
          <Button onClick={all.run}>{all.label}</Button>
        </li>
      )}
    </ul>
  )
}

/** Keeps what file systems take. */
const cleanName = (name: string): string =>
  name
    .replace(/[<>:"/\\|?*]/g, ' ')
    .replace(/\s+/g, ' ')
    .slice(0, 180)

/** The form of the export sheet; `footer` puts its buttons where the sheet has them. */
export const ExportForm = ({ options, onClose }: { options: ExportOptions; onClose: () => void }) => {
  const uid = useRemix((remix) => remix.uid)
  const remix = useRemix((state) => remixOf(state.snapshot))
  const lengthFrames = useRemix((state) => state.status?.lengthFrames ?? 0)
  const first =
    options.formats.find(({ format, isAvailable }) => isAvailable && format === 'wav24') ??
    options.formats.find(({ isAvailable }) => isAvailable)
  const [formats, setFormats] = useState<ReadonlySet<ExportFormat>>(new Set(first ? [first.format] : []))
  const [range, setRange] = useState<RangeChoice>('all')
  const [from, setFrom] = useState('1.1.0')
  const [to, setTo] = useState(remix.loop ? barText(remix.loop.startTick + remix.loop.lengthTicks) : '9.1.0')
  const [target, setTarget] = useState<number | null>(preferencesStore.getState().loudnessTargetLufs)
  const [stems, setStems] = useState(false)
  const [creditsSheet, setCreditsSheet] = useState(preferencesStore.getState().creditsSheet)
  /** The stretch a yes is for, to the frame: typed positions would miss it. */
  const [approved, setApproved] = useState<{ fromFrame: number; toFrame: number } | null>(null)
  const [name, setName] = useState(options.suggestedFileName)
  const [isStarting, setIsStarting] = useState(false)

  const toggle = (format: ExportFormat): void => {
    const next = new Set(formats)
    if (!next.delete(format)) next.add(format)
    setFormats(next)
  }
  const maps = { tempo: remix.tempo, meter: remix.meter }
  const toFrame = (position: number): number => frameAt(remix.tempo, tick(position), SAMPLE_RATE)
  const frames = ((): { fromFrame: number; toFrame: number } | null | 'bad' => {
    if (range === 'all') return null
    if (range === 'approved') return approved
    if (range === 'loop' && remix.loop)
      return { fromFrame: toFrame(remix.loop.startTick), toFrame: toFrame(remix.loop.startTick + remix.loop.lengthTicks) }
    const start = parsePosition(from, maps)
    const end = parsePosition(to, maps)
    return start !== null && end !== null && end > start ? { fromFrame: toFrame(start), toFrame: toFrame(end) } : 'bad'
  })()
  const missingYes = useMissingYes(frames === 'bad' ? null : { range: frames, loudnessTargetLufs: target })
  const denied = options.notices.find((notice) => notice.effect === 'deny')
  const blocked =
    formats.size === 0
      ? 'Choose at least one format.'
      : frames === 'bad'
        ? 'The range needs two positions, the second later, such as 9.1.0 or 0:21.5.'
        : cleanName(name).trim() === ''
          ? 'Give the file a name.'
          : denied
            ? 'The licence does not allow this export as it stands.'
            : missingYes
  const start = async (): Promise<void> => {
    if (blocked !== null || uid === null || frames === 'bad') return
    setIsStarting(true)
    setPreferences({ loudnessTargetLufs: target, creditsSheet })
    await startExport({
      uid,
      formats: [...formats],
      range: frames,
      loudnessTargetLufs: target,
      stems,
      creditsSheet,
      fileName: cleanName(name).trim(),
    })
    setIsStarting(false)
  }
  const length = frames === null || frames === 'bad' ? lengthFrames : frames.toFrame - frames.fromFrame
  return (
    <form
      className="export-form"
      onSubmit={(event) => {
        event.preventDefault()
        void start()
      }}
    >
      <Notices notices={missingYes === null ? options.notices.filter(({ effect }) => effect !== 'approval') : options.notices} />
      <Formats options={options} chosen={formats} onToggle={toggle} />
      <div className="export-pair">
        <fieldset className="export-group">
          <legend className="caps">Range</legend>
          <RadioGroup.Root
            className="radios"
            value={range}
            onValueChange={(value) => setRange(value === 'loop' || value === 'custom' || value === 'approved' ? value : 'all')}
            aria-label="Range"
          >
            {(
              [
                ['all', 'Everything, with its tail', true],
                [
                  'loop',
                  remix.loop
                    ? `Loop, ${barText(remix.loop.startTick)} to ${barText(remix.loop.startTick + remix.loop.lengthTicks)}`
                    : 'Loop: none is set',
                  remix.loop !== null,
                ],
                ['custom', 'From … to …', true],
                ...(approved
                  ? [
                      [
                        'approved',
                        `As approved, ${formatClock(approved.fromFrame / SAMPLE_RATE, 1)} to ${formatClock(approved.toFrame / SAMPLE_RATE, 1)}`,
                        true,
                      ] as const,
                    ]
                  : []),
              ] as const
            ).map(([value, label, isPossible]) => (
              <label key={value} htmlFor={`range-${value}`} className={classes('radio-row', !isPossible && 'is-off')}>
                <RadioGroup.Item id={`range-${value}`} className="radio" value={value} disabled={!isPossible}>
                  <RadioGroup.Indicator className="radio-dot" />
                </RadioGroup.Item>
                {label}
              </label>
            ))}
          </RadioGroup.Root>
          {range === 'custom' && (
            <div className="range-inputs">
              <input className="text-input" aria-label="From" value={from} onChange={(event) => setFrom(event.target.value)} />
              <span className="muted">to</span>
              <input className="text-input" aria-label="To" value={to} onChange={(event) => setTo(event.target.value)} />
            </div>
          )}
          <p className="muted">{formatClock(length / SAMPLE_RATE)} of sound</p>
        </fieldset>
        <fieldset className="export-group">
          <legend className="caps">Loudness</legend>
          <select
            className="select"
            aria-label="Loudness target"
            value={target === null ? 'none' : String(target)}
            onChange={(event) => setTarget(event.target.value === 'none' ? null : Number(event.target.value))}
          >
            {LOUDNESS_TARGETS.map(({ lufs, label }) => (
              <option key={label} value={lufs === null ? 'none' : String(lufs)}>
                {label}
              </option>
            ))}
          </select>
          <p className="muted">True peak is held below −1 dBTP. If the target cannot be reached without that, the result says so.</p>
          <label className="switch-row" htmlFor="export-stems">
            <span>
              Stems <span className="muted">each track as its own file, aligned from the start, instead of the mix</span>
            </span>
            <Switch.Root
              id="export-stems"
              className="switch"
              aria-label="Export stems instead of the mix"
              checked={stems}
              onCheckedChange={setStems}
            >
              <Switch.Thumb className="switch-thumb" />
            </Switch.Root>
          </label>
        </fieldset>
      </div>
      <label className="export-group">
        <span className="caps">File name</span>
        <input
          className="text-input"
          value={name}
          maxLength={180}
          aria-label="File name"
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label className="sheet-row" htmlFor="export-credits-sheet">
        <Checkbox.Root
          id="export-credits-sheet"
          className="checkbox"
          checked={creditsSheet}
          onCheckedChange={(checked) => setCreditsSheet(checked === true)}
          aria-label="AI credits sheet"
          aria-describedby="export-credits-sheet-hint"
        >
          <Checkbox.Indicator>
            <Check size={12} strokeWidth={3} aria-hidden />
          </Checkbox.Indicator>
        </Checkbox.Root>
        <span>
          AI credits sheet{' '}
          <span id="export-credits-sheet-hint" className="muted">
            for distributors: which roles AI had a part in, in DDEX terms
          </span>
        </span>
      </label>
      <ApprovalAtExport
        chosen={frames === 'bad' ? null : { range: frames, loudnessTargetLufs: target }}
        onUse={(settings) => {
          setApproved(settings.range)
          setRange(settings.range ? 'approved' : 'all')
          setTarget(settings.loudnessTargetLufs)
        }}
      />
      <Says />
      <footer className="export-foot">
        <span className="muted export-count">
          {options.exportsMax === null
            ? 'Exports are not limited.'
            : `Export ${options.exportsUsed + 1} of ${options.exportsMax} under this licence.`}
          {blocked !== null && <strong className="export-blocked"> {blocked}</strong>}
        </span>
        <Button tone="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button tone="primary" type="submit" disabled={blocked !== null || isStarting}>
          {isStarting ? 'Starting…' : 'Export…'}
        </Button>
      </footer>
    </form>
  )
}
