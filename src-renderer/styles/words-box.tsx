// A wish in words: each stretch that was understood is underlined and explained, the rest is said to be left out. A grammar reads it, no model; where
// carrying it out asks one, that is said before.
import { ArrowRight } from 'lucide-react'
import { Badge, Button, ToneIcon } from '../parts/index.ts'
import { asksModel, layOutWish, setWish, useStyles } from './styles-store.ts'

/** Said wherever words, or a style made of others, come to cut the song. */
export const MODEL_LISTENS =
  'A trained model listens to the voices for their phrases, so that cuts fall between words. Where one does, the export names the model.'

/** The box and what was understood. */
export const WordsBox = () => {
  const wish = useStyles((state) => state.wish)
  const words = useStyles((state) => state.words)
  return (
    <section className="words" aria-label="Words">
      <label className="caps" htmlFor="style-wish">
        In words
      </label>
      <textarea
        id="style-wish"
        className="words-input"
        rows={2}
        maxLength={2_000}
        placeholder="darker, half-time chorus, keep the lead vocal dry"
        value={wish}
        onChange={(event) => setWish(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey) return
          event.preventDefault()
          layOutWish()
        }}
      />
      {words && (
        <>
          <ul className="words-readings" aria-label="How it was understood">
            {words.readings.map(({ fromIndex, text, meaning }) => (
              <li key={fromIndex} className={meaning === null ? 'is-unknown' : undefined}>
                <ToneIcon tone={meaning === null ? 'limited' : 'good'} size={12} />
                <span>
                  <b>{text}</b> <span className="muted">{meaning ?? 'not understood, left out'}</span>
                </span>
              </li>
            ))}
          </ul>
          {words.isUsable && asksModel(words) && (
            <p className="words-model">
              <Badge tone="info">AI</Badge> <span className="muted small">{MODEL_LISTENS}</span>
            </p>
          )}
          <Button icon={ArrowRight} disabled={!words.isUsable} onClick={layOutWish}>
            See what it would do
          </Button>
        </>
      )}
      {!words && <p className="muted small">Read by a fixed grammar, word by word; no model reads it.</p>}
    </section>
  )
}
