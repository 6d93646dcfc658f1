// One style laid out: its settings, its dice, what it would do and what it leaves out and why, then one step to apply.
import { ArrowLeft, Check, Dices } from 'lucide-react'
import { Switch } from 'radix-ui'
import type { StyleInfo, StyleOrder, StyleSetting } from '../../src-shared/protocol/index.ts'
import { Badge, Button, FieldRow, IconButton, NumberField, ProgressBar, ToneIcon } from '../parts/index.ts'
import { remixStore, undo, useRemix } from '../state/index.ts'
import { SaveOwn } from './save-own.tsx'
import { MODEL_LISTENS } from './words-box.tsx'
import { ModelPicker, ReferencePicker } from './style-input.tsx'
import { applyLaidOut, asksModel, leaveStyle, type Proposal, rollSeed, setParam, setSeed, useStyles } from './styles-store.ts'

const decimalsOf = (step: number): number => Math.max(0, Math.min(3, Math.ceil(-Math.log10(step))))

const SettingField = ({ setting, value }: { setting: StyleSetting; value: number | string | boolean }) => {
  const { name, label } = setting
  if (setting.kind === 'number') {
    const { min, max, step, unit } = setting
    const toStep = (next: number): number => Math.round((min + Math.round((next - min) / step) * step) * 1e6) / 1e6
    return (
      <FieldRow name={label}>
        <NumberField
          label={label}
          value={Number(value)}
          range={{ min, max, default: setting.default, scale: 'linear', step }}
          format={(next) => `${next.toFixed(decimalsOf(step)).replace('-', '−')}${unit === '' ? '' : ` ${unit}`}`}
          onCommit={(next) => setParam(name, Math.max(min, Math.min(max, toStep(next))))}
        />
      </FieldRow>
    )
  }
  if (setting.kind === 'toggle') {
    return (
      <FieldRow name={label}>
        <Switch.Root className="switch" aria-label={label} checked={value === true} onCheckedChange={(isOn) => setParam(name, isOn)}>
          <Switch.Thumb className="switch-thumb" />
        </Switch.Root>
      </FieldRow>
    )
  }
  if (setting.kind === 'choice') {
    return (
      <FieldRow name={label}>
        <select
          className="select select-small"
          aria-label={label}
          value={String(value)}
          onChange={(event) => setParam(name, event.target.value)}
        >
          {setting.choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      </FieldRow>
    )
  }
  return (
    <label className="style-text">
      <span className="muted">{label}</span>
      <input
        className="style-input"
        value={String(value)}
        placeholder={setting.hint}
        maxLength={2_000}
        onChange={(event) => setParam(name, event.target.value)}
      />
    </label>
  )
}

const ProposalView = ({ proposal }: { proposal: Proposal }) => {
  if (proposal.state === 'none') return <p className="muted">…</p>
  if (proposal.state === 'asking') {
    return (
      <div className="style-asking" role="status">
        <span className="muted">{proposal.label}</span>
        <ProgressBar fraction={proposal.fraction > 0 ? proposal.fraction : null} label={proposal.label} />
      </div>
    )
  }
  if (proposal.state === 'refused') {
    return (
      <p className="style-refused selectable" role="alert">
        <ToneIcon tone="limited" /> <span>{proposal.problem.message}</span>
      </p>
    )
  }
  const { summary, leftOut, asks, notes } = proposal.report
  return (
    <div className="style-report selectable">
      <p>{summary}</p>
      {leftOut.length > 0 && (
        <>
          <h4 className="caps">Left out</h4>
          <ul>
            {leftOut.map(({ what, why }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two steps may be left out for the same reason.
              <li key={`${what}-${i}`}>
                <ToneIcon tone="limited" size={12} />
                <span>
                  <b>{what}</b> <span className="muted">{why}</span>
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {asks.length > 0 && (
        <>
          <h4 className="caps">Needs the artist’s yes</h4>
          <ul>
            {asks.map((ask) => (
              <li key={ask}>
                <ToneIcon tone="pending" size={12} />
                <span>{ask}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {notes.length > 0 && (
        <>
          <h4 className="caps">Could not be heard</h4>
          <ul>
            {notes.map((note) => (
              <li key={note}>
                <ToneIcon tone="info" size={12} />
                <span>{note}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

/** The style that is laid out. */
export const StyleDetail = ({ order, style }: { order: StyleOrder; style: StyleInfo }) => {
  const proposal = useStyles((state) => state.proposal)
  const needs = useStyles((state) => state.needs)
  const isApplying = useStyles((state) => state.isApplying)
  const ownName = useStyles((state) => state.ownName)
  const isReadOnly = useRemix((remix) => remix.isReadOnly)
  const history = useRemix((remix) => remix.history)
  const wasLast = history.entries[history.index - 1]?.label === `Style ${style.label}`
  const title = ownName ?? style.label
  const missing = style.needs.includes('reference') && !order.inputs?.length ? 'Choose a sound to match first' : null
  // What is made of others asks a model only where a part of it does.
  const isMade = style.group === 'words' || style.group === 'own'
  const isAsking = asksModel({ needs: needs ?? (isMade ? [] : style.needs) })
  const shown = style.parameters.filter(({ name }) => style.group !== 'own' && !(style.id === 'words' && name === 'text'))
  return (
    <section className="style-detail" aria-label={title}>
      <header className="style-head">
        <IconButton icon={ArrowLeft} label="All styles" onClick={leaveStyle} />
        <h3 className="ellipsis" title={title}>
          {title}
        </h3>
        {isAsking && (
          <Badge tone="info" title="A trained model finds notes or phrases for it; the export will name the model.">
            AI
          </Badge>
        )}
      </header>
      <p className="muted">{style.id === 'words' ? String(order.params.text) : style.description}</p>
      {isMade && needs?.includes('phrases') && <p className="muted small">{MODEL_LISTENS}</p>}
      {style.needs.includes('reference') && <ReferencePicker order={order} />}
      {style.needs.includes('model') && <ModelPicker order={order} />}
      {shown.length > 0 && (
        <div className="card">
          {shown.map((setting) => (
            <SettingField key={setting.name} setting={setting} value={order.params[setting.name] ?? setting.default} />
          ))}
        </div>
      )}
      <div className="card">
        <FieldRow name="Dice" title="The same dice give the same outcome on every computer">
          <NumberField
            label="Seed"
            value={order.seed}
            range={{ min: 0, max: 0xffffffff, default: 1, scale: 'linear', step: 1 }}
            format={(seed) => String(Math.round(seed))}
            onCommit={setSeed}
          />
          <IconButton icon={Dices} label="Throw the dice anew" onClick={rollSeed} />
        </FieldRow>
      </div>
      <section className="style-says" aria-label="What it will do" aria-live="polite">
        <h4 className="caps">What it will do</h4>
        <ProposalView proposal={proposal} />
      </section>
      <div className="style-foot">
        <Button
          tone="primary"
          icon={Check}
          disabled={isApplying || isReadOnly || proposal.state !== 'ready'}
          onClick={() => void applyLaidOut()}
        >
          {isApplying ? 'Applying…' : wasLast ? 'Apply on top' : 'Apply'}
        </Button>
        {wasLast && <Button onClick={() => remixStore.getState().uid !== null && undo()}>Undo it</Button>}
        <SaveOwn label="Save as my style…" suggested={ownName ?? `My ${style.label}`} missing={missing} />
      </div>
    </section>
  )
}
