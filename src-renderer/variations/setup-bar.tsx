// What to generate: how many, from which seed and styles, which roles stay; and how it goes, with what was dropped and why.
import { Check, ChevronDown, Dices, Square, WandSparkles } from 'lucide-react'
import { DropdownMenu, Switch } from 'radix-ui'
import { useMemo } from 'react'
import type { VariationRun } from '../../src-shared/protocol/index.ts'
import { recordsOf, ROLES, type Role } from '../../src-shared/remix/index.ts'
import { Badge, Button, classes, IconButton, ProgressBar, RoleMark, Segmented } from '../parts/index.ts'
import { useRemix } from '../state/index.ts'
import { ROLE_WORDS, roleColor } from '../theme/index.ts'
import { drawnStyles, styleLabel, useStyles } from './style-list.ts'
import { generate, isRunning, rollSeed, setSetup, stopGenerating, useVariations } from './variation-store.ts'
import { canLearn, droppedSentence, learnedSentence, runSentence } from './variation-words.ts'

const COUNTS = [
  { value: '50', label: '50' },
  { value: '200', label: '200' },
  { value: '1000', label: '1,000' },
] as const

const MOST_SEED = 0xffffffff

/** A seed as it is typed: digits only, as large as a seed can be. */
const seedOf = (text: string): number => Math.min(MOST_SEED, Number(text.replace(/\D/g, '')))

const toggled = <T,>(list: readonly T[], one: T): readonly T[] =>
  list.includes(one) ? list.filter((other) => other !== one) : [...list, one]

