// The styles dock: a wish in words, then every style by group; one that is chosen lays itself out.
import { FolderOpen } from 'lucide-react'
import { useEffect } from 'react'
import type { StyleInfo } from '../../src-shared/protocol/index.ts'
import { Button, classes, Loading, ProblemState } from '../parts/index.ts'
import { recipeLabels } from './recipe-labels.ts'
import { SaveOwn } from './save-own.tsx'
import { StyleDetail } from './style-detail.tsx'
import { asksModel, chooseStyle, loadStyles, openStyleFile, useStyles } from './styles-store.ts'
import { useRemix } from '../state/index.ts'
import { remixOf } from '../../src-shared/remix/index.ts'
import { WordsBox } from './words-box.tsx'
import './styles.css'

const GROUPS: readonly (readonly [StyleInfo['group'], string])[] = [
  ['sound', 'Sound'],
  ['arrangement', 'Arrangement'],
  ['groove', 'Groove'],
  ['match', 'Match'],
  ['revoice', 'Re-voice'],
]

const Group = ({ title, styles }: { title: string; styles: readonly StyleInfo[] }) => (
  <section className="style-group" aria-label={title}>
    <h3 className="caps">{title}</h3>
    <ul className="style-list">
      {styles.map((style) => (
        <li key={style.id}>
          <button type="button" className="style-choice" title={style.description} onClick={() => chooseStyle(style)}>
            <span className="ellipsis">{style.label}</span>
            {asksModel(style) && (
              <small className="ai-tag" title="A trained model finds notes or phrases for it">
                AI
              </small>
            )}
          </button>
        </li>
      ))}
    </ul>
  </section>
)

const Applied = ({ styles }: { styles: readonly StyleInfo[] }) => {
  const recipes = useRemix((remix) => remixOf(remix.snapshot).recipes)
  const labels = recipeLabels(recipes ?? [], styles)
  if (labels.length === 0) return null
  return (
    <div className="styles-applied">
      <p className="muted small">In this remix: {labels.join(', ')}.</p>
      <SaveOwn label="Save these as my style…" suggested="My styles" />
    </div>
  )
}

/** Styles, in the right dock. */
export const StylesPanel = () => {
  const styles = useStyles((state) => state.styles)
  const problem = useStyles((state) => state.problem)
  const order = useStyles((state) => state.order)
  useEffect(() => void loadStyles(), [])
  const style = order && styles?.find(({ id }) => id === order.style)
  if (problem) return <ProblemState problem={problem} />
  if (!styles) return <Loading label="Styles" />
  return (
    <div className={classes('styles', style && 'has-style')}>
      {style ? (
        <StyleDetail key={style.id} order={order} style={style} />
      ) : (
        <>
          <WordsBox />
          {GROUPS.map(([group, title]) => {
            const own = styles.filter((one) => one.group === group)
            return own.length > 0 && <Group key={group} title={title} styles={own} />
          })}
          <Applied styles={styles} />
          <Button icon={FolderOpen} onClick={() => void openStyleFile()}>
            Open a style file…
          </Button>
        </>
      )}
    </div>
  )
}