const StyleChoice = () => {
  const styles = drawnStyles(useStyles())
  const chosen = useVariations((state) => state.setup.styles)
  if (styles.length === 0) return null
  const groups = [...new Set(styles.map((style) => style.group))]
  const text =
    chosen.length === 0
      ? 'All that fit'
      : chosen.length === 1
        ? styleLabel(styles, chosen[0] ?? '')
        : `${chosen.length} of ${styles.length}`
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button type="button" className={classes('mode', 'vstyles', chosen.length > 0 && 'is-on')} title="Styles to draw from">
          Styles <b className="ellipsis">{text}</b>
          <ChevronDown size={12} aria-hidden />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu vstyles-menu" align="start" sideOffset={4} collisionPadding={8}>
          <DropdownMenu.Item
            className="menu-item"
            onSelect={(event) => {
              event.preventDefault()
              setSetup({ styles: [] })
            }}
          >
            <span className="menu-mark">{chosen.length === 0 && <Check size={14} aria-hidden />}</span>
            All that fit
          </DropdownMenu.Item>
          {groups.map((group) => (
            <DropdownMenu.Group key={group}>
              <DropdownMenu.Label className="menu-heading caps">{group}</DropdownMenu.Label>
              {styles
                .filter((style) => style.group === group)
                .map((style) => (
                  <DropdownMenu.CheckboxItem
                    key={style.id}
                    className="menu-item"
                    checked={chosen.includes(style.id)}
                    title={style.description}
                    onSelect={(event) => event.preventDefault()}
                    onCheckedChange={() => setSetup({ styles: toggled(chosen, style.id) })}
                  >
                    <span className="menu-mark">{chosen.includes(style.id) && <Check size={14} aria-hidden />}</span>
                    <span className="ellipsis">{style.label}</span>
                  </DropdownMenu.CheckboxItem>
                ))}
            </DropdownMenu.Group>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

const KeepRoles = () => {
  const snapshot = useRemix((remix) => remix.confirmed)
  const keep = useVariations((state) => state.setup.keep)
  const roles = useMemo(() => {
    const there = new Set(recordsOf(snapshot, 'stem').map((stem) => stem.role))
    return ROLES.filter((role: Role) => there.has(role))
  }, [snapshot])
  if (roles.length === 0) return null
  return (
    <fieldset className="vkeep" aria-label="Roles that stay as they are">
      <span className="muted">Keep</span>
      {roles.map((role) => (
        <button
          key={role}
          type="button"
          className={classes('vrole', keep.includes(role) && 'is-on')}
          style={{ '--role': roleColor(role) } as React.CSSProperties}
          aria-pressed={keep.includes(role)}
          title={keep.includes(role) ? `${ROLE_WORDS[role]} stay as they are` : `Leave ${ROLE_WORDS[role]} as they are`}
          onClick={() => setSetup({ keep: toggled(keep, role) })}
        >
          <RoleMark role={role} size={12} />
          {ROLE_WORDS[role]}
        </button>
      ))}
    </fieldset>
  )
}

const Learning = ({ run }: { run: VariationRun | null }) => {
  const isLearning = useVariations((state) => state.setup.isLearning)
  const learned = run?.learnedFrom ?? { kept: 0, rejected: 0 }
  return (
    <div className="vlearn">
      <Switch.Root
        className="switch"
        id="variations-learn"
        checked={isLearning}
        onCheckedChange={(next) => setSetup({ isLearning: next })}
        aria-describedby="variations-learned"
      >
        <Switch.Thumb className="switch-thumb" />
      </Switch.Root>
      <label htmlFor="variations-learn">Learn from my marks</label>
      <small
        id="variations-learned"
        className={classes('muted', 'ellipsis', canLearn(learned) && 'is-known')}
        title={learnedSentence(learned)}
      >
        {learnedSentence(learned)}
      </small>
    </div>
  )
}

const Status = ({ run }: { run: VariationRun }) => {
  const dropped = droppedSentence(run.dropped)
  return (
    <div className="vstatus">
      {isRunning(run) && (
        <span className="vstatus-bar">
          <ProgressBar fraction={run.fraction} label="Generating variations" />
        </span>
      )}
      <span role="status" className="ellipsis">
        {runSentence(run)}
      </span>
      {dropped !== null && (
        <span className="muted ellipsis" title={`${dropped} They are left out so that whatever you hear can be used.`}>
          {dropped}
        </span>
      )}
      <span className="spacer" />
      {run.isOutdated && (
        <Badge
          tone="limited"
          title="The remix was edited since these were generated. They are variations of how it was; generate again for the new state."
        >
          of the remix as it was before your last edit
        </Badge>
      )}
    </div>
  )
}

/** The bar over the sheet. */
export const SetupBar = () => {
  const run = useVariations((state) => state.run)
  const setup = useVariations((state) => state.setup)
  const isReadOnly = useRemix((remix) => remix.isReadOnly)
  const running = isRunning(run)
  return (
    <header className="vsetup">
      <div className="vsetup-row">
        <Segmented
          label="How many variations"
          value={String(setup.count)}
          options={COUNTS}
          onChange={(count) => setSetup({ count: Number(count) })}
        />
        <span className="vseed" title="The same seed gives the same variations, on any computer">
          <span className="muted">Seed</span>
          <input
            className="text-input vseed-input"
            aria-label="Seed"
            inputMode="numeric"
            maxLength={10}
            value={setup.seed}
            onChange={(event) => setSetup({ seed: seedOf(event.target.value) })}
            onKeyDown={(event) => event.key === 'Enter' && !running && void generate()}
          />
          <IconButton icon={Dices} label="Another seed" onClick={rollSeed} />
        </span>
        <StyleChoice />
        <KeepRoles />
        <span className="spacer" />
        {running ? (
          <Button icon={Square} onClick={() => void stopGenerating()}>
            Stop
          </Button>
        ) : (
          <Button
            tone="primary"
            icon={WandSparkles}
            disabled={isReadOnly}
            title={isReadOnly ? 'This remix is open to look at only' : 'Generate variations (G)'}
            onClick={() => void generate()}
          >
            {(run?.shown ?? 0) > 0 ? 'Generate again' : 'Generate'}
          </Button>
        )}
      </div>
      <div className="vsetup-row vsetup-second">
        <Learning run={run} />
        {run && run.state !== 'idle' && <Status run={run} />}
      </div>
    </header>
  )
}
